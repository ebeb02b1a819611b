# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The boot matrix: one row a platform, as a table and as platforms.json."""

import json
import re
import sys

from . import KtestError, boot, kernel, platforms
from .paths import REPORT, ROOT

AREAS = ("cpu", "mmu", "irq", "timer")


def expectations(module, info):
    """What the guest reported otherwise than the platform must."""
    wrong = []
    detected = info.get("pvops.platform", "")
    if detected != module.DETECTED:
        wrong.append(f"detected as '{detected}' and not as '{module.DETECTED}'")
    for area in AREAS:
        owner = info.get(f"pvops.owners.{area}", "")
        if owner != module.OWNERS[area]:
            wrong.append(f"{area} owned by '{owner}' and not by '{module.OWNERS[area]}'")
    return wrong


def suites():
    """Our KUnit suites, by their sources."""
    found = [re.findall(r"^static struct kunit_suite \w+ = \{\n\t\.name = \"(\w+)\"",
                        path.read_text(), re.M)
             for top in ("arch", "drivers") for path in (ROOT / top).glob("**/*_test.c")]
    return {name for names in found for name in names}


# Why a case may be left out anywhere: the variant of a model that it runs with has no such
# thing.  A platform's module adds what is so there.
SKIPS = {"screen objects", "no cursor", "tells no size"}


def shortcomings(module, result):
    """What a boot of the platform @module did not do, clean as its console may be."""
    missing = sorted(suites() - result.console.suites())
    skipped = {text.partition("# SKIP ")[2] for text in _skipped(result)}
    return [*expectations(module, result.console.info),
            *(f"the KUnit suite {suite} did not run" for suite in missing),
            *(f"cases were left out: {why or 'no reason'}"
              for why in sorted(skipped - SKIPS - set(getattr(module, "SKIPS", ()))))]


def row(name, result=None, sha256="", reason="", outcome="skip"):
    """One object of platforms.json."""
    info = result.console.info if result else {}
    return {
        "platform": name, "detected": info.get("pvops.platform", ""),
        "owners": {area: info.get(f"pvops.owners.{area}", "") for area in AREAS},
        "clocksource": info.get("clocksource", ""),
        "boot_seconds": result.console.boot_seconds if result else None,
        "skipped_cases": _skipped(result) if result else [],
        "image_sha256": sha256, "result": outcome, "reason": reason,
    }


def _skipped(result):
    return [text for outcome, text in result.console.ktap() if outcome == "skip"]


def run_one(name, **options):
    """Boot platform @name and return (row, Result or None)."""
    reason = platforms.missing(name)
    if reason:
        return row(name, reason=reason), None
    try:
        result = boot.run(name, **options)
    except KtestError as err:
        return row(name, reason=str(err), outcome="fail"), None
    result.console.problems += shortcomings(platforms.get(name), result)
    if result.console.info.get("cpus") not in (None, str(result.boot.cpus)):
        result.console.problems.append(f"{result.console.info['cpus']} CPUs came up")
    return row(name, result, kernel.sha256(result.boot.image),
               "; ".join(result.console.problems[:3]), "pass" if result.ok else "fail"), result


def run(names, **options):
    """Boot every platform of @names in turn; show progress and failures; return the rows."""
    rows = []
    for name in names:
        print(f"boot: {name}: {platforms.get(name).TITLE} ...", flush=True)
        one, result = run_one(name, **options)
        rows.append(one)
        took = f" in {result.seconds:.0f} s" if result else ""
        if one["skipped_cases"]:
            took += f", {len(one['skipped_cases'])} test cases skipped"
        print(f"boot: {name}: {one['result']}{took}" + (f": {one['reason']}" if one["reason"] else ""))
        if result and not result.ok:
            print(result.explain(), file=sys.stderr)
    return rows


def table(rows):
    """The rows as a table for a terminal."""
    head = ("platform", "detected as", "CPU", "MMU", "IRQ", "timer", "clocksource", "boot s", "result")
    lines = [head] + [
        (r["platform"], r["detected"], *(r["owners"][a] for a in AREAS), r["clocksource"],
         "" if r["boot_seconds"] is None else f"{r['boot_seconds']:.2f}", r["result"])
        for r in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    lines.insert(1, tuple("-" * w for w in widths))
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in lines)


def read():
    """The rows of the last runs."""
    path = REPORT / "platforms.json"
    return json.loads(path.read_text()) if path.exists() else []


def write(rows, partial=False):
    """Keep the rows in build/report/platforms.json; a partial run replaces only its own."""
    path = REPORT / "platforms.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if partial:
        kept = {r["platform"]: r for r in read()}
        kept.update({r["platform"]: r for r in rows})
        rows = [kept[n] for n in platforms.names() if n in kept]
    path.write_text(json.dumps(rows, indent=1) + "\n")
