"""What is compared: the state that a run leaves, and what must hold at every moment."""

import hashlib
import os
import re
import stat

from session import FAIL, FULL, HANG_UP, INTERRUPT, KILL, TERMINATE
from world import SERVER_PATH, WRITABLE

# Records of what happened when: they differ between runs by their nature.
RECORDS = re.compile(rf"^{SERVER_PATH}/(logs/|state/journal$|state/lock$|state/stop-start[.]tsv$)")
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
STORE = re.compile(rf"^({SERVER_PATH}/state/nginx/certs/\.store/[^/]+/)[0-9A-F]+")


def _written(world):
    """Everything that scripts may have made, but for records: where it is here, and its path on the server."""
    for part in WRITABLE:
        for place, folders, names in os.walk(f"{world.root}/{part}"):
            for name in (*folders, *names):
                full = os.path.join(place, name)
                path = full[len(world.root) :]
                if not RECORDS.match(path):
                    yield full, path


def final_state(world):
    """{what: value}: files with kind, mode, owner and content; Docker, systemd, packages, what nginx has read."""
    found = {}
    for full, path in _written(world):
        found[STORE.sub(r"\1SERIAL", path)] = _describe(world, full, path)
    state = world.state
    for name, it in _containers(state):
        found[f"container {name}"] = (it["reference"], it["image"], it["hash"], it["status"], it["health"], tuple(sorted(it["labels"].items())))
    for kind in ("images", "networks", "volumes"):
        for name, it in state["docker"][kind].items():
            found[f"{kind} {name}"] = str(it)
    found["enabled"] = sorted(state["systemd"]["enabled"])
    found["active"] = sorted(state["systemd"]["active"])
    found["units"] = sorted(state["systemd"]["loaded"].items())
    found["firewall"] = sorted(state["systemd"]["tables"].items())
    found["packages"] = sorted(state["packages"]["installed"])
    loaded = state["proxy"]["loaded"]
    found["nginx"] = loaded and (loaded["link"], loaded["mode"], loaded["release"], sorted(loaded["certificates"]),
                                 {name: _asked(world, servers) for name, servers in loaded["upstreams"].items()})
    found["databases"] = sorted(state["databases"].items())
    found["backups"] = {name: bool(snapshots) for name, snapshots in state["restic"].items()}
    found["monitors"] = sorted((name, it["link"]) for name, it in state["monitors"].items())
    return found


def _containers(state):
    """The number that Compose gave is no difference, and how many there are of a service is."""
    counts = {}
    for it in sorted(state["docker"]["containers"].values(), key=lambda it: it["number"]):
        name = f"{it['labels']['com.docker.compose.project']} {it['labels']['com.docker.compose.service']}"
        counts[name] = counts.get(name, 0) + 1
        yield f"{name} {counts[name]}", it


def identities(world):
    """What a run that changes nothing leaves as it is: times of change, container ids and starts."""
    found = {}
    for full, path in _written(world):
        status = os.lstat(full)
        # A folder's time tells of names that came and went in it; its temporary files are made there. A backup is a new one
        # every time, and this is the record of it.
        if not stat.S_ISDIR(status.st_mode) and path != f"{SERVER_PATH}/state/backup/last":
            found[path] = (status.st_mtime_ns, status.st_ino, status.st_mode, status.st_uid, status.st_gid)
    for identity, it in world.state["docker"]["containers"].items():
        found[f"container {it['name']}"] = (identity, it["started"])
    return found


def _describe(world, full, path):
    status = os.lstat(full)
    mode = f"{stat.S_IMODE(status.st_mode):o} {status.st_uid}:{status.st_gid}"
    if stat.S_ISLNK(status.st_mode):
        target = os.readlink(full)
        return "link", re.sub(r"(\.store/[^/]+/)[0-9A-F]+", r"\1SERIAL", re.sub(r"\d+\.pem$", "N.pem", target))
    if stat.S_ISDIR(status.st_mode):
        return "folder", mode
    with open(full, "rb") as file:
        data = file.read()
    if path.startswith(f"{SERVER_PATH}/secrets/") or "/local-secrets/" in path:
        # Generated anew in each run: what counts is their form.
        generated = re.fullmatch(rb"[A-Za-z0-9]+", data) is not None
        return "secret", mode, len(data), "letters" if generated else hashlib.sha256(data).hexdigest()
    if "/state/read-by-" in path:
        release, identity, started = (data.decode().split() + ["", "", ""])[:3]
        return "read", mode, release, world.state["docker"]["containers"].get(identity, {}).get("started") == started
    if "/state/nginx/upstreams/" in path:
        # Which of two names or ports is in use is no difference; what they lead to is.
        name = os.path.basename(path).removesuffix(".conf")
        form = re.sub(rb"-\d+:|127[.]0[.]0[.]1:\d+", b"N:", data)
        return "upstream", mode, form, _asked(world, world.proxy.upstreams().get(name, []))
    if path.endswith(".pem"):
        return "pem", mode, re.findall(rb"BEGIN [A-Z ]+", data)
    if path.endswith(".htpasswd"):
        return "users", mode, re.sub(rb"\$2y\$05\$[./A-Za-z0-9]{53}", b"HASH", data)
    if path.endswith("state/backup/password"):
        return "key", mode, len(data)
    if path.endswith("state/backup/last"):
        return "last", mode, re.sub(rb" [0-9a-f]{8}", b" ID", TIME.sub(b"TIME", data))
    if path.endswith("state/acme/attempts.tsv"):
        return "attempts", mode, sorted({line.split(b"\t")[1] for line in data.splitlines()})
    return "file", mode, hashlib.sha256(TIME.sub(b"TIME", data)).hexdigest()


def _asked(world, servers):
    return [(it["labels"]["com.docker.compose.service"], it["image"][-12:], it["hash"][-12:]) for it in world.proxy.targets(servers)]


def differences(expected, found):
    differing = []
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            differing.append(f"{name}: expected {expected.get(name)}, found {found.get(name)}"[:300])
    return differing


def broken_promises(world):
    """What must hold whenever a run ends, however it ended."""
    problems = []
    server = world.root + SERVER_PATH
    for release in _entries(f"{server}/srv/releases"):
        if not os.path.basename(release).startswith("."):
            problems += _half_release(release)
    for link in ("srv/current", "srv/live-nginx", "srv/live-monitoring"):
        if os.path.islink(f"{server}/{link}") and not os.path.exists(world.inside(f"{SERVER_PATH}/{link}")):
            problems.append(f"{link} leads nowhere")
    for folder in _entries(f"{server}/srv/files"):
        name = os.path.basename(folder)
        if not name.startswith(".") and not _holds_what_it_is_named(folder, name):
            problems.append(f"half a file of a service: {name}")
    for name in ("database_password", "alert_webhook", "grafana_admin_password", "monitoring_auth_password"):
        if os.path.exists(f"{server}/secrets/{name}") and os.path.getsize(f"{server}/secrets/{name}") == 0:
            problems.append(f"an empty secret: {name}")
    if world.proxy.running() and not world.proxy.files_are_good("/opt/jupiter/srv/live-nginx/nginx/nginx.conf"):
        problems.append("nginx runs, and would not start again with the files that are in force")
    problems += _readable_secrets(world)
    return problems


def _entries(folder):
    return [entry.path for entry in os.scandir(folder)] if os.path.isdir(folder) else []


def _half_release(release):
    try:
        with open(f"{release}/MANIFEST.sha256", encoding="utf-8") as file:
            for line in file:
                digest, path = line.rstrip("\n").split("  ", 1)
                with open(f"{release}/{path}", "rb") as listed:
                    if hashlib.sha256(listed.read()).hexdigest() != digest:
                        return [f"half a release: {path}"]
        return [] if os.path.exists(f"{release}/images.tsv") else ["half a release: images.tsv"]
    except OSError as problem:
        return [f"half a release: {problem}"]


def _holds_what_it_is_named(folder, digest):
    """The digest of files.tsv: sorted lines of content and path, and of what may run."""
    lines = []
    for place, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(place, name)
            path = os.path.relpath(full, folder)
            with open(full, "rb") as file:
                text = f"{hashlib.sha256(file.read()).hexdigest()}  {path}\n"
            if os.stat(full).st_mode & 0o100:
                text += f"0755  {path}\n"
            lines.append((path, text))
    return hashlib.sha256("".join(text for _, text in sorted(lines)).encode()).hexdigest() == digest


def _readable_secrets(world):
    """Files that others can read and that hold a secret or a private key."""
    values = [b"-----BEGIN PRIVATE KEY-----"]
    for secret in _entries(f"{world.root}{SERVER_PATH}/secrets"):
        with open(secret, "rb") as file:
            value = file.read()
        if len(value) >= 8:
            values.append(value)
    problems = []
    for part in WRITABLE:
        for place, folders, names in os.walk(f"{world.root}/{part}"):
            # Nobody else gets into a folder that is closed.
            folders[:] = [name for name in folders if os.lstat(os.path.join(place, name)).st_mode & 0o001]
            for name in names:
                full = os.path.join(place, name)
                status = os.lstat(full)
                if stat.S_ISREG(status.st_mode) and status.st_mode & 0o004 and status.st_size < 200_000:
                    with open(full, "rb") as file:
                        data = file.read()
                    if any(value in data for value in values):
                        problems.append(f"a secret that others can read: {full[len(world.root):]}")
    return problems


def wrong_ending(outcome, fault, texts, before, after, expected):
    """How a run that was struck may end: with everything done, or with a code of the contract and a message that names
    the step and the next command."""
    code = outcome.code
    if fault.kind == KILL or code in (-2, -15):
        # One that has no trap yet ends as if it were killed.
        return []
    if code == 0:
        return [f"ended with 0, but: {line}" for line in differences(expected, after)[:3]]
    if code in (130, 143) and not differences(expected, after):
        # Everything was done, and said, before the signal came.
        return []
    begun = texts["step_begin"] in outcome.output
    allowed = {FAIL: {1}, FULL: {1}, INTERRUPT: {130, 1, -2}, TERMINATE: {143, 1, -15}, HANG_UP: {1, 129, -1}}[fault.kind]
    problems = []
    if not begun:
        # Before a script has its words, it has changed nothing.
        return [f"nothing was said, but changed: {line}" for line in differences(before, after)[:3]]
    if code not in allowed:
        problems.append(f"exit code {code} is not of the contract")
    if fault.kind == HANG_UP and code == -1:
        # Before a script ignores it, its terminal and its end are one: there is nobody to tell.
        return problems
    struck = str(outcome.struck)
    if struck.startswith("command /usr/bin/dirname") and struck.endswith("/lib/common.sh"):
        # A script that another one became has not its words yet: what it says is bash's own.
        return problems
    for key in ("failed_step", "failed_next"):
        if texts[key] not in outcome.output:
            problems.append(f"no message with {key}")
    return problems
