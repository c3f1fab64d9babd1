"""systemd-stand-in: units, whether they are enabled and active, and the host's nginx as one of them."""

import os
import re

from session import StandInFailed


def fresh_state():
    return {"enabled": ["ssh.service"], "active": ["ssh.service"], "loaded": {}, "tables": {}}


class Systemd:
    def __init__(self, world):
        self.world = world

    @property
    def state(self):
        return self.world.state["systemd"]

    def systemctl(self, talk, words):
        plain = [word for word in words[1:] if not word.startswith("-")]
        flags = [word for word in words[1:] if word.startswith("-")]
        verb, units = plain[0], plain[1:]
        known = {"is-active", "is-enabled", "enable", "disable", "start", "restart", "stop", "reload", "daemon-reload", "show", "status"}
        if verb not in known:
            self.world.unknown(f"systemd-stand-in: {verb}")
        if verb == "show":
            self.show(talk, words)
        elif verb == "daemon-reload":
            talk.commit("daemon-reload")
            self.state["loaded"] = self.on_disk()
        elif verb in ("is-active", "is-enabled"):
            there = units[0] in self.state["active" if verb == "is-active" else "enabled"]
            if "--quiet" not in flags:
                talk.print({"is-active": ("active", "inactive"), "is-enabled": ("enabled", "disabled")}[verb][not there] + "\n")
            if not there:
                raise StandInFailed(3 if verb == "is-active" else 1)
        else:
            self.change(talk, verb, units[0], "--now" in flags)

    def on_disk(self):
        found = {}
        folder = self.world.root + "/etc/systemd/system"
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                if not os.path.islink(path):
                    with open(path, encoding="utf-8") as file:
                        found[os.path.relpath(path, folder)] = file.read()
        return found

    def exists(self, unit):
        return unit in self.state["loaded"] or unit in self.world.packaged_units()

    def change(self, talk, verb, unit, now):
        if verb == "disable" and unit not in self.state["enabled"]:
            return
        if verb in ("enable", "start", "restart", "reload") and not self.exists(unit):
            raise StandInFailed(5, f"Failed to {verb} {unit}: Unit not found.\n")
        talk.commit(f"{verb} {unit}")
        if verb == "enable" and unit not in self.state["enabled"]:
            self.state["enabled"].append(unit)
        if verb == "disable":
            self.state["enabled"].remove(unit)
        if verb in ("start", "restart") or (verb == "enable" and now):
            if now and verb == "enable":
                talk.commit(f"start {unit}")
            self.begin(unit)
        if verb == "stop" and unit in self.state["active"]:
            self.state["active"].remove(unit)
            self.ended(unit)
        if verb == "reload" and unit == "nginx.service":
            self.world.proxy.load()

    def begin(self, unit):
        text = self.state["loaded"].get(unit, "")
        for rules in re.findall(r"ExecStart=/usr/sbin/nft --file (\S+)", text):
            self.state["tables"][unit] = self.world.read(rules)
        if unit == "nginx.service":
            ours = any(name.startswith("nginx.service.d/estiba-") for name in self.state["loaded"])
            if ours and not self.world.proxy.load():
                raise StandInFailed(1, "Job for nginx.service failed\n")
            self.world.proxy.state["host"] = "ours" if ours else "distribution"
        if unit not in self.state["active"]:
            self.state["active"].append(unit)

    def ended(self, unit):
        self.state["tables"].pop(unit, None)
        if unit == "nginx.service":
            self.world.proxy.state["host"] = None

    def show(self, talk, words):
        if "MainPID" in words:
            talk.print(f"{self.world.host_nginx_pid()}\n")
        elif "Listen" in words:
            talk.print("")
        else:
            self.world.unknown(f"systemd-stand-in: show {words}")

    def escape(self, talk, words):
        path = words[-1].strip("/")
        suffix = [word.partition("=")[2] for word in words if word.startswith("--suffix=")]
        talk.print(path.replace("-", "\\x2d").replace("/", "-") + (f".{suffix[0]}" if suffix else "") + "\n")

    def virtual(self, talk, words):
        raise StandInFailed(1)

    def journal(self, talk, words):
        talk.print("a line of the stand-in\n")

    def nft(self, talk, words):
        text = self.world.read(words[-1])
        if not text.rstrip().endswith("}"):
            raise StandInFailed(1, "syntax error\n")
        if "--check" not in words:
            self.world.unknown("nft-stand-in: a change past the unit")

    def sshd(self, talk, words):
        talk.print("port 22\n")
