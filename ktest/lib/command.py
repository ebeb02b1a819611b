# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""How the commands of ktest/ end."""

import signal
import sys

from . import KtestError


def run(name, main, interrupted="interrupted"):
    """Run @main and exit with what it returns; what ends it otherwise costs one line.

    SIGTERM ends it in order too, so that no guest outlives it.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"{name}: terminated"))
    try:
        sys.exit(main())
    except (KtestError, OSError) as err:
        sys.exit(f"{name}: {err}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: {interrupted}")
