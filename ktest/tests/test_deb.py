# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The Debian packages: what is in them; installed and booted in the long form."""

import json
import re
import subprocess

import pytest

from ktest.lib import boot, debroot, kernelpackage, nic
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


@pytest.fixture(name="packages")
def _packages():
    """Packages of a version before the first; afterwards 'dpkg -i build/deb/*.deb' has one each."""
    made = build("0.0.1")
    yield made
    for path in made.values():
        path.unlink()


def test_packages_are_whole(packages):
    """Sources as they are in the repository, what DKMS is told, and the tool's parts."""
    assert set(packages) == {*(f"{n}-dkms" for n in DRIVERS), "pvops-tools"}
    for name, path in packages.items():
        assert {f"usr/share/doc/{name}/{paper}" for paper in ("copyright", "changelog.gz")} <= set(
            contents(path))
    for name, modules in DRIVERS.items():
        path, top = packages[f"{name}-dkms"], f"usr/src/{name}-0.0.1"
        conf = text_of(path, f"{top}/dkms.conf")
        assert re.findall(r'BUILT_MODULE_NAME\[\d\]="(\w+)"', conf) == modules
        files = contents(path)
        assert f"lib/modprobe.d/{name}.conf" in files
        packed = set(re.findall(rf"{top}/(\w+\.[ch])\b", "\n".join(files)))
        ours = {p.name for p in (ROOT / "drivers" / name).glob("*.[ch]")
                if not p.name.endswith("_test.c")} - {"xen.c"}
        assert ours and ours <= packed
        for source in ours:
            assert text_of(path, f"{top}/{source}") == (ROOT / "drivers" / name / source).read_text()
    assert {"usr/bin/pvops", "usr/share/man/man1/pvops.1.gz",
            "usr/share/bash-completion/completions/pvops",
            "usr/lib/pvops/bench-ops"} <= set(contents(packages["pvops-tools"]))
    assert "VERSION=0.0.1" in text_of(packages["pvops-tools"], "usr/bin/pvops")


def test_compat_is_no_part_of_the_series():
    """The header for stock kernels is in no overlay file and no patch."""
    for directory in ("drivers", "arch", "patches"):
        found = subprocess.run(["grep", "-rlE", r"compat\.h\"|left-out|LEFT_OUT|LINUX_VERSION_CODE",
                                ROOT / directory], capture_output=True, text=True)
        assert (found.returncode, found.stdout) == (1, ""), found.stdout + found.stderr


def installed(version):
    """Every module of ours that is there for Debian's kernel, and who asked for it."""
    status = debroot.run("dkms status")
    for name in DRIVERS:
        mine = [line for line in status.splitlines() if line.startswith(f"{name}/")]
        assert len(mine) == (1 if version else 0), status
        assert all(f"{name}/{version}, {debroot.release()}" in line and "installed" in line
                   for line in mine), status
    found = debroot.run(f"find /lib/modules/{debroot.release()} -path '*dkms*' -name 'pv_*.ko*'")
    return sorted(line.rsplit("/", 1)[1].split(".")[0] for line in found.splitlines())


def install(version):
    """Install or upgrade to all packages of a version, which only the root keeps."""
    packages = build(version)
    debroot.copy_in(packages.values())
    for path in packages.values():
        path.unlink()
    debroot.run("dpkg -i " + " ".join(f"/tmp/{p.name}" for p in packages.values()))


# In place of the generator of initramfs, which would take minutes: what it was told.
RECORDER = "#!/bin/sh\necho \"$@\" >>/tmp/initramfs-told\n"


def told():
    """What the packages have told update-initramfs since the last time."""
    path = debroot.ROOT / "tmp" / "initramfs-told"
    text = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    return set(text.splitlines())


EVERY = sorted(m for modules in DRIVERS.values() for m in modules)


@pytest.fixture(scope="module")
def debian():
    """The Debian root."""
    debroot.make()


@pytest.mark.soak
def test_install_upgrade_remove_install(debian, quantity):
    """In a Debian root file system, against Debian's kernel and headers."""
    wanted = quantity("deb.cycles", required=1, short=1)
    names = " ".join([*(f"{n}-dkms" for n in DRIVERS), "pvops-tools"])
    debroot.run(f"dpkg --purge {names}")
    recorder = debroot.ROOT / "usr" / "local" / "sbin" / "update-initramfs"
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    told()
    install("0.0.1")
    assert installed("0.0.1") == EVERY and told() == {"-u -k all"}
    assert "pvops" in debroot.run("pvops --version && man -w pvops")
    install("0.0.2")
    assert installed("0.0.2") == EVERY
    assert not debroot.run("ls -d /usr/src/pv-*-0.0.1", check=False).startswith("/usr/src")
    told()
    debroot.run("dpkg -r " + " ".join(f"{n}-dkms" for n in DRIVERS))
    assert not installed("") and told() == {"-u -k all"}
    debroot.run("dpkg --purge " + " ".join(f"{n}-dkms" for n in DRIVERS))
    left = debroot.run("find / -xdev -path /proc -prune -o -path /tmp -prune -o -name 'pv-*' -print "
                       "-o -name 'pv_*' -print | grep -v '^/usr/src/linux\\|^/sys'", check=False)
    assert not [n for n in left.splitlines() if re.search(r"pv[-_](net|svga|balloon|ptp)", n)], left
    install("0.0.2")
    assert installed("0.0.2") == EVERY
    recorder.unlink()
    wanted.done = 1


# What the root's init does: the release that runs, a module of it, our tool.
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
echo "DEB RELEASE $(uname -r)"
modprobe veth 2>/dev/null
modprobe e1000 && echo "DEB MODULE $(cut -d ' ' -f 1 /proc/modules | tr '\\n' ' ')"
pvops status --json
echo "KTEST DONE 0"
sync
stty -echo
echo o >/proc/sysrq-trigger
sleep 10
"""


def packaged(kind):
    """The package linux-KIND-RELEASE-pvops that 'make deb' has left."""
    found = [p for p in DEB.glob(f"linux-{kind}-*{kernelpackage.VERSION}_*.deb")
             if "-dbg" not in p.name]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.soak
def test_kernel_package(debian, quantity):
    """The project's kernel as packages: installed in the Debian root, booted there, removed."""
    wanted = quantity("deb.kernel", required=1, short=1)
    for old in DEB.glob("linux-*.deb"):
        old.unlink()
    subprocess.run(["make", "-s", "deb"], cwd=ROOT, check=True)
    packages = [packaged("image"), packaged("headers"), DEB / "pvops-tools_0.1_amd64.deb"]
    debroot.copy_in(packages)
    # dkms 3.0 fails a kernel's installation over modules that are not for it, and ours are not
    debroot.run("dpkg --purge " + " ".join(f"{n}-dkms" for n in DRIVERS))
    said = debroot.run("dpkg -i " + " ".join(f"/tmp/{p.name}" for p in packages))
    release, = (r for r in debroot.releases() if r.endswith(kernelpackage.VERSION))
    for name in ("vmlinuz", "System.map", "config"):
        assert (debroot.ROOT / "boot" / f"{name}-{release}").exists(), said
    init = debroot.ROOT / "deb-init"
    init.write_text(INIT)
    init.chmod(0o755)
    result = boot.run("native", test="none", cmdline="root=/dev/vda rw rdinit=/none init=/deb-init",
                      image=debroot.ROOT / "boot" / f"vmlinuz-{release}", devices=debroot.disk(),
                      console="deb-kernel", timeout=120)
    assert result.ok, result.explain()
    text = result.console.text
    assert f"DEB RELEASE {release}" in text
    assert "e1000" in re.search(r"^DEB MODULE (.*)", text, re.M)[1]
    status = json.loads(text[text.index("\n{") + 1:text.rindex("\n}") + 2])
    assert status["platform"] == "native" and status["kernel"] == release
    names = " ".join(p.name.split("_")[0] for p in packages[:2])
    debroot.run(f"dpkg --purge {names}")
    assert release not in debroot.releases()
    assert not list((debroot.ROOT / "boot").glob(f"*{release}"))
    wanted.done = 1


DEVICES = ["-netdev", "user,id=u0", "-device", "vmxnet3,netdev=u0,romfile=",
           "-device", "vmware-svga", "-device", "virtio-balloon-pci"]
PEERS = ["vmxnet3", "vmwgfx", "virtio_balloon"]
# Debian's kernel says more than the project's about QEMU's machine.
SAYS = (r"^pv_\w+: loading out-of-tree module taints kernel"
        r"|^(?!.*(?:pv_|pvb_|vmxnet3|BUG|WARNING|Oops|UBSAN|panic|stall|blocked for)).*")


@pytest.mark.soak
def test_stock_kernel(debian, quantity):
    """Debian's image boots, loads the modules by the devices' names, and they serve."""
    wanted = quantity("deb.stock-boot", required=1, short=1)
    # of the source as it is now
    debroot.run("dpkg --purge " + " ".join(f"{n}-dkms" for n in DRIVERS))
    install("0.0.2")
    wanted.image = debroot.image()
    archive = debroot.modules([*EVERY, *PEERS], nic.tools("ip"))
    archive.file("/usr/bin/pvops", ROOT / "scripts" / "deb" / "tool" / "pvops", 0o755)
    result = boot.run("native", SAYS, test="dkms", image=debroot.image(), files=archive,
                      devices=DEVICES, console="deb-stock", timeout=120)
    assert result.ok, result.explain()
    text = result.console.text
    drivers = [d for _, d in re.findall(r"^DKMS DRIVER (\S+) (\S+)", text, re.M)]
    assert {"pv_net", "pv_svga", "pv_balloon"} <= set(drivers), drivers
    assert not set(PEERS) & set(drivers), drivers
    assert re.search(r"^DKMS SAID pv_balloon: without .*PSI.* and Xen", text, re.M)
    assert "DKMS TRAFFIC ok" in text
    assert {"pv_net", "pv_balloon"} <= set(re.findall(r"^DKMS REMOVED (\S+)", text, re.M))
    status = json.loads(text[text.index("\n{") + 1:text.rindex("\n}") + 2])
    assert "no pvops core" in status["unseen"]["platform"]
    assert status["drivers"]["net"]["eth0"] == "pv_net"
    assert "pv_balloon0" in status["balloon"]
    wanted.done = 1
