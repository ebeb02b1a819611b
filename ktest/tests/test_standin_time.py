# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The guest's clock under chrony, measured by the STAND-IN in ktest/pvmhost.

The stand-in reads its own clock and the guest's at one trapped access.  The
guest reads its clock again right after it: half of what lies between the two
readings is what the measurement leaves uncertain.
"""

import pytest

from ktest.lib.platforms import pvm
from clocks import HOUR, SECOND, VMWARE, WITHIN, find, let_pass, read, start_chrony
from standin import StandinGuest

pytestmark = pytest.mark.soak

UNCERTAIN = 200_000           # ns
# What the driver accepts as a bracket, halved, and 1 us of resolution.
SAMPLE_WITHIN = 51_000        # ns


def show(what, measured):
    """Print a measurement and return whether it is good."""
    print(f"{what}: off by {measured[0]:,} ns, uncertain by {measured[1]:,} ns")
    return measured[1] < UNCERTAIN and abs(measured[0]) + measured[1] < WITHIN


def test_one_hour_wrong_and_a_step(monkeypatch, quantity):
    """Within 1 ms after 60 s, and again 60 s after the host's clock was stepped."""
    wanted = quantity("time.hour", required=1, short=1)
    monkeypatch.setenv(pvm.HOST_OPTIONS, "vmware")
    with StandinGuest("time-hour") as guest:
        guest.tell("step", HOUR)
        wrong = guest.clock_error()
        print(f"at first off by {wrong[0]:,} ns")
        assert abs(wrong[0] + HOUR) < 60 * SECOND
        start_chrony(guest, VMWARE)
        let_pass(guest, 60)
        good = show("60 s after a start one hour wrong", guest.clock_error())
        guest.tell("step", -150 * SECOND)
        let_pass(guest, 60)
        followed = show("60 s after a step of the host by -150 s", guest.clock_error())
        print(guest.run("cd /sys/devices/platform/pv_ptp; "
                        "echo command $(cat command) accepted $(cat accepted) "
                        "rejected $(cat rejected) error_ns $(cat error_ns)"))
        guest.quit_well()
    assert good and followed
    wanted.done = 1


@pytest.mark.parametrize("commands", [1, 2, 4])
def test_each_command(commands, monkeypatch):
    """The best command that the host has is used, and all give the same time."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, f"vmware vmwtime={commands}")
    with StandinGuest(f"time-command{commands}") as guest:
        device = find(guest, VMWARE)
        used = guest.run("cat /sys/devices/platform/pv_ptp/command")
        assert used == {1: "23", 2: "46", 4: "55"}[commands]
        seen = read(guest, device, 1000)
        # the guest's clock is ahead of the host's by so much, says the stand-in itself
        wrong, uncertain = guest.clock_error()
        print(f"command {used}: {seen}; the stand-in: {wrong} ns, uncertain by {uncertain} ns")
        assert seen["readings"] > 900
        assert abs(seen["ahead"] + wrong) < WITHIN
        guest.quit_well()


def test_stolen_cpu(monkeypatch, quantity):
    """Calls that lose the CPU for a while give no sample that is accepted."""
    wanted = quantity("time.stolen", required=3000, short=300)
    number = wanted.count // 3
    monkeypatch.setenv(pvm.HOST_OPTIONS, "vmware")
    with StandinGuest("time-stolen") as guest:
        device = find(guest, VMWARE)
        rejected = int(guest.run("cat /sys/devices/platform/pv_ptp/rejected"))
        for microseconds in (200, 1000, 20000):
            guest.tell("steal", 7 | microseconds << 32)
            before = guest.report()["stolen"]
            seen = read(guest, device, number)
            stolen = guest.report()["stolen"] - before
            now = int(guest.run("cat /sys/devices/platform/pv_ptp/rejected"))
            print(f"stolen for {microseconds} us: {stolen} calls, {now - rejected} rejected, "
                  f"{seen['readings']} readings off by {seen['off']} ns at most, "
                  f"widest bracket {seen['width']} ns")
            assert stolen >= number // 10
            assert now - rejected >= stolen
            assert seen['off'] <= SAMPLE_WITHIN
            wanted.done += seen['readings'] + seen['refused']
            rejected = now
        guest.tell("steal", 0)
        guest.quit_well()


def test_no_commands(monkeypatch):
    """A host without the commands: nothing is registered, and one line says so."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, "vmware vmwtime=0")
    with StandinGuest("time-none") as guest:
        assert VMWARE not in guest.run("cat /sys/class/ptp/*/clock_name 2>/dev/null; true")
        assert guest.run("test ! -e /sys/devices/platform/pv_ptp") == ""
        lines = guest.run("dmesg | grep pv_ptp: ").splitlines()
        assert len(lines) == 1 and "none of the time commands" in lines[0], lines
        guest.quit_well()
