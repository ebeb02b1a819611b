# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Judge the console of a test guest."""

from dataclasses import dataclass, field
import re

from .paths import KTEST

# Lines that fail a boot wherever they stand.  A test's own output does not
# contain them: init and the scripts prefix what they say.
_SPLAT = re.compile(
    r"(?:\bOops\b.*\[#|Kernel panic - not syncing|\bBUG: |\bWARNING: (?!can't open)|kernel BUG at "
    r"|INFO: task .* blocked for more than|rcu: INFO: rcu_\w+ .*detected|\bUBSAN: "
    r"|general protection fault|unable to handle page fault|INFO: possible (?:circular|recursive)"
    r"|kmemleak: \d+ new suspected|Unhandled fault|soft lockup|detected stall"
    r"|\(XEN\).*(?:FATAL|domain_crash|Domain 0 crashed)|double fault:)")
_TRACE = re.compile(r"Call Trace:|\s")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc")
_DONE = re.compile(r"^KTEST DONE (\d+)\s*$", re.M)
_KTAP = re.compile(r"^(?:\[ *\d+\.\d+\] )?(?P<indent> *)(?P<not>not )?ok (?P<number>\d+)"
                   r"(?P<text>.*)$", re.M)


@dataclass
class Console:
    """What a guest wrote, and what is to be said about it."""

    text: str
    problems: list = field(default_factory=list)

    @property
    def status(self):
        """The exit status of the guest's script, or None if it never said so."""
        found = _DONE.findall(self.text)
        return int(found[-1]) if found else None

    @property
    def info(self):
        """The facts that the guest reported."""
        return dict(re.findall(r"^KTEST INFO ([\w.-]+)=(.*?)\s*$", self.text, re.M))

    @property
    def boot_seconds(self):
        """Seconds from the kernel's start to user space, or None."""
        found = re.search(r"^KTEST BOOT ([\d.]+)", self.text, re.M)
        return float(found.group(1)) if found else None

    def suites(self):
        """The names of the top-level tests and suites that ended, however they did."""
        return {match["text"].strip("- ").split(" ")[0]
                for match in _KTAP.finditer(self.text) if not match["indent"]}

    def ktap(self):
        """Every KTAP result line of the lowest level: (result, description).

        result is 'pass', 'fail' or 'skip'; a parent's own line is left out if it did not fail.
        """
        results, lines = [], list(_KTAP.finditer(self.text))
        for here, match in enumerate(lines):
            before = lines[here - 1] if here else None
            parent = before and len(before["indent"]) > len(match["indent"])
            # That of a child that failed says less; any other is news.
            if parent and _result(match) != "fail":
                continue
            results.append((_result(match), match["text"].strip().lstrip("- ")))
        return results


def _result(match):
    """What a line of KTAP says: 'pass', 'fail' or 'skip'."""
    if match["not"]:
        return "fail"
    return "skip" if re.search(r"# SKIP\b", match["text"], re.I) else "pass"


def clean(raw):
    """Console bytes as text: no escape sequences, no carriage returns."""
    return _ANSI.sub("", raw.decode(errors="replace").replace("\r", ""))


def allowances():
    """The committed list of warnings that are known and why: [(platforms, pattern)]."""
    found = []
    for line in (KTEST / "console-allow.txt").read_text().split("\n"):
        if line.strip() and not line.startswith("#"):
            platforms, pattern = line.split(None, 1)
            found.append((platforms.split(","), re.compile(pattern)))
    return found


def _allowed(platform, text, allowed):
    return any(("*" in names or platform in names) and pattern.search(text)
               for names, pattern in allowed)


def judge(raw, platform, expect_splat=None):
    """Read @raw console output; problems lists why it is not clean.

    @expect_splat: a pattern of splats that this very test provokes.
    """
    console = Console(clean(raw))
    console.problems += splats(console.text, platform, expect_splat)
    if console.status is None:
        console.problems.append("the guest did not finish its test")
    elif console.status:
        console.problems.append(f"the guest's test ended with status {console.status}")
    console.problems += [f"not ok: {text}" for result, text in console.ktap() if result == "fail"]
    return console


def splats(console, platform, expect_splat=None):
    """The lines of a console's text that no boot of @platform may have; see judge()."""
    allowed, found = allowances(), []
    forgiven = False
    for line in console.split("\n"):
        text = re.sub(r"^(?:\(\d+\) )?\[ *\d+\.\d+\] ", "", line.rstrip())
        warned = text.startswith("KTEST WARN ")
        if not warned and not _SPLAT.search(text):
            continue
        text = text.removeprefix("KTEST WARN ")
        # A trace belongs to the message before it.
        if warned and forgiven and _TRACE.match(text):
            continue
        forgiven = bool(expect_splat and re.search(expect_splat, text)) \
            or _allowed(platform, text, allowed)
        if not forgiven and text not in found:
            found.append(text)
    return found
