# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The display of a guest with the VMware SVGA II device, seen from outside."""

import re

import pytest

from ktest.lib import console, cpio, picture, platforms, rfb, testmodules
from ktest.lib.patience import PATIENCE

from svga import CONSOLE, DEVICE, expect, expect_shown, finish, press, shown, start, step

# Machines that have the device, or can be given it.
# On the last all six pictures were right, but the only boot was starved by its machine and
# ended with a soft lockup.
PLATFORMS = ("native", *(pytest.param(p, marks=pytest.mark.soak)
                         for p in ("vmware", "xen-pv", "pvm", "kvm", "hyperv")))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_display(platform, quantity):
    """Console, picture, off, damage, modes, flips, bind cycles and unplug on every platform."""
    reason = platforms.missing(platform)
    if reason:
        pytest.skip(reason)
    pictures = quantity(f"svga.pictures.{platform}", required=6, short=6)
    with start(platform, cmdline="ktest.damage=200 ktest.modes=16 ktest.bind=4") as guest:
        at = guest.wait_for(r"^KMS console", platforms.get(platform).TIMEOUT).end()
        expect(guest, f"{platform}-console", picture.console(1024, 768, CONSOLE))
        at = expect_shown(guest, f"{platform}-picture", at)
        *mode, at = shown(guest, at)
        expect(guest, f"{platform}-on", picture.pattern(*mode))
        at = guest.wait_for(r"^KMS off", 30, at).end()
        expect(guest, f"{platform}-off", picture.black(*mode[:2]))
        at = expect_shown(guest, f"{platform}-on-again", at)
        at = guest.wait_for(r"^ok \d+ bind_cycles", 120, at).end()
        expect_shown(guest, f"{platform}-after-all", at)
        finish(guest)
    pictures.done = 6


def test_absent():
    """Without the device the driver registers nothing and says nothing."""
    with step("absent", vga=()) as guest:
        finish(guest)


def driver_module():
    """An archive with the driver as a module, and what keeps the built-in one away."""
    path = testmodules.driver("pv-svga", "pv_svga", "CONFIG_DRM_PV_SVGA")
    archive = cpio.Archive()
    archive.file(f"/lib/modules/{path.name}", path)
    return {"files": archive, "cmdline": "initcall_blacklist=pv_svga_pci_driver_init"}


# It is built outside of the kernel's tree, and the kernel says so.
OUT_OF_TREE = "loading out-of-tree module taints kernel"


@pytest.mark.soak
def test_handover():
    """The console of the firmware's frame buffer stays on the screen until ours is there.

    Both look the same, so every picture that is taken meanwhile must be that one.
    """
    options = driver_module()
    options["cmdline"] += " vga=0x344"
    wanted = picture.console(1024, 768, CONSOLE)
    with step("handover", **options) as guest:
        at = guest.wait_for(r"^KMS console", 60).end()
        expect(guest, "handover-before", wanted)
        taken = 0
        while "KMS took over" not in guest.machine.text()[at:]:
            found = picture.screen(guest, "svga-handover")
            assert not found.difference(wanted), (taken, found.difference(wanted))
            taken += 1
        print(f"{taken} pictures during the hand-over")
        expect(guest, "handover-after", wanted)
        assert taken > 3
        finish(guest, OUT_OF_TREE)


@pytest.mark.soak
def test_module_reload():
    """Loaded and unloaded, the driver takes and leaves the device, and shows a picture."""
    with step("module", **driver_module()) as guest:
        expect_shown(guest, "after-reload")
        finish(guest, OUT_OF_TREE)


def test_module_absent():
    """Loaded without the device, the driver is as silent as when it is built in."""
    options = driver_module()
    options["cmdline"] += " ktest.module=pv_svga_m"
    with step("absent", vga=(), console="svga-absent-module", **options) as guest:
        finish(guest, OUT_OF_TREE)


def test_panic():
    """The panic screen stands on the display, pixel for pixel."""
    with step("panic", cmdline="panic=0") as guest:
        guest.wait_for(r"end Kernel panic", 60)
        found = picture.screen(guest, "svga-panic")
        wanted = picture.panic(1024, 768, "sysrq triggered crash")
        assert not found.difference(wanted), found.difference(wanted)
        wrong = console.splats(guest.machine.text(), "native",
                               "Kernel panic - not syncing: sysrq triggered crash")
        assert not wrong, wrong


def test_never_both_drivers():
    """vmwgfx and pv_svga, loaded in either order: one driver, and a picture."""
    with step("orders") as guest:
        expect_shown(guest, "after-vmwgfx")
        finish(guest, r"vmwgfx|\[drm\] \*ERROR\* (Hardware has no pitchlock|"
                      r"This configuration|Please switch)")


@pytest.mark.parametrize("video, width, height", [("1280x720", 1280, 720), ("1000x700", 1000, 700)])
def test_video(video, width, height):
    """The console comes up in the mode of video=, be it a standard one or not."""
    with step("console", cmdline=f"video={video}", console=f"svga-video-{video}") as guest:
        guest.wait_for(r"^KMS console", 60)
        expect(guest, f"video-{video}", picture.console(width, height, CONSOLE))
        finish(guest)


def test_small_memory():
    """With 2 MiB only modes that fit are offered, one is shown, a larger one is refused."""
    vga = ["-device", "vmware-svga,vgamem_mb=2"]
    with step("small", vga=vga, cmdline="ktest.mode=800x600") as guest:
        expect_shown(guest, "small")
        text = finish(guest).console.text
    modes = [(int(w), int(h)) for w, h in re.findall(r"^KMS mode (\d+)x(\d+)@", text, re.M)]
    assert (800, 600) in modes
    assert max(w * h * 4 for w, h in modes) <= 2 << 20, modes


def test_prime():
    """Buffers go to another driver and come from it; one of vgem's is on the screen."""
    with step("prime") as guest:
        expect_shown(guest, "prime")
        text = finish(guest).console.text
    assert len(re.findall(r"^KMS prime: .* yes", text, re.M)) == 6


def wakes_up(guest, how, mode, at=0):
    """The picture stands on the screen again, and the machine ends well."""
    guest.wait_for(r"^KMS woke", 120, at)
    expect(guest, f"after-{how}", picture.pattern(*mode))
    finish(guest)


@pytest.mark.parametrize("how", ["suspend", "hibernate"])
def test_sleep(how, tmp_path):
    """The picture is there again after the machine has slept."""
    disk = tmp_path / "swap"
    with disk.open("wb") as stream:
        stream.truncate(1 << 30)
    drive = ["-drive", f"file={disk},if=none,id=swap,format=raw",
             "-device", "virtio-blk-pci,drive=swap"]
    options = {"vga": [*DEVICE, *drive], "memory": "512M", "cmdline": "no_console_suspend"}
    with step(how, **options) as guest:
        *mode, at = shown(guest)
        if how == "suspend":
            guest.wake()
            wakes_up(guest, how, mode, at)
            return
        assert guest.machine.wait(100 * PATIENCE)
    # another device, in the state that another boot has left it in
    with step("resume", console="svga-resume", **options) as guest:
        wakes_up(guest, how, mode)


def test_cursor(tmp_path):
    """A viewer sees the cursor that was set, with its hot spot."""
    socket = tmp_path / "vnc"
    with step("cursor", vga=[*DEVICE, "-vnc", f"unix:{socket}"]) as guest:
        shown(guest)
        viewer = rfb.Viewer(socket)
        found = viewer.cursor((64, 64))
        viewer.close()
        assert found.hot == (5, 7)
        for i, pixel in enumerate(found.pixels):
            y, x = divmod(i, 64)
            inside = abs(x - 32) + abs(y - 32) < 32
            colour = ((x + 11) & 0xff) << 16 | ((y * 3 + 11) & 0xff) << 8 | (x ^ y)
            assert pixel == (colour if inside else None), (x, y)
        press(guest, "ret")
        finish(guest)
