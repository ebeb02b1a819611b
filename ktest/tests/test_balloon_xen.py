# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""pv-balloon in a Xen PV dom0 and in a PVH guest, driven by xl mem-set; beside xen-balloon."""

import re
import time

import pytest

from ktest.lib import KtestError, xen
from ktest.lib.balloon import SYSFS, BalloonGuest
from ktest.lib.bench.areas.balloon import clock
from ktest.lib.boot import until

pytestmark = [pytest.mark.soak,
              pytest.mark.skipif(xen.missing() is not None, reason=str(xen.missing()))]


WITHIN = 0.02          # of what was given


class Tools:
    """The archive of xl and its daemons, as initramfs.write() takes it."""

    @staticmethod
    def bytes():
        """What is put on top of the initramfs."""
        return xen.tools()


class Dom0(BalloonGuest):
    """A PV dom0 with xenstored running, which is the domain that is made smaller."""

    DOMAIN = "0"
    SHORT = 0       # what xl list shows less than it was asked for, in MiB

    def __init__(self, name, ours=True, megabytes=1536, **options):
        super().__init__("xen-pv", megabytes + xen.OWN, device="", files=Tools(),
                         console=f"balloon-xen-{name}", cmdline=f"pv_balloon.xen={int(ours)}",
                         **options)

    def begin(self):
        """xenstored runs."""
        super().begin()
        self.run("mount -t xenfs xenfs /proc/xen; xenstored --pid-file=/var/run/xen/xenstored.pid "
                 "&& xen-init-dom0 >/dev/null && xl list >/dev/null")

    def dom0(self, command):
        """Run a command in dom0; return what it printed."""
        return self.run(command)

    def full(self):
        """Its size with an empty balloon, as xl mem-set takes it, in MiB."""
        return size_of(self)


class Pvh(BalloonGuest):
    """A PVH guest; dom0 gets its commands by the same line (ktest/guest/host-xen.sh)."""

    DOMAIN = "guest"
    SHORT = 1       # the hole below 1 MiB is not populated, and the rest is rounded down

    def __init__(self, name, megabytes=1024, **options):
        self.megabytes = megabytes
        super().__init__("xen-hvm", megabytes, device="", console=f"balloon-pvh-{name}", **options)

    def dom0(self, command):
        """Run a command in dom0, which must succeed; return what it printed."""
        start = len(self.machine.text())
        self.send(f"dom0 {command}\n")
        end = self.wait_for(r"^KTEST DOM0 (\d+)", 60, start)
        text = self.machine.text()[start:end.start()].strip()
        if end.group(1) != "0":
            raise KtestError(f"dom0: '{command}' failed: {text[-500:]}")
        return text

    def full(self):
        """Its size with an empty balloon, as xl mem-set takes it, in MiB."""
        return self.megabytes


def xen_free(guest):
    """Memory that Xen has free, in MiB."""
    return int(re.search(r"free_memory +: (\d+)", guest.dom0("xl info")).group(1))


def size_of(guest):
    """The domain's size as xl shows it, in MiB."""
    return int(guest.dom0(f"xl list {guest.DOMAIN}").splitlines()[-1].split()[2])


def mem_set(guest, megabytes, timeout=60):
    """xl mem-set, then wait until the domain has that size; seconds."""
    begun = time.monotonic()
    guest.dom0(f"xl mem-set {guest.DOMAIN} {megabytes}")
    until(lambda: size_of(guest) == megabytes - guest.SHORT, timeout,
          lambda: f"the domain has {size_of(guest)} MiB where {megabytes} were asked for")
    return time.monotonic() - begun


@pytest.mark.parametrize("domain", [Dom0, Pvh])
def test_down_and_back(domain, quantity):
    """The domain to a quarter and back: Xen gets the memory, nothing is lost."""
    name = domain.__name__.lower()
    wanted = quantity(f"balloon.cycles.xen.{name}", required=100, short=2)
    worst = 0
    with domain("cycles", megabytes=1536) as guest:
        assert guest.run(f"cat {SYSFS}/transport") == "xen"
        guest.run("mount -t tmpfs tmpfs /dev/shm; dd if=/dev/urandom of=/dev/shm/data bs=1M count=16 "
                  "2>/dev/null; sha256sum /dev/shm/data > /dev/shm/sum")
        size, total, free = guest.full(), guest.meminfo("MemTotal"), xen_free(guest)
        gave = size - size // 4
        # One command a time: the guest's console is slow where dom0 passes it on.
        check = (f"sha256sum -c /dev/shm/sum >/dev/null && cat {SYSFS}/size_kib && "
                 "sed -n 's/^MemTotal: *//p' /proc/meminfo")
        for _ in range(wanted.count):
            mem_set(guest, size // 4)
            fell = xen_free(guest) - free
            assert abs(fell - gave) <= gave * WITHIN
            worst = max(worst, abs(fell - gave))
            assert guest.run(check).split() == [str(gave * 1024), str(total - gave * 1024), "kB"]
            mem_set(guest, size)
            assert guest.run(check).split() == ["0", str(total), "kB"]
            wanted.done += 1
        count = guest.counters()
        print(f"{name}: {wanted.done} cycles: Xen had {gave} MiB more each time, at worst {worst} "
              f"MiB off; {count['kicks']} calls for {count['pages_inflated']} pages given and "
              f"{count['pages_deflated']} taken back; MemTotal {total} kB")
        assert count["pages_inflated"] == count["pages_deflated"] == wanted.done * gave * 256
        assert count["pages_lost"] == 0
        assert "Out of memory" not in guest.machine.text()
        result = guest.quit()
        assert result.ok, result.explain()


@pytest.mark.parametrize("domain", [Dom0, Pvh])
def test_handed_back(domain):
    """Switched off at run time, xen-balloon follows the target again and has every page."""
    with domain("handback") as guest:
        size, total = guest.full(), guest.meminfo("MemTotal")
        mem_set(guest, size // 2)
        guest.run("echo 0 > /sys/module/pv_balloon/parameters/xen")
        guest.run(f"test ! -e {SYSFS}")
        # The target stands, so xen-balloon gives the same again.
        mem_set(guest, size // 2)
        mem_set(guest, size)
        assert guest.meminfo("MemTotal") == total
        guest.run("echo 1 > /sys/module/pv_balloon/parameters/xen")
        mem_set(guest, size // 2)
        assert guest.balloon_kib() == (size - size // 2) * 1024
        mem_set(guest, size)
        result = guest.quit()
        assert result.ok, result.explain()


def reach(guest, megabytes, total, balloon):
    """xl mem-set, then wait until the guest says that it has this MemTotal and balloon, in KiB."""
    def now():
        return guest.meminfo("MemTotal"), guest.balloon_kib()

    guest.dom0(f"xl mem-set {guest.DOMAIN} {megabytes}")
    until(lambda: now() == (total, balloon), 60,
          lambda: f"MemTotal and balloon are {now()} where {(total, balloon)} were expected")
    # What Xen keeps for pages that were never touched is no exact science.
    assert abs(size_of(guest) - megabytes) <= 2


def test_populate_on_demand():
    """A guest that may have more than it was built with: xen-balloon's first, ours from then on."""
    with Pvh("pod", megabytes=768, maximum=1280) as guest:
        # Init runs in what Xen has for it, and that was not our doing.
        total = guest.meminfo("MemTotal")
        assert 512 * 1024 < total < 768 * 1024
        assert guest.run(f"cat {SYSFS}/transport {SYSFS}/state").split() == ["xen", "idle"]
        assert guest.balloon_kib() == guest.counters()["pages_inflated"] == 0
        # All of it can be touched.
        guest.run("mount -t tmpfs -o size=90% tmpfs /dev/shm; dd if=/dev/zero of=/dev/shm/data bs=1M "
                  "count=448 2>/dev/null && rm /dev/shm/data", timeout=120)
        reach(guest, 512, total - 256 * 1024, 256 * 1024)
        reach(guest, 768, total, 0)
        # Above what it was built with xen-balloon has the pages.
        reach(guest, 1280, total + 512 * 1024, 0)
        # What it got there it gives back there.
        reach(guest, 512, total - 256 * 1024, 256 * 1024)
        reach(guest, 1280, total + 512 * 1024, 0)
        assert "Out of memory" not in guest.machine.text()
        result = guest.quit()
        assert result.ok, result.explain()


def test_order_refused():
    """Xen allows guests no extents of 2 MiB: page by page then, and nothing is lost."""
    with Pvh("order", hypervisor="memop-max-order=0") as guest:
        size, total = guest.full(), guest.meminfo("MemTotal")
        mem_set(guest, size // 2)
        assert guest.balloon_kib() == size // 2 * 1024
        mem_set(guest, size)
        assert guest.meminfo("MemTotal") == total
        count = guest.counters()
        assert count["pages_inflated"] == count["pages_deflated"] == size // 2 * 256
        assert count["pages_lost"] == 0
        # A call moves no more than a block.
        assert count["kicks"] >= 2 * count["pages_inflated"] // 512
        result = guest.quit()
        assert result.ok, result.explain()


def mem_set_cost(guest, megabytes):
    """Instructions of Xen and dom0 for one xl mem-set."""
    before = clock(guest)
    guest.run(f"xl mem-set 0 {megabytes}; sleep 8")
    after = clock(guest)
    assert size_of(guest) == megabytes
    return (after[0] - before[0]) - (after[1] - before[1])


def test_cost():
    """Instructions of dom0 and Xen for 256 MiB: at most 0.7 of xen-balloon's."""
    cost = {}
    for ours in (True, False):
        with Dom0(f"cost{int(ours)}", ours, icount=True, cpus=1) as guest:
            size = size_of(guest)
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
