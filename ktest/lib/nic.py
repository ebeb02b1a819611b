# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Network devices for test guests, and what their scripts report."""

import re
import shutil

from . import KtestError
from .cpio import Archive

# KUnit suites run in the boots of the matrix, not in each of these.
QUIET = "kunit.enable=0"
HUB = ["-netdev", "hubport,id=h0,hubid=0", "-netdev", "hubport,id=h1,hubid=0"]
_MODEL = {"pv_net": "vmxnet3", "vmxnet3": "vmxnet3", "virtio_net": "virtio-net-pci",
          "e1000": "e1000"}


def tools(*names):
    """The host's programs of these names with their libraries."""
    archive = Archive()
    for name in names:
        path = shutil.which(name, path="/usr/bin:/sbin:/usr/sbin:/bin")
        if not path:
            raise KtestError(f"{name} is not installed; see ktest/packages.txt")
        archive.program(path, f"/usr/bin/{name}")
    return archive


def card(driver, netdev, options=""):
    """A NIC for @driver on the back-end @netdev; its QEMU id is nic-@netdev."""
    return ["-device", f"{_MODEL[driver]},netdev={netdev},romfile=,id=nic-{netdev}{options}"]


def pair(driver):
    """Two NICs for @driver on one hub."""
    return [*HUB, *card(driver, "h0"), *card(driver, "h1")]


def costs(text):
    """What ktest/guest/net.sh says that each load cost a packet."""
    return {name: float(value) for name, value in
            re.findall(r"^NET COST (\S+) ([\d.]+)$", text, re.M)}


def counts(text):
    """What ktest/guest/net.sh counted."""
    return {name: int(value) for name, value in
            re.findall(r"^NET COUNT (\S+) (\d+)$", text, re.M)}
