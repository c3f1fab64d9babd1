"""The private machine on which the scripts run: a root of its own in a namespace of its own, real programs of this machine
read-only, and stand-ins where a daemon, the network or the machine would answer."""

import copy
import errno
import functools
import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import time

from stand_ins import docker, packages, proxy, systemd
from stand_ins.certbot import Certbot
from stand_ins.docker import Docker, FIRST_PID
from stand_ins.network import Network
from stand_ins.packages import Packages
from stand_ins.proxy import Proxy
from stand_ins.restic import Database, Restic
from stand_ins.sftp import Sftp
from stand_ins.systemd import Systemd
from vocabulary import STAND_INS

# What snapshots hold: folders of the world that scripts and stand-ins write to.
WRITABLE = ("opt", "etc", "var", "tmp", "run", "root", "home")
DISK_BYTES = 8 << 30
SERVER_PATH = "/opt/jupiter"
LAPTOP_TREE = "/home/laptop/tree"


class Unknown(Exception):
    """A stand-in was asked for something that it does not know."""


def run(*words, **more):
    return subprocess.run(words, check=True, **more)


class World:
    def __init__(self, folder, tree, stand_in, settings):
        self.folder = folder
        self.root = folder + "/root"
        self.tree = tree
        self.settings = settings
        # Of each release, by its id, and of the tree on the laptop, by "": a model for each mode.
        self.compose_models = {}
        # Services that have no second container beside them, whatever happens.
        self.may_stop = set()
        self.docker, self.proxy, self.systemd = Docker(self), Proxy(self), Systemd(self)
        self.packages, self.network, self.certbot = Packages(self), Network(self), Certbot(self)
        self.restic, self.database, self.sftp = Restic(self), Database(self), Sftp(self)
        self.helpers = {}
        self.issued = 0
        self.is_full = False
        self.what_is_unknown = []
        self._build(stand_in)

    # --- the root ---------------------------------------------------------------------------------------------------

    def _build(self, stand_in):
        os.makedirs(self.folder, exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0755", "faults", self.folder)
        for name in (*WRITABLE, "proc", "dev", "usr", "stand-ins/bin", "stand-ins/real"):
            os.makedirs(f"{self.root}/{name}")
        for name in ("bin", "sbin", "lib", "lib64"):
            if os.path.islink(f"/{name}"):
                os.symlink(os.readlink(f"/{name}"), f"{self.root}/{name}")
            else:
                raise SystemExit(f"faults: /{name} is no link to /usr here: such machines are not known")
        self._mount_programs()
        run("mount", "-t", "proc", "proc", f"{self.root}/proc")
        run("mount", "--rbind", "/dev", f"{self.root}/dev")
        shutil.copy(stand_in, f"{self.root}/stand-ins/stand-in")
        shutil.copy("/usr/bin/openssl", f"{self.root}/stand-ins/real/openssl")
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(f"{self.root}/stand-ins/socket")
        self.server.listen(64)
        # Where containers answer: their stand-ins have this machine's loopback address.
        self.ports = {}
        for port in {int(port) for port in self.settings["WEB_PORT"].values()}:
            listening = socket.create_server(("", port))
            self.ports[listening.fileno()] = listening
        self._furnish()

    def _mount_programs(self):
        """/usr as it is here, less every program that only a stand-in may be."""
        run("mount", "--bind", "-o", "ro", "/usr", f"{self.root}/usr")
        for folder in ("bin", "sbin"):
            hidden = f"{self.folder}/hidden/{folder}"
            os.makedirs(hidden)
            for name in STAND_INS:
                if os.path.lexists(f"/usr/{folder}/{name}"):
                    # In a lower layer of an overlay this says that the name is not there.
                    os.mknod(f"{hidden}/{name}", 0o020000, os.makedev(0, 0))
            run("mount", "-t", "overlay", "-o", f"ro,lowerdir={hidden}:/usr/{folder}", "overlay", f"{self.root}/usr/{folder}")
        run("mount", "-t", "tmpfs", "-o", "mode=0755", "local", f"{self.root}/usr/local")
        os.makedirs(f"{self.root}/usr/local/bin")

    def _furnish(self):
        """A bare Debian, as far as the scripts look at it."""
        etc = self.root + "/etc"
        for name in ("ld.so.cache", "nsswitch.conf", "debian_version"):
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", etc)
        for name in ("alternatives", "ssl/openssl.cnf"):
            if os.path.isdir(f"/etc/{name}"):
                shutil.copytree(f"/etc/{name}", f"{etc}/{name}", symlinks=True)
            elif os.path.exists(f"/etc/{name}"):
                os.makedirs(os.path.dirname(f"{etc}/{name}"), exist_ok=True)
                shutil.copy(f"/etc/{name}", f"{etc}/{name}")
        self.write("/etc/passwd", "root:x:0:0::/root:/bin/bash\nwww-data:x:33:33::/:/bin/false\ndeploy:x:1000:1000::/home/deploy:/bin/bash\n")
        self.write("/etc/group", "root:x:0:\nwww-data:x:33:\ndeploy:x:1000:\n")
        self.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.write("/etc/hosts", "127.0.0.1 localhost vps\n")
        for folder in ("etc/systemd/system", "etc/logrotate.d", "var/tmp", "var/lib/docker", "home/deploy", "opt"):
            os.makedirs(f"{self.root}/{folder}", exist_ok=True)
        for folder in ("tmp", "var/tmp"):
            os.chmod(f"{self.root}/{folder}", 0o1777)
        os.chown(f"{self.root}/home/deploy", 1000, 1000)
        # Somebody else's things, which must come through everything untouched.
        self.state = {
            "docker": docker.fresh_state(), "systemd": systemd.fresh_state(), "proxy": proxy.fresh_state(),
            "packages": packages.fresh_state(), "monitors": {}, "asked": [], "dns": "here", "listening": {}, "restic": {},
            "databases": {"jupiter": "rows", "postgres": "none"},
        }
        self._add_strangers()
        self.place_programs()

    def _add_strangers(self):
        state = self.state["docker"]
        image = "sha256:" + "5" * 64
        state["images"]["stranger/app:1"] = image
        state["networks"]["stranger_default"] = {"labels": {}}
        state["volumes"]["stranger_data"] = {"labels": {"com.docker.compose.project": "stranger"}}
        state["containers"]["5" * 64] = {
            "number": 0, "name": "stranger-app-1", "labels": {"com.docker.compose.project": "stranger", "com.docker.compose.service": "app"},
            "reference": "stranger/app:1", "image": image, "hash": "x", "status": "running", "health": "", "exit": 0, "restarts": 0,
            "started": "before", "pid": FIRST_PID, "ports": [], "bound": {5000: 5000}, "networks": ["stranger_default"],
            "volumes": ["stranger_data"], "one_shot": False, "healthcheck": False,
        }
        self.write("/opt/stranger/data", "not ours\n")
        self.write("/etc/systemd/system/stranger.service", "[Service]\nExecStart=/bin/true\n")
        self.write("/etc/logrotate.d/stranger", "x {}\n")

    def place_programs(self):
        """Programs whose package is installed are on PATH."""
        installed = set(self.state["packages"]["installed"])
        absent = {name for package, names in packages.PROGRAMS.items() for name in names if package not in installed}
        for name in STAND_INS:
            path = f"{self.root}/stand-ins/bin/{name}"
            if name in absent:
                if os.path.lexists(path):
                    os.unlink(path)
            elif not os.path.lexists(path):
                os.symlink("/stand-ins/stand-in", path)

    # --- files ------------------------------------------------------------------------------------------------------

    def inside(self, path):
        """The place of a path of the world as this process sees it, through links that are absolute there."""
        parts, found = [part for part in path.split("/") if part][::-1], ""
        for _ in range(200):
            if not parts:
                break
            part = parts.pop()
            if part == "..":
                found = os.path.dirname(found)
                continue
            at = f"{self.root}{found}/{part}"
            if os.path.islink(at):
                target = os.readlink(at)
                if target.startswith("/"):
                    found = ""
                parts += [piece for piece in target.split("/") if piece not in ("", ".")][::-1]
            else:
                found += f"/{part}"
        return self.root + found

    def read(self, path):
        with open(self.inside(path), encoding="utf-8") as file:
            return file.read()

    def write(self, path, text):
        place = self.root + path
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)

    def become_laptop(self):
        """The tree where it was generated, Docker with nothing of it, and a server that nobody has reached yet."""
        shutil.rmtree(f"{self.root}/home/deploy")
        os.makedirs(f"{self.root}/home/deploy")
        os.chown(f"{self.root}/home/deploy", 1000, 1000)
        shutil.copytree(self.tree, f"{self.root}{LAPTOP_TREE}")
        self.state["packages"]["installed"] += ["docker-cli", "docker-compose"]
        self.place_programs()

    # --- snapshots --------------------------------------------------------------------------------------------------

    def snapshot(self, name):
        place = f"{self.folder}/snapshots/{name}"
        os.makedirs(place)
        run("cp", "-a", *[f"{self.root}/{part}" for part in WRITABLE], place)
        return place, copy.deepcopy(self.state)

    def restore(self, snapshot):
        place, state = snapshot
        self.empty_disk()
        for part in WRITABLE:
            for entry in os.scandir(f"{self.root}/{part}"):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)
        run("cp", "-a", *[f"{place}/{part}" for part in WRITABLE], self.root)
        self.state = copy.deepcopy(state)
        self.what_is_unknown.clear()
        self.place_programs()

    def fill_disk(self):
        """No byte more than there is now. What is refused because somebody has just written is tried again."""
        while not self.is_full:
            now = os.statvfs(self.folder)
            self.is_full = self._resize((now.f_blocks - now.f_bfree) * now.f_frsize)

    def empty_disk(self):
        if self.is_full:
            self._resize(DISK_BYTES)
            self.is_full = False

    def _resize(self, size):
        return subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], stderr=subprocess.DEVNULL).returncode == 0

    # --- what stand-ins share -----------------------------------------------------------------------------------------

    def unknown(self, what):
        self.what_is_unknown.append(what)
        raise Unknown(what)

    def stand_in(self, talk, words):
        answers = {
            "docker": self.docker, "systemctl": self.systemd.systemctl, "journalctl": self.systemd.journal,
            "systemd-escape": self.systemd.escape, "systemd-detect-virt": self.systemd.virtual, "nft": self.systemd.nft,
            "sshd": self.systemd.sshd, "curl": self.network.curl, "nsenter": self.network.nsenter, "ss": self.network.ss,
            "getent": self.network.getent, "openssl": self.network.openssl, "sleep": self.network.sleep,
            "certbot": self.certbot, "apt-get": self.packages.apt_get, "apt-cache": self.packages.apt_cache, "dpkg": self.packages.dpkg,
            "dpkg-query": self.packages.dpkg_query, "nginx": self.packages.nginx, "fallocate": self.packages.fallocate,
            "mkswap": self.packages.mkswap, "restic": self.restic, "sftp": self.sftp, "ssh": self.sftp.ssh, "estiba": self.check,
        }
        from session import StandInFailed

        if words[0] not in answers:
            self.what_is_unknown.append(f"no stand-in for {words[0]}")
            raise StandInFailed(125, f"no stand-in for {words[0]}\n")
        try:
            answers[words[0]](talk, words)
        except Unknown as what:
            raise StandInFailed(125, f"{what}\n") from None
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise
            raise StandInFailed(1, f"{words[0]}: no space left on device\n") from None

    def compose_model(self, files):
        if "local-prod" in files[0]:
            return self.compose_models[""]["local"]
        release = re.search("/srv/releases/([^/]+)/", files[0])
        return self.compose_models[release[1] if release else ""]["hybrid" if any("monitoring" in name for name in files) else "minimal"]

    def check(self, talk, words):
        if words[1] != "check":
            self.unknown(f"estiba-stand-in: {words}")

    def built_image(self, reference):
        return "sha256:" + image_archive(reference)[0]

    def archive_of(self, reference, image):
        return image_archive(reference)[1]

    def listeners(self):
        found = {22: ("sshd", 700), **self.state["listening"]}
        if self.proxy.running():
            found |= {80: ("nginx", 900), 443: ("nginx", 900)}
        return found

    def resolves(self, name):
        return self.state["dns"] != "nowhere"

    def packaged_units(self):
        installed = self.state["packages"]["installed"]
        return {unit for package, units in packages.UNITS.items() if package in installed for unit in units}

    def host_nginx_pid(self):
        """A real process with the command line that its start gave it: the scripts read it in /proc."""
        kind = self.proxy.state["host"]
        if kind is None:
            return 0
        if kind not in self.helpers:
            words = ["/usr/bin/python3", "-c", "import time; time.sleep(1e6)"]
            if kind == "ours":
                words += ["-c", self.settings["PROXY_CONF"]]
            self.helpers[kind] = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return self.helpers[kind].pid

    # --- who is served ------------------------------------------------------------------------------------------------

    def unserved(self, after_reboot=False):
        """Whom nobody answers now, or two releases at once, of the upstreams whose service can run twice; and volumes to which two
        write."""
        loaded = self.proxy.running()
        if loaded is None:
            return ["nginx does not run"]
        running = [it for it in self.state["docker"]["containers"].values() if it["status"] == "running"]
        used = [name for it in running for name in it["volumes"]]
        problems = [f"two containers run with the volume {name}" for name in set(used) if used.count(name) > 1]
        for name, servers in (self.proxy.upstreams() if after_reboot else loaded["upstreams"]).items():
            if self.settings["UPSTREAM_SERVICE"].get(name) in {None, *self.may_stop}:
                continue
            found = self.proxy.targets(servers, after_reboot)
            if len({(it["image"], it["hash"]) for it in found}) != 1:
                problems.append(f"{name} leads to {[it['name'] for it in found]} by {servers}{', after a reboot' if after_reboot else ''}")
        return problems

    # --- signals ------------------------------------------------------------------------------------------------------

    def receives(self, pid, number):
        return pid >= FIRST_PID

    def received(self, pid, number):
        for it in self.state["docker"]["containers"].values():
            if it["pid"] == pid and number == signal.SIGHUP:
                name = it["labels"]["com.docker.compose.service"]
                if name == self.settings["PROXY_SERVICE"]:
                    self.proxy.load()
                self.monitor_started(name)

    def monitor_started(self, service):
        for name in ("prometheus", "alertmanager"):
            if service.endswith("-" + name):
                link = f"{self.root}{SERVER_PATH}/srv/live-monitoring"
                self.state["monitors"][name] = {"link": os.readlink(link) if os.path.islink(link) else "", "at": time.time()}

    # --- certificates and logins ----------------------------------------------------------------------------------------

    def issue(self, names):
        self.issued += 1
        return certificate(tuple(sorted(names)), self.issued % 3)

    def pair_fits(self, certificate_text, key_text):
        return _pair_fits(certificate_text, key_text)

    def login_fits(self, user_file, login):
        user, _, password = login.partition(":")
        return subprocess.run(["htpasswd", "-vb", user_file, user, password], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

@functools.lru_cache(None)
def certificate(names, number):
    made = subprocess.run(
        ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90",
         "-subj", "/O=stand-in CA", "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names), "-keyout", "-", "-out", "-"],
        capture_output=True, check=True, text=True).stdout
    key = re.search(r"-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----\n", made, re.S)[0]
    return re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", made, re.S)[0], key


@functools.lru_cache(4096)
def _pair_fits(certificate_text, key_text):
    public = [subprocess.run(["/usr/bin/openssl", *words], input=text, capture_output=True, text=True).stdout
              for words, text in ((["x509", "-noout", "-pubkey"], certificate_text), (["pkey", "-pubout"], key_text))]
    return public[0] == public[1] != ""


@functools.lru_cache(None)
def image_archive(reference, build=1):
    """(config digest, archive) of a made-up image, in the format of `docker save`."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "made-up": reference, "build": build}).encode()
    digest = hashlib.sha256(config).hexdigest()
    manifest = json.dumps([{"Config": f"{digest}.json", "RepoTags": [reference], "Layers": []}]).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in ((f"{digest}.json", config), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return digest, out.getvalue()
