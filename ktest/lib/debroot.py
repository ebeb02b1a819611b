# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A Debian root file system with Debian's own kernel, to install packages in."""

from pathlib import Path
import shutil
import subprocess

from . import KtestError, debian, kernelpackage
from .cpio import Archive
from .paths import BUILD

ROOT = BUILD / "deb-root"
# tiny-initramfs: the kernel wants some initramfs tool, and this one is quick.
PACKAGES = ("dkms", "tiny-initramfs", "linux-image-6.12-amd64", "linux-headers-6.12-amd64",
            "kmod", "man-db", "mount")
_INDEXES = ("modules.dep", "modules.alias", "modules.softdep", "modules.builtin",
            "modules.builtin.modinfo", "modules.order", "modules.symbols")


def make():
    """Install it, once."""
    debian.install(ROOT, PACKAGES, "with Debian's kernel, five minutes")


def run(command, check=True, root=ROOT, shared=()):
    """Run a shell command in it, with processes of its own; return what it printed.

    @shared: directories (outside, inside) that both see.
    """
    mounts = "".join(f"mkdir -p {root}{inner} && mount --bind {outer} {root}{inner} && "
                     for outer, inner in shared)
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc",
         "sh", "-c", f'{mounts} exec chroot {root} "$@"', "chroot",
         "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "HOME=/root",
         "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
         "sh", "-c", command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and done.returncode:
        raise KtestError(f"in the Debian root: '{command}' failed:\n{done.stdout[-1500:]}")
    return done.stdout


def releases():
    """The releases of all kernels in it."""
    return sorted(p.name for p in (ROOT / "lib/modules").iterdir())


def release():
    """The release of Debian's kernel in it."""
    return [r for r in releases() if not r.endswith(kernelpackage.VERSION)][-1]


def disk():
    """QEMU's arguments for all that is in it, as a disk."""
    path = BUILD / "deb-root.ext4"
    debian.filesystem(ROOT, path, "4G")
    return debian.disk(path)


def image():
    """Debian's kernel."""
    return ROOT / "boot" / f"vmlinuz-{release()}"


def _closure(names):
    """The files of modules and of what they need, loading preferences included."""
    found = {}
    for name in names:
        shown = run(f"modprobe -S {release()} --ignore-install --show-depends {name}", check=False)
        for line in shown.splitlines():
            if line.startswith("insmod "):
                found[line.split()[1]] = True
    return list(found)


def modules(names, archive=None):
    """An archive with kmod, the modules @names and whatever modprobe asks of them."""
    archive = archive or Archive()
    top = f"lib/modules/{release()}"
    archive.program("/usr/bin/kmod")
    archive.link("/sbin/modprobe", "/usr/bin/kmod")
    for name in _INDEXES:
        if (ROOT / top / name).exists():
            archive.file(f"/{top}/{name}", ROOT / top / name)
    for name in ROOT.glob(f"{top}/modules.*.bin"):
        archive.file(f"/{top}/{name.name}", name)
    for path in _closure(names):
        archive.file(path, ROOT / path.lstrip("/"))
    for conf in (ROOT / "lib/modprobe.d").glob("*.conf"):
        archive.file(f"/lib/modprobe.d/{conf.name}", conf)
    return archive


def copy_in(paths):
    """Put packages into /tmp of it."""
    for path in paths:
        shutil.copy(path, ROOT / "tmp" / Path(path).name)
