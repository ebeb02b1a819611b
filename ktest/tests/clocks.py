# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""PTP clocks and chrony in a guest that obeys; what the time cases share."""

import re
import time

VMWARE, KVM = "VMware backdoor", "KVM virtual PTP"
SECOND = 1_000_000_000
HOUR = 3600 * SECOND
WITHIN = 1_000_000            # ns, after 60 s under chrony

CHRONY_CONF = """refclock PHC /dev/ptp_host poll 0 dpoll -4 refid HOST
makestep 0.1 -1
pidfile /run/chronyd.pid
driftfile /run/chrony.drift
cmdport 0
"""


def add_chrony(archive):
    """Put chronyd and what it wants to find into an initramfs archive."""
    archive.program("/usr/sbin/chronyd")
    archive.data("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    archive.data("/etc/group", b"root:x:0:\n")
    archive.data("/etc/chrony.conf", CHRONY_CONF.encode())
    archive.directory("/var/lib/chrony")


def find(guest, name):
    """The device of the PTP clock of this name, as the documented udev rule finds it."""
    found = guest.run(f"grep -lx '{name}' /sys/class/ptp/*/clock_name").split("/")[4]
    guest.run(f"ln -sf /dev/{found} /dev/ptp_host")
    return f"/dev/{found}"


def start_chrony(guest, name):
    """Start chronyd on the clock of this name."""
    find(guest, name)
    guest.run("chronyd -u root -f /etc/chrony.conf")


def uptime(guest):
    """The guest's time since boot, in seconds."""
    return float(guest.run("cat /proc/uptime").split()[0])


def let_pass(guest, seconds):
    """Let so much of the guest's own time pass."""
    end = uptime(guest) + seconds
    while uptime(guest) < end:
        time.sleep(0.5)


def read(guest, device, number, precise=False):
    """What ptp-read says of so many readings, in ns: a dictionary."""
    text = guest.run(f"ptp-read {device} {number}{' precise' if precise else ''}", timeout=120)
    found = dict(re.findall(r"(\w+) (-?\d+)", text))
    return {key: int(value) for key, value in found.items()}
