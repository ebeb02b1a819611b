# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""ptp_kvm in the image's guests: in L2 of the KVM row, and of the PVM host.

KVM pairs clocks only if its host's clocksource is the TSC, so this also says
what L1 runs with.  A pair is two clocks at one reading of the TSC: what the
pairs say of the guest's clock needs no other measurement.
"""

import pytest

from ktest.lib import cpio
from ktest.lib.balloon import BalloonGuest
import clocks
from clocks import HOUR, KVM, WITHIN

pytestmark = pytest.mark.soak


def show(what, seen):
    """Print a measurement and return whether it is good."""
    print(f"{what}: host ahead by {seen['ahead']:,} ns, {seen['readings']} pairs that differ by "
          f"{seen['off']:,} ns at most")
    return abs(seen["ahead"]) < WITHIN


@pytest.mark.parametrize("platform", ["kvm", "pvm"])
def test_one_hour_wrong(platform, quantity):
    """Paired clocks, and the guest's within 1 ms after 60 s under chrony."""
    wanted = quantity(f"time.{platform}", required=1, short=1)
    files = cpio.Archive()
    clocks.add_chrony(files)
    with BalloonGuest(platform, 512, device="", files=files, cpus=1,
                      console=f"time-{platform}") as guest:
        guest.run("insmod /lib/modules/ptp_kvm.ko")
        device = clocks.find(guest, KVM)
        guest.run("date -s @$(($(date +%s) - 3600))")
        wrong = clocks.read(guest, device, 100, precise=True)
        show(f"{platform}: one hour wrong", wrong)
        # A starved guest has lost some ticks of its boot as well.
        assert wrong["ahead"] > HOUR * 0.99
        clocks.start_chrony(guest, KVM)
        clocks.let_pass(guest, 60)
        good = show(f"{platform}: after 60 s", clocks.read(guest, device, 100, precise=True))
        result = guest.quit()
        assert result.ok, result.explain()
    assert good
    wanted.done = 1
