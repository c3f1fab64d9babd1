"""One run of one script in the world, with at most one fault.

Effects are counted as they come: system calls that change something, programs that are started, and what a stand-in
is about to do for its daemon. A fault strikes at the n-th of them.
"""

import dataclasses
import errno
import fcntl
import os
import re
import select
import signal
import socket
import struct
import termios
import time

import effects
from vocabulary import CHANGING_PROGRAMS, READING_PROGRAMS, SHELLS, STAND_INS, WRITABLE

# So long without an effect, and a script is stuck: that is a violation.
LIMIT_SECONDS = 60
# How long a held effect is held before the signal comes.
HOLD_SECONDS = 0.05

KILL, FAIL, FULL, INTERRUPT, TERMINATE, HANG_UP = "kill", "fail", "full", "interrupt", "terminate", "hang-up"
SIGNALS = {INTERRUPT: signal.SIGINT, TERMINATE: signal.SIGTERM, HANG_UP: signal.SIGHUP}


@dataclasses.dataclass(frozen=True)
class Fault:
    """What strikes, and at which effect; `after` the last one is one place more."""

    kind: str
    at: int


@dataclasses.dataclass(frozen=True)
class Effect:
    kind: str
    words: tuple

    @property
    def changes(self):
        return self.kind != "command" or os.path.basename(self.words[0]) in STAND_INS

    @property
    def shape(self):
        """What it is alike to: the same class of change in the same folder, the same program with the same options."""
        if self.kind == "command":
            return (os.path.basename(self.words[0]), *(word for word in self.words[1:] if word.startswith("-")))
        if self.kind == "daemon":
            return (self.kind, self.words[0], *self.words[1].split(" ")[:-1])
        return (self.kind, *("/".join(re.sub(r"\.[A-Za-z0-9]{10}/", "/", os.path.dirname(word)).split("/")[:5]) for word in self.words))

    def __str__(self):
        return re.sub(r"estiba-[A-Za-z0-9]{6}\b|\.[A-Za-z0-9]{10}\b", "estiba-…", f"{self.kind} {' '.join(self.words)}")[:150]


@dataclasses.dataclass
class Outcome:
    code: int
    output: str
    effects: list
    unknown: list
    struck: object
    seconds: float


class StandInFailed(Exception):
    """A stand-in ends with this code and this text."""

    def __init__(self, code, text=""):
        super().__init__(text)
        self.code, self.text = code, text


class Killed(Exception):
    pass


class Session:
    def __init__(self, world, command, *, fault=None, stdin=b"", answers=None, environment=None, umask=0o022, user=0, serves=False):
        self.world = world
        self.command = command
        self.fault = fault
        self.stdin = stdin
        self.answers = list(answers or [])
        self.environment = environment or {}
        self.umask = umask
        self.user = user
        self.serves = serves
        self.terminal = answers is not None
        self.effects = []
        self.unknown = []
        self.struck = None
        self.output = b""
        self.held = None
        self.talks = {}
        self.dead = False

    # --- the process ---------------------------------------------------------------------------------------------

    def _start(self):
        if self.terminal:
            ours, theirs = os.openpty()
            out = err = theirs
        else:
            ours, theirs = os.pipe()
            out = err = theirs
        stdin_read, stdin_write = os.pipe()
        note_read, note_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                self._become(out, err, stdin_read, theirs, note_write)
            except BaseException as problem:
                os.write(2, f"session: {problem!r}\n".encode())
            os._exit(125)
        os.close(theirs)
        os.close(stdin_read)
        os.close(note_write)
        os.write(stdin_write, self.stdin)
        os.close(stdin_write)
        number = os.read(note_read, 16)
        os.close(note_read)
        listener = effects.fetch_descriptor(pid, int(number))
        return pid, ours, listener

    def _become(self, out, err, stdin, terminal, note):
        os.setsid()
        if self.terminal:
            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        os.dup2(stdin, 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.umask(self.umask)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.chroot(self.world.root)
        os.chdir("/")
        if self.user:
            os.setgroups([])
            os.setgid(self.user)
        listener = effects.install_filter()
        if self.user:
            os.setuid(self.user)
        os.write(note, str(listener).encode())
        os.execve(self.command[0], self.command, {
            "PATH": "/stand-ins/bin:/usr/local/bin:/usr/bin:/bin", "HOME": "/root", "TERM": "dumb",
            "LANG": "C.UTF-8", **self.environment,
        })

    # --- the loop ------------------------------------------------------------------------------------------------

    def run(self):
        began = self.moved = time.monotonic()
        self.pid, screen, self.listener = self._start()
        self.screen, self.screen_open = screen, True
        self.waiting = select.poll()
        for number in (screen, self.listener, self.world.server.fileno(), *self.world.ports):
            self.waiting.register(number, select.POLLIN)
        code = None
        try:
            while True:
                # Always: a group whose dead nobody has buried still counts as alive.
                ended = self._reaped()
                code = ended if code is None else code
                if code is not None and not self._group_lives():
                    break
                if time.monotonic() - self.moved > LIMIT_SECONDS:
                    self.unknown.append(f"stuck for {LIMIT_SECONDS} s after {self.effects[-1] if self.effects else 'nothing'}")
                    self.kill_group()
                    code = -1
                    break
                self._turn()
            while self.screen_open and select.select([screen], [], [], 0)[0]:
                self.screen_open = self._read_screen(screen)
        finally:
            for talk in self.talks.values():
                talk.close()
            os.close(screen)
            os.close(self.listener)
            self.world.empty_disk()
        if self.fault and self.fault.at == len(self.effects) and self.fault.kind == KILL and not self.struck:
            self.struck = "the end"
        return Outcome(code, self.output.decode(errors="replace"), self.effects, self.unknown, self.struck,
                       time.monotonic() - began)

    def _turn(self, awaited=None):
        """One look at everybody who waits; True when `awaited` has something to say."""
        self._release_if_due()
        for number, what in self.waiting.poll(20):
            if number == awaited:
                return True
            if number == self.screen:
                if not self._read_screen(self.screen):
                    self.waiting.unregister(self.screen)
                    self.screen_open = False
            elif number == self.listener:
                if what & select.POLLIN:
                    self._take_call()
                else:
                    self.waiting.unregister(self.listener)
            elif number == self.world.server.fileno():
                talk, _ = self.world.server.accept()
                self.talks[talk.fileno()] = talk
                self.waiting.register(talk, select.POLLIN)
            elif number in self.world.ports:
                # Whoever asks wants to know whether somebody listens; a queue that nobody empties is full one day.
                self.world.ports[number].accept()[0].close()
            elif number in self.talks:
                self.waiting.unregister(number)
                self._serve(self.talks.pop(number))
        return False

    def pump(self, talk):
        """Goes on until that stand-in has something to say: what it waits for may wait for this supervisor."""
        self.waiting.register(talk, select.POLLIN)
        try:
            while not self._turn(talk.fileno()):
                if self.dead:
                    raise Killed
        finally:
            self.waiting.unregister(talk)

    def _reaped(self):
        code = None
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return code
            if pid == 0:
                return code
            if pid == self.pid:
                code = os.waitstatus_to_exitcode(status)

    def _group_lives(self):
        try:
            os.killpg(self.pid, 0)
            return True
        except ProcessLookupError:
            return False

    def _read_screen(self, screen):
        try:
            data = os.read(screen, 65536)
        except OSError:
            data = b""
        self.output += data
        if data and self.terminal:
            line = self.output.rsplit(b"\n", 1)[-1].decode(errors="replace")
            for pattern, keys in self.answers:
                if re.search(pattern, line):
                    self.answers.remove((pattern, keys))
                    os.write(screen, keys)
                    break
        return bool(data)

    def kill_group(self):
        self.dead = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    # --- effects -------------------------------------------------------------------------------------------------

    def _take_call(self):
        try:
            call = effects.Call(self.listener, self.world.root)
        except OSError as problem:
            if problem.errno in (errno.ENOENT, errno.EINTR):
                return
            raise
        try:
            kind, words = call.described()
        except (OSError, struct.error):
            # Its process was killed between the call and this look at it.
            return
        if not self._counts(kind, words):
            call.go_on()
            return
        if kind == "kill":
            if not self.world.receives(int(words[0]), int(words[1])):
                call.go_on()
                return
        effect = Effect(kind, tuple(words))
        strike = self._note(effect)
        if strike == KILL:
            self.kill_group()
        elif strike == FAIL:
            call.fail(errno.EIO)
        elif strike in SIGNALS:
            self.held = (time.monotonic() + HOLD_SECONDS, strike, call)
        else:
            if strike == FULL:
                self.world.fill_disk()
            if kind == "kill":
                self.world.received(int(words[0]), int(words[1]))
                call.pretend()
            else:
                call.go_on()

    def _note(self, effect):
        """Counts it; the kind of the fault that strikes here, or None."""
        self.effects.append(effect)
        self.moved = time.monotonic()
        if self.serves and len(self.unknown) < 3:
            self.unknown += [f"before {effect}: {problem}" for problem in self.world.unserved()]
        if self.fault and not self.struck and len(self.effects) - 1 == self.fault.at:
            self.struck = effect
            return self.fault.kind
        return None

    def _release_if_due(self):
        if self.held and time.monotonic() >= self.held[0]:
            _, strike, call = self.held
            self.held = None
            os.killpg(self.pid, SIGNALS[strike])
            if call is not None:
                call.go_on()

    def _counts(self, kind, words):
        if kind == "forbidden":
            self.unknown.append(f"a system call that no script makes: {words[0]}")
            return False
        if kind == "kill":
            return True
        if kind == "command":
            path = words[0]
            name = os.path.basename(path)
            if not os.path.lexists(self.world.root + path):
                # A shell that looks for a program along PATH.
                return False
            if path.startswith("/opt/") or path.startswith("/var/tmp/estiba-receive") or path.startswith("/home/"):
                # A script of the tree that another one starts.
                return True
            if name in SHELLS and path.startswith(("/bin/", "/usr/bin/")):
                return True
            if name not in READING_PROGRAMS | CHANGING_PROGRAMS | STAND_INS:
                self.unknown.append(f"a program that the harness does not know: {path}")
            if name in STAND_INS and not path.startswith("/stand-ins/"):
                self.unknown.append(f"started past its stand-in: {path}")
            return True
        if kind == "mkdir" and os.path.isdir(self.world.root + words[0]):
            # `install --directory` tries each folder of a path.
            return False
        for path in words:
            if path.startswith(("/dev/null", "/dev/tty", "/dev/fd/", "/dev/pts", "/proc/self/fd", "/proc/", "pipe:", "/dev/pipe")):
                return False
            if not path.startswith(WRITABLE):
                self.unknown.append(f"a change outside the known folders: {kind} {path}")
        return True

    # --- stand-ins -----------------------------------------------------------------------------------------------

    def _serve(self, talk):
        try:
            kind, body = _receive(talk)
            words = [word.decode(errors="surrogateescape") for word in body.split(b"\0")[:-1]]
            words[0] = os.path.basename(words[0])
            conversation = Conversation(self, talk, words)
            try:
                self.world.stand_in(conversation, words)
                code = 0
            except StandInFailed as failed:
                code = failed.code
                if failed.text:
                    conversation.error(failed.text)
            _send(talk, b"X", bytes([code]))
        except Killed:
            pass
        except (ConnectionError, BrokenPipeError):
            pass
        finally:
            talk.close()


class Conversation:
    """What a stand-in may do: print, read, run a hook, and say what it is about to change."""

    def __init__(self, session, talk, words):
        self.session = session
        self.talk = talk
        self.words = words

    def commit(self, what):
        """Before each change of the state of a daemon. A fault may strike here."""
        session = self.session
        strike = session._note(Effect("daemon", (self.words[0], what)))
        if strike == KILL:
            session.kill_group()
            raise Killed
        if strike == FAIL:
            raise StandInFailed(1, f"{self.words[0]}: stand-in fails here: {what}\n")
        if strike == FULL:
            session.world.fill_disk()
            raise StandInFailed(1, f"{self.words[0]}: {what}: no space left on device\n")
        if strike in SIGNALS:
            # A client that is interrupted ends; what its daemon was asked for so far is done.
            os.killpg(session.pid, SIGNALS[strike])
            if strike == HANG_UP:
                return
            raise StandInFailed(130 if strike == INTERRUPT else 143)

    def print(self, text):
        _send(self.talk, b"O", text if isinstance(text, bytes) else text.encode(errors="surrogateescape"))

    def error(self, text):
        _send(self.talk, b"E", text.encode())

    def input(self):
        _send(self.talk, b"I", b"")
        self.session.pump(self.talk)
        return _receive(self.talk)[1]

    def run_hook(self, variable, words):
        _send(self.talk, b"R", b"\0".join(word.encode() for word in [variable, *words]) + b"\0")
        self.session.pump(self.talk)
        return struct.unpack("=i", _receive(self.talk)[1])[0]


def _receive(talk):
    kind, length = struct.unpack("=cI", _exactly(talk, 5))
    return kind, _exactly(talk, length)


def _exactly(talk, length):
    data = b""
    while len(data) < length:
        more = talk.recv(length - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def _send(talk, kind, body):
    talk.sendall(struct.pack("=cI", kind, len(body)) + body)
