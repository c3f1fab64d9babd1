#!/usr/bin/env python3
"""Mends copies of trees that other people wrote, and says how many fixes held.

Usage:   dev/corpus/fixes.py ESTIBA CORPUS
         CORPUS holds trees/OWNER__NAME/; it is no part of this repository, and is only read.
Says:    for each tree how many fixes were written and refused; then that a second run changes nothing, that no error is new,
         and, where `docker compose` is at hand, that it still reads what it read before. Exit 1 where one of these fails.
"""

import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile


def run(estiba, tree, *arguments):
    done = subprocess.run([estiba, "check", tree, "--format", "json", *arguments], capture_output=True, text=True)
    return json.loads(done.stdout)


def errors(said):
    return collections.Counter(
        (finding["rule"], finding["locations"][0]["path"], finding["message"])
        for finding in said["findings"]
        if finding["level"] == "error"
    )


def compose_reads(path):
    """Whether Docker's own parser takes a file; None where it is not at hand."""
    if not shutil.which("docker"):
        return None
    command = ["docker", "compose", "-f", path, "config", "--quiet", "--no-interpolate"]
    return subprocess.run(command, capture_output=True).returncode == 0


def main():
    estiba, corpus = sys.argv[1:]
    written, refused, broken, asked = 0, collections.Counter(), [], 0
    by_rule = collections.Counter()
    for tree in sorted((pathlib.Path(corpus) / "trees").iterdir()):
        with tempfile.TemporaryDirectory() as work:
            copy = pathlib.Path(work) / "tree"
            shutil.copytree(tree, copy, symlinks=True, ignore_dangling_symlinks=True)
            before = run(estiba, copy)
            planned = run(estiba, copy, "--fix", "--unsafe-fixes")
            files = [change["path"] for change in planned["changes"] if "compose" in change["path"]]
            read = {path: compose_reads(copy / path) for path in files}
            done = run(estiba, copy, "--fix", "--unsafe-fixes", "--write")
            after = run(estiba, copy)
            again = run(estiba, copy, "--fix", "--unsafe-fixes")
            written += len(done["applied"])
            by_rule.update(fix["rule"] for fix in done["applied"])
            refused.update(fix["reason"] for fix in done["refused"])
            print(f"{tree.name}: {len(done['applied'])} written, {len(done['refused'])} refused")
            if again["changes"]:
                broken.append(f"{tree.name}: a second run changes {again['changes'][0]['path']}")
            if errors(after) - errors(before):
                broken.append(f"{tree.name}: new errors: {list(errors(after) - errors(before))}")
            for path, before_it in read.items():
                asked += before_it is True
                if before_it and not compose_reads(copy / path):
                    broken.append(f"{tree.name}: docker compose no longer reads {path}")
    print(f"{written} fixes written: {dict(by_rule)}")
    print(f"refused: {dict(refused)}")
    print(f"docker compose was asked about {asked} changed files that it took before")
    print("\n".join(broken) or "every tree is as good as before, and a second run changes nothing")
    sys.exit(bool(broken))


main()
