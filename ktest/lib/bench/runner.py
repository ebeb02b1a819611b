# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Run the steps of areas side by side; say how far it is and how long it will take.

Each step is a process of its own: two instruction counters do not disturb each
other, and a step that fails in any way loses nothing but itself.
"""

from dataclasses import dataclass
import json
import multiprocessing
from multiprocessing import connection
import os
import signal
import sys
import time
import traceback

from .. import KtestError, initramfs, kernel
from ..alone import alone
from ..paths import REPORT
from ..platforms import pvm
from . import areas, records

_FORK = multiprocessing.get_context("fork")

TIMES = REPORT / "bench-times.json"
# Which image an area was measured on: {area: sha256}.
IMAGES = REPORT / "bench-images.json"


def _read(path):
    return json.loads(path.read_text()) if path.exists() else {}


def _add(path, values):
    with alone(path.name):
        records.replace(path, json.dumps(_read(path) | values, indent=1) + "\n")


def _clock(seconds):
    return f"{seconds // 60:.0f}:{seconds % 60:02.0f}"


def workers():
    """How many steps run at a time."""
    return int(os.environ.get("JOBS") or os.cpu_count())


def name(area, step):
    """What a step is called in messages and in the file of times."""
    return f"{area}: {step.title}"


class Progress:
    """How long steps take: as in the last run, or else as they say themselves."""

    def __init__(self, work):
        known = _read(TIMES)
        self._expected = {n: known.get(name(area, step), step.seconds)
                          for n, (area, step) in enumerate(work)}
        self._taken = {}
        self._spent = self._planned = 0.0

    def left(self):
        """Seconds to the end, at the speed seen so far."""
        speed = self._spent / self._planned if self._planned else 1
        return speed * sum(self._expected.values()) / workers()

    def done(self, number, title, seconds):
        """Step @number took @seconds."""
        self._spent += seconds
        self._planned += self._expected.pop(number)
        self._taken[title] = round(seconds, 1)

    def keep(self):
        """Remember the times for the next run."""
        _add(TIMES, self._taken)


@dataclass
class _Running:
    """A step at work."""

    number: int
    title: str
    process: object
    start: float


def _work(step, end):
    """In a process of its own: do @step and send (records, why it failed)."""
    # in order, so that no guest outlives it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        end.send((step.run(), ""))
    except KtestError as err:
        end.send(([], str(err)))
    except KeyboardInterrupt:
        pass
    except Exception as err:                            # whatever it is, others go on
        end.send(([], f"{type(err).__name__}: {err}\n{traceback.format_exc()}"))


def _start(number, area, step):
    """Start a step; return (where its result will come from, the step at work)."""
    near, far = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_work, args=(step, far))
    process.start()
    far.close()
    return near, _Running(number, name(area, step), process, time.monotonic())


def _receive(end):
    """What a step has sent: (records, why it failed)."""
    try:
        return end.recv()
    except EOFError:
        return [], "ended without a result"
    finally:
        end.close()


def _prepare():
    """What the steps share is made before they run side by side."""
    initramfs.write()
    pvm.host()


class Run:
    """The steps of some areas: waiting, at work, done."""

    def __init__(self, chosen, short):
        self.work = [(area, step) for area in chosen for step in areas.get(area).steps(short)]
        self.progress = Progress(self.work)
        self.waiting = list(enumerate(self.work))
        self.running = {}
        self.found = {}
        self.failed = {}

    def records(self):
        """All records so far, in the order of the steps."""
        return [r for n in sorted(self.found) for r in self.found[n]]

    def whole(self):
        """The records of the areas all of whose steps have succeeded."""
        open_ = {area for _, (area, _) in self.waiting} | set(self.failed) | {
            self.work[one.number][0] for one in self.running.values()}
        return [r for n in sorted(self.found) if self.work[n][0] not in open_
                for r in self.found[n]]

    def fill(self):
        """Start as many steps as run at a time."""
        while self.waiting and len(self.running) < workers():
            number, (area, step) = self.waiting.pop(0)
            print(f"bench: {number + 1} of {len(self.work)}, {_clock(self.progress.left())} left: "
                  f"{name(area, step)}", flush=True)
            end, one = _start(number, area, step)
            self.running[end] = one

    def collect(self):
        """Wait for a step that ends, and take its result."""
        for end in connection.wait(list(self.running)):
            one = self.running.pop(end)
            self.found[one.number], why = _receive(end)
            one.process.join()
            if why:
                said = f"{one.title}: {why}"
                self.failed.setdefault(self.work[one.number][0], []).append(said)
                print(f"bench: FAILED {said}", flush=True)
            self.progress.done(one.number, one.title, time.monotonic() - one.start)

    def stop(self):
        """End what is still at work, and remember the times of what is done."""
        for one in self.running.values():
            one.process.terminate()
        for one in self.running.values():
            one.process.join()
        self.progress.keep()


def run(chosen, short=False, keep_each=False):
    """Measure the areas @chosen; return (records, {area: what failed in it}).

    @keep_each: put every area into bench.json as soon as all of it is there.
    """
    _prepare()
    one = Run(chosen, short)
    image = kernel.sha256(kernel.image()) if keep_each else ""
    try:
        while one.waiting or one.running:
            one.fill()
            one.collect()
            if keep_each:
                keep(one.whole(), image)
    finally:
        one.stop()
    return one.records(), one.failed


def images():
    """{area: checksum of the image that it was measured on}."""
    return _read(IMAGES)


def keep(made, image):
    """Put records that were measured on @image into bench.json, in place of their areas'."""
    if kernel.sha256(kernel.image()) != image:
        raise KtestError("the kernel was built anew meanwhile; what follows is of another image")
    if made:
        records.write(made)
        _add(IMAGES, {area: image for area in {r["area"] for r in made}})
