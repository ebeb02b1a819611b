# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The KUnit model of a hostile host, for a million steps."""

import re

import pytest

from ktest.lib import boot

# What one boot can do within the time that KUnit gives a case.
STEPS = 100_000


@pytest.mark.soak
def test_hostile_host(quantity):
    """Random targets, refusals, silence, nonsense and resets: every page is accounted for."""
    wanted = quantity("balloon.hostile.steps", required=1_000_000, short=STEPS)
    for seed in range(1, wanted.count // STEPS + 1):
        result = boot.run("native", test="selftest", console="balloon-hostile", timeout=400,
                          cmdline="kunit.filter_glob=pv_balloon_core.hostile_host "
                                  f"pv_balloon.test_steps={STEPS} pv_balloon.test_seed={seed}")
        assert result.ok, result.explain()
        passed = [text for outcome, text in result.console.ktap() if outcome == "pass"]
        assert any("hostile_host" in text for text in passed), passed
        said = re.search(rf"{STEPS} steps, seed {seed}: .*", result.console.text)
        print(said.group(0))
        wanted.done += STEPS
