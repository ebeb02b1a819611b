# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The PVM reference host alone, with the bare guest of ktest/pvmhost/fuzz."""

import re
import subprocess

import pytest

from ktest.lib.machine import Machine
from ktest.lib.paths import BUILD, KTEST, REPORT
from ktest.lib.patience import PATIENCE
from ktest.lib.platforms import pvm

HOST = BUILD / "pvmhost" / "pvmhost.elf"
BARE = BUILD / "pvmhost" / "fuzz.elf"
PASSED = 33      # isa-debug-exit, see ktest/pvmhost/fuzz/main.c

# The host's options that change what the ABI leaves open.
PERSONALITIES = ["", "noswitch", "dropshadow", "lateAD", "staleIP", "invlpgspur", "nopcid",
                 "pcid8", "tlsret", "noprefetch", "intent", "intent intentdrop"]
CLASSES = ["hypercall", "msr", "tables", "eretu", "instruction", "operands", "shapes", "roots",
           "pci", "ioapic", "msix", "dma", "intent"]
# The error legs of the host's walker and emulators.
LEGS = re.findall(r"\bleg\(([A-Z]\w+)\)", (KTEST / "pvmhost" / "legs.h").read_text())
# Host options, the guest's line and CPUs of the runs that together reach all legs: each
# class, a small pool of shadow pages, no PCIDs, and two vCPUs on two processors.
LEG_RUNS = [("", "cases=2000 seed=1", 1), ("pool=1", "cases=5000 seed=1", 1),
            ("nopcid", "cases=1000 seed=1", 1), ("vcpus=2", "cases=20000 seed=1 ap", 2)]
# What the classes need of the machine.
IOMMU = ["-device", "intel-iommu"]
FUZZED = ["-device", "virtio-rng-pci", "-device", "e1000"]


@pytest.fixture(scope="module", autouse=True)
def built():
    """Host and guest, brought up to date."""
    pvm.host()


def run(options, line, cpus=1, machine="q35", timeout=60, devices=()):
    """Run the bare guest to its end; return its console and QEMU's status."""
    name = f"pvmhost-{machine}-{cpus}-{options or 'plain'}".replace(" ", "-").replace("=", "")
    with Machine(["-M", machine, "-cpu", "max,-la57", "-m", "128", "-smp", str(cpus),
                  "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", str(HOST),
                  "-append", f"pool=8 stats {options}", "-initrd", f"{BARE} {line}", *devices],
                 REPORT / f"{name}.console") as guest:
        ended = guest.wait(timeout * PATIENCE)
        status = guest.process.returncode
        text = guest.text()
    assert ended, f"no end within {timeout} s:\n{text[-800:]}"
    return text, status


def counters(text):
    """The host's counters as a dictionary."""
    lines = [line.split() for line in text.splitlines() if line.startswith("pvmhost: counter ")]
    return {words[2]: int(words[3]) for words in lines}


def check(text, status):
    """All checks of the bare guest passed, and the host had no complaint."""
    assert status == PASSED, text[-1500:]
    assert "checks passed" in text
    assert "PANIC" not in text


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_what_the_abi_says(machine):
    """Every check of the bare guest, and that the host counted what it did."""
    text, status = run("", "", machine=machine)
    check(text, status)
    count = counters(text)
    assert count["switcher.syscall"] > 0
    assert count["switcher.eretu"] > 0
    assert count["hypercall.WRMSR"] > 10
    assert count["cr3_loads"] >= count["switcher.syscall"] + count["switcher.eretu"]
    # fuzz/ports.c; what else it does is refused in configuration space
    assert count["port_denied"] >= 10


@pytest.mark.parametrize("drop", ["", " intentdrop"])
def test_intent(drop):
    """The queue, the call and the deadline of the extension, also when entries get lost."""
    text, status = run(f"intent{drop}", "lossy" if drop else "")
    check(text, status)
    count = counters(text)
    assert ("intent_dropped" in count) == bool(drop)
    assert count["intent_resyncs"] >= 2
    if not drop:
        assert count["intent_fills"] == 1
        assert count["intent_removed"] == 514
        assert count["intent_postponed"] >= 2


@pytest.mark.parametrize("cpus", [1, 2])
def test_second_vcpu(cpus):
    """INIT and SIPI through a trampoline of real and 32-bit code, on one CPU and on two."""
    text, status = run("vcpus=2", "ap", cpus=cpus)
    check(text, status)
    assert counters(text)["interpreted"] > 40


@pytest.mark.parametrize("confined", [True, False])
def test_dma(confined):
    """A device's DMA into the host's text: stopped by an IOMMU, and noticed without one."""
    iommu = IOMMU if confined else []
    text, status = run("", "dma", devices=[*iommu, "-device", "edu"])
    if confined:
        check(text, status)
        assert "DMA is confined" in text
    else:
        assert status == 7
        assert "DMA is not confined" in text
        assert "PANIC: the host's text has changed" in text


# What the counters say of a personality: a counter, and whether it counts there.  Of the others
# (staleIP, invlpgspur, pcid8, tlsret) no counter tells.
SIGNS = {"noswitch": ("switcher.syscall", False), "dropshadow": ("random_drops", True),
         "lateAD": ("leg.WANT_NOT_ACCESSED", False), "noprefetch": ("prefetches", False),
         "nopcid": ("leg.CR4_PCID_NOT_OFFERED", True), "intent": ("intent_drains", True),
         "intent intentdrop": ("intent_dropped", True)}


@pytest.mark.soak
@pytest.mark.parametrize("personality", PERSONALITIES)
@pytest.mark.parametrize("cpus", [1, 2])
def test_personality(personality, cpus):
    """The ABI holds under every personality, with two vCPUs that do all kinds of things."""
    text, status = run(f"vcpus=2 {personality}".strip(), "lossy cases=300 seed=1 ap", cpus=cpus)
    check(text, status)
    counter, there = SIGNS.get(personality, ("cr3_loads", True))
    assert (counters(text).get(counter, 0) > 0) == there, counter


def cases(text, name):
    """How many cases of a class the bare guest ran."""
    found = re.search(f"^pvmguest: class {name} cases 0x([0-9a-f]+) seed ", text, re.M)
    return int(found.group(1), 16) if found else 0


def test_random_cases(quantity):
    """Nothing a guest or its devices do at random hurts the host or its books."""
    wanted = quantity("pvmhost.fuzz", required=100000, short=1000)
    text, status = run("intent", f"cases={wanted.count} seed={wanted.seed + 1} msix nic",
                       devices=[*IOMMU, *FUZZED], timeout=1200)
    check(text, status)
    wanted.done = min(cases(text, name) for name in CLASSES)
    assert wanted.done >= wanted.count


def endings():
    """What ends the machine, one way a boot: the consoles."""
    number = total = 1
    while number <= total:
        text, status = run("vcpus=2", f"ending={number}", cpus=2)
        assert status in (3, 5), text[-1500:]
        total = int(re.search(rf"^pvmguest: ending {number:#x} of (\w+)$", text, re.M).group(1), 16)
        yield text
        number += 1


@pytest.mark.soak
def test_error_legs(quantity):
    """No error leg of the shadow walker and the emulators is left out."""
    assert LEGS, "no leg found in legs.h"
    wanted = quantity("pvmhost.legs", required=len(LEGS), short=len(LEGS))
    reached = dict.fromkeys(LEGS, 0)

    def add(text):
        count = counters(text)
        for leg in LEGS:
            reached[leg] += count[f"leg.{leg}"]

    for options, line, cpus in LEG_RUNS:
        text, status = run(options, line, cpus=cpus, timeout=600)
        check(text, status)
        add(text)
    for text in endings():
        add(text)
    print("\n".join(f"{leg} {count}" for leg, count in reached.items()))
    wanted.done = sum(count > 0 for count in reached.values())
    assert wanted.done == wanted.count, [leg for leg, count in reached.items() if not count]


def test_random_dma_is_noticed():
    """The same DMA without an IOMMU does hurt, and the host's audit says so."""
    text, status = run("", "cases=20000 seed=1 nic", devices=FUZZED, timeout=600)
    assert status == 7
    assert "PANIC: " in text


@pytest.mark.parametrize("cpus", [1, 2])
def test_race(cpus, quantity):
    """Two vCPUs load CR3, flush and change the same tables, on one CPU and on two."""
    wanted = quantity(f"pvmhost.race{cpus}", required=100000, short=1000)
    text, status = run("vcpus=2", f"cases={wanted.count} seed={wanted.seed + 1} ap", cpus=cpus,
                       timeout=1200)
    check(text, status)
    wanted.done = cases(text, "race")
    assert wanted.done >= wanted.count


def test_a_broken_guest_ends_the_machine():
    """A guest without a PVCS that faults is a triple fault, reported as one."""
    text, status = run("", "crash")
    assert status == 5, text[-800:]
    assert "triple fault: event without a PVCS" in text


def symbol(name):
    """Address of a symbol of the bare guest, as the host's options take it."""
    lines = subprocess.run(["nm", str(BARE)], capture_output=True, text=True, check=True).stdout
    return next(words[0] for words in map(str.split, lines.splitlines()) if words[2] == name)


@pytest.mark.parametrize("kind", ["irq", "nmi"])
def test_event_before_each_instruction(kind):
    """The stepping host hits every instruction of the bare guest's entries and returns.

    Not reached: the two of the IRQ_WIN call, which runs only if an interrupt
    waits, and the UD2 behind ERETU.
    """
    text, status = run(f"step={kind} steprange={symbol('smod_entry')}-"
                       f"{symbol('hypercall')}", "step")
    check(text, status)
    assert text.count("step: hit ") > 100
    assert text.count("step: miss ") <= 3, text[-1500:]
    # What was injected has come, but for the few that come while one of their kind waits
    injected = re.search(r"^pvmhost: step: done, .* (\d+) interrupts, (\d+) NMIs", text, re.M)
    received = re.search(r"^pvmguest: interrupts 0x(\w+) nmis 0x(\w+)$", text, re.M)
    which = ("irq", "nmi").index(kind) + 1
    assert 0 < 0.9 * int(injected[which]) <= int(received[which], 16), (injected[0], received[0])
