# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The platforms of the boot matrix, one module each.

A platform module states TITLE (one line for the reader), DETECTED and OWNERS
(what the guest must report), TIMEOUT in seconds on an idle machine, and

    arguments(boot) -> list of QEMU arguments

where @boot is a lib.boot.Boot.  A module may state NEEDS, a function that
returns None or why the platform cannot run here (the row is then skipped with
that reason), and SKIPS, reasons for which test cases may be left out there.
"""

from importlib import import_module
from pathlib import Path

_ORDER = ["native", "unknown", "vmware", "xen-pv", "xen-hvm", "kvm", "hyperv", "pvm"]


def names():
    """The platforms there are, in the table's order."""
    here = {p.stem.replace("_", "-") for p in Path(__file__).parent.glob("[a-z]*.py")}
    return [n for n in _ORDER if n in here]


def get(name):
    """The module of platform @name."""
    return import_module("." + name.replace("-", "_"), __name__)


def missing(name):
    """Why platform @name cannot run here, or None."""
    return getattr(get(name), "NEEDS", lambda: None)()
