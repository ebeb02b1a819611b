# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What the Xen platforms share."""

import gzip
from pathlib import Path

from . import cpio
from .alone import alone
from .paths import BUILD

# Xen drops what does not fit its transmit buffer (32 KiB), in the middle of a line.
OPTIONS = ("console=com1 com1=115200,8n1 serial_tx_buffer=1M noreboot=0 "
           "loglvl=warning guest_loglvl=warning")
_TOOLS = Path("/usr/lib/xen-4.17/bin")
_PROGRAMS = ("xl", "xenstored", "xenconsoled", "xenconsole", "xen-init-dom0", "libxl-save-helper")
# Xen's own memory, in MiB; the rest of the machine is dom0's.
OWN = 256


def _packed():
    found = sorted(Path("/boot").glob("xen-4.17-amd64.gz"))
    return found[-1] if found else None


def hypervisor():
    """The hypervisor of the package xen-hypervisor-4.17-amd64, unpacked below build/."""
    packed, path = _packed(), BUILD / "xen" / "xen"
    with alone("xen"):
        if not path.exists() or path.stat().st_mtime < packed.stat().st_mtime:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path


def modules(*parts):
    """QEMU's -initrd for multiboot: (file, command line) pairs; commas are doubled."""
    return ",".join(f"{path} {line}".strip().replace(",", ",,") for path, line in parts)


def _fill(archive):
    for name in _PROGRAMS:
        archive.program(_TOOLS / name)
        archive.link(f"/bin/{name}", str(_TOOLS / name))
    # pthread_cancel() loads it by name; without it xl aborts.
    archive.file("/lib/x86_64-linux-gnu/libgcc_s.so.1", "/lib/x86_64-linux-gnu/libgcc_s.so.1")
    archive.data("/etc/xen/xl.conf", b'autoballoon="off"\n')
    for directory in ("/var/run/xen", "/var/lib/xen", "/var/lib/xenstored", "/var/log/xen",
                      "/var/run/xenstored", "/run/lock"):
        archive.directory(directory)


def tools():
    """xl, its daemons and their libraries as an archive."""
    return cpio.kept(BUILD / "xen" / "tools.cpio.gz", _TOOLS / "xl", _fill, __file__)


def missing():
    """Why Xen cannot run here, or None."""
    return None if _packed() and (_TOOLS / "xl").exists() else "xen-hypervisor-4.17-amd64 or xen-utils-4.17 is not installed"


def dom0(boot):
    """Memory for dom0, in MiB."""
    return boot.megabytes - OWN
