"""Stand-ins for apt, dpkg and the programs that packages bring, and for what makes a swap file."""

from session import StandInFailed

PROGRAMS = {"docker.io": ["dockerd"], "docker-cli": ["docker"], "certbot": ["certbot"], "nginx": ["nginx"], "restic": ["restic"],
            "nftables": ["nft"], "docker-compose": []}
UNITS = {"docker.io": ["docker.service"], "nginx": ["nginx.service"]}


def fresh_state():
    return {"installed": ["ca-certificates", "curl", "openssl", "iproute2", "procps", "util-linux", "tar", "apache2-utils"],
            "lists": False}


class Packages:
    def __init__(self, world):
        self.world = world

    @property
    def state(self):
        return self.world.state["packages"]

    def apt_get(self, talk, words):
        if "update" in words:
            talk.commit("update")
            self.state["lists"] = True
            return
        if "install" not in words:
            self.world.unknown(f"apt-stand-in: {words}")
        skip = {"install", "DPkg::Lock::Timeout=300", "Dpkg::Use-Pty=0"}
        for name in (word for word in words[1:] if not word.startswith("-") and word not in skip):
            if name not in self.state["installed"]:
                talk.commit(f"install {name}")
                self.state["installed"].append(name)
                for unit in UNITS.get(name, []):
                    # Debian's packages start what they bring.
                    self.world.state["systemd"]["enabled"].append(unit)
                    self.world.systemd.begin(unit)
                self.world.place_programs()

    def apt_cache(self, talk, words):
        if "search" in words:
            talk.print("docker-cli - the client\n")
        elif "policy" in words:
            talk.print(f"  Candidate: {'2.26.1-4' if words[-1] == 'docker-compose' and self.state['lists'] else '(none)'}\n")

    def dpkg(self, talk, words):
        if words[1:] == ["--configure", "--pending"]:
            return
        if words[1] != "--compare-versions":
            self.world.unknown(f"dpkg-stand-in: {words}")
        if int(words[2].split(".")[0]) < int(words[4]):
            raise StandInFailed(1)

    def dpkg_query(self, talk, words):
        if "Conffiles" in " ".join(words):
            return
        if words[-1] not in self.state["installed"]:
            raise StandInFailed(1, "no packages found\n")
        talk.print("installed")

    def nginx(self, talk, words):
        if "-T" in words:
            talk.print("# configuration file /etc/nginx/nginx.conf:\nhttp { server { listen 80 default_server; return 444; } }\n")
        elif "-t" in words:
            self.world.proxy.test(words[words.index("-c") + 1])

    def fallocate(self, talk, words):
        talk.commit("make the swap file")
        with open(self.world.root + words[-1], "wb") as file:
            file.truncate(0)

    def mkswap(self, talk, words):
        talk.commit("format the swap file")
        with open(self.world.root + words[-1], "wb") as file:
            file.write(b"SWAPSPACE2")
