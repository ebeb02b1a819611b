# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Run the steps of areas in turn; say how far it is and how long it will take."""

import json
import time

from .. import KtestError
from ..paths import REPORT
from . import areas, records

TIMES = REPORT / "bench-times.json"


def _times():
    return json.loads(TIMES.read_text()) if TIMES.exists() else {}


def _clock(seconds):
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"


class Progress:
    """How long steps take: as in the last run, or else as they say themselves."""

    def __init__(self, work):
        known = _times()
        self._expected = [known.get(f"{area}: {step.title}", step.seconds) for area, step in work]
        self._taken = {}
        self._spent = self._planned = 0.0

    def left(self, number):
        """Seconds from step @number to the end, at the speed seen so far."""
        speed = self._spent / self._planned if self._planned else 1
        return speed * sum(self._expected[number:])

    def done(self, number, name, seconds):
        """Step @number took @seconds."""
        self._spent += seconds
        self._planned += self._expected[number]
        self._taken[name] = round(seconds, 1)

    def keep(self):
        """Remember the times for the next run."""
        TIMES.parent.mkdir(parents=True, exist_ok=True)
        TIMES.write_text(json.dumps(_times() | self._taken, indent=1) + "\n")


def run(chosen, short=False):
    """Measure the areas @chosen; return (records, what failed)."""
    work = [(name, step) for name in chosen for step in areas.get(name).steps(short)]
    progress, made, failed = Progress(work), [], []
    for number, (area, step) in enumerate(work):
        print(f"bench: {number + 1} of {len(work)}, {_clock(progress.left(number))} left: "
              f"{area}: {step.title}", flush=True)
        start = time.monotonic()
        try:
            made += step.run()
        except KtestError as err:
            failed.append(f"{area}: {step.title}: {err}")
            print(f"bench: FAILED {failed[-1]}", flush=True)
        progress.done(number, f"{area}: {step.title}", time.monotonic() - start)
    progress.keep()
    return made, failed


def keep(made):
    """Put the records into bench.json and return all that is there."""
    if made:
        records.write(made)
    return records.Table(records.read())
