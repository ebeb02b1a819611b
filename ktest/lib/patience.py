# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""How much longer than on an idle machine things may take."""

import os
import sys

# Every time limit is for an idle machine and is stretched by this on a busy one.
try:
    PATIENCE = float(os.environ.get("KTEST_PATIENCE", "3"))
except ValueError:
    sys.exit("KTEST_PATIENCE: not a number")
