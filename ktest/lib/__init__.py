# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The host side of the tests: building, booting, reading consoles, reporting."""


class KtestError(Exception):
    """Something the user can mend; the text is the one line that is shown."""
