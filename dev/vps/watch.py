"""What pages answer to somebody without a password, from now until this is ended: asks each again and again.

usage:   watch.py ADDRESS HOST...
prints:  HOST CODE, the first time that a host gives that answer (over https, and over http); no answer is no line
"""

import http.client
import socket
import ssl
import sys
import time

PAUSE_SECONDS = 0.05


class Connection(http.client.HTTPSConnection):
    """To this address, whatever DNS says of the name; the certificate may still be a placeholder."""

    def __init__(self, address, host):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(host, timeout=2, context=context)
        self.address = address

    def connect(self):
        self.sock = self._context.wrap_socket(
            socket.create_connection((self.address, 443), self.timeout), server_hostname=self.host
        )


def answer(address, host):
    plain = http.client.HTTPConnection(address, timeout=2)
    for scheme, connection in (("http", plain), ("https", Connection(address, host))):
        try:
            connection.request("GET", "/api/health", headers={"Host": host})
            yield scheme, connection.getresponse().status
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


def main():
    address, *hosts = sys.argv[1:]
    seen = set()
    while True:
        for host in hosts:
            for scheme, status in answer(address, host):
                if (host, scheme, status) not in seen:
                    seen.add((host, scheme, status))
                    print(host, scheme, status, flush=True)
        time.sleep(PAUSE_SECONDS)


main()
