# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Coccinelle: our own semantic patches with their fixtures, and the kernel's."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import re
import shutil

from . import BUILD, ROOT, QualityError
from .steps import JOBS, run

RULES = ROOT / "scripts" / "coccinelle"
FIXTURES = RULES / "fixtures"
MARK = "/* FINDING */"
_REPORT = re.compile(r"^(\S+?):(\d+):\d+(?:-\d+)?: (.*)$")


class Rule:
    """One semantic patch and what its header says of it."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        text = path.read_text()
        self.applies = self._words(text, "Applies")
        self.doors = self._words(text, "Door")
        self.options = self._words(text, "Options")
        if not self.applies:
            raise QualityError(f"{path.name}: no '// Applies:' line")

    @staticmethod
    def _words(text, name):
        return [w for found in re.findall(rf"^// {name}:(.*)$", text, re.M) for w in found.split()]

    def wants(self, path):
        """Is the overlay file @path one that the rule speaks of?"""
        return any(path.startswith(a + "/") for a in self.applies) and path not in self.doors

    def report(self, paths):
        """Apply to @paths: [(path, line, text)]."""
        done = run(["spatch", "-D", "report", "--very-quiet", "--no-show-diff", *self.options,
                    "--cocci-file", self.path, *paths], cwd=ROOT)
        found = []
        for line in done.stdout.split("\n"):
            match = _REPORT.match(line)
            if match:
                found.append((match.group(1), int(match.group(2)), match.group(3)))
            elif line.strip():
                raise QualityError(f"{self.name}: spatch: {line.strip()}")
        if done.returncode:
            raise QualityError(f"{self.name}: spatch ended with {done.returncode}")
        return sorted(set(found))


def rules():
    """All of ours."""
    return [Rule(path) for path in sorted(RULES.glob("*.cocci"))]


def marked(path):
    """The lines of a fixture that a rule must report."""
    return {number for number, line in enumerate(path.read_text().split("\n"), 1)
            if line.rstrip().endswith(MARK)}


def check_fixtures(check, _context):
    """Each rule reports the marked lines of its bad fixture, and nothing else anywhere."""
    def one(rule):
        bad, good = (FIXTURES / f"{rule.name}_{kind}.c" for kind in ("bad", "good"))
        if not bad.exists() or not good.exists() or not marked(bad) or marked(good):
            check.find(rule.path.relative_to(ROOT), 0, "no pair of fixtures that show it")
            return
        got = rule.report([bad, good])
        for line in marked(bad) - {n for p, n, _ in got if Path(p) == bad}:
            check.find(bad.relative_to(ROOT), line, "marked, and not reported by the rule")
        for path, line, text in got:
            if Path(path) == good or line not in marked(bad):
                check.find(Path(path).relative_to(ROOT), line, f"not marked, and reported: {text}")

    known = rules()
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(one, known))
    for path in FIXTURES.glob("*.c"):
        if path.stem.rsplit("_", 1)[0] not in {rule.name for rule in known}:
            check.find(path.relative_to(ROOT), 0, "a fixture without its rule")
    check.saw(len(known), "semantic patches and their fixtures")


def check_own(check, context):
    """Our rules on the overlay."""
    def one(rule):
        paths = [p for p in context.code if rule.wants(p)]
        for path, line, text in (rule.report(paths) if paths else ()):
            check.find(path, line, f"{text} ({rule.name})")

    known = rules()
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(one, known))
    check.saw(len(context.code), f"files with {len(known)} semantic patches")


def check_kernel(check, context):
    """The kernel's coccicheck, on a copy that holds the overlay and nothing else."""
    if not context.code:
        return
    copy = BUILD / "lint" / "overlay"
    shutil.rmtree(copy, ignore_errors=True)
    for path in context.code:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy / path)
    scripts = sorted((context.source / "scripts" / "coccinelle").rglob("*.cocci"))

    def one(script):
        env = {"MODE": "report", "COCCI": str(script), "KBUILD_EXTMOD": str(copy), "J": "1",
               "srctree": str(context.source), "LINUXINCLUDE": "", "CONFIG_SHELL": "bash",
               "SPFLAGS": "--include-headers"}
        return run(["bash", context.source / "scripts" / "coccicheck"], cwd=context.source, env=env)

    with ThreadPoolExecutor(JOBS) as pool:
        done = list(pool.map(one, scripts))
    skipped = 0
    for script, result in zip(scripts, done):
        name = script.stem
        if "Skipping coccinelle SmPL patch" in result.stdout:
            skipped += 1
            continue
        if result.returncode:
            raise QualityError(f"{name}: coccicheck ended with {result.returncode}: "
                               + result.stdout.strip().split("\n")[-1])
        for line in result.stdout.split("\n"):
            match = _REPORT.match(line)
            if match and match.group(1).startswith(str(copy)):
                check.find(Path(match.group(1)).relative_to(copy), match.group(2),
                           f"{match.group(3)} ({name})")
    check.saw(len(context.code), f"files with {len(scripts) - skipped} of the kernel's "
              "semantic patches" + (f" ({skipped} need a newer spatch)" if skipped else ""))
