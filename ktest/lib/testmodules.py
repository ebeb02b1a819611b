# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Build the test modules (ktest/guest/modules) against a kernel that was built."""

import os
import shutil
import subprocess

from . import KtestError
from .kernel import STAMP
from .paths import BUILD, GUEST, LINUX


def build(name="release"):
    """Build all of them for kernel @name; return the directory with the .ko files.

    kbuild leaves its output beside the sources, so they are copied away first.
    """
    out = BUILD / "testmodules" / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    sources = sorted((GUEST / "modules").glob("*.c"))
    for source in sources:
        shutil.copy(source, out)
    (out / "Kbuild").write_text("".join(f"obj-m += {s.stem}.o\n" for s in sources))
    done = subprocess.run(
        ["make", "-C", str(LINUX), f"O={BUILD / name}", f"M={out}", "modules"],
        env=dict(os.environ, **STAMP), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise KtestError(f"test modules for {name} do not build:\n{done.stderr}")
    return out


def add_to(archive, name="release"):
    """Put them into an initramfs archive, beside the kernel's own modules."""
    for module in sorted(build(name).glob("*.ko")):
        archive.file(f"/lib/modules/{module.name}", module)
