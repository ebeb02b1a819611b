# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The machine as it is: QEMU TCG without the hypervisor CPUID bit."""

from .. import direct

TITLE = "no hypervisor"
DETECTED = "native"
OWNERS = {"cpu": "native", "mmu": "native", "irq": "native", "timer": "native"}
TIMEOUT = 60


def arguments(boot):
    """No hypervisor bit, no vmport: nothing of a hypervisor is to be seen."""
    return direct.arguments(boot, machine="pc,vmport=off",
                            cpu=f"{boot.model or 'max'},-hypervisor")
