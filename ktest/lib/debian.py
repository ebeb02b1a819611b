# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A Debian root file system with display programs: build/debian.ext4."""

import os
import shutil
import subprocess

from . import KtestError, initramfs
from .paths import BUILD, GUEST, KTEST, ROOT

PROGRAMS = KTEST / "desktop"
TOOL = ROOT / "scripts" / "deb" / "tool" / "pvops"
# Reads the kernel's complaints at the end, as in the initramfs.
WARNINGS = GUEST / "kmsg-warnings.c"
PACKAGES = ("weston", "libdrm-tests", "drm-info", "xserver-xorg-core", "x11-apps", "xdotool", "udev",
            "kmod", "busybox-static")
SIZE = "1G"


def _run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        raise KtestError(f"{words[0]}: {done.stderr.strip()[-400:]}")


def install(root, packages, how_long):
    """Debian with @packages in the directory @root, made anew when they have changed.

    @how_long: what to say of it on an idle machine.  Returns the file whose
    time is that of the installation.
    """
    stamp = root.with_name(f"{root.name}.packages")
    if os.geteuid():
        raise KtestError("a Debian root file system is made by root: use sudo")
    if not stamp.exists() or stamp.read_text() != " ".join(packages):
        stamp.unlink(missing_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        print(f"debian: installing a root file system, {how_long} ...", flush=True)
        _run("mmdebstrap", "--variant=apt", "--format=directory",
             f"--include={','.join(packages)}", "bookworm", root)
        stamp.write_text(" ".join(packages))
    return stamp


def image():
    """Make the image if a package or one of ktest/desktop/* has changed; return its path."""
    path, root = BUILD / "debian.ext4", BUILD / "debian-root"
    stamp = install(root, PACKAGES, "about two minutes")
    warnings = initramfs.compile_guest(WARNINGS)
    newest = max(p.stat().st_mtime for p in [stamp, TOOL, warnings, *PROGRAMS.iterdir()])
    if path.exists() and path.stat().st_mtime > newest:
        return path
    shutil.rmtree(root / "pvops", ignore_errors=True)
    shutil.copytree(PROGRAMS, root / "pvops")
    shutil.copy(TOOL, root / "pvops" / "tool")
    shutil.copy(warnings, root / "pvops")
    filesystem(root, path, SIZE)
    return path


def filesystem(root, path, size):
    """Make an ext4 image of @size in @path from the directory @root.

    A broken one never has its name.
    """
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    _run("truncate", "-s", size, new)
    _run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", root, new)
    new.replace(path)


def disk(path=None):
    """QEMU's arguments for the image, or the one in @path, which stays as it is."""
    return ["-drive", f"file={path or image()},if=none,id=root,format=raw,snapshot=on",
            "-device", "virtio-blk-pci,drive=root"]


def command_line(program):
    """The kernel's words that boot the image and run ktest/desktop/@program."""
    return f"root=/dev/vda rw rdinit=/none init=/pvops/init desktop={program}"
