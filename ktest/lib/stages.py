# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The stages of 'make test' with their time budgets, and the count of what passed."""

from dataclasses import dataclass
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

from .paths import KTEST, REPORT, ROOT

PYTHON = sys.executable


@dataclass
class Count:
    """How many checks passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed,
                     self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def _run(*words, **how):
    """Run it from the top of the repository and return its status.

    What ends us lets it end in order first: it has guests, taps and mounts.
    """
    with subprocess.Popen([str(w) for w in words], cwd=ROOT, stdin=subprocess.DEVNULL,
                          **how) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has told it as well.
            process.wait()
            raise
        except SystemExit:
            process.terminate()
            process.wait()
            raise


def command(*words):
    """Run one of our own tools; 1 passed or 1 failed."""
    return Count(failed=1) if _run(*words) else Count(passed=1)


def _pytest(*options, **how):
    """Run pytest over the cases; return its exit status."""
    return _run(PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, KTEST / "tests",
                env=dict(os.environ, PYTHONPATH=str(ROOT)), **how)


def pytest(*options, jobs=1):
    """Run the host-side cases, @jobs files at a time; count them from pytest's own report."""
    path = REPORT / "pytest.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    # What cases print is kept there: the figures are in it.
    status = _pytest("--tb=short", "-rfEs", f"--junitxml={path}", "-o", "junit_logging=system-out",
                     "-n", str(jobs if jobs > 1 else 0), "--dist", "loadfile", *options)
    if not path.exists():
        return Count(failed=1)
    total = Count()
    for suite in xml.parse(path).getroot().iter("testsuite"):
        bad = int(suite.get("failures")) + int(suite.get("errors"))
        skipped = int(suite.get("skipped"))
        total += Count(int(suite.get("tests")) - bad - skipped, bad, skipped)
    if status and not total.failed:
        total.failed = 1
    return total


def any_case(*options):
    """Does pytest find a case with these options?"""
    return not _pytest("--collect-only", *options, stdout=subprocess.DEVNULL)


def counted(report, *words):
    """Run one of our own tools and count the results that it leaves in @report."""
    path = REPORT / report
    path.unlink(missing_ok=True)
    one = command(*words)
    if not path.exists():
        return one
    results = re.findall(r'"result": "(\w+)"', path.read_text())
    counts = Count(results.count("pass"), results.count("fail"), results.count("skip"))
    return counts if not one.failed or counts.failed else counts + one


def lint():
    """Run scripts/lint and count its checks."""
    return counted("lint.json", ROOT / "scripts" / "lint")


def builds(*options):
    """Run scripts/buildmatrix for some rows and count them."""
    return counted("builds-some.json", ROOT / "scripts" / "buildmatrix", *options)


def run(stages):
    """Run [(name, budget in minutes, function)]; return the exit status.

    A stage that takes twice its budget fails, with its time.
    """
    total, rows = Count(), []
    for name, budget, function in stages:
        print(f"stage: {name} (budget {budget} min)", flush=True)
        start = time.monotonic()
        count = function()
        minutes = (time.monotonic() - start) / 60
        if minutes > 2 * budget:
            print(f"stage: {name}: took {minutes:.1f} min, more than twice its {budget} min")
            count.failed += 1
        print(f"stage: {name}: {count} in {minutes:.1f} of {budget} min", flush=True)
        rows.append({"name": name, "budget": budget, "minutes": round(minutes, 2),
                     "passed": count.passed, "failed": count.failed, "skipped": count.skipped})
        total += count
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / "stages.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(total)
    return 1 if total.failed or not total.passed else 0
