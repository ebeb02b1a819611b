# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""pv-balloon in a Xen PV dom0, driven by xl mem-set; beside xen-balloon."""

import re
import time

import pytest

from ktest.lib import KtestError, xen
from ktest.lib.balloon import SYSFS, BalloonGuest
from ktest.lib.bench.areas.balloon import clock
from ktest.lib.boot import PATIENCE

pytestmark = [pytest.mark.soak,
              pytest.mark.skipif(xen.missing() is not None, reason=str(xen.missing()))]


class Tools:
    """The archive of xl and its daemons, as initramfs.write() takes it."""

    @staticmethod
    def bytes():
        """What is put on top of the initramfs."""
        return xen.tools()


def dom0(name, ours=True, megabytes=1536, **options):
    """A dom0 with xenstored running."""
    guest = BalloonGuest("xen-pv", megabytes + xen.OWN, device="", files=Tools(),
                         console=f"balloon-xen-{name}", cmdline=f"pv_balloon.xen={int(ours)}",
                         **options)
    guest.__enter__()
    guest.run("mount -t xenfs xenfs /proc/xen; xenstored --pid-file=/var/run/xen/xenstored.pid "
              "&& xen-init-dom0 >/dev/null && xl list >/dev/null")
    return guest


def xen_free(guest):
    """Memory that Xen has free, in MiB."""
    return int(re.search(r"free_memory +: (\d+)", guest.run("xl info")).group(1))


def dom0_size(guest):
    """dom0's size as xl shows it, in MiB."""
    return int(guest.run("xl list 0").splitlines()[-1].split()[2])


def mem_set(guest, megabytes, timeout=60):
    """xl mem-set, then wait until dom0 has that size; seconds."""
    begun = time.monotonic()
    guest.run(f"xl mem-set 0 {megabytes}")
    while dom0_size(guest) != megabytes:
        if time.monotonic() - begun > timeout * PATIENCE:
            raise KtestError(f"dom0 has {dom0_size(guest)} MiB where {megabytes} were asked for")
    return time.monotonic() - begun


def test_down_and_back(quantity):
    """dom0 to a quarter and back: Xen gets the memory, nothing is lost."""
    wanted = quantity("balloon.cycles.xen", required=100, short=2)
    guest = dom0("cycles")
    with guest.machine:
        assert guest.run(f"cat {SYSFS}/transport") == "xen"
        size, total, free = dom0_size(guest), guest.meminfo("MemTotal"), xen_free(guest)
        guest.run("mount -t tmpfs tmpfs /dev/shm; dd if=/dev/urandom of=/dev/shm/data bs=1M count=16 "
                  "2>/dev/null; sha256sum /dev/shm/data > /dev/shm/sum")
        for _ in range(wanted.count):
            mem_set(guest, size // 4)
            gave = size - size // 4
            assert abs(xen_free(guest) - free - gave) <= gave * 0.02 + 1
            assert guest.balloon_kib() == gave * 1024
            assert guest.meminfo("MemTotal") == total - gave * 1024
            guest.run("sha256sum -c /dev/shm/sum")
            mem_set(guest, size)
            assert guest.meminfo("MemTotal") == total
            wanted.done += 1
        guest.run("sha256sum -c /dev/shm/sum")
        count = guest.counters()
        assert count["pages_inflated"] == count["pages_deflated"]
        assert count["pages_lost"] == 0
        result = guest.quit()
        assert result.ok, result.explain()


def test_handed_back():
    """Switched off at run time, xen-balloon follows the target again."""
    guest = dom0("handback")
    with guest.machine:
        size = dom0_size(guest)
        mem_set(guest, size // 2)
        guest.run("echo 0 > /sys/module/pv_balloon/parameters/xen")
        guest.run(f"test ! -e {SYSFS}")
        # The target stands, so xen-balloon gives the same again.
        mem_set(guest, size // 2)
        mem_set(guest, size)
        guest.run("echo 1 > /sys/module/pv_balloon/parameters/xen")
        mem_set(guest, size // 2)
        assert guest.balloon_kib() == (size - size // 2) * 1024
        mem_set(guest, size)
        result = guest.quit()
        assert result.ok, result.explain()


def mem_set_cost(guest, megabytes):
    """Instructions of Xen and dom0 for one xl mem-set."""
    before = clock(guest)
    guest.run(f"xl mem-set 0 {megabytes}; sleep 8")
    after = clock(guest)
    assert dom0_size(guest) == megabytes
    return (after[0] - before[0]) - (after[1] - before[1])


def test_cost():
    """Instructions of dom0 and Xen for 256 MiB: at most 0.7 of xen-balloon's."""
    cost = {}
    for ours in (True, False):
        guest = dom0(f"cost{int(ours)}", ours, icount=True, cpus=1)
        with guest.machine:
            size = dom0_size(guest)
            # What xl costs by itself, with nothing to change.
            own = mem_set_cost(guest, size)
            down, up = mem_set_cost(guest, size - 256), mem_set_cost(guest, size)
            cost[ours] = down + up - 2 * own
            print(f"256 MiB on Xen PV: {'pv_balloon' if ours else 'xen-balloon'}: inflate {down:,} "
                  f"deflate {up:,} instructions, of which xl alone {own:,} each")
            result = guest.quit()
        assert result.ok, result.explain()
    ratio = cost[True] / cost[False]
    print(f"256 MiB on Xen PV: ratio {ratio:.2f}")
    assert ratio <= 0.7
