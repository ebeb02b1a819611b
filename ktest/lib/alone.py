# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Processes that want the same thing made wait for each other."""

from contextlib import contextmanager
import fcntl

from .paths import BUILD


@contextmanager
def alone(name):
    """Only one process at a time is inside with this @name."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
