# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A guest of ktest/pvmhost with its STAND-IN for a VMware host (standin_vmware.h).

The stand-in answers the backdoor's time commands and the balloon's port; the
module kt_standin tells it what to do next.
"""

import re

from ktest.lib.balloon import BalloonGuest
from ktest.lib import cpio, testmodules
from ktest.lib.patience import PATIENCE
import clocks


class Extra:
    """What is put on top of the initramfs: the test module and chronyd."""

    @staticmethod
    def archive():
        """The archive itself."""
        archive = cpio.Archive()
        testmodules.add_to(archive)
        clocks.add_chrony(archive)
        return archive

    @classmethod
    def bytes(cls):
        """As initramfs.write() takes it."""
        return cls.archive().bytes()


class StandinGuest(BalloonGuest):
    """A PVM guest whose host also speaks VMware's interfaces."""

    def __init__(self, name, megabytes=512, **options):
        super().__init__("pvm", megabytes, device="", files=Extra(), console=f"standin-{name}",
                         **options)

    def begin(self):
        """The stand-in is loaded."""
        super().begin()
        self.run("insmod /lib/modules/kt_standin.ko")

    def tell(self, what, value=0):
        """Tell the stand-in; return what it printed about it."""
        start = len(self.machine.text())
        self.run(f"echo {value} > /sys/module/kt_standin/parameters/{what}")
        return self.machine.text()[start:]

    def report(self):
        """The stand-in's counters."""
        text = self.tell("report")
        found = re.search(r"standin: balloon: (\d+) pages locked, at most (\d+), (\d+) fresh, "
                          r"(\d+) calls, (\d+) refused, (\d+) resets", text)
        names = ("locked", "most", "fresh", "calls", "refused", "resets")
        counts = dict(zip(names, (int(n) for n in found.groups())))
        found = re.search(r"standin: (\d+) time calls counted, (\d+) of them stolen", text)
        return counts | dict(zip(("time_calls", "stolen"), (int(n) for n in found.groups())))

    def clock_error(self, readings=5):
        """(offset, uncertainty) of the guest's clock in ns, as the host measured it.

        The reading with the least uncertainty of several.
        """
        found = [re.search(r"standin: guest clock off by (-?\d+) ns, uncertain by (\d+) ns",
                           self.tell("clock")) for _ in range(readings)]
        return min(((int(m.group(1)), int(m.group(2))) for m in found), key=lambda r: r[1])

    def size(self, kib, timeout=60):
        """Wait until the balloon has this size."""
        for _ in range(int(timeout * PATIENCE * 5)):
            if self.balloon_kib() == kib:
                return
            self.run("sleep 0.2")
        raise AssertionError(f"balloon has {self.balloon_kib()} KiB where {kib} were asked for")
