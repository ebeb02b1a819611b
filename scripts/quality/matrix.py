# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The build matrix: configurations in which the series must build without a warning."""

from dataclasses import dataclass, field
import hashlib
import os
import re
import shutil
import time

from . import BUILD, QualityError
from .kernel import code_dirs, configure, git, make, room_values
from .steps import JOBS, Watch, say

# What a series for x86 paravirtualisation must not break, beside its own directories.
CORE_DIRS = ("arch/x86/entry", "arch/x86/kernel", "arch/x86/mm", "arch/x86/xen", "arch/x86/hyperv")

# noinstr validation and the checks of the entry code hang on DEBUG_ENTRY.
COMMON = {"CONFIG_DEBUG_ENTRY": "y"}

# A line of output that is not a warning about the code.
_WARNING = re.compile(r"\b(?:warning|WARNING|error|ERROR):|objtool:|\bundefined reference\b|"
                      r"^make.*\*\*\*")


@dataclass
class Row:
    """One configuration: what it changes in the project's own."""

    name: str
    values: dict
    target: str = "allnoconfig"
    toolchain: tuple = ()
    image: bool = True               # False: only ever the objects of the directories
    needs: tuple = field(default=())  # symbols without which the row says nothing


def _row(name, *values, **kwargs):
    pairs = dict(v.split("=") for v in values)
    return Row(name, {f"CONFIG_{k}": v for k, v in pairs.items()}, **kwargs)


PVM = ("PVOPS_PVM",)

ROWS = [
    _row("xen-pvm", "XEN_PV=y", "PVOPS_PVM=y", needs=PVM),
    _row("xen-nopvm", "XEN_PV=y", "PVOPS_PVM=n", needs=PVM),
    _row("noxen-pvm", "XEN_PV=n", "PVOPS_PVM=y", needs=PVM),
    _row("noxen-nopvm", "XEN_PV=n", "PVOPS_PVM=n", needs=PVM),
    _row("smp-n", "SMP=n"),
    _row("preempt", "PREEMPT=y", "PREEMPT_VOLUNTARY=n"),
    _row("5level-n", "X86_5LEVEL=n"),
    _row("ia32-n", "IA32_EMULATION=n"),
    _row("modules-n", "MODULES=n"),
    _row("ibt", "X86_KERNEL_IBT=y"),
    _row("clang", toolchain=("LLVM=-14",)),
    _row("allmod", target="allmodconfig", image=False),
]


def find(names):
    """The rows called @names, or all of them."""
    known = {row.name: row for row in ROWS}
    for name in names:
        if name not in known:
            raise QualityError(f"no such build: {name} (there are: {' '.join(known)})")
    return [known[name] for name in names] or list(ROWS)


def wanted(row):
    """Symbols for @row: the project's, and on top those of the row."""
    if row.target == "allmodconfig":
        return dict(row.values)
    values = dict(room_values(), **COMMON)
    values.update(row.values)
    if row.values.get("CONFIG_MODULES") == "n":
        # Without modules the comparison drivers are built in; the code of ours is what counts.
        values = {k: "y" if v == "m" else v for k, v in values.items() if "MODULE_" not in k}
    return values


def known_symbols(source):
    """Every symbol that a Kconfig file of ours or of x86 defines."""
    found = set()
    for top in ("arch/x86", "drivers/pv-net", "drivers/pv-balloon", "drivers/pv-svga"):
        for path in (source / top).rglob("Kconfig*"):
            found |= set(re.findall(r"^\s*(?:menu)?config (\w+)$", path.read_text(), re.M))
    return found


def _prepare(row, source, out):
    lost = configure(source, out, wanted(row), row.target, row.toolchain)
    own = [line for line in lost if line.split("=")[0] in row.values]
    if own:
        raise QualityError("without effect in the configuration: " + " ".join(own))


def _targets(row, source, objects):
    if row.image and not objects:
        return ["bzImage", "modules"]
    return [d + "/" for d in (*code_dirs(source), *CORE_DIRS) if (source / d / "Makefile").exists()]


def warnings(text):
    """The lines of a build that should not be there."""
    return [line.strip() for line in text.split("\n") if _WARNING.search(line)]


def _sha256(out):
    image = out / "arch" / "x86" / "boot" / "bzImage"
    return hashlib.sha256(image.read_bytes()).hexdigest() if image.exists() else None


def build(row, source, objects=False, keep=False):
    """Build @row; return its record."""
    out = BUILD / f"matrix-{row.name}"
    record = {"name": f"build {row.name}", "required": 1, "done": 0, "seed": None,
              "result": "fail", "kind": "objects" if objects or not row.image else "image",
              "commit": git("rev-parse", "HEAD", tree=source), "image_sha256": None,
              "findings": [], "reason": ""}
    missing = [s for s in row.needs if s not in known_symbols(source)]
    if missing:
        record.update(result="skip", reason=f"the tree has no CONFIG_{missing[0]} yet")
        return record
    log, unfinished = out / "build.log", out / "unfinished"
    try:
        _prepare(row, source, out)
        log.unlink(missing_ok=True)
        # Built again, what is built already would not warn: also after a failure or a break.
        if unfinished.exists():
            make(source, out, "clean", variables=row.toolchain)
        unfinished.touch()
        done = make(source, out, *_targets(row, source, objects), variables=row.toolchain, log=log)
    except QualityError as err:
        record["reason"] = str(err)
        return record
    record["findings"] = warnings(done.stdout)
    record["image_sha256"] = _sha256(out)
    if done.returncode:
        record["reason"] = f"does not build, see {out.relative_to(BUILD.parent)}/build.log"
    elif record["findings"]:
        record["reason"] = f"{len(record['findings'])} warnings"
    else:
        unfinished.unlink()
        record.update(done=1, result="pass")
        if not keep:
            _shrink(out)
    return record


def _shrink(out):
    """Keep what tells how it was built; a dozen trees of objects are 20 GB."""
    for item in out.iterdir():
        if item.name in (".config", "build.log", "wanted.config"):
            continue
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink()


def run(rows, source, objects=False, keep=False):
    """Build @rows one after the other, each on all CPUs; return the records."""
    records = []
    for number, row in enumerate(rows, 1):
        watch = Watch()
        say(f"build: {row.name} ({number} of {len(rows)}, {JOBS} jobs, "
            f"started {time.strftime('%H:%M', time.gmtime())} UTC)")
        record = build(row, source, objects, keep)
        record["seconds"] = watch.seconds()
        state = {"pass": "ok", "skip": "skipped"}.get(record["result"], "FAILED")
        say(f"build: {row.name:<12} {state} {record['kind']}"
            + (f": {record['reason']}" if record["reason"] else "")
            + f" ({record['seconds']:.0f} s)")
        for line in record["findings"][:20]:
            say(f"  {line}")
        records.append(record)
    return records


def space_left(where, needed=4 << 30):
    """One clear line before a build, not in the middle of one."""
    os.makedirs(where, exist_ok=True)
    free = shutil.disk_usage(where).free
    if free < needed:
        raise QualityError(f"{where}: {free >> 20} MiB free, {needed >> 20} MiB are needed")
