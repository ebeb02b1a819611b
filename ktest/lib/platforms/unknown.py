# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A hypervisor that Linux does not know: the CPUID bit and TCG's own signature."""

from .. import direct

TITLE = "a hypervisor that Linux does not know"
DETECTED = "unknown"
OWNERS = {"cpu": "native", "mmu": "native", "irq": "native", "timer": "native"}
TIMEOUT = 60


def arguments(boot):
    """QEMU's TCG signature (TCGTCGTCGTCG) is in no table of the kernel."""
    return direct.arguments(boot, machine="pc,vmport=off", cpu="max,+hypervisor")
