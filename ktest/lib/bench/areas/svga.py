# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Instructions of an update of the display, each driver on its own QEMU device.

bochs flips without a copy and stands beside the others for orientation.
"""

from functools import partial
import re

from ... import KtestError, boot
from .. import Step
from ..records import record

NAME = "svga"
TITLE = "pv_svga against other drivers that copy, each on its device"
OURS, PEER = "pv_svga", "cirrus"
NOTES = {"bochs-drm": "scans out of the buffer itself: a flip copies nothing"}
WANTED = {"damage": 1.0, "flip": 1.0, "lines": 1.0}
# Driver: QEMU's device, modules to load, what else the command line needs.
DRIVERS = {
    "pv_svga": ("vmware-svga", "", ""),
    "simpledrm": ("VGA", "", "vga=0x344"),
    "cirrus": ("cirrus-vga", "cirrus", ""),
    "bochs-drm": ("VGA", "ttm,drm_ttm_helper,drm_vram_helper,bochs", ""),
}


def guest(driver, what="updates"):
    """A guest with @driver's device that counts what the words of kms-cost in @what say.

    Without accounting the objects that kms-cost uses slabs up with are of the
    caches that the drivers' are of.
    """
    device, modules, words = DRIVERS[driver]
    return boot.Guest(boot.Boot(
        "native", test="svga-cost", devices=["-device", device], icount=True, cpus=1, timeout=600,
        cmdline=f"nokaslr norandmaps cgroup.memory=nokmem kunit.enable=0 ktest.driver={driver} "
                f"ktest.modules={modules} ktest.what={what} {words}",
        console=f"svga-cost-{driver}-{what.split(',', maxsplit=1)[0]}"))


def measure(driver, what="updates"):
    """{update: instructions} with @driver."""
    with guest(driver, what) as machine:
        result = machine.finish()
    if not result.ok:
        raise KtestError(result.explain())
    return {what: int(value) for what, value in
            re.findall(r"^KMS cost (\w+) (\d+)", result.console.text, re.M)}


def _records(driver, what):
    return [record(NAME, update, driver, "instructions", value, "per update")
            for update, value in measure(driver, what).items() if value and update != "clock"]


def steps(short=False):
    """One boot a driver; in the short form ours without the console."""
    if short:
        return [Step(OURS, 10, partial(_records, OURS, "updates"))]
    return [Step(driver, 15, partial(_records, driver, "updates,console")) for driver in DRIVERS]
