# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What a machine that does not go on was doing, kept beside its console.

Three times the registers of every CPU say whether it runs, halts or loops; on
the nested platforms L1 is asked too, as long as it answers.
"""

from . import KtestError

TIMES = 3
_L1 = ("cat /proc/loadavg", "ps -o pid,stat,args", "cat /proc/interrupts",
       "cat /proc/tty/driver/serial",
       'for f in /proc/[0-9]*/task/*; do echo "$f $(cat "$f/comm")"; cat "$f/stack"; done 2>&1; true',
       'for f in /sys/kernel/debug/kvm/*/* /sys/kernel/debug/kvm/*/vcpu*/*; do '
       '[ -f "$f" ] && echo "$f $(cat "$f")"; done; true')


def _monitor(qmp, line):
    return qmp("human-monitor-command", **{"command-line": line})


def _inner(inner):
    """L1 between two looks at L2, so that what counts up is seen."""
    for _ in range(2):
        for line in ("info status", "info registers -a", "info lapic", "info irq"):
            yield f"L2: {line}", _monitor(inner.qmp, line)
        for line in _L1:
            yield f"L1: {line}", inner.run(line)


def _all(guest):
    yield "info status", _monitor(guest.machine.qmp, "info status")
    for _ in range(TIMES):
        yield "info registers -a", _monitor(guest.machine.qmp, "info registers -a")
    yield "info lapic", _monitor(guest.machine.qmp, "info lapic")
    if guest.boot.inner:
        yield from _inner(guest.boot.inner)


def keep(guest):
    """Write it to a file named like @guest's console; never fails, never more than minutes."""
    path = guest.machine.console_path.with_suffix(".hung")
    with path.open("w", encoding="utf-8") as kept:
        try:
            for line, answer in _all(guest):
                kept.write(f"== {line}\n{answer}\n")
        except (KtestError, OSError) as err:
            kept.write(f"== no answer: {err}\n")
    return path
