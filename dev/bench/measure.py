#!/usr/bin/python3
"""measure.py ROUNDS JOBS.json: runs commands in turn, round after round, and prints what they took as JSON.

JOBS is a list of {"name", "command": […], "fresh": folder or null}; `fresh` is set aside before each run, outside the clock.
It is not removed: ext4 searches past every inode that was deleted a short while ago, so a folder that is removed for the next
run would be paid for by the next run (https://github.com/torvalds/linux/blob/v6.12/fs/ext4/ialloc.c, `recently_deleted`).
Turns instead of blocks: what else the machine does falls on all alike. Times are wall clock, from spawn to exit, and the
processor's time (user and system), which other processes lengthen far less. Peak memory comes from GNU time, in one run more: the kernel counts a parent's memory for a child, and that parent is small.
"""

import itertools
import json
import os
import subprocess
import sys
import time


aside = itertools.count()


def set_aside(folder: str | None) -> None:
    if folder and os.path.exists(folder):
        os.rename(folder, f"{folder}.{next(aside)}")


def run(job: dict) -> tuple[float, float]:
    set_aside(job["fresh"])
    quiet = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    began = time.perf_counter()
    child = os.posix_spawn(job["command"][0], job["command"], os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    took = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"failed: {' '.join(job['command'])}")
    return took * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def peak_mebibytes(job: dict) -> float:
    set_aside(job["fresh"])
    timed = ["/usr/bin/time", "-f", "%M", *job["command"]]
    said = subprocess.run(timed, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True).stderr
    return int(said.split()[-1]) / 1024


def main() -> None:
    rounds = int(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        jobs = json.load(file)
    for job in jobs:
        run(job)  # the page cache is warm, for all
    times: dict[str, list[float]] = {job["name"]: [] for job in jobs}
    cpu: dict[str, list[float]] = {job["name"]: [] for job in jobs}
    for _ in range(rounds):
        for job in jobs:
            wall, busy = run(job)
            times[job["name"]].append(wall)
            cpu[job["name"]].append(busy)
    peaks = {job["name"]: max(peak_mebibytes(job) for _ in range(5)) for job in jobs}
    json.dump({"ms": times, "cpu_ms": cpu, "peak_mib": peaks}, sys.stdout)


main()
