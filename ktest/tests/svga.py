# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What the cases of the VMware SVGA II display share."""

import time

from ktest.lib import boot, picture
from ktest.lib.patience import PATIENCE

DEVICE = ["-device", "vmware-svga"]
# What ktest/guest/svga-lib.sh writes on the console.
CONSOLE = ["The quick brown fox jumps over the lazy dog.", "0123456789 #$%&@[]{}<>|~^"]


def start(platform, test="svga", vga=DEVICE, **options):
    """A guest on @platform that runs @test and has the device."""
    devices = [] if platform == "vmware" and vga is DEVICE else list(vga)
    options.setdefault("console", f"svga-{platform}")
    return boot.Guest(boot.Boot(platform, test=test, devices=devices, **options))


def step(name, vga=DEVICE, **options):
    """A native guest that does one step of ktest/guest/svga-step.sh."""
    words = f"kunit.enable=0 ktest.step={name} {options.pop('cmdline', '')}"
    options.setdefault("console", f"svga-{name}")
    return start("native", "svga-step", vga, cmdline=words, **options)


def press(guest, *keys):
    """Press keys on the guest's keyboard, all at once."""
    guest.qmp("send-key", keys=[{"type": "qcode", "data": key} for key in keys])


def expect(guest, name, wanted):
    """Compare the screen with @wanted, pixel for pixel, and let the guest go on.

    A console is drawn by a worker, which may be late on a busy machine.
    """
    end = time.monotonic() + 5 * PATIENCE
    while True:
        difference = picture.screen(guest, f"svga-{name}").difference(wanted)
        if not difference or time.monotonic() > end:
            break
        time.sleep(0.2)
    assert not difference, f"{name}: {difference}"
    press(guest, "ret")


def shown(guest, start_at=0):
    """Wait for the next picture that the guest says it shows; return (width, height, seed, end)."""
    found = guest.wait_for(r"^KMS shows (\d+)x(\d+) (\d+)\r?\n", 60, start_at)
    return (*(int(g) for g in found.groups()), found.end())


def expect_shown(guest, name, start_at=0):
    """Compare the next picture that the guest says it shows; return where that stands."""
    *mode, end = shown(guest, start_at)
    expect(guest, name, picture.pattern(*mode))
    return end


def finish(guest, expect_splat=None):
    """The guest powers off and has nothing to complain about."""
    result = guest.finish(expect_splat)
    assert result.ok, result.explain()
    return result
