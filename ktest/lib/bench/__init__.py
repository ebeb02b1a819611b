# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The benchmark: areas that measure, records of what was measured, reports.

An area is a module below areas/ that states NAME, TITLE (one line for the
reader) and

    steps(short) -> list of Step

A step is one boot or a few.  What it returns is a list of records; see
records.py.
"""

from dataclasses import dataclass
from typing import Callable


@dataclass
class Step:
    """One piece of work with a name, and how long it takes on an idle machine."""

    title: str
    seconds: float
    run: Callable[[], list]
