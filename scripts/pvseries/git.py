# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A thin layer over git, for one work tree."""

import os
import subprocess

from . import SeriesError

# The commits of the built tree carry a neutral name and one fixed date, so
# that the same series on the same source gives the same commit ids.
_IDENT = {
    "GIT_AUTHOR_NAME": "pvops", "GIT_AUTHOR_EMAIL": "pvops@kernel.invalid",
    "GIT_COMMITTER_NAME": "pvops", "GIT_COMMITTER_EMAIL": "pvops@kernel.invalid",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


class Git:
    """git in the work tree @top.

    @index names another index file than the tree's own, @ident another
    (name, mail) than the neutral one.
    """

    def __init__(self, top, index=None, ident=None):
        self.top = str(top)
        self.env = dict(os.environ, **_IDENT)
        if ident:
            name, mail = ident
            self.env.update(GIT_AUTHOR_NAME=name, GIT_COMMITTER_NAME=name,
                            GIT_AUTHOR_EMAIL=mail, GIT_COMMITTER_EMAIL=mail)
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            self.env.pop(name, None)
        if index:
            self.env["GIT_INDEX_FILE"] = str(index)

    def run(self, *args, data=None, check=True):
        """Run git and return what it prints, as bytes."""
        try:
            done = subprocess.run(["git", *args], cwd=self.top, env=self.env,
                                  input=data, capture_output=True)
        except FileNotFoundError as err:
            raise SeriesError(f"{err.filename}: not found")
        if check and done.returncode:
            lines = done.stderr.decode(errors="replace").strip().split("\n")
            raise SeriesError(f"git {args[0]}: {lines[0]}")
        return done.stdout

    def out(self, *args, data=None):
        """As run(), as text without the last newline."""
        return self.run(*args, data=data).decode().rstrip("\n")

    def has(self, rev):
        """Does @rev name an object?"""
        return bool(self.run("rev-parse", "-q", "--verify", rev, check=False))
