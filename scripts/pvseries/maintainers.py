# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Merge our MAINTAINERS sections into the kernel's, in alphabetical order."""

import re

_START = "\nMaintainers List\n"


def sections(text):
    """Split @text into its sections: a title line and tagged lines."""
    found, current = [], []
    for line in text.split("\n") + [""]:
        if line.strip():
            current.append(line)
        elif current:
            if len(current) > 1 and re.match(r"[A-Z]:\t", current[1]):
                found.append("\n".join(current))
            current = []
    return found


def covers(section, path):
    """Does an F: line of @section name @path?"""
    for pattern in re.findall(r"^F:\t(\S+)$", section, re.M):
        if pattern.endswith("/"):
            if path.startswith(pattern):
                return True
        elif re.fullmatch(pattern.replace(".", r"\.").replace("*", "[^/]*"), path):
            return True
    return False


def merge(kernel, ours):
    """Return the kernel's file with the sections of @ours added in their places."""
    at = kernel.find(_START)
    if at < 0:
        raise ValueError("MAINTAINERS has no list of maintainers")
    head, body = kernel[:at], kernel[at:]
    for section in sorted(ours, key=_key):
        body = _insert(body, section)
    return head + body


def _key(section):
    return section.split("\n", 1)[0].upper()


def _insert(body, section):
    offset = 0
    for block in re.split(r"(\n\n+)", body):
        lines = block.split("\n")
        if len(lines) > 1 and re.match(r"[A-Z]:\t", lines[1]) and _key(block) > _key(section):
            return body[:offset] + section + "\n\n" + body[offset:]
        offset += len(block)
    return body.rstrip("\n") + "\n\n" + section + "\n"
