# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The tool pvops(1) in guests of several platforms, against what init reports itself."""

import json
import re

import pytest

from ktest.lib import boot, platforms
from ktest.lib.cpio import Archive
from ktest.lib.initramfs import compile_guest
from ktest.lib.paths import GUEST, ROOT

TOOL = ROOT / "scripts" / "deb" / "tool" / "pvops"
DEVICES = {"vmxnet3": ["-netdev", "user,id=u0,restrict=on", "-device",
                       "vmxnet3,netdev=u0,romfile="],
           "vmware-svga": ["-device", "vmware-svga"],
           "virtio-balloon-pci": ["-device", "virtio-balloon-pci"]}


def files():
    """The tool, what it measures with, and a user who is not root."""
    archive = Archive()
    archive.file("/usr/bin/pvops", TOOL, 0o755)
    archive.file("/usr/lib/pvops/bench-ops", compile_guest(GUEST / "bench-ops.c"), 0o755)
    archive.data("/etc/passwd", b"root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
    return archive


def answers(text):
    """{name: (what the tool printed, its exit status)}."""
    return {name: (body, int(status)) for name, body, status in
            re.findall(r"^TOOL ([\w-]+)\n(.*?)^TOOL END (\d+)$", text, re.M | re.S)}


def check_status(status, info, platform):
    """What the tool says is what the kernel says."""
    assert status["platform"] == platforms.get(platform).DETECTED
    for area, owner in status["owners"].items():
        assert owner == info[f"pvops.owners.{area}"]
    assert status["features"] == {k.removeprefix("pvops.features."): v for k, v in info.items()
                                  if k.startswith("pvops.features.")}
    assert status["clock"]["clocksource"] == info["clocksource"]


def check_ops(ops, info):
    """Every slot is there, with owners that the areas' owners are made of."""
    assert len(ops["ops"]) > 60
    assert all(set(op) == {"area", "function", "owner", "direct", "inlined", "stale", "modules"}
               for op in ops["ops"].values())
    for area in ("cpu", "mmu", "irq", "timer"):
        owners = {op["owner"] for op in ops["ops"].values() if op["area"] == area} - {"native", "-"}
        reported = set(info[f"pvops.owners.{area}"].split("+")) - {"native"}
        assert reported <= owners, (area, reported, owners)


@pytest.mark.parametrize("platform", ["native", *(pytest.param(p, marks=pytest.mark.soak)
                                                  for p in ("vmware", "xen-pv", "pvm"))])
def test_tool(platform):
    """Facts, inventory and benchmark; less for a user who is not root, and said so."""
    reason = platforms.missing(platform)
    if reason:
        pytest.skip(reason)
    devices = [word for words in DEVICES.values() for word in words] if platform == "native" else []
    result = boot.run(platform, test="pvops-tool", cpus=1, cmdline="kunit.enable=0",
                      devices=devices, files=files(), console=f"tool-{platform}")
    assert result.ok, result.explain()
    info, said = result.console.info, answers(result.console.text)

    status = json.loads(said["status"][0])
    check_status(status, info, platform)
    if platform == "native":
        assert status["drivers"]["net"]["eth\\0"] == "pv_net"
        assert "pv_svga" in status["drivers"]["display"].values()
        assert status["balloon"]["pv_balloon0"]["transport"] == "virtio"
        assert status["balloon"]["pv_balloon0"]["size_kib"] == 0
    check_ops(json.loads(said["ops"][0]), info)
    bench = json.loads(said["bench"][0])["bench"]
    assert 0 < bench["getppid"]["lowest"] <= bench["getppid"]["cycles"] < bench["fork"]["cycles"]

    # The same facts without root, but for the inventory, whose absence is explained.
    user = json.loads(said["user-status"][0])
    assert user["platform"] == status["platform"] and user["owners"] == status["owners"]
    text, code = said["user-ops"]
    assert "root" in json.loads(text)["unseen"]["ops"] and code == 1
    assert status["platform"] in said["text"][0]
    assert len(said["ops-text"][0].splitlines()) > 60
    assert said["nonsense"][1] == 2 and "usage" in said["nonsense"][0]
