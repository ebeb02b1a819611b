# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Kernels to compare ours with: the tree without the series.

They have the project's configuration but for what does not exist without the
series, and are built like the others: build/base-xen and so on.
"""

from dataclasses import dataclass
import re
import subprocess

from . import KtestError, config, kernel
from .alone import alone
from .paths import BUILD, LINUX

# The commit of build/linux that the series starts from.
START = "base"


@dataclass
class Baseline:
    """A kernel without the series, or a variant with it."""

    note: str
    values: tuple = ()           # symbols that are changed
    series: bool = False         # a variant of the project's own kernel


KERNELS = {
    "base-xen": Baseline("the tree without the series, with Xen PV"),
    "base-noxen": Baseline("the tree without the series and without Xen PV, and so without "
                           "PARAVIRT_XXL", (("CONFIG_XEN_PV", "n"),)),
    "noxen": Baseline("the series without Xen PV: PARAVIRT_XXL is on for PVM alone", series=True),
    "core": Baseline("the image without the drivers of the series, which may be modules, and "
                     "without its tests", series=True),
}
# Sections of code that stay after boot
_TEXT = re.compile(r"^(?!\.init|\.exit)\.\S*text\S*\s+(\d+)", re.M)


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


def source():
    """The tree without the series."""
    tree, start = BUILD / "base-linux", _git("rev-parse", START).strip()
    with alone("base-linux"):
        if not tree.exists():
            _git("worktree", "prune")
            _git("worktree", "add", "-q", "--detach", str(tree), start)
        elif _git("rev-parse", "HEAD", tree=tree).strip() != start:
            _git("checkout", "-q", "--detach", "-f", start, tree=tree)
    return tree


def image(name):
    """Kernel @name of KERNELS, brought up to date; return the bzImage's path."""
    one = KERNELS[name]
    if one.series:
        with alone(name):
            return kernel.build(name, targets=("bzImage",))
    values = config.merged(config.fragments("release"), dict(one.values))
    for symbol in symbols():
        values.pop(f"CONFIG_{symbol}", None)
    tree = source()
    with alone(name):
        return kernel.build(name, values=values, source=tree, must=dict(one.values),
                            targets=("bzImage",))


def vmlinux(name):
    """The unpacked image of kernel @name, brought up to date; "release" is as it is."""
    if name in KERNELS:
        image(name)
    return BUILD / name / "vmlinux"


def text_bytes(name):
    """The size of a kernel's code; in its vmlinux it is filled up to 2 MiB, in vmlinux.o not."""
    path = vmlinux(name).with_suffix(".o")
    done = subprocess.run(["size", "-A", str(path)], capture_output=True, text=True, check=False)
    found = _TEXT.findall(done.stdout)
    if not found:
        raise KtestError(f"{path}: size finds no code")
    return sum(map(int, found))
