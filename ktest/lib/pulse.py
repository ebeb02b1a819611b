# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""An interrupt every second for the host of nested guests, which may have lost one.

At VMRUN, helper_vmrun() of QEMU 7.2 (target/i386/tcg/sysemu/svm_helper.c) sets
CPU_INTERRUPT_VIRQ without the lock under which the main thread sets
CPU_INTERRUPT_POLL for the timer of the local APIC, so that the latter is lost
now and then.  The vector stays in IRR, and as the timer is one-shot, nothing
ever looks at it again: the host stands still in about one of 50 boots on a
busy machine.  The next interrupt from any device makes the CPU look.

The device is a port of virtio serial which nobody in the guest opens: QEMU
connects it to us and we hang up, and it tells the guest of both.
"""

import socket
import tempfile
import threading

SECONDS = 1


def _hang_up(port):
    while True:
        try:
            port.accept()[0].close()
        except OSError:
            return


class Pulse:
    """Beats from the start of QEMU until close()."""

    def __init__(self):
        self._dir = tempfile.TemporaryDirectory(prefix="ktest-")
        self._path = f"{self._dir.name}/pulse"
        self._port = socket.socket(socket.AF_UNIX)
        self._port.bind(self._path)
        self._port.listen(1)
        threading.Thread(target=_hang_up, args=[self._port], daemon=True).start()

    def arguments(self):
        """Arguments for QEMU; it starts without us too."""
        return ["-device", "virtio-serial,id=pulse",
                "-chardev", f"socket,id=pulse,path={self._path},reconnect={SECONDS}",
                "-device", "virtserialport,bus=pulse.0,chardev=pulse,name=pulse"]

    def close(self):
        """Stop it."""
        # A thread in accept() does not see the end of its socket without this.
        self._port.shutdown(socket.SHUT_RDWR)
        self._port.close()
        self._dir.cleanup()
