# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The Debian packages: what is in them; installed and booted in the long form."""

import re
import subprocess

from ktest.lib.paths import BUILD, ROOT

DEB = BUILD / "deb"
DRIVERS = {"pv-net": ["pv_net"], "pv-svga": ["pv_svga"], "pv-balloon": ["pv_balloon", "pv_ptp"]}


def build(version):
    """Make all packages but the kernel's; return {name: path}."""
    subprocess.run([ROOT / "scripts" / "deb" / "build", "--version", version], check=True,
                   stdout=subprocess.DEVNULL)
    return {p.name.split("_")[0]: p for p in DEB.glob(f"*_{version}_*.deb")}


def contents(path):
    """{file in the package: its text} of every regular file that is text."""
    listed = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], capture_output=True, check=True)
    names = subprocess.run(["tar", "-t"], input=listed.stdout, capture_output=True, check=True)
    return [n.removeprefix("./") for n in names.stdout.decode().split()]


def text_of(path, name):
    """One file of a package."""
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], capture_output=True, check=True)
    return subprocess.run(["tar", "-xO", f"./{name}"], input=tar.stdout, capture_output=True,
                          check=True).stdout.decode()


def test_packages_are_whole():
    """Sources as they are in the repository, what DKMS is told, and the tool's parts."""
    packages = build("0.0.1")
    assert set(packages) == {*(f"{n}-dkms" for n in DRIVERS), "pvops-tools"}
    for name, modules in DRIVERS.items():
        path, top = packages[f"{name}-dkms"], f"usr/src/{name}-0.0.1"
        conf = text_of(path, f"{top}/dkms.conf")
        assert re.findall(r'BUILT_MODULE_NAME\[\d\]="(\w+)"', conf) == modules
        files = contents(path)
        assert f"lib/modprobe.d/{name}.conf" in files
        for source in re.findall(rf"{top}/(\w+\.[ch])\b", "\n".join(files)):
            here = ROOT / "drivers" / name / source
            if here.exists():
                assert text_of(path, f"{top}/{source}") == here.read_text(), source
    assert {"usr/bin/pvops", "usr/share/man/man1/pvops.1.gz",
            "usr/share/bash-completion/completions/pvops",
            "usr/lib/pvops/bench-ops"} <= set(contents(packages["pvops-tools"]))
    assert "VERSION=0.0.1" in text_of(packages["pvops-tools"], "usr/bin/pvops")


def test_compat_is_no_part_of_the_series():
    """The header for stock kernels is in no overlay file and no patch."""
    for directory in ("drivers", "arch", "patches"):
        found = subprocess.run(["grep", "-rlE", r"compat\.h\"|left-out|LEFT_OUT|LINUX_VERSION_CODE",
                                ROOT / directory], capture_output=True, text=True)
        assert not found.stdout, found.stdout
