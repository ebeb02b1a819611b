# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The benchmark: areas that measure, records of what was measured, reports.

An area is a module below areas/ that states NAME, TITLE (one line for the
reader) and

    steps(short) -> list of Step

A step is one boot or a few.  What it returns is a list of records; see
records.py.  Steps run side by side, each in a process of its own.

What an area wants to reach it says as GOALS, a list of Goal, or in short as
WANTED ({case: multiple of PEER's instructions}) for the subject OURS, and as
ALSO_WANTED ({subject: the same}) for others.
"""

from dataclasses import dataclass
from typing import Callable


@dataclass
class Step:
    """One piece of work with a name, and how long it takes on an idle machine."""

    title: str
    seconds: float
    run: Callable[[], list]


@dataclass
class Goal:
    """What @subject is to reach in @case: at most @most times what @peer takes.

    Without a @peer, @most is the value itself.
    """

    case: str
    subject: str
    most: float
    peer: str = ""
    metric: str = "instructions"


def goals(module):
    """All goals of an area."""
    ours, peer = getattr(module, "OURS", module.NAME), getattr(module, "PEER", "native")
    wanted = {ours: getattr(module, "WANTED", {}), **getattr(module, "ALSO_WANTED", {})}
    return [*(Goal(case, subject, most, peer)
              for subject, cases in wanted.items() for case, most in cases.items()),
            *getattr(module, "GOALS", [])]
