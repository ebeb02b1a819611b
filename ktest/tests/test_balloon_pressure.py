# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Memory pressure while the balloon grows and shrinks; beside virtio_balloon."""

import re
from statistics import median

import pytest

from ktest.lib.balloon import MIB, BalloonGuest, actual
from ktest.lib.bench.areas.balloon import DRIVERS
from ktest.lib import cpio
import clocks

pytestmark = pytest.mark.soak

MEGABYTES = 1024
# Sizes that leave the workload enough, too little and all of its memory.
SIZES = (640, 1024, 448, 832)
STRETCH = 60           # s
# A starved TCG machine is late in ways that are not the guest's: the TSC
# against other clocks, AML against its own limit.
QUIET = "tsc=reliable pci=noacpi"
# What is said of the PIIX4's ports and interrupts without ACPI's routing table.
WITHOUT_PRT = r"pci \S+: BAR \d+: .* has bogus alignment|ACPI: setting ELCR to "
# virtio_balloon says that it finds no page, and how often it did not say so.
OUT_OF_PUFF = r"fill_balloon: \d+ callbacks suppressed"
# MiB a stretch, at least
MOVED = 128
STRESS = "--vm 2 --vm-bytes 300m --vm-method zero-one --mmap 1 --mmap-bytes 64m"


class Pressure:
    """A guest full of stress-ng, and a task that measures how long it waits for memory."""

    def __init__(self, guest):
        self.guest = guest
        self.steps = 0
        self.device = guest.run("basename /sys/bus/virtio/drivers/pv_balloon/virtio*")
        self.seen = {driver: [] for driver in DRIVERS}
        # MiB by which the balloon moved in each stretch: idle, it would disturb nobody.
        self.moved = {driver: [] for driver in DRIVERS}

    def move(self, driver, seconds):
        """Have the balloon grow and shrink for so many seconds of the guest's time."""
        guest = self.guest
        guest.choose(self.device, driver)
        guest.run(f"rm -f /tmp/latency; alloc-latency {seconds} >/tmp/latency 2>&1 &")
        end = clocks.uptime(guest) + seconds
        size, moved = actual(guest), 0
        while clocks.uptime(guest) < end:
            guest.qmp("balloon", value=SIZES[self.steps % len(SIZES)] << 20)
            guest.run("sleep 3", timeout=120)
            self.steps += 1
            size, before = actual(guest), size
            moved += abs(size - before)
        self.moved[driver].append(moved // MIB)
        guest.run("until [ -s /tmp/latency ]; do sleep 1; done", timeout=300)
        found = re.search(r"allocations (\d+) p50 (\d+) p99 (\d+) max (\d+)",
                          guest.run("cat /tmp/latency"))
        self.seen[driver].append([int(g) for g in found.groups()])

    def show(self, driver):
        """Print what was measured with @driver; the median p99."""
        n, p50, p99, most = zip(*self.seen[driver])
        print(f"{driver}: {len(n)} stretches of {STRETCH} s, {sum(n)} allocations of 64 KiB: "
              f"p50 {median(p50):.0f} us, p99 {median(p99):.0f} us ({min(p99)} to {max(p99)}), "
              f"max {max(most)} us; moved by {min(self.moved[driver])} to "
              f"{max(self.moved[driver])} MiB")
        return median(p99)


def end(guest, kernel):
    """No leak, nobody killed, a clean console."""
    if kernel == "debug":
        guest.run("echo scan > /sys/kernel/debug/kmemleak; sleep 6; "
                  "echo scan > /sys/kernel/debug/kmemleak", timeout=300)
        assert guest.run("cat /sys/kernel/debug/kmemleak") == ""
    killed = guest.machine.text().count("Killed process")
    print(f"{killed} tasks killed")
    result = guest.quit(f"{WITHOUT_PRT}|{OUT_OF_PUFF}")
    assert result.ok, result.explain()


@pytest.mark.parametrize("kernel", ["debug"])
def test_pressure(kernel, quantity):
    """No splat, no livelock, and p99 no worse than with virtio_balloon.

    The drivers take turns in one guest, two stretches of ours to one of the
    other's, so that what else the machine does meets both.
    """
    wanted = quantity(f"balloon.pressure.{kernel}.minutes", required=20, short=2)
    wanted.kernel = kernel
    stretches = wanted.count * 60 // STRETCH
    files = cpio.Archive()
    files.program("/usr/bin/stress-ng")
    with BalloonGuest(megabytes=MEGABYTES, kernel=kernel, files=files, timeout=1200,
                      console="balloon-pressure", cmdline=QUIET,
                      device="virtio-balloon-pci,deflate-on-oom=on") as guest:
        guest.run("insmod /lib/modules/virtio_balloon.ko")
        pressure = Pressure(guest)
        guest.run(f"(stress-ng {STRESS} --oomable -q -t 0 >/tmp/stress 2>&1; "
                  "echo $? >/tmp/ended) &")
        for stretch in range(stretches):
            pressure.move("pv_balloon", STRETCH)
            if stretch % 2:
                pressure.move("virtio_balloon", STRETCH)
        guest.run("killall -INT stress-ng; until [ -e /tmp/ended ]; do sleep 1; done", timeout=300)
        assert guest.run("cat /tmp/ended") == "0"
        print(f"{pressure.steps} sizes")
        ours, theirs = (pressure.show(driver) for driver in DRIVERS)
        assert min(m for moved in pressure.moved.values() for m in moved) >= MOVED
        guest.choose(pressure.device, "pv_balloon")
        guest.resize(MEGABYTES, timeout=120)
        end(guest, kernel)
    wanted.done = wanted.count
    assert ours <= theirs * 1.125     # one bucket of the distribution
