"""Asks pages of a server from outside, each once, with the private authority's root and no other trust.

usage:  ask.py ADDRESS, with a JSON list on standard input: {secure, host, path, user, password} (the last two may be null)
prints: a JSON list: {status, detail}; no answer is a null status, and the detail says why
"""

import base64
import concurrent.futures
import http.client
import json
import socket
import ssl
import sys

ROOT = "/run/outside/root.pem"
SECONDS = 10


class Secure(http.client.HTTPSConnection):
    """To this address, whatever name service says of the host; the certificate must be for the host."""

    def __init__(self, address, host):
        super().__init__(host, timeout=SECONDS, context=ssl.create_default_context(cafile=ROOT))
        self.address = address

    def connect(self):
        self.sock = self._context.wrap_socket(
            socket.create_connection((self.address, 443), self.timeout), server_hostname=self.host
        )


def ask(address, page):
    host = page["host"]
    connection = Secure(address, host) if page["secure"] else http.client.HTTPConnection(address, timeout=SECONDS)
    headers = {"Host": host, "User-Agent": "estiba-rehearsal"}
    if page["user"] is not None:
        word = base64.b64encode(f"{page['user']}:{page['password']}".encode()).decode()
        headers["Authorization"] = f"Basic {word}"
    try:
        connection.request("GET", page["path"], headers=headers)
        answer = connection.getresponse()
        return {"status": answer.status, "detail": answer.headers.get("Location", "")}
    except (OSError, http.client.HTTPException) as error:
        return {"status": None, "detail": str(error)}
    finally:
        connection.close()


def main():
    pages = json.load(sys.stdin)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print(json.dumps(list(pool.map(lambda page: ask(sys.argv[1], page), pages))))


main()
