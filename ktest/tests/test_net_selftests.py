# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The kernel's selftests for network devices, with pv_net and with in-tree vmxnet3.

net-selftests.txt holds what each test said of each driver; a run must say the
same.  The whole reports are the consoles, build/report/net-selftests-*.console.
"""

from pathlib import Path

import pytest

from ktest.lib import boot, selftests
from ktest.lib.nic import QUIET, pair, tools

KNOWN = Path(__file__).with_name("net-selftests.txt")
DRIVERS = ("pv_net", "vmxnet3")


def known(driver):
    """{test: result} of the committed list; its columns are named in its first line."""
    lines = [line.split() for line in KNOWN.read_text().splitlines() if not line.startswith("#")]
    column = lines[0].index(driver)
    return {line[0]: line[column] for line in lines[1:]}


def run_tests(driver):
    """{test: result} of a run."""
    files = tools("ip", "ethtool", "ping", "socat")
    selftests.add_to(files)
    result = boot.run("native", test="net", cmdline=f"{QUIET} net=selftests netdrv={driver}",
                      devices=pair(driver), files=files, timeout=900, memory="2G",
                      console=f"net-selftests-{driver}")
    assert result.ok, result.explain()
    return selftests.results(result.console.text)


@pytest.mark.soak
@pytest.mark.parametrize("driver", DRIVERS)
def test_selftests(driver):
    """Every test says what it is known to say."""
    found, wanted = run_tests(driver), known(driver)
    for test in sorted(set(found) | set(wanted)):
        assert found.get(test) == wanted.get(test), \
            f"{test}: {found.get(test)}, known as {wanted.get(test)}"
