# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""A repository of overlay and series, and a kernel tree, both small enough for a test.

The kernel is a stand-in: a handful of files in the form that the tools
look at.  The cases that speak of the real series use build/linux.
"""

import os
from pathlib import Path
import shutil
import subprocess
import sys

ROOT = Path(__file__).resolve().parent.parent.parent

KERNEL = {
    "Makefile": "# SPDX-License-Identifier: GPL-2.0\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 99\n",
    "Kbuild": "obj-y += drivers/\n",
    "MAINTAINERS": "Head\n\nMaintainers List\n----------------\n\n"
                   "ABC DRIVER\nM:\tA <a@example.org>\nF:\tdrivers/abc/\n\n"
                   "THE REST\nM:\tR <r@example.org>\nF:\t*\n",
    "drivers/Makefile": "obj-y += abc/\nobj-y += xyz/\n",
    "drivers/Kconfig": 'menu "Device Drivers"\n\nsource "drivers/abc/Kconfig"\n\nendmenu\n',
}

HOOK = """--- a/drivers/Makefile
+++ b/drivers/Makefile
@@ -1,2 +1,3 @@
 obj-y += abc/
+obj-y += pv-net/
 obj-y += xyz/
--- a/drivers/Kconfig
+++ b/drivers/Kconfig
@@ -2,4 +2,6 @@

 source "drivers/abc/Kconfig"

+source "drivers/pv-net/Kconfig"
+
 endmenu
""".replace("\n\n", "\n \n")

REPO = {
    "MAINTAINERS": "PV NET\nM:\tP <p@example.org>\nF:\tdrivers/pv-net/\n",
    "drivers/pv-net/Kconfig": "config PV_NET\n\ttristate\n",
    "drivers/pv-net/Makefile": "obj-$(CONFIG_PV_NET) += pv_net.o\npv_net-y += main.o\npv_net-y += rx.o\n",
    "drivers/pv-net/main.c": "int main_c;\n",
    "drivers/pv-net/rx.c": "int rx_c;\n",
    "patches/pv-net/cover.txt": "What it is for.\n",
    "patches/pv-net/main.msg": "net: pv_net: Start\n\nA device without a driver.\n",
    "patches/pv-net/main.diff": HOOK,
    "patches/pv-net/rx.msg": "net: pv_net: Receive\n\nPackets come in.\n",
    "patches/series": "set pv-net net: a driver\n\n"
                      "files pv-net/main.msg pv-net/main.diff\n"
                      "\tdrivers/pv-net/Kconfig\n\tdrivers/pv-net/Makefile\n"
                      "\tdrivers/pv-net/main.c\n"
                      "files pv-net/rx.msg\n\tdrivers/pv-net/rx.c\n",
}


def write(top, files):
    """Write {path: text} below @top."""
    for path, text in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text)


def git(top, *args, data=None):
    """Run git in @top with a neutral identity; return its output."""
    ident = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    done = subprocess.run(["git", *ident, *args], cwd=top, input=data, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make_kernel(top, **changes):
    """A small kernel tree at @top; @changes replace the text of top-level files."""
    write(top, dict(KERNEL, **changes))
    return top


def make_repo(top, **changes):
    """A small repository at @top, with the tools of this one."""
    write(top, dict(REPO, **changes))
    shutil.copytree(ROOT / "scripts", top / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (top / ".gitignore").write_text("/build/\n__pycache__/\n")
    git(top, "init", "-q")
    return top


def tool(repo, name, *args, env=None):
    """Run scripts/@name of @repo, with our ktest/lib; return the finished process."""
    return subprocess.run([sys.executable, str(repo / "scripts" / name), *map(str, args)],
                          cwd=repo, capture_output=True, text=True, check=False,
                          env=dict(os.environ, PYTHONPATH=str(ROOT), **(env or {})))


def one_clear_line(done, word):
    """A failure that says one line with @word in it, and shows nothing of its inside."""
    assert done.returncode == 1, done
    lines = done.stderr.strip().split("\n")
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert word in lines[0], lines[0]
