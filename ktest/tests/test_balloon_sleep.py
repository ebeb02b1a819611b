# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The balloon over suspend to memory and to disk: it need not be emptied."""

import subprocess

import pytest

from ktest.lib.balloon import BalloonGuest
from ktest.lib.paths import BUILD
from ktest.lib.patience import PATIENCE

pytestmark = pytest.mark.soak

MEGABYTES = 1024
SMALL = 512


@pytest.fixture
def disk():
    """QEMU's arguments for an empty disk, big enough for a hibernation image."""
    path = BUILD / "balloon-swap.raw"
    path.unlink(missing_ok=True)
    subprocess.run(["truncate", "-s", "2G", str(path)], check=True)
    yield ["-drive", f"file={path},if=none,id=swap,format=raw", "-device",
           "virtio-blk-pci,drive=swap"]
    path.unlink()


def keep_data(guest):
    """A file that must survive."""
    guest.run("dd if=/dev/urandom of=/dev/shm/data bs=1M count=24 2>/dev/null; "
              "sha256sum /dev/shm/data > /dev/shm/sum")


def check(guest, gave):
    """The balloon is as large as before, on both sides."""
    guest.run("sha256sum -c /dev/shm/sum")
    guest.reach(MEGABYTES - gave)
    assert guest.balloon_kib() == gave * 1024
    assert guest.counters()["pages_deflated"] == 0
    # QEMU's ROM and video memory areas are part of the map, not of the balloon.
    assert guest.resident() <= MEGABYTES - gave * 0.98


def end(guest):
    """Deflate, power off and require a clean console."""
    guest.resize(MEGABYTES)
    count = guest.counters()
    assert count["pages_lost"] == 0
    guest.quit_well()


def test_suspend_to_memory():
    """Over S3 the pages stay in the balloon and away from the host."""
    with BalloonGuest(megabytes=MEGABYTES, console="balloon-s3") as guest:
        keep_data(guest)
        guest.populate()
        guest.resize(SMALL)
        start = len(guest.machine.text())
        guest.send("1000 echo mem > /sys/power/state\n")
        guest.wake()
        guest.wait_for(r"^KTEST REPLY 1000 0", 60, start)
        check(guest, MEGABYTES - SMALL)
        end(guest)


def test_hibernation(disk):
    """The guest wakes up on a host that holds all of its memory: it names its pages again."""
    with BalloonGuest(megabytes=MEGABYTES, extra=disk, console="balloon-s4-down") as guest:
        guest.run("mkswap /dev/vda >/dev/null && swapon /dev/vda")
        keep_data(guest)
        guest.resize(SMALL)
        guest.run("echo shutdown > /sys/power/disk")
        guest.send("1000 echo disk > /sys/power/state\n")
        assert guest.machine.wait(100 * PATIENCE)
    with BalloonGuest(megabytes=MEGABYTES, extra=disk, console="balloon-s4-up") as guest:
        guest.resize(SMALL)
        guest.populate()
        assert guest.resident() >= MEGABYTES
        start = len(guest.machine.text())
        guest.send("1 cat /sys/block/vda/dev > /sys/power/resume\n")
        guest.wait_for(r"^KTEST REPLY 1000 0", 120, start)
        check(guest, MEGABYTES - SMALL)
        guest.run("swapoff /dev/vda")
        end(guest)
