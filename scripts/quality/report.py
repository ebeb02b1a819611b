# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Findings, the documented exceptions to them, and the checks that make them."""

from dataclasses import asdict, dataclass
from fnmatch import fnmatch
import re
import threading

from . import ROOT, QualityError
from .steps import Watch, say

EXCEPTIONS = ROOT / "scripts" / "lint-exceptions"


@dataclass
class Finding:
    """One thing that a check does not accept."""

    check: str
    path: str
    line: int
    text: str

    def __str__(self):
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.text} [{self.check}]"


@dataclass
class Exception_:
    """One line of scripts/lint-exceptions."""

    number: int
    check: str
    path: str
    text: str
    reason: str
    used: int = 0

    def covers(self, finding):
        """Is @finding what this line allows?"""
        return (self.check == finding.check and fnmatch(finding.path, self.path)
                and re.search(self.text, finding.text) is not None)


def read_exceptions(path=EXCEPTIONS):
    """Lines of 'check | path pattern | regular expression of the text | reason'."""
    found = []
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) != 4 or len(parts[3]) < 10:
            raise QualityError(f"{path.name}:{number}: not 'check | path | text | reason'")
        found.append(Exception_(number, *parts))
    return found


class Check:
    """A named check; its function takes the context and returns findings.

    The function may set self.scope to say what it looked at ("12 files"); a
    check that looked at nothing says so and does not count as passed.
    """

    def __init__(self, name, function, needs_kernel=False):
        self.name = name
        self.function = function
        self.needs_kernel = needs_kernel
        self.scope = ""
        self.looked = 0
        self.seconds = 0.0
        self.findings = []
        self.excepted = 0
        self.alarms = []
        self.error = ""

    def saw(self, count, what):
        """Say how much was looked at."""
        self.looked = count
        self.scope = f"{count} {what}"

    def find(self, path, line, text):
        """Add a finding."""
        finding = Finding(self.name, str(path), int(line), text)
        if finding not in self.findings:
            self.findings.append(finding)

    def run(self, context, exceptions, lock=threading.Lock()):
        """Do it, print the line, keep what is left after the exceptions."""
        watch = Watch()
        try:
            self.function(self, context)
        except QualityError as err:
            self.error = str(err)
        except Exception as err:  # pylint: disable=broad-exception-caught
            # A check that breaks is a failure of that check, and no reason to lose the others.
            self.error = f"{type(err).__name__}: {err}"
        self.seconds = watch.seconds()
        with lock:
            self._except(exceptions)
        say(self.line())

    def _except(self, exceptions):
        left = []
        for finding in self.findings:
            match = next((e for e in exceptions if e.covers(finding)), None)
            if match:
                match.used += 1
                self.excepted += 1
            else:
                left.append(finding)
        self.findings = left

    @property
    def result(self):
        """pass, fail or skip (nothing there to look at)."""
        if self.error or self.findings:
            return "fail"
        return "pass" if self.looked else "skip"

    def line(self):
        """The progress line."""
        if self.error:
            state = f"FAILED: {self.error}"
        elif self.findings:
            state = f"{len(self.findings)} findings in {self.scope}"
        elif not self.looked:
            state = "skipped: nothing to look at yet"
        else:
            state = f"ok, {self.scope}"
        if self.excepted:
            state += f", {self.excepted} excepted"
        return f"lint: {self.name:<13} {state} ({self.seconds:.1f} s)"

    def record(self):
        """What build/report/lint.json says of it."""
        return {"name": self.name, "result": self.result, "looked_at": self.scope,
                "seconds": self.seconds, "excepted": self.excepted, "error": self.error,
                "findings": [asdict(f) for f in self.findings], "alarms": self.alarms}
