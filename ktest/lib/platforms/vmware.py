# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""VMware as far as QEMU shows it: backdoor port, serial number, devices.

The kernel takes the DMI route (arch/x86/kernel/cpu/vmware.c), which it goes
only with the hypervisor CPUID bit clear.
"""

from .. import direct

TITLE = "VMware's backdoor and devices on QEMU"
DETECTED = "vmware"
OWNERS = {"cpu": "vmware", "mmu": "native", "irq": "native", "timer": "native"}
TIMEOUT = 60


def arguments(boot):
    """vmport answers the backdoor's GETVERSION, the serial number starts with VMware-."""
    return direct.arguments(
        boot, machine="pc,vmport=on", cpu="max,-hypervisor",
        extra=["-smbios", "type=1,serial=VMware-56 4d 00 00 00 00 00 00",
               *([] if boot.has_device("vmxnet3") else
                 ["-netdev", "user,id=vmw0,restrict=on", "-device", "vmxnet3,netdev=vmw0"]),
               *([] if boot.has_device("vmware-svga") else ["-device", "vmware-svga"])])
