# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Instructions a packet of network drivers, two NICs of one machine on a hub.

The same device serves pv_net and in-tree vmxnet3; virtio-net has a device
of its own and stands beside them for orientation.
"""

from functools import partial

from ... import KtestError, boot, nic
from .. import Goal, Step
from ..records import record

NAME = "net"
TITLE = "pv_net against in-tree vmxnet3 on the same device"
OURS, PEER = "pv_net", "vmxnet3"
DRIVERS = ["vmxnet3", "pv_net", "virtio_net"]
NOTES = {"virtio_net": "a device of its own, for orientation; it delivers later, so that its "
                       "echo includes waiting"}
# What virtio-net says of an XDP program on one queue.
SAID = r"XDP request \d+ queues"
PACKETS = 20000
# Load: at most this part of in-tree vmxnet3's instructions.
WANTED = {"pktgen-1": 0.8, "pktgen-32": 0.8, "xdp-drop-1": 0.8, "xdp-drop-32": 0.8,
          "xdp-tx-1": 0.8, "xdp-tx-32": 0.8, "udp-send": 1.0, "udp-echo": 1.0}
# The same of the driver's own part of a UDP send.
SHARE = 0.7
GOALS = [Goal("udp-send", OURS, SHARE, PEER, "driver-share")]


def measure(driver, packets):
    """(instructions a packet, counts) of each load; exact, so one run is enough."""
    result = boot.run("native", SAID, test="net", cpus=1, icount=True,
                      cmdline=f"{nic.QUIET} net=cost netdrv={driver} netcount={packets} "
                              "tsc=reliable",
                      devices=nic.pair(driver), files=nic.tools("ip", "ethtool"), timeout=180,
                      console=f"net-cost-{driver}")
    if not result.ok:
        raise KtestError(result.explain())
    return nic.costs(result.console.text), nic.counts(result.console.text)


def share(costs):
    """The driver's own part of a UDP send: the rest is what it costs on dummy."""
    return costs["udp-send"] - costs["udp-dummy"]


def _records(driver, packets):
    costs, counts = measure(driver, packets)
    made = [record(NAME, load, driver, "instructions", value, "per packet")
            for load, value in costs.items() if not load.startswith(("dummy", "udp-dummy"))]
    if "udp-dummy" in costs:
        made.append(record(NAME, "udp-send", driver, "driver-share", share(costs), "per packet"))
    if counts.get("tx0_packets"):
        made.append(record(NAME, "all", driver, "doorbells-per-packet",
                           counts["tx0_doorbells"] / counts["tx0_packets"], "per packet"))
    return made


def steps(short=False):
    """One boot a driver; in the short form ours with fewer packets."""
    if short:
        return [Step(OURS, 15, partial(_records, OURS, PACKETS // 5))]
    return [Step(driver, 45, partial(_records, driver, PACKETS)) for driver in DRIVERS]
