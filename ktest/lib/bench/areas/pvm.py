# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Operations of the system on PVM, beside native and Xen PV.

Every subject has the same processor model but for SMAP and SMEP, which Xen's
PV guests do not survive under TCG.
"""

from functools import partial

from .. import Step, operations

NAME = "pvm"
TITLE = "operations of a PVM guest, against native and Xen PV"
CASES = ["getppid", "read", "anonfault", "fork", "exec", "pipe", "switch", "signal", "mmap",
         "munmap", "mprotect", "reprotect", "futex", "timer"]
SHORT = ["getppid", "anonfault", "fork", "pipe"]
OURS, PEER = "pvm", "native"
REPEAT = 40
# subject: platform, words for the reference host
SUBJECTS = {"native": ("native", ""), "xen-pv": ("xen-pv", ""), "pvm": ("pvm", ""),
            "pvm-slow": ("pvm", "noswitch")}
NOTES = {"pvm-slow": "every event and system call through the host's C code (noswitch)"}
# case: at most this multiple of native's instructions, without mitigations
WANTED = {"getppid": 1.5, "anonfault": 1.45, "fork": 1.5, "pipe": 1.3}


def _measure(subject, cases):
    platform, options = SUBJECTS[subject]
    text = operations.run(platform, cases, cmdline="mitigations=off", options=options,
                          counters=REPEAT if platform == "pvm" else 0,
                          console=f"bench-pvm-{subject}")
    made = operations.instructions(NAME, subject, text)
    if platform == "pvm":
        total = {case: n * REPEAT for case, n in operations.sizes(text).items()}
        made += operations.transitions(NAME, subject, text, total)
    return made


def _mitigated(subject, cases):
    platform, options = SUBJECTS[subject]
    text = operations.run(platform, cases, options=options, console=f"bench-pvm-{subject}-default")
    return operations.instructions(NAME, subject, text, "instructions-mitigated")


def steps(short=False):
    """One boot a subject; the long form again with the default mitigations."""
    cases = SHORT if short else CASES
    subjects = [s for s in SUBJECTS if not (short and s in NOTES)]
    work = [Step(f"{s}, {len(cases)} operations", 25, partial(_measure, s, cases))
            for s in subjects]
    if not short:
        work += [Step(f"{s}, default mitigations", 20, partial(_mitigated, s, CASES))
                 for s in subjects]
    return work
