# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""An interrupt, an NMI and a machine check before each instruction of the kernel's
entries from and returns to PVM.

The reference host injects them (ktest/pvmhost/step.c) while the guest is busy on
all of these paths.  Every address must be hit; what the host has injected must be
what the guest has counted; the stack must stay as deep as it was.  The list of
addresses is kept in build/report/pvm-step.json.
"""

from functools import cache
import json
import re
import subprocess

import pytest

from ktest.lib import boot, cpio, testmodules
from ktest.lib.paths import BUILD, REPORT
from ktest.lib.platforms import pvm

VMLINUX = BUILD / "release" / "vmlinux"
KINDS = ["irq", "nmi", "mce"]
COUNTED = {"irq": "irqs", "nmi": "nmis", "mce": "mces"}

# A pass: ranges of instructions, each from one place to another, and where an
# interrupt comes each time so that they run at all.  A place is a symbol, or one
# plus so many instructions.
PASSES = {
    "entries": ["pvm_entry_SYSCALL_64:pvm_syscall_recorded", "pvm_event_entry:pvm_return_window",
                "pvm_return_iret:pvm_return_late", "pvm_irq_disable:pvm_irq_disable+2",
                "pvm_irq_enable:pvm_irq_enable_window", "pvm_hypercall:pvm_hypercall+2",
                "pvm_restore_regs_and_return_to_usermode:pvm_retu+1",
                "pvm_safe_halt:pvm_safe_halt+3"],
    # An NMI is recorded on the way in, or was on the way out.
    "recorded": ["pvm_syscall_recorded:pvm_entry_SYSCALL_64_end", "nmi pvm_entry_SYSCALL_64"],
    # An interrupt waits when the kernel is to be returned to with interrupts on.
    # Or seems to, and then the code goes on.
    "window": ["pvm_return_window:pvm_return_iret", "first pvm_return_to_kernel"],
    "stale": ["pvm_return_window:pvm_return_iret", "staleIP"],
    # The kernel is returned to with interrupts off.
    "irqs-off": ["pvm_return_restore:pvm_return_window", "nmi pvm_irq_disable+1"],
    # It comes between the first look and the second.
    "late": ["pvm_return_late:pvm_return_end", "first pvm_return_restore"],
    # It waits when interrupts are enabled.
    "enable": ["pvm_irq_enable:pvm_irq_enable_end", "first pvm_irq_disable"],
    # It is delivered in the window, in the first or the second part of it.
    "again": ["pvm_return_end:pvm_event_entry_end",
              "first pvm_return_to_kernel", "first pvm_return_window+1"],
    "again-iret": ["pvm_return_end:pvm_event_entry_end",
                   "first pvm_return_iret+1"],
}
# Times that an event is injected at each address, so that one meets the next on its way back.
REPEAT = 5
# Of the guest's stack of 16 KiB.  One event on top of another is some 1,300 bytes.
STACK_LIMIT = 9000


@cache
def symbols():
    """{name: address} of the image."""
    lines = subprocess.run(["nm", str(VMLINUX)], capture_output=True,
                           text=True, check=True).stdout
    return {w[2]: int(w[0], 16) for w in map(str.split, lines.splitlines()) if len(w) == 3}


def address(place):
    """Of a symbol, or of one plus so many instructions."""
    name, _, skip = place.partition("+")
    start = symbols()[name]
    if not skip:
        return start
    lines = subprocess.run(["objdump", "-d", "--no-show-raw-insn", f"--start-address={start:#x}",
                            f"--stop-address={start + 64:#x}", str(VMLINUX)],
                           capture_output=True, text=True, check=True).stdout
    return [int(a, 16) for a in re.findall(r"^ *([0-9a-f]{16}):", lines, re.M)][int(skip)]


@cache
def code_under_test():
    """[(address, symbol)] of what addresses are named after."""
    return [(a, n) for n, a in symbols().items() if n.startswith(("pvm_", "entry_"))]


def name_of(place):
    """An address as the nearest symbol of the code under test and an offset."""
    base, name = max(one for one in code_under_test() if one[0] <= place)
    return f"{name}+{place - base:#x}"


def options(kind, chosen):
    """The host's options of one pass."""
    words = [f"step={kind}", f"steprepeat={REPEAT}"]
    for word in PASSES[chosen]:
        if word == "staleIP":
            words.append(word)
        elif " " in word:
            what, place = word.split()
            words.append(f"step{what}={address(place):x}")
        else:
            low, high = word.split(":")
            words.append(f"steprange={address(low):x}-{address(high):x}")
    return " ".join(words)


def step(kind, chosen, monkeypatch):
    """Run one pass; return its console and {address: hit}."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, options(kind, chosen))
    archive = cpio.Archive()
    testmodules.add_to(archive)
    result = boot.run("pvm", test="pvm-step", cpus=1, timeout=300, files=archive,
                      cmdline="kunit.enable=0",
                      console=f"pvm-step-{kind}-{chosen}",
                      expect_splat="mce: |Machine check events logged|perf: interrupt took")
    assert result.ok, result.explain()
    hits = re.findall(r"^pvmhost: step: (hit|miss) ([0-9a-f]+)$", result.console.text, re.M)
    assert hits, "the host said of no address whether it was hit"
    return result.console, {int(where, 16): what == "hit" for what, where in hits}


def check_counts(console, kind):
    """What was injected has arrived, once each, and on a stack of bounded depth."""
    done = re.search(r"step: done, .* hit, (\d+) interrupts, (\d+) NMIs, (\d+) machine checks, "
                     r"(\d+) bytes of stack", console.text)
    assert done, "the host did not finish its list"
    injected = dict(zip(KINDS, map(int, done.groups()[:3])))
    for one in KINDS:
        assert int(console.info[f"step.{COUNTED[one]}"]) == injected[one], (kind, one, injected)
    assert int(done.group(4)) <= STACK_LIMIT


def keep(found):
    """Add to the kept list: {place: [kinds that hit it]}."""
    path = REPORT / "pvm-step.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    for kind, hits in found.items():
        for where, hit in hits.items():
            entry = set(kept.get(name_of(where), [])) - {kind}
            kept[name_of(where)] = sorted(entry | ({kind} if hit else set()))
    path.write_text(json.dumps(kept, indent=1) + "\n")


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_each_instruction(kind, monkeypatch):
    """Every address is hit in one pass or another, nothing is lost, doubled or too deep."""
    found = {}
    for chosen in PASSES:
        console, hits = step(kind, chosen, monkeypatch)
        check_counts(console, kind)
        for where, hit in hits.items():
            found[where] = found.get(where, False) or hit
        print(f"{kind} {chosen}: {sum(hits.values())} of {len(hits)} addresses")
    keep({kind: found})
    missed = [name_of(where) for where, hit in found.items() if not hit]
    assert not missed
