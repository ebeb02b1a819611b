# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""What a maintainer's scripts would say of the commits and new files."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import re

from pvseries import SeriesError, commits, parse
from pvseries.maintainers import sections

from . import LINUX
from .kernel import git
from .steps import JOBS, run

_TERSE = re.compile(r"^(.*?):(\d+): (ERROR|WARNING|CHECK):(\w+): (.*)$")
_PARAM = re.compile(r"^\s*(module_param\w*|core_param\w*|early_param|__setup)\(\s*\"?([\w.]+)\"?"
                    r"(?:,\s*(\w+))?", re.M)


def _checkpatch(check, context, arguments, label, data=None):
    """One run of checkpatch; @label(path, line) names what a finding is about."""
    done = run([context.source / "scripts" / "checkpatch.pl", "--strict", "--terse", "--show-types",
                "--no-summary", f"--root={context.source}", *arguments],
               cwd=context.source, data=data)
    for line in done.stdout.split("\n"):
        match = _TERSE.match(line)
        if match:
            path, number, level, kind, text = match.groups()
            check.find(*label(path, int(number)), f"{level}: {kind}: {text}")
        elif line.strip():
            check.find(*label("", 0), line.strip())


def check_commits(check, context):
    """checkpatch --strict on every commit, as a mail; the sign-off comes with the export."""
    def one(commit):
        mail = git("format-patch", "-1", "--stdout", "--no-signature", commit)
        subject = git("log", "-1", "--format=%s", commit)
        lines = mail.split("\n")

        def label(_path, number):
            path = next((line[6:] for line in reversed(lines[:number])
                         if line.startswith("+++ b/")), "")
            return (path or f"commit '{subject}'", 0)
        _checkpatch(check, context, ["--no-signoff", "-"], label, data=mail + "\n")

    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(one, context.commits))
    check.saw(len(context.commits), "commits")


def check_files(check, context):
    """checkpatch --strict on every overlay file, whole; several at a time, for it starts slowly."""
    def label(path, number):
        return (Path(path).relative_to(context.top) if path else "checkpatch", number)

    def some(paths):
        _checkpatch(check, context, ["--file", *(context.top / path for path in paths)], label)

    batches = [context.overlay[at:at + 8] for at in range(0, len(context.overlay), 8)]
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(some, batches))
    check.saw(len(context.overlay), "files")


def check_maintainers(check, context):
    """get_maintainer.pl answers with a section of our MAINTAINERS for every new file."""
    ours = {section.split("\n", 1)[0] for section in
            sections((context.top / "MAINTAINERS").read_text())}
    new = git("diff", "--name-only", "--diff-filter=A", "base", context.head).split()

    def one(path):
        done = run(["scripts/get_maintainer.pl", "--no-git", "--no-git-fallback", "--no-rolestats",
                    "--sections", "-f", path], cwd=context.source)
        answered = set(re.findall(r"^(\S.*)\n[A-Z]:\t", done.stdout, re.M))
        if done.returncode or not answered & ours:
            check.find(path, 0, "get_maintainer.pl answers with nobody of ours")

    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(one, new))
    check.saw(len(new), "new files")


def module_name(path, context):
    """The name under which Kbuild knows the parameters of @path, from its Makefile."""
    directory = Path(path).parent
    stem = Path(path).stem.replace("-", "_")
    while str(directory) not in (".", "drivers", "arch/x86"):
        makefile = context.top / directory / "Makefile"
        if makefile.exists():
            text = makefile.read_text().replace("\\\n", " ")
            own = str(Path(path).relative_to(directory).with_suffix(".o"))
            for name, parts in re.findall(r"^([\w-]+)-(?:y|objs|\$\(\w+\))\s*[:+]?=(.*)$", text,
                                          re.M):
                if name not in ("obj", "lib") and own in parts.split():
                    return name.replace("-", "_")
        directory = directory.parent
    return stem


def check_parameters(check, context):
    """Every parameter is in our lines of kernel-parameters.txt."""
    added = git("diff", "-U0", "base", context.head, "--",
                "Documentation/admin-guide/kernel-parameters.txt")
    documented = set(re.findall(r"^\+\t([\w.-]+?)(?:=|\s|$)", added, re.M))
    documented |= {word for line in re.findall(r"^\+\t(\S.*)$", added, re.M)
                   for word in re.findall(r"[\w.-]+(?==)", line)}
    count = 0
    for path in context.code:
        if not path.endswith(".c"):
            continue
        text = (context.top / path).read_text()
        override = re.search(r'#define MODULE_PARAM_PREFIX\s+"([^"]*)"', text)
        prefix = override.group(1) if override else module_name(path, context) + "."
        for macro, first, _ in _PARAM.findall(text):
            name = first.rstrip("=") if macro in ("early_param", "__setup") \
                or macro.startswith("core_param") else prefix + first
            count += 1
            if name.replace("-", "_") not in {d.replace("-", "_") for d in documented}:
                check.find(path, 0, f"parameter {name} is not in kernel-parameters.txt")
    check.saw(count, "parameters")


def check_abi(check, context):
    """Our files of Documentation/ABI are in the form that get_abi.pl reads."""
    ours = [p for p in context.overlay if p.startswith("Documentation/ABI/")]
    if not ours:
        return
    done = run(["scripts/get_abi.pl", "--dir", context.source / "Documentation" / "ABI",
                "validate"], cwd=context.source)
    if done.returncode:
        check.find("Documentation/ABI", 0, f"get_abi.pl validate: exit status {done.returncode}")
    for line in done.stdout.split("\n"):
        for path in ours:
            if path in line or Path(path).name in line:
                check.find(path, 0, line.strip())
    check.saw(len(ours), "files")


def check_applied(check, context):
    """The series is complete, and build/linux, which the tests build, is it."""
    try:
        commits.build(LINUX, context.top, parse.read_series(context.top), "base")
    except SeriesError as err:
        check.find("patches/series", 0, str(err))
    if git("rev-parse", "HEAD") != context.head:
        check.alarms.append("build/linux is not at the head of the series; run 'make tree'")
    dirty = git("status", "--porcelain", "--untracked-files=no").strip()
    if dirty:
        check.alarms.append("build/linux: changed by hand: " + dirty.split("\n", maxsplit=1)[0])
    check.saw(len(context.commits), "commits")
