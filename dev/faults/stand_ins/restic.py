"""restic-stand-in: repositories whose snapshots are whole or not there, and a PostgreSQL that dumps what it holds and takes
back what it is given."""

import json
import os
import stat
import time

from session import StandInFailed


class Restic:
    def __init__(self, world):
        self.world = world

    def __call__(self, talk, words):
        flags = {"--quiet", "--no-cache", "--json", "--verify", "--prune"}
        options, plain, tags, at = {}, [], [], 1
        while at < len(words):
            if words[at].startswith("--") and words[at] not in flags:
                options[words[at]] = words[at + 1]
                if words[at] == "--tag":
                    tags.append(words[at + 1])
                at += 1
            elif not words[at].startswith("--"):
                plain.append(words[at])
            at += 1
        repositories = self.world.state["restic"]
        name, verb = options["--repo"], plain[0]
        if self.world.read(options["--password-file"]).strip() == "":
            raise StandInFailed(1, "empty password\n")
        if verb == "init":
            if name in repositories:
                raise StandInFailed(1, "Fatal: create repository failed: config file already exists\n")
            talk.commit("make the repository")
            repositories[name] = []
            return
        if name not in repositories:
            raise StandInFailed(10, "repository does not exist\n")
        commands = {"cat": self.nothing, "snapshots": self.snapshots, "backup": self.backup, "forget": self.forget, "restore": self.restore}
        if verb not in commands:
            self.world.unknown(f"restic-stand-in: {verb}")
        commands[verb](talk, repositories[name], plain[1:], {**options, "tags": tags})

    def nothing(self, talk, snapshots, plain, options):
        pass

    def snapshots(self, talk, snapshots, plain, options):
        # The real one looks at tags only where no snapshot is named.
        found = [it for it in snapshots if (it["short_id"] == plain[0] if plain else it["tag"] in options["tags"])]
        talk.print(json.dumps([{"time": it["time"], "short_id": it["short_id"]} for it in found[-1:]], separators=(",", ":")))

    def backup(self, talk, snapshots, plain, options):
        files = {}
        for path in plain:
            self.take(files, path)
        # The real one writes its snapshot last, too: what was uploaded before it belongs to nobody.
        talk.commit("write the snapshot")
        number = 1 + max((it["number"] for it in snapshots), default=0)
        snapshots.append({"tag": options["--tag"], "number": number, "time": f"2026-01-01T{number // 60:02}:{number % 60:02}:00.000000000Z",
                          "short_id": f"{0xabc00000 + number:08x}", "files": files})

    def take(self, files, path):
        full = self.world.root + path
        status = os.lstat(full)
        owner = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        if stat.S_ISLNK(status.st_mode):
            files[path] = ("link", owner, os.readlink(full))
        elif stat.S_ISDIR(status.st_mode):
            files[path] = ("folder", owner, None)
            for name in sorted(os.listdir(full)):
                self.take(files, f"{path}/{name}")
        else:
            with open(full, "rb") as file:
                files[path] = ("file", owner, file.read())

    def forget(self, talk, snapshots, plain, options):
        keep = int(options["--keep-last"])
        old = [it for it in snapshots if it["tag"] in options["tags"]][:-keep]
        if old:
            talk.commit("forget snapshots")
            snapshots[:] = [it for it in snapshots if it not in old]

    def restore(self, talk, snapshots, plain, options):
        snapshot = next((it for it in snapshots if it["short_id"] == plain[0]), None)
        if snapshot is None:
            raise StandInFailed(1, "no such snapshot\n")
        target, only = self.world.root + options["--target"], options.get("--include", "/")
        talk.commit("begin to write files")
        half = len(snapshot["files"]) // 2
        for number, (path, (kind, (mode, user, group), data)) in enumerate(snapshot["files"].items()):
            if not path.startswith(only):
                continue
            if number == half:
                talk.commit("write the second half of the files")
            place = target + path
            os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
            if kind == "link":
                os.symlink(data, place)
            elif kind == "folder":
                os.makedirs(place, exist_ok=True)
            else:
                try:
                    with open(place, "wb") as file:
                        file.write(data)
                except OSError as problem:
                    raise StandInFailed(1, f"{problem}\n") from None
            if kind != "link":
                os.chown(place, user, group)
                os.chmod(place, mode)


class Database:
    def __init__(self, world):
        self.world = world

    def __call__(self, talk, container, command, reads):
        held = self.world.state["databases"]
        name = command[command.index("--dbname") + 1] if "--dbname" in command else None
        if container["status"] != "running":
            raise StandInFailed(1, "container is not running\n")
        if command[0] == "pg_dumpall":
            talk.print("CREATE ROLE postgres;\n")
        elif command[0] == "psql" and "--command" in command:
            talk.print("".join(f"{it}\n" for it in sorted(held)))
        elif command[0] == "psql":
            talk.input()
        elif command[0] == "pg_dump":
            talk.print(f"PGDMP {name} {held[name]}")
        elif command[0] == "pg_restore" and "--list" in command:
            if not talk.input().startswith(b"PGDMP "):
                raise StandInFailed(1, "not an archive\n")
        else:
            _, name, data = talk.input().decode().split(" ", 2)
            talk.commit(f"drop database {name}")
            held[name] = "half"
            talk.commit(f"fill database {name}")
            held[name] = data
