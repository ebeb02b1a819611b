# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Boots of a counted KVM guest that QEMU has spoilt, which are done again.

helper_vmrun() of QEMU (target/i386/tcg/sysemu/svm_helper.c; in 7.2 as in later
releases) leaves the vector in cs->exception_index when it has delivered an
interrupt of EVENTINJ. If cpu_exec() leaves its loop before L2's next #VMEXIT
for another reason, the interrupt is delivered once more, whatever RFLAGS.IF
says. With -icount it does so whenever a timer of L1 is due. A handler that
holds its lock then waits for it for ever, on the only CPU there is.

That, and nothing else, is a reason to boot again: L2 spins on a lock with
interrupts off each time it is looked at.
"""

import re

from . import KtestError
from .itrace import Symbols
from .paths import BUILD, REPORT

TIMES = 5
_SPIN = "native_queued_spin_lock_slowpath"
_ASKED = "== L2: info registers -a\n"
_STATE = re.compile(r"^RIP=([0-9a-f]+) RFL=([0-9a-f]+)", re.M)
_IF = 1 << 9


def seen(text, symbols):
    """Does what hung.keep() has written, @text, show it?"""
    states = [_STATE.search(part) for part in text.split(_ASKED)[1:]]
    return bool(states) and all(
        state and symbols.at(int(state[1], 16))[0] == _SPIN and not int(state[2], 16) & _IF
        for state in states)


def _spoilt(kept, kernel):
    return kept.exists() and seen(kept.read_text(), Symbols(BUILD / kernel / "System.map"))


def again(run, console, kernel="release"):
    """@run(), a boot without KASLR of @kernel whose console is named @console.

    At most TIMES times, as long as the interrupt came twice. Raises what @run() raises.
    """
    kept = REPORT / f"{console}.hung"
    for _ in range(TIMES - 1):
        kept.unlink(missing_ok=True)
        try:
            return run()
        except KtestError:
            if not _spoilt(kept, kernel):
                raise
        print(f"bench: {console}: QEMU delivered an interrupt twice (ktest/lib/twice.py); "
              "once more", flush=True)
    return run()
