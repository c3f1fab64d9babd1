#!/usr/bin/env python3
"""How often `estiba check` is right on trees that other people wrote.

Usage:   dev/corpus/precision.py ESTIBA CORPUS
         CORPUS holds trees/OWNER__NAME/ and truth.tsv; it is no part of this repository.
Reads:   judged.tsv beside this file: every error on the corpus, read once by a person, right or wrong with the reason;
         and missed.tsv: the defects of truth.tsv that no rule is about, with the reason.
Says:    the precision of each rule, what of truth.tsv is found, what is undecided. Exit 1 where an error stands in no
         table or is judged wrong, where an error meets a fact of truth.tsv that is none, where a defect of a rule's
         domain is missed, or where more than a tenth of the references is undecided.
"""

import collections
import csv
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
NEAR = 1
MOST_UNDECIDED = 10.0


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def check(program, tree):
    done = subprocess.run(
        [program, "check", "--format", "json", str(tree)], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{tree}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    program, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
    trees = sorted(path for path in (corpus / "trees").iterdir() if path.is_dir())
    reports = {tree.name: check(program, tree) for tree in trees}
    judged = {(row["tree"], row["rule"], row["path"], row["line"]): row for row in rows(HERE / "judged.tsv")}
    faults = []

    errors = collections.Counter()
    right = collections.Counter()
    seen = set()
    for tree, report in reports.items():
        for finding in report["findings"]:
            if finding["level"] != "error":
                continue
            place = finding["locations"][0]
            key = (tree, finding["rule"], place["path"], str(place["line"]))
            seen.add(key)
            errors[finding["rule"]] += 1
            verdict = judged.get(key)
            if verdict is None:
                faults.append("not judged: " + "\t".join(key) + f"\t{finding['message']}")
            elif verdict["verdict"] == "right":
                right[finding["rule"]] += 1
    for key in sorted(set(judged) - seen):
        if judged[key]["verdict"] == "right":
            faults.append("no longer found: " + "\t".join(key))

    print(f"{'rule':36} errors  right  precision")
    for rule in sorted(errors):
        precision = 100 * right[rule] / errors[rule]
        print(f"{rule:36} {errors[rule]:6} {right[rule]:6} {precision:9.1f}%")
        if precision < 95:
            faults.append(f"{rule}: {precision:.1f} % of its errors are right; below 95 it belongs to --pedantic")
    total = sum(errors.values())
    print(f"{'all':36} {total:6} {sum(right.values()):6} {100 * sum(right.values()) / max(total, 1):9.1f}%")

    out_of_domain = {row["id"]: row["reason"] for row in rows(HERE / "missed.tsv")}
    found = missed = outside = 0
    for fact in rows(corpus / "truth.tsv"):
        tree = fact["repo"].replace("/", "__")
        if not fact["line"].isdigit():
            continue
        line = int(fact["line"])
        near = [
            (finding, at == 0)
            for finding in reports.get(tree, {"findings": []})["findings"]
            for at, place in enumerate(finding["locations"])
            if place["path"] == fact["file"] and abs(place["line"] - line) <= NEAR
        ]
        if fact["verdict"] == "BUG":
            if near:
                found += 1
            elif fact["id"] in out_of_domain:
                outside += 1
            else:
                missed += 1
                faults.append(f"missed: {fact['id']} {fact['file']}:{line} {fact['detail']}")
        elif fact["verdict"] in ("OK", "EXPECT", "IGNORE"):
            for finding, primary in near:
                if primary and finding["level"] == "error":
                    faults.append(f"an error on {fact['verdict']} {fact['id']}: {finding['rule']}: {finding['message']}")
    print(f"\ndefects of truth.tsv: {found} found, {missed} missed, {outside} that no rule is about (missed.tsv)")

    references = collections.Counter()
    for tree, report in reports.items():
        counts = report["summary"]["references"]
        references.update(counts)
        share = 100 * counts["unknown"] / max(sum(counts.values()), 1)
        if share > MOST_UNDECIDED:
            print(f"undecided in {tree}: {counts['unknown']} of {sum(counts.values())} ({share:.1f} %)")
    share = 100 * references["unknown"] / max(sum(references.values()), 1)
    print(f"undecided: {references['unknown']} of {sum(references.values())} references ({share:.1f} %)")
    if share > MOST_UNDECIDED:
        faults.append(f"{share:.1f} % of the references are undecided")

    for fault in faults:
        print(f"FAILED  {fault}")
    sys.exit(1 if faults else 0)


main()
