# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Operations on several CPUs and whole programs, counted by a plugin of QEMU's.

ktest/guest/bench-smp.c frames its samples by marks, ktest/plugin/count.c counts
what all CPUs execute between them, the hypervisor's instructions included.
"""

import re
import shutil
import subprocess

from .. import KtestError, boot
from ..alone import alone
from ..cpio import Archive
from ..paths import BUILD, KTEST, REPORT
from . import operations, samples
from .records import record

CASES = ["wake-2cpu", "ipi-2cpu", "shootdown-2cpu"]
LINES = 1000
# Samples of EMPTY_SAMPLES in bench.h, which say what a pair of marks costs.
_EMPTY = 16
_SOURCE = KTEST / "plugin" / "count.c"
_FUNCTION = """
/* An account with a limit of its own. */
struct account_{n} {{
	unsigned long limit;
	unsigned long used;
	unsigned int refused;
	unsigned int seen;
}};

static int charge_{n}(struct account_{n} *one, unsigned long amount)
{{
	if (amount > one->limit - one->used) {{
		one->refused++;
		return -{a};
	}}
	one->used += amount;
	one->seen += {a};

	return 0;
}}

int account_{n}(struct account_{n} *one, unsigned long amount)
{{
	int err = charge_{n}(one, amount + {a});

	if (err)
		return err;
	return one->seen > {b} ? 1 : 0;
}}
"""


def source():
    """A C file of LINES lines: functions that are much alike."""
    text, number = "/* made by ktest/lib/bench/programs.py */\n", 0
    while text.count("\n") + _FUNCTION.count("\n") <= LINES:
        number += 1
        text += _FUNCTION.format(n=number, a=2 * number + 3, b=7 * number)
    return text + "/* the end */\n" * (LINES - text.count("\n"))


def _compiler(archive):
    """gcc, what it calls, and what it compiles."""
    found = {name: subprocess.run(["gcc", f"-print-prog-name={name}"], capture_output=True,
                                  text=True, check=False).stdout.strip() for name in ("cc1", "as")}
    for name, path in {"gcc": "/usr/bin/gcc", **found}.items():
        where = shutil.which(path)
        if not where:
            raise KtestError(f"gcc's {name} is not installed; see ktest/packages.txt")
        archive.program(where, f"/usr/bin/{name}" if name != "cc1" else path)
    # gcc includes it into every file
    archive.file("/usr/include/stdc-predef.h", "/usr/include/stdc-predef.h")
    archive.data("/bench/source.c", source().encode())


def files():
    """The programs that are run, with their libraries."""
    archive = Archive()
    hackbench = shutil.which("hackbench")
    if not hackbench:
        raise KtestError("hackbench is not installed; see ktest/packages.txt")
    archive.program(hackbench, "/usr/bin/hackbench")
    _compiler(archive)
    return archive


def _build_plugin(out):
    out.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                           "-fvisibility=hidden", "-o", str(out), str(_SOURCE)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise KtestError(f"{_SOURCE.name}: does not build:\n{done.stderr}")


def plugin():
    """Build the plugin; return its path."""
    out = BUILD / "plugin" / "count.so"
    with alone("plugin"):
        if not out.exists() or out.stat().st_mtime < _SOURCE.stat().st_mtime:
            _build_plugin(out)
    return out


def pairs(text):
    """What was counted between the first and the second mark, pair by pair."""
    marks = [(int(kind), int(count)) for kind, count in re.findall(r"^([12]) (\d+)$", text, re.M)]
    if len(marks) % 2 or any(kind != 1 + n % 2 for n, (kind, _) in enumerate(marks)):
        raise KtestError("the plugin's marks do not come in pairs")
    return [marks[n + 1][1] - marks[n][1] for n in range(0, len(marks), 2)]


def joined(console, counted):
    """The console's lines of samples with the counts of @counted in them.

    Each program begins with _EMPTY pairs that frame nothing.
    """
    lines, at = [], 0
    for block in re.split(r"^BENCH PROGRAM$", console, flags=re.M)[1:]:
        empty = min(counted[at:at + _EMPTY])
        at += _EMPTY
        for case, size, flags in re.findall(r"^BENCH ([\w-]+) (\d+)((?: 0\*?)+)\s*$", block, re.M):
            words = flags.split()
            values = counted[at:at + len(words)]
            at += len(words)
            lines.append(f"BENCH {case} {size} " + " ".join(
                f"{value - empty}{'*' if word.endswith('*') else ''}"
                for value, word in zip(values, words)))
    if at != len(counted):
        raise KtestError(f"{len(counted)} pairs of marks, but {at} samples")
    return "\n".join(lines) + "\n"


def _count(platform, words, console, options="", **fields):
    """Boot @platform with the plugin; return the figures of what @words ask for."""
    marks = REPORT / f"{console}.marks"
    with operations.host_options(options):
        result = boot.run(platform, test="bench", cmdline=f"{operations.STEADY} {words}",
                          devices=["-plugin", f"{plugin()},out={marks}"], timeout=300,
                          console=console, **fields)
    if not result.ok:
        raise KtestError(result.explain())
    return samples.read(joined(result.console.text, pairs(marks.read_text())))


def cases(platform, names, console, cpus=2, cmdline="", options="", count=18):
    """Figures of bench-smp's cases @names.

    In real time: with -icount a PVM guest of two CPUs stands still in the first
    of them, which is not understood yet.
    """
    return _count(platform, f"bench.samples={count} bench.smp={','.join(names)} {cmdline}", console,
                  options, cpus=cpus, counted=True)


def programs(platform, console, cmdline="", options="", count=16):
    """Figures of whole programs on one CPU, timer ticks included: these are counted, not timed."""
    return _count(platform, f"bench.samples={count} bench.programs=1 {cmdline}", console, options,
                  cpus=1, icount=True, files=files())


def made(area, subject, figures):
    """Records of figures."""
    found = []
    for one in figures:
        found += [record(area, one.case, subject, "instructions", one.median, "instructions"),
                  record(area, one.case, subject, "instructions-spread", one.spread, "%")]
    return found
