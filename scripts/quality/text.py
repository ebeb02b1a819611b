# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Checks of committed text: shell, Python, names of a workplace, white space, doors, sizes."""

from pathlib import Path
import ast
import py_compile
import re
import sys
import tempfile

from . import ROOT, QualityError
from .steps import must, run

PATTERNS = ROOT / "scripts" / "lint-patterns"
# What .gitignore names
COPY_LEAVES = {"build", "__pycache__", ".pytest_cache"}
FILE_ALARM = 700
FUNCTION_ALARM = 60

# A home directory, a temporary one with somebody's name, or a checkout's place.
_WORKPLACE = (
    (re.compile(r"(?<![\w.])/(?:home|Users|work|mnt|media|srv)/[\w.-]+"), "an absolute path of a workplace"),
    (re.compile(r"(?<![\w./$}])/root/[\w.-]+"), "an absolute path of a workplace"),
    (re.compile(r"(?<![\w.-])[\w-]+\.(?:internal|corp|intranet|lan)\b(?![\w(])"), "the name of an internal host"),
    (re.compile(r"\b(?:10|192\.168)(?:\.\d{1,3}){2,3}:\d{2,5}\b"), "the address of a private host"),
)


def committed():
    """Every file of the repository that git knows or would add; all but build/ of a mere copy."""
    if not (ROOT / ".git").exists():
        return sorted(str(p.relative_to(ROOT)) for p in ROOT.rglob("*")
                      if p.is_file() and not set(p.relative_to(ROOT).parts) & COPY_LEAVES)
    out = must(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
               "git ls-files")
    return sorted({p for p in out.split("\0") if p and (ROOT / p).is_file()})


def is_text(path):
    """No NUL in the first kilobytes."""
    with (ROOT / path).open("rb") as stream:
        return b"\0" not in stream.read(8192)


def interpreter(path):
    """'python', 'sh' or '' by name or first line."""
    if path.endswith(".py"):
        return "python"
    if path.endswith(".sh"):
        return "sh"
    with (ROOT / path).open("rb") as stream:
        first = stream.readline(100)
    if first.startswith(b"#!"):
        if b"python" in first:
            return "python"
        if re.search(rb"\b(?:ba|da)?sh\b", first):
            return "sh"
    return ""


def check_shell(check, context):
    """shellcheck, every severity."""
    files = [p for p in context.committed if interpreter(p) == "sh"]
    # SC2317: functions that are called through a variable or "$@" look unreachable to it.
    done = run(["shellcheck", "-f", "gcc", "-e", "SC2317", *files], cwd=ROOT) if files else None
    for line in done.stdout.split("\n") if done else ():
        match = re.match(r"^(.*?):(\d+):\d+: (.*)$", line)
        if match:
            check.find(match.group(1), match.group(2), match.group(3))
        elif line.strip():
            raise QualityError(f"shellcheck: {line.strip()}")
    check.saw(len(files), "scripts")


def check_python(check, context):
    """Each file compiles, and pyflakes has nothing to say."""
    files = [p for p in context.committed if interpreter(p) == "python"]
    for path in files:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                py_compile.compile(str(ROOT / path), cfile=f"{scratch}/x.pyc", doraise=True)
            except py_compile.PyCompileError as err:
                check.find(path, 0, str(err).strip().split("\n")[-1])
    done = run([sys.executable, "-m", "pyflakes", *files], cwd=ROOT) if files else None
    for line in done.stdout.split("\n") if done else ():
        match = re.match(r"^(.*?):(\d+):(?:\d+:?)? (.*)$", line)
        if match:
            check.find(match.group(1), match.group(2), match.group(3))
        elif line.strip():
            raise QualityError(f"pyflakes: {line.strip()}")
    check.saw(len(files), "files")


def check_hygiene(check, context):
    """White space, line ends, licence lines, names of a workplace."""
    for path in context.committed:
        if not is_text(path):
            check.find(path, 0, "a binary file")
            continue
        text = (ROOT / path).read_text(errors="replace")
        diff = path.startswith("patches/") and path.endswith((".patch", ".diff"))
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip() and not (diff and line == " ") and path != "COPYING":
                check.find(path, number, "white space at the end of the line")
            for pattern, what in _WORKPLACE:
                if pattern.search(line) and path != "COPYING":
                    check.find(path, number, f"{what}: {pattern.search(line).group(0)}")
        if text and not text.endswith("\n"):
            check.find(path, 0, "no newline at the end")
        if text.endswith("\n\n"):
            check.find(path, 0, "an empty line at the end")
        if text and _wants_licence(path) and "SPDX-License-Identifier:" not in text[:400]:
            check.find(path, 1, "no SPDX-License-Identifier")
    check.saw(len(context.committed), "files")


def _wants_licence(path):
    return path.endswith((".c", ".h", ".S", ".py", ".sh", ".rst", ".cocci", ".lds")) \
        or Path(path).name in ("Makefile", "Kconfig", "Kbuild") or \
        (path.startswith(("scripts/", "ktest/")) and interpreter(path))


def read_patterns(path=PATTERNS):
    """Blocks of 'name: ..', 'files: ..', 'door: ..', 'find: ..', 'bad: ..', 'good: ..', 'why: ..'."""
    blocks = []
    for block in re.split(r"\n\s*\n", re.sub(r"^#.*\n", "", path.read_text(), flags=re.M)):
        fields = {}
        for line in block.strip().split("\n"):
            key, sep, value = line.partition(":")
            if not sep:
                if line.strip():
                    raise QualityError(f"{path.name}: not understood: {line}")
                continue
            fields.setdefault(key.strip(), []).append(value.strip())
        if not fields:
            continue
        missing = {"name", "files", "find", "bad", "good", "why"} - set(fields)
        if missing:
            raise QualityError(f"{path.name}: {fields.get('name', '?')}: no {sorted(missing)[0]}:")
        blocks.append(fields)
    return blocks


def strip_comments(text):
    """C comments become blanks; lines keep their numbers."""
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


def check_patterns(check, context):
    """What Coccinelle cannot see (assembly, do-while): scripts/lint-patterns and its examples."""
    blocks = read_patterns()
    for block in blocks:
        name = block["name"][0]
        find = re.compile("|".join(block["find"]))
        for text in block["bad"]:
            if not find.search(text):
                check.find(PATTERNS.relative_to(ROOT), 0, f"{name}: does not find '{text}'")
        for text in block["good"]:
            if find.search(text):
                check.find(PATTERNS.relative_to(ROOT), 0, f"{name}: finds '{text}'")
        roots = tuple(block["files"][0].split())
        doors = " ".join(block.get("door", [])).split()
        for path in context.code:
            if not path.startswith(roots) or path in doors:
                continue
            text = strip_comments((context.top / path).read_text())
            for match in find.finditer(text):
                check.find(path, text.count("\n", 0, match.start()) + 1,
                           f"{block['why'][0]} ({name})")
    check.saw(len(context.code), f"files with {len(blocks)} patterns")


def check_sizes(check, context):
    """Alarms, not findings: long files and long functions."""
    for path in context.committed:
        if path == "COPYING" or path.startswith("patches/") or not is_text(path):
            continue
        text = (ROOT / path).read_text(errors="replace")
        lines = text.count("\n")
        if lines > FILE_ALARM:
            check.alarms.append(f"{path}: {lines} lines")
        if path.endswith(".c"):
            long = _long_c(text)
        elif interpreter(path) == "python":
            long = _long_python(text)
        else:
            long = []
        check.alarms += [f"{path}:{at}: {name}() has {count} lines" for name, at, count in long]
    check.saw(len(context.committed), "files")


def _long_c(text):
    """[(function, line, lines)] of C functions in kernel style over the limit."""
    found, start, name = [], 0, ""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
            head = " ".join(lines[max(0, number - 6):number - 1])
            names = re.findall(r"(\w+)\s*\(", head)
            name = names[-1] if names else "?"
        elif line == "}" and start:
            if number - start - 1 > FUNCTION_ALARM:
                found.append((name, start, number - start - 1))
            start = 0
    return found


def _long_python(text):
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    return [(node.name, node.lineno, node.end_lineno - node.lineno)
            for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and node.end_lineno - node.lineno > FUNCTION_ALARM]
