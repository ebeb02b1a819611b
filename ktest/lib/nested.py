# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""KVM without hardware: the image as L1 under TCG with SVM, Debian's QEMU in it, L2 in that.

L1's console is ttyS0 and goes to build/report/<name>-host.console; its ttyS1
is the console of L2 and is what the test judges.
"""

from pathlib import Path

from . import KtestError, cpio, direct, initramfs
from .machine import QEMU
from .paths import BUILD

L1_MEMORY = 1024                      # MiB on top of what the guest has
_FIRMWARE = ("seabios/bios-256k.bin", "seabios/vgabios-stdvga.bin", "seabios/vgabios-vmware.bin",
             "qemu/kvmvapic.bin", "qemu/linuxboot_dma.bin", "qemu/efi-vmxnet3.rom",
             "qemu/efi-virtio.rom", "qemu/multiboot_dma.bin")


def _tools():
    """QEMU, its libraries and firmware as an archive; made once."""
    program = Path("/usr/bin") / QEMU
    path = BUILD / "nested" / "tools.cpio.gz"
    if not program.exists():
        raise KtestError(f"{program}: missing; install qemu-system-x86")
    if path.exists() and path.stat().st_mtime > program.stat().st_mtime:
        return path.read_bytes()
    archive = cpio.Archive()
    archive.program(program)
    for name in _FIRMWARE:
        source = Path("/usr/share") / name
        if source.exists():
            archive.file(f"/usr/share/qemu/{source.name}", source.resolve())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive.bytes())
    return path.read_bytes()


def _host_initrd(boot, arguments):
    """L1's initramfs: ours, the tools, and L2's files with its command line."""
    archive = cpio.Archive()
    archive.file("/l2/bzImage", boot.image)
    archive.file("/l2/initrd.gz", boot.initrd)
    archive.data("/l2/arguments", "".join(f"{a}\n" for a in arguments).encode())
    path = BUILD / "nested" / f"{boot.platform}-{boot.test}.initrd"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(initramfs.join(initramfs.base(boot.kernel), _tools(),
                                    archive.bytes(compress=False)))
    return path


def arguments(boot, cpu):
    """QEMU's arguments for L1, which starts L2 with CPU model @cpu.

    L1 has one CPU: TCG runs one at a time here (see direct.TCG), and L2's CPUs
    would wait for each other through L1's idle one.
    """
    inner = ["-accel", "kvm", "-M", "pc,vmport=off", "-cpu", cpu, "-smp", str(boot.cpus),
             "-m", boot.memory, "-kernel", "/l2/bzImage", "-initrd", "/l2/initrd.gz",
             "-append", boot.command_line("ttyS0"), *boot.devices]
    initrd = _host_initrd(boot, inner)
    memory = boot.megabytes + L1_MEMORY
    boot.outer = boot.console_path.with_suffix(".host.console")
    return ["-M", "pc,vmport=off", *direct.TCG, "-cpu", direct.SVM_CPU, "-smp", "1",
            "-m", f"{memory}M", "-kernel", str(boot.image), "-initrd", str(initrd),
            "-append", "console=ttyS0 panic=-1 oops=panic kunit.enable=0 ktest=host-kvm",
            "-chardev", f"file,id=outer,path={boot.outer}", "-serial", "chardev:outer"]
