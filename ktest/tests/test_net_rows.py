# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""pv_net on every platform that can have the device: the same traffic on each."""

import pytest

from ktest.lib import boot, platforms
from ktest.lib.nic import QUIET, card, tools
from ktest.lib.paths import REPORT
from nics import NESTED, VNET, dump, passed, taps, transport_checksums

# Frames at the far end whose checksum was verified, at least.
FRAMES = 500
long = pytest.mark.soak


@pytest.mark.parametrize("platform", ["native", pytest.param("xen-pv", marks=long),
                                      pytest.param("pvm", marks=long),
                                      pytest.param("kvm", marks=long)])
def test_row(platform):
    """DHCP, ping, iperf3 both ways, long packets, TSO over taps, checksums at the far end."""
    reason = platforms.missing(platform)
    if reason:
        pytest.skip(reason)
    capture = REPORT / f"net-row-{platform}.pcap"
    nested = platform in NESTED
    with taps(platform) as backends:
        result = boot.run(
            platform, test="net", cmdline=f"{QUIET} net=row netdrv=pv_net",
            devices=[*backends, "-netdev", "user,id=u0", *card("pv_net", "ta"),
                     *card("pv_net", "tb"), *card("pv_net", "u0"),
                     *([] if nested else dump("tb", capture))],
            files=tools("ip", "ethtool", "iperf3"), timeout=180, console=f"net-row-{platform}")
    passed(result)
    if nested:
        return      # the capture would be L1's; the guest's own counter has to do
    good, bad = transport_checksums(capture, VNET)
    capture.unlink()
    print(f"checksums at the far end: {good} right, {bad} wrong")
    assert good > FRAMES and not bad
