# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Running commands and saying what happens, one line a step."""

import json
import os
import subprocess
import threading
import time

from . import BUILD, REPORT, QualityError  # first: it says where ktest is
from ktest.lib.command import finished

JOBS = int(os.environ.get("JOBS") or os.cpu_count() or 1)

# The build carries no date, user or host and the cache no path above build/, so
# that ccache can do its work, with what ktest/build has compiled too.
STAMP = {
    "KBUILD_BUILD_TIMESTAMP": "2026-01-01", "KBUILD_BUILD_USER": "pvops",
    "KBUILD_BUILD_HOST": "pvops", "KBUILD_BUILD_VERSION": "1",
    "CCACHE_BASEDIR": str(BUILD), "CCACHE_NOHASHDIR": "1",
}

_slots = threading.BoundedSemaphore(JOBS)
_speech = threading.Lock()


# The kernel's scripts call python3 by name and need Debian's modules.
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:" + os.environ.get("PATH", "")


def say(text):
    """Print one line, whole, whatever else is printing."""
    with _speech:
        print(text, flush=True)


def run(command, cwd=None, env=None, data=None, slot=True):
    """Run @command and return it with its output as text; at most JOBS at a time.

    @slot: False for a command that runs JOBS jobs itself and is waited for.
    """
    def start():
        words = [str(word) for word in command]
        status, said = finished(words, data=data, cwd=cwd, errors="replace",
                                env=dict(os.environ, LC_ALL="C.UTF-8", PATH=_PATH, **STAMP,
                                         **(env or {})))
        return subprocess.CompletedProcess(words, status, said)
    try:
        if not slot:
            return start()
        with _slots:
            return start()
    except FileNotFoundError as err:
        raise QualityError(f"{err.filename}: not installed") from err


def must(command, what, **kwargs):
    """As run(), but a failure ends the tool with one line."""
    done = run(command, **kwargs)
    if done.returncode:
        lines = done.stdout.strip().split("\n")
        raise QualityError(f"{what}: {lines[-1] or 'exit ' + str(done.returncode)}")
    return done.stdout


def write_report(name, data):
    """Keep @data as build/report/@name."""
    REPORT.mkdir(parents=True, exist_ok=True)
    staging = REPORT / (name + ".new")
    staging.write_text(json.dumps(data, indent=1) + "\n")
    staging.rename(REPORT / name)


class Watch:
    """Seconds since it was made."""

    def __init__(self):
        self.start = time.monotonic()

    def seconds(self):
        """Rounded to a tenth."""
        return round(time.monotonic() - self.start, 1)
