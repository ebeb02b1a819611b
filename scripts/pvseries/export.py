# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Write the series as mailing-list patch sets with cover letters."""

from pathlib import Path
import shutil

from . import SeriesError, commits
from .git import Git


def _cover(path, one):
    """Fill in the cover letter that format-patch left for us to write."""
    text = path.read_text()
    if not one.cover.strip():
        raise SeriesError(f"patches/{one.name}/cover.txt: no cover letter for this set")
    text = text.replace("*** SUBJECT HERE ***", one.subject)
    path.write_text(text.replace("*** BLURB HERE ***", one.cover.strip()))


def export(top, root, sets, out, signoff=None):
    """Write one directory a set below @out; return [(set, number of patches)].

    The sets are written in the order in which they apply: their directories
    are numbered, so that a plain sort of all patch files is the series.
    """
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise SeriesError(f"{out}: not empty")
    _, ranges = commits.build(top, root, sets, "base", signoff)
    git = Git(top)
    staging = out.with_name(out.name + ".new")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    written = []
    try:
        for number, (one, start, last) in enumerate(ranges, 1):
            if start == last:
                continue
            where = staging / f"{number:02}-{one.name}"
            git.run("format-patch", "-q", "-n", "--cover-letter", "--no-signature", "-M",
                    f"--base={git.out('rev-parse', 'base')}", "-o", str(where.resolve()),
                    f"{start}..{last}")
            _cover(next(where.glob("0000-cover-letter.patch")), one)
            written.append((one, len(one.entries)))
        if out.exists():
            out.rmdir()
        staging.rename(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return written
