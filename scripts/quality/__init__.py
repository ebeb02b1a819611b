# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What scripts/lint, scripts/buildmatrix and scripts/bisect-check share."""

from pathlib import Path
import sys

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
LINUX = BUILD / "linux"
REPORT = BUILD / "report"

# The series is read by scripts/pvseries, configurations are merged by ktest/lib.
for place in (str(ROOT / "scripts"), str(ROOT)):
    if place not in sys.path:
        sys.path.insert(0, place)


class QualityError(Exception):
    """Why a tool cannot do its work; the text is the one line that is shown."""
