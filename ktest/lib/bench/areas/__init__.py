# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The areas of the benchmark, one module each."""

from importlib import import_module
from pathlib import Path

_ORDER = ["pvm", "kvm", "shadow", "native", "net", "svga", "balloon", "growth"]


def names():
    """The areas there are, in the report's order."""
    here = {p.stem for p in Path(__file__).parent.glob("[a-z]*.py")}
    return [n for n in _ORDER if n in here]


def get(name):
    """The module of area @name."""
    return import_module("." + name, __name__)
