"""Which TCP ports of an address answer: connects to all 65,535 and prints those that accept, one a line.

usage: scan.py ADDRESS
"""

import errno
import resource
import selectors
import socket
import sys
import time

MOST_AT_ONCE = 22000
SECONDS = 2


def accepting(address, ports):
    waiting = selectors.DefaultSelector()
    found = []
    for port in ports:
        connection = socket.socket()
        connection.setblocking(False)
        if connection.connect_ex((address, port)) in (0, errno.EINPROGRESS):
            waiting.register(connection, selectors.EVENT_WRITE, port)
        else:
            connection.close()
    end = time.monotonic() + SECONDS
    while waiting.get_map() and time.monotonic() < end:
        for key, _ in waiting.select(0.2):
            if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(key.data)
            waiting.unregister(key.fileobj)
            key.fileobj.close()
    for key in list(waiting.get_map().values()):
        key.fileobj.close()
    return found


def as_many_as_allowed():
    """How many connections may be open at once, after asking for as many as there may be."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # A few files are open anyway.
    return MOST_AT_ONCE if hard == resource.RLIM_INFINITY else max(1, min(MOST_AT_ONCE, hard - 50))


def main():
    ports = range(1, 65536)
    at_once = as_many_as_allowed()
    for first in range(0, len(ports), at_once):
        for port in sorted(accepting(sys.argv[1], ports[first : first + at_once])):
            print(port)


main()
