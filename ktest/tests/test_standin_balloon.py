# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""pv-balloon's VMware transport on the STAND-IN in ktest/pvmhost.

Locked pages are really gone: out of the shadow tables and filled with a
pattern.  The stand-in ends the test if the guest touches one, or if the pattern
has changed at unlock.
"""

import pytest

from ktest.lib.balloon import SYSFS
from ktest.lib import KtestError
from ktest.lib.platforms import pvm
from standin import StandinGuest

pytestmark = pytest.mark.soak

BASIC, BATCHED, BLOCKS, WIDE = 2, 4, 8, 32
# How the host lets itself be spoken to, pages that are worth while that way, and pages that
# a call of that way stands for, at least and at most.
MODES = {
    "plain": (0, 1024, 0.9, 1),
    "single": (BASIC, 1024, 0.9, 1),
    "batched": (BASIC | BATCHED, 16384, 128, 512),
    "blocks": (BASIC | BATCHED | BLOCKS, 65536, 1024, 512 * 512),
    "wide": (BASIC | BATCHED | BLOCKS | WIDE, 65536, 1024, 512 * 512),
}


def end(guest):
    """Power off and require a clean console and no complaint of the stand-in's."""
    result = guest.quit()
    assert result.ok, result.explain()
    assert "standin: FAIL" not in result.console.text


@pytest.mark.parametrize("mode", MODES)
def test_locked_pages(mode, monkeypatch, quantity):
    """Pages go and come back in every mode; what the guest keeps stays whole."""
    caps, pages, least, most = MODES[mode]
    wanted = quantity(f"balloon.standin.{mode}", required=10, short=1)
    monkeypatch.setenv(pvm.HOST_OPTIONS, f"vmware vmwcaps={caps}")
    with StandinGuest(f"balloon-{mode}") as guest:
        assert guest.run(f"cat {SYSFS}/transport") == "vmware"
        total = guest.meminfo("MemTotal")
        guest.run("dd if=/dev/urandom of=/dev/shm/data bs=1M count=16 2>/dev/null; "
                  "sha256sum /dev/shm/data > /dev/shm/sum")
        for _ in range(wanted.count):
            guest.tell("target", pages)
            guest.size(pages * 4)
            assert guest.report()["locked"] == pages
            assert guest.meminfo("MemTotal") == total - pages * 4
            guest.run("sha256sum -c /dev/shm/sum")
            guest.tell("target", 0)
            guest.size(0)
            assert guest.meminfo("MemTotal") == total
            wanted.done += 1
        count = guest.report()
        assert count["locked"] == 0 and count["fresh"] == pages * wanted.count
        moved = 2 * pages * wanted.count
        assert moved / most <= count["calls"] <= moved / least, count
        guest.run("sha256sum -c /dev/shm/sum")
        end(guest)


def test_reset_and_refusals(monkeypatch):
    """The host refuses pages and forgets the balloon: the guest begins anew."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, "vmware")
    with StandinGuest("balloon-reset") as guest:
        total = guest.meminfo("MemTotal")
        guest.tell("refuse", 64)
        guest.tell("target", 16384)
        guest.size(65536)
        assert guest.report()["refused"] > 0
        guest.tell("reset")
        guest.run("sleep 3")
        guest.size(65536)
        count = guest.report()
        assert count["resets"] == 1 and count["locked"] == 16384
        assert guest.counters()["host_resets"] == 1
        guest.tell("target", 0)
        guest.size(0)
        assert guest.meminfo("MemTotal") == total
        end(guest)


def test_a_touch_ends_the_test(monkeypatch):
    """The stand-in sees a guest that reads what it has given away."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, "vmware")
    with StandinGuest("balloon-touch") as guest:
        guest.tell("target", 1024)
        guest.size(4096)
        with pytest.raises(KtestError):
            guest.tell("touch")
        assert "standin: FAIL" in guest.machine.text()


def test_given_up_at_run_time(monkeypatch):
    """Switched off the driver gives everything back; switched on it begins anew."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, "vmware")
    vmware = "/sys/module/pv_balloon/parameters/vmware"
    with StandinGuest("balloon-given-up") as guest:
        guest.tell("target", 4096)
        guest.size(16384)
        guest.run(f"echo 0 > {vmware}; test ! -e {SYSFS}")
        assert guest.report()["locked"] == 0
        guest.run(f"echo 1 > {vmware}")
        guest.size(16384)
        guest.tell("target", 0)
        guest.size(0)
        end(guest)
