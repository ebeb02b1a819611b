# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What the cases of pv_net share: machines with NICs, programs, captures."""

from contextlib import contextmanager
import os
import struct
import subprocess

import pytest

from ktest.lib import testmodules
from ktest.lib.boot import until
from ktest.lib.nic import QUIET, tools
from ktest.lib.paths import GUEST
from ktest.lib.patience import PATIENCE
from ktest.lib.serve import ServingGuest

# Platforms whose devices are those of a QEMU in a guest.
NESTED = ("kvm", "hyperv")
# Puts a tap on its bridge; on the host, and in the guest that is a host.
TAP_UP = "net-tap-up.sh"
# QEMU before 8.0 captures the vnet header with a frame.
VNET = 10


def passed(result):
    """The boot and every KTAP line of it are good."""
    assert result.ok, result.explain()
    verdicts = result.console.ktap()
    assert verdicts, "no result in " + str(result.path)
    assert not [text for verdict, text in verdicts if verdict == "fail"], result.explain()
    assert result.console.status == 0, result.explain()


class NetGuest(ServingGuest):
    """A guest with NICs of pv_net that obeys; net-lib.sh and net-paths.sh are sourced.

    @modules: with the test modules (ktest/guest/modules).
    """

    def __init__(self, devices, platform="native", files=None, modules=False, **options):
        files = files or tools("ip", "ethtool")
        if modules:
            testmodules.add_to(files, options.get("kernel", "release"))
        cmdline = f"{QUIET} {options.pop('cmdline', '')}"
        super().__init__(platform, devices=devices, files=files, cmdline=cmdline, **options)

    def begin(self):
        """The functions of the guest's side."""
        super().begin()
        self.run(". /ktest/net-lib.sh; . /ktest/net-paths.sh")

    def counter(self, name, iface="eth0"):
        """A value of ethtool -S."""
        return int(self.run(f"ethtool -S {iface} | sed -n 's/^ *{name}: //p'"))


# Tenths of a second in which a NIC or a link goes or comes; ACPI's AML may take 30 s
TENTHS = int(450 * PATIENCE)


def set_link(guest, up):
    """Pull the cable of eth0 or put it in; its carrier follows."""
    guest.qmp("set_link", name="nic-h0", up=up)
    guest.run(f"for i in $(seq {TENTHS}); do [ $(cat /sys/class/net/eth0/carrier) = {up:d} ] && break; "
              f"sleep 0.1; done; [ $(cat /sys/class/net/eth0/carrier) = {up:d} ]")


def sleep_and_wake(guest):
    """S3: the device loses its state and gets it back."""
    asked = guest.ask("echo mem >/sys/power/state")
    guest.wake()
    # what is typed before the UART is back is lost
    assert guest.answer(asked)[0] == 0


def replug(guest):
    """eth0 goes, whatever it does, and another NIC comes in its place."""
    guest.qmp("device_del", id="nic-h0")
    guest.run(f"for i in $(seq {TENTHS}); do [ -e /sys/class/net/eth0 ] || break; sleep 0.1; done; "
              "[ ! -e /sys/class/net/eth0 ]; killall net-load; wait $stream; true")
    until(lambda: all(p["name"] != "nic-h0"
                      for p in guest.qmp("qom-list", path="/machine/peripheral")),
          30, "QEMU keeps the device")
    guest.qmp("device_add", driver="vmxnet3", netdev="h0", id="nic-h0", romfile="",
              mac=guest.run("echo $mac0"))
    guest.run(f"for i in $(seq {TENTHS}); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done; "
              "near", 60)


def dump(netdev, path):
    """QEMU's capture of what passes the back-end @netdev."""
    path.unlink(missing_ok=True)
    return ["-object", f"filter-dump,id=dump,netdev={netdev},file={path},maxlen=65536"]


def captured(path):
    """The frames of a pcap file."""
    data = path.read_bytes()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        length, = struct.unpack_from(order + "I", data, at + 8)
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def ones_complement(data):
    """Internet checksum of @data; 0 where a checksum in it is right."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def is_whole(header):
    """Does the vnet header @header leave nothing of its frame to be done?"""
    return not header or not (header[0] & 1 or header[1])


def transport_checksums(path, vnet=0):
    """Right and wrong TCP and UDP checksums over IPv4 in a capture, fragments left out.

    @vnet: length of the vnet header (struct virtio_net_hdr) before each frame;
    frames that it says are to be finished by others are left out too.
    """
    good = bad = 0
    for record in captured(path):
        header, frame = record[:vnet], record[vnet:]
        if frame[12:14] != b"\x08\x00" or frame[23] not in (6, 17) or not is_whole(header):
            continue
        ip = frame[14:14 + struct.unpack("!H", frame[16:18])[0]]
        length = (ip[0] & 15) * 4
        if struct.unpack("!H", ip[6:8])[0] & 0x3fff or len(ip) < length:
            continue
        pseudo = ip[12:20] + struct.pack("!BBH", 0, ip[9], len(ip) - length)
        assert ones_complement(ip[:length]) == 0, "IP header checksum"
        if ones_complement(pseudo + ip[length:]) == 0:
            good += 1
        else:
            bad += 1
    return good, bad


@contextmanager
def taps(platform):
    """QEMU's arguments for two tap back-ends, ta and tb, with vnet headers on one bridge.

    Under a nested hypervisor they are L1's.
    """
    nested = platform in NESTED
    script = f"/ktest/{TAP_UP}" if nested else GUEST / TAP_UP
    bridge = "kt0" if nested else f"kt{os.getpid()}"
    if not nested and (os.geteuid() or not os.path.exists("/dev/net/tun")):
        pytest.skip("tap devices need root and /dev/net/tun")
    try:
        yield [word for end in "ab" for word in (
            "-netdev", f"tap,id=t{end},ifname={bridge}{end},script={script},downscript=no")]
    finally:
        if not nested:
            subprocess.run(["ip", "link", "del", bridge], check=False, capture_output=True)
