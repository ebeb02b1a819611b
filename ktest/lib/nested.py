# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""KVM without hardware: the image as L1 under TCG with SVM, Debian's QEMU in it, L2 in that.

L1's console is ttyS0 and goes to build/report/<name>-host.console; its ttyS1
is the console of L2 and is what the test judges. Two virtio serial ports of L1
lead to L2's QEMU: its QMP, and the pictures that it takes of L2's screen. A
third one leads to a shell in L1.
"""

from pathlib import Path
import re
import socket
import tempfile
import threading

from . import KtestError, cpio, direct, initramfs, kernel
from .machine import QEMU
from .qmp import Qmp
from .paths import BUILD
from .patience import PATIENCE
from .pulse import Pulse

L1_MEMORY = 1024                      # MiB on top of what the guest has
_PROGRAM = Path("/usr/bin") / QEMU
_FIRMWARE = ("seabios/bios-256k.bin", "seabios/vgabios-stdvga.bin", "seabios/vgabios-vmware.bin",
             "qemu/kvmvapic.bin", "qemu/linuxboot_dma.bin", "qemu/efi-vmxnet3.rom",
             "qemu/efi-virtio.rom", "qemu/multiboot_dma.bin")


def _fill(archive):
    archive.program(_PROGRAM)
    for name in _FIRMWARE:
        source = Path("/usr/share") / name
        if source.exists():
            archive.file(f"/usr/share/qemu/{source.name}", source.resolve())


def _tools():
    """QEMU, its libraries and firmware as an archive."""
    if not _PROGRAM.exists():
        raise KtestError(f"{_PROGRAM}: missing; install qemu-system-x86")
    return cpio.kept(BUILD / "nested" / "tools.cpio.gz", _PROGRAM, _fill, __file__)


class Inner:
    """The way to the QEMU in L1.

    L1's QEMU connects to our sockets when it starts: L2's QEMU finds its ports
    connected, or it would read the end of its QMP session before the first word.
    """

    # Where L1 has the ports, by their numbers on the virtio serial device.
    PICTURE = "/dev/vport0p2"
    TIMEOUT = 60 * PATIENCE

    def __init__(self):
        self._dir = tempfile.TemporaryDirectory(prefix="ktest-")
        self._ports = {name: self._listen(name) for name in ("qmp", "picture", "shell")}
        self._session = None
        self._picture = None
        self._shell = None

    def _path(self, name):
        return f"{self._dir.name}/{name}"

    def _listen(self, name):
        port = socket.socket(socket.AF_UNIX)
        port.settimeout(self.TIMEOUT)
        port.bind(self._path(name))
        port.listen(1)
        return port

    def _accept(self, name):
        connection = self._ports[name].accept()[0]
        connection.settimeout(self.TIMEOUT)
        return connection

    def arguments(self):
        """Arguments for L1's QEMU."""
        words = ["-device", "virtio-serial"]
        for number, name in enumerate(self._ports, 1):
            # "reconnect" so that it also starts without us, by the line that repeats the run.
            words += ["-chardev", f"socket,id={name},path={self._path(name)},reconnect=60",
                      "-device", f"virtserialport,chardev={name},nr={number},name={name}"]
        return words

    def qmp(self, command, **arguments):
        """Run a QMP command on L2's QEMU."""
        if self._session is None:
            self._session = Qmp(connection=self._accept("qmp"))
        return self._session(command, **arguments)

    def run(self, command):
        """Run a shell command in L1, which must succeed; return what it printed."""
        if self._shell is None:
            self._shell = self._accept("shell").makefile("rw")
        self._shell.write(command + "\n")
        self._shell.flush()
        said = []
        while not (line := self._shell.readline()).startswith("KTEST REPLY"):
            if not line:
                raise KtestError("L1's shell has ended")
            said.append(line)
        if line.split()[2] != "0":
            raise KtestError(f"in L1 '{command}' failed: {''.join(said)[-500:]}")
        return "".join(said)

    def _read_picture(self, data):
        # The head says how long the rest is.
        while not (head := re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)) or \
                len(data) < head.end() + int(head[1]) * int(head[2]) * 3:
            more = self._picture.recv(1 << 16)
            if not more:
                return
            data.extend(more)

    def screendump(self):
        """L2's screen, as the bytes of a PPM file."""
        if self._picture is None:
            self._picture = self._accept("picture")
        data = bytearray()
        # L2's QEMU answers after it has written all, so somebody must read meanwhile.
        reader = threading.Thread(target=self._read_picture, args=[data], daemon=True)
        reader.start()
        self.qmp("screendump", filename=self.PICTURE)
        reader.join(self.TIMEOUT)
        return bytes(data)

    def close(self):
        """Forget it."""
        if self._session:
            self._session.close()
            self._session = None
        for port in (*self._ports.values(), self._picture, self._shell):
            if port:
                port.close()
        self._dir.cleanup()


def _host_initrd(boot, arguments):
    """L1's initramfs: ours, the tools, and L2's files with its command line."""
    archive = cpio.Archive()
    archive.file("/l2/bzImage", boot.image)
    archive.file("/l2/initrd.gz", boot.initrd)
    archive.data("/l2/arguments", "".join(f"{a}\n" for a in arguments).encode())
    path = BUILD / "nested" / f"{boot.console_path.stem}.initrd"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(initramfs.join(initramfs.base(boot.host_kernel or boot.kernel), _tools(),
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
    image = kernel.image(boot.host_kernel) if boot.host_kernel else boot.image
    memory = boot.megabytes + L1_MEMORY
    boot.outer = boot.console_path.with_suffix(".host.console")
    boot.inner = Inner()
    # An instruction count depends on nothing from outside, and loses nothing: the timers of
    # the counted clock run in the CPU's own thread.
    boot.pulse = None if boot.icount else Pulse()
    return ["-M", "pc,vmport=off", *direct.TCG, "-cpu", direct.SVM_CPU, "-smp", "1",
            "-m", f"{memory}M", *(direct.ICOUNT if boot.icount else []),
            "-kernel", str(image), "-initrd", str(initrd),
            "-append", f"console=ttyS0 {' '.join(kernel.WORDS)} kunit.enable=0 ktest=host-kvm",
            "-chardev", f"file,id=outer,path={boot.outer}", "-serial", "chardev:outer",
            *boot.inner.arguments(), *(boot.pulse.arguments() if boot.pulse else [])]
