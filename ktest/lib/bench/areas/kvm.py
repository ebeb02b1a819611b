# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The basic operations in a KVM guest, beside native on the same processor model.

What is counted in the guest includes what KVM in L1 executes for it, as it
does with other hypervisors.  Entering and leaving the guest is no instruction
and not counted; the processor model is the one that has SVM.
"""

from functools import partial

from ... import direct, twice
from .. import Step, operations

NAME = "kvm"
TITLE = "operations of a KVM guest, against native"
CASES = ["getppid", "anonfault", "fork", "pipe"]
OURS, PEER = "kvm", "native"
SUBJECTS = {"native": direct.SVM_CPU, "kvm": ""}
# With mitigations, entry and exit are other code.
MITIGATIONS = {"instructions": "mitigations=off", "instructions-mitigated": ""}
# A boot that stands still is done again, so it is not waited for as long as another.
SECONDS = 60


def _measure(subject, metric):
    console = f"bench-kvm-{subject}-{metric}"
    text = twice.again(partial(operations.run, subject, CASES, cmdline=MITIGATIONS[metric],
                               model=SUBJECTS[subject], console=console, timeout=SECONDS),
                       console)
    return operations.instructions(NAME, subject, text, metric)


def steps(short=False):
    """A boot a subject, with mitigations and without."""
    del short
    return [Step(f"{subject}, {metric}", 60, partial(_measure, subject, metric))
            for metric in MITIGATIONS for subject in SUBJECTS]
