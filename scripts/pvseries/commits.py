# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Turn the series into commits on top of a pristine kernel tree.

The commits are made in an index of their own, without touching the work
tree; the caller then moves the work tree in one step, so that only files
that differ get a new time stamp and an incremental build stays one.
"""

from pathlib import Path
import os
import re
import tempfile

from . import SeriesError
from .git import Git
from .kbuild import at_commit
from .maintainers import covers, merge, sections
from .parse import progressive


class Builder:
    """Adds one commit after the other to the tree @top, from overlay @root."""

    def __init__(self, top, root, base, signoff=None):
        self.root = Path(root)
        self.signoff = signoff
        ident = signoff and re.fullmatch(r"(.+?) <(\S+@\S+)>", signoff)
        if signoff and not ident:
            raise SeriesError(f"SIGNOFF: not of the form 'Name <mail>': {signoff}")
        handle, self.index = tempfile.mkstemp(prefix="pvops-index-")
        os.close(handle)
        os.unlink(self.index)
        self.git = Git(top, self.index, ident and ident.groups())
        self.git.run("read-tree", base)
        self.head = self.git.out("rev-parse", f"{base}^{{commit}}")
        self.present = set()
        self.grown = {}
        ours = sections((self.root / "MAINTAINERS").read_text())
        self.sections = [[section, False] for section in ours]
        self.kernel_maintainers = self.git.out("show", f"{base}:MAINTAINERS") + "\n"

    def close(self):
        """Remove the index file."""
        if os.path.exists(self.index):
            os.unlink(self.index)

    def _put(self, path, data, executable=False):
        blob = self.git.out("hash-object", "-w", "--stdin", data=data)
        mode = "100755" if executable else "100644"
        self.git.run("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")

    def _put_file(self, path):
        source = self.root / path
        self._put(path, source.read_bytes(), os.access(source, os.X_OK))

    def _refresh_grown(self):
        """Bring Kbuild and Kconfig files to what their neighbours allow."""
        for path, old in self.grown.items():
            new = at_commit(path, (self.root / path).read_text(), self.present)
            if new != old:
                self._put(path, new.encode())
                self.grown[path] = new

    def _refresh_maintainers(self):
        changed = False
        for item in self.sections:
            if not item[1] and any(covers(item[0], p) for p in self.present):
                item[1] = changed = True
        if changed:
            ours = [section for section, here in self.sections if here]
            self._put("MAINTAINERS", merge(self.kernel_maintainers, ours).encode())

    def _apply(self, entry):
        try:
            self.git.run("apply", "--cached", "--whitespace=nowarn", "-", data=entry.diff)
        except SeriesError as err:
            raise SeriesError(f"{entry.where}: does not apply: {err}")

    def add(self, entry):
        """Commit @entry and return the commit id."""
        if entry.diff:
            self._apply(entry)
        for path in entry.files:
            self.present.add(path)
            if progressive(path):
                self.grown.setdefault(path, None)
            else:
                self._put_file(path)
        self._refresh_grown()
        self._refresh_maintainers()
        message = entry.message
        if self.signoff:
            message = f"{message.rstrip()}\n\nSigned-off-by: {self.signoff}\n"
        tree = self.git.out("write-tree")
        self.head = self.git.out("commit-tree", tree, "-p", self.head, data=message.encode())
        return self.head

    def unfinished(self):
        """What of ours never entered, as lines to show; nothing in a finished series."""
        found = []
        for section, here in self.sections:
            if not here:
                title = section.split("\n", 1)[0]
                found.append(f"MAINTAINERS: no file of the series belongs to '{title}'")
        for path, text in self.grown.items():
            if text != (self.root / path).read_text():
                found.append(f"{path}: names a file that is in no entry of patches/series")
        return found


def build(top, root, sets, base, signoff=None, complete=True):
    """Commit all @sets on @base; return (head, [(set, first parent, last commit)]).

    @complete: refuse a series that is not finished; without it say so and go on.
    """
    builder = Builder(top, root, base, signoff)
    try:
        ranges = []
        for one in sets:
            start = builder.head
            for entry in one.entries:
                builder.add(entry)
            ranges.append((one, start, builder.head))
        for line in builder.unfinished():
            if complete:
                raise SeriesError(line)
            print(f"series: {line}")
        return builder.head, ranges
    finally:
        builder.close()
