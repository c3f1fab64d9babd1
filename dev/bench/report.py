#!/usr/bin/python3
"""report.py COMMIT JUPITER.json SIZES.json WARM_MS FILES BYTES: the Markdown of docs/figures.md from what measure.py printed."""

import json
import math
import os
import platform
import statistics
import sys
from datetime import datetime, timezone


def rank(values: list[float], share: float) -> float:
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def p95_interval(values: list[float]) -> tuple[float, float]:
    """95 % interval of the 95th percentile, from order statistics (normal approximation of the binomial)."""
    count = len(values)
    half = 1.96 * math.sqrt(count * 0.95 * 0.05)
    ordered = sorted(values)
    low, high = math.floor(0.95 * count - half), math.ceil(0.95 * count + half)
    return ordered[max(0, low - 1)], ordered[min(count, high) - 1]


def slope(sizes: list[int], times: list[float]) -> float:
    x, y = [math.log(size) for size in sizes], [math.log(time) for time in times]
    return statistics.linear_regression(x, y).slope


def main() -> None:
    commit, jupiter_path, sizes_path, warm, files, size = sys.argv[1:]
    with open(jupiter_path, encoding="utf-8") as file:
        jupiter = json.load(file)
    with open(sizes_path, encoding="utf-8") as file:
        sizes = json.load(file)
    rounds = len(next(iter(jupiter["ms"].values())))
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d")

    print("## generate\n")
    print(f"`dev/bench/generate.sh`, commit {commit}, {now}; {os.cpu_count()} cores, {platform.machine()}, Linux. A new process each")
    print(f"run, page cache warm, runs in turn ({rounds} rounds). Wall clock from spawn to exit; processor time is user + system.")
    print(f"Load of the machine at the end (1, 5, 15 minutes): {' '.join(f'{load:.1f}' for load in os.getloadavg())}; above the")
    print("number of cores, wall clock says more about the neighbours than about the programs.")
    print(f"Jupiter: {files} files, {int(size) / 1024:.0f} KiB. Aims: p95 ≤ 15 ms, peak memory ≤ 40 MiB.\n")
    print("| jupiter | runs | median, ms | p95, ms | 95 % interval of p95, ms | max, ms | processor, median, ms | peak memory, MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, times in jupiter["ms"].items():
        low, high = p95_interval(times)
        print(f"| {name} | {len(times)} | {statistics.median(times):.1f} | {rank(times, 0.95):.1f} | {low:.1f} to {high:.1f} "
              f"| {max(times):.1f} | {statistics.median(jupiter['cpu_ms'][name]):.1f} | {jupiter['peak_mib'][name]:.1f} |")
    print(f"\nThe Jinja2 peer renders the same bytes from templates made from them (loops unrolled, no YAML, no validation, no")
    print(f"hashes), so it is a lower bound. In a process that has compiled its templates already, its render alone takes {warm} ms.\n")

    print("| services | runs | median, ms | p95, ms | processor, median, ms | peak memory, MiB |")
    print("|---:|---:|---:|---:|---:|---:|")
    for name, times in sizes["ms"].items():
        print(f"| {name} | {len(times)} | {statistics.median(times):.1f} | {rank(times, 0.95):.1f} "
              f"| {statistics.median(sizes['cpu_ms'][name]):.1f} | {sizes['peak_mib'][name]:.1f} |")
    counts = [int(name) for name in sizes["ms"]]
    per_round = [slope(counts, list(times)) for times in zip(*sizes["ms"].values())]
    last = [slope(counts[-2:], list(times)) for times in zip(*list(sizes["ms"].values())[-2:])]

    def stated(values: list[float]) -> str:
        return f"{statistics.mean(values):.2f} ± {1.96 * statistics.stdev(values) / math.sqrt(len(values)):.2f}"

    print(f"\nLog-log slope over all sizes {stated(per_round)} (aim ≤ 1.10); between the two largest, where fixed costs weigh least,")
    print(f"{stated(last)}. One slope per round; mean and 95 % interval.")
    medians = [statistics.median(times) for times in sizes["cpu_ms"].values()]
    print(f"Of the medians of processor time: {slope(counts, medians):.2f}, between the two largest {slope(counts[-2:], medians[-2:]):.2f}.")


main()
