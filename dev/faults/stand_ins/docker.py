"""docker-stand-in: images, containers, networks and volumes as a daemon with the older image store would keep them, and
Compose as far as the scripts ask it."""

import hashlib
import json
import os
import tarfile
import time

from session import StandInFailed
from stand_ins import gotemplate

FIRST_PID = 5_000_000


def address_of(it):
    """Where a running container is reached: this machine's loopback answers for all of them."""
    return f"127.1.{it['number'] >> 8}.{it['number'] & 255}"


def fresh_state():
    return {"images": {}, "containers": {}, "networks": {}, "volumes": {}, "made": 0, "running": True}


def arguments(words, flags=(), values=()):
    """(options, plain words): `--name value` for each of `values`, `--name` for each of `flags`; anything else is unknown."""
    options, plain, at = {}, [], 0
    while at < len(words):
        word = words[at]
        at += 1
        name, equals, value = word.partition("=")
        if word == "--":
            plain += words[at:]
            break
        if name in values:
            if not equals:
                value = words[at]
                at += 1
            options.setdefault(name, []).append(value)
        elif word in flags:
            options[word] = True
        elif word.startswith("-") and len(word) > 1:
            raise StandInFailed(125, f"the stand-in does not know the option {word}\n")
        else:
            plain.append(word)
    return options, plain


class Docker:
    def __init__(self, world):
        self.world = world

    @property
    def state(self):
        return self.world.state["docker"]

    def __call__(self, talk, words):
        self.talk = talk
        words = words[1:]
        two = " ".join(words[:2])
        plain = {"pull": self.pull, "version": self.version, "info": self.info, "save": self.image_save, "load": self.image_load, "exec": self.execute,
                 "compose": self.compose}
        paired = {
            "image inspect": self.image_inspect, "image tag": self.image_tag, "image save": self.image_save,
            "image load": self.image_load, "image ls": self.image_ls, "image rm": self.image_rm,
            "container ls": self.container_ls, "container inspect": self.container_inspect, "container rm": self.container_rm,
            "container start": self.container_start, "container stop": self.container_stop,
            "container exec": self.execute, "container logs": self.logs, "network ls": self.network_ls,
            "network rm": self.network_rm, "volume ls": self.volume_ls, "volume rm": self.volume_rm,
            "volume inspect": self.volume_inspect,
        }
        if two in paired:
            paired[two](words[2:])
        elif words and words[0] in plain:
            plain[words[0]](words[1:])
        else:
            self.world.unknown(f"docker-stand-in: {two}")

    def show(self, template, value):
        try:
            self.talk.print(gotemplate.render(template, value) + "\n")
        except gotemplate.Unknown as what:
            self.world.unknown(f"docker-stand-in: no {what} in {template}")

    # --- daemon -------------------------------------------------------------------------------------------------

    def version(self, words):
        self.talk.print("28.0.0\n")

    def info(self, words):
        options, _ = arguments(words, values=("--format",))
        value = {"DockerRootDir": "/var/lib/docker", "DriverStatus": "[[Backing Filesystem extfs]]"}
        self.show(options["--format"][0] if options else "ok", value)

    # --- images -------------------------------------------------------------------------------------------------

    def find_image(self, name):
        images = self.state["images"]
        if name in images:
            return images[name]
        if name in images.values():
            return name
        return None

    def image_inspect(self, words):
        options, names = arguments(words, values=("--format",))
        missing = ""
        for name in names:
            image = self.find_image(name)
            if image is None:
                missing += f"Error: No such image: {name}\n"
            else:
                tags = [reference for reference, it in self.state["images"].items() if it == image]
                self.show(options.get("--format", ["{{.Id}}"])[0], {"Id": image, "Architecture": "amd64", "RepoTags": tags})
        if missing:
            raise StandInFailed(1, missing)

    def image_tag(self, words):
        image = self.find_image(words[0])
        if image is None:
            raise StandInFailed(1, f"Error: No such image: {words[0]}\n")
        if self.state["images"].get(words[1]) == image:
            return
        self.talk.commit(f"tag {words[1]}")
        self.state["images"][words[1]] = image

    def image_load(self, words):
        options, _ = arguments(words, flags=("--quiet",), values=("--input",))
        try:
            with tarfile.open(self.world.root + options["--input"][0]) as archive:
                manifest = json.load(archive.extractfile("manifest.json"))
        except (tarfile.TarError, KeyError, ValueError):
            raise StandInFailed(1, "unexpected EOF\n") from None
        for entry in manifest:
            image = "sha256:" + entry["Config"].removesuffix(".json").removeprefix("blobs/sha256/")
            for reference in entry["RepoTags"] or []:
                self.talk.commit(f"load {reference}")
                self.state["images"][reference] = image

    def image_save(self, words):
        options, names = arguments(words, values=("--output",))
        image = self.find_image(names[0])
        if image is None:
            raise StandInFailed(1, f"Error: No such image: {names[0]}\n")
        archive = self.world.archive_of(names[0], image)
        if "--output" in options:
            self.talk.commit(f"save {names[0]}")
            with open(self.world.root + options["--output"][0], "wb") as out:
                out.write(archive[:512])
                self.talk.commit(f"save the rest of {names[0]}")
                out.write(archive[512:])
        else:
            self.talk.print(archive)

    def pull(self, words):
        _, (name,) = arguments(words, flags=("--quiet",), values=("--platform",))
        self.talk.commit(f"pull {name}")
        self.state["images"][name] = self.world.built_image(name)
        self.talk.print(f"{name}\n")

    def build(self, service):
        name = next(reference for reference, it in self.world.settings["BUILT_IMAGE"].items() if it == service)
        self.talk.commit(f"build {name}")
        self.state["images"][name] = self.world.built_image(name)

    def image_ls(self, words):
        options, _ = arguments(words, flags=("--no-trunc", "--quiet"), values=("--format", "--filter"))
        wanted = [it.removeprefix("reference=") for it in options.get("--filter", [])]
        for reference, image in sorted(self.state["images"].items()):
            name, _, tag = reference.rpartition(":")
            if not wanted or name in wanted or reference in wanted:
                self.show(options.get("--format", ["{{.ID}}"])[0], {"Repository": name, "Tag": tag, "ID": image})

    def image_rm(self, words):
        _, names = arguments(words)
        for name in names:
            if name not in self.state["images"]:
                raise StandInFailed(1, f"Error: No such image: {name}\n")
            image = self.state["images"][name]
            last = list(self.state["images"].values()).count(image) == 1
            if last and any(it["image"] == image for it in self.state["containers"].values()):
                raise StandInFailed(1, "Error: conflict: unable to remove repository reference\n")
            self.talk.commit(f"untag {name}")
            del self.state["images"][name]

    # --- containers ---------------------------------------------------------------------------------------------

    def matching(self, filters):
        for identity, it in sorted(self.state["containers"].items(), key=lambda pair: pair[1]["number"]):
            for condition in filters:
                kind, _, value = condition.partition("=")
                if kind == "label":
                    name, equals, wanted = value.partition("=")
                    if name not in it["labels"] or (equals and it["labels"][name] != wanted):
                        break
                elif kind == "publish":
                    if int(value) not in it["bound"].values() or it["status"] != "running":
                        break
                elif kind == "name":
                    if value not in it["name"]:
                        break
                elif kind == "status":
                    if it["status"] != value:
                        break
                elif kind in ("network", "volume"):
                    if value not in it[kind + "s"]:
                        break
                elif kind == "ancestor":
                    if it["image"] != self.state["images"].get(value):
                        break
                else:
                    self.world.unknown(f"docker-stand-in: filter {kind}")
            else:
                yield identity, it

    def container_ls(self, words):
        options, _ = arguments(words, flags=("--all", "--quiet", "--no-trunc", "-a", "-q"), values=("--filter", "--format"))
        for identity, it in self.matching(options.get("--filter", [])):
            if "--all" not in options and it["status"] != "running":
                continue
            if "--quiet" in options:
                self.talk.print((identity if "--no-trunc" in options else identity[:12]) + "\n")
            else:
                self.show(options["--format"][0], {"ID": identity, "Names": it["name"], "Image": it["reference"], "Labels": it["labels"],
                                                   "State": it["status"], "Status": it["status"]})

    def find(self, name):
        for identity, it in self.state["containers"].items():
            if name and (identity.startswith(name) or it["name"] == name):
                return identity, it
        raise StandInFailed(1, f"Error: No such container: {name}\n")

    def container_inspect(self, words):
        options, names = arguments(words, values=("--format",))
        missing = False
        for name in names:
            try:
                identity, it = self.find(name)
            except StandInFailed:
                missing = True
                continue
            health = {"Status": it["health"]} if it["health"] else None
            self.show(options["--format"][0], {
                "ID": identity, "Id": identity, "Name": "/" + it["name"], "Image": it["image"], "RestartCount": it["restarts"],
                "State": {"Status": it["status"], "Health": health, "ExitCode": it["exit"], "StartedAt": it["started"],
                          "Pid": it["pid"] if it["status"] == "running" else 0, "Running": it["status"] == "running"},
                "Config": {"Labels": it["labels"], "Image": it["reference"]}, "Labels": it["labels"],
                "NetworkSettings": {
                    "Networks": {name: {"IPAddress": address_of(it) if it["status"] == "running" else ""} for name in it["networks"]},
                    "Ports": {f"{port}/tcp": [{"HostPort": bound}] for port, bound in it["bound"].items()} if it["status"] == "running" else {}},
                "Mounts": [{"Type": "volume", "Name": name} for name in it["volumes"]],
            })
        if missing or not names:
            raise StandInFailed(1, "Error: No such container\n")

    def container_rm(self, words):
        _, names = arguments(words, flags=("--force", "-f"))
        for name in names:
            identity, it = self.find(name)
            self.talk.commit(f"remove container {it['name']}")
            del self.state["containers"][identity]

    def container_start(self, words):
        _, (name,) = arguments(words)
        _, it = self.find(name)
        if it["status"] != "running":
            self.talk.commit(f"start container {it['labels']['com.docker.compose.service']}")
            self.start(it)

    def container_stop(self, words):
        _, (name,) = arguments(words)
        _, it = self.find(name)
        if it["status"] == "running":
            self.talk.commit(f"stop container {it['labels']['com.docker.compose.service']}")
            it["status"], it["health"] = "exited", ""

    def logs(self, words):
        self.talk.print("a line of the stand-in\n")

    def execute(self, words):
        options, plain = arguments_until_plain(words, flags=("--interactive", "-i", "-T"))
        identity, it = self.find(plain[0])
        command = plain[1:]
        if command[0] == "nginx":
            self.world.proxy.test(self.container_path(command[command.index("-c") + 1]))
        elif command[0] in ("psql", "pg_dump", "pg_dumpall", "pg_restore"):
            self.world.database(self.talk, it, command, "--interactive" in options)
        else:
            self.world.unknown(f"docker-stand-in: exec {command[0]}")

    def container_path(self, path):
        return path.replace("/srv/estiba-state", "/opt/jupiter/state/nginx", 1).replace("/srv/estiba", "/opt/jupiter/srv", 1)

    # --- networks, volumes ----------------------------------------------------------------------------------------

    def listed(self, things, words):
        options, _ = arguments(words, flags=("--quiet",), values=("--filter", "--format"))
        for name, it in sorted(things.items()):
            if all(self.has_label(it, condition) for condition in options.get("--filter", [])):
                self.show(options.get("--format", ["{{.Name}}"])[0], {"Name": name, "Labels": it["labels"]})

    def has_label(self, it, condition):
        kind, _, value = condition.partition("=")
        name, _, wanted = value.partition("=")
        return kind == "label" and it["labels"].get(name) == wanted

    def network_ls(self, words):
        self.listed(self.state["networks"], words)

    def network_rm(self, words):
        used = {name for it in self.state["containers"].values() for name in it["networks"]}
        self.remove("networks", words[0], words[0] in used)

    def volume_ls(self, words):
        self.listed(self.state["volumes"], words)

    def volume_rm(self, words):
        used = {name for it in self.state["containers"].values() for name in it["volumes"]}
        self.remove("volumes", words[0], words[0] in used)

    def remove(self, kind, name, used):
        if used or name not in self.state[kind]:
            raise StandInFailed(1, f"Error: {name} is in use or absent\n")
        self.talk.commit(f"remove {kind[:-1]} {name}")
        del self.state[kind][name]

    def volume_inspect(self, words):
        options, names = arguments(words, values=("--format",))
        if names[0] not in self.state["volumes"]:
            raise StandInFailed(1, f"Error: no such volume: {names[0]}\n")
        self.show(options["--format"][0], {"Mountpoint": f"/var/lib/docker/volumes/{names[0]}/_data", "Name": names[0]})

    # --- Compose ----------------------------------------------------------------------------------------------------

    def compose(self, words):
        if "docker-compose" not in self.world.state["packages"]["installed"]:
            raise StandInFailed(1, "docker: 'compose' is not a docker command.\n")
        if words[:1] == ["version"]:
            self.talk.print("Docker Compose version v2.26.1\n")
            return
        files, at = [], 0
        while words[at] in ("-p", "-f", "--progress"):
            if words[at] == "-f":
                files.append(words[at + 1])
            at += 2
        command, rest = words[at], words[at + 1 :]
        if command == "build":
            self.build(rest[0])
            return
        self.model = self.world.compose_model(files)
        commands = {"up": self.up, "ps": self.ps, "down": self.down, "create": self.create, "run": self.compose_run, "config": self.config, "stop": self.stop, "rm": self.compose_rm}
        if command not in commands:
            self.world.unknown(f"docker-stand-in: compose {command}")
        commands[command](rest)

    def config(self, words):
        if words[:1] == ["--hash"]:
            for name, it in sorted(self.model["services"].items()):
                self.talk.print(f"{name} {it['hash']}\n")
        elif words not in (["--quiet"], ["-q"]):
            self.world.unknown(f"docker-stand-in: compose config {words}")

    def of_service(self, name, oneoff="False"):
        return [(identity, it) for identity, it in self.state["containers"].items()
                if it["labels"].get("com.docker.compose.service") == name
                and it["labels"].get("com.docker.compose.oneoff") == oneoff]

    def image_of(self, service):
        image = self.find_image(service["image"])
        if image is None:
            raise StandInFailed(1, f"Error response from daemon: No such image: {service['image']}\n")
        return image

    def up(self, words):
        options, names = arguments(words, flags=("-d", "--no-deps", "--wait", "--detach", "--build", "--no-recreate", "--force-recreate"))
        if "--build" in options:
            names = names or list(self.model["services"])
            self.build_or_pull(names)
        services, images = self.prepare(names)
        for name, service in services.items():
            there = self.of_service(name)
            if len(there) > 1:
                # Compose would choose one of them to go.
                self.world.unknown(f"docker-stand-in: up with {len(there)} containers of {name}")
            for identity, it in there:
                if it["hash"] != service["hash"] or it["image"] != images[name]:
                    self.talk.commit(f"remove container {it['name']}")
                    del self.state["containers"][identity]
            if not self.of_service(name):
                self.talk.commit(f"make container {name}")
                self.make_container(name, service, images[name], "False", there[0][1]["name"] if there else f"{service['project']}-{name}-1")
        for name, service in services.items():
            for identity, it in self.of_service(name):
                if it["status"] != "running" and not (it["status"] == "exited" and service["one_shot"]):
                    self.talk.commit(f"start container {name}")
                    self.start(it)

    def build_or_pull(self, names):
        for name in names:
            service = self.model["services"][name]
            if service["build"] or service["image"] not in self.state["images"]:
                self.talk.commit(f"{'build' if service['build'] else 'pull'} {service['image']}")
                self.state["images"][service["image"]] = self.world.built_image(service["image"])

    def ps(self, words):
        for name in self.model["services"]:
            for _, it in self.of_service(name):
                self.talk.print(f"{it['name']} {it['status']}\n")

    def down(self, words):
        for name in self.model["services"]:
            for identity, it in self.of_service(name):
                self.talk.commit(f"remove container {name}")
                del self.state["containers"][identity]
        for name in self.model["networks"]:
            if name in self.state["networks"]:
                self.talk.commit(f"remove network {name}")
                del self.state["networks"][name]

    def create(self, words):
        """Containers that are there stay as they are; those that are missing are made, with the next free number."""
        options, names = arguments(words, flags=("--no-recreate",), values=("--scale",))
        if "--no-recreate" not in options:
            self.world.unknown("docker-stand-in: create without --no-recreate")
        wanted = {name: int(count) for name, _, count in (it.partition("=") for it in options.get("--scale", []))}
        services, images = self.prepare(names)
        for name, service in services.items():
            there = self.of_service(name)
            if len(there) > wanted.get(name, 1):
                self.world.unknown(f"docker-stand-in: create with {len(there)} containers of {name}")
            for _ in range(wanted.get(name, 1) - len(there)):
                number = 1 + max((int(it["name"].rpartition("-")[2]) for _, it in self.of_service(name)), default=0)
                self.talk.commit(f"make container {name}")
                self.make_container(name, service, images[name], "False", f"{service['project']}-{name}-{number}")

    def prepare(self, names):
        """What containers of these services need: (services, their images)."""
        services = {name: self.model["services"][name] for name in names}
        images = {name: self.image_of(it) for name, it in services.items()}
        for name in sorted({used for it in services.values() for used in it["networks"]}):
            if name not in self.state["networks"]:
                self.talk.commit(f"make network {name}")
                self.state["networks"][name] = {"labels": self.model["networks"][name]}
        for name in sorted({used for it in services.values() for used in it["volumes"]}):
            if name not in self.state["volumes"]:
                self.talk.commit(f"make volume {name}")
                self.state["volumes"][name] = {"labels": self.model["volumes"][name]}
                os.makedirs(f"{self.world.root}/var/lib/docker/volumes/{name}/_data", exist_ok=True)
        for name, service in services.items():
            for path in service["secrets"]:
                if not os.path.exists(self.world.root + path):
                    raise StandInFailed(1, f"invalid mount config: {path} does not exist\n")
        return services, images

    def make_container(self, name, service, image, oneoff, full_name):
        self.state["made"] += 1
        number = self.state["made"]
        labels = {**service["labels"], "com.docker.compose.project": service["project"], "com.docker.compose.service": name,
                  "com.docker.compose.oneoff": oneoff, "com.docker.compose.config-hash": service["hash"]}
        identity = hashlib.sha256(f"{number} {name} {service['hash']} {image}".encode()).hexdigest()
        self.state["containers"][identity] = {
            "number": number, "name": full_name, "labels": labels, "reference": service["image"], "image": image, "hash": service["hash"],
            "status": "created", "health": "", "exit": 0, "restarts": 0, "started": "0001-01-01T00:00:00Z",
            "pid": FIRST_PID + number, "ports": service["ports"], "bound": {}, "networks": service["networks"],
            "volumes": service["volumes"], "one_shot": service["one_shot"], "healthcheck": service["healthcheck"],
        }
        return identity

    def start(self, it):
        it["started"] = f"start-{time.monotonic_ns()}"
        if it["one_shot"]:
            it["status"], it["exit"] = "exited", 0
        else:
            taken = {port for other in self.state["containers"].values() if other["status"] == "running" for port in other["bound"].values()}
            it["bound"] = {}
            for target, first, last in it["ports"]:
                free = [port for port in range(first, last + 1) if port not in taken]
                if not free:
                    raise StandInFailed(1, f"driver failed: port {first} is already allocated\n")
                it["bound"][target] = free[0]
            it["status"] = "running"
            it["health"] = "healthy" if it["healthcheck"] else ""
        name = it["labels"]["com.docker.compose.service"]
        if name == self.world.settings["PROXY_SERVICE"] and not self.world.proxy.load():
            it["status"], it["exit"] = "exited", 1
        self.world.monitor_started(name)

    def compose_run(self, words):
        options, plain = arguments_until_plain(words, flags=("--rm", "--no-deps", "-T"), values=("--entrypoint",))
        name, rest = plain[0], plain[1:]
        service = self.model["services"][name]
        image = self.image_of(service)
        self.talk.commit(f"run container of {name}")
        identity = self.make_container(name, service, image, "True", f"{service['project']}-{name}-run")
        self.state["containers"][identity]["status"] = "running"
        self.talk.commit(f"remove container of {name}")
        del self.state["containers"][identity]
        if "--entrypoint" not in options:
            # A command of the application.
            return
        program = options["--entrypoint"][0]
        path = self.container_path(rest[-1])
        if program == "nginx":
            self.world.proxy.test(self.container_path(rest[rest.index("-c") + 1]))
        elif not os.path.isfile(self.world.root + path):
            raise StandInFailed(1, f"{program}: {path}: test failed\n")

    def stop(self, words):
        _, names = arguments(words, values=("--timeout", "-t"))
        for name in names:
            for _, it in self.of_service(name):
                if it["status"] == "running":
                    self.talk.commit(f"stop container {name}")
                    it["status"], it["health"] = "exited", ""

    def compose_rm(self, words):
        _, names = arguments(words, flags=("--force", "-f", "--stop", "-s"))
        for name in names:
            for identity, it in self.of_service(name):
                self.talk.commit(f"remove container {name}")
                del self.state["containers"][identity]


def arguments_until_plain(words, flags=(), values=()):
    """Options stand before the first plain word only: what follows belongs to the command in the container."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in values else 1
    if at < len(words):
        options, _ = arguments(words[:at], flags, values)
        return options, words[at:]
    return arguments(words, flags, values)
