# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Debian's Xen under QEMU TCG, with the image as PV dom0.

With SMAP or SMEP on, dom0 dies early under TCG (Xen's bounce frames).
"""

from .. import direct, xen

TITLE = "dom0 of Debian's Xen 4.17, paravirtualised"
DETECTED = "xen-pv"
OWNERS = {"cpu": "xen", "mmu": "xen", "irq": "xen", "timer": "xen"}
# Suites that do not fit the platform
SKIPS = ["Xen's grants are no part of the model", "DMA addresses are not physical addresses",
         "bus addresses are not physical addresses"]
TIMEOUT = 120
NEEDS = xen.missing


def arguments(boot):
    """Xen is the multiboot kernel, the image its first module."""
    cpu = "max,-smap,-smep" + (direct.ICOUNT_CPU if boot.counted else "")
    # Xen's own mitigations are not what is counted.
    counted = " spec-ctrl=no" if boot.counted else ""
    return ["-M", "pc,vmport=off", *direct.TCG, "-cpu", cpu, "-smp", str(boot.cpus),
            "-m", boot.memory, *(direct.ICOUNT if boot.icount else []),
            "-kernel", str(xen.hypervisor()), "-append", f"{xen.OPTIONS} dom0_mem={xen.dom0(boot)}M{counted}",
            "-initrd", xen.modules((boot.image, boot.command_line("hvc0")), (boot.initrd, "")),
            *boot.devices]
