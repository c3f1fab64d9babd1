"""Every change that a process makes, seen before it happens: a seccomp filter sends the system calls that change
something to a supervisor, which lets them through, refuses them, holds them, or ends the whole run.

The kernel does the enumeration (seccomp_unotify(2)): what is not a system call of CHANGES or an execve changes nothing.
Nothing is guessed from the text of a script. x86_64 only, because the numbers of system calls are.
"""

import ctypes
import errno
import fcntl
import os
import platform
import struct

SYS_SECCOMP = 317
SYS_PIDFD_GETFD = 438
SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3
RET_ALLOW = 0x7FFF0000
RET_USER_NOTIF = 0x7FC00000
USER_NOTIF_FLAG_CONTINUE = 1
NOTIF_RECV = 0xC0502100
NOTIF_SEND = 0xC0182101

AT_FDCWD = -100
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# number -> (name, (position of a folder's descriptor or None, position of a path) …); a lone 'fd' is a descriptor.
CHANGES = {
    82: ("rename", (None, 0), (None, 1)),
    264: ("rename", (0, 1), (2, 3)),
    316: ("rename", (0, 1), (2, 3)),
    87: ("unlink", (None, 0)),
    263: ("unlink", (0, 1)),
    84: ("rmdir", (None, 0)),
    83: ("mkdir", (None, 0)),
    258: ("mkdir", (0, 1)),
    88: ("symlink", (None, 1)),
    266: ("symlink", (1, 2)),
    86: ("link", (None, 1)),
    265: ("link", (2, 3)),
    90: ("chmod", (None, 0)),
    91: ("chmod", "fd"),
    268: ("chmod", (0, 1)),
    452: ("chmod", (0, 1)),
    92: ("chown", (None, 0)),
    93: ("chown", "fd"),
    94: ("chown", (None, 0)),
    260: ("chown", (0, 1)),
    76: ("truncate", (None, 0)),
    77: ("truncate", "fd"),
    285: ("allocate", "fd"),
    280: ("times", (0, 1)),
    85: ("open", (None, 0)),
    133: ("mknod", (None, 0)),
    259: ("mknod", (0, 1)),
    188: ("setxattr", (None, 0)),
    190: ("setxattr", "fd"),
}
OPEN, OPENAT = 2, 257
EXECVE, EXECVEAT = 59, 322
KILL = 62
# Changes of a machine, none of which a script of the tree makes by itself: mount, umount2, swapon, swapoff, reboot,
# sethostname, init_module, settimeofday, clock_settime.
FORBIDDEN = {165: "mount", 166: "umount", 167: "swapon", 168: "swapoff", 169: "reboot", 170: "sethostname",
             175: "init_module", 164: "settimeofday", 227: "clock_settime"}

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _instructions():
    """BPF: the number decides, and for open its flags."""
    load, jump_equal, jump_set, ret = 0x20, 0x15, 0x45, 0x06
    ask = struct.pack("=HBBI", ret, 0, 0, RET_USER_NOTIF)
    allow = struct.pack("=HBBI", ret, 0, 0, RET_ALLOW)
    code = [struct.pack("=HBBI", load, 0, 0, 0)]
    for number, flags_at in ((OPEN, 24), (OPENAT, 32)):
        code += [struct.pack("=HBBI", jump_equal, 0, 4, number), struct.pack("=HBBI", load, 0, 0, flags_at),
                 struct.pack("=HBBI", jump_set, 0, 1, WRITING), ask, allow]
    for number in sorted({*CHANGES, *FORBIDDEN, EXECVE, EXECVEAT, KILL}):
        code += [struct.pack("=HBBI", jump_equal, 0, 1, number), ask]
    return b"".join([*code, allow])


def install_filter():
    """In the child, as the last thing before it becomes the script. The descriptor of the listener."""
    if platform.machine() != "x86_64":
        raise SystemExit("faults: this harness knows the system calls of x86_64 only")
    code = _instructions()
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    listener = _libc.syscall(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


def fetch_descriptor(pid, number):
    pidfd = os.pidfd_open(pid)
    try:
        fetched = _libc.syscall(SYS_PIDFD_GETFD, pidfd, number, 0)
        if fetched < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        return fetched
    finally:
        os.close(pidfd)


class Call:
    """One system call that waits for an answer."""

    def __init__(self, listener, root):
        self.listener = listener
        self.root = root
        data = bytearray(80)
        fcntl.ioctl(listener, NOTIF_RECV, data)
        self.id, self.pid, _, self.number, _, _, *self.arguments = struct.unpack("=QIIiIQ6Q", data)

    def _answer(self, value, error, flags):
        try:
            fcntl.ioctl(self.listener, NOTIF_SEND, struct.pack("=QqiI", self.id, value, error, flags))
        except OSError as problem:
            # Its process is gone, or a signal took it out of the call: then it asks again.
            if problem.errno != errno.ENOENT:
                raise

    def go_on(self):
        self._answer(0, 0, USER_NOTIF_FLAG_CONTINUE)

    def fail(self, error):
        self._answer(0, -error, 0)

    def pretend(self):
        self._answer(0, 0, 0)

    def text(self, position):
        return self._memory(self.arguments[position])

    def _memory(self, address, limit=4096):
        with open(f"/proc/{self.pid}/mem", "rb", 0) as memory:
            memory.seek(address)
            found = b""
            while b"\0" not in found and len(found) < limit:
                # Not beyond the page: the next one may not be there.
                more = memory.read(4096 - (address + len(found)) % 4096)
                if not more:
                    # Its process is gone.
                    raise OSError(errno.ESRCH, "no memory")
                found += more
        return found.split(b"\0", 1)[0].decode(errors="surrogateescape")

    def words(self):
        """The arguments of an execve."""
        words = []
        with open(f"/proc/{self.pid}/mem", "rb", 0) as memory:
            address = self.arguments[1 if self.number == EXECVE else 2]
            while len(words) < 64:
                memory.seek(address + 8 * len(words))
                (pointer,) = struct.unpack("=Q", memory.read(8))
                if not pointer:
                    break
                words.append(self._memory(pointer))
        return words

    def path(self, folder, position):
        path = self.text(position)
        if not path.startswith("/"):
            number = AT_FDCWD if folder is None else ctypes.c_int(self.arguments[folder] & 0xFFFFFFFF).value
            place = f"/proc/{self.pid}/cwd" if number == AT_FDCWD else f"/proc/{self.pid}/fd/{number}"
            path = os.path.join(os.readlink(place), path)
            if path.startswith(self.root):
                path = path[len(self.root) :] or "/"
        return os.path.normpath(path)

    def described(self):
        """(class, words): `command`, `kill`, a class of CHANGES, or `forbidden`."""
        number = self.number
        if number in (EXECVE, EXECVEAT):
            return "command", [self.path(None, 0), *self.words()[1:]]
        if number == KILL:
            return "kill", [str(ctypes.c_int(self.arguments[0] & 0xFFFFFFFF).value), str(self.arguments[1])]
        if number in FORBIDDEN:
            return "forbidden", [FORBIDDEN[number]]
        if number == OPEN:
            return "write", [self.path(None, 0)]
        if number == OPENAT:
            return "write", [self.path(0, 1)]
        name, *places = CHANGES[number]
        if places == ["fd"]:
            path = os.readlink(f"/proc/{self.pid}/fd/{self.arguments[0]}")
            return name, [path[len(self.root) :] if path.startswith(self.root) else path]
        words = []
        for folder, position in places:
            # utimensat and fchownat of a descriptor itself: a null path.
            if not self.arguments[position]:
                path = os.readlink(f"/proc/{self.pid}/fd/{ctypes.c_int(self.arguments[folder] & 0xFFFFFFFF).value}")
                words.append(path[len(self.root) :] if path.startswith(self.root) else path)
            else:
                words.append(self.path(folder, position))
        return name, words
