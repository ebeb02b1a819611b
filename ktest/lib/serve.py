# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A guest that obeys the host's shell commands (ktest/guest/serve.sh)."""

import time

from . import KtestError
from .boot import Boot, Guest
from .patience import PATIENCE


class ServingGuest(Guest):
    """Use as a context manager; run() and at the end quit()."""

    def __init__(self, platform, **options):
        super().__init__(Boot(platform, test="serve", **options))
        self._number = 0

    def begin(self):
        """Wait until it obeys."""
        self.wait_for("^KTEST SERVE", self.limit / PATIENCE)

    def ask(self, command):
        """Have the guest run a shell command; return what answer() wants to know."""
        self._number += 1
        start = len(self.machine.text())
        self.send(f"{self._number} {command}\n")
        return self._number, start

    def answer(self, asked, timeout=60):
        """The command's status and what it printed."""
        number, start = asked
        end = self.wait_for(rf"^KTEST REPLY {number} (\d+)", timeout, start)
        return int(end.group(1)), self.machine.text()[start:end.start()].strip()

    def status(self, command, timeout=60):
        """Run a shell command in the guest; return its status and what it printed."""
        return self.answer(self.ask(command), timeout)

    def run(self, command, timeout=60):
        """The same for a command that must succeed; return what it printed."""
        status, text = self.status(command, timeout)
        if status:
            raise KtestError(f"'{command}' failed with {status}: {text[-500:]}")
        return text

    def quit(self, expect_splat=None):
        """End the guest in order, within a minute, and return its judged console; see finish()."""
        self.limit = time.monotonic() - self.machine.started + 60 * PATIENCE
        self.send("0 quit\n")
        return self.finish(expect_splat)

    def quit_well(self):
        """The same, and nothing may be wrong with it."""
        result = self.quit()
        if not result.ok:
            raise KtestError(result.explain())
