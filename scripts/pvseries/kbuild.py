# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Leave out the Kbuild and Kconfig lines that name files still to come."""

from pathlib import PurePosixPath
import re

_OBJECT = re.compile(r"(?<![\w./$()-])([\w-]+(?:/[\w-]+)*)(\.o|/)(?=\s|$)")
_SOURCE = re.compile(r'^\s*source\s+"([^"]+)"')
# A variable that belongs to one object, such as CFLAGS_core.o or KASAN_SANITIZE_core.o.
_OBJECT_VARIABLE = re.compile(r"^[A-Z][A-Z_]*_([\w-]+)\.o\s*[:+]?=")
_COMPOSITE = re.compile(r"^([\w-]+)-(?:y|objs|\$\([\w]+\))\s*[:+]?=")


def _exists(directory, stem, tail, present):
    """Is there something behind an object or directory named in @directory?"""
    path = str(directory / stem)
    if tail == "/":
        return any(p.startswith(path + "/") for p in present)
    return any(path + ext in present for ext in (".c", ".S"))


def filter_makefile(path, text, present):
    """Drop words naming objects whose source is not in @present, and empty lines' rests.

    An object that is composed of others in the same file (name-y += ...) counts as
    present as soon as one of its parts is.
    """
    directory = PurePosixPath(path).parent
    lines = text.split("\n")
    parts = {}
    for line in lines:
        match = _COMPOSITE.match(line)
        if match and match.group(1) not in ("obj", "lib", "subdir"):
            parts.setdefault(match.group(1), []).extend(_OBJECT.findall(line))

    def here(stem, tail):
        if tail == ".o" and stem in parts:
            return any(here(s, t) for s, t in parts[stem] if s != stem)
        return _exists(directory, stem, tail, present)

    kept = []
    for line in lines:
        variable = _OBJECT_VARIABLE.match(line)
        if variable:
            if here(variable.group(1), ".o"):
                kept.append(line)
            continue
        names = [] if line.startswith("#") else _OBJECT.findall(line.split("#")[0])
        if names and not all(here(s, t) for s, t in names):
            if any(here(s, t) for s, t in names):
                line = _OBJECT.sub(lambda m: m.group(0) if here(*m.groups()) else "", line)
                line = re.sub(r"(?<=\S) +(?= |$)", "", line)
            else:
                continue
        kept.append(line)
    return "\n".join(kept)


def filter_kconfig(text, present):
    """Drop source lines whose file is not in @present."""
    def keep(line):
        match = _SOURCE.match(line)
        return not match or match.group(1) in present
    return "\n".join(line for line in text.split("\n") if keep(line))


def at_commit(path, text, present):
    """The text of @path at a commit in which the files @present exist."""
    if PurePosixPath(path).name == "Kconfig":
        return filter_kconfig(text, present)
    return filter_makefile(path, text, present)
