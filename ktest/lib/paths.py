# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
LINUX = BUILD / "linux"
REPORT = BUILD / "report"
KTEST = ROOT / "ktest"
CONFIG = KTEST / "config"
GUEST = KTEST / "guest"
