# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""W=1, sparse, kernel-doc and lone headers on the overlay."""

import functools
import re
import shlex

from . import BUILD, QualityError
from .kernel import code_dirs, configure, make, room_values
from .steps import run

OUT = BUILD / "lint" / "objects"
_MESSAGE = re.compile(r"^(?:\.\./)*(\S+?):(\d+):(?:\d+:)? (?:warning|(?:fatal )?error|note): (.*)$")
_OBJTOOL = re.compile(r"^(\S+\.o): (?:warning|error): (objtool: .*)$")


@functools.cache
def prepare(context):
    """Configure and prepare the build directory that these checks share."""
    values = room_values()
    lost = configure(context.source, OUT, values)
    if lost:
        raise QualityError("without effect in the configuration: " + " ".join(lost))
    done = make(context.source, OUT, "prepare", "modules_prepare")
    if done.returncode:
        raise QualityError("prepare: " + done.stdout.strip().split("\n")[-1])


def _collect(check, text, context, ours):
    """Turn compiler lines about our files into findings; count those about others."""
    others = set()
    prefix = str(context.source) + "/"
    for line in text.replace(prefix, "").split("\n"):
        match = _MESSAGE.match(line) or _OBJTOOL.match(line)
        if not match:
            if re.search(r"^make.*\*\*\*.*Error|^ERROR|undefined reference", line):
                check.find("(build)", 0, line.strip())
            continue
        groups = match.groups()
        path, number, message = groups if len(groups) == 3 else (groups[0], 0, groups[1])
        if ours(path):
            check.find(path, number, message)
        elif ": note: " not in line:
            others.add((path, number, message))
    check.alarms += [f"{p}:{n}: {m}" for p, n, m in sorted(others)]


def _ours(context):
    dirs = tuple(d + "/" for d in code_dirs(context.source))

    def ours(path):
        path = path.removeprefix("./")
        return path.startswith(dirs) or path in context.code
    return ours


def _targets(context):
    return [d + "/" for d in code_dirs(context.source)]


def _objects(context):
    return [OUT / re.sub(r"\.[cS]$", ".o", p) for p in context.code if p.endswith((".c", ".S"))]


def _build(context, *variables):
    prepare(context)
    return make(context.source, OUT, *_targets(context), variables=["W=1", "-k", *variables])


def check_w1(check, context):
    """Every object of the overlay, built anew with W=1, objtool included."""
    if not _targets(context):
        return
    for item in _objects(context):
        item.unlink(missing_ok=True)
    done = _build(context)
    _collect(check, done.stdout, context, _ours(context))
    if done.returncode and not check.findings:
        raise QualityError(done.stdout.strip().split("\n")[-1])
    for path in context.code:
        built = OUT / re.sub(r"\.[cS]$", ".o", path)
        if path.endswith((".c", ".S")) and not built.exists() and not check.findings:
            check.find(path, 0, "is not built by the project's configuration")
    check.saw(len(_objects(context)), "objects")


def check_sparse(check, context):
    """sparse on every C file of the overlay."""
    if not _targets(context):
        return
    done = _build(context, "C=2")
    if done.returncode:
        raise QualityError(done.stdout.strip().split("\n")[-1])
    if "CHECK " not in done.stdout:
        raise QualityError("sparse was not run by the kernel's build")
    _collect(check, done.stdout, context, _ours(context))
    seen = re.findall(r"^  CHECK +(\S+)$", done.stdout, re.M)
    check.saw(sum(1 for p in seen if any(p.endswith(c) for c in context.code)), "files")


def check_headers(check, context):
    """Each header of the overlay compiles alone."""
    headers = [p for p in context.code if p.endswith(".h") and not p.endswith("trace.h")]
    flags_of = {path: _flags_beside(path, context) for path in headers}
    if None in flags_of.values():
        # The flags are those of what was built, which w1 does.
        _build(context)
        flags_of = {path: _flags_beside(path, context) for path in headers}
    for path, flags in flags_of.items():
        if flags is None:
            check.find(path, 0, "alone: nothing beside it is compiled")
            continue
        text = f'#include "{context.source}/{path}"\n'
        done = run(["gcc", *flags, "-fsyntax-only", "-x", "c", "-"], cwd=OUT, data=text)
        for line in done.stdout.replace(str(context.source) + "/", "").split("\n"):
            match = _MESSAGE.match(line)
            if match and ": note: " not in line:
                check.find(path, match.group(2), f"alone: {match.group(1)}: {match.group(3)}")
        if done.returncode and not check.findings:
            check.find(path, 0, f"alone: {done.stdout.strip()}")
    check.saw(len(headers), "headers")


def _flags_beside(path, context):
    """The compiler flags of a file beside @path, from the build's own record."""
    directory = (OUT / path).parent
    while directory != OUT:
        for record in sorted(directory.glob(".*.o.cmd")):
            match = re.search(r"^savedcmd_\S+ := (?:ccache )?\S+ (.*?) -c -o ", record.read_text(),
                              re.M)
            if match and "__ASSEMBLY__" not in match.group(1):
                return [w for w in shlex.split(match.group(1)) if not w.startswith("-Wp,")]
        directory = directory.parent
    if path.startswith("arch/x86/include/") and context.code_dirs:
        return _flags_beside(context.code_dirs[0] + "/x.h", context)
    return None


def check_kernel_doc(check, context):
    """kernel-doc without a warning, and present on every exported function."""
    files = [p for p in context.code if p.endswith((".c", ".h"))]
    if not files:
        return
    done = run([context.source / "scripts" / "kernel-doc", "-none", "-Wall", "-Werror", *files],
               cwd=context.top)
    for line in done.stdout.split("\n"):
        match = _MESSAGE.match(line)
        if match:
            check.find(match.group(1), match.group(2), match.group(3))
    if done.returncode and not check.findings:
        raise QualityError(done.stdout.strip().split("\n")[-1] or "kernel-doc failed")
    for path in files:
        text = (context.top / path).read_text()
        for name in re.findall(r"^EXPORT_SYMBOL\w*\((\w+)", text, re.M):
            if not re.search(rf"/\*\*\n \* {name}\(", text):
                check.find(path, 0, f"{name}() is exported and has no kernel-doc")
    check.saw(len(files), "files")
