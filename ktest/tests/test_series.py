# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The series: how it is read, laid over a kernel, exported, and refused."""

import os
from pathlib import Path
import re
import shutil
import subprocess
import sys

import pytest

from series_repo import (KERNEL, REPO, ROOT, git, make_kernel, make_repo, one_clear_line, tool,
                         write)

sys.path.insert(0, str(ROOT / "scripts"))

# pylint: disable=wrong-import-position
from pvseries import SeriesError, commits, parse, source  # noqa: E402
from pvseries.kbuild import at_commit, filter_makefile  # noqa: E402
from pvseries.maintainers import merge  # noqa: E402

LINUX = ROOT / "build" / "linux"


@pytest.fixture(name="kernel")
def _kernel(tmp_path):
    return make_kernel(tmp_path / "kernel")


@pytest.fixture(name="repo")
def _repo(tmp_path):
    return make_repo(tmp_path / "repo")


@pytest.fixture(name="tree")
def _tree(repo, kernel):
    done = tool(repo, "tree", "--kernel", kernel)
    assert done.returncode == 0, done.stderr
    return repo / "build" / "linux"


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path):
    where = tmp_path / "small"
    where.mkdir()
    mount = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if subprocess.run([*mount, "mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "none", where],
                      check=False).returncode:
        pytest.skip("a disk without space needs root, or sudo without a password")
    yield where
    subprocess.run([*mount, "umount", where], check=True)


# Reading

@pytest.mark.parametrize("series, word", [
    ("set a A\nfoo bar\n", "not understood"),
    ("files pv-net/main.msg\n", "before the first 'set'"),
    ("set a A\n\tdrivers/pv-net/main.c\n", "belongs to no"),
    ("set a A\npatch pv-net/main.msg\n", "no message, '---' line and diff"),
    ("set a A\npatch pv-net/absent.patch\n", "cannot read"),
    ("set a A\nfiles pv-net/main.msg\n\tdrivers/pv-net/absent.c\n", "no such file"),
    ("set a A\nfiles pv-net/main.msg\n", "without files"),
    ("set a A\nfiles pv-net/main.msg\n\tdrivers/pv-net/main.c\nfiles pv-net/rx.msg\n"
     "\tdrivers/pv-net/main.c\n", "entered already"),
    ("set a A\nfiles pv-net/main.msg\n\tdrivers/pv-net/main.c\n", "not in any entry"),
])
def test_a_bad_series_is_refused(repo, series, word):
    (repo / "patches" / "series").write_text(series)
    with pytest.raises(SeriesError, match=re.escape(word)):
        parse.read_series(repo)


def test_a_message_needs_an_empty_second_line(repo):
    (repo / "patches" / "pv-net" / "rx.msg").write_text("subject\nbody\n")
    with pytest.raises(SeriesError, match="empty line"):
        parse.read_series(repo)


def test_sets_and_entries_keep_their_order(repo):
    sets = parse.read_series(repo)
    assert [(s.name, [e.subject for e in s.entries]) for s in sets] == [
        ("pv-net", ["net: pv_net: Start", "net: pv_net: Receive"])]


# Growing files

MAKEFILE = "drivers/x/Makefile"


@pytest.mark.parametrize("text, present, expected", [
    ("obj-y += a.o\nobj-y += b.o\n", {"drivers/x/a.c"}, "obj-y += a.o\n"),
    ("obj-y += a.o b.o\n", {"drivers/x/b.c"}, "obj-y += b.o\n"),
    ("obj-y += a.o\n", {"drivers/x/a.S"}, "obj-y += a.o\n"),
    ("obj-y += sub/\n", {"drivers/x/sub/Makefile"}, "obj-y += sub/\n"),
    ("obj-y += sub/\n", {"drivers/x/a.c"}, ""),
    ("obj-m += x.o\nx-y += a.o\nx-y += b.o\n", {"drivers/x/a.c"}, "obj-m += x.o\nx-y += a.o\n"),
    ("obj-m += x.o\nx-y += a.o\n", {"drivers/x/z.c"}, ""),
    ("ccflags-y += -I$(src)\nobj-y += a.o\n", {"drivers/x/a.c"},
     "ccflags-y += -I$(src)\nobj-y += a.o\n"),
    ("obj-y += a.o\nCFLAGS_a.o += -I$(src)\nCFLAGS_REMOVE_a.o = -pg\n", {"drivers/x/a.c"},
     "obj-y += a.o\nCFLAGS_a.o += -I$(src)\nCFLAGS_REMOVE_a.o = -pg\n"),
    ("obj-y += a.o\nKASAN_SANITIZE_b.o := n\n", {"drivers/x/a.c"}, "obj-y += a.o\n"),
    ("# obj-y += b.o is for later\n", set(), "# obj-y += b.o is for later\n"),
])
def test_a_makefile_names_only_what_is_there(text, present, expected):
    assert filter_makefile(MAKEFILE, text, present) == expected


def test_a_kconfig_sources_only_what_is_there():
    text = 'source "drivers/x/a/Kconfig"\nconfig B\nsource "drivers/x/b/Kconfig"\n'
    assert at_commit("drivers/x/Kconfig", text, {"drivers/x/b/Kconfig"}) == \
        'config B\nsource "drivers/x/b/Kconfig"\n'


def test_each_commit_names_only_what_it_has(tree):
    first, second = git(tree, "rev-list", "--reverse", "base..pvops").split()
    assert "rx.o" not in git(tree, "show", f"{first}:drivers/pv-net/Makefile")
    assert "rx.o" in git(tree, "show", f"{second}:drivers/pv-net/Makefile")
    assert "PV NET" in git(tree, "show", f"{first}:MAINTAINERS")


def _said_by_tree_and_refused_by_export(repo, kernel, word):
    done = tool(repo, "tree", "--kernel", kernel)
    assert done.returncode == 0 and word in done.stdout
    one_clear_line(tool(repo, "series", repo / "build" / "out"), word)
    assert not (repo / "build" / "out").exists()


def test_a_file_that_is_being_written_is_left_out(repo, kernel):
    write(repo, {"drivers/pv-net/later.c": "int later;\n"})
    _said_by_tree_and_refused_by_export(repo, kernel, "drivers/pv-net/later.c")
    assert not (repo / "build" / "linux" / "drivers/pv-net/later.c").exists()


def test_a_makefile_that_names_a_file_of_no_entry_is_refused(repo, kernel):
    (repo / "drivers/pv-net/Makefile").write_text("obj-y += main.o rx.o later.o\n")
    _said_by_tree_and_refused_by_export(repo, kernel, "in no entry")


# MAINTAINERS

def test_sections_enter_in_alphabetical_order():
    merged = merge(KERNEL["MAINTAINERS"], [REPO["MAINTAINERS"].strip()])
    titles = re.findall(r"^(\S.*)\n[A-Z]:\t", merged, re.M)
    assert titles == ["ABC DRIVER", "PV NET", "THE REST"]


def test_a_section_that_covers_nothing_is_refused(repo, kernel):
    (repo / "MAINTAINERS").write_text("NOBODY\nM:\tN <n@example.org>\nF:\tdrivers/none/\n")
    _said_by_tree_and_refused_by_export(repo, kernel, "NOBODY")


# The tree

def test_the_tree_is_made_again_to_the_same_commits(repo, tree):
    head = git(tree, "rev-parse", "pvops")
    done = tool(repo, "tree")
    assert done.returncode == 0 and "is at" in done.stdout
    assert git(tree, "rev-parse", "pvops") == head


def test_only_what_changed_gets_a_new_time(repo, tree):
    before = (tree / "drivers/pv-net/main.c").stat().st_mtime_ns
    (repo / "drivers/pv-net/rx.c").write_text("int rx_c = 1;\n")
    assert tool(repo, "tree").returncode == 0
    assert (tree / "drivers/pv-net/main.c").stat().st_mtime_ns == before
    assert (tree / "drivers/pv-net/rx.c").read_text() == "int rx_c = 1;\n"


def test_a_file_that_left_the_series_leaves_the_tree(repo, tree):
    (repo / "drivers/pv-net/rx.c").unlink()
    series = (repo / "patches/series").read_text().split("files pv-net/rx.msg")[0]
    (repo / "patches/series").write_text(series)
    (repo / "drivers/pv-net/Makefile").write_text("obj-$(CONFIG_PV_NET) += main.o\n")
    assert tool(repo, "tree").returncode == 0
    assert not (tree / "drivers/pv-net/rx.c").exists()


def test_a_change_by_hand_is_not_thrown_away(repo, tree):
    (tree / "drivers/Kconfig").write_text("mine\n")
    (repo / "drivers/pv-net/rx.c").write_text("int rx_c = 2;\n")
    one_clear_line(tool(repo, "tree"), "changed by hand")
    assert (tree / "drivers/Kconfig").read_text() == "mine\n"


def test_a_patch_that_needs_fuzz_is_refused(repo, kernel):
    # Two lines away from the hook: what fuzz would accept.
    text = (kernel / "drivers/Kconfig").read_text().replace("abc", "abd")
    (kernel / "drivers/Kconfig").write_text(text)
    one_clear_line(tool(repo, "tree", "--kernel", kernel), "does not apply")


# The export

def _apply_export(tree, out, where, sparse=()):
    git(tree, "worktree", "add", "-q", "--no-checkout", "--detach", where, "base")
    if sparse:
        git(where, "sparse-checkout", "set", "--no-cone", *sparse)
    git(where, "checkout", "-q", "--detach", "base")
    patches = sorted(str(p) for p in out.glob("*/*.patch") if not p.name.startswith("0000-"))
    git(where, "am", "-q", *patches)
    return git(where, "rev-parse", "HEAD^{tree}")


def test_git_am_of_the_export_is_the_tree(repo, tree, tmp_path):
    done = tool(repo, "series", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert _apply_export(tree, tmp_path / "out", tmp_path / "am") == \
        git(tree, "rev-parse", "pvops^{tree}")


def test_the_export_is_signed_off_on_request(repo, tree, tmp_path):
    done = tool(repo, "series", "--signoff", "A B <a.b@example.org>", tmp_path / "out")
    assert done.returncode == 0 and tree.exists(), done.stderr
    mails = [p.read_text() for p in (tmp_path / "out").glob("*/*.patch")
             if not p.name.startswith("0000-")]
    assert len(mails) == 2
    for mail in mails:
        assert mail.count("\nSigned-off-by: A B <a.b@example.org>\n") == 1
        assert "\nFrom: A B <a.b@example.org>\n" in mail


def test_each_set_has_its_cover_letter(repo, tree, tmp_path):
    assert tool(repo, "series", tmp_path / "out").returncode == 0 and tree.exists()
    letter = (tmp_path / "out" / "01-pv-net" / "0000-cover-letter.patch").read_text()
    assert "net: a driver" in letter and "What it is for." in letter
    assert "***" not in letter


@pytest.mark.parametrize("signoff", ["A B", "<a@b>", "A B a.b@example.org"])
def test_a_bad_sign_off_is_refused(repo, tree, tmp_path, signoff):
    assert tree.exists()
    one_clear_line(tool(repo, "series", "--signoff", signoff, tmp_path / "out"), "SIGNOFF")
    assert not (tmp_path / "out").exists()


def test_an_export_does_not_mix_with_what_is_there(repo, tree, tmp_path):
    write(tmp_path / "out", {"mine": "x"})
    one_clear_line(tool(repo, "series", tmp_path / "out"), "not empty")
    assert tree.exists() and os.listdir(tmp_path / "out") == ["mine"]


def test_a_set_without_cover_letter_is_refused(repo, tree, tmp_path):
    (repo / "patches/pv-net/cover.txt").unlink()
    one_clear_line(tool(repo, "series", tmp_path / "out"), "no cover letter")
    assert tree.exists() and not (tmp_path / "out").exists()


# Bad surroundings: one clear line, and nothing left behind

def _nothing_left(repo):
    build = repo / "build"
    assert not build.exists() or os.listdir(build) == []


@pytest.mark.parametrize("change, word", [
    ({"Makefile": "all:\n"}, "not a kernel tree"),
    ({"Makefile": KERNEL["Makefile"].replace("12", "11")}, "6.11"),
    ({"Makefile": KERNEL["Makefile"].replace("= 6", "= 7")}, "7.12"),
])
def test_another_tree_is_refused(repo, tmp_path, change, word):
    kernel = make_kernel(tmp_path / "kernel", **change)
    one_clear_line(tool(repo, "tree", "--kernel", kernel), word)
    _nothing_left(repo)


def test_no_tree_at_all_is_refused(repo, tmp_path):
    one_clear_line(tool(repo, "tree", "--kernel", tmp_path / "absent"), "not a kernel tree")
    _nothing_left(repo)


def test_a_directory_in_the_way_is_kept(repo, kernel):
    write(repo / "build" / "linux", {"mine": "x"})
    one_clear_line(tool(repo, "tree", "--kernel", kernel), "in the way")
    assert os.listdir(repo / "build" / "linux") == ["mine"]


def test_an_export_without_a_tree_is_refused(repo, tmp_path):
    one_clear_line(tool(repo, "series", tmp_path / "out"), "make tree")


def test_a_missing_tool_is_named(repo, kernel, tmp_path):
    empty = tmp_path / "bin"
    empty.mkdir()
    one_clear_line(tool(repo, "tree", "--kernel", kernel, env={"PATH": str(empty)}), "git")
    _nothing_left(repo)


def test_a_missing_unpacker_is_named(monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(shutil.which("git"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(source, "NEEDED", 0)
    with pytest.raises(SeriesError, match="tar"):
        source.obtain(tmp_path / "out" / "linux")
    assert os.listdir(tmp_path / "out") == []


def test_no_space_is_seen_before_the_start(repo, kernel, small_disk):
    one_clear_line(tool(repo, "tree", "--kernel", kernel, "--out", small_disk / "linux"), "MiB")
    assert os.listdir(small_disk) == []


@pytest.mark.parametrize("size", [256 << 10, 36 << 10], ids=["for the files", "for git"])
def test_no_space_in_the_middle_leaves_nothing(monkeypatch, kernel, small_disk, size):
    (kernel / "drivers" / "big").write_bytes(os.urandom(size))
    monkeypatch.setattr(source, "NEEDED", 0)
    with pytest.raises(SeriesError, match="(?i)space|git"):
        source.obtain(small_disk / "linux", kernel)
    assert os.listdir(small_disk) == []


def test_a_broken_package_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(source, "TARBALL", tmp_path / "linux.tar.xz")
    monkeypatch.setattr(source, "NEEDED", 0)
    (tmp_path / "linux.tar.xz").write_bytes(b"not an archive")
    with pytest.raises(SeriesError, match="unpack"):
        source.obtain(tmp_path / "out" / "linux")
    assert os.listdir(tmp_path / "out") == []


# The real series on the real kernel

@pytest.fixture(name="linux", scope="module")
def _linux():
    assert (LINUX / ".git").exists(), "build/linux: no tree; run 'make tree' first"
    sets = parse.read_series(ROOT)
    head, _ = commits.build(LINUX, ROOT, sets, "base")
    return LINUX, head


def test_each_commit_of_the_series_refers_to_files_that_exist(linux):
    tree, head = linux
    ids = git(tree, "rev-list", "--reverse", f"base..{head}").split()
    for commit in ids:
        files = set(git(tree, "ls-tree", "-r", "--name-only", commit, "--", "arch/x86/pvops",
                        "drivers/pv-net", "drivers/pv-balloon", "drivers/pv-svga").split())
        for path in files:
            if not parse.progressive(path):
                continue
            text = git(tree, "show", f"{commit}:{path}")
            assert at_commit(path, text, files) == text, f"{commit[:12]} {path}"


def test_git_am_of_the_whole_export_is_the_built_tree(linux, tmp_path):
    tree, head = linux
    done = tool(ROOT, "series", "--tree", tree, "--signoff", "A B <a.b@example.org>",
                tmp_path / "out")
    assert done.returncode == 0, done.stderr
    touched = git(tree, "diff", "--name-only", "base", head).split()
    where = tmp_path / "am"
    try:
        assert _apply_export(tree, tmp_path / "out", where, touched) == \
            git(tree, "rev-parse", f"{head}^{{tree}}")
    finally:
        shutil.rmtree(where, ignore_errors=True)
        git(tree, "worktree", "prune")


def test_the_overlay_is_the_tree_byte_for_byte(linux):
    tree, head = linux
    for path in parse.overlay_files(ROOT):
        blob = subprocess.run(["git", "-C", tree, "show", f"{head}:{path}"], capture_output=True,
                              check=True).stdout
        assert blob == (Path(ROOT) / path).read_bytes(), path
