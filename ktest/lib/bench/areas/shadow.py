# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Memory for shadow page tables: all virtual CPUs share them."""

from functools import partial

from ... import KtestError, boot
from .. import Goal, Step, operations
from ..records import record

NAME = "shadow"
TITLE = "shadow pages of the reference PVM host, by virtual CPUs"
CPUS = [1, 2, 4, 8]
CASE = "processes"
CHART, PEER = "pages", "1-cpu"
NOTES = {CASE: "eight, which go over 8 MiB each again and again while it is counted, in a guest "
               "that has filled its memory"}
GOALS = [Goal(CASE, f"{n}-cpu", 1.1, PEER, CHART) for n in CPUS[1:]]


def _measure(cpus):
    """Shadow pages in use while the processes work on @cpus virtual CPUs."""
    result = boot.run("pvm", test="bench", cpus=cpus, memory="1G",
                      cmdline=f"{operations.STEADY} bench.parallel=8",
                      console=f"bench-shadow-{cpus}")
    if not result.ok:
        raise KtestError(result.explain())
    counters = operations.blocks(result.console.text).get("parallel", {}).get("running")
    if not counters:
        raise KtestError("the reference host did not print its counters: has the kernel DEVPORT?")
    # a counter that is 0 is not printed
    pages = counters["shadow_pages"] - counters.get("shadow_pages_free", 0)
    return [record(NAME, CASE, f"{cpus}-cpu", CHART, pages, "pages")]


def steps(short=False):
    """A boot a number of virtual CPUs."""
    del short
    return [Step(f"{n} virtual CPUs", 30, partial(_measure, n)) for n in CPUS]
