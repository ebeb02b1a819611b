# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The tool pvops(1) in guests of several platforms, against what init reports itself."""

import json
import os
from pathlib import Path
import re
import subprocess
import time

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


def here(root, *words):
    """The tool on this machine with the files of @root; (status, what it said)."""
    done = subprocess.run(["sh", TOOL, *words], capture_output=True, text=True, check=False,
                          env=dict(os.environ, PVOPS_ROOT=str(root),
                                   PVOPS_BENCH=str(compile_guest(GUEST / "bench-ops.c"))))
    return done.returncode, done.stdout + done.stderr


def test_odd_files(tmp_path):
    """A last line without its end is read; a file without a line is not called unreadable."""
    top = tmp_path / "sys" / "hypervisor" / "pvops"
    top.mkdir(parents=True)
    (top / "platform").write_text("kvm")
    (top / "owners").mkdir()
    (top / "owners" / "cpu").write_text("")
    status, said = here(tmp_path, "status", "--json")
    facts = json.loads(said)
    assert status == 0 and facts["platform"] == "kvm"
    assert facts["unseen"]["owners"]["cpu"] == "nothing in it"


def test_an_unknown_case_is_a_mistake_on_the_command_line(tmp_path):
    """It is named, and the status is that of the man page."""
    status, said = here(tmp_path, "bench", "nosuch")
    assert status == 2 and "nosuch" in said


def test_samples_are_taken_on_one_cpu():
    """Or a switch would switch nothing and a wake-up would wake another CPU."""
    command = [compile_guest(GUEST / "bench-ops.c"), "200", *["fork"] * 9]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        allowed, end = "", time.monotonic() + 10
        while not re.fullmatch(r"\d+", allowed) and time.monotonic() < end:
            status = Path(f"/proc/{process.pid}/status").read_text()
            allowed = re.search(r"^Cpus_allowed_list:\s+(\S+)", status, re.M)[1]
        process.kill()
    assert re.fullmatch(r"\d+", allowed)
