# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Memory pressure while the balloon grows and shrinks; beside virtio_balloon."""

import re
import time

import pytest

from ktest.lib.balloon import BalloonGuest
from ktest.lib import cpio

pytestmark = pytest.mark.soak

MEGABYTES = 1024
# Sizes that leave the workload enough, too little and all of its memory.
SIZES = (640, 1024, 448, 832)
STRESS = "--vm 2 --vm-bytes 300m --vm-method zero-one --mmap 1 --mmap-bytes 64m"


class Tools:
    """stress-ng and what it is linked to."""

    @staticmethod
    def bytes():
        """As initramfs.write() takes it."""
        archive = cpio.Archive()
        archive.program("/usr/bin/stress-ng")
        return archive.bytes()


def soak(driver, seconds, kernel):
    """(p50, p99, max, allocations) in us of a task beside stress-ng, with @driver."""
    with BalloonGuest(megabytes=MEGABYTES, kernel=kernel, files=Tools(), timeout=seconds * 3 + 300,
                      console=f"balloon-pressure-{driver}",
                      device="virtio-balloon-pci,deflate-on-oom=on",
                      cmdline=f"pv_balloon.virtio={int(driver == 'pv_balloon')}") as guest:
        if driver == "virtio_balloon":
            guest.run("insmod /lib/modules/virtio_balloon.ko")
        guest.run(f"(stress-ng {STRESS} --oomable -t {seconds} -q >/tmp/stress 2>&1; echo $? >/tmp/ended) "
                  f"& alloc-latency {seconds} >/tmp/latency &")
        end, step = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            guest.qmp("balloon", value=SIZES[step % len(SIZES)] << 20)
            guest.run("sleep 3", timeout=120)
            step += 1
        guest.run("until [ -s /tmp/latency ] && [ -e /tmp/ended ]; do sleep 1; done", timeout=300)
        found = re.search(r"allocations (\d+) p50 (\d+) p99 (\d+) max (\d+)",
                          guest.run("cat /tmp/latency"))
        assert guest.run("cat /tmp/ended") == "0"
        guest.resize(MEGABYTES, timeout=120)
        if kernel == "debug":
            guest.run("echo scan > /sys/kernel/debug/kmemleak; sleep 6; "
                      "echo scan > /sys/kernel/debug/kmemleak", timeout=300)
            assert guest.run("cat /sys/kernel/debug/kmemleak") == ""
        killed = guest.machine.text().count("Killed process")
        result = guest.quit()
        assert result.ok, result.explain()
    n, p50, p99, most = (int(g) for g in found.groups())
    print(f"{driver}: {seconds} s, {step} sizes, {n} allocations of 64 KiB: p50 {p50} us, "
          f"p99 {p99} us, max {most} us, {killed} tasks killed")
    return p99


@pytest.mark.parametrize("kernel", ["debug"])
def test_pressure(kernel, quantity):
    """No splat, no livelock, and p99 no worse than with virtio_balloon."""
    wanted = quantity(f"balloon.pressure.{kernel}.minutes", required=20, short=1)
    seconds = wanted.count * 60
    theirs = soak("virtio_balloon", min(seconds, 300), kernel)
    ours = soak("pv_balloon", seconds, kernel)
    wanted.done = wanted.count
    assert ours <= theirs * 1.125     # one bucket of the distribution
