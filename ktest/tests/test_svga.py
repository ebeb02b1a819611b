# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The display of a guest with the VMware SVGA II device, seen from outside."""

import json
import re
import time

import pytest

from ktest.lib import boot, debian, picture, platforms, rfb
from ktest.lib.bench.areas import svga
from ktest.lib.paths import REPORT

DEVICE = ["-device", "vmware-svga"]
CONSOLE = ["The quick brown fox jumps over the lazy dog.", "0123456789 #$%&@[]{}<>|~^"]
# Machines that have the device, or can be given it.
PLATFORMS = ("native", "vmware", "xen-pv")


def start(platform, test="svga", vga=DEVICE, **options):
    """A guest on @platform that runs @test and has the device."""
    devices = [] if platform == "vmware" and vga is DEVICE else list(vga)
    options.setdefault("console", f"svga-{platform}")
    return boot.Guest(boot.Boot(platform, test=test, devices=devices, **options))


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


def step(name, vga=DEVICE, **options):
    """A native guest that does one step of ktest/guest/svga-step.sh."""
    words = f"ktest.step={name} {options.pop('cmdline', '')}"
    return start("native", "svga-step", vga, cmdline=words, console=f"svga-{name}", **options)


def test_absent():
    """Without the device the driver registers nothing and says nothing."""
    with step("absent", vga=()) as guest:
        finish(guest)


def test_panic():
    """The panic screen stands on the display, pixel for pixel."""
    with step("panic", cmdline="panic=0") as guest:
        guest.wait_for(r"end Kernel panic", 60)
        found = picture.screen(guest, "svga-panic")
        wanted = picture.panic(1024, 768, "sysrq triggered crash")
        assert not found.difference(wanted), found.difference(wanted)


def test_never_both_drivers():
    """vmwgfx and pv_svga, loaded in either order: one driver, and a picture."""
    with step("orders") as guest:
        *mode, _ = shown(guest)
        expect(guest, "after-vmwgfx", picture.pattern(*mode))
        result = guest.finish(expect_splat=r"vmwgfx|\[drm\] \*ERROR\* (Hardware has no pitchlock|"
                                           r"This configuration|Please switch)")
        assert result.ok, result.explain()


def wake(guest):
    """Wait until the machine sleeps, then press its power button."""
    end = time.monotonic() + 60 * boot.PATIENCE
    while guest.qmp("query-status")["status"] != "suspended":
        assert time.monotonic() < end, "the machine did not go to sleep"
        time.sleep(0.2)
    guest.qmp("system_wakeup")


@pytest.mark.parametrize("how", ["suspend", "hibernate"])
def test_sleep(how, tmp_path):
    """The picture is there again after the machine has slept."""
    disk = tmp_path / "swap"
    with disk.open("wb") as stream:
        stream.truncate(1 << 30)
    drive = ["-drive", f"file={disk},if=none,id=swap,format=raw",
             "-device", "virtio-blk-pci,drive=swap"]
    with step(how, vga=[*DEVICE, *drive], memory="512M", cmdline="no_console_suspend") as guest:
        *mode, at = shown(guest)
        if how == "suspend":
            wake(guest)
        guest.wait_for(r"^KMS woke", 90, at)
        expect(guest, f"after-{how}", picture.pattern(*mode))
        finish(guest)


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


def test_fuzz_long_form(quantity):
    """The KUnit fuzz tests with as many cases as are required."""
    wanted = quantity("svga.fuzz", required=1000000, short=20000, seed=7)
    with step("absent", vga=(), timeout=3600,
              cmdline=f"pv_svga.fuzz_cases={wanted.count} pv_svga.fuzz_seed=7 "
                      "kunit.filter_glob=pv_svga_fuzz") as guest:
        text = finish(guest).console.text
    done = [int(n) for n in re.findall(r"(\d+) cases, \d+ \w+.*seed 7", text)]
    assert len(done) == 2, done
    wanted.done = min(done)


@pytest.mark.soak
@pytest.mark.parametrize("program", ["modetest", "weston", "xorg"])
def test_debian_programs(program, quantity):
    """Debian's modetest and drm_info, Weston, and Xorg's modesetting driver."""
    wanted = quantity(f"svga.{program}", required=1, short=1)
    vga = [*DEVICE, *debian.disk()]
    with start("native", vga=vga, cmdline=debian.command_line(program), timeout=300,
               console=f"svga-{program}") as guest:
        if program != "modetest":
            guest.wait_for(rf"^DESKTOP SHOWN {program}", 120)
            time.sleep(3)
            found = picture.screen(guest, f"svga-{program}")
            colours = {found.rgb[i:i + 3] for i in range(0, len(found.rgb), 3)}
            assert len(colours) > 2, "an empty screen"
        text = finish(guest).console.text
    assert not re.search(r"^DESKTOP not ok|failed to set mode|failed to (?:add|create) fb", text, re.M)
    if program == "modetest":
        assert len(re.findall(r"^DESKTOP ok mode ", text, re.M)) >= 20
        assert re.search(r"^freq: (59|60)\.\d+Hz", text, re.M), "flips are not paced"
        kept = text[text.index("DESKTOP drm_info begins"):text.index("DESKTOP drm_info ends")]
        (REPORT / "svga-drm_info.txt").write_text(kept)
    wanted.done += 1


@pytest.mark.soak
def test_cost(quantity):
    """Instructions for an update, beside other drivers on their own devices."""
    wanted = quantity("svga.cost", required=len(svga.DRIVERS), short=len(svga.DRIVERS))
    table = {}
    for driver in svga.DRIVERS:
        table[driver] = svga.measure(driver)
        wanted.done += 1
    (REPORT / "svga-cost.json").write_text(json.dumps(table, indent=1) + "\n")
    print(table)
    for what in ("flip", "damage"):
        ours = table["pv_svga"][what]
        assert ours < table["simpledrm"][what], (what, table)
        assert ours < table["cirrus"][what], (what, table)
