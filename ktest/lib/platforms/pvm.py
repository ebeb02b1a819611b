# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The image as a PVM guest of the reference host in ktest/pvmhost.

QEMU starts the host as a multiboot kernel, with the image and the initramfs as
its modules; the host unpacks the image's payload by itself.
"""

import os
import subprocess

from .. import KtestError, direct, xen
from ..alone import alone
from ..paths import BUILD, KTEST

TITLE = "PVM guest of the reference host (ktest/pvmhost), at CPL 3"
DETECTED = "pvm"
OWNERS = {"cpu": "pvops-pvm+kvm", "mmu": "pvops-pvm+kvm", "irq": "pvops-pvm+kvm", "timer": "kvm"}
TIMEOUT = 120

# Options of the host, for tests that change what the ABI leaves open.
HOST_OPTIONS = "PVMHOST_OPTIONS"


def host():
    """The reference host, brought up to date."""
    elf = BUILD / "pvmhost" / "pvmhost.elf"
    with alone("pvmhost"):
        done = subprocess.run(["make", "-s", "-C", str(KTEST / "pvmhost")], capture_output=True,
                              text=True, check=False)
    if done.returncode:
        raise KtestError(f"ktest/pvmhost: {done.stderr.strip().splitlines()[-1:]}")
    return elf


def arguments(boot):
    """The host is the multiboot kernel, image and initramfs are its modules."""
    cpu = "max,-la57" + (direct.ICOUNT_CPU if boot.counted else "")
    options = f"vcpus={boot.cpus} end=poweroff {os.environ.get(HOST_OPTIONS, '')}".strip()
    return ["-M", "pc,vmport=off", *direct.TCG, "-cpu", cpu,
            "-smp", str(boot.cpus), "-m", boot.memory, *(direct.ICOUNT if boot.icount else []),
            "-kernel", str(host()), "-append", options,
            "-initrd", xen.modules((boot.image, boot.command_line("ttyS0")), (boot.initrd, "")),
            *boot.devices]
