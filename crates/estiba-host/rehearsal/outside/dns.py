"""Name service: known names lead where they are told to, everything else is passed on to the real one.

One question is one datagram or one message over TCP (RFC 1035). Only the first question is read; no client sends more.
"""

import socket
import socketserver
import struct
import threading

A = 1
TTL_SECONDS = 60


def upstream():
    with open("/etc/resolv.conf", encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if words[:1] == ["nameserver"]:
                return words[1]
    raise SystemExit("no name server in /etc/resolv.conf")


def question(message):
    """The name and the type that a message asks for, and where the question ends."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode("ascii", "replace"))
        at += message[at] + 1
    kind = struct.unpack_from(">H", message, at + 1)[0]
    return ".".join(labels).lower(), kind, at + 5


def answer(message, addresses, server):
    name, kind, end = question(message)
    address = addresses.get(name)
    if address is None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.settimeout(5)
            asked.sendto(message, (server, 53))
            return asked.recv(65535)
    records = 1 if kind == A else 0
    # A response to a standard query, authoritative, recursion available; one question, the records, nothing else.
    head = message[:2] + struct.pack(">HHHHH", 0x8580 | (message[2] & 1) << 8, 1, records, 0, 0)
    body = message[12:end]
    if records:
        # The name is a pointer to the question.
        body += struct.pack(">HHHIH", 0xC00C, A, 1, TTL_SECONDS, 4) + socket.inet_aton(address)
    return head + body


def start(addresses):
    server = upstream()
    known = {name.lower(): address for name, address in addresses.items()}

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self):
            data, connection = self.request
            try:
                connection.sendto(answer(data, known, server), self.client_address)
            except (OSError, IndexError, struct.error):
                pass  # no answer: the client asks again

    class Stream(socketserver.StreamRequestHandler):
        def handle(self):
            try:
                length = struct.unpack(">H", self.rfile.read(2))[0]
                reply = answer(self.rfile.read(length), known, server)
                self.wfile.write(struct.pack(">H", len(reply)) + reply)
            except (OSError, IndexError, struct.error):
                pass

    for kind, handler in ((socketserver.ThreadingUDPServer, Datagram), (socketserver.ThreadingTCPServer, Stream)):
        kind.daemon_threads = True
        kind.allow_reuse_address = True
        threading.Thread(target=kind(("", 53), handler).serve_forever, daemon=True).start()
