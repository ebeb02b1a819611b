# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Talk to a running QEMU (QEMU Machine Protocol, docs/interop/qmp-spec.txt)."""

import json
import socket
import time

from . import KtestError
from .patience import PATIENCE


def _connect(path, timeout):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout)
    end = time.monotonic() + timeout
    while True:
        try:
            connection.connect(str(path))
            return connection
        except OSError as err:
            if time.monotonic() > end:
                raise KtestError(f"QMP: {err}")
            time.sleep(0.05)


class Qmp:
    """A QMP session on the UNIX socket @path, or on @connection."""

    def __init__(self, path=None, timeout=30, connection=None):
        self.events = []
        self._socket = connection or _connect(path, timeout * PATIENCE)
        self._stream = self._socket.makefile("rw")
        self._read()
        self("qmp_capabilities")

    def _read(self):
        line = self._stream.readline()
        if not line:
            raise KtestError("QMP: QEMU closed the connection")
        return json.loads(line)

    def __call__(self, command, **arguments):
        """Run @command; events that arrive meanwhile are kept in self.events."""
        try:
            return self._run(command, arguments)
        except OSError as err:
            raise KtestError(f"QMP: {command}: {err}") from err

    def _run(self, command, arguments):
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            answer = self._read()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise KtestError(f"QMP: {command}: {answer['error']['desc']}")
            self.events.append(answer)

    def close(self):
        """End the session; QEMU goes on."""
        self._socket.close()
