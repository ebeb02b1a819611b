# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""pv_net on QEMU's vmxnet3 device: traffic, changes under traffic, checksums, odd paths."""

import re
import socket
import subprocess
import time

import pytest

from ktest.lib import boot
from ktest.lib.nic import HUB, QUIET, card, pair, tools
from ktest.lib.paths import REPORT
from ktest.lib.serve import ServingGuest
from nics import (NetGuest, captured, dump, passed, replug, set_link, sleep_and_wake,
                  transport_checksums)


@pytest.fixture
def iperf_port():
    """An iperf3 server on the host; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(["iperf3", "-s", "-p", str(port)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        time.sleep(0.5)
        yield port
        server.terminate()


def run_basic(platform, port):
    """DHCP, ping, iperf3 and every change of configuration on QEMU's user back-end."""
    return boot.run(platform, test="net", cmdline=f"{QUIET} net=basic netdrv=pv_net netperf={port}",
                    devices=["-netdev", "user,id=u0", *card("pv_net", "u0")],
                    files=tools("ip", "ethtool", "iperf3"), timeout=120,
                    console=f"net-basic-{platform}")


@pytest.mark.parametrize("platform", ["native", pytest.param("xen-pv", marks=pytest.mark.soak)])
def test_basic(platform, iperf_port):
    """A NIC works from DHCP to self test."""
    passed(run_basic(platform, iperf_port))


def test_pair():
    """Two NICs of one machine: bytes arrive intact, checksums are right on the wire."""
    capture = REPORT / "net-pair.pcap"
    result = boot.run("native", test="net", cmdline=f"{QUIET} net=pair netdrv=pv_net",
                      devices=[*pair("pv_net"), *dump("h0", capture)],
                      files=tools("ip", "ethtool"), timeout=120, console="net-pair")
    passed(result)
    good, bad = transport_checksums(capture)
    capture.unlink()
    print(f"checksums on the wire: {good} right, {bad} wrong")
    assert good > 500 and not bad


def check_interrupts(guest, kind):
    """The driver got @kind, and packets arrive by it."""
    assert guest.run("interrupts_by") == kind
    before = int(guest.run("interrupts"))
    guest.run("pings 10.1.0.2 && bytes_arrive 2000")
    after = int(guest.run("interrupts"))
    assert after > before, f"{kind}: no interrupt"


def check_netpoll(guest, capture):
    """Kernel messages leave by netpoll, whole and in order."""
    guest.run("netconsole 40")
    # Nobody listens there: ICMP quotes some of them.
    said = [int(n) for frame in captured(capture) if frame[23] == socket.IPPROTO_UDP
            for n in re.findall(rb"netpoll says (\d+)\.", frame)]
    assert said == list(range(1, 41)), said


def check_lost(guest):
    """Bursts that the receiver's ring has no room for: each packet arrives or is counted."""
    def counted(name):
        return int(guest.run(f"ip netns exec b cat /sys/class/net/eth1/statistics/{name}"))

    guest.run("insmod /lib/modules/pktgen.ko && ip netns exec b ethtool -G eth1 rx 64")
    arrived, lost = counted("rx_packets"), counted("rx_missed_errors")
    guest.run("count=1024; generate burst eth0 256 $mac1")
    assert counted("rx_missed_errors") - lost > 256
    assert counted("rx_packets") - arrived + counted("rx_missed_errors") - lost == 1024
    guest.run("ip netns exec b ethtool -G eth1 rx 1024")
    lost = counted("rx_missed_errors") - lost
    assert lost > 256, "the count was lost with the rings"


def check_link(guest):
    """The carrier follows the cable."""
    set_link(guest, False)
    set_link(guest, True)
    guest.run("pings 10.1.0.2")


def test_paths():
    """MSI, INTx, MSI-X; netpoll; cable pulled; machine asleep; NIC unplugged and back."""
    capture = REPORT / "net-paths.pcap"
    with NetGuest([*pair("pv_net"), *dump("h0", capture)], modules=True,
                  console="net-paths", timeout=120) as guest:
        guest.run("join")
        check_interrupts(guest, "msix")
        for kind, hidden in (("msi", ""), ("intx", "msi=1")):
            guest.run(f"hide_msi {hidden}")
            check_interrupts(guest, kind)
            guest.run("show_msi")
        check_netpoll(guest, capture)
        check_lost(guest)
        check_link(guest)
        sleep_and_wake(guest)
        guest.run("pings 10.1.0.2 && bytes_arrive 2000")
        guest.run("stream_begins 100000; sleep 0.3")
        replug(guest)
        guest.run("pings 10.1.0.2 && bytes_arrive 2000")
        result = guest.quit()
    capture.unlink()
    assert result.ok, result.explain()


@pytest.mark.soak
def test_choice():
    """driver_override gives one of two devices to vmxnet3; both drivers talk; and back."""
    with NetGuest(pair("pv_net"), console="net-choice") as guest:
        guest.run("insmod /lib/modules/vmxnet3.ko; driver_is eth0 pv_net && driver_is eth1 pv_net")
        guest.run("slot=$(slot_of eth0); give $slot vmxnet3; driver_is eth0 vmxnet3")
        guest.run("join; pings 10.1.0.2 && bytes_arrive 2000")
        guest.run("give $slot pv_net; driver_is eth0 pv_net; near; pings 10.1.0.2")
        result = guest.quit()
    assert result.ok, result.explain()


def test_absent():
    """Without device and hypervisor the driver registers nothing and says nothing."""
    with ServingGuest("native", cmdline=QUIET, console="net-absent") as guest:
        guest.run("[ ! -e /sys/bus/pci/drivers/pv_net ]")
        said = guest.run("dmesg | grep -i pv_net | grep -v -i 'command line'; true")
        result = guest.quit()
    assert not said, said
    assert result.ok, result.explain()


PCIE = ["-M", "q35", *HUB, *(word for n in (0, 1) for word in (
    "-device", f"pcie-root-port,id=port{n},chassis={n},slot={n}"))]


def test_pci_errors():
    """A reset by hand and PCIe errors, fatal and not: the stream goes on to its last byte."""
    devices = [*PCIE, *card("pv_net", "h0", ",bus=port0"), *card("pv_net", "h1", ",bus=port1")]
    with NetGuest(devices, console="net-pci-errors", timeout=120) as guest:
        guest.run("join")
        guest.run("stream_begins 20000; sleep 0.2")
        guest.run("kill -0 $stream && (cd /sys/class/net/eth0/device && "
                  "echo bus >reset_method && echo 1 >reset)")
        guest.run("stream_ends; pings 10.1.0.2")
        # a driver that knows nothing of the reset is saved by the watchdog
        timeouts = guest.run("cat /sys/class/net/eth0/queues/tx-*/tx_timeout").split()
        assert set(timeouts) == {"0"}, f"the reset was not seen: timeouts {timeouts}"
        for status, name in ((0x4000, "completion timeout"), (0x40000, "malformed TLP")):
            guest.run("stream_begins 20000; sleep 0.2; kill -0 $stream")
            said = guest.qmp("human-monitor-command",
                             **{"command-line": f"pcie_aer_inject_error port0 {status:#x}"})
            assert said.startswith("OK"), f"{name}: {said}"
            guest.run("stream_ends; pings 10.1.0.2")
        guest.run("dmesg | grep -c 'device recovery successful' | grep -q ^2")
        result = guest.quit("^pcieport 0000:00:01.0: ")
    assert result.ok, result.explain()
