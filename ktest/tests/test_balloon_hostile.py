# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The KUnit model of a hostile host, for a million steps."""

import re

import pytest

from ktest.lib.balloon import BalloonGuest

# What one boot can do within the time that KUnit gives a case.
STEPS = 250_000


def run(steps, seed):
    """Boot, have the case take so many steps; what it said."""
    # Counting instructions, so that KUnit's time limit is the guest's, not a busy host's.
    with BalloonGuest(megabytes=512, device="", icount=True, cpus=1, timeout=900,
                      console="balloon-hostile",
                      cmdline="kunit.enable=1 kunit.filter_glob=pv_balloon_core.hostile_host "
                              f"pv_balloon.test_steps={steps} pv_balloon.test_seed={seed}") as guest:
        result = guest.quit()
    assert result.ok, result.explain()
    passed = [text for outcome, text in result.console.ktap() if outcome == "pass"]
    assert any("hostile_host" in text for text in passed), passed
    return re.search(rf"{steps} steps, seed {seed}: .*", result.console.text).group(0)


@pytest.mark.soak
def test_hostile_host(quantity):
    """Random targets, refusals, silence, nonsense and resets: every page is accounted for."""
    wanted = quantity("balloon.hostile.steps", required=1_000_000, short=STEPS)
    steps = min(wanted.count, STEPS)
    for seed in range(1, wanted.count // steps + 1):
        print(run(steps, seed))
        wanted.done += steps


@pytest.mark.soak
def test_hostile_device(quantity):
    """The same from below: a virtio device that answers late, in part or never, and goes away."""
    wanted = quantity("balloon.hostile.virtio.steps", required=10_000, short=1000)
    with BalloonGuest(megabytes=512, device="", icount=True, cpus=1, timeout=900,
                      console="balloon-device",
                      cmdline="kunit.enable=1 kunit.filter_glob=pv_balloon_virtio.* "
                              f"pv_balloon.test_virtio_steps={wanted.count}") as guest:
        guest.quit_well()
    print(re.search(rf"{wanted.count} steps, \d+ bindings", guest.machine.text()).group(0))
    wanted.done = wanted.count
