# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A running QEMU with its console in a file and QMP beside it."""

from pathlib import Path
import fcntl
import os
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
import time

from . import KtestError
from .console import clean
from .qmp import Qmp

QEMU = "qemu-system-x86_64"


def _receive(source):
    """The next bytes, or nothing at the end, however it came."""
    try:
        return source.recv(65536)
    except OSError:
        return b""


class Machine:
    """Start QEMU with @arguments; ttyS0 goes to the file @console.

    QEMU is started with no display, no default devices' monitor and no
    reboot, so that a panic (panic=-1) ends it.
    """

    def __init__(self, arguments, console, interactive=False):
        self.console_path = Path(console)
        self.console_path.parent.mkdir(parents=True, exist_ok=True)
        self._dir = tempfile.TemporaryDirectory(prefix="ktest-")
        self._serial = f"{self._dir.name}/serial"
        self._qmp = f"{self._dir.name}/qmp"
        self._stdin = None
        self._copier = None
        self._session = None
        self.command = [QEMU, "-nodefaults", "-no-reboot", "-display", "none", *arguments]
        if interactive:
            serial = ["-chardev", "stdio,id=con0,mux=on,signal=off"]
        else:
            serial = ["-chardev", f"socket,id=con0,path={self._serial},server=on,wait=on"]
        self._kept = self._open_console()
        self.started = time.monotonic()
        # A group of its own, so that nothing outlives a run that is broken off.
        self.process = subprocess.Popen(
            [*self.command, *serial, "-serial", "chardev:con0",
             "-qmp", f"unix:{self._qmp},server=on,wait=off"],
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=None if interactive else subprocess.PIPE,
            stderr=None if interactive else subprocess.STDOUT,
            start_new_session=not interactive)
        if not interactive:
            try:
                self._copy_console()
            except BaseException:
                self.kill()
                raise

    def _open_console(self):
        """The console's file, empty and ours: two guests in one file would be read as one."""
        kept = self.console_path.open("ab", buffering=0)
        try:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            kept.close()
            raise KtestError(f"{self.console_path}: another guest writes to it") from err
        kept.truncate(0)
        return kept

    def _copy_console(self):
        """Keep what the guest writes: QEMU waits for us, so that no byte is lost.

        QEMU's own log of a socket repeats bytes when the socket is full.
        """
        end = time.monotonic() + 30
        self._stdin = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self._stdin.connect(self._serial)
                break
            except OSError as err:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise KtestError(f"{QEMU} does not start: {self.kill() or err}")
                time.sleep(0.02)

        def copy(source=self._stdin):
            while data := _receive(source):
                self._kept.write(data)

        self._copier = threading.Thread(target=copy, daemon=True)
        self._copier.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def shell_line(self):
        """The command that repeats this run, for a person to type."""
        return shlex.join([*self.command, "-serial", "mon:stdio"])

    def raw(self):
        """The console so far, as bytes."""
        return self.console_path.read_bytes()

    def text(self):
        """The console so far, as text."""
        return clean(self.raw())

    def wait_for(self, pattern, timeout=60, start=0):
        """Wait until @pattern stands on the console after offset @start; return the match."""
        end = time.monotonic() + timeout
        while True:
            ended = self.process.poll() is not None
            found = re.compile(pattern, re.M).search(self.text(), start)
            if found:
                return found
            if ended or time.monotonic() > end:
                why = "ended" if ended else f"timed out after {timeout} s"
                raise KtestError(f"{why} waiting for '{pattern}'; last lines:\n{self.tail()}")
            time.sleep(0.05)

    def send(self, text):
        """Type @text on the console."""
        self._stdin.sendall(text.encode())

    def qmp(self, command, **arguments):
        """Run a QMP command (see class Qmp)."""
        if self._session is None:
            self._session = Qmp(self._qmp)
        return self._session(command, **arguments)

    def tail(self, lines=12):
        """The last lines of the console."""
        return "\n".join(self.text().rstrip().split("\n")[-lines:])

    def wait(self, timeout):
        """Wait for QEMU to end by itself; False if it did not in time."""
        try:
            self.process.wait(max(0.1, timeout - (time.monotonic() - self.started)))
            if self._copier:
                self._copier.join(10)
            return True
        except subprocess.TimeoutExpired:
            return False

    def kill(self):
        """End QEMU if it still runs; return what it said itself."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self.process.kill()
        said = b""
        if self.process.stdout and not self.process.stdout.closed:
            said = self.process.stdout.read()
            self.process.stdout.close()
        self.process.wait()
        if self._copier:
            self._copier.join(10)
        for end in (self._stdin, self._session, self._kept):
            if end:
                end.close()
        self._stdin = self._session = None
        self._dir.cleanup()
        return said.decode(errors="replace").strip()
