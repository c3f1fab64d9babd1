"""The internet of one disposable VPS, in one process tree: DNS, Debian's mirror, a CA.

usage:   serve.py MIRROR OWN_ADDRESS VPS_ADDRESS HOST...
needs:   pebble, pebble-challtestsrv and openssl; /cache, a folder that outlives the container
changes: /cache (files of the mirror), /run/outside (keys, ca.pem)

DNS (port 53): HOST... lead to the VPS; Debian's mirrors and Let's Encrypt's names to this process; no other name exists.
Port 80: Debian's mirror. Packages are kept in /cache; indexes are asked for again after an hour.
Port 443: Let's Encrypt's address, by a throwaway CA; /directory is Pebble's /dir, everything else Pebble's own.
Pebble's root, which signs what the VPS gets, is at https://127.0.0.1:15000/roots/0 inside this container.
"""

import http.client
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RUN = pathlib.Path("/run/outside")
CACHE = pathlib.Path("/cache")
MIRROR_NAMES = ["deb.debian.org", "security.debian.org"]
CA_NAMES = ["acme-v02.api.letsencrypt.org", "acme-staging-v02.api.letsencrypt.org"]
PEBBLE = ("127.0.0.1", 14000)
INDEX_SECONDS = 3600
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Mirror(Handler):
    upstream = ""

    def do_GET(self):
        path = self.path.split("?")[0]
        if ".." in path or not path.startswith(("/debian/", "/debian-security/")):
            self.answer(404, [], b"")
            return
        stored = CACHE / path.lstrip("/")
        # A file of the pool and a file named by its hash never change.
        for_ever = "/pool/" in path or "/by-hash/" in path
        if not stored.is_file() or not (for_ever or time.time() - stored.stat().st_mtime < INDEX_SECONDS):
            try:
                self.fetch(path, stored)
            except urllib.error.HTTPError as error:
                self.answer(error.code, [], b"")
                return
            except OSError as error:
                if not stored.is_file():
                    print(f"mirror: {path}: {error}", flush=True)
                    self.answer(504, [], b"")
                    return
        self.answer(200, [("Content-Type", "application/octet-stream")], stored.read_bytes())

    do_HEAD = do_GET

    def fetch(self, path, stored):
        stored.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(self.upstream + path, timeout=60) as answer:
            body = answer.read()
            # A connection that breaks off ends like one that is done.
            if len(body) != int(answer.headers.get("Content-Length", len(body))):
                raise OSError("cut off")
        with tempfile.NamedTemporaryFile(dir=stored.parent, prefix=".new-", delete=False) as new:
            new.write(body)
        os.replace(new.name, stored)


class Acme(Handler):
    def relay(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # it is this process' own child, on the loopback address
        pebble = http.client.HTTPSConnection(*PEBBLE, context=context, timeout=60)
        path = "/dir" if self.path == "/directory" else self.path
        headers = {n: v for n, v in self.headers.items() if n.lower() not in HOP_BY_HOP}
        # Pebble makes its addresses from this name, and compares the signed ones with it.
        headers["Host"] = self.headers["Host"]
        pebble.request(self.command, path, body=body or None, headers=headers)
        answer = pebble.getresponse()
        print(f"acme: {self.command} {self.path} {answer.status}", flush=True)
        kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP]
        self.answer(answer.status, kept, answer.read())

    do_GET = do_HEAD = do_POST = relay


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stderr=subprocess.DEVNULL)


def make_keys():
    RUN.mkdir(exist_ok=True)
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=estiba-dev throwaway CA",
        "-keyout", str(RUN / "ca.key"), "-out", str(RUN / "ca.new"),
    )
    names = ",".join(f"DNS:{name}" for name in [*CA_NAMES, "localhost"])
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={CA_NAMES[0]}",
        "-addext", f"subjectAltName={names},IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
        "-CA", str(RUN / "ca.new"), "-CAkey", str(RUN / "ca.key"),
        "-keyout", str(RUN / "server.key"), "-out", str(RUN / "server.pem"),
    )


def start_pebble():
    config = {
        "pebble": {
            "listenAddress": "%s:%d" % PEBBLE,
            "managementListenAddress": "127.0.0.1:15000",
            "certificate": str(RUN / "server.pem"),
            "privateKey": str(RUN / "server.key"),
            "httpPort": 80,
            "tlsPort": 443,
        }
    }
    (RUN / "pebble.json").write_text(json.dumps(config))
    environment = dict(os.environ, PEBBLE_VA_NOSLEEP="1", PEBBLE_WFE_NONCEREJECT="0")
    return subprocess.Popen(
        ["pebble", "-config", str(RUN / "pebble.json"), "-dnsserver", "127.0.0.1:53"], env=environment
    )


def start_dns(addresses):
    nothing = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""]
    dns = subprocess.Popen(
        ["pebble-challtestsrv", "-dns01", ":53", "-management", "127.0.0.1:8055"]
        + ["-defaultIPv4", "", "-defaultIPv6", "", *nothing]
    )
    for name, address in addresses.items():
        body = json.dumps({"host": name, "addresses": [address]}).encode()
        for attempt in range(100):
            try:
                urllib.request.urlopen("http://127.0.0.1:8055/add-a", data=body, timeout=5).close()
                break
            except OSError:
                if attempt == 99:
                    raise
                time.sleep(0.1)
    return dns


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    Mirror.upstream, own, vps, *hosts = sys.argv[1:]
    make_keys()
    children = [start_pebble()]
    addresses = dict.fromkeys(MIRROR_NAMES + CA_NAMES, own) | dict.fromkeys(hosts, vps)
    children.append(start_dns(addresses))
    serve(ThreadingHTTPServer(("", 80), Mirror))
    acme = ThreadingHTTPServer(("", 443), Acme)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(RUN / "server.pem", RUN / "server.key")
    acme.socket = context.wrap_socket(acme.socket, server_side=True)
    serve(acme)
    # Last: who finds it finds everything answering.
    os.replace(RUN / "ca.new", RUN / "ca.pem")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while all(child.poll() is None for child in children):
        time.sleep(1)
    sys.exit("a child process ended")


main()
