# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Run the steps of areas in turn; say how far it is and how long it will take."""

import json
import time

from .. import KtestError, kernel
from ..paths import REPORT
from . import areas, records

TIMES = REPORT / "bench-times.json"
# Which image an area was measured on: {area: sha256}.
IMAGES = REPORT / "bench-images.json"


def _read(path):
    return json.loads(path.read_text()) if path.exists() else {}


def _add(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_read(path) | values, indent=1) + "\n")


def _clock(seconds):
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"


class Progress:
    """How long steps take: as in the last run, or else as they say themselves."""

    def __init__(self, work):
        known = _read(TIMES)
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
        _add(TIMES, self._taken)


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
        image = kernel.sha256(kernel.image())
        _add(IMAGES, {area: image for area in {r["area"] for r in made}})
    return records.Table(records.read())
