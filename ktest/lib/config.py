# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Kernel configurations, merged from the fragments in ktest/config."""

import re

from . import KtestError
from .paths import CONFIG

# Fragments that are a variant of the kernel and not part of every one.
VARIANTS = {"debug", "inject", "btf", "noxen", "core"}


def rooms():
    """The fragments of our own code, by name."""
    return sorted(p for p in CONFIG.glob("*.config")
                  if p.stem != "base" and p.stem not in VARIANTS)


def fragments(kernel):
    """The fragment files of @kernel in merge order: base, the rooms, the variant."""
    variant = [CONFIG / f"{kernel}.config"] if kernel in VARIANTS else []
    return [CONFIG / "base.config", *rooms(), *variant]


def read(path):
    """Read one fragment into {symbol: value}; 'n' stands for not set."""
    values = {}
    for number, line in enumerate(path.read_text().split("\n"), 1):
        line = line.strip()
        unset = re.fullmatch(r"# (CONFIG_\w+) is not set", line)
        if unset:
            values[unset.group(1)] = "n"
        elif line and not line.startswith("#"):
            name, sep, value = line.partition("=")
            if not sep or not name.startswith("CONFIG_"):
                raise KtestError(f"{path.name}:{number}: not understood: {line}")
            values[name] = value
    return values


def merged(paths, extra=None):
    """Merge fragments, later ones winning; @extra wins over all."""
    values = {}
    for path in paths:
        values.update(read(path))
    values.update(extra or {})
    return values


def text(values):
    """The form that KCONFIG_ALLCONFIG takes."""
    return "".join(f"# {name} is not set\n" if value == "n" else f"{name}={value}\n"
                   for name, value in values.items())


def for_debian():
    """What is of ours, on top of Debian's own configuration, which has no KUnit."""
    return {name: value for name, value in merged(rooms()).items()
            if not name.endswith("_KUNIT_TEST")}


def lost(values, dotconfig, modules=False):
    """Which of the wanted @values are not what Kconfig made of them?

    @modules: a module will do where code for the image was wanted.
    """
    got = read(dotconfig)
    if modules:
        values = {name: "m" if (value, got.get(name)) == ("y", "m") else value
                  for name, value in values.items()}
    return [f"{name}={value}" for name, value in values.items() if got.get(name, "n") != value]
