# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Long runs of pv_net: everything changes under traffic in the debug kernel; fuzz."""

import random
import re
import time

import pytest

from ktest.lib import boot, selftests
from ktest.lib.nic import pair, tools
from nics import NetGuest, replug, set_link, sleep_and_wake

VERSIONS = 4
# AML has a limit of its own, 30 s, which a starved machine misses when a NIC comes; what it
# would have said, the pin of an interrupt, nobody uses.
LATE_AML = (r"ACPI Error: .*AE_AML_LOOP_TIMEOUT|pv_net \S+: (can't derive routing for )?PCI INT A"
            r"(: no GSI)?$")


def rings(guest, rnd):
    """Other ring sizes at both ends."""
    guest.run(f"ethtool -G eth0 rx {rnd.randrange(64, 4097)} tx {rnd.randrange(64, 4097)} && "
              f"ip netns exec b ethtool -G eth1 rx {rnd.randrange(64, 4097)}")


def mtu(guest, rnd):
    """Another MTU, the same at both ends."""
    size = rnd.choice((1280, 1500, 4000, 9000))
    guest.run(f"ip link set eth0 mtu {size} && ip -n b link set eth1 mtu {size}")


def xdp(guest, rnd):
    """A program comes and goes at the receiving end."""
    guest.run("attach pass frags")
    time.sleep(rnd.random())
    guest.run("detach")


def channels(guest, _rnd):
    """The other number of transmit queues, of one and two."""
    guest.run("ethtool -L eth0 tx $((3 - $(ls -d /sys/class/net/eth0/queues/tx-* | wc -l)))")


def features(guest, rnd):
    """Offloads go off and on."""
    name = rnd.choice(("rx", "tx", "sg", "lro", "rxvlan"))
    both = "ethtool -K eth0 {0} {1} && ip netns exec b ethtool -K eth1 {0} {1}".format
    guest.run(" && ".join((both(name, "off"), "sleep 0.2", both(name, "on"), both("tso", "off"))))


def cable(guest, rnd):
    """The link goes and comes."""
    set_link(guest, False)
    time.sleep(rnd.random() / 4)
    set_link(guest, True)


def sleep(guest, _rnd):
    """The machine sleeps; the stream goes on."""
    sleep_and_wake(guest)


CHANGES = (rings, mtu, xdp, channels, features, cable, sleep)
KBYTES = 8000


class Stream:
    """Checked bytes to the far end, and pings beside them."""

    def __init__(self, guest):
        self.guest, self.kbytes = guest, 0

    def begin(self, rnd):
        """Start a stream."""
        self.guest.run(f"stream_begins {KBYTES}; ping -i 0.05 -c 100 -s {rnd.randrange(1400)} "
                       "10.1.0.2 >/dev/null & true")

    def runs(self):
        """Is there still something of it?"""
        return self.guest.status("kill -0 $stream")[0] == 0

    def end(self):
        """Wait for it; every byte must have arrived as it was."""
        self.guest.run("stream_ends", 300)
        self.kbytes += KBYTES


def mixed(guest, rnd, stream, late):
    """One round: every change once, in any order, under traffic; and then a new NIC.

    Returns the names of the changes; a round ends early when @late() says so.
    """
    done = []
    stream.begin(rnd)
    for change in rnd.sample(CHANGES, len(CHANGES)):
        if late():
            break
        if not stream.runs():
            stream.end()
            stream.begin(rnd)
        change(guest, rnd)
        done.append(change.__name__)
    stream.end()
    if not late():
        stream.begin(rnd)
        replug(guest)
        done.append("replug")
    return done


def end(guest):
    """Nothing is left: no page in flight, no memory that nobody knows."""
    guest.run("ip link set eth0 down; ip -n b link set eth1 down; sleep 3")
    far = "ip netns exec b sh -c '. /ktest/net-lib.sh; . /ktest/net-paths.sh; page_pools'"
    for where in ("page_pools", far):
        pools = guest.run(where)
        assert not pools, f"page pools with pages in flight: {pools}"
    leaks = guest.run("leaks", 300)
    assert not leaks, leaks


def soak(seconds, seed, kernel="debug"):
    """Mixed traffic for @seconds; (seconds done, count of each change and of KiB compared)."""
    rnd = random.Random(seed)
    files = tools("ip", "ethtool")
    selftests.add_ynl(files)
    counts = {}
    with NetGuest(pair("pv_net"), files=files, kernel=kernel, console="net-soak",
                  timeout=seconds + 600) as guest:
        guest.run("join")
        stream, begun = Stream(guest), time.monotonic()

        def late():
            return time.monotonic() - begun >= seconds

        while not late():
            for name in mixed(guest, rnd, stream, late):
                counts[name] = counts.get(name, 0) + 1
        done = int(time.monotonic() - begun)
        counts["KiB compared"] = stream.kbytes
        end(guest)
        result = guest.quit(LATE_AML)
    assert result.ok, result.explain()
    return done, counts


@pytest.mark.soak
def test_soak(quantity):
    """Half an hour of mixed traffic and changes under KASAN, lockdep and kmemleak."""
    wanted = quantity("net.soak.seconds", required=1800, short=60, seed=1)
    wanted.kernel = "debug"
    wanted.done, counts = soak(wanted.count, wanted.seed)
    print("under traffic:", counts)
    assert {change.__name__ for change in (*CHANGES, replug)} <= set(counts), counts


@pytest.mark.soak
@pytest.mark.parametrize("kernel, cases, boots", [("release", 10_000_000, 2),
                                                  ("debug", 1_000_000, 5)])
def test_fuzz(quantity, kernel, cases, boots):
    """Random completions through the device model, a quarter for each device version.

    In the debug kernel KASAN watches the memory around the buffers, which takes its time:
    several boots, each with a seed of its own, or KUnit's limit for a case ends it.
    """
    wanted = quantity(f"net.fuzz.{kernel}", required=cases, short=8000, seed=20261121)
    wanted.kernel = kernel
    each = -(-wanted.count // (VERSIONS * boots))
    for seed in range(wanted.seed, wanted.seed + boots):
        result = boot.run("native", kernel=kernel, test="selftest", console=f"net-fuzz-{kernel}",
                          cmdline=f"kunit.filter_glob=pv_net_distrust pv_net.fuzz={each} "
                                  f"pv_net.fuzz_seed={seed}", timeout=3600)
        assert result.ok, result.explain()
        runs = [int(n) for n in re.findall(rf"(\d+) completions, seed {seed}, \d+ breaks",
                                           result.console.text)]
        assert len(runs) == VERSIONS, runs
        wanted.done += sum(runs)
