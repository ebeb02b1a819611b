# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A counted KVM guest is booted again for one reason only; see ktest/lib/twice.py."""

import pytest

from ktest.lib import KtestError, twice
from ktest.lib.itrace import Symbols

SPIN, OTHER = 0x1010, 0x2010
OFF, ON = 0x46, 0x246
MAP = "1000 T native_queued_spin_lock_slowpath\n2000 T default_idle\n"


def kept(*states):
    """What ktest/lib/hung.py writes of an L2 seen in these (RIP, RFLAGS)."""
    outer = f"== info registers -a\nRIP={OTHER:016x} RFL={ON:08x} [---Z-P-] CPL=0 HLT=0\n"
    return outer + "".join(
        f"== L2: info registers -a\n\nCPU#0\nRAX={OTHER:016x}\n"
        f"RIP={rip:016x} RFL={flags:08x} [---Z-P-] CPL=0 II=0 HLT=0\n== L2: info lapic\n"
        for rip, flags in states)


@pytest.fixture(name="symbols")
def _symbols(tmp_path):
    path = tmp_path / "System.map"
    path.write_text(MAP)
    return Symbols(path)


@pytest.mark.parametrize("states, expected", [
    ([(SPIN, OFF), (SPIN + 4, OFF)], True),
    ([(SPIN, OFF), (SPIN, ON)], False),
    ([(SPIN, OFF), (OTHER, OFF)], False),
    ([], False),
])
def test_what_is_recognised(states, expected, symbols):
    """The lock, interrupts off, each time it is looked at, and looked at."""
    assert twice.seen(kept(*states), symbols) is expected


def test_an_answer_that_is_missing_is_none(symbols):
    """L2's QEMU that says nothing is no reason to boot again."""
    assert not twice.seen("== L2: info registers -a\n== no answer: timed out\n", symbols)


@pytest.fixture(name="runs")
def _runs(tmp_path, monkeypatch):
    """Boots of a console named one, each of which ends as the next of a list says."""
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "System.map").write_text(MAP)
    monkeypatch.setattr(twice, "REPORT", tmp_path)
    monkeypatch.setattr(twice, "BUILD", tmp_path)
    (tmp_path / "one.hung").write_text(kept((SPIN, OFF)))       # of a run before

    def start(*ends):
        """Return (a run, how often it was started)."""
        left = list(ends)

        def run():
            end = left.pop(0)
            if isinstance(end, str):
                return end
            if end is not None:
                (tmp_path / "one.hung").write_text(kept(end))
            raise KtestError("no power-off")
        return run, left
    return start


def test_again_until_it_ends(runs):
    """The guest that QEMU has spoilt is started again, and its result is what counts."""
    run, left = runs((SPIN, OFF), (SPIN, OFF), "text", "not reached")
    assert twice.again(run, "one") == "text"
    assert left == ["not reached"]


@pytest.mark.parametrize("end", [(OTHER, OFF), (SPIN, ON), None])
def test_any_other_failure_is_one(end, runs):
    """Neither another stall nor a failure without one is repeated, whatever an old file says."""
    run, left = runs(end, "not reached")
    with pytest.raises(KtestError):
        twice.again(run, "one")
    assert left == ["not reached"]


def test_not_for_ever(runs):
    """A guest that is always spoilt fails."""
    run, left = runs(*[(SPIN, OFF)] * twice.TIMES, "not reached")
    with pytest.raises(KtestError):
        twice.again(run, "one")
    assert left == ["not reached"]
