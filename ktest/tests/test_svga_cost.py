# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What an update of the display costs, in instructions, beside other drivers."""

import json

import pytest

from ktest.lib import itrace
from ktest.lib.bench.areas import svga
from ktest.lib.paths import BUILD, REPORT

TABLE = REPORT / "svga-cost.json"

# What a commit of the primary plane does in pv_svga: the driver's callbacks ...
CALLBACKS = ("pv_svga_fb_access", "primary_atomic_check", "crtc_atomic_check",
             "primary_atomic_update", "crtc_atomic_flush")
# ... the functions of its own that these call, and what of that is the copy.
OWN = (*CALLBACKS, "pv_svga_fifo_emit", "fifo_put", "pv_svga_screen_update")
COPY = "pv_svga_screen_copy"


@pytest.mark.soak
def test_cost(quantity):
    """Damage, flips and a scrolling console: the least of the drivers that copy."""
    wanted = quantity("svga.cost", required=len(svga.DRIVERS), short=len(svga.DRIVERS))
    table = {}
    for driver in svga.DRIVERS:
        table[driver] = svga.measure(driver, "updates,console")
        wanted.done += 1
    TABLE.write_text(json.dumps(table, indent=1) + "\n")
    print(json.dumps(table, indent=1))
    for what in ("flip", "damage", "lines"):
        ours = table["pv_svga"][what]
        assert ours < table["simpledrm"][what], (what, table)
        assert ours < table["cirrus"][what], (what, table)


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
    found = itrace.inside(itrace.addresses(log), symbols, (*CALLBACKS, COPY))
    log.unlink()
    assert all(len(found[name].each) >= 4 for name in (*CALLBACKS, COPY)), found
    least = {name: found[name].least() for name in (*CALLBACKS, COPY)}
    copied = sum(least[COPY].values())
    with_helpers = sum(sum(least[name].values()) for name in CALLBACKS) - copied
    own = sum(least[name][function] for name in CALLBACKS for function in OWN)
    rows = {"own": own, "with_helpers": with_helpers, "copy": copied,
            "callbacks": {name: dict(least[name].most_common()) for name in CALLBACKS}}
    (REPORT / "svga-instructions.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(json.dumps(rows, indent=1))
    assert own <= 300
    wanted.done += 1
