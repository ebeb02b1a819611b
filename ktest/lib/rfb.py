# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""As much of a VNC viewer as it takes to see the cursor (RFC 6143)."""

from dataclasses import dataclass
import socket
import struct
import time

from . import KtestError
from .patience import PATIENCE

RAW, RICH_CURSOR = 0, -239


@dataclass
class Cursor:
    """A cursor as a viewer gets it; @pixels: 0xRRGGBB, or None where it is transparent."""

    hot: tuple
    size: tuple
    pixels: list


class Viewer:
    """A viewer on the UNIX socket @path."""

    def __init__(self, path, timeout=30 * PATIENCE):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._timeout = timeout
        self._socket.connect(str(path))
        self._read(12)
        self._socket.sendall(b"RFB 003.008\n")
        self._read(self._read(1)[0])
        self._socket.sendall(b"\x01")
        if self._read(4) != b"\0\0\0\0":
            raise KtestError("VNC: refused")
        self._socket.sendall(b"\x01")
        width, height, *_, name = struct.unpack(">HH16sI", self._read(24))
        self._read(name)
        self.size = (width, height)
        # 32 bits, little endian, red in the third byte
        self._socket.sendall(b"\0\0\0\0" + struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1,
                                                       255, 255, 255, 16, 8, 0))
        self._socket.sendall(struct.pack(">BxHii", 2, 2, RAW, RICH_CURSOR))

    def _read(self, count):
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                raise KtestError("VNC: closed")
            data += more
        return data

    def _cursor(self, hot, width, height):
        colours = struct.unpack(f"<{width * height}I", self._read(width * height * 4))
        line = (width + 7) // 8
        mask = self._read(line * height)
        seen = [mask[i // width * line + i % width // 8] & (0x80 >> i % width % 8)
                for i in range(width * height)]
        return Cursor(hot, (width, height),
                      [c & 0xffffff if s else None for c, s in zip(colours, seen)])

    def _update(self):
        """Read one framebuffer update; return the cursor in it, if any."""
        _, count = struct.unpack(">BH", self._read(3))
        cursor = None
        for _ in range(count):
            x, y, width, height, encoding = struct.unpack(">HHHHi", self._read(12))
            if encoding == RICH_CURSOR:
                cursor = self._cursor((x, y), width, height)
            elif encoding == RAW:
                self._read(width * height * 4)
            else:
                raise KtestError(f"VNC: encoding {encoding}")
        return cursor

    def cursor(self, size):
        """Wait for a cursor of @size."""
        end = time.monotonic() + self._timeout
        first = 0
        while time.monotonic() < end:
            self._socket.sendall(struct.pack(">BBHHHH", 3, first, 0, 0, *self.size))
            first = 1
            while True:
                kind = self._read(1)[0]
                if kind == 0:
                    found = self._update()
                    break
                if kind != 2:
                    raise KtestError(f"VNC: message {kind}")
            if found and found.size == size:
                return found
        raise KtestError(f"VNC: no cursor of {size[0]}x{size[1]}")

    def close(self):
        """Go away."""
        self._socket.close()
