# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What ballooning costs the guest and the host, side by side with virtio_balloon.

Instructions are counted by QEMU (-icount: one nanosecond of the guest's clock
is one instruction): the time that passes less the time that the CPU idles,
both from /proc/timer_list; see ktest/lib/bench/areas/balloon.py.
"""

from pathlib import Path
from statistics import median

import pytest

from ktest.lib.balloon import BalloonGuest
from ktest.lib.bench.areas.balloon import (DRIVERS, KICKS_WANTED, WANTED, fragmented, kicks,
                                           unfragmented)

# A busy machine makes them late, and there are many boots: the long form only.
pytestmark = pytest.mark.soak


def show(title, results, unit):
    """Print both drivers and their ratio; return the ratio."""
    ours, theirs = (sum(results[d]) for d in DRIVERS)
    for driver in DRIVERS:
        up, down = results[driver]
        print(f"{title}: {driver}: inflate {up:,} deflate {down:,} {unit}")
    print(f"{title}: ratio 1/{theirs / ours:.1f}")
    return ours / theirs


@pytest.mark.parametrize("init", [0, 1])
def test_instructions_unfragmented(init, quantity):
    """Free blocks of 2 MiB: at most 1/40 of the instructions (with init_on_alloc=0)."""
    wanted = quantity(f"balloon.cost.blocks{init}.mib", required=1024, short=256)
    size, results = wanted.count, {}
    for driver in DRIVERS:
        results[driver] = unfragmented(driver, size, init)
    ratio = show(f"{size} MiB in blocks, init_on_alloc={init}", results, "instructions")
    if not init:
        assert ratio <= WANTED["blocks"]
    wanted.done = size


def test_instructions_fragmented(quantity):
    """Only pages of 4 KiB are free: at most half of the instructions."""
    wanted = quantity("balloon.cost.pages.mib", required=1024, short=128)
    size, results = wanted.count, {}
    for driver in DRIVERS:
        results[driver] = fragmented(driver, size)
    assert show(f"{size} MiB in pages", results, "instructions") <= WANTED["pages"]
    wanted.done = size


def test_kicks(quantity):
    """1 GiB: at most 1/64 of virtio_balloon's notifications."""
    wanted = quantity("balloon.cost.kicks.mib", required=1024, short=256)
    counts = {driver: kicks(driver, wanted.count) for driver in DRIVERS}
    assert show(f"kicks for {wanted.count} MiB", counts, "notifications") <= KICKS_WANTED
    wanted.done = wanted.count


def thread_times(guest):
    """CPU seconds of QEMU's threads by name."""
    times = {}
    for task in Path(f"/proc/{guest.machine.process.pid}/task").iterdir():
        name = (task / "comm").read_text(encoding="ascii").strip()
        used = int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
        times[name] = times.get(name, 0) + used
    return times


def up_and_down(guest):
    """Seconds, and CPU seconds of QEMU by thread, for 1 GiB down and up."""
    guest.rewrite()
    before = thread_times(guest)
    took = guest.resize(512, timeout=120) + guest.resize(1536, timeout=120)
    after = thread_times(guest)
    return took, {n: t - before.get(n, 0) for n, t in after.items()}


def test_wall_time(quantity):
    """1 GiB: wall time at most 0.6 of virtio_balloon's.

    Pair by pair in one guest, each driver first in turn, and the median of the
    pairs' ratios: what else the machine does meets both.  Memory is QEMU's
    default, which it discards by one system call per page.
    """
    wanted = quantity("balloon.cost.pairs", required=7, short=2)
    pairs = []
    # Threads that have names: the one that discards is the one of the guest.
    with BalloonGuest(megabytes=1536, backend=False, cpus=1, console="balloon-cost-time",
                      cmdline="init_on_alloc=0 tsc=reliable", timeout=900,
                      extra=["-name", "balloon,debug-threads=on"]) as guest:
        guest.run("insmod /lib/modules/virtio_balloon.ko")
        device = guest.run("basename /sys/bus/virtio/drivers/pv_balloon/virtio*")
        for pair in range(wanted.count):
            seen = {}
            for driver in DRIVERS if pair % 2 else reversed(DRIVERS):
                guest.choose(device, driver)
                seen[driver] = up_and_down(guest)
            pairs.append(seen)
            wanted.done += 1
        guest.choose(device, "pv_balloon")
        guest.quit_well()
    for driver in DRIVERS:
        took, split = zip(*(pair[driver] for pair in pairs))
        split = {n: round(median(s.get(n, 0) for s in split), 2) for n in split[0]}
        print(f"1 GiB: {driver}: {median(took):.2f} s ({min(took):.2f} to {max(took):.2f}), "
              f"CPU seconds by thread {split}")
    ours, theirs = ([pair[d] for pair in pairs] for d in DRIVERS)
    wall = median(a[0] / b[0] for a, b in zip(ours, theirs))
    used = median(sum(a[1].values()) / sum(b[1].values()) for a, b in zip(ours, theirs))
    print(f"1 GiB: median of {len(pairs)} pairs: {wall:.2f} of the wall time, {used:.2f} of the CPU time")
    assert wall <= 0.6
