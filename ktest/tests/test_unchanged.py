# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What the series must not change: the code of hot paths on bare hardware, what Xen PV
executes, and how page table values are read and written.

"Before" is the kernel of the same configuration without the series (ktest/lib/baseline.py).
"""

from collections import Counter
import re

import pytest

from ktest.lib import baseline, boot, samecode
from ktest.lib.bench import operations, samples
from ktest.lib.callsites import Image, decode, peeked
from ktest.lib.cpio import Archive
from ktest.lib.paths import BUILD, REPORT

PEER = "base-xen"

# The paths that every system call, page fault and context switch takes.
HOT = ["entry_SYSCALL_64", "entry_SYSCALL_compat", "do_syscall_64", "do_fast_syscall_32",
       "asm_exc_page_fault", "error_entry", "error_return", "exc_page_fault",
       "common_interrupt_return", "asm_sysvec_apic_timer_interrupt", "handle_mm_fault",
       "__switch_to_asm", "__switch_to", "switch_mm_irqs_off", "native_set_pte",
       "native_flush_tlb_one_user", "flush_tlb_func"]

# Functions with other code than before on bare hardware, and why.
CHANGED = {
}


def running(name):
    """Kernel @name as it runs on bare hardware."""
    vmlinux = BUILD / name / "vmlinux"
    with boot.Guest(boot.Boot("native", kernel=name, cmdline="nokaslr kunit.enable=0",
                              console=f"unchanged-{name}")) as guest:
        guest.wait_for("^KTEST BOOT ", timeout=60)
        return samecode.Code(vmlinux, samecode.memory(guest, vmlinux))


@pytest.mark.soak
def test_native_code_is_the_same():
    """Each function that is patched at boot, and each of the hot paths, disassembles as before."""
    baseline.image(PEER)
    before, after = running(PEER), running("release")
    hot = {(name, 0) for name in HOT}
    assert hot <= before.functions().keys()
    wanted = before.patched() | hot | (after.patched() & before.functions().keys())
    changed = samecode.differences(before, after, wanted)
    with (REPORT / "unchanged-native.txt").open("w") as out:
        for (name, _), (old, new) in sorted(changed.items()):
            print(f"--- {name}", *(old or ["absent"]), f"+++ {name}", *(new or ["absent"]),
                  sep="\n", file=out)
    print(f"{len(wanted) - len(changed)} of {len(wanted)} functions are the same")
    names = {name for name, _ in changed}
    assert not names & set(HOT)
    assert names == set(CHANGED)


# Instructions of a Xen PV guest and its hypervisor ---------------------------------------------

CASES = ["getppid", "anonfault", "mmap", "fork", "exec", "pipe", "switch"]


@pytest.mark.soak
def test_xen_executes_as_many_instructions():
    """No operation of a Xen PV guest takes more instructions than its runs are apart."""
    baseline.image(PEER)

    def measure(name, console):
        text = operations.run("xen-pv", CASES, cmdline="mitigations=off", kernel=name,
                              console=f"unchanged-xen-{console}")
        return {one.case: one for one in samples.read(text)}

    before, again, after = measure(PEER, "before"), measure(PEER, "again"), measure("release",
                                                                                     "after")
    assert before.keys() == again.keys() == after.keys() == set(CASES)
    for case, one in before.items():
        apart = abs(again[case].median - one.median) / one.median
        spread = max(apart, one.spread / 100, again[case].spread / 100)
        change = after[case].median / one.median - 1
        print(f"{case}: {one.median:.0f} {again[case].median:.0f} {after[case].median:.0f} "
              f"{100 * change:+.2f}% of {100 * spread:.2f}%")
        assert change <= spread, case


# Page table values ----------------------------------------------------------------------------

VALUES = ("mmu.pte_val", "mmu.make_pte", "mmu.set_pte")
# What a call site of each is: of these forms and no other.
FORMS = {
    "native": {"mmu.pte_val": "inlined", "mmu.make_pte": "inlined",
               "mmu.set_pte": "call native_set_pte"},
    "pvm": {"mmu.pte_val": "inlined", "mmu.make_pte": "inlined",
            "mmu.set_pte": "call native_set_pte"},
    "xen-pv": {"mmu.pte_val": "call __raw_callee_save_xen_pte_val",
               "mmu.make_pte": "call __raw_callee_save_xen_make_pte",
               "mmu.set_pte": "call xen_set_pte"},
}


def slots(text):
    """Names of pv_ops' slots in their order, and counts, from the report."""
    body = re.search(r"^CORE BEGIN ops\n(.*?)^CORE END$", text, re.M | re.S).group(1)
    lines = [line.split() for line in body.splitlines() if not line.startswith("#")]
    return [words[1] for words in lines if words[1].split(".")[0] in ("cpu", "lock", "mmu", "irq")]


@pytest.mark.parametrize("platform", FORMS)
def test_page_table_values(platform):
    """PVM reads and writes page table entries as bare hardware does, in line; Xen PV by calls."""
    image = Image(BUILD / "release" / "vmlinux")
    sites = image.pv_sites()
    archive = Archive()
    archive.data("/core/sites", "".join(f"{s.address:x} {s.length}\n" for s in sites).encode())
    archive.data("/core/symbols", b"_text\n")
    result = boot.run(platform, test="core", cmdline="nokaslr kunit.enable=0", files=archive,
                      console=f"values-{platform}", expect_splat="pvops: ")
    assert result.ok, result.explain()
    text = result.console.text
    names = slots(text)
    assert len(names) == image.sizes["pv_ops"] // 8
    code = peeked(text)
    at = {}
    for name, address in image.symbols.items():
        at.setdefault(address, set()).add(name)
    found = {name: Counter() for name in VALUES}
    shown = {}
    for site in sites:
        name = names[site.what // 8]
        if name not in VALUES:
            continue
        kind, *target = decode(site, site.address, code[site.address])
        forms = [f"{kind} {n}" for n in at[target[0]]] if kind == "call" else [kind]
        wanted = FORMS[platform][name]
        assert wanted in forms, f"{name} at {site.address:#x}: {forms}"
        found[name][wanted] += 1
        shown.setdefault(name, f"{site.address:#x} {code[site.address].hex(' ')}")
    for name in VALUES:
        assert found[name]
        print(f"{platform} {name}: {dict(found[name])}, such as {shown[name]}")


# PVM without Xen PV ----------------------------------------------------------------------------

@pytest.mark.soak
@pytest.mark.parametrize("platform", ["native", "pvm"])
def test_without_xen_pv(platform, quantity):
    """A kernel with PVOPS_PVM and without XEN_PV boots natively and on PVM."""
    wanted = quantity(f"noxen.{platform}", required=3, short=1)
    wanted.kernel = "noxen"
    text = (BUILD / "noxen" / ".config").read_text()
    assert "CONFIG_PVOPS_PVM=y" in text and "# CONFIG_XEN_PV is not set" in text
    for _ in range(wanted.count):
        result = boot.run(platform, kernel="noxen", console=f"noxen-{platform}")
        assert result.ok, result.explain()
        wanted.done += 1
