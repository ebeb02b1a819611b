# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The display for long, on the kernel with KASAN and lockdep; and Debian's programs on it."""

import re

import pytest

from ktest.lib import desktop
from ktest.lib.paths import REPORT

from svga import finish, start


def run_debug(only, **counts):
    """Do these steps of ktest/guest/svga.sh on the debug kernel; return the console."""
    words = " ".join(f"ktest.{k}={v}" for k, v in counts.items())
    with start("native", kernel="debug", cmdline=f"kunit.enable=0 ktest.only={only} {words}",
               timeout=3600, console=f"svga-debug-{only.rpartition(',')[2]}") as guest:
        return finish(guest).console.text


@pytest.mark.soak
def test_debug(quantity):
    """Random damage and modes, compared with VRAM; unplugged during flips."""
    damage = quantity("svga.damage", required=10000, short=200, seed=1)
    modes = quantity("svga.modes", required=1000, short=16, seed=1)
    large = quantity("svga.modes.large", required=100, short=2, seed=1)
    unplug = quantity("svga.unplug", required=1, short=1)
    for wanted in (damage, modes, large, unplug):
        wanted.kernel = "debug"
    text = run_debug("atomic,damage,mode_sets,unplug", damage=damage.count, modes=modes.count)
    damage.done = int(re.search(r"^KMS damage (\d+)", text, re.M)[1])
    found = re.search(r"^KMS modes (\d+), large (\d+)", text, re.M)
    modes.done, large.done = int(found[1]), int(found[2])
    unplug.done = len(re.findall(r"^ok \d+ unplug", text, re.M))


@pytest.mark.soak
def test_bind_debug(quantity):
    """Bound and unbound again and again, with the console on it."""
    bind = quantity("svga.bind", required=1000, short=4)
    bind.kernel = "debug"
    text = run_debug("bind_cycles", bind=bind.count)
    bind.done = int(re.search(r"^KTEST INFO svga.bind=(\d+)", text, re.M)[1])


def run_fuzz(wanted, kernel):
    """The KUnit fuzz tests with as many cases as @wanted says."""
    with start("native", "svga-step", (), kernel=kernel, timeout=3600, console="svga-fuzz",
               cmdline=f"ktest.step=absent pv_svga.fuzz_cases={wanted.count} "
                       f"pv_svga.fuzz_seed={wanted.seed} kunit.filter_glob=pv_svga_fuzz") as guest:
        text = finish(guest).console.text
    done = [int(n) for n in re.findall(rf"(\d+) cases, \d+ \w+.*seed {wanted.seed}", text)]
    assert len(done) == 2, done
    wanted.done = min(done)


@pytest.mark.soak
def test_fuzz_debug(quantity):
    """A device that answers at random does no harm."""
    wanted = quantity("svga.fuzz", required=1000000, short=2000, seed=7)
    wanted.kernel = "debug"
    run_fuzz(wanted, "debug")


def judge(guest):
    """The guest's programs and its kernel are content; return the console."""
    text = finish(guest).console.text
    bad = re.search(r"^DESKTOP not ok.*|failed to set mode|failed to (?:add|create) fb", text, re.M)
    assert not bad, bad[0]
    return text


@pytest.mark.soak
def test_modetest(quantity):
    """Debian's modetest in every mode, with plane, cursor and flips; drm_info."""
    wanted = quantity("svga.modetest", required=1, short=1)
    with desktop.start("modetest", timeout=300, console="svga-modetest") as guest:
        text = judge(guest)
    assert len(re.findall(r"^DESKTOP ok mode ", text, re.M)) >= 20
    kept = text[text.index("DESKTOP drm_info begins"):text.index("DESKTOP drm_info ends")]
    (REPORT / "svga-drm_info.txt").write_text(kept)
    assert "FB_DAMAGE_CLIPS" in kept
    # A busy machine is late for some of them.
    assert re.search(r"^freq: (59|60)\.\d+Hz", text, re.M), "flips are not paced"
    wanted.done += 1


@pytest.mark.soak
@pytest.mark.parametrize("program", ["weston", "xorg"])
def test_desktop(program, quantity):
    """Weston and Xorg's modesetting driver show a window; moved, it is the same elsewhere."""
    wanted = quantity(f"svga.{program}", required=1, short=1)
    with desktop.start(program, timeout=300, cmdline="desktop.move=1 desktop.hold=1") as guest:
        print(desktop.move_window(guest, program))
        text = judge(guest)
    driver = {"weston": "pixman", "xorg": r"modeset\(0\)"}[program]
    assert re.search(driver, text), text
    wanted.done += 1
