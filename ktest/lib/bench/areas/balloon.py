# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What it costs to give memory back, side by side with virtio_balloon.

Instructions are counted by QEMU (-icount: one nanosecond of the guest's clock
is one instruction): the time that passes less the time that the CPU idles,
both from /proc/timer_list, less what reading that file twice costs and what
the guest does anyway.
"""

from functools import partial
import re

from ...balloon import BalloonGuest
from .. import Goal, Step
from ..records import record

NAME = "balloon"
TITLE = "pv_balloon against virtio_balloon on the same device"
OURS, PEER = "pv_balloon", "virtio_balloon"
DRIVERS = [OURS, PEER]
# Case: at most this part of virtio_balloon's instructions, up and down together.
WANTED = {"blocks": 1 / 40, "pages": 1 / 2}
KICKS_WANTED = 1 / 64
GOALS = [Goal("blocks", OURS, KICKS_WANTED, PEER, "kicks")]
MEGABYTES = 1024


class ServedGuest(BalloonGuest):
    """A guest in which @driver serves the balloon."""

    def __init__(self, driver, megabytes, name, cmdline="", **options):
        super().__init__(megabytes=megabytes, console=f"balloon-cost-{driver}-{name}",
                         cmdline=f"pv_balloon.virtio={int(driver == OURS)} {cmdline}", **options)
        self.driver = driver

    def begin(self):
        """The other's driver is a module."""
        super().begin()
        if self.driver == PEER:
            self.run("insmod /lib/modules/virtio_balloon.ko")


def clock(guest):
    """(now, idle) of the guest's only CPU, in ns."""
    text = guest.run("grep -e '^now at' -e idle_sleeptime /proc/timer_list")
    return (int(re.search(r"now at (\d+)", text).group(1)),
            int(re.search(r"idle_sleeptime +: (\d+)", text).group(1)))


def _busy(guest, work):
    """Instructions that the guest executes for @work, which runs on the host.

    Less what it executes anyway: its clock runs on while it waits for a host that
    is slow, and ticks and housekeeping go on with it.
    """
    def measure(action):
        before = clock(guest)
        action()
        after = clock(guest)
        passed, idle = after[0] - before[0], after[1] - before[1]
        return passed - idle, idle
    reading = min(measure(lambda: None)[0] for _ in range(3))
    anyway, idle = measure(lambda: guest.run("sleep 60"))
    rate = max(anyway - reading, 0) / idle
    busy, idle = measure(work)
    return max(round(busy - reading - rate * idle), 1)


def up_and_down(guest, megabytes):
    """Instructions to inflate and deflate by @megabytes."""
    small = guest.megabytes - megabytes
    return [_busy(guest, lambda size=size: guest.resize(size, timeout=120))
            for size in (small, guest.megabytes)]


def unfragmented(driver, size, init, name="blocks"):
    """[inflate, deflate] of @size MiB in free blocks of 2 MiB; @init: init_on_alloc."""
    # pv_balloon would leave a large guest more than what is left here
    with ServedGuest(driver, size + 256, f"{name}{init}-{size}", icount=True, cpus=1,
                     cmdline=f"init_on_alloc={init} pv_balloon.floor_mib=64 nokaslr "
                             "norandmaps") as guest:
        costs = up_and_down(guest, size)
        guest.quit_well()
    return costs


def fragmented(driver, size):
    """[inflate, deflate] of @size MiB where only pages of 4 KiB are free."""
    # half of it is free, and a part of that stays so
    with ServedGuest(driver, 2 * size + 384, "pages", icount=True, cpus=1,
                     cmdline="init_on_alloc=0 nokaslr norandmaps") as guest:
        guest.run("fragment 48 > /tmp/log & until grep -q fragmented /tmp/log; do sleep 1; done",
                  timeout=300)
        costs = up_and_down(guest, size)
        guest.run("kill $(pidof fragment)")
        guest.quit_well()
    return costs


def _count_kicks(guest, megabytes):
    """Notifications while the balloon goes up and down, counted by a kprobe."""
    guest.run("cd /sys/kernel/tracing; echo 'p:kick vp_notify' > kprobe_events; "
              "echo 1 > events/kprobes/kick/enable")
    counts = []
    for size in (guest.megabytes - megabytes, guest.megabytes):
        before = int(guest.run("cat /sys/kernel/tracing/kprobe_profile").split()[1])
        guest.resize(size, timeout=120)
        counts.append(int(guest.run("cat /sys/kernel/tracing/kprobe_profile").split()[1]) - before)
    guest.run("cd /sys/kernel/tracing; echo 0 > events/kprobes/kick/enable; echo > kprobe_events")
    return counts


def kicks(driver, size):
    """[inflate, deflate] of @size MiB: notifications."""
    with ServedGuest(driver, size + 512, "kicks", cmdline="init_on_alloc=0") as guest:
        counts = _count_kicks(guest, size)
        guest.quit_well()
    return counts


def _both(case, driver, metric, unit, costs):
    """Records of the way up, the way down, and both."""
    return [record(NAME, case + part, driver, metric, value, unit)
            for part, value in (("-inflate", costs[0]), ("-deflate", costs[1]), ("", sum(costs)))]


def _blocks(driver, size):
    return _both("blocks", driver, "instructions", f"for {size} MiB",
                 unfragmented(driver, size, 0))


def _pages(driver, size):
    return _both("pages", driver, "instructions", f"for {size} MiB", fragmented(driver, size))


def _kicks(driver, size):
    return _both("blocks", driver, "kicks", f"for {size} MiB", kicks(driver, size))


def steps(short=False):
    """Instructions of blocks and of pages, and kicks, a driver at a time."""
    size = 128 if short else MEGABYTES
    return [Step(f"{driver}: {what.__name__[1:]}", seconds, partial(what, driver, size))
            for what, seconds in ((_blocks, 25), (_pages, 120), (_kicks, 15))
            for driver in DRIVERS]
