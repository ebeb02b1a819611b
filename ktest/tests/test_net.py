# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""pv_net on QEMU's vmxnet3 device: traffic, changes under traffic, checksums, cost."""

import json
import socket
import struct
import subprocess
import time

import pytest

from ktest.lib import boot
from ktest.lib.bench.areas import net
from ktest.lib.nic import QUIET, pair, tools
from ktest.lib.paths import REPORT

# Not a part of 'make test' until it has passed as a whole.
pytestmark = pytest.mark.soak

COST = REPORT / "net-cost.json"


def passed(result):
    """The boot and every KTAP line of it are good."""
    assert result.ok, result.explain()
    verdicts = result.console.ktap()
    assert verdicts, "no result in " + str(result.path)
    assert not [text for verdict, text in verdicts if verdict == "fail"], result.explain()
    assert result.console.status == 0, result.explain()


@pytest.fixture
def iperf_port():
    """An iperf3 server on the host; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(["iperf3", "-s", "-p", str(port)],
                          stdout=subprocess.DEVNULL) as server:
        time.sleep(0.5)
        yield port
        server.terminate()


def run_basic(platform, port):
    """DHCP, ping, iperf3 and every change of configuration on QEMU's user back-end."""
    return boot.run(platform, test="net", cmdline=f"{QUIET} net=basic netdrv=pv_net netperf={port}",
                    devices=["-netdev", "user,id=u0", "-device",
                             "vmxnet3,netdev=u0,romfile="],
                    files=tools("ip", "ethtool", "iperf3"), timeout=120,
                    console=f"net-basic-{platform}")


@pytest.mark.parametrize("platform", ["native", "xen-pv"])
def test_basic(platform, iperf_port):
    """A NIC works from DHCP to self test."""
    passed(run_basic(platform, iperf_port))


def ones_complement(data):
    """Internet checksum of @data; 0 where a checksum in it is right."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def captured(path):
    """The frames of a pcap file."""
    data = path.read_bytes()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        length, = struct.unpack_from(order + "I", data, at + 8)
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def transport_checksums(path):
    """Right and wrong TCP and UDP checksums over IPv4 in a capture, fragments left out."""
    good = bad = 0
    for frame in captured(path):
        if frame[12:14] != b"\x08\x00" or frame[23] not in (6, 17):
            continue
        ip = frame[14:14 + struct.unpack("!H", frame[16:18])[0]]
        header = (ip[0] & 15) * 4
        if struct.unpack("!H", ip[6:8])[0] & 0x3fff or len(ip) < header:
            continue
        pseudo = ip[12:20] + struct.pack("!BBH", 0, ip[9], len(ip) - header)
        assert ones_complement(ip[:header]) == 0, "IP header checksum"
        if ones_complement(pseudo + ip[header:]) == 0:
            good += 1
        else:
            bad += 1
    return good, bad


def test_pair():
    """Two NICs of one machine: bytes arrive intact, checksums are right on the wire."""
    capture = REPORT / "net-pair.pcap"
    capture.unlink(missing_ok=True)
    dump = ["-object", f"filter-dump,id=dump,netdev=h0,file={capture},maxlen=65536"]
    result = boot.run("native", test="net", cmdline=f"{QUIET} net=pair netdrv=pv_net",
                      devices=[*pair("pv_net"), *dump], files=tools("ip", "ethtool"),
                      timeout=120, console="net-pair")
    passed(result)
    good, bad = transport_checksums(capture)
    capture.unlink()
    print(f"checksums on the wire: {good} right, {bad} wrong")
    assert good > 500 and not bad


def table(results):
    """The cost table as text."""
    names = list(results)
    lines = [" ".join(["load".ljust(14), *(n.rjust(11) for n in names)])]
    for load in results["vmxnet3"]:
        lines.append(" ".join([load.ljust(14),
                               *(f"{results[n].get(load, float('nan')):11.1f}" for n in names)]))
    return "\n".join(lines)


def test_cost(quantity, request):
    """Instructions a packet against in-tree vmxnet3 on the same device."""
    wanted = quantity("net.cost.packets", required=20000, short=3000)
    drivers = ["vmxnet3", "pv_net"]
    if request.config.getoption("--soak"):
        drivers += ["virtio_net", "e1000"]
    results = {driver: net.measure(driver, wanted.count)[0] for driver in drivers}
    wanted.done = wanted.count
    COST.write_text(json.dumps(results, indent=1) + "\n")
    print("instructions a packet\n" + table(results))

    ours, theirs = results["pv_net"], results["vmxnet3"]
    for load, most in net.WANTED.items():
        assert ours[load] <= most * theirs[load], load
    assert net.share(ours) <= net.SHARE * net.share(theirs)
