# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Obtain the pristine kernel source as a git tree under build/linux."""

from pathlib import Path
import re
import shutil
import subprocess

from . import SeriesError
from .git import Git

VERSION = (6, 12)
PACKAGE = "linux-source-6.12"
TARBALL = Path("/usr/src/linux-source-6.12.tar.xz")
# The setting of the tree's git that says which tree was given for it.
_TAKEN_FROM = "pvops.taken-from"
# An unpacked tree, its git objects and one build, in bytes, with some room.
NEEDED = 6 << 30


def kernel_version(top):
    """The version of the kernel tree @top as a tuple, or a SeriesError."""
    makefile = Path(top) / "Makefile"
    try:
        text = makefile.read_text(errors="replace")
    except OSError:
        raise SeriesError(f"{top}: not a kernel tree (no Makefile)")
    found = re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) = (\d+)$", text, re.M)
    if len(found) != 3 or not (Path(top) / "Kbuild").exists():
        raise SeriesError(f"{top}: not a kernel tree")
    return tuple(int(number) for _, number in found)


def check_version(top):
    """Refuse a tree that the series was not written for."""
    version = kernel_version(top)
    if version[:2] != VERSION:
        raise SeriesError("{}: Linux {}.{} where {}.{} is needed".format(
            top, *version[:2], *VERSION))


def check_space(where):
    """Refuse to start what would end half way for want of space."""
    free = shutil.disk_usage(where).free
    if free < NEEDED:
        raise SeriesError(f"{where}: {free >> 20} MiB free, {NEEDED >> 20} MiB are needed")


def commit_base(top):
    """Make the unpacked source @top a git tree with one commit on branch base."""
    git = Git(top)
    git.run("init", "-q", "-b", "base")
    git.run("config", "gc.auto", "0")
    git.run("add", "-A", "-f")
    git.run("commit", "-q", "-m", f"Linux {'.'.join(map(str, kernel_version(top)))} as in Debian")


def from_package(top):
    """Unpack Debian's source package to @top."""
    if not shutil.which("tar") or not shutil.which("xz"):
        raise SeriesError("tar, xz: not found; install the packages tar and xz-utils")
    if not TARBALL.exists():
        raise SeriesError(f"{TARBALL}: missing; install the package {PACKAGE}")
    top.mkdir(parents=True)
    done = subprocess.run(["tar", "-xf", str(TARBALL), "-C", str(top), "--strip-components=1"],
                          capture_output=True)
    if done.returncode:
        shutil.rmtree(top, ignore_errors=True)
        raise SeriesError(f"{TARBALL}: does not unpack: "
                          + done.stderr.decode(errors="replace").split("\n")[0])


def from_tree(top, kernel):
    """Take the user's own tree @kernel: its HEAD when it is a git tree, else a copy."""
    check_version(kernel)
    top.parent.mkdir(parents=True, exist_ok=True)
    if (Path(kernel) / ".git").exists():
        Git(top.parent).run("clone", "-q", "--shared", "--no-tags", str(Path(kernel).resolve()),
                            str(top))
        git = Git(top)
        git.run("config", "gc.auto", "0")
        git.run("checkout", "-q", "-B", "base")
        return
    shutil.copytree(kernel, top, symlinks=True)


def _taken_from(top):
    """The tree that was given for the one at @top."""
    return Git(top).run("config", _TAKEN_FROM, check=False).decode().strip()


def obtain(top, kernel=None):
    """Make sure that @top is a git tree whose branch base is a pristine kernel."""
    top = Path(top)
    if (top / ".git").exists() and Git(top).has("refs/heads/base"):
        if kernel and _taken_from(top) != str(Path(kernel).resolve()):
            raise SeriesError(f"{top}: is of another kernel; 'make clean' first to take {kernel}")
        return False
    if top.exists() and any(top.iterdir()):
        raise SeriesError(f"{top}: in the way: neither empty nor a tree made by 'make tree'")
    top.parent.mkdir(parents=True, exist_ok=True)
    check_space(top.parent)
    staging = top.with_name(top.name + ".new")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        if kernel:
            from_tree(staging, kernel)
        else:
            from_package(staging)
            check_version(staging)
        if not (staging / ".git").exists():
            commit_base(staging)
        if kernel:
            Git(staging).run("config", _TAKEN_FROM, str(Path(kernel).resolve()))
        # Only a complete tree gets the name, so that an interrupted run leaves no half state.
        if top.exists():
            top.rmdir()
        staging.rename(top)
    except OSError as err:
        shutil.rmtree(staging, ignore_errors=True)
        raise SeriesError(f"{top}: {err.strerror or err}")
    except SeriesError:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return True
