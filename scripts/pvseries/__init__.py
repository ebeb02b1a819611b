# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The series: reading it, laying it over a kernel tree, exporting it."""


class SeriesError(Exception):
    """Something the user can mend; the text is the one line that is shown."""
