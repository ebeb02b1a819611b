# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Run ktest/guest/bench-ops.c on a platform and make records of it."""

from contextlib import contextmanager
import os
import re

from .. import KtestError, boot, initramfs
from ..platforms import pvm
from . import samples
from .records import record

# No address is random: the same code takes the same path in every run.
STEADY = "nokaslr norandmaps kunit.enable=0"
_BLOCK = re.compile(r"^BENCH COUNTERS (\S+) (\S+)\s*$(.*?)^pvmhost: counters end", re.M | re.S)
_COUNTER = re.compile(r"^pvmhost: counter (\S+) (\d+)", re.M)


@contextmanager
def host_options(words):
    """Start reference PVM hosts with these option words meanwhile."""
    before = os.environ.get(pvm.HOST_OPTIONS)
    os.environ[pvm.HOST_OPTIONS] = f"{before or ''} {words}".strip()
    try:
        yield
    finally:
        if before is None:
            del os.environ[pvm.HOST_OPTIONS]
        else:
            os.environ[pvm.HOST_OPTIONS] = before


def run(platform, cases, count=20, cmdline="", counters=0, options="", **fields):
    """Boot @platform with one counting CPU and do @cases; return the console's text.

    @counters: how often to repeat each case between two readings of the
    reference PVM host's counters; @options: words for that host; @fields: of Boot.
    """
    words = (f"{STEADY} bench.samples={count} bench.cases={','.join(cases)} "
             f"bench.counters={counters} {cmdline}")
    with host_options(options):
        result = boot.run(platform, test="bench", cpus=1, icount=True, cmdline=words, **fields)
    if not result.ok:
        raise KtestError(result.explain())
    lost = samples.missing(result.console.text, cases)
    if lost:
        raise KtestError(f"{platform}: no samples of {' '.join(lost)}")
    return result.console.text


def _said(result, pattern, what):
    """The match of what the guest of @result said; it is an error if it failed or did not."""
    found = re.search(pattern, result.console.text, re.M)
    if not result.ok or not found:
        raise KtestError(result.explain() if not result.ok else f"the guest {what}")
    return found


def until_user_space(platform, **fields):
    """Instructions from reset to the first one of user space, which is the same for all kernels.

    @fields: of Boot; cmdline is added to.
    """
    fields["cmdline"] = f"{STEADY} {fields.get('cmdline', '')}"
    result = boot.run(platform, cpus=1, icount=True, initrd=initramfs.alone("bench-boot"), **fields)
    return int(_said(result, r"^BENCH START (\d+)", "said no count")[1])


def instructions(area, subject, text, metric="instructions"):
    """Records of the instructions an operation took, and of the spread."""
    made = []
    for one in samples.read(text):
        made.append(record(area, one.case, subject, metric, one.median, "instructions"))
        made.append(record(area, one.case, subject, f"{metric}-spread", one.spread, "%"))
    return made


def idle(area, subject, platform, case, options="", cmdline="", cpus=1, seconds=60):
    """A record of how often the CPUs of an idle guest leave idle."""
    with host_options(options):
        result = boot.run(platform, test="bench", cpus=cpus, icount=True,
                          cmdline=f"{STEADY} bench.idle={seconds} {cmdline}",
                          console=f"bench-{area}-{subject}-{case}")
    found = _said(result, r"^BENCH IDLE (\d+) (\d+)", "counted nothing")
    return [record(area, case, subject, "wakeups", int(found[2]) / int(found[1]), "per second")]


def blocks(text):
    """{case: {part: {counter: value}}} of what the reference host was asked for."""
    found = {}
    for case, part, body in _BLOCK.findall(text):
        found.setdefault(case, {})[part] = {n: int(v) for n, v in _COUNTER.findall(body)}
    return found


def _transitions(counts):
    """All entries to the host: through the switcher, and through C by reason."""
    return sum(v for n, v in counts.items() if n.startswith(("exit.", "switcher.")))


def transitions(area, subject, text, operations):
    """Records of entries to the host and CR3 loads an operation.

    @operations: {case: operations in all repetitions}.
    """
    made = []
    for case, read in blocks(text).items():
        def taken(name, read=read):
            first, middle, last = (read[p].get(name, 0) for p in ("frame", "repeat", "end"))
            return (last - middle) - (middle - first)

        delta = {name: taken(name) for name in read["end"]}
        count = operations[case]
        slow = sum(v for n, v in delta.items() if n.startswith("exit."))
        made += [record(area, case, subject, "transitions", _transitions(delta) / count, "per op"),
                 record(area, case, subject, "transitions-through-c", slow / count, "per op"),
                 record(area, case, subject, "cr3-loads", delta.get("cr3_loads", 0) / count,
                        "per op")]
        made += [record(area, case, subject, name, v / count, "per op")
                 for name, v in sorted(delta.items())
                 if name.startswith(("exit.", "hypercall.")) and v / count >= 0.05]
    return made


def sizes(text):
    """{case: operations a sample} of a console."""
    return {case: int(n) for case, n in re.findall(r"^BENCH ([\w-]+) (\d+) \d", text, re.M)}
