#!/usr/bin/python3
"""report_check.py COMMIT JUPITER.json SIZES.json FILES.json HOSTILE.json: what dev/bench/check.sh measured, as Markdown."""

import datetime
import json
import math
import os
import platform
import statistics
import sys


def load(path: str) -> dict:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def p95(times: list[float]) -> float:
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


def rows(measured: dict) -> str:
    lines = []
    for name, times in measured["ms"].items():
        cpu = statistics.median(measured["cpu_ms"][name])
        peak = measured["peak_mib"][name]
        lines.append(f"| {name} | {len(times)} | {statistics.median(times):.1f} | {p95(times):.1f} | {cpu:.1f} | {peak:.1f} |")
    return "\n".join(lines)


def slope(measured: dict) -> float:
    points = [(math.log(int(name)), math.log(statistics.median(times))) for name, times in measured["ms"].items()]
    mean_x = statistics.mean(x for x, _ in points)
    mean_y = statistics.mean(y for _, y in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def main() -> None:
    commit, jupiter, sizes, files, hostile = sys.argv[1], *(load(path) for path in sys.argv[2:6])
    ours, peer = jupiter["ms"]["estiba check"], jupiter["ms"]["docker compose config -q"]
    largest = list(sizes["ms"])[-2:]
    between = {"ms": {name: sizes["ms"][name] for name in largest}}
    load_now = " ".join(f"{value:.1f}" for value in os.getloadavg())
    head = "| {} | runs | median, ms | p95, ms | processor, median, ms | peak memory, MiB |\n|---|---:|---:|---:|---:|---:|"
    print(f"""## check

`dev/bench/check.sh`, commit {commit}, {datetime.date.today()}; {os.cpu_count()} cores, {platform.machine()}, Linux. A new process each
run, page cache warm, runs in turn; load at the end {load_now}. Aims: p95 ≤ 10 ms, at least 6 times as fast as one
`docker compose config -q` of the production file, peak memory ≤ 40 MiB, slope ≤ 1.10. The program is the one that people install
(`dev/release/program.sh`), which needs no library of the system; what `cargo install` links loads three of them first.

{head.format("jupiter")}
{rows(jupiter)}

Ratio of the medians {statistics.median(peer) / statistics.median(ours):.1f}, of the 95th percentiles {p95(peer) / p95(ours):.1f}.

{head.format("services")}
{rows(sizes)}

Log-log slope of the medians {slope(sizes):.2f}; between the two largest {slope(between):.2f}.

{head.format("files")}
{rows(files)}

Log-log slope of the medians {slope(files):.2f}. A hundred files are one project: a Compose file, and nginx with a site for each of its
98 services.

Hostile input of up to a megabyte, started through bash (about 2 ms):

{head.format("tree")}
{rows(hostile)}""")


if __name__ == "__main__":
    main()
