# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Write initramfs archives (newc cpio; Documentation/driver-api/early-userspace).

Written here and not by cpio(1), which cannot make device nodes or root-owned
files without being root.
"""

import gzip
import os
from pathlib import Path
import re
import stat
import subprocess


class Archive:
    """An archive in memory; parents of a path are made as needed."""

    def __init__(self):
        self._parts, self._seen, self._inode = [], set(), 0

    def _member(self, path, mode, data=b"", rdev=(0, 0)):
        self._inode += 1
        name = path.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name
        self._parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def directory(self, path):
        """Add directory @path and its parents."""
        path = path.strip("/")
        if path and path not in self._seen:
            self.directory(os.path.dirname(path))
            self._seen.add(path)
            self._member(path, stat.S_IFDIR | 0o755)

    def data(self, path, data, mode=0o644):
        """Add a file with the bytes @data."""
        path = path.strip("/")
        self.directory(os.path.dirname(path))
        if path not in self._seen:
            self._seen.add(path)
            self._member(path, stat.S_IFREG | mode, data)

    def file(self, path, source, mode=None):
        """Add the host's file @source as @path."""
        source = Path(source)
        mode = mode or (0o755 if os.access(source, os.X_OK) else 0o644)
        self.data(path, source.read_bytes(), mode)

    def link(self, path, target):
        """Add a symbolic link."""
        path = path.strip("/")
        self.directory(os.path.dirname(path))
        if path not in self._seen:
            self._seen.add(path)
            self._member(path, stat.S_IFLNK | 0o777, target.encode())

    def node(self, path, major, minor):
        """Add a character device."""
        path = path.strip("/")
        self.directory(os.path.dirname(path))
        self._member(path, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def program(self, source, path=None):
        """Add a program of the host's Debian with the libraries it is linked to."""
        self.file(path or str(source), source, 0o755)
        out = subprocess.run(["ldd", str(source)], capture_output=True, text=True).stdout
        for library in re.findall(r"(/\S+) \(0x", out):
            self.file(library, library, 0o755)

    def bytes(self, compress=True):
        """The finished archive."""
        parts = list(self._parts)
        trailer = b"TRAILER!!!\0"
        fields = (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(trailer), 0)
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + trailer
        raw = b"".join(parts) + head + b"\0" * (-len(head) % 4)
        raw += b"\0" * (-len(raw) % 512)
        return gzip.compress(raw, 1, mtime=0) if compress else raw


def kept(path, program, fill, code):
    """The bytes of the archive that @fill fills, made once and kept in @path.

    It is made anew when @program, for whose sake it is there, or the module
    @code that says what goes in is newer.
    """
    newest = max(Path(p).stat().st_mtime for p in (program, code))
    if not path.exists() or path.stat().st_mtime < newest:
        archive = Archive()
        fill(archive)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{os.getpid()}")
        new.write_bytes(archive.bytes())
        os.replace(new, path)
    return path.read_bytes()
