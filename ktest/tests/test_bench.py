# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The benchmark: what is made of samples, what is kept, and a check against regressions."""

from html.parser import HTMLParser
import json
import os
import re
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from ktest.lib import KtestError
from ktest.lib.bench import Step, areas, goals, records, report, runner, samples
from ktest.lib.command import finished
from ktest.lib.paths import KTEST, REPORT, ROOT

LIMITS = json.loads((KTEST / "limits.json").read_text())
SHORT = REPORT / "bench-short.json"


def line(counts):
    """A line as the guest's program prints it, for ten operations a sample."""
    return f"BENCH getppid 10 {' '.join(counts)}\n"


def test_first_and_ticks_are_left_out():
    """Neither the first repetition nor a sample with a tick reaches a figure."""
    got, = samples.read(line(["9000", *["100"] * 8, "7000*", *["120"] * 9]))
    assert (got.median, got.samples) == (12, 17)
    assert got.spread == pytest.approx(100 * 2 / 12)


def test_too_few_samples_are_no_figure():
    """Fourteen samples are refused."""
    with pytest.raises(KtestError, match="14 samples"):
        samples.read(line(["1"] + ["100"] * 14 + ["100*"]))


def test_a_case_without_samples_is_named():
    """A line that another was printed into is not forgotten."""
    text = line(["1"] * 16) + "BENCH fork 10 1 2[ 1.0] something\n"
    assert samples.missing(text, ["getppid", "fork"]) == ["fork"]


def one(area, case="getppid", subject="native", value=1.0, metric="instructions"):
    """A record."""
    return records.record(area, case, subject, metric, value, "instructions")


def test_a_partial_run_keeps_other_areas(tmp_path):
    """'make bench ONLY=net' replaces what is known of net and nothing else."""
    path = tmp_path / "bench.json"
    records.write([one("pvm"), one("net", "old")], path)
    records.write([one("net", "new")], path)
    kept = json.loads(path.read_text())
    assert [(r["area"], r["case"]) for r in kept] == [("pvm", "getppid"), ("net", "new")]
    assert all(tuple(r) == records.KEYS for r in kept)


def fails(error):
    """A step's work that ends like this."""
    def work():
        if error is None:
            os._exit(1)
        raise error
    return work


def test_a_step_that_fails_loses_nothing_else(monkeypatch, tmp_path, capfd):
    """However it ends: the others' records are there in their order, and it is named."""
    works = [lambda: [one("a", value=1)], fails(KtestError("no")), fails(ValueError("odd")),
             fails(None), lambda: [one("a", "fork", value=2)]]
    found = {"a": works, "b": [lambda: [one("b", value=3)]]}
    kept = []
    monkeypatch.setattr(runner.areas, "get", lambda name: SimpleNamespace(
        steps=lambda short: [Step(f"step {n}", 1, work) for n, work in enumerate(found[name])]))
    monkeypatch.setattr(runner, "_prepare", lambda: None)
    monkeypatch.setattr(runner, "TIMES", tmp_path / "times.json")
    monkeypatch.setattr(runner, "keep", lambda made, image: kept.append(made))
    monkeypatch.setattr(runner.kernel, "sha256", lambda path: "")
    monkeypatch.setenv("JOBS", "3")
    made, failed = runner.run(["a", "b"], keep_each=True)
    assert [r["value"] for r in made] == [1, 2, 3]
    assert list(failed) == ["a"]
    assert sorted(line.split("\n")[0] for line in failed["a"]) == [
        "a: step 1: no", "a: step 2: ValueError: odd", "a: step 3: ended without a result"]
    # Of an area that is not whole nothing is kept.
    assert [r["value"] for r in kept[-1]] == [3]
    assert "bench: 6 of 6" in capfd.readouterr().out


class Page(HTMLParser):
    """What a page fetches from elsewhere, and what does not fit together."""

    def __init__(self):
        super().__init__()
        self.fetched, self.open, self.wrong = [], [], []

    def handle_starttag(self, tag, attrs):
        self.fetched += [v for n, v in attrs if n in ("src", "href", "data") and v[0] != "#"]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_the_report_needs_nothing_else():
    """Well-formed, nothing fetched, every figure in it, a missed goal named."""
    made = [one("pvm", case, subject, value)
            for case, values in {"getppid": (200, 900, 260), "fork": (1000, 5000, 4000)}.items()
            for subject, value in zip(("native", "xen-pv", "pvm"), values)]
    text = report.html(records.Table(made), {"pvm": "5ba3"})
    page = Page()
    page.feed(re.sub(r"<(rect|path|circle)([^>]*)/>", r"<\1\2></\1>", text))
    assert not page.fetched and not page.wrong and not page.open
    assert "url(" not in text and "http" not in text
    assert "5ba3" in text and "1.30" in text and "4.00" in text
    # getppid and fork, each against native and against Xen PV; the other goals of the area
    assert text.count('class="reached"') == 2 and text.count('class="missed"') == 2
    assert text.count('class="not"') == len(goals(areas.get("pvm"))) - 4


def excesses(made):
    """What costs more than ktest/limits.json allows, and what was not measured."""
    table = records.Table(made)
    for area, subjects in LIMITS.items():
        for subject, cases in subjects.items():
            for case, most in cases.items():
                seen = table.get(area, case, subject, "instructions")
                if seen is None or seen > most:
                    yield f"{area} {case} on {subject}: {seen} of at most {most}"


def test_an_excess_is_found():
    """Of all limits, one that is exceeded and one without a figure."""
    made = [one(area, case, subject, most) for area, subjects in LIMITS.items()
            for subject, cases in subjects.items() for case, most in cases.items()]
    assert not list(excesses(made))
    made[0]["value"] += 1
    assert len(list(excesses(made[:-1]))) == 2


def test_kept_figures_are_within_limits():
    """What README.md says could not be refused by the next test."""
    assert not list(excesses(records.read(KTEST / "results" / "bench.json")))


def test_costs_stay_within_limits():
    """Instructions of a few operations, packets and updates; limits change with a reason."""
    made, failed = runner.run(list(LIMITS), short=True)
    assert not failed
    records.write(made, SHORT)
    assert not list(excesses(made))


def test_documents_have_the_kept_figures():
    """README.md, figures.rst and packages.rst are what scripts/figures makes of kept files."""
    done = subprocess.run([sys.executable, ROOT / "scripts" / "figures", "--check"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.soak
def test_all_areas(quantity):
    """'make bench' as a whole, in under 45 minutes."""
    wanted = quantity("bench.areas", required=len(areas.names()), short=1)
    start = time.monotonic()
    status, said = finished([KTEST / "bench"])
    assert status == 0, said
    assert time.monotonic() - start < 45 * 60
    measured = {r["area"] for r in records.read()}
    assert measured == set(areas.names())
    wanted.done = len(measured)
