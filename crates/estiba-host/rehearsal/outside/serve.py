"""The internet of one server in a rehearsal, in one process tree: names, packages, a certificate authority, a sink.

usage:   serve.py, with one JSON object on the command line:
           own, server   addresses
           names         lead to the server
           mirrors       hosts of packages, asked over plain http: relayed, and kept in /cache
           upstream      where packages come from instead of those hosts; null for the hosts themselves
           authority     {host: path of its directory}: asked at port 443, answered by Pebble
           sink          a name that takes every message sent to it and answers 200
needs:   pebble and openssl; /cache, a folder that outlives the container
changes: /cache, /run/outside (keys, ca.pem, root.pem)
"""

import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import ThreadingHTTPServer

import dns
import web

RUN = pathlib.Path("/run/outside")


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stderr=subprocess.DEVNULL)


def make_keys(names):
    RUN.mkdir(exist_ok=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    openssl(
        "req", "-x509", *key, "-subj", "/CN=throwaway authority of a rehearsal",
        "-keyout", str(RUN / "ca.key"), "-out", str(RUN / "ca.new"),
    )
    alternatives = ",".join(f"DNS:{name}" for name in [*names, "localhost"])
    openssl(
        "req", "-x509", *key, "-subj", "/CN=authority", "-addext", f"subjectAltName={alternatives},IP:127.0.0.1",
        "-addext", "basicConstraints=critical,CA:FALSE", "-CA", str(RUN / "ca.new"), "-CAkey", str(RUN / "ca.key"),
        "-keyout", str(RUN / "server.key"), "-out", str(RUN / "server.pem"),
    )


def start_pebble():
    config = {
        "pebble": {
            "listenAddress": "%s:%d" % web.PEBBLE,
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


def root_of_pebble():
    """The root that signs what the server gets."""
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE  # this process' own child, on the loopback address
    for _ in range(300):
        try:
            with urllib.request.urlopen("https://127.0.0.1:15000/roots/0", context=unverified, timeout=5) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.1)
    raise SystemExit("pebble does not answer")


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    told = json.loads(sys.argv[1])
    make_keys(told["authority"])
    own = [*told["mirrors"], *told["authority"], told["sink"]]
    addresses = dict.fromkeys(own, told["own"]) | dict.fromkeys(told["names"], told["server"])
    dns.start(addresses)
    pebble = start_pebble()
    web.Plain.mirrors = set(told["mirrors"])
    web.Plain.upstream = told["upstream"]
    web.Authority.directories = told["authority"]
    serve(ThreadingHTTPServer(("", 80), web.Plain))
    authority = ThreadingHTTPServer(("", 443), web.Authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(RUN / "server.pem", RUN / "server.key")
    authority.socket = context.wrap_socket(authority.socket, server_side=True)
    serve(authority)
    (RUN / "root.pem").write_bytes(root_of_pebble())
    # Last: who finds it finds everything answering.
    os.replace(RUN / "ca.new", RUN / "ca.pem")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while pebble.poll() is None:
        time.sleep(1)
    sys.exit("pebble ended")


main()
