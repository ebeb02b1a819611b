# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The kernel's selftests for network devices and xdp-tools, with pv_net and in-tree vmxnet3.

net-selftests.txt holds what each test said of each driver; a run must say the
same.  The whole reports are the consoles, build/report/net-selftests-*.console,
build/report/net-xsk-*.console and build/report/net-xdptools-*.console.
"""

from pathlib import Path

import pytest

from ktest.lib import boot, selftests
from ktest.lib.nic import QUIET, card, pair, tools

KNOWN = Path(__file__).with_name("net-selftests.txt")
DRIVERS = ("pv_net", "vmxnet3")
# The AF_XDP modes of each driver; in-tree vmxnet3 has no zero copy.
MODES = {"pv_net": "skb,drv,zc", "vmxnet3": "skb,drv"}
AF_XDP, XDP_TOOLS = "xskxceiver", "xdp-tools"


def known(driver, suites):
    """{test: result} of the committed list's tests for which @suites(name) is true.

    The columns are named in the list's first line.
    """
    lines = [line.split() for line in KNOWN.read_text().splitlines() if not line.startswith("#")]
    column = lines[0].index(driver)
    return {line[0]: line[column] for line in lines[1:]
            if line[column] != "-" and suites(line[0].split(":")[0])}


def run_tests(driver, name, files, words="", devices=(), kernel="release"):
    """{test: result} of a run of net-@name.sh; every result is printed.

    The tests have time limits of a few seconds: the guest's clock counts its
    instructions, so that they mean the same on a busy machine.
    """
    result = boot.run("native", test="net", devices=[*pair(driver), *devices], files=files,
                      kernel=kernel, timeout=600, memory="2G", cpus=1, icount=True,
                      console=f"net-{name}-{driver}",
                      cmdline=f"{QUIET} net={name} netdrv={driver} tsc=reliable {words}")
    found = selftests.results(result.console.text)
    for test, verdict in sorted(found.items()):
        print(f"{driver} {verdict:4} {test}")
    assert result.ok, result.explain()
    return found


def compare(found, wanted):
    """Nothing is missing, nothing is new, and nothing says another thing."""
    other = [f"{test}: {found.get(test)}, known as {wanted.get(test)}"
             for test in sorted(set(found) | set(wanted)) if found.get(test) != wanted.get(test)]
    assert not other, "\n".join(other)


@pytest.mark.soak
@pytest.mark.parametrize("driver", DRIVERS)
def test_selftests(driver):
    """Every test says what it is known to say."""
    files = tools("ip", "ethtool", "ping", "socat", "iperf3")
    selftests.add_to(files)
    found = run_tests(driver, "selftests", files)
    compare(found, known(driver, lambda suite: suite not in (AF_XDP, XDP_TOOLS)))


@pytest.mark.soak
@pytest.mark.parametrize("driver", DRIVERS)
def test_af_xdp(driver):
    """The same of xskxceiver, in each mode that the driver has."""
    files = tools("ip", "ethtool")
    selftests.add_xskxceiver(files)
    found = run_tests(driver, "xsk", files, f"netmodes={MODES[driver]}")
    compare(found, known(driver, lambda suite: suite == AF_XDP))


@pytest.mark.soak
@pytest.mark.parametrize("driver", DRIVERS)
def test_xdp_tools(driver):
    """The same of Debian's xdp-bench and xdp-trafficgen, which report every packet."""
    files = tools("ip", "ethtool", "xdp-bench", "xdp-trafficgen")
    selftests.add_libxdp(files)
    alone = ["-netdev", "hubport,id=h2,hubid=1", *card(driver, "h2")]
    found = run_tests(driver, "xdptools", files, devices=alone, kernel="btf")
    compare(found, known(driver, lambda suite: suite == XDP_TOOLS))
