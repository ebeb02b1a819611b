# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The kernel tree with the series on it, and builds of it in directories of their own."""

from pathlib import Path
import shutil

from . import BUILD, LINUX, ROOT, QualityError
from .steps import JOBS, must, run

# The directories of the overlay that hold code, as the kernel's build names them.
OVERLAY_DIRS = ("arch/x86/pvops", "drivers/pv-net", "drivers/pv-balloon", "drivers/pv-svga")


def git(*args, tree=LINUX):
    """What git prints in @tree."""
    return must(["git", "-C", tree, *args], f"git {args[0]}").rstrip("\n")


def need_tree():
    """There must be a tree by 'make tree'."""
    if not (LINUX / ".git").exists():
        raise QualityError("build/linux: no tree; run 'make tree' first")


def series_head():
    """The commits of the series as it is in the checkout: [(set name, [commit ids])] and the head.

    They are made anew in the object store of build/linux, whose work tree may
    be behind; the same series gives the same ids.
    """
    # pylint: disable=import-outside-toplevel
    from pvseries import SeriesError, commits, parse
    need_tree()
    try:
        sets = parse.read_series(ROOT, complete=False)
        head, ranges = commits.build(LINUX, ROOT, sets, "base", complete=False)
    except SeriesError as err:
        raise QualityError(str(err)) from err
    found = []
    for one, start, last in ranges:
        ids = git("rev-list", "--reverse", f"{start}..{last}").split()
        found.append((one.name, ids))
    return found, head


def checkout(name, commit):
    """A clean work tree build/@name of build/linux at @commit, for builds with O=.

    Only files that differ are touched.
    """
    where = BUILD / name
    if not (where / ".git").exists():
        shutil.rmtree(where, ignore_errors=True)
        run(["git", "-C", LINUX, "worktree", "prune"])
        must(["git", "-C", LINUX, "worktree", "add", "-q", "--detach", where, commit], "worktree")
    must(["git", "-C", where, "checkout", "-q", "--detach", "-f", commit], f"build/{name}")
    must(["git", "-C", where, "clean", "-q", "-fdx"], f"build/{name}")
    return where


def source(commit):
    """A clean work tree at @commit: build/linux, or build/source if that is elsewhere.

    Kernels are built from build/linux too, and the compiler's cache knows a
    file by its path from the objects.  A build inside of build/linux would
    stand in the way: Kbuild does not allow it beside O=.
    """
    if git("rev-parse", "HEAD") == commit and not git("status", "--porcelain", "--ignored"):
        return LINUX
    return checkout("source", commit)


def code_dirs(tree):
    """The overlay directories that @tree has."""
    return [d for d in OVERLAY_DIRS if (Path(tree) / d / "Makefile").exists()]


def make(source, out, *targets, variables=(), log=None, jobs=JOBS, env=None):
    """Run make in @source with O=@out; return the finished process."""
    cc = [] if any(v.startswith(("LLVM=", "CC=")) for v in variables) else \
         ["CC=ccache gcc" if shutil.which("ccache") else "CC=gcc"]
    done = run(["make", "-C", source, f"O={out}", f"-j{jobs}", *cc, *variables, *targets],
               slot=False, env=env)
    if log:
        with open(log, "a", encoding="utf-8") as stream:
            stream.write(done.stdout)
    return done


def configure(source, out, values, target="allnoconfig", variables=()):
    """Write @out/.config: @values over @target.  Return what did not take effect."""
    # pylint: disable=import-outside-toplevel
    from ktest.lib import config
    out.mkdir(parents=True, exist_ok=True)
    wanted = out / "wanted.config"
    text = config.text(values)
    stamp = git("rev-parse", "HEAD", tree=source) + "\n"
    at = out / "configured-at"
    if wanted.exists() and wanted.read_text() == text and at.exists() \
       and at.read_text() == stamp and (out / ".config").exists():
        return config.lost(values, out / ".config")
    at.unlink(missing_ok=True)
    wanted.write_text(text)
    done = make(source, out, target, variables=[f"KCONFIG_ALLCONFIG={wanted}", *variables])
    if done.returncode:
        last = done.stdout.strip().split("\n")[-1]
        raise QualityError(f"{out.name}: {target} failed: {last}")
    at.write_text(stamp)
    return config.lost(values, out / ".config")


def room_values(kernel="release"):
    """The symbols of kernel @kernel, from the fragments in ktest/config."""
    # pylint: disable=import-outside-toplevel
    from ktest.lib import config
    return config.merged(config.fragments(kernel))
