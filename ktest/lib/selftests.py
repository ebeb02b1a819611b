# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The kernel's own selftests for network devices, built from the tree for a guest."""

from pathlib import Path
import re
import subprocess
import sysconfig

from . import KtestError
from .paths import BUILD, LINUX

OUT = BUILD / "selftests"
TOOLS = LINUX / "tools"
TESTS = TOOLS / "testing" / "selftests"
# Where they are in the guest: laid out as in the kernel tree.
SOURCE = "/src"

# A KTAP line behind the script's comment sign: failed, description, directive.
_KTAP = re.compile(r"^# (not )?ok \d+ ([^#\n]*)(#.*)?$", re.M)

_PYTHON_LEFT_OUT = ("test", "idlelib", "lib2to3", "ensurepip", "tkinter", "turtledemo",
                    "__pycache__", "pydoc_data")


def _run(*words, **options):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, **options)
    if done.returncode:
        raise KtestError(f"{words[0]} {words[-1]}: {done.stderr.strip()[-600:]}")
    return done.stdout


def _newer(path, *sources):
    return path.exists() and all(path.stat().st_mtime > Path(s).stat().st_mtime for s in sources)


def _program(name, *sources, flags=(), libraries=()):
    """Compile @sources to OUT/@name unless it is there and newer."""
    path = OUT / name
    if not _newer(path, *sources):
        OUT.mkdir(parents=True, exist_ok=True)
        _run("gcc", "-O2", *flags, *sources, *libraries, "-o", path)
    return path


def _libbpf():
    """The tree's own libbpf; its headers are in the returned directory."""
    archive = OUT / "libbpf" / "libbpf.a"
    if not _newer(archive, TOOLS / "lib" / "bpf" / "libbpf.c"):
        archive.parent.mkdir(parents=True, exist_ok=True)
        _run("make", "-s", "-C", TOOLS / "lib" / "bpf", f"OUTPUT={archive.parent}/",
             f"DESTDIR={OUT / 'include'}", "prefix=", archive, "install_headers")
    return archive


def xskxceiver():
    """The AF_XDP test of tools/testing/selftests/bpf."""
    bpf, headers = TESTS / "bpf", OUT / "include" / "include"
    library = _libbpf()
    skeleton = OUT / "xsk_xdp_progs.skel.h"
    if not _newer(skeleton, bpf / "progs" / "xsk_xdp_progs.c"):
        compiled = OUT / "xsk_xdp_progs.bpf.o"
        _run("clang-14", "-g", "-O2", "-w", "-target", "bpf", "-I", headers, "-I", bpf,
             "-I", f"/usr/include/{sysconfig.get_config_var('MULTIARCH')}",
             "-I", TOOLS / "include" / "uapi",
             "-c", bpf / "progs" / "xsk_xdp_progs.c", "-o", compiled)
        skeleton.write_text(_run("bpftool", "gen", "skeleton", compiled, "name", "xsk_xdp_progs"))
    return _program("xskxceiver", *(bpf / f"{n}.c" for n in ("xskxceiver", "xsk", "network_helpers")),
                    TOOLS / "lib" / "find_bit.c", library,
                    flags=("-w", "-I", OUT, "-I", headers, "-I", bpf, "-I", TOOLS / "include",
                           "-I", TOOLS / "include" / "uapi", "-I", TESTS, "-I", TOOLS / "lib"),
                    libraries=("-lelf", "-lz", "-lpthread"))


def _add_tree(archive, source, path):
    for file in sorted(Path(source).rglob("*")):
        parts = file.relative_to(source).parts
        if file.is_file() and not set(parts) & set(_PYTHON_LEFT_OUT):
            archive.file(f"{path}/{file.relative_to(source)}", file)


def _add_python(archive):
    """Debian's Python with its library and YAML."""
    archive.program("/usr/bin/python3", "/usr/bin/python3")
    library = Path(_run("/usr/bin/python3", "-c",
                        "import sysconfig; print(sysconfig.get_path('stdlib'))").strip())
    _add_tree(archive, library, library)
    _add_tree(archive, "/usr/lib/python3/dist-packages/yaml", "/usr/lib/python3/dist-packages/yaml")
    for module in (library / "lib-dynload").glob("*.so"):
        if module.name.startswith(("_ssl", "_tkinter", "_sqlite", "_curses", "readline")):
            continue
        archive.program(module)


def add_ynl(archive):
    """Put Python and the kernel's netlink library into an initramfs archive."""
    _add_python(archive)
    for part in ("tools/net/ynl/lib", "Documentation/netlink/specs"):
        _add_tree(archive, LINUX / part, f"{SOURCE}/{part}")


def add_to(archive):
    """Put the selftests with all that they need into an initramfs archive."""
    add_ynl(archive)
    for part in ("net/lib/py", "drivers/net"):
        _add_tree(archive, TESTS / part, f"{SOURCE}/tools/testing/selftests/{part}")
    gro = _program("gro", TESTS / "net/gro.c",
                   flags=("-static", "-w", "-I", TESTS, "-I", BUILD / "release/usr/include"))
    archive.file(f"{SOURCE}/tools/testing/selftests/net/gro", gro, 0o755)
    # The tests' commands go through a shell, which must not be busybox: it
    # prefers its own ip.
    archive.program("/bin/dash", "/bin/sh")
    archive.program("/bin/bash", "/bin/bash")


def add_xskxceiver(archive):
    """Put the AF_XDP test into an initramfs archive."""
    archive.program(xskxceiver(), "/usr/bin/xskxceiver")
    # What ends a thread is loaded only then.
    archive.program(_run("gcc", "-print-file-name=libgcc_s.so.1").strip(),
                    f"/lib/{sysconfig.get_config_var('MULTIARCH')}/libgcc_s.so.1")


def add_libxdp(archive):
    """Put the programs that Debian's libxdp loads into an initramfs archive."""
    programs = Path("/usr/lib") / sysconfig.get_config_var("MULTIARCH") / "bpf"
    for program in programs.glob("x*.o"):
        archive.file(str(program), program)


def _verdicts(said):
    """[(test, verdict)] of what one suite printed."""
    return [(test, "fail" if failed else "skip" if re.search(r"# *(SKIP|XFAIL)", note) else "pass")
            for failed, test, note in _KTAP.findall(said)]


def results(text):
    """{suite:test: pass, fail or skip} of a console; a suite of one test is that test."""
    found = dict(re.findall(r"^SELFTEST (\S+) (\w+)$", text, re.M))
    for name, said in re.findall(r"^SUITE (\S+)\n(.*?)^SUITE end$", text, re.M | re.S):
        verdicts = _verdicts(said)
        if len(verdicts) < 2:
            found[name] = verdicts[0][1] if verdicts else "fail"
            continue
        for test, verdict in verdicts:
            found[f"{name}:" + re.sub(r"\s+", "_", test.strip(" -."))] = verdict
    return found
