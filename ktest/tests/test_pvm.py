# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The PVM backend on the reference host.

The platform's row itself is in test_matrix.py.  Here are the host's
personalities, which vary whatever the ABI leaves open, and the hosts that the
backend must refuse.
"""

import re

import pytest

from ktest.lib import boot, console, cpio, matrix, platforms, testmodules
from ktest.lib.platforms import pvm

# What the ABI leaves to the host, as options of ktest/pvmhost.
PERSONALITIES = ["noswitch", "dropshadow", "lateAD", "staleIP", "invlpgspur", "nopcid",
                 "pcid8", "tlsret", "nmibits", "l1", "intent", "intent intentdrop",
                 "intent noswitch", "intent intentdrop dropshadow lateAD"]

# Hosts of another generation, and what the guest says.
REFUSED = {
    "gen=R": "pvm: this host speaks ABI generation R",
    "gen=V1": "pvm: this host speaks ABI version 1",
}


@pytest.mark.soak
@pytest.mark.parametrize("personality", PERSONALITIES)
def test_personality(personality, monkeypatch, quantity):
    """The self test passes whatever the host does with its freedom."""
    name = personality.replace(" ", "-")
    wanted = quantity(f"pvm.personality.{name}", required=3, short=1)
    monkeypatch.setenv(pvm.HOST_OPTIONS, personality)
    for _ in range(wanted.count):
        result = boot.run("pvm", console=f"pvm-{name}")
        assert result.ok, result.explain()
        wanted.done += 1


@pytest.mark.parametrize("option", REFUSED)
def test_other_generation_is_refused(option, monkeypatch):
    """One clear line and no boot."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, option)
    with boot.Guest(boot.Boot("pvm", console=f"pvm-{option.replace('=', '-')}")) as guest:
        guest.wait_for(REFUSED[option], timeout=30)
        # all that it has to say
        guest.wait_for(r"^pvmhost: end of machine, status 1$", timeout=30)
        text = guest.machine.raw().decode(errors="replace")
    assert "Linux version" not in text
    assert text.count("\npvm: ") + text.startswith("pvm: ") == 1


# Mitigations that a PVM guest has no means for.
CLAIMS = (r"Mitigation: PTI|IBRS_FW|Automatic IBRS|Mitigation: IBRS|IBPB: (?!disabled)"
          r"|STIBP: (?!disabled)|Speculative Store Bypass disabled")


def run(console, expect=(), **options):
    """Boot to the end, well; @expect: patterns that the console must have.  Returns its text."""
    result = boot.run("pvm", console=f"pvm-{console}", **options)
    assert result.ok, result.explain()
    for pattern in expect:
        assert re.search(pattern, result.console.text, re.M), f"no '{pattern}'"
    return result.console.text


def test_limits():
    """What the ABI cannot do fails as it should; KVM's calls are PVM's; ACPI powers off."""
    text = run("limits", test="pvm", expect=[
        r"reboot: Power down\npvmhost: the guest ends the machine by port 604$",
        r"^pvmhost: counter vmcalls 0$"])
    calls = re.search(r"^pvmhost: counter kvm_hypercalls (\d+)$", text, re.M)
    assert calls and int(calls.group(1)) >= 1000, "ptp_kvm's hypercalls did not reach the host"
    for line in re.findall(r"vulnerability\.(\w+=.*)", text):
        assert not re.search(CLAIMS, line), line


# Host's options, the guest's, and whether the extension is on then.
INTENT = [("intent", "", True), ("intent intentdrop", "", True),
          ("intent", "pvops.pvm.no_intent", False), ("", "", False)]


@pytest.mark.parametrize("host, guest, on", INTENT)
def test_intent(host, guest, on, monkeypatch):
    """The self test with the extension on both sides, losing entries, and on one side or none."""
    monkeypatch.setenv(pvm.HOST_OPTIONS, f"stats {host}")
    text = run(f"intent-{host or 'not'}-{guest or 'taken'}".replace(" ", "-"), cmdline=guest,
               expect=[f"^KTEST INFO pvops.features.intent={'on' if on else 'off'}$"])
    count = {n: int(v) for n, v in re.findall(r"^pvmhost: counter (\S+) (\d+)", text, re.M)}
    assert (count.get("intent_fills", 0) > 100) == on, count
    assert (count.get("hypercall.INTENT_FLUSH", 0) > 100) == on, count
    assert ("intent_dropped" in count) == ("intentdrop" in host), count


@pytest.mark.soak
def test_boots_in_a_row(quantity):
    """The row's own boot again and again."""
    wanted = quantity("pvm.boots", required=50, short=2)
    for _ in range(wanted.count):
        run("again")
        wanted.done += 1


@pytest.mark.soak
@pytest.mark.parametrize("cpus", [1, 4, 8])
def test_cpus(cpus, quantity):
    """One, four and eight vCPUs on as many CPUs of QEMU."""
    wanted = quantity(f"pvm.cpus{cpus}", required=3, short=1)
    for _ in range(wanted.count):
        text = run(f"cpus{cpus}", cpus=cpus, memory="2G", timeout=240)
        assert f"KTEST INFO cpus={cpus}\n" in text
        wanted.done += 1


@pytest.mark.soak
def test_vcpus_on_fewer_cpus(monkeypatch, quantity):
    """Four vCPUs on two CPUs: each gets slices, and waits for the others'."""
    wanted = quantity("pvm.overcommit", required=3, short=1)
    monkeypatch.setenv(pvm.HOST_OPTIONS, "vcpus=4")
    for _ in range(wanted.count):
        text = run("overcommit", cpus=2, timeout=240)
        assert "KTEST INFO cpus=4\n" in text
        wanted.done += 1


@pytest.mark.soak
def test_hotplug(quantity):
    """CPUs go and come back under load."""
    wanted = quantity("pvm.hotplug", required=50, short=2)
    text = run("hotplug", test="hotplug", cpus=4, timeout=60 + 10 * wanted.count,
               cmdline=f"ktest.rounds={wanted.count}")
    wanted.done = text.count("hotplug: round ")


# panic.sh's
PROVOKED = "Kernel panic - not syncing: sysrq triggered crash"


@pytest.mark.soak
@pytest.mark.parametrize("how", ["panic", "reboot"])
def test_second_boot(how):
    """After a panic, and after a restart, the same host boots the image again."""
    machine = boot.Boot("pvm", test=how, devices=["-action", "reboot=reset"],
                        console=f"pvm-second-{how}")
    with boot.Guest(machine) as guest:
        first = guest.wait_for("^KTEST BOOT ", timeout=120)
        guest.wait_for("the guest ends the machine by port", timeout=60, start=first.end())
        guest.wait_for("^KTEST BOOT ", timeout=120, start=first.end())
        wrong = console.splats(guest.machine.text(), "pvm", PROVOKED)
        assert not wrong, wrong


@pytest.mark.soak
def test_kaslr(monkeypatch, quantity):
    """RANDOMIZE_MEMORY moves what it moves, inside the range that the host states."""
    wanted = quantity("pvm.kaslr", required=20, short=2)
    monkeypatch.setenv(pvm.HOST_OPTIONS, "kaslr")
    seen = set()
    for _ in range(wanted.count):
        text = run("kaslr", test="kaslr")
        first = int(re.search(r"^KTEST INFO vmalloc=0x(\w+)", text, re.M).group(1), 16)
        assert 272 <= first >> 39 & 511 <= 511
        seen.add(first)
        wanted.done += 1
    print(f"places of the vmalloc area: {sorted(map(hex, seen))}")
    assert len(seen) >= 0.9 * wanted.count


@pytest.mark.soak
def test_cpu_with_five_levels():
    """LA57 in the plain CPUID leads to nothing: the host has four levels."""
    text = run("la57", test="kaslr", devices=["-cpu", "max"])
    assert "KTEST INFO la57=0\n" in text


@pytest.mark.soak
@pytest.mark.parametrize("cpus", [1, 4])
def test_debug_kernel(cpus):
    """KASAN's shadow, lockdep and the rest inside the range."""
    result = boot.run("pvm", console=f"pvm-debug{cpus}", kernel="debug", cpus=cpus, memory="2G",
                      timeout=600)
    result.console.problems += matrix.shortcomings(platforms.get("pvm"), result)
    assert result.ok, result.explain()


@pytest.mark.parametrize("platform", ["pvm", pytest.param("native", marks=pytest.mark.soak)])
def test_text_patching(platform):
    """Tracers, probes, static branches and calls, software events, io_uring."""
    archive = cpio.Archive()
    testmodules.add_to(archive)
    result = boot.run(platform, test="text", files=archive, timeout=240,
                      cmdline="kunit.enable=0", console=f"{platform}-text")
    assert result.ok, result.explain()


FUZZ_CLASSES = ["unknown-hypercall", "flush", "read-msr", "write-msr", "kvm-call"]


@pytest.mark.soak
def test_fuzz_from_linux(quantity):
    """Random calls of a running kernel, on two CPUs, hurt neither it nor the host."""
    wanted = quantity("pvm.fuzz.linux", required=100000, short=5000)
    archive = cpio.Archive()
    testmodules.add_to(archive)
    text = run("fuzz", test="pvm-fuzz", files=archive, timeout=600,
               cmdline=f"ktest.cases={(wanted.count + 1) // 2} ktest.seed={wanted.seed + 1}")
    done = {name: sum(int(n) for n in re.findall(rf"class {name} cases (\d+) ", text))
            for name in FUZZ_CLASSES}
    print(done)
    wanted.done = min(done.values())
    assert wanted.done >= wanted.count


@pytest.mark.soak
@pytest.mark.parametrize("vcpus, cpus", [(4, 4), (4, 2)])
def test_time_never_goes_back(vcpus, cpus, monkeypatch, quantity):
    """One thread a vCPU against a shared maximum, by system call and by vDSO."""
    wanted = quantity(f"pvm.time{cpus}", required=10_000_000, short=100_000)
    monkeypatch.setenv(pvm.HOST_OPTIONS, f"vcpus={vcpus}")
    text = run(f"time{cpus}", test="time", cpus=cpus, timeout=1200,
               cmdline=f"kunit.enable=0 ktest.samples={wanted.count}")
    found = re.findall(r"^TIME (\S+) (\d+) (\d+) (\d+)$", text, re.M)
    assert [f[0] for f in found] == ["monotonic", "monotonic-raw", "vdso"]
    assert all(f[2] == "0" for f in found), found
    wanted.done = min(int(f[1]) for f in found)


@pytest.mark.soak
@pytest.mark.parametrize("build", ["release", "debug"])
def test_stress(build, monkeypatch, quantity):
    """stress-ng on four vCPUs over two CPUs."""
    wanted = quantity(f"pvm.stress.{build}", required=600, short=10)
    monkeypatch.setenv(pvm.HOST_OPTIONS, "vcpus=4")
    archive = cpio.Archive()
    archive.program("/usr/bin/stress-ng")
    text = run(f"stress-{build}", kernel=build, test="stress", files=archive, memory="2G",
               timeout=600 + 2 * wanted.count,
               cmdline=f"kunit.enable=0 ktest.seconds={wanted.count}")
    ran = re.search(r"stress-ng: .*successful run completed in ([\d.]+)s", text)
    assert ran, text[-1500:]
    wanted.done = int(float(ran[1]))
