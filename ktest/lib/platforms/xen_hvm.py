# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""An unprivileged PVH guest of Xen, started by xl in a small dom0, both the same image.

Xen needs SVM; with MONITOR on it dies in its mwait idle loop under TCG.  The
guest needs tsc_mode native, or it dies at RDTSCP.  dom0's second serial port
is the guest's console.
"""

from .. import cpio, direct, initramfs, kernel, xen
from ..paths import BUILD
from ..pulse import Pulse

TITLE = "a PVH guest of Debian's Xen 4.17"
DETECTED = "xen-hvm"
OWNERS = {"cpu": "xen", "mmu": "native", "irq": "xen", "timer": "xen"}
# Suites that do not fit the platform
SKIPS = ["Xen's grants are no part of the model"]
TIMEOUT = 240
NEEDS = xen.missing

DOM0_MEMORY = 768                     # MiB


def _most(boot):
    """The guest's memory with an empty balloon, in MiB."""
    return max(boot.megabytes, boot.maximum)


def _guest(boot):
    """The guest's configuration for xl (xl.cfg(5))."""
    return "\n".join([
        'name="guest"', 'type="pvh"', 'kernel="/domu/bzImage"', 'ramdisk="/domu/initrd.gz"',
        f"memory={boot.megabytes}", f"maxmem={_most(boot)}", f"vcpus={boot.cpus}",
        'tsc_mode="native"',
        'on_crash="destroy"', 'on_reboot="destroy"',
        f"cmdline='{boot.command_line('hvc0')}'"]) + "\n"


def arguments(boot):
    """Xen, dom0 and dom0's initramfs with the guest's files in it."""
    archive = cpio.Archive()
    archive.file("/domu/bzImage", boot.image)
    archive.file("/domu/initrd.gz", boot.initrd)
    archive.data("/domu/guest.cfg", _guest(boot).encode())
    initrd = BUILD / "xen" / f"{boot.console_path.stem}.initrd"
    initrd.parent.mkdir(parents=True, exist_ok=True)
    initrd.write_bytes(initramfs.join(initramfs.base(boot.kernel), xen.tools(),
                                      archive.bytes(compress=False)))
    boot.outer = boot.console_path.with_suffix(".host.console")
    boot.pulse = Pulse()
    memory = xen.OWN + DOM0_MEMORY + _most(boot)
    return ["-M", "pc,vmport=off", *direct.TCG,
            "-cpu", f"{direct.SVM_CPU},-smap,-smep,-monitor", "-smp", "1", "-m", f"{memory}M",
            "-kernel", str(xen.hypervisor()),
            "-append", f"{xen.OPTIONS} dom0_mem={DOM0_MEMORY}M {boot.hypervisor}".rstrip(),
            "-initrd", xen.modules((boot.image, f"console=hvc0 {' '.join(kernel.WORDS)} ktest=host-xen"),
                                   (initrd, "")),
            "-chardev", f"file,id=outer,path={boot.outer}", "-serial", "chardev:outer",
            *boot.pulse.arguments()]
