# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A guest with a balloon: its memory seen from both sides.

Guest memory is a named backend, so that its resident pages can be read from
the map of the QEMU process, in L1 where that is where it runs.
"""

from pathlib import Path
import re
import subprocess
import time

from . import KtestError
from .boot import until
from .machine import QEMU
from .serve import ServingGuest

SYSFS = "/sys/class/pv_balloon/pv_balloon0"
MIB = 1 << 20
# Where QEMU has guest memory in its map, and the lines after that up to Rss.
BACKEND = "memfd:memory-backend-memfd"
UP_TO_RSS = 4


def actual(guest):
    """The size that QEMU has been told the guest has, in bytes."""
    return guest.qmp("query-balloon")["actual"]


def reach(guest, megabytes, timeout=60):
    """Wait until QEMU has been told that the guest has this size."""
    until(lambda: actual(guest) == megabytes * MIB, timeout,
          lambda: f"guest has {actual(guest) // MIB} MiB where {megabytes} were asked for:\n"
                  f"{guest.machine.tail(30)}", every=0.02)


def resize(guest, megabytes, timeout=60):
    """Ask for a size by QMP and wait until the guest has it; seconds."""
    begun = time.monotonic()
    guest.qmp("balloon", value=megabytes * MIB)
    reach(guest, megabytes, timeout)
    return time.monotonic() - begun


class BalloonGuest(ServingGuest):
    """A guest that obeys shell commands, with a virtio balloon unless @device is empty.

    @backend: the memory is a named backend, where QEMU has the balloon.
    """

    def __init__(self, platform="native", megabytes=1024, device="virtio-balloon-pci",
                 extra=(), backend=True, **options):
        memory = ["-object", f"memory-backend-memfd,id=pvbram,size={megabytes}M,share=on",
                  "-machine", "memory-backend=pvbram"] if backend and device else []
        devices = [*memory, *(["-device", f"{device},id=balloon"] if device else []), *extra]
        # The suites have run on this platform already.
        cmdline = f"kunit.enable=0 {options.pop('cmdline', '')}"
        super().__init__(platform, memory=f"{megabytes}M", devices=devices, cmdline=cmdline,
                         **options)
        self.megabytes = megabytes

    def choose(self, device, driver):
        """Have @driver serve the virtio device."""
        bus = "/sys/bus/virtio"
        self.run(f"echo {device} > {bus}/devices/{device}/driver/unbind; "
                 f"echo {device} > {bus}/drivers/{driver}/bind", timeout=300)

    def meminfo(self, name):
        """A value of /proc/meminfo, in KiB."""
        return int(self.run(f"grep ^{name}: /proc/meminfo").split()[1])

    def balloon_kib(self, name="size_kib"):
        """A number from the balloon's directory."""
        return int(self.run(f"cat {SYSFS}/{name}"))

    def counters(self):
        """The balloon's counters as a dictionary."""
        text = self.run("cat /sys/kernel/debug/pv_balloon/pv_balloon0/counters")
        return {n: int(v) for n, v in (line.split() for line in text.splitlines())}

    def resize(self, megabytes, timeout=60):
        """See resize()."""
        return resize(self, megabytes, timeout)

    def reach(self, megabytes, timeout=60):
        """See reach()."""
        reach(self, megabytes, timeout)

    def _backend_map(self):
        find = f"grep -A {UP_TO_RSS} {BACKEND} /proc"
        if self.boot.inner:
            return self.boot.inner.run(f"{find}/$(pidof {QEMU})/smaps")
        return subprocess.run([*find.split()[:-1], f"/proc/{self.machine.process.pid}/smaps"],
                              capture_output=True, text=True, check=True).stdout

    def resident(self):
        """Guest memory that the host really holds, in MiB."""
        text = self._backend_map()
        total = sum(int(kib) for kib in re.findall(r"^Rss: +(\d+) kB", text, re.M))
        if not total:
            raise KtestError("no memory backend in QEMU's map")
        return total / 1024

    def populate(self):
        """Have the host hold every page of the guest, whatever the guest did with it.

        QEMU reads all of it once; the contents stay what they are.
        """
        self.qmp("pmemsave", val=0, size=self.megabytes * MIB, filename="/dev/null")
        if self.resident() < self.megabytes:
            raise KtestError(f"{self.resident()} of {self.megabytes} MiB are resident")

    def _ram(self):
        """Where QEMU has the guest's memory, if it has no backend of its own."""
        maps = Path(f"/proc/{self.machine.process.pid}/maps").read_text(encoding="ascii")
        for low, high in re.findall(r"^(\w+)-(\w+) rw-p", maps, re.M):
            if int(high, 16) - int(low, 16) == self.megabytes * MIB:
                return range(int(low, 16), int(high, 16), MIB)
        raise KtestError("the guest's memory is not in QEMU's map")

    def rewrite(self):
        """Have the host hold every page in its own right: write what is there.

        The guest stands still meanwhile.
        """
        self.qmp("stop")
        with open(f"/proc/{self.machine.process.pid}/mem", "r+b", buffering=0) as memory:
            for address in self._ram():
                memory.seek(address)
                data = memory.read(MIB)
                memory.seek(address)
                memory.write(data)
        self.qmp("cont")
