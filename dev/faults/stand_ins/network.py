"""Stand-ins for curl, nsenter, ss, getent and the part of openssl that speaks over a socket."""

import re
import time

from session import StandInFailed
from stand_ins.docker import address_of

HERE, ELSEWHERE = "203.0.113.10", "198.51.100.7"


class Network:
    def __init__(self, world):
        self.world = world

    def curl(self, talk, words, container=None):
        url = next(word for word in words if word.startswith(("http://", "https://")))
        host, path = re.match(r"https?://([^/:]+)(?::\d+)?(/.*)?$", url).groups()
        port = re.match(r"https?://[^/:]+:(\d+)", url)
        login = None
        if "--config" in words:
            found = re.search(rb'user = "([^"]*)"', talk.input())
            login = found[1].decode() if found else None
        if host == "127.0.0.1" and port and port[1] == "8089":
            answer = self.upstream(path[1:]) if "Host: upstreams" in words else self.release(words)
        elif host == "127.0.0.1" and port and port[1] in ("9090", "9093"):
            answer = self.metrics(port[1])
        elif host.startswith("127.") and port:
            answer = self.container(host, int(port[1]))
        elif any(word.endswith(":" + ELSEWHERE) for word in words):
            answer = 200, {}, "somebody else's page"
        else:
            answer = self.world.proxy.answer(host, path, login)
        if answer is None:
            self.write_out(talk, words, 0, {})
            raise StandInFailed(7, "")
        status, headers, body = answer
        if "--include" in words:
            talk.print(f"HTTP/1.1 {status} OK\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n")
        if "--fail" in words and status >= 400:
            raise StandInFailed(22, "")
        if "--output" not in words:
            talk.print(body)
        self.write_out(talk, words, status, headers)

    def write_out(self, talk, words, status, headers):
        if "--write-out" in words:
            wanted = words[words.index("--write-out") + 1].replace("%{http_code}", f"{status:03}")
            known = {name.lower(): value for name, value in headers.items()}
            talk.print(re.sub(r"%header\{([^}]*)\}", lambda found: known.get(found[1], ""), wanted))

    def release(self, words):
        running = self.world.proxy.running()
        return (200, {"Estiba-Mode": running["mode"]}, running["release"] + "\n") if running else None

    def upstream(self, name):
        return (200, {"Estiba-Upstream": self.world.proxy.asked(name)}, "") if self.world.proxy.running() else None

    def container(self, host, port):
        for it in self.world.state["docker"]["containers"].values():
            if it["status"] == "running" and (host == address_of(it) or host == "127.0.0.1" and port in it["bound"].values()):
                return 200, {}, "ok"
        return None

    def metrics(self, port):
        name = {"9090": "prometheus", "9093": "alertmanager"}[port]
        loaded = self.world.state["monitors"].get(name)
        if loaded is None:
            return None
        return 200, {}, (f"{name}_config_last_reload_successful 1\n"
                         f"{name}_config_last_reload_success_timestamp_seconds {loaded['at']!r}\n")

    def nsenter(self, talk, words):
        self.curl(talk, words[words.index("curl") :])

    def ss(self, talk, words):
        wanted = re.search(r"sport = :(\d+)", " ".join(words))
        for port, (process, pid) in sorted(self.world.listeners().items()):
            if wanted is None or int(wanted[1]) == port:
                talk.print(f'LISTEN 0 511 0.0.0.0:{port} 0.0.0.0:* users:(("{process}",pid={pid},fd=6))\n')

    def getent(self, talk, words):
        if words[1] == "passwd":
            talk.print(next(line for line in self.world.read("/etc/passwd").splitlines(True) if line.startswith(words[2] + ":")))
            return
        if not self.world.resolves(words[-1]):
            raise StandInFailed(2)
        talk.print(f"{ELSEWHERE if self.world.state['dns'] == 'elsewhere' else HERE} STREAM {words[-1]}\n")

    def openssl(self, talk, words):
        if words[1] != "s_client":
            code = talk.run_hook("LC_ALL=C", ["/stand-ins/real/openssl", *words[1:]])
            if code:
                raise StandInFailed(code)
            return
        certificate = self.world.proxy.certificate(words[words.index("-servername") + 1])
        if certificate is None:
            raise StandInFailed(1)
        talk.print(certificate)

    def sleep(self, talk, words):
        time.sleep(0.002)
