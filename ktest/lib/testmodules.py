# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Build the test modules (ktest/guest/modules), or a driver of ours, as modules."""

import os
import re
import shutil
import subprocess

from . import KtestError, kernel
from .alone import alone
from .paths import BUILD, GUEST, LINUX, ROOT


def _make(name, out, *variables):
    done = subprocess.run(
        ["make", "-C", str(LINUX), f"O={BUILD / name}", f"M={out}", *variables, "modules"],
        env=dict(os.environ, **kernel.STAMP), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise KtestError(f"modules in {out} do not build:\n{done.stderr}")


def _is_new(out, name, sources):
    """Has what was made in @out been made of these @sources and this kernel?"""
    made = out / "modules.order"
    newest = max(p.stat().st_mtime for p in (*sources, kernel.image(name)))
    return made.exists() and made.stat().st_mtime > newest


def build(name="release"):
    """Build all of them for kernel @name; return the directory with the .ko files.

    kbuild leaves its output beside the sources, so they are copied away first.
    """
    out = BUILD / "testmodules" / name
    sources = sorted((GUEST / "modules").glob("*.c"))
    with alone("testmodules"):
        if _is_new(out, name, sources):
            return out
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        for source in sources:
            shutil.copy(source, out)
        (out / "Kbuild").write_text("".join(f"obj-m += {s.stem}.o\n" for s in sources))
        _make(name, out)
    return out


def driver(directory, module, symbol, name="release"):
    """Build drivers/@directory, configured by @symbol, as a module; return its path.

    The kernel has the driver built in; initcall_blacklist= keeps that one away,
    but its name is taken, so the module is called @module with "_m" behind.
    """
    out = BUILD / "testmodules" / f"{name}-{directory}"
    with alone("testmodules"):
        if _is_new(out, name, (ROOT / "drivers" / directory).iterdir()):
            return out / f"{module}_m.ko"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(ROOT / "drivers" / directory, out)
        makefile = out / "Makefile"
        # initcall_blacklist= goes by the name of the function, in modules too.
        makefile.write_text(re.sub(rf"\b{module}(?=\.o\b|-y\b)", f"{module}_m",
                                   makefile.read_text()) +
                            f"ccflags-y += -D{module}_pci_driver={module}_m_pci_driver\n")
        _make(name, out, f"{symbol}=m", f"{symbol}_KUNIT_TEST=n")
    return out / f"{module}_m.ko"


def add_to(archive, name="release"):
    """Put them into an initramfs archive, beside the kernel's own modules."""
    for module in sorted(build(name).glob("*.ko")):
        archive.file(f"/lib/modules/{module.name}", module)
