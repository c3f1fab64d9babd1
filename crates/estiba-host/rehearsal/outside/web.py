"""What answers at the ports 80 and 443: packages, the sink, and the certificate authority's own address."""

import http.client
import os
import pathlib
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler

CACHE = pathlib.Path("/cache")
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

    def taken(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))


class Plain(Handler):
    """Packages, kept in the cache, for those who ask a mirror by its name; a 200 for everything else."""

    mirrors = set()
    upstream = None

    def do_GET(self):
        host = self.headers.get("Host", "").split(":")[0].lower()
        path = self.path.split("?")[0]
        if host not in self.mirrors:
            self.taken()
            self.answer(200, [], b"")
            return
        stored = CACHE / host / path.lstrip("/")
        if CACHE / host not in stored.resolve().parents:
            self.answer(404, [], b"")
            return
        # A file of the pool and a file named by its hash never change.
        for_ever = "/pool/" in path or "/by-hash/" in path
        if not stored.is_file() or not (for_ever or time.time() - stored.stat().st_mtime < INDEX_SECONDS):
            try:
                self.fetch(host, path, stored)
            except urllib.error.HTTPError as error:
                self.answer(error.code, [], b"")
                return
            except (OSError, http.client.HTTPException) as error:
                if not stored.is_file():
                    print(f"packages: {host}{path}: {error}", flush=True)
                    self.answer(504, [], b"")
                    return
        self.answer(200, [("Content-Type", "application/octet-stream")], stored.read_bytes())

    do_HEAD = do_POST = do_PUT = do_GET

    def fetch(self, host, path, stored):
        stored.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen((self.upstream or f"http://{host}") + path, timeout=60) as answer:
            body = answer.read()
            # A connection that breaks off ends like one that is done.
            if len(body) != int(answer.headers.get("Content-Length", len(body))):
                raise OSError("cut off")
        with tempfile.NamedTemporaryFile(dir=stored.parent, prefix=".new-", delete=False) as new:
            new.write(body)
        os.replace(new.name, stored)


class Authority(Handler):
    """The authority's directory is Pebble's, everything else Pebble's own."""

    directories = {}

    def relay(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # this process' own child, on the loopback address
        pebble = http.client.HTTPSConnection(*PEBBLE, context=context, timeout=60)
        host = self.headers.get("Host", "").split(":")[0].lower()
        path = "/dir" if self.path == self.directories.get(host) else self.path
        headers = {n: v for n, v in self.headers.items() if n.lower() not in HOP_BY_HOP}
        # Pebble makes its addresses from this name, and compares the signed ones with it.
        headers["Host"] = self.headers["Host"]
        pebble.request(self.command, path, body=self.taken() or None, headers=headers)
        answer = pebble.getresponse()
        print(f"authority: {self.command} {self.path} {answer.status}", flush=True)
        kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP]
        self.answer(answer.status, kept, answer.read())

    do_GET = do_HEAD = do_POST = relay
