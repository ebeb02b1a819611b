# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The PVM backend on the reference host.

The platform's row itself is in test_matrix.py.  Here are the host's
personalities, which vary whatever the ABI leaves open, and the hosts that the
backend must refuse.
"""

import pytest

from ktest.lib import boot
from ktest.lib.platforms import pvm

# What the ABI leaves to the host, as options of ktest/pvmhost.
PERSONALITIES = ["noswitch", "dropshadow", "lateAD", "staleIP", "invlpgspur", "nopcid",
                 "pcid8", "tlsret", "nmibits", "l1"]

# Hosts of another generation, and what the guest says.
REFUSED = {
    "gen=R": "pvm: this host speaks ABI generation R",
    "gen=V1": "pvm: this host speaks ABI version 1",
}


@pytest.mark.soak
@pytest.mark.parametrize("personality", PERSONALITIES)
def test_personality(personality, monkeypatch, quantity):
    """The self test passes whatever the host does with its freedom."""
    wanted = quantity(f"pvm.personality.{personality}", required=3, short=1)
    monkeypatch.setenv(pvm.HOST_OPTIONS, personality)
    for _ in range(wanted.count):
        result = boot.run("pvm", console=f"pvm-{personality}")
        assert result.ok, result.explain()
        wanted.done += 1


@pytest.mark.parametrize("option", REFUSED)
def test_other_generation_is_refused(option, monkeypatch):
    """One clear line and no boot."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, option)
    with boot.Guest(boot.Boot("pvm", console=f"pvm-{option.replace('=', '-')}")) as guest:
        guest.wait_for(REFUSED[option], timeout=30)
        text = guest.machine.raw().decode(errors="replace")
    assert "Linux version" not in text
    assert text.count("\npvm: ") + text.startswith("pvm: ") == 1


@pytest.mark.soak
def test_eight_cpus(quantity):
    """Eight vCPUs on eight CPUs of QEMU."""
    wanted = quantity("pvm.cpus8", required=3, short=1)
    for _ in range(wanted.count):
        result = boot.run("pvm", cpus=8, memory="2G", timeout=240, console="pvm-8")
        assert result.ok, result.explain()
        wanted.done += 1
