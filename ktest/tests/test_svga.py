# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The display of a guest with the VMware SVGA II device, seen from outside."""

import re

import pytest

from ktest.lib import boot, picture, platforms

DEVICE = ["-device", "vmware-svga"]
CONSOLE = ["The quick brown fox jumps over the lazy dog.", "0123456789 #$%&@[]{}<>|~^"]
# Machines that have the device, or can be given it.
PLATFORMS = ("native", "vmware", "xen-pv")


def start(platform, test="svga", vga=DEVICE, **options):
    """A guest on @platform that runs @test and has the device."""
    devices = [] if platform == "vmware" and vga is DEVICE else list(vga)
    return boot.Guest(boot.Boot(platform, test=test, devices=devices,
                                console=f"svga-{platform}-{test}", **options))


def press(guest, *keys):
    """Press keys on the guest's keyboard, all at once."""
    guest.qmp("send-key", keys=[{"type": "qcode", "data": key} for key in keys])


def expect(guest, name, wanted):
    """Compare the screen with @wanted, pixel for pixel, and let the guest go on."""
    difference = picture.screen(guest, f"svga-{name}").difference(wanted)
    assert not difference, f"{name}: {difference}"
    press(guest, "ret")


def shown(guest, start_at=0):
    """Wait for the next picture that the guest says it shows; return (width, height, seed, end)."""
    found = guest.wait_for(r"^KMS shows (\d+)x(\d+) (\d+)", 60, start_at)
    return (*(int(g) for g in found.groups()), found.end())


def finish(guest):
    """The guest powers off and has nothing to complain about."""
    result = guest.finish()
    assert result.ok, result.explain()
    return result


@pytest.mark.parametrize("platform", PLATFORMS)
def test_display(platform, quantity):
    """Console, picture, off, damage, modes, flips, bind cycles and unplug on every platform."""
    reason = getattr(platforms.get(platform), "NEEDS", lambda: None)()
    if reason:
        pytest.skip(reason)
    counts = {
        "damage": quantity(f"svga.damage.{platform}", required=10000, short=200, seed=1),
        "modes": quantity(f"svga.modes.{platform}", required=1000, short=16, seed=1),
        "bind": quantity(f"svga.bind.{platform}", required=1000, short=4),
    }
    words = " ".join(f"ktest.{k}={c.count}" for k, c in counts.items())
    with start(platform, cmdline=words, timeout=3600) as guest:
        at = guest.wait_for(r"^KMS console", 60).end()
        expect(guest, f"{platform}-console", picture.console(1024, 768, CONSOLE))
        *mode, at = shown(guest, at)
        expect(guest, f"{platform}-picture", picture.pattern(*mode))
        *mode, at = shown(guest, at)
        expect(guest, f"{platform}-on", picture.pattern(*mode))
        at = guest.wait_for(r"^KMS off", 30, at).end()
        expect(guest, f"{platform}-off", picture.black(*mode[:2]))
        *mode, at = shown(guest, at)
        expect(guest, f"{platform}-on-again", picture.pattern(*mode))
        at = guest.wait_for(r"^ok \d+ unplug", 3600, at).end()
        *mode, at = shown(guest, at)
        expect(guest, f"{platform}-after-unplug", picture.pattern(*mode))
        text = finish(guest).console.text
    counts["damage"].done = int(re.search(r"^KMS damage (\d+)", text, re.M)[1])
    counts["modes"].done = int(re.search(r"^KMS modes (\d+)", text, re.M)[1])
    counts["bind"].done = int(re.search(r"^KTEST INFO svga.bind=(\d+)", text, re.M)[1])
