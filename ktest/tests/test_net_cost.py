# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What a packet costs with pv_net and with others on the same machine."""

import json
import re
import statistics

import pytest

from ktest.lib.bench.areas import net
from ktest.lib.nic import card, pair, tools
from ktest.lib.paths import REPORT
from nics import NetGuest, taps

# virtio-net and e1000 are other devices, for orientation.
DRIVERS = ("vmxnet3", "pv_net", "virtio_net", "e1000")
COST = REPORT / "net-cost.json"

# Doorbells with bursts of 32: at most this part of in-tree vmxnet3's.
DOORBELLS = 1 / 8
# QEMU's name of the register block with the doorbells, and their offset in it.
TXPROD = "vmxnet3-b0", 0x600
# Packets that net-load sends before it counts.
WARM_UP = 200


def table(results):
    """The cost table as text."""
    names = list(results)
    lines = [" ".join(["load".ljust(18), *(n.rjust(11) for n in names)])]
    for load in results["vmxnet3"]:
        lines.append(" ".join([load.ljust(18),
                               *(f"{results[n].get(load, float('nan')):11.3f}" for n in names)]))
    return "\n".join(lines)


@pytest.mark.soak
def test_cost(quantity):
    """Instructions a packet against in-tree vmxnet3 on the same device."""
    wanted = quantity("net.cost.packets", required=20000, short=1000)
    results = {driver: net.measure(driver, wanted.count)[0] for driver in DRIVERS}
    wanted.done = wanted.count
    COST.write_text(json.dumps(results, indent=1) + "\n")
    print("instructions a packet\n" + table(results))

    ours, theirs = results["pv_net"], results["vmxnet3"]
    for load, most in net.WANTED.items():
        assert ours[load] <= most * theirs[load], load
    assert net.share(ours) <= net.SHARE * net.share(theirs)


class Counted:
    """QEMU's own log of register writes while the block runs."""

    def __init__(self, guest, path):
        self.guest, self.path, self.start = guest, path, 0

    def trace(self, enable):
        """Switch the log on or off."""
        self.guest.qmp("trace-event-set-state", name="memory_region_ops_write", enable=enable)

    def __enter__(self):
        self.start = self.path.stat().st_size
        self.trace(True)
        return self

    def __exit__(self, *_):
        self.trace(False)

    def doorbells(self):
        """Writes to TXPROD in the block."""
        name, offset = TXPROD
        with self.path.open() as log:
            log.seek(self.start)
            return sum(1 for line in log if f"name '{name}'" in line
                       and int(re.search(r"addr 0x([0-9a-f]+)", line)[1], 16) & 0xfff == offset)


def count_doorbells(guest, log, driver, packets):
    """Doorbells a packet: pktgen in bursts of 32 and of 1, and UDP of one socket."""
    guest.run(f"use_driver {driver}; join; "
              "ip neigh replace 10.1.0.3 lladdr $nowhere dev eth0 nud permanent")
    found = {}
    for name, command in (("pktgen-32", f"count={packets}; generate p eth0 32 $nowhere"),
                          ("pktgen-1", f"count={packets}; generate p eth0 1 $nowhere"),
                          ("udp-send", f"net-load send 10.1.0.3 {packets} 64")):
        with Counted(guest, log) as counted:
            # pktgen or net-load says so when it has sent them all
            assert re.search(r"^(NET COST p|PER PACKET) \d+", guest.run(command), re.M), name
        sent = packets + (WARM_UP if name == "udp-send" else 0)
        found[f"doorbells-{name}"] = counted.doorbells() / sent
    return found


def memory_held(guest, size):
    """KiB that an open interface holds with rings of @size."""
    return int(guest.run(f"memory_held {size}"))


def throughput(guest, driver):
    """Mbit/s of TCP from eth0 to eth1 over the taps."""
    guest.run(f"use_driver {driver}; tso=on; join; driver_is eth0 {driver} && "
              "ip netns exec b iperf3 -s -D -1 && sleep 0.5")
    said = guest.run("iperf3 -c 10.1.0.2 -t 3 -O 1 -J", 60)
    guest.run("ip netns del b; sleep 0.5")
    return json.loads(said[said.index("{"):])["end"]["sum_received"]["bits_per_second"] / 1e6


@pytest.mark.soak
def test_tso(quantity):
    """TCP with TSO over taps: not below in-tree vmxnet3, in alternated pairs of runs."""
    wanted = quantity("net.tso.pairs", required=5, short=1)
    results = {"pv_net": [], "vmxnet3": []}
    with taps("native") as backends:
        with NetGuest([*backends, *card("pv_net", "ta"), *card("pv_net", "tb")],
                      files=tools("ip", "ethtool", "iperf3"), console="net-tso") as guest:
            for turn in range(wanted.count):
                for driver in sorted(results, reverse=turn % 2):
                    results[driver].append(throughput(guest, driver))
                wanted.done += 1
            result = guest.quit()
    assert result.ok, result.explain()
    for driver, values in results.items():
        print(f"{driver}: median {statistics.median(values):.0f} Mbit/s, "
              f"{min(values):.0f} to {max(values):.0f}")
    (REPORT / "net-tso.json").write_text(json.dumps(results, indent=1) + "\n")
    assert statistics.median(results["pv_net"]) >= statistics.median(results["vmxnet3"])


def test_doorbells_and_memory():
    """Doorbells a packet, as QEMU counts them, and memory held, beside in-tree vmxnet3."""
    log = REPORT / "net-doorbells.log"
    log.unlink(missing_ok=True)
    results = {}
    with NetGuest([*pair("pv_net"), "-D", str(log), "-d", "guest_errors"],
                  console="net-doorbells", cpus=1) as guest:
        guest.run("insmod /lib/modules/pktgen.ko")
        for driver in ("pv_net", "vmxnet3"):
            results[driver] = count_doorbells(guest, log, driver, 960)
            for size in (256, 4096):
                results[driver][f"memory-{size}-KiB"] = memory_held(guest, size)
            guest.run("ip netns del b; sleep 0.5")
        result = guest.quit()
    log.unlink()
    assert result.ok, result.explain()
    (REPORT / "net-doorbells.json").write_text(json.dumps(results, indent=1) + "\n")
    print("doorbells a packet, memory held\n" + table(results))
    ours, theirs = results["pv_net"], results["vmxnet3"]
    assert all(0 < ours[name] <= theirs[name] for name in ours if name.startswith("memory-"))
    assert theirs["doorbells-pktgen-32"] > 0 and ours["doorbells-pktgen-32"] > 0
    assert ours["doorbells-pktgen-32"] <= DOORBELLS * theirs["doorbells-pktgen-32"]
