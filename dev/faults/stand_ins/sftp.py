"""sftp-stand-in and ssh-stand-in: the server's files are those below the same root, and its user's home is /home/deploy. A file
arrives in two halves, so that a transfer can end between them."""

import os
import shlex
import shutil

from session import StandInFailed

HOME = "/home/deploy"
USER = 1000


class Sftp:
    def __init__(self, world):
        self.world = world

    def ssh(self, talk, words):
        if "-O" not in words:
            self.world.unknown(f"ssh-stand-in: {words}")

    def __call__(self, talk, words):
        if "-b" not in words:
            return
        self.talk, self.there, self.here = talk, HOME, "/"
        commands = {"ls": self.list, "mkdir": self.mkdir, "chmod": self.chmod, "cd": self.cd, "lcd": self.lcd, "put": self.put,
                    "get": self.get, "reput": self.reput, "progress": self.nothing}
        for line in talk.input().decode().splitlines():
            quiet, may_fail = line.startswith("@"), line.startswith("-")
            verb, *arguments = shlex.split(line.lstrip("@-"))
            if not quiet:
                talk.print(f"sftp> {line}\n")
            if verb not in commands:
                self.world.unknown(f"sftp-stand-in: {verb}")
            try:
                commands[verb](*arguments)
            except OSError as problem:
                if not may_fail:
                    raise StandInFailed(1, f"{problem.strerror}\n") from None

    def nothing(self):
        pass

    def on_server(self, path):
        return self.world.inside(os.path.join(self.there, path))

    def on_laptop(self, path):
        return self.world.root + os.path.join(self.here, path)

    def cd(self, path):
        if not os.path.isdir(self.on_server(path)):
            raise FileNotFoundError(2, f"{path}: No such file or directory")
        self.there = os.path.join(self.there, path)

    def lcd(self, path):
        self.here = os.path.join(self.here, path)

    def list(self, *words):
        path = words[-1]
        size = os.lstat(self.on_server(path)).st_size
        self.talk.print(f"-rw-r--r--    1 {USER}     {USER}  {size} Nov 24 10:00 {path}\n" if "-ln" in words else f"{path}\n")

    def mkdir(self, path):
        if os.path.isdir(self.on_server(path)):
            raise FileExistsError(17, "Failure")
        self.talk.commit(f"make the folder {path}")
        os.mkdir(self.on_server(path))
        os.chown(self.on_server(path), USER, USER)

    def chmod(self, mode, path):
        self.talk.commit(f"chmod {path}")
        os.chmod(self.on_server(path), int(mode, 8))

    def put(self, *words):
        source, *target = [word for word in words if not word.startswith("-")]
        if "-pr" not in words:
            self.send(self.on_laptop(source), (target or [os.path.basename(source)])[0], 0o644)
            return
        top = self.on_laptop(source)
        for place, folders, names in os.walk(top):
            folders.sort()
            path = os.path.join(source, os.path.relpath(place, top)).removesuffix("/.")
            if not os.path.isdir(self.on_server(path)):
                self.mkdir(path)
            for name in sorted(names):
                self.send(f"{place}/{name}", f"{path}/{name}", os.stat(f"{place}/{name}").st_mode & 0o777)

    def reput(self, name):
        self.send(self.on_laptop(name), name, 0o644, os.path.getsize(self.on_server(name)))

    def send(self, source, path, mode, begin=0):
        with open(source, "rb") as file:
            data = file.read()[begin:]
        half = len(data) // 2
        for number, part in (("first", data[:half]), ("second", data[half:])):
            self.talk.commit(f"write the {number} half of {path}")
            with open(self.on_server(path), "ab" if begin or number == "second" else "wb") as out:
                out.write(part)
        os.chown(self.on_server(path), USER, USER)
        os.chmod(self.on_server(path), mode)

    def get(self, source, target):
        shutil.copyfile(self.on_server(source), self.on_laptop(target))
