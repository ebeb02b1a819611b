# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Operations of the system on PVM, beside native and Xen PV.

Every subject has the same processor model but for SMAP and SMEP, which Xen's
PV guests do not survive under TCG.
"""

from functools import partial

from .. import Goal, Step, operations, programs

NAME = "pvm"
TITLE = "operations of a PVM guest, against native and Xen PV"
CASES = ["getppid", "read", "anonfault", "fork", "exec", "pipe", "switch", "signal", "mmap",
         "munmap", "mprotect", "reprotect", "futex", "timer"]
SHORT = ["getppid", "anonfault", "fork", "pipe"]
OURS, PEER = "pvm", "native"
REPEAT = 40
# subject: platform, words for the reference host
SUBJECTS = {"native": ("native", ""), "xen-pv": ("xen-pv", ""), "pvm": ("pvm", ""),
            "pvm-intent": ("pvm", "intent"), "pvm-slow": ("pvm", "noswitch")}
NOTES = {"pvm-intent": "with the extension of Documentation/virt/pvops/pvm-intent.rst",
         "pvm-slow": "every event and system call through the host's C code (noswitch)",
         "wake-2cpu, ipi-2cpu, shootdown-2cpu":
             "on two virtual CPUs: a thread wakes one on the other CPU, which wakes it; an "
             "interrupt to the other CPU (membarrier); a page taken from both CPUs. "
             "What both execute is counted, waiting included",
         "idle, idle-quiet": "a minute on one virtual CPU; quiet with the settings of "
                             "Documentation/virt/pvops/admin.rst",
         "gcc, hackbench": "whole programs: gcc -O2 of a file of 1,000 lines, hackbench with "
                           "eight processes; timer ticks included"}
# Not in the short form
LONG = ["pvm-slow"]
# case: at most this multiple of native's instructions, without mitigations
WANTED = {"getppid": 1.5, "anonfault": 1.45, "fork": 1.5, "pipe": 1.3}
INTENT_WANTED = {"getppid": 1.5, "anonfault": 1.3, "fork": 1.35, "pipe": 1.3}
GOALS = [*(Goal(case, "pvm", 1 / 1.8, "xen-pv") for case in ("getppid", "fork", "pipe")),
         *(Goal(case, "pvm-intent", 1 / 1.8, "xen-pv") for case in ("getppid", "fork", "pipe")),
         *(Goal(case, "pvm-intent", most, "native") for case, most in INTENT_WANTED.items()),
         *(Goal(case, "pvm", 2, metric="wakeups") for case in ("idle", "idle-quiet"))]
# An idle minute: words for the command line
IDLE = {"idle": "",
        "idle-quiet": "tsc=reliable nowatchdog psi=0 cgroup_disable=memory bench.quiet=1"}


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


def _smp(subject):
    platform, options = SUBJECTS[subject]
    return programs.made(NAME, subject, programs.cases(
        platform, programs.CASES, f"bench-pvm-{subject}-2cpu", cmdline="mitigations=off",
        options=options))


def _programs(subject):
    platform, options = SUBJECTS[subject]
    return programs.made(NAME, subject, programs.programs(
        platform, f"bench-pvm-{subject}-programs", cmdline="mitigations=off", options=options))


def _idle(subject, case):
    platform, options = SUBJECTS[subject]
    return operations.idle(NAME, subject, platform, case, options, IDLE[case])


def steps(short=False):
    """One boot a subject; the long form again with the default mitigations, and more."""
    cases = SHORT if short else CASES
    subjects = [s for s in SUBJECTS if not (short and s in LONG)]
    work = [Step(f"{s}, {len(cases)} operations", 25, partial(_measure, s, cases))
            for s in subjects]
    if not short:
        work += [*(Step(f"{s}, default mitigations", 20, partial(_mitigated, s, CASES))
                   for s in subjects),
                 *(Step(f"{s}, two CPUs", 20, partial(_smp, s)) for s in subjects),
                 *(Step(f"{s}, programs", 150, partial(_programs, s)) for s in subjects),
                 *(Step(f"{s}, a minute of {case}", 20, partial(_idle, s, case))
                   for s in subjects for case in IDLE)]
    return work
