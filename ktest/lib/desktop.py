# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A desktop on the display of a guest, with one window that is moved."""

import time

from . import KtestError, boot, debian, picture
from .patience import PATIENCE

# The pointer says where it is and not how far it went (Linux's virtio-input).
DEVICES = ["-device", "vmware-svga", "-device", "virtio-tablet-pci"]
# ktest/desktop/weston and Xorg's option -br
BACKGROUND = {"weston": b"\x30\x50\x70", "xorg": b"\x00\x00\x00"}
# QEMU's axes end here.
_END = 0x7fff


def start(program, devices=(), **options):
    """Boot Debian's root file system and run ktest/desktop/@program."""
    words = f"kunit.enable=0 {debian.command_line(program)} {options.pop('cmdline', '')}"
    options.setdefault("console", f"desktop-{program}")
    return boot.Guest(boot.Boot("native", devices=[*DEVICES, *debian.disk(), *devices],
                                cmdline=words, **options))


def _send(guest, kind, **data):
    guest.qmp("input-send-event", events=[{"type": kind, "data": data}])


def point(guest, screen, x, y):
    """Move the pointer to @x, @y of a screen as large as the picture @screen."""
    guest.qmp("input-send-event", events=[
        {"type": "abs", "data": {"axis": axis, "value": at * _END // size}}
        for axis, at, size in (("x", x, screen.width), ("y", y, screen.height))])
    time.sleep(0.2)


def settled(guest, name, background):
    """A picture with a window on the background that does not change any more."""
    end, last = time.monotonic() + 60 * PATIENCE, None
    while time.monotonic() < end:
        found = picture.screen(guest, name)
        # Before there is a background the screen is black.
        if found.pixel(0, 0) == background and found.box(background) and \
                last and found.rgb == last.rgb:
            return found
        last = found
        time.sleep(1)
    raise KtestError(f"{name}: the screen stays empty, or changes all the time")


def drag(guest, screen, start_at, end_at):
    """Move what lies at @start_at to @end_at with the left button held down."""
    point(guest, screen, *start_at)
    _send(guest, "btn", button="left", down=True)
    for part in range(1, 11):
        point(guest, screen, *(a + (b - a) * part // 10 for a, b in zip(start_at, end_at)))
    _send(guest, "btn", button="left", down=False)


def _middle(screen, background):
    left, top, right, bottom = screen.box(background)
    return (left + right) // 2, (top + bottom) // 2


def _drag_window(guest, before, background):
    middle = _middle(before, background)
    # To the other half of the screen.
    there = (middle[0] + (1 if middle[0] < before.width // 2 else -1) * before.width // 4,
             middle[1] + (1 if middle[1] < before.height // 2 else -1) * before.height // 8)
    drag(guest, before, middle, there)


def move_window(guest, program):
    """Show the one window, move it, and compare; the pictures are kept.

    Returns the window's way in pixels. All of the screen must be as before
    but for the window, which must be the same somewhere else.
    """
    background = BACKGROUND[program]
    guest.wait_for(rf"^DESKTOP SHOWN {program}", 120)
    before = settled(guest, f"desktop-{program}", background)
    if program == "weston":
        # The pointer lies on the window and will move with it.
        point(guest, before, *_middle(before, background))
        before = settled(guest, f"desktop-{program}", background)
        _drag_window(guest, before, background)
    else:
        guest.send("\n")
        guest.wait_for(rf"^DESKTOP MOVED {program}", 60)
    after = settled(guest, f"desktop-{program}-moved", background)
    guest.send("\n")
    old, new = before.box(background), after.box(background)
    way = new[0] - old[0], new[1] - old[1]
    if way == (0, 0):
        raise KtestError(f"{program}: the window did not move")
    difference = after.difference(before.moved(background, *way))
    if difference:
        raise KtestError(f"{program}: moved by {way}: {difference}")
    return way
