# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The kernel's own selftests, natively and on PVM, compared case by case.

kselftests-list.txt says what runs, kselftests.txt what each case is known to say
natively.  A case that passes natively passes on PVM or is one of the ABI's
limits.  The whole output is in build/report/kselftest-*.console.
"""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from ktest.lib import boot, cpio, kselftest

LIST = Path(__file__).with_name("kselftests-list.txt")
KNOWN = Path(__file__).with_name("kselftests.txt")

# What a PVM guest cannot do: pattern of cases, and why not.
LIMITS = {
    "x86/iop*": "no port I/O for programs: iopl and ioperm are not there",
    "x86/ldt_gdt_??:LDT_*": "no LDT: modify_ldt is not there",
    "x86/ldt_gdt_??:Test_fork": "no LDT",
    "x86/ldt_gdt_??:Test_size": "no LDT",
    "x86/sigreturn_??:*16_bit*": "16-bit segments are in an LDT",
    "x86/sigreturn_??:*CS_4f*": "a code segment that is not there is looked for in an LDT",
    "x86/sigreturn_??:*SS_57": "a segment that is not there is looked for in an LDT",
    "x86/syscall_arg_fault_32:SYSENTER_*": "SYSENTER is #GP; the vDSO uses INT 0x80",
    "mm/protection_keys*": "no protection keys",
}

# Far returns are emulated by QEMU before 9.1 as accesses of the kernel, which
# SMAP refuses to user pages: sysret_ss_attrs_64 kills a native kernel.
CPU = {"native": ["-cpu", "max,-hypervisor,-smap,-erms,-fsrm,-la57"], "pvm": []}

# What these programs do on purpose makes the kernel say so.
PROVOKED = r"traps: iopl_\d+\[|__vm_enough_memory: .* comm: mremap_test,"


def known():
    """{case: result} of the committed list of native results."""
    lines = [line.split() for line in KNOWN.read_text().splitlines() if not line.startswith("#")]
    return dict(lines)


def run_tests(platform):
    """{case: result} of a run of the whole list.

    Instructions are counted: time stands still while QEMU waits for a CPU, so
    that a case which allows 10 ms for something passes on a busy machine too.
    """
    runs = kselftest.listed(LIST)
    archive = cpio.Archive()
    kselftest.add_to(archive, runs)
    result = boot.run(platform, test="kselftest", cmdline="kunit.enable=0", files=archive,
                      memory="2G", icount=True, devices=CPU[platform], timeout=1200,
                      console=f"kselftest-{platform}", expect_splat=PROVOKED)
    assert result.ok, result.explain()
    return kselftest.results(result.console.text)


def reason(case):
    """Why @case is not one for PVM, or None."""
    return next((why for pattern, why in LIMITS.items() if fnmatch(case, pattern)), None)


@pytest.mark.soak
def test_native():
    """No fewer cases than listed, and no fewer that pass."""
    found = run_tests("native")
    lost = [f"{case}: {found.get(case, 'missing')}" for case, result in known().items()
            if case not in found or (result == "pass" and found[case] != "pass")]
    assert not lost


@pytest.mark.soak
def test_pvm():
    """What passes natively passes here, but for the ABI's limits."""
    found = run_tests("pvm")
    wanted = {case for case, result in known().items() if result == "pass" and not reason(case)}
    lost = [f"{case}: {found.get(case, 'missing')}" for case in sorted(wanted)
            if found.get(case) != "pass"]
    assert not lost
