"""What must be refused before anything changes, and what must make no difference: asked of every script, from the state in
which it would otherwise do its work."""

import fcntl
import os
import re
import time

import oracles
from session import Session

UNUSUAL = {"LC_ALL": "tr_TR.UTF-8", "LANG": "ja_JP.eucJP", "CDPATH": "/etc:/tmp", "TZ": "Asia/Kathmandu", "POSIXLY_CORRECT": "1",
           "GREP_COLORS": "mt=01;31", "LS_COLORS": "x", "COLUMNS": "7", "TMPDIR": "/var/tmp", "DOCKER_HOST": "tcp://elsewhere:1", "ESTIBA_LOCK_FD": "3",
           "COMPOSE_FILE": "/etc/other.yml", "COMPOSE_PROJECT_NAME": "other", "OLDPWD": "/etc"}
TWO_YEARS = 2 * 365 * 86400


class Guards:
    """Each method is a case: it yields (name, problems)."""

    def __init__(self, worker, scenario, before, start, expected):
        self.worker, self.scenario = worker, scenario
        self.world = worker.world
        self.before, self.start, self.expected = before, start, expected
        self.server = self.world.root + "/opt/jupiter"
        self.release = f"/opt/jupiter/srv/releases/{worker.next if scenario.next else worker.release}"
        self.stands_in_release = scenario.command[0].startswith("/opt/jupiter/")

    def cases(self):
        yield "an unusual environment", self.unusual_environment
        if self.scenario.goes_on:
            yield "ten times", self.ten_times
        if os.path.exists(f"{self.server}/state/machine-id"):
            yield "another machine", self.another_machine
            if self.scenario.locks:
                yield "two at once", self.two_at_once
            yield "a clock set back by two years", self.clock_set_back
        if self.scenario.root:
            yield "not root", self.not_root
        if self.stands_in_release and self.scenario.verifies:
            yield "a file cut off", self.file_cut_off
            yield "a file edited", self.file_edited
            yield "a manifest cut off", self.manifest_cut_off
        if self.scenario.asks:
            for name, answers in (("no", [("", b"n\r")]), ("end of input", [("", b"\x04")]), ("wrong word", [("", b"VPS\r")]),
                                  ("interrupted", [("", b"\x03")])):
                yield f"asked, answered: {name}", lambda answers=answers: self.asked(answers)
            yield "asked without a terminal", lambda: self.asked(None)
        if self.scenario.name in ("setup-vps", "configure-nginx"):
            for port in (80, 443):
                yield f"port {port} taken", lambda port=port: self.port_taken(port)
        if self.scenario.name in ("start-services", "configure-nginx") and self.worker.values["PROXY_SERVICE"]:
            yield "an image gone", self.image_gone

        if self.scenario.name == "setup-tls":
            for dns in ("nowhere", "elsewhere"):
                yield f"names lead {dns}", lambda dns=dns: self.names_lead(dns)
        if self.scenario.name == "restore-vps":
            yield "a bit of a backup flipped", self.bit_flipped

    def session(self, words=None, **more):
        more.setdefault("stdin", self.scenario.stdin)
        more.setdefault("answers", self.scenario.answers)
        more.setdefault("serves", self.scenario.serves)
        return Session(self.world, words or self.worker.words(self.scenario), **more)

    def end_of(self, outcome):
        """What a run said at last; all of it with --show."""
        return outcome.output if self.worker.options.show else outcome.output[-300:]

    def refused(self, outcome, code=1, says=()):
        problems = [] if outcome.code == code else [f"ended with {outcome.code} instead of {code}: {self.end_of(outcome)}"]
        problems += [f"does not say {what!r}: {self.end_of(outcome)}" for what in says if what not in outcome.output]
        return problems + [f"changed: {line}" for line in oracles.differences(self.start, oracles.final_state(self.world))[:3]]

    # --- what makes no difference -----------------------------------------------------------------------------------

    def unusual_environment(self):
        outcome = self.session(environment=UNUSUAL, umask=0o077).run()
        problems = [*outcome.unknown, *self.world.what_is_unknown]
        if outcome.code != self.scenario.code:
            problems.append(f"ended with {outcome.code}: {self.end_of(outcome)}")
        return problems + oracles.differences(self.expected, oracles.final_state(self.world))

    def ten_times(self):
        first = self.session().run()
        problems = [] if first.code == 0 else [f"ended with {first.code}"]
        present = oracles.identities(self.world)
        for number in range(2, 4 if self.worker.options.quick else 11):
            outcome = self.session().run()
            if outcome.code != 0:
                problems.append(f"run {number} ended with {outcome.code}: {self.end_of(outcome)}")
                break
            found = oracles.identities(self.world)
            problems += [f"run {number} changed {line}" for line in oracles.differences(present, found)[:3]]
            present = found
        return problems

    def clock_set_back(self):
        """As if everything here had been written two years from now."""
        for name in ("journal", "releases.tsv", "backup/last"):
            place = f"{self.server}/state/{name}"
            if os.path.exists(place):
                with open(place, encoding="utf-8") as file:
                    text = file.read()
                with open(place, "w", encoding="utf-8") as file:
                    file.write(re.sub(r"\b20(\d\d)(?=-\d\d-\d\dT)", lambda found: f"20{int(found[1]) + 2}", text))
        for folder, folders, names in os.walk(self.server):
            for name in (*folders, *names):
                os.utime(os.path.join(folder, name), (time.time() + TWO_YEARS,) * 2, follow_symlinks=False)
        for monitor in self.world.state["monitors"].values():
            monitor["at"] += TWO_YEARS
        outcome = self.session().run()
        problems = [] if outcome.code == self.scenario.code else [f"ended with {outcome.code}: {self.end_of(outcome)}"]
        warning = self.worker.values["TEXT"]["clock_set_back"].split("%s")[0]
        if self.scenario.locks and os.path.exists(f"{self.server}/state/journal") and warning not in outcome.output:
            problems.append("says nothing of the clock")
        return problems + oracles.differences(self.expected, oracles.final_state(self.world))

    # --- what is refused ----------------------------------------------------------------------------------------------

    def another_machine(self):
        place = f"{self.server}/state/machine-id"
        with open(place, "w", encoding="utf-8") as file:
            file.write("f" * 32 + "\n")
        self.start = oracles.final_state(self.world)
        return self.refused(self.session().run())

    def two_at_once(self):
        with open(f"{self.server}/state/lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(f"pid {os.getpid()}, user somebody, other-script, since 2026-01-01T00:00:00Z\n")
            lock.flush()
            return self.refused(self.session().run(), 75, ["somebody", "other-script"])

    def not_root(self):
        return self.refused(self.session(user=1000).run())

    def damaged(self, path, change):
        # The files of a release are read-only, and root writes all the same.
        place = f"{self.world.root}{self.release}/{path}"
        with open(place, "r+b") as file:
            change(file, os.path.getsize(place))
        self.start = oracles.final_state(self.world)
        return path

    def a_file(self):
        # Not what the script itself is made of: bash reads that before anything can be verified.
        files = sorted(os.path.relpath(os.path.join(place, name), self.world.root + self.release)
                       for place, _, names in os.walk(self.world.root + self.release) for name in names
                       if not place.endswith(("/lib", "/scripts", "/utils")) and name not in ("images.tsv", "MANIFEST.sha256")
                       and not name.endswith(".sh"))
        return files[self.worker.draw(self.scenario.name, "file") % len(files)]

    def file_cut_off(self):
        path = self.damaged(self.a_file(), lambda file, size: file.truncate(self.worker.draw("cut", self.scenario.name) % max(1, size)))
        return self.refused(self.session().run(), says=[path])

    def file_edited(self):
        def edit(file, size):
            file.seek(0, 2)
            file.write(b"# by hand\n")

        path = self.damaged(self.a_file(), edit)
        return self.refused(self.session().run(), says=[path])

    def manifest_cut_off(self):
        def cut(file, size):
            lines = file.read().splitlines(keepends=True)
            file.seek(0)
            file.truncate()
            file.write(b"".join(lines[: 1 + self.worker.draw("manifest", self.scenario.name) % (len(lines) - 1)]))

        self.damaged("MANIFEST.sha256", cut)
        return self.refused(self.session().run())

    def asked(self, answers):
        words = [word for word in self.worker.words(self.scenario) if word != "--yes"]
        outcome = self.session(words, answers=answers, stdin=b"y\n" * 20).run()
        code = outcome.code
        problems = [] if code in (1, 130) else [f"ended with {code}: {self.end_of(outcome)}"]
        return problems + [f"changed: {line}" for line in oracles.differences(self.start, oracles.final_state(self.world))[:3]]

    def port_taken(self, port):
        self.world.state["listening"] = {port: ("apache2", 4242)}
        return self.refused(self.session().run(), says=["apache2", "4242"])

    def names_lead(self, dns):
        """The CA is not asked, and what nginx serves stays."""
        asked, self.world.state["dns"] = list(self.world.state["asked"]), dns
        outcome = self.session().run()
        problems = [] if outcome.code == 1 else [f"ended with {outcome.code} instead of 1: {self.end_of(outcome)}"]
        if self.world.state["asked"] != asked:
            problems.append(f"the CA was asked: {self.world.state['asked']}")
        for host in self.worker.values["HOSTS"]:
            if host not in outcome.output:
                problems.append(f"does not name {host}")
        before, after = self.start["nginx"], oracles.final_state(self.world)["nginx"]
        return problems + ([f"nginx serves {after} instead of {before}"] if before != after else [])

    def bit_flipped(self):
        """What the script compares itself; restic compares its own blocks, and is not real here."""
        (snapshots,) = self.world.state["restic"].values()
        path = next(path for path in sorted(snapshots[-1]["files"]) if path.endswith("/jupiter.dump"))
        kind, owner, data = snapshots[-1]["files"][path]
        bit = self.worker.draw("bit") % (8 * len(data))
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        snapshots[-1]["files"][path] = kind, owner, bytes(damaged)
        return self.refused(self.session().run())

    def image_gone(self):
        images = self.world.state["docker"]["images"]
        service = "PROXY_SERVICE" if self.scenario.name == "configure-nginx" else None
        values = self.worker.values
        name = values["SERVICE_IMAGE"][values[service] if service else values["SERVICES"][0]]
        del images[name]
        self.start = oracles.final_state(self.world)
        return self.refused(self.session().run(), says=[name, "load-images.sh"])
