# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Debian packages of the kernel, by the kernel's own bindeb-pkg."""

from pathlib import Path

from . import KtestError, config, kernel
from .paths import BUILD

VERSION = "-pvops"


def _configure(name, out):
    """Configure @out as the kernel @name, or from the file @name."""
    out.mkdir(parents=True, exist_ok=True)
    if name in ("release", "debug"):
        kernel.configure(out, config.merged(config.fragments(name)))
    elif name == "debian":
        kernel.configure_debian(out)
    elif Path(name).is_file():
        # A distribution's names keys that only its own build has.
        (out / ".config").write_text(Path(name).read_text() + kernel.NO_KEYS)
        kernel.make(out, out.name, "olddefconfig")
    else:
        raise KtestError(f"{name}: neither release, debug, debian nor a configuration file")


def make(name):
    """Build the packages of configuration @name; return their paths."""
    # Objects of its own: another version string must not reach the image that is tested.
    # It stands beside the tree like every build, so that they share compiled objects;
    # bindeb-pkg leaves the packages in the directory above.
    out = BUILD / f"deb-{Path(name).name}"
    for old in BUILD.glob("*.deb"):
        old.unlink()
    _configure(name, out)
    kernel.make(out, out.name, "bindeb-pkg",
                variables=[f"LOCALVERSION={VERSION}", "KDEB_COMPRESS=xz"])
    return sorted(BUILD.glob("*.deb"))
