# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""pv-balloon against QEMU's virtio balloon, and beside the drivers in the tree."""

import time

import pytest

from ktest.lib.balloon import SYSFS, BalloonGuest
from ktest.lib.boot import until

WITHIN = 0.02          # of the ballooned amount
BROKEN = 0.05          # of what is freed: in pieces that are not wholly free
TWICE = 32             # MiB
FILLED = 600           # MiB
# A file of that size, without an empty page.
FILL = ("yes | head -c 1048576 > /tmp/mib; "
        f"for i in $(seq {FILLED}); do cat /tmp/mib; done > /dev/shm/fill")


@pytest.mark.soak
@pytest.mark.parametrize("platform", ["native", "pvm", "kvm"])
def test_down_and_back(platform, quantity):
    """A quarter and back: data intact, host memory falls by what is given, nothing lost."""
    wanted = quantity(f"balloon.cycles.{platform}", required=100, short=3)
    worst = 0
    with BalloonGuest(platform, console=f"balloon-cycles-{platform}") as guest:
        gave = guest.megabytes * 3 // 4
        guest.run("mount -t tmpfs tmpfs /dev/shm; dd if=/dev/urandom of=/dev/shm/data bs=1M count=8 "
                  "2>/dev/null; sha256sum /dev/shm/data > /dev/shm/sum")
        total = guest.meminfo("MemTotal")
        for _ in range(wanted.count):
            guest.populate()
            before = guest.resident()
            guest.resize(guest.megabytes // 4)
            fell = before - guest.resident()
            assert guest.balloon_kib() == gave * 1024
            assert abs(fell - gave) <= gave * WITHIN, (before, fell, gave)
            worst = max(worst, abs(fell - gave))
            assert guest.meminfo("MemTotal") == total - gave * 1024
            guest.run("sha256sum -c /dev/shm/sum")
            guest.resize(guest.megabytes)
            assert guest.meminfo("MemTotal") == total
            wanted.done += 1
        guest.run("sha256sum -c /dev/shm/sum")
        count = guest.counters()
        print(f"{platform}: {wanted.done} cycles: host memory fell by {gave} MiB, at worst "
              f"{worst:.2f} MiB off; MemTotal {total} kB before and {guest.meminfo('MemTotal')} kB after")
        assert count["pages_inflated"] == count["pages_deflated"] == wanted.done * gave * 256
        assert guest.run("sed -n 's/^balloon_[id].*flate //p' /proc/vmstat").split() \
            == [str(wanted.done * gave * 256)] * 2
        assert count["pages_lost"] == 0
        assert guest.balloon_kib() == 0
        assert "Out of memory" not in guest.machine.text()
        guest.quit_well()


@pytest.mark.soak
def test_floor():
    """The host asks for all but nothing; the guest keeps its floor and lives."""
    with BalloonGuest(megabytes=512) as guest:
        floor = guest.balloon_kib("floor_kib")
        guest.qmp("balloon", value=1 << 20)
        for _ in range(100):
            if guest.run(f"cat {SYSFS}/reason") == "floor":
                break
            guest.run("sleep 0.1")
        assert guest.run(f"cat {SYSFS}/state {SYSFS}/reason").split() in (
            ["idle", "floor"], ["waiting", "no-memory"])
        # 96 MiB less what the kernel has kept of the 512; and all above it is taken, but for
        # what has to stay available
        assert 0.9 * (96 << 10) < floor <= 96 << 10
        assert floor <= guest.meminfo("MemTotal") <= floor + floor // 4
        guest.run("dd if=/dev/zero of=/tmp/x bs=1M count=4 2>/dev/null; rm /tmp/x")
        assert "Out of memory" not in guest.machine.text()
        guest.resize(512)
        guest.quit_well()


def test_kicks():
    """768 MiB in few notifications: at most a 64th of one for each 256 pages."""
    with BalloonGuest() as guest:
        guest.resize(guest.megabytes // 4)
        guest.resize(guest.megabytes)
        pages = 2 * 768 * 256
        assert 0 < guest.counters()["kicks"] <= pages / 256 / 64
        guest.quit_well()


@pytest.mark.soak
def test_statistics():
    """The host gets numbers that agree with the guest's own."""
    with BalloonGuest(megabytes=512) as guest:
        path = "/machine/peripheral/balloon"
        guest.qmp("qom-set", path=path, property="guest-stats-polling-interval", value=1)
        stats = {}
        for _ in range(100):
            stats = guest.qmp("qom-get", path=path, property="guest-stats")
            # The first ones are from the driver's start, before init memory was freed.
            if stats["stats"]["stat-total-memory"] == guest.meminfo("MemTotal") * 1024:
                break
            guest.run("sleep 0.2")
        assert stats["stats"]["stat-total-memory"] == guest.meminfo("MemTotal") * 1024
        assert 0 < stats["stats"]["stat-free-memory"] < stats["stats"]["stat-total-memory"]
        guest.quit_well()


@pytest.mark.soak
@pytest.mark.parametrize("order, delay", [(9, 2000), (4, 200)])
def test_reporting(order, delay):
    """What the guest frees goes back to the host by itself, in pieces and after a delay of choice."""
    with BalloonGuest(device="virtio-balloon-pci,free-page-reporting=on",
                      cmdline=f"page_reporting.page_reporting_order={order} "
                              f"page_reporting.page_reporting_delay_ms={delay}") as guest:
        guest.run("mount -t tmpfs -o size=700m tmpfs /dev/shm; " + FILL, timeout=120)
        settled(guest)
        guest.populate()
        before, reported = guest.resident(), guest.counters()["pages_reported"]
        begun = time.monotonic()
        guest.run("rm /dev/shm/fill")
        settled(guest)
        fell = before - guest.resident()
        reported = (guest.counters()["pages_reported"] - reported) / 256
        print(f"order {order}, delay {delay} ms: {reported:.1f} MiB reported, host memory fell by "
              f"{fell:.1f} MiB in {time.monotonic() - begun:.1f} s")
        # Pages that were used and freed meanwhile are reported twice; a piece that something
        # else has a page of is not reported.
        assert FILLED * (1 - BROKEN) <= fell <= reported * (1 + WITHIN)
        assert fell >= reported * (1 - WITHIN) - TWICE
        guest.quit_well()


def settled(guest):
    """Wait until no more pages are reported."""
    seen = []

    def same():
        seen.append(guest.counters()["pages_reported"])
        return len(seen) > 4 and len(set(seen[-5:])) == 1

    until(same, 120, "pages are reported on and on", every=1)


def migrate(guest):
    """Send the guest to nowhere, let it go on; the MiB that were sent."""
    guest.qmp("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
    guest.qmp("migrate", uri="exec:cat >/dev/null")

    def over():
        state = guest.qmp("query-migrate")
        assert state["status"] not in ("failed", "cancelled"), state
        return state if state["status"] == "completed" else None

    state = until(over, 120, "the migration does not end")
    guest.qmp("cont")
    return state["ram"]["transferred"] / (1 << 20)


@pytest.mark.soak
def test_hinting():
    """Free pages are left out of a migration; the guest has them all afterwards."""
    sent = {}
    for hint in ("off", "on"):
        # The guest stands still when all is sent: its clocks differ by that time.
        device = f"virtio-balloon-pci,free-page-hint={hint}"
        if hint == "on":
            device += ",iothread=hints"
        with BalloonGuest(device=device, extra=["-object", "iothread,id=hints"],
                          console=f"balloon-hint-{hint}", cmdline="tsc=reliable") as guest:
            guest.run("mount -t tmpfs -o size=700m tmpfs /dev/shm; " + FILL +
                      "; rm /dev/shm/fill; dd if=/dev/urandom of=/dev/shm/data bs=1M count=24 "
                      "2>/dev/null; sha256sum /dev/shm/data > /dev/shm/sum", timeout=120)
            free = guest.meminfo("MemFree")
            sent[hint] = migrate(guest)
            print(f"free-page-hint={hint}: {sent[hint]:.0f} MiB sent")
            guest.run("sha256sum -c /dev/shm/sum; sleep 2")
            assert guest.meminfo("MemFree") > free - 16 * 1024
            guest.quit_well()
    # Blocks of 4 MiB are named, so what is free in smaller pieces is sent.
    assert sent["on"] < sent["off"] - FILLED * 3 / 4


@pytest.mark.soak
def test_deflate_on_oom():
    """A guest in need takes pages back where the host allows it: nobody is killed."""
    with BalloonGuest(device="virtio-balloon-pci,deflate-on-oom=on") as guest:
        guest.resize(guest.megabytes // 4)
        assert guest.meminfo("MemTotal") > 900 * 1024
        guest.run("mount -t tmpfs -o size=600m tmpfs /dev/shm; "
                  "dd if=/dev/zero of=/dev/shm/fill bs=1M count=560 2>/dev/null", timeout=180)
        assert guest.counters()["pages_reclaimed"] >= 200 * 256
        assert "Killed process" not in guest.machine.text()
        guest.run("rm /dev/shm/fill")
        guest.quit_well()


@pytest.mark.soak
def test_compaction():
    """With a full balloon there are huge pages after compaction."""
    with BalloonGuest(megabytes=512, cmdline="pv_balloon.pressure=0") as guest:
        guest.run("fragment 48 > /tmp/log & until grep -q fragmented /tmp/log; do sleep 1; done",
                  timeout=120)
        guest.resize(384)
        guest.run("kill $(pidof fragment)")
        guest.run("echo 1 > /proc/sys/vm/compact_memory; sleep 1")
        assert guest.counters()["pages_migrated"] > 0
        guest.run("echo 16 > /proc/sys/vm/nr_hugepages")
        assert guest.run("cat /proc/sys/vm/nr_hugepages") == "16"
        guest.run("echo 0 > /proc/sys/vm/nr_hugepages")
        guest.resize(512)
        count = guest.counters()
        assert count["pages_inflated"] == count["pages_deflated"]
        guest.quit_well()


@pytest.mark.soak
@pytest.mark.parametrize("first", ["pv_balloon", "virtio_balloon"])
def test_choice(first):
    """The parameter chooses, whichever driver comes first."""
    other = {"pv_balloon": 1, "virtio_balloon": 0}[first]
    driver = "readlink /sys/bus/virtio/devices/virtio*/driver | grep balloon"
    with BalloonGuest(megabytes=512, cmdline=f"pv_balloon.virtio={other}") as guest:
        guest.run("insmod /lib/modules/virtio_balloon.ko")
        assert guest.run(driver).endswith(first)
        if first == "virtio_balloon":
            guest.run("test ! -e /sys/class/pv_balloon/pv_balloon0")
            # The same from the other end: the device is bound already, and is taken over.
            guest.run("echo 1 > /sys/module/pv_balloon/parameters/virtio")
            assert guest.run(driver).endswith("pv_balloon")
        guest.resize(256)
        assert guest.run(f"cat {SYSFS}/transport") == "virtio"
        guest.resize(512)
        # By hand, there and back.
        device = guest.run("basename /sys/bus/virtio/drivers/pv_balloon/virtio*")
        guest.run(f"echo {device} > /sys/bus/virtio/drivers/pv_balloon/unbind")
        guest.run(f"echo {device} > /sys/bus/virtio/drivers/virtio_balloon/bind")
        guest.resize(300)
        guest.run(f"echo {device} > /sys/bus/virtio/drivers/virtio_balloon/unbind")
        guest.reach(512)
        guest.run(f"echo {device} > /sys/bus/virtio/drivers/pv_balloon/bind")
        guest.resize(256)
        guest.resize(512)
        guest.quit_well()


@pytest.mark.soak
def test_nothing_without_a_device():
    """No device, no hypervisor: nothing registered, said, or running."""
    with BalloonGuest(megabytes=512, device="") as guest:
        assert guest.run("ls /sys/class/pv_balloon") == ""
        assert guest.run("ls /sys/class/ptp; true") == ""
        assert guest.run("dmesg | grep -i -e pv_balloon -e pv_ptp | grep -v -e KTAP -e '# ' -e 'ok '"
                         " -e 'Kernel command line'; true") == ""
        assert guest.run("ps | grep -i 'pv[_-]balloon' | grep -v grep; true") == ""
        guest.quit_well()
