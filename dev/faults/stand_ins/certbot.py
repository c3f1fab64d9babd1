"""certbot-stand-in: a CA that always agrees, and a lineage written in the order of certbot's own storage.py: an empty
renewal file first, then links, key, chain, and last what the renewal file says. Killed in between, it leaves what certbot leaves.
https://github.com/certbot/certbot/blob/v2.11.0/certbot/certbot/_internal/storage.py (new_lineage)"""

import os

from session import StandInFailed


class Certbot:
    def __init__(self, world):
        self.world = world

    def __call__(self, talk, words):
        def value(name):
            return words[words.index(name) + 1]

        config = self.world.root + value("--config-dir")
        if words[1] == "renew":
            return
        if words[1] != "certonly":
            self.world.unknown(f"certbot-stand-in: {words[1]}")
        host = value("--cert-name")
        names = [words[at + 1] for at, word in enumerate(words) if word == "--domain"]
        self.agree(talk, host)
        renewal = f"{config}/renewal/{host}.conf"
        if os.path.exists(renewal) and os.path.getsize(renewal):
            self.write_pair(talk, config, host, names, 2)
        else:
            lineage = self.new_lineage(talk, config, host, names, value("--server"))
            if lineage != host:
                return
        if talk.run_hook(f"RENEWED_LINEAGE={value('--config-dir')}/live/{host}", [value("--deploy-hook")]):
            # certbot reports a hook that failed, and ends well.
            talk.error("Hook '--deploy-hook' reported error code\n")

    def agree(self, talk, host):
        talk.commit(f"ask the CA for {host}")
        self.world.state["asked"].append(host)

    def new_lineage(self, talk, config, host, names, server):
        for folder in ("renewal", "archive", "live"):
            os.makedirs(f"{config}/{folder}", mode=0o700, exist_ok=True)
        lineage = host
        for number in range(1, 5):
            if not os.path.exists(f"{config}/renewal/{lineage}.conf"):
                break
            lineage = f"{host}-{number:04}"
        talk.commit(f"begin the renewal file of {lineage}")
        with open(f"{config}/renewal/{lineage}.conf", "w", encoding="utf-8"):
            pass
        for folder in ("archive", "live"):
            if os.path.isdir(f"{config}/{folder}/{lineage}") and os.listdir(f"{config}/{folder}/{lineage}"):
                raise StandInFailed(1, f"{folder} directory exists for {lineage}\n")
            os.makedirs(f"{config}/{folder}/{lineage}", exist_ok=True)
        talk.commit(f"write the links of {lineage}")
        for kind in ("cert", "privkey", "chain", "fullchain"):
            os.symlink(f"../../archive/{lineage}/{kind}1.pem", f"{config}/live/{lineage}/{kind}.pem")
        self.write_pair(talk, config, lineage, names, 1)
        talk.commit(f"write the renewal file of {lineage}")
        with open(f"{config}/renewal/{lineage}.conf", "w", encoding="utf-8") as file:
            file.write(f"archive_dir = {lineage}\n[renewalparams]\nserver = {server}\n")
        return lineage

    def write_pair(self, talk, config, lineage, names, number):
        certificate, key = self.world.issue(names)
        for kind, text, mode in (("cert", certificate, 0o644), ("privkey", key, 0o600), ("chain", certificate, 0o644),
                                 ("fullchain", certificate, 0o644)):
            talk.commit(f"write {kind} of {lineage}")
            path = f"{config}/archive/{lineage}/{kind}{number}.pem"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, mode)
            link = f"{config}/live/{lineage}/{kind}.pem"
            if number > 1:
                os.unlink(link)
                os.symlink(f"../../archive/{lineage}/{kind}{number}.pem", link)
