# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What the series costs where nothing of it is used: the same machine without it."""

from functools import partial

from ... import baseline
from .. import Goal, Step, operations
from ..records import record

NAME = "native"
TITLE = "what the series costs on bare hardware"
CASES = ["getppid", "anonfault", "mmap", "fork", "switch"]
OURS, PEER = "release", "base-xen"
# What is booted, and what the reader is told of it.
SUBJECTS = {"base-xen": baseline.KERNELS["base-xen"].note,
            "base-xen-again": "the same image once more: how far two runs are apart",
            "release": "the image of every platform, with drivers and tests",
            "base-noxen": baseline.KERNELS["base-noxen"].note,
            "noxen": baseline.KERNELS["noxen"].note,
            "core": baseline.KERNELS["core"].note}
NOTES = SUBJECTS
WANTED = {"getppid": 1.001, "anonfault": 1.001, "mmap": 1.001, "fork": 1.003, "switch": 1.003,
          "boot": 1.01}
GOALS = [*(Goal(case, "noxen", most, "base-noxen") for case, most in WANTED.items()),
         *(Goal(case, "core", most, PEER) for case, most in WANTED.items()),
         Goal("code", "core", 64 << 10, metric="text-added")]
# With mitigations, Xen PV's or not, entry and exit are other code.
MITIGATIONS = {"instructions": "mitigations=off", "instructions-mitigated": ""}


def _code():
    """The size of the code, and what it is more than without the series."""
    sizes = {name: baseline.text_bytes(name) for name in (PEER, OURS, "core")}
    return [*(record(NAME, "code", name, "text", size, "bytes") for name, size in sizes.items()),
            *(record(NAME, "code", name, "text-added", size - sizes[PEER], "bytes")
              for name, size in sizes.items() if name != PEER)]


def _build(name):
    baseline.image(name)
    return []


def _measure(subject):
    name, made = subject.removesuffix("-again"), []
    if name in baseline.KERNELS:
        baseline.image(name)
    for metric, cmdline in MITIGATIONS.items():
        text = operations.run("native", CASES, cmdline=cmdline, kernel=name,
                              console=f"bench-native-{subject}")
        made += operations.instructions(NAME, subject, text, metric)
        started = operations.until_user_space("native", cmdline=cmdline, kernel=name,
                                              console=f"bench-native-{subject}-boot")
        made.append(record(NAME, "boot", subject, metric, started, "instructions"))
    return made


def steps(short=False):
    """The builds, if any is to be done, then four boots a kernel."""
    del short
    return [*(Step(f"build {name}", 420, partial(_build, name)) for name in baseline.KERNELS),
            *(Step(f"{subject}, {len(CASES)} operations, twice", 40, partial(_measure, subject))
              for subject in SUBJECTS),
            Step("size of the code", 5, _code)]
