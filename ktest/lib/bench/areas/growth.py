# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""How cost grows: with a process's memory, the guest's memory, its processors, and rings."""

from functools import partial
import re

from ... import KtestError, boot
from .. import Step, operations
from ..records import record

NAME = "growth"
TITLE = "how cost grows"
PLATFORMS = ["native", "xen-pv", "pvm"]
# MiB of the process that forks; with more there is a tick in every sample.
FORKS = [1, 2, 4, 8]
MEMORY = [256, 512, 1024, 2048, 4096, 8192]
CPUS = [1, 2, 4, 8]
TITLES = {"fork": ("fork by memory of the process", "MiB"),
          "boot": ("boot to user space by memory of the guest", "MiB"),
          "shadow": ("shadow pages of the reference host by virtual CPUs", "virtual CPUs")}


def _forks(platform):
    cases = [f"fork-{size}" for size in FORKS]
    text = operations.run(platform, cases, cmdline="mitigations=off", memory="2G",
                          console=f"bench-growth-fork-{platform}")
    return operations.instructions(NAME, platform, text)


def _boot(platform, megabytes):
    """Instructions and idle time until user space starts, by the time stamp counter."""
    text = operations.run(platform, ["getppid"], count=16, cmdline="mitigations=off",
                          memory=f"{megabytes}M", console=f"bench-growth-boot-{platform}")
    started = int(re.search(r"^BENCH START (\d+)", text, re.M).group(1))
    return [record(NAME, f"boot-{megabytes}", platform, "instructions", started, "instructions")]


def _shadow(cpus):
    """Shadow pages in use while eight processes work on @cpus virtual CPUs."""
    result = boot.run("pvm", test="bench", cpus=cpus, memory="2G",
                      cmdline=f"{operations.STEADY} bench.parallel=8",
                      console=f"bench-growth-shadow-{cpus}")
    if not result.ok:
        raise KtestError(result.explain())
    counters = operations.blocks(result.console.text).get("parallel", {}).get("running")
    if not counters:
        raise KtestError("the reference host did not print its counters: has the kernel DEVPORT?")
    # a counter that is 0 is not printed
    pages = counters["shadow_pages"] - counters.get("shadow_pages_free", 0)
    return [record(NAME, f"shadow-{cpus}", "pvm", "pages", pages, "pages")]


def steps(short=False):
    """Forks on each platform, boots by memory, shadow pages by virtual CPUs."""
    del short
    return [*(Step(f"fork, {p}", 20, partial(_forks, p)) for p in PLATFORMS),
            *(Step(f"boot, {p}, {m} MiB", 8, partial(_boot, p, m))
              for p in ("native", "pvm") for m in MEMORY),
            *(Step(f"shadow pages, {n} virtual CPUs", 30, partial(_shadow, n)) for n in CPUS)]


def series(table):
    """[(title, {subject: [(x, y)]}, unit of x)] for the report's charts."""
    found = {}
    for r in table.records:
        if r["area"] == NAME and r["metric"] in ("instructions", "pages"):
            what, _, size = r["case"].rpartition("-")
            line = found.setdefault(what, {}).setdefault(r["subject"], [])
            line.append((int(size), r["value"]))
    return [(TITLES[what][0], lines, TITLES[what][1]) for what, lines in found.items()]
