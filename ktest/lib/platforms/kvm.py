# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""KVM: the image as L2 under kvm_amd in L1, which is the same image."""

from .. import nested

TITLE = "KVM (L2 under kvm_amd, under TCG)"
DETECTED = "kvm"
OWNERS = {"cpu": "kvm", "mmu": "kvm", "irq": "kvm", "timer": "kvm"}
TIMEOUT = 180


def arguments(boot):
    """The host's CPU with KVM's usual features."""
    return nested.arguments(boot, "host")
