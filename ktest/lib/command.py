# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""How the commands of ktest/ end."""

import signal
import subprocess
import sys

from . import KtestError


def run(name, main, interrupted="interrupted", errors=()):
    """Run @main and exit with what it returns; what ends it otherwise costs one line.

    @errors: classes of errors that do, beside our own and the system's.  SIGTERM ends it in order too, so that no guest outlives it.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"{name}: terminated"))
    try:
        sys.exit(main())
    except (KtestError, OSError, *errors) as err:
        sys.exit(f"{name}: {err}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: {interrupted}")


def finished(words, timeout=None, data=None, **how):
    """Run a command; return its status and what it said, both ways together.

    Whatever ends us, or the @timeout, lets it end in order: it has guests, or jobs.
    @data: its input; @how: as subprocess.Popen takes it.
    """
    with subprocess.Popen(words, stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **how) as process:
        try:
            said, _ = process.communicate(data, timeout)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        return process.returncode, said
