# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Kernels to compare ours with: the tree without the series, and the core alone.

They have the project's configuration but for what does not exist without the
series, and are built like the others: build/base-xen and so on.
"""

from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
import re
import subprocess

from . import KtestError, config, kernel
from .paths import BUILD, LINUX

# The commit of build/linux that the series starts from.
START = "base"


@dataclass
class Baseline:
    """Which symbols of the series stay, and what is changed besides."""

    series: bool                 # from the tree with the series
    keep: tuple = ()             # symbols of the series that stay
    values: tuple = ()           # further symbols
    note: str = ""


KERNELS = {
    "base-xen": Baseline(False, note="the tree without the series, with Xen PV"),
    "base-noxen": Baseline(False, values=(("CONFIG_XEN_PV", "n"),),
                           note="the tree without the series and without Xen PV, "
                                "and so without PARAVIRT_XXL"),
    "core": Baseline(True, keep=("PVOPS", "PVOPS_PVM"),
                     note="the series without its drivers and tests"),
}


def _git(*words, tree=LINUX):
    done = subprocess.run(["git", "-C", str(tree), *words], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise KtestError(f"git {words[0]}: {(done.stderr.strip() or 'failed').splitlines()[-1]}")
    return done.stdout


def symbols():
    """The configuration symbols that the series brings."""
    text = _git("diff", START, "HEAD", "--", "*Kconfig*")
    return set(re.findall(r"^\+\s*(?:menu)?config (\w+)$", text, re.M))


@contextmanager
def _alone(name):
    """Processes that want the same thing made wait for each other here."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def source(one):
    """The tree to build @one from."""
    if one.series:
        return LINUX
    tree, start = BUILD / "base-linux", _git("rev-parse", START).strip()
    with _alone("base-linux"):
        if not tree.exists():
            _git("worktree", "prune")
            _git("worktree", "add", "-q", "--detach", str(tree), start)
        elif _git("rev-parse", "HEAD", tree=tree).strip() != start:
            _git("checkout", "-q", "--detach", "-f", start, tree=tree)
    return tree


def image(name):
    """Kernel @name of KERNELS, brought up to date; return the bzImage's path."""
    one = KERNELS[name]
    values = config.merged(config.fragments("release"), dict(one.values))
    for symbol in symbols() - set(one.keep):
        values.pop(f"CONFIG_{symbol}", None)
    tree = source(one)
    with _alone(name):
        return kernel.build(name, values=values, source=tree, must=dict(one.values),
                            targets=("bzImage",))


def vmlinux(name):
    """The unpacked image of kernel @name, brought up to date; "release" is the project's own."""
    if name in KERNELS:
        image(name)
    return BUILD / name / "vmlinux"


def text_bytes(name):
    """The size of a kernel's code, .text of its vmlinux."""
    done = subprocess.run(["size", "-A", str(vmlinux(name))], capture_output=True,
                          text=True, check=False)
    found = re.search(r"^\.text\s+(\d+)", done.stdout, re.M)
    if not found:
        raise KtestError(f"build/{name}/vmlinux: size finds no .text")
    return int(found.group(1))
