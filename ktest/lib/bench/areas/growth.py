# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""How cost grows: with memory, page tables, processors, packets, rings and balloons."""

from functools import partial

from ... import KtestError, boot, nic
from .. import Step, operations, programs
from ..records import record
from . import balloon, net

NAME = "growth"
TITLE = "how cost grows"
PLATFORMS = ["native", "xen-pv", "pvm"]
# MiB of the process that forks; with more there is a tick in every sample.
FORKS = [1, 2, 4, 8]
# Page tables of which one page is touched.
TABLES = [4, 16, 64, 256]
# The same is the case on Xen, where these take longer than elsewhere.
TOO_LONG = {"xen-pv": {"fork-4", "fork-8", "tables-256"}}
MEMORY = [256, 512, 1024, 2048, 4096, 8192]
CPUS = [1, 2, 4, 8]
BALLOON = [128, 256, 512, 1024, 2048]
PACKETS = 4000
TITLES = {"fork": ("fork by memory of the process", "MiB"),
          "tables": ("first touch of a page, by page tables that it takes", "page tables"),
          "boot": ("boot to user space by memory of the guest", "MiB"),
          "shootdown": ("a page taken from all CPUs, by virtual CPUs that use it",
                        "virtual CPUs"),
          "packet": ("a packet sent in bursts of 32, by its size", "bytes"),
          "ring": ("UDP echo by the size of the rings", "descriptors"),
          "balloon": ("memory taken and given back, by its size", "MiB")}


def _tables(platform):
    cases = [*(f"fork-{size}" for size in FORKS), *(f"tables-{count}" for count in TABLES)]
    cases = [case for case in cases if case not in TOO_LONG.get(platform, ())]
    text = operations.run(platform, cases, cmdline="mitigations=off", memory="2G",
                          console=f"bench-growth-tables-{platform}")
    return operations.instructions(NAME, platform, text)


def _boot(platform, megabytes):
    """Instructions and idle time until user space starts, by the time stamp counter."""
    started = operations.until_user_space(
        platform, cmdline="mitigations=off", memory=f"{megabytes}M",
        console=f"bench-growth-boot-{platform}-{megabytes}")
    return [record(NAME, f"boot-{megabytes}", platform, "instructions", started, "instructions")]


def _shootdown(platform, cpus):
    """All virtual CPUs run a thread of the process."""
    one, = programs.cases(platform, [f"shootdown-{cpus}cpu"],
                          f"bench-growth-shootdown-{platform}-{cpus}", cpus,
                          cmdline="mitigations=off")
    return [record(NAME, f"shootdown-{cpus}", platform, "instructions", one.median,
                   "instructions")]


def _net(driver):
    """Packets of several sizes, and rings of several sizes."""
    result = boot.run("native", net.SAID, test="net", cpus=1, icount=True,
                      cmdline=f"{nic.QUIET} net=grow netdrv={driver} netcount={PACKETS} "
                              "tsc=reliable",
                      devices=nic.pair(driver), files=nic.tools("ip", "ethtool"), timeout=180,
                      console=f"bench-growth-net-{driver}")
    if not result.ok:
        raise KtestError(result.explain())
    return [record(NAME, load, driver, "instructions", value, "instructions")
            for load, value in nic.costs(result.console.text).items()]


def _balloon(driver, size):
    return [record(NAME, f"balloon-{size}", driver, "instructions",
                   sum(balloon.unfragmented(driver, size, 0, "growth")), "instructions")]


def steps(short=False):
    """Everything in TITLES, a boot a subject or a size."""
    del short
    return [*(Step(f"forks and page tables, {p}", 25, partial(_tables, p)) for p in PLATFORMS),
            *(Step(f"boot, {p}, {m} MiB", 8, partial(_boot, p, m))
              for p in ("native", "pvm") for m in MEMORY),
            *(Step(f"shootdown, {p}, {n} virtual CPUs", 15, partial(_shootdown, p, n))
              for p in PLATFORMS for n in CPUS),
            *(Step(f"packets and rings, {d}", 30, partial(_net, d)) for d in net.DRIVERS[:2]),
            *(Step(f"balloon, {d}, {size} MiB", 15, partial(_balloon, d, size))
              for d in balloon.DRIVERS for size in BALLOON)]


def series(table):
    """[(title, {subject: [(x, y)]}, unit of x)] for the report's charts."""
    found = {}
    for r in table.records:
        if r["area"] == NAME and r["metric"] == "instructions":
            what, _, size = r["case"].rpartition("-")
            line = found.setdefault(what, {}).setdefault(r["subject"], [])
            line.append((int(size), r["value"]))
    return [(TITLES[what][0], lines, TITLES[what][1]) for what, lines in found.items()]
