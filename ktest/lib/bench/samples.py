# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Samples that ktest/guest/bench-ops.c prints, and what is made of them."""

from dataclasses import dataclass
import re
import statistics

from .. import KtestError

WANTED = 15          # samples that a figure needs at least
_LINE = re.compile(r"^BENCH ([\w-]+) (\d+)((?: \d+\*?)+)\s*$", re.M)


@dataclass
class Figure:
    """The median of what one operation cost, and how far apart the samples were."""

    case: str
    median: float
    spread: float      # percent of the median between the lowest and the highest
    samples: int


def figure(case, operations, counts):
    """Drop the first repetition and samples marked '*', which a timer tick hit."""
    good = [int(c) / operations for c in counts[1:] if not c.endswith("*")]
    if len(good) < WANTED:
        raise KtestError(f"{case}: {len(good)} samples without a tick, {WANTED} are needed")
    median = statistics.median(good)
    return Figure(case, median, 100 * (max(good) - min(good)) / median, len(good))


def missing(text, cases):
    """Which of @cases a guest's console has no samples of."""
    return sorted(set(cases) - {case for case, _, _ in _LINE.findall(text)})


def read(text):
    """The figures of a guest's console."""
    return [figure(case, int(operations), counts.split())
            for case, operations, counts in _LINE.findall(text)]
