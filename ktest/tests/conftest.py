# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What all host-side cases share: the short and the long form, and the boots.

A case asks for a quantity and repeats its work that often:

    def test_ten_boots(quantity):
        wanted = quantity("boots.native", required=10, short=1)
        for _ in range(wanted.count):
            ...
            wanted.done += 1

'make test' runs the short count, 'make soak' the required one, and the soak
run keeps what was really done in build/report/soak.json.
"""

from dataclasses import dataclass
import json
from pathlib import Path
import signal
import sys

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

# pylint: disable=wrong-import-position
from ktest.lib import kernel  # noqa: E402
from ktest.lib.alone import alone  # noqa: E402
from ktest.lib.paths import REPORT  # noqa: E402

RECORDS = REPORT / "soak.json"


def pytest_addoption(parser):
    """--soak: the long forms."""
    parser.addoption("--soak", action="store_true", help="run the counts that are required")


def pytest_configure(config):
    """Name the marker, so that a misspelt one is refused; SIGTERM ends a run in order."""
    # As from the terminal: fixtures end what they have begun.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.addinivalue_line("markers", "soak: too long for 'make test'; 'make soak' runs it")


def pytest_collection_modifyitems(config, items):
    """Cases that are marked soak are not part of the short form at all."""
    if not config.getoption("--soak"):
        long = [i for i in items if i.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=long)
        items[:] = [i for i in items if i not in long]


@dataclass
class Quantity:
    """How often a case is to do its work, and how often it did."""

    name: str
    required: int
    count: int
    seed: int = 0
    done: int = 0
    kernel: str = "release"          # the build that was booted,
    image: Path | None = None        # or an image of another's


def keep(record):
    """Replace the record of the same name in soak.json."""
    with alone("soak.json"):
        records = json.loads(RECORDS.read_text()) if RECORDS.exists() else []
        records = [r for r in records if r["name"] != record["name"]] + [record]
        RECORDS.parent.mkdir(parents=True, exist_ok=True)
        RECORDS.write_text(json.dumps(sorted(records, key=lambda r: r["name"]), indent=1) + "\n")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Let fixtures see whether the case passed."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.call_outcome = report.outcome


@pytest.fixture
def quantity(request):
    """A function that grants a Quantity; see the module's text."""
    soak = request.config.getoption("--soak")
    granted = []

    def grant(name, required, short, seed=0):
        one = Quantity(name, required, required if soak else short, seed)
        print(f"{name}: {one.count} of {required}")
        granted.append(one)
        return one

    yield grant
    outcome = getattr(request.node, "call_outcome", "")
    for one in granted if soak else ():
        image = one.image or kernel.image(one.kernel)
        passed = outcome == "passed" and one.done >= one.required
        keep({"name": one.name, "required": one.required, "done": one.done, "seed": one.seed,
              "result": "pass" if passed else "skip" if outcome == "skipped" else "fail",
              "image_sha256": kernel.sha256(image) if image.exists() else ""})
    missed = [f"{one.name}: {one.done} of {one.count}" for one in granted if one.done < one.count]
    assert not (outcome == "passed" and missed), f"passed without doing all of it: {', '.join(missed)}"
