# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""scripts/lint finds what it is for: each check that needs no kernel, with one mistake."""

import json

import pytest

from series_repo import REPO, make_repo, tool, write

SPDX = "// SPDX-License-Identifier: GPL-2.0-only\n"
SH = "#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-only\n"
PY = "# SPDX-License-Identifier: GPL-2.0-only\n"
LONG = "int f(void)\n{\n" + "\tg();\n" * 61 + "}\n"

# These have no licence lines, which is not what the cases are about.
STAND_INS = set(REPO)

# An absolute path that must not stand in this file, or it would be a finding itself.
HOME = "/".join(["", "home", "somebody", "src"])

MISTAKES = [
    ("hygiene", "ktest/x", "text \n", "white space at the end"),
    ("hygiene", "ktest/x", "text", "no newline at the end"),
    ("hygiene", "ktest/x", "text\n\n", "empty line at the end"),
    ("hygiene", "ktest/x.c", "int x;\n", "SPDX"),
    ("hygiene", "ktest/x", f"see {HOME}\n", "path of a workplace"),
    ("hygiene", "ktest/x", "a\0b\n", "binary"),
    ("shell", "ktest/x.sh", SH + "cd $1\n", "SC2086"),
    ("python", "ktest/x.py", PY + "import os\n", "unused"),
    ("python", "ktest/x.py", PY + "def f(:\n", "invalid syntax"),
    ("patterns", "drivers/pv-svga/x.c", SPDX + "int f(void) { outl(1, SVGA_INDEX_PORT); }\n",
     "index_port"),
    ("patterns", "arch/x86/pvops/x.c",
     SPDX + 'void f(void) { asm volatile("syscall" ::: "memory"); }\n', "hypercall_door"),
    ("patterns", "arch/x86/pvops/x.S", SPDX + "\tsyscall\n", "hypercall_instruction"),
    ("patterns", "arch/x86/pvops/pvm/x.c", SPDX + 'void f(void) { asm("nop; sti"); }\n',
     "privileged_instruction"),
    ("patterns", "drivers/pv-net/x.c",
     SPDX + "void f(void)\n{\n\tdo {\n\t\tg();\n\t} while (readl(r) & BUSY);\n}\n", "poll_do_while"),
    ("patterns", "drivers/pv-net/x.c", SPDX + "void f(void) { writel(1, pv->bar1 + 8); }\n",
     "command_register"),
    ("cocci", "drivers/pv-net/x.c", SPDX + "void f(int a)\n{\n\tBUG_ON(a);\n}\n", "no_bug_on"),
    ("cocci-tests", "scripts/coccinelle/fixtures/no_bug_on_good.c",
     SPDX + "void f(int a)\n{\n\tBUG_ON(a);\n}\n", "not marked, and reported"),
    ("cocci-tests", "scripts/coccinelle/fixtures/no_bug_on_bad.c",
     SPDX + "void f(int a)\n{\n\tg(a);\t/* FINDING */\n}\n", "marked, and not reported"),
    ("cocci-tests", "scripts/coccinelle/fixtures/nothing_bad.c", SPDX, "without its rule"),
]


@pytest.fixture(name="repo")
def _repo(tmp_path):
    return make_repo(tmp_path / "repo")


def _lint(repo, *checks):
    done = tool(repo, "lint", *checks)
    assert "Traceback" not in done.stderr, done.stderr
    report = json.loads((repo / "build" / "report" / "lint.json").read_text())
    return done, {check["name"]: check for check in report["checks"]}


@pytest.mark.parametrize("check, path, text, word", MISTAKES,
                         ids=[f"{m[0]}-{m[3]}".replace(" ", "-") for m in MISTAKES])
def test_a_mistake_is_found(repo, check, path, text, word):
    write(repo, {path: text})
    done, checks = _lint(repo, check)
    texts = [f"{f['path']}: {f['text']}" for f in checks[check]["findings"]
             if f["path"] not in STAND_INS]
    assert done.returncode == 1
    assert checks[check]["result"] == "fail"
    assert any(path in t and word in t for t in texts), texts
    assert all(path in t for t in texts), texts


def test_a_clean_repository_has_no_finding(repo):
    names = ["patterns", "cocci", "cocci-tests", "python"]
    # The stand-in files have no licence line; hygiene speaks of the added one alone.
    done, checks = _lint(repo, *names)
    assert done.returncode == 0, done.stdout
    assert {checks[n]["result"] for n in names} == {"pass"}


def test_a_check_that_looked_at_nothing_is_skipped_and_not_passed(repo):
    for path in REPO:
        if path.startswith("drivers/"):
            (repo / path).unlink()
    _, checks = _lint(repo, "cocci", "patterns")
    assert checks["cocci"]["result"] == "skip"
    assert checks["patterns"]["result"] == "skip"


def test_long_things_are_alarms_and_no_findings(repo):
    write(repo, {"ktest/long.c": SPDX + LONG, "ktest/file.c": SPDX + "int x;\n" * 701})
    done, checks = _lint(repo, "sizes")
    assert done.returncode == 0
    assert any("f() has 61 lines" in a for a in checks["sizes"]["alarms"])
    assert any("file.c: 702 lines" in a for a in checks["sizes"]["alarms"])


def test_an_exception_covers_its_finding_alone(repo):
    write(repo, {"ktest/x.sh": SH + "cd $1\n", "ktest/y.sh": SH + "cd $1\n",
                 "scripts/lint-exceptions": "shell | ktest/x.sh | SC | a reason that is long\n"})
    done, checks = _lint(repo, "shell")
    assert done.returncode == 1
    assert {f["path"] for f in checks["shell"]["findings"]} == {"ktest/y.sh"}
    assert checks["shell"]["excepted"] == 2


@pytest.mark.parametrize("line", ["shell | x", "shell | x | y | short"])
def test_an_exception_needs_its_parts_and_a_reason(repo, line):
    write(repo, {"scripts/lint-exceptions": line + "\n"})
    done = tool(repo, "lint", "hygiene")
    assert done.returncode == 1
    assert done.stderr.startswith("lint: lint-exceptions:1: not ")


def test_an_unknown_check_is_named(repo):
    done = tool(repo, "lint", "nosuch")
    assert done.returncode == 1 and done.stderr == "lint: no such check: nosuch\n"


def test_a_missing_tree_is_one_line(repo):
    done = tool(repo, "lint", "commits")
    assert done.returncode == 1
    assert done.stderr == "lint: build/linux: no tree; run 'make tree' first\n"
