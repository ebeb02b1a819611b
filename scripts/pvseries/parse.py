# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Read patches/series into sets of entries, one entry a commit."""

from dataclasses import dataclass, field
from pathlib import Path

from . import SeriesError
from .git import Git

# What is exported lives below these; everything else stays in this repository.
OVERLAY = ("arch", "drivers", "Documentation", "include")


@dataclass
class Entry:
    """One commit: a message, new files, and an edit to existing files."""

    where: str                       # "patches/series:12", for messages
    message: str
    diff: bytes = b""                # unified diff, -p1; may be empty
    files: list = field(default_factory=list)

    @property
    def subject(self):
        return self.message.split("\n", 1)[0]


@dataclass
class Set:
    """One mailing-list set: what one maintainer would take."""

    name: str
    subject: str
    cover: str
    entries: list = field(default_factory=list)


def _read(path, where):
    try:
        return path.read_bytes()
    except OSError as err:
        raise SeriesError(f"{where}: cannot read {path}: {err.strerror}")


def split_patch(data, where):
    """Split a .patch file into its message and its diff at the '---' line."""
    text, sep, diff = data.partition(b"\n---\n")
    if not sep or b"\n+++ " not in diff:
        raise SeriesError(f"{where}: no message, '---' line and diff in it")
    return text.decode().strip() + "\n", diff


def _message(data, where):
    text = data.decode().strip() + "\n"
    lines = text.split("\n")
    if not lines[0] or (len(lines) > 2 and lines[1]):
        raise SeriesError(f"{where}: a message is a subject, an empty line and a body")
    return text


def read_series(root, complete=True):
    """Return the list of sets in @root's patches/series.

    @complete: every overlay file must be in an entry; without it, files that
    are still being written may be left out.
    """
    root = Path(root)
    patches = root / "patches"
    sets, entry = [], None
    for number, line in enumerate(_read(patches / "series", "series").decode().split("\n"), 1):
        where = f"patches/series:{number}"
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t":
            if entry is None:
                raise SeriesError(f"{where}: a file that belongs to no 'files' entry")
            entry.files.append(line.strip())
            continue
        verb, _, rest = line.partition(" ")
        args, entry = rest.split(), None
        if verb == "set" and len(args) >= 2:
            cover = patches / args[0] / "cover.txt"
            sets.append(Set(args[0], rest.split(None, 1)[1],
                            cover.read_text() if cover.exists() else ""))
            continue
        if not sets:
            raise SeriesError(f"{where}: an entry before the first 'set'")
        if verb == "patch" and len(args) == 1:
            message, diff = split_patch(_read(patches / args[0], where), where)
            sets[-1].entries.append(Entry(where, _message(message.encode(), where), diff))
        elif verb == "files" and len(args) in (1, 2):
            entry = Entry(where, _message(_read(patches / args[0], where), where),
                          _read(patches / args[1], where) if len(args) == 2 else b"")
            sets[-1].entries.append(entry)
        else:
            raise SeriesError(f"{where}: not understood: {line}")
    check(root, sets)
    left = left_out(root, sets)
    if complete and left:
        raise SeriesError(f"patches/series: not in any entry: {' '.join(left)}")
    return sets


def overlay_files(root):
    """The files of the repository, or of an unpacked copy of it, that belong into the kernel tree."""
    root = Path(root)
    if (root / ".git").exists():
        found = Git(root).run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--",
                              *OVERLAY).decode().split("\0")
    else:
        found = [str(p.relative_to(root)) for top in OVERLAY for p in (root / top).rglob("*")]
    return sorted({p for p in found if p and (root / p).is_file()})


def progressive(path):
    """Kbuild and Kconfig files grow with the files that they name."""
    return Path(path).name in ("Makefile", "Kbuild", "Kconfig")


def check(root, sets):
    """Each overlay file enters once, and every one that is listed exists."""
    seen = {}
    for entry in (e for s in sets for e in s.entries):
        if not entry.diff and not entry.files:
            raise SeriesError(f"{entry.where}: an entry without files")
        for path in entry.files:
            if not (Path(root) / path).is_file():
                raise SeriesError(f"{entry.where}: no such file: {path}")
            if path in seen and not progressive(path):
                raise SeriesError(f"{entry.where}: {path} entered already at {seen[path]}")
            seen.setdefault(path, entry.where)


def left_out(root, sets):
    """The overlay files that no entry names."""
    listed = {p for s in sets for e in s.entries for p in e.files}
    return [p for p in overlay_files(root) if p not in listed]
