# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The guest's user space: busybox, our init, the tests, the kernel's modules.

Every ktest/guest/*.sh is at /ktest/<name>.sh, every ktest/guest/*.c is built
as a static program at /ktest/bin/<name>; init runs the script that the kernel
command line names with ktest=<name>.
"""

import os
import subprocess

from . import KtestError, kernel
from .cpio import Archive
from .paths import BUILD, GUEST

BUSYBOX = "/bin/busybox"


def _beside(path):
    """A name to write @path under first: boots that run side by side read it meanwhile."""
    return path.with_name(f"{path.name}.{os.getpid()}")


def compile_guest(source):
    """Build one guest program; return its path."""
    out = BUILD / "guest" / source.stem
    newest = max(p.stat().st_mtime for p in (source, *source.parent.glob("*.h")))
    if out.exists() and out.stat().st_mtime > newest:
        return out
    out.parent.mkdir(parents=True, exist_ok=True)
    new = _beside(out)
    done = subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-pthread",
                           "-o", str(new), str(source)], capture_output=True, text=True)
    if done.returncode:
        raise KtestError(f"{source.name}: does not build:\n{done.stderr}")
    os.replace(new, out)
    return out


def add_guest(archive):
    """Add busybox, init, scripts and programs to @archive."""
    archive.file("/bin/busybox", BUSYBOX, 0o755)
    for name in ("sh", "mount", "cat", "ls"):
        archive.link(f"/bin/{name}", "busybox")
    archive.node("/dev/console", 5, 1)
    archive.node("/dev/null", 1, 3)
    for directory in ("/proc", "/sys", "/tmp", "/root", "/run", "/etc", "/var/log"):
        archive.directory(directory)
    archive.file("/init", GUEST / "init", 0o755)
    for script in sorted(GUEST.glob("*.sh")):
        archive.file(f"/ktest/{script.name}", script, 0o755)
    for source in sorted(GUEST.glob("*.c")):
        archive.file(f"/ktest/bin/{source.stem}", compile_guest(source), 0o755)


def base(name="release"):
    """The initramfs of kernel @name, as bytes; with all of its modules in /lib/modules."""
    archive = Archive()
    add_guest(archive)
    for module in kernel.modules(name):
        archive.file(f"/lib/modules/{module.name}", module)
    return archive.bytes()


def join(*archives):
    """Archives one after the other; an uncompressed one must start on a word."""
    return b"".join(a + b"\0" * (-len(a) % 4) for a in archives)


def _keep(path, data):
    """Write @data to @path if it is not there yet."""
    if not path.exists() or path.read_bytes() != data:
        new = _beside(path)
        new.write_bytes(data)
        os.replace(new, path)
    return path


def alone(program):
    """An initramfs of the guest program @program as /init and nothing else; its path."""
    archive = Archive()
    archive.node("/dev/console", 5, 1)
    archive.file("/init", compile_guest(GUEST / f"{program}.c"), 0o755)
    return _keep(BUILD / "guest" / f"{program}.gz", archive.bytes())


def write(name="release", extra=None, label="extra"):
    """Write build/<name>/initrd.gz and return its path.

    @extra: an Archive to append; the file is then initrd-<label>.gz.
    """
    data = base(name)
    path = BUILD / name / "initrd.gz"
    if extra is not None:
        data = join(data, extra.bytes())
        path = BUILD / name / f"initrd-{label}.gz"
    return _keep(path, data)
