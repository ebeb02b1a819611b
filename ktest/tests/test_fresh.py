# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Each documented command, as written, in a Debian 12 that has nothing but make."""

import re
import shutil
import subprocess

import pytest

from ktest.lib import debroot, packages
from ktest.lib.paths import BUILD, ROOT

PAGES = ("README.md", *(f"Documentation/virt/pvops/{name}.rst" for name in
                        ("admin", "benchmark", "install", "series", "testing")))
FRESH = BUILD / "fresh"
HERE = "/var/pvops"
CACHE = "/var/cache/ccache"
# The system's and ours; the first alone are what "fresh" means.
MAKE = "apt-get install -y --no-install-recommends make"
# What is run, in this order: {command: what its output ends with or has in it}.
RUN = {
    "make tree": r"commits in \d+ sets",
    "make run": r"^pvm .* pass$",
    "make deb": r"linux-image-.*-pvops",
    "apt install dkms linux-image-6.12-amd64 linux-headers-6.12-amd64": r"linux-image-6.12",
    "dpkg -i build/deb/pv-net-dkms_*.deb build/deb/pv-svga-dkms_*.deb "
    "build/deb/pv-balloon-dkms_*.deb": r"Setting up pv-balloon-dkms",
    "dkms status": r"pv-net/.*installed",
    "apt purge pv-net-dkms pv-svga-dkms pv-balloon-dkms": r"Removing pv-net-dkms",
    "dpkg -i build/deb/pvops-tools_*.deb": r"Setting up pvops-tools",
    "pvops status": r"^kernel",
    "dpkg -i build/deb/linux-image-*.deb": r"Setting up linux-image",
    "make bench ONLY=net": r"report: ",
    "make docs": r" 0 warnings",
    "make test": r"passed, 0 failed",
    "make bench": r"report: ",
}
# What is documented and not run here, and why.
ELSEWHERE = {
    "make deb KERNEL_CONFIG=debian": "takes hours on two cores",
    "make deb KERNEL_CONFIG=/boot/config-6.12.0-custom": "stands for any file",
    "trace-cmd record -e pvops -e pv_balloon": "is for a guest",
}


def documented():
    """The commands that the pages give, with the page of each."""
    found = {}
    for page in PAGES:
        for line in (ROOT / page).read_text().splitlines():
            given = re.match(r"\t(make .*?)(?:\t#.*)?$|  [$#] (.*)$", line)
            if given:
                found.setdefault((given[1] or given[2]).strip(), page)
    return found


def test_documented_commands_are_known():
    """Each is run in the long form, or there is a reason why not."""
    there = documented()
    assert len(there) > 10
    assert not {c: p for c, p in there.items() if c not in RUN and c not in ELSEWHERE}
    assert not [c for c in ELSEWHERE if c not in there]


def test_each_target_is_listed():
    """Targets that install packages are on the page that lists them."""
    page = (ROOT / "Documentation" / "virt" / "pvops" / "packages.rst").read_text()
    targets = packages.targets()
    assert {"tree", "run", "test", "bench", "soak", "deb", "docs", "lint"} <= set(targets)
    assert all(f"make {name}" in page for name in targets)
    known = set(packages.groups())
    assert not [g for groups in targets.values() for g in groups if g not in known]


def compiled():
    """What has been compiled here already need not be compiled there: [(outside, inside)]."""
    said = subprocess.run(["ccache", "--get-config", "cache_dir"], capture_output=True, text=True)
    return [(said.stdout.strip(), CACHE)] if said.stdout.strip() else []


def inside(command, check=True):
    """Run a command in the fresh system, in the repository."""
    return debroot.run(f"cd {HERE} && export CCACHE_DIR={CACHE} && {command}", check, FRESH,
                       compiled())


def chosen():
    """The packages that are installed by wish and not for another's sake."""
    return set(debroot.run("apt-mark showmanual", root=FRESH).split())


@pytest.fixture(scope="module")
def fresh():
    """Debian's minimal system, the repository's files, make; what was there before the rest."""
    shutil.rmtree(FRESH, ignore_errors=True)
    subprocess.run(["mmdebstrap", "--variant=minbase", "--format=directory", "bookworm", FRESH],
                   check=True, capture_output=True)
    # names are resolved as here
    shutil.copy("/etc/resolv.conf", FRESH / "etc" / "resolv.conf")
    files = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True)
    subprocess.run(["cpio", "--quiet", "-0", "-pdm", f"{FRESH}{HERE}"], input=files.stdout, cwd=ROOT,
                   check=True)
    debroot.run(f"apt-get update && {MAKE}", root=FRESH)
    return chosen()


@pytest.mark.soak
@pytest.mark.parametrize("command", RUN)
def test_fresh(fresh, command, quantity):
    """The command works, and "make run" installs what packages.rst lists and nothing else."""
    wanted = quantity(f"fresh.{re.sub('[^a-z-]+', '-', command.lower())[:40]}", required=1, short=1)
    # a person would answer apt's question
    said = inside(re.sub(r"^apt (\w+)", r"apt-get -y \1", command))
    assert re.search(RUN[command], said, re.M), said[-2000:]
    if command == "make run":
        assert chosen() - fresh == set(packages.of("run")) - fresh
    wanted.done = 1
