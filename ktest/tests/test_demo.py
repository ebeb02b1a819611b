# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""'make demo': the drivers that it shows really serve."""

import re

import pytest

from ktest.lib.command import finished
from ktest.lib.paths import KTEST, REPORT

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("platform", ["native", "vmware", "pvm"])
def test_demo(platform, quantity):
    """Desktop, address, balloon down and up; the picture is kept."""
    wanted = quantity(f"demo.{platform}", required=1, short=1)
    status, said = finished([KTEST / "demo", "--platform", platform, "--vnc", "", "--seconds", "1"],
                            timeout=1200)
    assert status == 0, said
    for fact in ("drivers net eth0 +pv_net", "drivers display card0 +pv_svga",
                 "balloon pv_balloon0 transport +virtio", r"address .*inet 10\.0\.2\.15",
                 "the guest has 640 MiB", "the guest has 1024 MiB"):
        assert re.search(rf"^demo: {fact}", said, re.M), (fact, said)
    assert (REPORT / f"demo-{platform}.png").stat().st_size > 2000
    wanted.done = 1
