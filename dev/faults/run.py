#!/usr/bin/python3
"""run.py: injects faults into every script of a generated tree, and asks after one more run whether everything is as if
there had been none.

usage:   run.py --tree TREE --next TREE --stand-in PROGRAM [--each N] [--seed TEXT] [--workers N] [--only SCENARIO]… [--at KIND:N]
needs:   root (namespaces, mounts), Linux x86_64, Docker's Compose plugin (no daemon), openssl, htpasswd
changes: nothing but a folder below TMPDIR while it runs; the scripts run in a root of their own
"""

import argparse
import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import oracles
from guards import Guards
import scenarios
from session import FAIL, FULL, HANG_UP, INTERRUPT, KILL, TERMINATE, Fault, Session
from world import LAPTOP_TREE, World, image_archive, run

# A reset that is killed in its last moment: the next installation removes it.
LEFT_BY_RESET = re.compile("^/opt/jupiter($|/[.]removed|/state($|/machine-id|/journal|/lock))")
# Effects that are alike (a file of the tree after another, say) are struck so often at most, the first and the last among them.
ALIKE = 4
KINDS = (KILL, FAIL, FULL, INTERRUPT, TERMINATE, HANG_UP)


def main():
    options = parse()
    if options.worker is None:
        supervise(options)
    else:
        work(options)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tree", required=True)
    parser.add_argument("--next", required=True, help="the tree of the release after it")
    parser.add_argument("--stand-in", required=True)
    parser.add_argument("--each", type=int, default=0, help="of each script so many faults, drawn by the seed; 0: all")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--only", action="append", help="these scenarios only")
    parser.add_argument("--at", help="this fault only, such as kill:17")
    parser.add_argument("--quick", action="store_true", help="a third of the guards, drawn by the seed; three runs instead of ten, where nothing may change")
    parser.add_argument("--list", action="store_true", help="the effects of each scenario, and no fault")
    parser.add_argument("--json", help="writes the figures into this file")
    parser.add_argument("--show", action="store_true", help="what the struck run and the next one said")
    return parser.parse_args()


def supervise(options):
    began = time.monotonic()
    if options.at or options.list:
        options.workers = 1
    workers = [subprocess.Popen(["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--mount-proc", "--kill-child",
                                 "/usr/bin/python3", *sys.argv, "--workers", str(options.workers), "--worker", str(number)],
                                stdout=subprocess.PIPE, text=True)
               for number in range(options.workers)]
    totals, adding = {}, threading.Lock()

    def listen(worker):
        for line in worker.stdout:
            if line.startswith("{"):
                with adding:
                    for name, counts in json.loads(line).items():
                        row = totals.setdefault(name, dict.fromkeys(counts, 0))
                        for key, value in counts.items():
                            row[key] = max(row[key], value) if key == "effects" else row[key] + value
                    write_figures(options, totals, began, False)
            else:
                print(line, end="", flush=True)

    listeners = [threading.Thread(target=listen, args=(worker,)) for worker in workers]
    for listener in listeners:
        listener.start()
    for listener in listeners:
        listener.join()
    broken = any([worker.wait() != 0 for worker in workers])
    print(f"{'script':34} {'effects':>7} {'faults':>6} {'guards':>6} {'violations':>10}")
    for name, row in totals.items():
        print(f"{name:34} {row['effects']:7} {row['faults']:6} {row['guards']:6} {row['violations']:10}")
    faults = sum(row["faults"] for row in totals.values())
    violations = sum(row["violations"] for row in totals.values())
    guards = sum(row["guards"] for row in totals.values())
    print(f"{faults} faults injected, {guards} guards asked, {violations} violations, {time.monotonic() - began:.0f} s "
          f"(seed {options.seed})")
    write_figures(options, totals, began, not broken)
    sys.exit(1 if broken or violations or not faults and not options.list else 0)


def write_figures(options, totals, began, ended):
    """After each script: what a run that was stopped has found still counts, and `--only` goes on from there."""
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"seed": options.seed, "seconds": round(time.monotonic() - began), "ended": ended, "scripts": totals}, file, indent=1)


# --- one worker, in namespaces of its own -------------------------------------------------------------------------------


def work(options):
    run("ip", "link", "set", "lo", "up")
    run("hostname", "vps")
    run("mount", "--make-rprivate", "/")
    folder = tempfile.mkdtemp(prefix="estiba-faults-")
    try:
        Worker(options, folder).run()
    finally:
        subprocess.run(["umount", "--lazy", folder], stderr=subprocess.DEVNULL)
        os.rmdir(folder)


def values_of(tree):
    """Settings and sentences of the tree, read by bash itself."""
    script = r"""
    set -eu; source scripts/settings.sh; source scripts/messages.sh
    one() { printf 'one\0%s\0%s\0' "$1" "${!1}"; }
    list() { local -n list_=$1; printf 'list\0%s\0%s\0' "$1" "${#list_[@]}"; ((${#list_[@]} == 0)) || printf '%s\0' "${list_[@]}"; }
    map() { local -n map_=$1; local key; printf 'map\0%s\0%s\0' "$1" "${#map_[@]}"; for key in "${!map_[@]}"; do printf '%s\0%s\0' "$key" "${map_[$key]}"; done; }
    for name in PROJECT PROXY_SERVICE PROXY_CONF PROXY_RUNS AUTH_USER AUTH_FILE DEFAULT_MODE; do one "$name"; done
    for name in HOSTS MONITORING_HOSTS SERVICES MONITORING_SERVICES STOP_FIRST_SERVICES; do list "$name"; done
    for name in SERVICE_IMAGE BUILT_IMAGE WEB_PORT UPSTREAM_SERVICE TEXT; do map "$name"; done
    """
    out = subprocess.run(["bash", "-c", script], cwd=tree, check=True, capture_output=True).stdout.decode().split("\0")
    values, words = {}, iter(out[:-1])
    for kind in words:
        name = next(words)
        if kind == "one":
            values[name] = next(words)
        elif kind == "list":
            values[name] = [next(words) for _ in range(int(next(words)))]
        else:
            values[name] = {next(words): next(words) for _ in range(int(next(words)))}
    return values


def compose_models(tree, project):
    """What Compose makes of the tree's files, by Compose itself: on a server in each mode, and on a laptop."""
    production, monitoring = f"{tree}/common/docker-compose.prod.yml", f"{tree}/common/docker-compose.monitoring.yml"
    models = {"minimal": compose_model(tree, project, production),
              "local": compose_model(tree, project + "-local", f"{tree}/common/docker-compose.local-prod.yml")}
    if os.path.exists(monitoring):
        models["hybrid"] = compose_model(tree, project, production, monitoring)
    return models


def compose_model(tree, project, *files):
    command = ["docker", "compose", "-p", project, *(word for file in files for word in ("-f", file)), "config"]
    read = json.loads(subprocess.run([*command, "--format", "json"], check=True, capture_output=True).stdout)
    hashes = dict(line.split() for line in subprocess.run([*command, "--hash", "*"], check=True, capture_output=True, text=True).stdout.splitlines())
    names = {kind: {key: it.get("name", key) for key, it in read.get(kind, {}).items()} for kind in ("networks", "volumes")}
    return {
        "services": {name: {
            "project": project, "image": it["image"], "hash": hashes[name], "labels": it.get("labels", {}), "build": "build" in it,
            "networks": [names["networks"][used] for used in it.get("networks", {})],
            "volumes": [names["volumes"][used["source"]] for used in it.get("volumes", []) if used["type"] == "volume"],
            "ports": [(port["target"], *range_of(port["published"])) for port in it.get("ports", []) if "published" in port],
            "healthcheck": "healthcheck" in it, "one_shot": it.get("restart") == "no",
            "secrets": [read["secrets"][used["source"]]["file"].replace(tree, LAPTOP_TREE) for used in it.get("secrets", [])],
        } for name, it in read["services"].items()},
        "networks": {it["name"]: it.get("labels", {}) for it in read["networks"].values()},
        "volumes": {it["name"]: it.get("labels", {}) for it in read.get("volumes", {}).values()},
    }


def range_of(published):
    first, _, last = str(published).partition("-")
    return int(first), int(last or first)


class Worker:
    def __init__(self, options, folder):
        self.options = options
        self.values = values = values_of(options.tree)
        self.mode = values["DEFAULT_MODE"]
        self.texts = {key: values["TEXT"][key].split("%s")[0] for key in ("step_begin", "failed_step", "failed_next")}
        self.world = World(folder, options.tree, options.stand_in, values)
        next_values = values_of(options.next)
        models = compose_models(options.tree, values["PROJECT"])
        self.release = self.arrive(options.tree, values, {})
        self.next = self.arrive(options.next, next_values, dict.fromkeys(values["BUILT_IMAGE"], 2), self.release)
        self.world.compose_models = {"": models, self.release: models, self.next: compose_models(options.next, values["PROJECT"])}
        self.world.may_stop = {*values["STOP_FIRST_SERVICES"], *values["MONITORING_SERVICES"], *next_values["STOP_FIRST_SERVICES"]}
        self.counts = {}

    def arrive(self, tree, values, builds, before=None):
        """What the deploy script leaves on a server; of images only those that the release before does not hold."""
        services = [*values["SERVICES"], *([values["PROXY_SERVICE"]] if values["PROXY_SERVICE"] else [])]
        if self.mode == "hybrid":
            services += values["MONITORING_SERVICES"]
        images = {name: (values["SERVICE_IMAGE"][name], *image_archive(values["SERVICE_IMAGE"][name], builds.get(values["SERVICE_IMAGE"][name], 1)))
                  for name in services}
        table = "".join(f"{name}\t{reference}\tsha256:{digest}\n" for name, (reference, digest, _) in images.items())
        with open(f"{tree}/MANIFEST.sha256", "rb") as file:
            manifest = file.read()
        release = hashlib.sha256(manifest + table.encode()).hexdigest()[:16]
        place = f"{self.world.root}/home/deploy/estiba-incoming/{release}"
        os.makedirs(f"{place}/images")
        os.makedirs(f"{place}/tree")
        for line in [*manifest.decode().splitlines(), "-  MANIFEST.sha256"]:
            path = line.split("  ", 1)[1]
            os.makedirs(os.path.dirname(f"{place}/tree/{path}"), exist_ok=True)
            shutil.copy(f"{tree}/{path}", f"{place}/tree/{path}")
        with open(f"{place}/images.tsv", "w", encoding="utf-8") as file:
            file.write(table)
        for reference, digest, archive in images.values():
            if before and reference not in builds:
                continue
            with open(f"{place}/images/{digest}.tar", "wb") as file:
                file.write(archive)
            with open(f"{place}/images/{digest}.tar.sha256", "w", encoding="utf-8") as file:
                file.write(f"{hashlib.sha256(archive).hexdigest()}  {digest}.tar\n")
        run("chown", "-R", "1000:1000", f"{self.world.root}/home/deploy")
        return release

    def say(self, text):
        print(text, flush=True)

    def violation(self, scenario, fault, struck, problems, outcome, again=None):
        self.counts[scenario.name]["violations"] += 1
        self.say(f"VIOLATION {scenario.name} {fault.kind}:{fault.at} at {struck}")
        for problem in problems[:6]:
            self.say(f"    {problem}")
        if self.options.show:
            self.say(outcome.output)
            if again is not None:
                self.say(f"--- again\n{again.output}")

    def session(self, scenario, fault=None):
        return Session(self.world, self.words(scenario), fault=fault, stdin=scenario.stdin, answers=scenario.answers, serves=scenario.serves)

    def words(self, scenario):
        return scenario.words(self.world, self.release, self.next)

    def run(self):
        ends = {None: self.world.snapshot("start")}
        self.world.become_laptop()
        ends["laptop"] = self.world.snapshot("laptop")
        before, started = None, set()
        for scenario in scenarios.all_of(self.mode):
            before = scenario.after or before
            self.world.restore(ends[before])
            if scenario.rows:
                self.world.state["databases"]["jupiter"] = scenario.rows
            self.world.state["proxy"]["refused"] = scenario.refuses and f"/releases/{self.next}/nginx/conf.d/{scenario.refuses}.conf"
            ends[before] = (ends[before][0], copy.deepcopy(self.world.state))
            if scenario.arrives:
                place = self.world.root + "/opt/jupiter/incoming"
                run("mv", f"{self.world.root}/home/deploy/estiba-incoming/{self.next}", place)
                before = f"before {scenario.name}"
                ends[before] = self.world.snapshot(before)
            start = oracles.final_state(self.world)
            whole = self.session(scenario).run()
            if whole.code != scenario.code or whole.unknown or self.world.what_is_unknown:
                self.say(f"FAILED {scenario.name} without any fault: exit code {whole.code}\n{whole.output}")
                self.say("\n".join([*whole.unknown, *self.world.what_is_unknown]))
                sys.exit(1)
            expected = oracles.final_state(self.world)
            ends[scenario.name] = self.world.snapshot(scenario.name)
            started |= {os.path.basename(word) for effect in whole.effects if effect.kind == "command" for word in effect.words[:2]}
            self.counts[scenario.name] = {"effects": len(whole.effects), "faults": 0, "guards": 0, "violations": 0}
            if not self.options.only or scenario.name in self.options.only:
                if self.options.list:
                    self.say(f"{scenario.name}: {whole.seconds:.2f} s")
                    for number, effect in enumerate(whole.effects):
                        self.say(f"{number:5} {effect}")
                else:
                    began = time.monotonic()
                    self.ask_guards(scenario, ends[before], start, expected)
                    self.inject(scenario, ends[before], start, expected, whole)
                    self.say(f"    {scenario.name}: {self.counts[scenario.name]} {time.monotonic() - began:.0f} s")
                    self.say(json.dumps({scenario.name: self.counts[scenario.name]}))
            if scenario.goes_on:
                before = scenario.name
            if self.options.only and set(self.options.only) <= set(self.counts):
                break
        else:
            self.refuse_untried(started)

    def refuse_untried(self, started):
        for place, _, names in os.walk(self.options.tree):
            if place.endswith("/monitoring") and self.mode == "minimal":
                # The tree in hybrid mode tries them.
                continue
            for name in names:
                if name.endswith(".sh") and not place.endswith("/lib") and name not in started | set(scenarios.TRIED_ELSEWHERE):
                    self.say(f"FAILED: no scenario starts {name}")
                    sys.exit(1)

    def ask_guards(self, scenario, before, start, expected):
        self.world.restore(before)
        guards = Guards(self, scenario, before, start, expected)
        for name, case in list(guards.cases()):
            drawn = self.draw(scenario.name, name)
            if self.options.at or drawn % self.options.workers != self.options.worker:
                continue
            if self.options.quick and drawn // self.options.workers % 3:
                continue
            self.world.restore(before)
            guards.start = start
            problems = case()
            self.counts[scenario.name]["guards"] += 1
            if problems:
                self.counts[scenario.name]["violations"] += 1
                self.say(f"VIOLATION {scenario.name}: {name}")
                for problem in problems[:6]:
                    self.say(f"    {problem}")

    def places(self, scenario, effects):
        """Where faults strike: every effect that is like no other, and some of those that are alike."""
        alike = {}
        for at, effect in enumerate(effects):
            alike.setdefault(effect.shape, []).append(at)
        chosen = [len(effects)]
        for places in alike.values():
            middle = places[1:-1]
            middle.sort(key=lambda at: self.draw(scenario.name, at))
            chosen += {places[0], places[-1], *middle[: ALIKE - 2]}
        return sorted(chosen)

    def draw(self, *what):
        text = " ".join(str(it) for it in (self.options.seed, *what))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def faults(self, scenario, effects):
        """Those of this worker, in the order of their places."""
        if self.options.at:
            kind, _, at = self.options.at.partition(":")
            return [Fault(kind, int(at))]
        found = []
        for at in self.places(scenario, effects):
            if at == len(effects):
                kinds = (KILL,)
            elif effects[at].changes:
                kinds = KINDS
            else:
                # A program that only reads leaves nothing behind: only its failure makes a difference.
                kinds = (FAIL,)
            found += [Fault(kind, at) for kind in kinds]
        found.sort(key=lambda fault: self.draw(scenario.name, fault.kind, fault.at))
        chosen = found[: self.options.each or len(found)]
        return sorted(chosen[self.options.worker :: self.options.workers], key=lambda fault: fault.at)

    def inject(self, scenario, before, start, expected, whole):
        for fault in self.faults(scenario, whole.effects):
            self.world.restore(before)
            struck_run = self.session(scenario, fault).run()
            if struck_run.struck is None:
                continue
            self.counts[scenario.name]["faults"] += 1
            problems = [*struck_run.unknown, *self.world.what_is_unknown, *oracles.broken_promises(self.world)]
            if scenario.serves and self.values["PROXY_SERVICE"]:
                problems += self.world.unserved(after_reboot=True)
            problems += oracles.wrong_ending(struck_run, fault, self.texts, start, oracles.final_state(self.world), expected)
            if not os.path.exists(self.world.root + self.words(scenario)[0]):
                # A reset takes the script with it: what there is left must be what there is left without the fault.
                found = oracles.final_state(self.world)
                problems += oracles.differences(expected, {name: it for name, it in found.items() if name in expected or not LEFT_BY_RESET.match(name)})
                again = None
            else:
                again = self.session(scenario).run()
                problems += [*again.unknown, *self.world.what_is_unknown, *oracles.broken_promises(self.world)]
            if again is None:
                pass
            elif again.code != scenario.code:
                problems.append(f"the run after it ended with {again.code}: {again.output.strip().splitlines()[-4:]}")
            else:
                problems += oracles.differences(expected, oracles.final_state(self.world))
            if problems:
                self.violation(scenario, fault, struck_run.struck, problems, struck_run, again)



main()
