# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Hyper-V as KVM's enlightenments show it; without kvm=off Linux would say KVM."""

from .. import nested

TITLE = "Hyper-V's interface (L2 under kvm_amd, under TCG)"
DETECTED = "hyperv"
OWNERS = {"cpu": "native", "mmu": "hyperv", "irq": "hyperv", "timer": "hyperv"}
TIMEOUT = 180
ENLIGHTENMENTS = ("hv_relaxed", "hv_vapic", "hv_vpindex", "hv_time", "hv_synic", "hv_stimer",
                  "hv_stimer_direct", "hv_tlbflush", "hv_ipi", "hv_frequencies")


def arguments(boot):
    """Every enlightenment that QEMU 7.2 has and Linux uses."""
    return nested.arguments(boot, ",".join(("host", "kvm=off", *ENLIGHTENMENTS)))
