"""nginx-stand-in: what the running workers have read, and what they answer for it. Whether files are good is judged by
whether everything that they name stands there: the real nginx judges them elsewhere."""

import glob
import os
import re

from session import StandInFailed
from stand_ins.docker import address_of


def fresh_state():
    # `refused`: the end of the path of a file that nginx does not understand, though all that it names is there.
    return {"loaded": None, "host": None, "refused": None}


class Proxy:
    def __init__(self, world):
        self.world = world

    @property
    def state(self):
        return self.world.state["proxy"]

    def path(self, path):
        return self.world.root + path

    def read(self, path):
        with open(self.world.inside(path), encoding="utf-8") as file:
            return file.read()

    # --- files ------------------------------------------------------------------------------------------------------

    def test(self, configuration):
        """`nginx -t`."""
        refusal = self.refusal(configuration)
        if refusal:
            raise StandInFailed(1, refusal)

    def files_are_good(self, configuration):
        return self.refusal(configuration) is None

    def refusal(self, configuration):
        """What nginx says where not every include, certificate, user file and upstream of the mode that mode.conf names is there."""
        failed = "nginx: configuration file test failed\n"
        try:
            folder = os.path.dirname(configuration)
            text = self.read(configuration)
            mode = re.search(r"include modes/(\w+)\.conf;", self.read("/opt/jupiter/state/nginx/mode.conf"))[1]
            self.read("/opt/jupiter/state/nginx/release.conf")
            pending = [text, self.read(f"{folder}/modes/{mode}.conf")]
            while pending:
                text = pending.pop()
                for kind, path in re.findall(r"^\s*(include|ssl_certificate|ssl_certificate_key|auth_basic_user_file)\s+([^;]+);", text, re.M):
                    path = path.strip("\"'")
                    path = path.replace("/srv/estiba-state", "/opt/jupiter/state/nginx").replace("/srv/estiba", "/opt/jupiter/srv")
                    path = path.replace("/opt/jupiter/srv/live-nginx/nginx", folder)
                    path = path if path.startswith("/") else f"{folder}/{path}"
                    if path.startswith("/etc/nginx/") or path.endswith("mode.conf"):
                        continue
                    found = glob.glob(self.world.inside(path)) if "*" in path else [self.world.inside(path)]
                    for file in found:
                        if os.path.getsize(file) == 0:
                            return failed
                        if self.state["refused"] and path.endswith(self.state["refused"]):
                            return f'2026/01/01 00:00:00 [emerg] 33#33: unknown directive "x" in {path}:7\n{failed}'
                        if kind == "include":
                            with open(file, encoding="utf-8") as included:
                                pending.append(included.read())
            for certificate, key in self.pairs(mode):
                if not self.world.pair_fits(certificate, key):
                    return failed
            return None
        except (OSError, TypeError):
            return failed

    def pairs(self, mode):
        hosts = [*self.world.settings["HOSTS"], *(self.world.settings["MONITORING_HOSTS"] if mode == "hybrid" else [])]
        for host in hosts:
            folder = f"/opt/jupiter/state/nginx/certs/{host}"
            yield self.read(f"{folder}/fullchain.pem"), self.read(f"{folder}/privkey.pem")

    # --- workers ----------------------------------------------------------------------------------------------------

    def load(self):
        """What the live link leads to is read now; False where nginx would refuse it."""
        if not self.files_are_good("/opt/jupiter/srv/live-nginx/nginx/nginx.conf"):
            return False
        mode = re.search(r"modes/(\w+)\.conf", self.read("/opt/jupiter/state/nginx/mode.conf"))[1]
        release = re.search(r'return 200 "([^"\\]*)', self.read("/opt/jupiter/state/nginx/release.conf"))[1]
        hosts = [*self.world.settings["HOSTS"], *(self.world.settings["MONITORING_HOSTS"] if mode == "hybrid" else [])]
        self.state["loaded"] = {
            "link": os.readlink(self.path("/opt/jupiter/srv/live-nginx")), "mode": mode, "release": release,
            "paused": [host for host in hosts if os.path.exists(self.path(f"/opt/jupiter/state/nginx/paused/{host}.conf"))],
            "certificates": {host: certificate for host, (certificate, _) in zip(hosts, self.pairs(mode))},
            "upstreams": self.upstreams(),
        }
        return True

    # --- upstreams --------------------------------------------------------------------------------------------------

    def upstreams(self):
        """{name: its servers in the order in which they are asked}, as the files say now."""
        found = {}
        for path in sorted(glob.glob(self.path("/opt/jupiter/state/nginx/upstreams/*.conf"))):
            with open(path, encoding="utf-8") as file:
                found[os.path.basename(path).removesuffix(".conf")] = re.findall(r"^server ([^ ;]+)", file.read(), re.M)
        return found

    def targets(self, servers, after_reboot=False):
        """The running containers that nginx would ask: of the first server that leads to any. A reboot starts those that were
        stopped, too, as `restart: always` says."""
        starts = ("running", "exited") if after_reboot else ("running",)
        running = [it for it in self.world.state["docker"]["containers"].values() if it["status"] in starts]
        for server in servers:
            name, _, port = server.rpartition(":")
            if self.world.settings["PROXY_SERVICE"]:
                # An address is another one after a reboot.
                found = [it for it in running if name in (it["name"], it["labels"].get("com.docker.compose.service"), None if after_reboot else address_of(it))]
            else:
                found = [it for it in running if int(port) in it["bound"].values()]
            if found:
                return found
        return []

    def asked(self, name):
        """The address that the running workers ask for an upstream, as their listener says it."""
        servers = self.running()["upstreams"].get(name, [])
        for it in self.targets(servers):
            if self.world.settings["PROXY_SERVICE"]:
                return f"{address_of(it)}:{servers[0].rpartition(':')[2]}"
            return next(server for server in servers if int(server.rpartition(":")[2]) in it["bound"].values())
        return "-"

    def running(self):
        """What the running workers have read, or None."""
        name = self.world.settings["PROXY_SERVICE"]
        if name:
            up = any(it["status"] == "running" for _, it in self.world.docker.of_service(name))
        else:
            up = self.state["host"] == "ours"
        return self.state["loaded"] if up else None

    # --- answers ----------------------------------------------------------------------------------------------------

    def certificate(self, host):
        running = self.running()
        return running["certificates"].get(host) if running else None

    def answer(self, host, path, login):
        """(status, headers, body) of a request from outside."""
        running = self.running()
        if running is None:
            return None
        if path.startswith("/.well-known/acme-challenge/"):
            try:
                return 200, {}, self.read("/opt/jupiter/state/nginx/webroot" + path)
            except OSError:
                return 404, {}, ""
        if host in running["paused"]:
            return 503, {"Retry-After": "300"}, "a page"
        if running["mode"] == "hybrid" and host in self.world.settings["MONITORING_HOSTS"]:
            user_file = self.world.inside(f"/opt/jupiter/state/nginx/auth/{self.world.settings['AUTH_FILE']}")
            if not login or not self.world.login_fits(user_file, login):
                return 401, {}, ""
        return 200, {}, "ok"
