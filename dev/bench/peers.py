#!/usr/bin/python3
"""peers.py ESTIBA GIXY PROMTOOL AMTOOL ROUNDS TREE…: prints as Markdown how long `estiba check` takes on each tree, and how
long the programs that read one of its formats each, one after the other on the same files: gixy-ng on every whole nginx
configuration, promtool and amtool on every configuration of their programs, `docker compose config -q` on every Compose file,
and one shellcheck over all bash scripts. What they find is their business: only their time counts. Times are wall clock, in
turns, round after round, so that what else the machine does falls on all alike; the median of each.
"""

import os
import re
import statistics
import subprocess
import sys
import time


def texts(tree: str):
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(name for name in folders if name not in (".git", "node_modules"))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.islink(path) or os.path.getsize(path) > 1 << 20:
                continue
            try:
                with open(path, encoding="utf-8") as file:
                    yield path, file.read()
            except UnicodeDecodeError:
                continue


def has(text: str, *keys: str) -> bool:
    return all(re.search(rf"^{key}:", text, re.MULTILINE) for key in keys)


def peers(tree: str, gixy: str, promtool: str, amtool: str) -> list[list[str]]:
    commands, scripts = [], []
    for path, text in texts(tree):
        if path.endswith((".yml", ".yaml")):
            if has(text, "services"):
                commands.append(["docker", "compose", "-f", path, "config", "-q"])
            elif has(text, "scrape_configs"):
                commands.append([promtool, "check", "config", path])
            elif has(text, "route", "receivers"):
                commands.append([amtool, "check-config", path])
        elif path.endswith(".conf") and re.search(r"^\s*events\s*\{", text, re.MULTILINE):
            commands.append([gixy, path])
        elif re.match(r"#!.*\b(ba)?sh\b", text):
            scripts.append(path)
    if scripts:
        commands.append(["shellcheck", *scripts])
    return commands


def took(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    estiba, gixy, promtool, amtool, rounds = sys.argv[1:6]
    print("| tree | files | programs started | theirs, ms | estiba check, ms | times |")
    print("|---|---|---|---|---|---|")
    for tree in sys.argv[6:]:
        commands = peers(tree, gixy, promtool, amtool)
        files = sum(len(names) for _, _, names in os.walk(tree))
        ours, theirs = [], []
        took([estiba, "check", tree])
        for _ in range(int(rounds)):
            theirs.append(sum(took(command) for command in commands))
            ours.extend(took([estiba, "check", tree]) for _ in range(5))
        our, their = statistics.median(ours), statistics.median(theirs)
        print(f"| {os.path.basename(tree.rstrip('/'))} | {files} | {len(commands)} | {their:.0f} | {our:.1f} | {their / our:.0f} |", flush=True)


main()
