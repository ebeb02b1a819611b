# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Build kernels out of tree: build/<name>, from build/linux."""

import hashlib
import lzma
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import time

from . import KtestError, config
from .paths import BUILD, LINUX

# The build carries no date, user or host, so that the same tree gives the
# same bytes and a cache of compiler output keeps its worth.
STAMP = {
    "KBUILD_BUILD_TIMESTAMP": "2026-01-01", "KBUILD_BUILD_USER": "pvops",
    "KBUILD_BUILD_HOST": "pvops", "KBUILD_BUILD_VERSION": "1",
    "CCACHE_BASEDIR": str(BUILD), "CCACHE_NOHASHDIR": "1",
}

# What every kernel here is told.  The check that the timer interrupts gives up when an
# emulator is not run for a while ("IO-APIC + timer doesn't work!"); guests of KVM, Hyper-V
# and VMware leave it out by themselves.
WORDS = ("panic=-1", "oops=panic", "no_timer_check")

_TARGETS = ("bzImage", "modules")
# Of Debian's configuration: the image, and what the tests load. All modules take hours.
_DEBIAN_TARGETS = ("bzImage", "drivers/pv-svga/pv_svga.ko", "drivers/ptp/ptp_kvm.ko",
                   "net/core/pktgen.ko")


def _make(out, *targets, log=None, variables=(), source=LINUX):
    jobs = os.environ.get("JOBS") or str(os.cpu_count())
    cc = "ccache gcc" if shutil.which("ccache") else "gcc"
    command = ["make", "-C", str(source), f"O={out}", f"-j{jobs}", f"CC={cc}", *variables, *targets]
    return subprocess.Popen(command, env=dict(os.environ, **STAMP), stdin=subprocess.DEVNULL,
                            stdout=log, stderr=subprocess.STDOUT)


def configure(out, values, source=LINUX, must=None):
    """Write @out/.config with @values over allnoconfig.

    Every one must take effect, or those of @must if it is given.
    """
    out.mkdir(parents=True, exist_ok=True)
    wanted = out / "wanted.config"
    text = config.text(values)
    if _configured(out, text):
        return
    trial = out / "wanted.config.new"
    trial.write_text(text)
    log = out / "configure.log"
    with log.open("w") as stream:
        job = _make(out, "allnoconfig", log=stream, variables=[f"KCONFIG_ALLCONFIG={trial}"],
                    source=source)
    if job.wait():
        raise KtestError(f"{out.name}: allnoconfig failed, see {log}:\n{_tail(log)}")
    missing = config.lost(values if must is None else must, out / ".config")
    if missing:
        raise KtestError(f"{out.name}: without effect in the configuration: {' '.join(missing)}")
    trial.replace(wanted)


def _configured(out, text):
    """Was @out configured from @text, and has no Kconfig file changed since?"""
    wanted, made = out / "wanted.config", out / ".config"
    return (wanted.exists() and wanted.read_text() == text and made.exists()
            and made.stat().st_mtime > _newest_kconfig())


def _newest_kconfig():
    return max(p.stat().st_mtime for pattern in ("arch/x86/**/Kconfig*", "drivers/pv-*/Kconfig",
                                                 "drivers/Kconfig")
               for p in LINUX.glob(pattern))


def _tail(path, lines=15):
    return "\n".join(path.read_text(errors="replace").strip().split("\n")[-lines:])


def _follow(job, log, name):
    """Show progress while @job writes to @log: files compiled and time."""
    start = shown = time.monotonic()
    while job.poll() is None:
        time.sleep(0.5)
        now = time.monotonic()
        if now - shown > (5 if sys.stdout.isatty() else 60):
            shown = now
            done = len(re.findall(r"^  (?:CC|AS|LD)\b", log.read_text(errors="replace"), re.M))
            print(f"  {name}: {done} objects, {now - start:.0f} s", flush=True)
    return job.returncode


# The certificates and signing keys of Debian's build are not in the source package.
NO_KEYS = 'CONFIG_SYSTEM_TRUSTED_KEYS=""\nCONFIG_SYSTEM_REVOCATION_KEYS=""\n'


def configure_named(name):
    """Configure build/<name>: release, a variant, or debian for Debian's own configuration."""
    if name == "debian":
        return configure_debian(BUILD / name)
    return configure(BUILD / name, config.merged(config.fragments(name)))


def configure_debian(out):
    """Debian's amd64 configuration with everything of ours on, without debugging information.

    What hangs on a subsystem that is a module there is a module too.
    """
    packed = Path("/usr/src/linux-config-6.12/config.amd64_none_amd64.xz")
    if not packed.exists():
        raise KtestError(f"{packed}: missing; install the package linux-config-6.12")
    out.mkdir(parents=True, exist_ok=True)
    values = config.for_debian()
    text = lzma.decompress(packed.read_bytes()).decode() + config.text(values)
    text += NO_KEYS
    text += "CONFIG_DEBUG_INFO_NONE=y\n"
    if _configured(out, text):
        return
    (out / ".config").write_text(text)
    log = out / "configure.log"
    with log.open("w") as stream:
        job = _make(out, "olddefconfig", log=stream)
    if job.wait():
        raise KtestError(f"debian: olddefconfig failed, see {log}:\n{_tail(log)}")
    missing = config.lost(values, out / ".config", modules=True)
    if missing:
        raise KtestError(f"debian: without effect in the configuration: {' '.join(missing)}")
    (out / "wanted.config").write_text(text)


def make(out, name, *targets, variables=(), source=LINUX):
    """Make @targets in @out with progress under @name; return the log's path."""
    log = out / "build.log"
    with log.open("w") as stream:
        job = _make(out, *targets, log=stream, variables=variables, source=source)
        try:
            status = _follow(job, log, name)
        except BaseException:
            job.terminate()
            job.wait()
            raise
    if status:
        raise KtestError(f"{name}: the kernel does not build, see {log}:\n{_tail(log)}")
    return log


def build(name="release", values=None, source=LINUX, must=None, targets=()):
    """Build kernel @name and its modules; return the bzImage's path.

    @values: its configuration if @name is none of configure_named(); @source:
    the tree it is built from; @must: as in configure(); @targets: what to
    make of it, if less than usual.
    """
    out = BUILD / name
    if values is None:
        configure_named(name)
    else:
        configure(out, values, source, must)
    targets = targets or (_DEBIAN_TARGETS if name == "debian" else _TARGETS)
    # Built again, what is built already would not warn: also after a failure or a break.
    warned = out / "warned"
    if warned.exists():
        make(out, name, "clean", source=source)
        warned.unlink()
    try:
        make(out, name, *targets, source=source)
    finally:
        log = (out / "build.log").read_text(errors="replace")
        warnings = [line for line in log.split("\n") if "warning:" in line]
        if warnings:
            warned.touch()
    if warnings:
        raise KtestError(f"{name}: the kernel builds with warnings:\n" + "\n".join(warnings[:10]))
    return image(name)


def image(name="release"):
    """The bzImage of kernel @name."""
    return BUILD / name / "arch" / "x86" / "boot" / "bzImage"


def built(name="release"):
    """The bzImage of kernel @name, which must be there."""
    if not image(name).exists():
        raise KtestError(f"{image(name).relative_to(BUILD.parent)}: not built; "
                         f"run 'ktest/build {name}'")
    return image(name)


def modules(name="release"):
    """The modules of kernel @name that the build made, sorted."""
    order = BUILD / name / "modules.order"
    names = order.read_text().split() if order.exists() else []
    return [BUILD / name / (n[:-2] + ".ko") for n in names]


def sha256(path):
    """The checksum by which an image is known in the reports."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
