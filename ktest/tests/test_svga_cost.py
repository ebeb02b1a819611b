# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What an update of the display costs, in instructions, beside other drivers."""

import json
from statistics import median_low

import pytest

from ktest.lib import itrace
from ktest.lib.bench.areas import svga
from ktest.lib.paths import BUILD, REPORT

TABLE = REPORT / "svga-cost.json"

# The driver's callbacks in a commit of the primary plane, one of each, and its copy.
CALLBACKS = ("pv_svga_fb_access", "primary_atomic_check", "crtc_atomic_check",
             "primary_atomic_update", "crtc_atomic_flush")
COPY = "pv_svga_screen_copy"


# Several boots of those whose figures lie near each other.
BOOTS = {"pv_svga": 3, "simpledrm": 3}


def measure(driver):
    """({update: instructions, the median of the boots}, {update: those of every boot})."""
    runs = [svga.measure(driver) for _ in range(BOOTS.get(driver, 1))]
    each = {what: [run[what] for run in runs] for what in runs[0] if what != "clock"}
    return {what: median_low(found) for what, found in each.items()}, each


@pytest.mark.soak
def test_cost(quantity):
    """Damage, flips and a scrolling console: the least of the drivers that copy, in every boot."""
    wanted = quantity("svga.cost", required=len(svga.DRIVERS), short=len(svga.DRIVERS))
    table, boots = {}, {}
    for driver in svga.DRIVERS:
        table[driver], boots[driver] = measure(driver)
        console = svga.measure(driver, "console")
        table[driver] |= console
        boots[driver]["lines"] = [console["lines"]]
        wanted.done += 1
    TABLE.write_text(json.dumps({"median": table, "boots": boots}, indent=1) + "\n")
    print(json.dumps({"median": table, "boots": boots}, indent=1))
    for what in ("flip", "damage", "lines"):
        ours = max(boots["pv_svga"][what])
        for other in ("simpledrm", "cirrus"):
            assert ours < min(boots[other][what]), (what, other, boots)


@pytest.mark.soak
def test_bytes_written(quantity):
    """A change of 16x16 pixels writes them and at most 64 bytes more to the device."""
    wanted = quantity("svga.bytes_written", required=1, short=1)
    found = svga.measure("pv_svga", "written")
    print(found)
    assert found["pixel_bytes"] == 16 * 16 * 4
    assert 0 < found["other_bytes"] <= 64
    wanted.done += 1


@pytest.mark.soak
def test_instructions_per_commit(quantity):
    """A commit costs at most 300 instructions of the driver's own beyond the copy."""
    wanted = quantity("svga.instructions", required=1, short=1)
    log = BUILD / "itrace.log"
    with svga.guest("pv_svga", "trace") as guest:
        guest.wait_for(r"^KMS trace$", 60)
        itrace.start(guest, log)
        guest.send("\n")
        guest.wait_for(r"^KMS traced$", 300)
        itrace.stop(guest)
        assert guest.finish().ok
    symbols = itrace.Symbols(BUILD / "release" / "System.map")
    trace = list(itrace.addresses(log))
    log.unlink()
    calls = itrace.inside(trace, symbols, (*CALLBACKS, COPY))
    commits = len(calls[COPY].each)
    assert commits == 4, calls
    # Whatever the driver itself executes but for the copy; the trace has nothing but commits.
    ours = itrace.within(trace, symbols, symbols.span("pv_svga_"))
    del ours[COPY]
    own = sum(ours.values()) / commits
    copied = sum(calls[COPY].least().values())
    with_helpers = sum(sum(calls[name].least().values()) for name in CALLBACKS) - copied
    rows = {"own": own, "with_helpers": with_helpers, "copy": copied,
            "functions": {name: count / commits for name, count in ours.most_common()},
            "callbacks": {name: dict(calls[name].least().most_common()) for name in CALLBACKS}}
    (REPORT / "svga-instructions.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(json.dumps(rows, indent=1))
    assert own <= 300
    wanted.done += 1
