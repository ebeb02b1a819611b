# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The kernel's own selftests, built by their own Makefiles and run case by case.

The programs go to /kselftest in the guest, with a list of what to run that
ktest/guest/kselftest.sh works off.
"""

import os
from pathlib import Path
import re
import subprocess

from . import KtestError
from .paths import BUILD, LINUX

OUT = BUILD / "selftests" / "kernel"
TESTS = LINUX / "tools" / "testing" / "selftests"
GUEST = "/kselftest"
# Seconds that one program may take, on a busy machine too.
LIMIT = 300
# What the C library opens by itself, to end threads; the second is of gcc-multilib.
UNWINDERS = ["/lib/x86_64-linux-gnu/libgcc_s.so.1", "/lib32/libgcc_s.so.1"]

# ok 1 name # SKIP why
_KTAP = re.compile(r"^# +(not )?ok \d+ *([^#\n]*)(#.*)?$")
# [RUN] name, [OK] what
_BRACKET = re.compile(r"^# +(?:# )?\[(RUN|OK|PASS|FAIL|FAILED|SKIP)\]\s*(.*)$")
# Testing name... done
_TESTING = re.compile(r"^# Testing (.*)\.\.\. (done|skipped|failed)")
# name [OK]
_TRAILING = re.compile(r"^# (.*\S)\s+\[(OK|PASS|FAIL|FAILED|SKIP|UNSUPPORTED)\]\s*$")
_WORDS = {"OK": "pass", "PASS": "pass", "SKIP": "skip", "UNSUPPORTED": "skip",
          "FAIL": "fail", "FAILED": "fail", "done": "pass", "skipped": "skip", "failed": "fail"}
# What differs from run to run: addresses, process numbers, times.
_VARIES = re.compile(r"0x[0-9a-f]{5,}|\b\d{3,}\b|\d+\.\d+")
_RANK = ["skip", "pass", "fail"]


def build(collections):
    """Build these directories of tools/testing/selftests; return where the programs are."""
    for words in (["-C", str(BUILD / "release"), "headers"],
                  ["-k", "-C", str(TESTS), f"O={OUT}", f"TARGETS={' '.join(collections)}",
                   f"KHDR_INCLUDES=-isystem {BUILD / 'release' / 'usr' / 'include'}"]):
        done = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", *words], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode and "headers" in words:
            raise KtestError(f"selftests: {done.stderr.strip()[-600:]}")
    return OUT / "kselftest"


def listed(path):
    """The runs that the file @path lists: [(program, limit, arguments)].

    A line is a program, as collection/name, with arguments; limit=N before them
    is another limit than LIMIT.
    """
    runs = []
    for line in Path(path).read_text().splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        limit = LIMIT
        if words[1:] and words[1].startswith("limit="):
            limit = int(words.pop(1)[6:])
        runs.append((words[0], limit, " ".join(words[1:])))
    return runs


def add_to(archive, runs):
    """Put the programs of @runs and the list into an initramfs archive."""
    programs = build(sorted({program.split("/")[0] for program, _, _ in runs}))
    missing = sorted({p for p, _, _ in runs if not (programs / p).exists()})
    if missing:
        raise KtestError(f"selftests that do not build: {' '.join(missing)}")
    for program in sorted({p for p, _, _ in runs}):
        archive.program(programs / program, f"{GUEST}/{program}")
    lines = [f"{program} {limit} {arguments}\n" for program, limit, arguments in runs]
    archive.data(f"{GUEST}/list", "".join(lines).encode())
    for library in UNWINDERS:
        archive.file(library, library)


def _line(line, running):
    """What one line says: (case, result) or None, and the case that is running."""
    if found := _KTAP.match(line):
        failed, case, note = found.groups()
        left_out = re.search(r"# *(SKIP|XFAIL)", note or "")
        return (f"{running} {case}", "fail" if failed else "skip" if left_out else "pass"), running
    if found := _BRACKET.match(line):
        word, text = found.groups()
        if word == "RUN":
            return None, text
        return (running or text, _WORDS[word]), running
    if found := _TESTING.match(line):
        return (found.group(1), _WORDS[found.group(2)]), running
    if found := _TRAILING.match(line):
        case = re.split(r" {2,}|\t|: ", found.group(1))[0]
        return (case, _WORDS[found.group(2)]), running
    return None, running


def _cases(said):
    """{case: result} of what one program said; of several results the worst."""
    found, running = {}, ""
    for line in said.splitlines():
        result, running = _line(line, running)
        if result:
            case = re.sub(r"\W+", "_", _VARIES.sub("N", result[0])).strip("_") or "case"
            found[case] = max(found.get(case, "skip"), result[1], key=_RANK.index)
    return found


def results(text):
    """{program[arguments]:case: pass, fail or skip} of a console, with the exit statuses."""
    found = {}
    for name, said, status in re.findall(r"^SUITE (\S+)\n(.*?)^SUITE end (\d+)$", text,
                                         re.M | re.S):
        found |= {f"{name}:{case}": result for case, result in _cases(said).items()}
        found[f"{name}:exit"] = {"0": "pass", "4": "skip"}.get(status, "fail")
    return found
