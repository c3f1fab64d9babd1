#!/usr/bin/env python3
"""Describes copies of trees that other people wrote (`estiba init --from`), and says how many can be generated at once.

Usage:   dev/corpus/adopt.py ESTIBA CORPUS
         CORPUS holds trees/OWNER__NAME/; it is no part of this repository, and is only read.
Says:    for each tree with a Compose file at its root: how many services were described, how many things were listed, and
         whether `generate` passes at once, or what it still needs. Exit 1 where something was neither described nor refused.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

NAMES = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")


def main():
    estiba, corpus = sys.argv[1:]
    passed, tried, bad = 0, 0, []
    for tree in sorted((pathlib.Path(corpus) / "trees").iterdir()):
        compose = next((name for name in NAMES if (tree / name).is_file()), None)
        if compose is None:
            continue
        tried += 1
        with tempfile.TemporaryDirectory() as work:
            copy = pathlib.Path(work) / "tree"
            shutil.copytree(tree, copy, symlinks=True, ignore_dangling_symlinks=True)
            said = subprocess.run(
                [estiba, "init", "--project", "adopted", "--from", copy / compose, copy], capture_output=True, text=True
            )
            if said.returncode != 0:
                print(f"{tree.name}: not described: {said.stderr.splitlines()[0]}")
                continue
            notes = sum(line.startswith("  - ") for line in said.stdout.splitlines())
            if not (copy / "estiba.yml").is_file():
                bad.append(tree.name)
            made = subprocess.run([estiba, "generate", copy], capture_output=True, text=True)
            passed += made.returncode == 0
            head = said.stdout.splitlines()[0].split(": ", 1)[1]
            needs = [line for line in (made.stderr + made.stdout).splitlines() if line.startswith("error")]
            print(f"{tree.name}: {head}; {notes} listed; " + ("generated" if made.returncode == 0 else "needs:"))
            for line in needs[:6]:
                print(f"    {line}")
    print(f"{passed} of {tried} can be generated at once")
    sys.exit(bool(bad))


main()
