# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What ballooning costs the guest and the host, side by side with virtio_balloon.

Instructions are counted by QEMU (-icount: one nanosecond of the guest's clock
is one instruction): the time that passes less the time that the CPU idles,
both from /proc/timer_list, less what reading that file twice costs.
"""

import os

import pytest

from ktest.lib.bench.areas.balloon import (DRIVERS, KICKS_WANTED, WANTED, fragmented, kicks, start,
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


def thread_times(guest):
    """CPU seconds of QEMU's threads by name."""
    times = {}
    base = f"/proc/{guest.machine.process.pid}/task"
    for task in os.listdir(base):
        fields = open(f"{base}/{task}/stat", encoding="ascii").read().rsplit(")", 1)
        name = fields[0].split("(", 1)[1]
        words = fields[1].split()
        used = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
        times[name] = times.get(name, 0) + used
    return times


def test_kicks_and_time(quantity):
    """1 GiB: kicks at most 1/64, wall time at most 0.6 of virtio_balloon's."""
    wanted = quantity("balloon.cost", required=5, short=1)
    best = {d: [1e9, 1e9] for d in DRIVERS}
    counts, split = {}, {}
    for _ in range(wanted.count):
        for driver in DRIVERS:
            # Threads that have names: the one that discards is not the one of the guest.
            guest = start(driver, 1536, name="time", cmdline="init_on_alloc=0",
                          extra=["-name", "balloon,debug-threads=on"])
            with guest.machine:
                guest.touch_all()
                before = thread_times(guest)
                took = [guest.resize(512, timeout=120), guest.resize(1536, timeout=120)]
                after = thread_times(guest)
                split[driver] = {n: round(t - before.get(n, 0), 2) for n, t in after.items()}
                best[driver] = [min(a, b) for a, b in zip(best[driver], took)]
                counts[driver] = kicks(guest, 1024)
                assert guest.quit().ok
        wanted.done += 1
    for driver in DRIVERS:
        print(f"1 GiB: {driver}: inflate {best[driver][0]:.2f} s deflate {best[driver][1]:.2f} s, "
              f"CPU seconds by thread {split[driver]}")
    ratio = show("kicks for 1 GiB", counts, "notifications")
    assert ratio <= KICKS_WANTED
    assert sum(best["pv_balloon"]) <= 0.6 * sum(best["virtio_balloon"])
