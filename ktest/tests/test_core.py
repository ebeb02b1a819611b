# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""The pvops core: the command line, failing steps, and the inventory against memory."""

from dataclasses import dataclass
import random
import re
import time

import pytest

from ktest.lib import boot, platforms, testmodules
from ktest.lib.callsites import Image, decode, peeked
from ktest.lib.cpio import Archive
from ktest.lib.paths import BUILD
from ktest.lib.patience import PATIENCE

# Whose code serves the platform besides bare hardware's.
MEASURED = {"native": "native", "unknown": "native", "vmware": "vmware", "xen-pv": "xen",
            "xen-hvm": "xen", "kvm": "kvm", "hyperv": "hyperv"}
AREAS = ("cpu", "mmu", "irq", "timer")
GROUP_AREAS = {"cpu": "cpu", "lock": "cpu", "mmu": "mmu", "irq": "irq"}


def sections(text):
    """What core.sh showed: {section: [lines]}."""
    found = {}
    for name, body in re.findall(r"^CORE BEGIN (\S+)\n(.*?)^CORE END$", text, re.M | re.S):
        assert "CORE FAILED" not in body, f"{name}: {body}"
        found[name] = body.rstrip("\n").split("\n")
    return found


def files(lines):
    """/sys/hypervisor/pvops/ as {path: value}."""
    return dict(line[2:].split(":", 1) for line in lines)


@dataclass
class Op:
    """One line of the report."""

    area: str
    function: str
    owner: str
    direct: int
    inlined: int
    stale: int
    modules: int


def ops(lines):
    """/sys/kernel/debug/pvops/ops as {name: Op}."""
    found = {}
    for line in lines:
        if line.startswith("#"):
            continue
        area, name, function, owner, *counts = line.split()
        found[name] = Op(area, function, owner, *(-1 if c == "-" else int(c) for c in counts))
    return found


def show(platform, cmdline="", suites=False, allow="pvops: ", **options):
    """Boot to the report, with the KUnit @suites or not; the core's complaints are expected."""
    if not suites:
        cmdline += " kunit.enable=0"
    result = boot.run(platform, test="core", cmdline=cmdline, expect_splat=allow,
                      console=f"core-{platform}", **options)
    assert result.ok, result.explain()
    return result, sections(result.console.text)


# The command line ---------------------------------------------------------------------------

NATIVE = "native"
CASES = [
    # platform, command line, what is reported, lines that the kernel log must have, once each
    ("vmware", "pvops=auto", "vmware", []),
    ("vmware", "pvops=vmware", "vmware", []),
    ("vmware", "pvops=native", NATIVE, []),
    ("vmware", "pvops=nonsense", NATIVE, ["pvops=nonsense: no such platform, booting natively"]),
    ("vmware", "pvops=kvm", NATIVE, ["pvops=kvm: this machine is vmware, booting natively"]),
    ("vmware", "pvops= pvops.fial=x pvops.vmware pvops.vmware.no_such pvops.kvm.no_eoi", "vmware",
     ["pvops=: malformed: ignored", "pvops.fial=x: malformed: ignored",
      "pvops.vmware: malformed: ignored", "pvops.vmware.no_such: no such feature: ignored",
      "pvops.kvm.no_eoi: the platform is vmware: ignored"]),
    ("unknown", "pvops=native", NATIVE, []),
    ("xen-pv", "pvops=native", "xen-pv",
     ["pvops=native refused: this machine has no native boot"]),
    ("xen-pv", "pvops=nonsense", "xen-pv", ["pvops=nonsense refused: no such platform"]),
    ("xen-pv", "pvops=vmware", "xen-pv", ["pvops=vmware refused: this machine is xen-pv"]),
]
SHORT = {3, 5, 7}


@pytest.mark.parametrize("number", [n if n in SHORT else pytest.param(n, marks=pytest.mark.soak)
                                    for n in range(len(CASES))])
def test_command_line(number):
    """Each value of pvops= does what it says; each mistake costs one line and no more."""
    platform, cmdline, detected, lines = CASES[number]
    result, found = show(platform, cmdline)
    log = found["dmesg"]
    said = [re.sub(r"^.*?pvops: ", "", line) for line in log]
    assert files(found["files"])["platform"] == detected
    for line in lines:
        assert said.count(line) == 1, f"'{line}' in {log}"
    assert len(warnings_in(log)) == len(lines), log
    assert len([s for s in said if s.startswith(f"platform {detected}, ")]) == 1
    if detected == NATIVE:
        for area in AREAS:
            assert files(found["files"])[f"owners/{area}"] == "native"


def warnings_in(log):
    """The core's lines in the kernel log that are not the boot line."""
    return [line for line in log if "pvops: platform " not in line
            and "Kernel command line" not in line and "unknown kernel command" not in line]


# Failing steps ------------------------------------------------------------------------------

# Without kmemleak and _PRT: under KASAN the interpreter may need more for its loop
# than the 30 s that ACPICA allows (AE_AML_LOOP_TIMEOUT).
DEBUG = {"kernel": "debug", "memory": "2G", "timeout": 180}
QUICK = "kmemleak=off pci=noacpi"
# The core's lines, and what is said of the PIIX4's ports and interrupts without _PRT.
WITHOUT_PRT = r"pvops: |pci \S+: BAR \d+: .* has bogus alignment|ACPI: setting ELCR to "

EARLY = ("detect", "negotiate", "early")
LATER = ("smp", "percpu", "late")


@pytest.mark.parametrize("step", [*(pytest.param(s, marks=pytest.mark.soak) for s in EARLY[:2]),
                                  EARLY[2]])
def test_early_failure_boots_natively(step):
    """Up to the point of no return a failing step ends in a native boot and one line."""
    _, found = show("vmware", f"pvops.fail={step} {QUICK}", allow=WITHOUT_PRT, **DEBUG)
    assert files(found["files"])["platform"] == NATIVE
    assert [files(found["files"])[f"owners/{a}"] for a in AREAS] == [NATIVE] * 4
    log = warnings_in(found["dmesg"])
    assert len(log) == 1 and f"vmware: {step} failed (-5), booting natively" in log[0]


@pytest.mark.parametrize("step", [LATER[0], *(pytest.param(s, marks=pytest.mark.soak)
                                              for s in LATER[1:])])
def test_later_failure_is_left_out(step):
    """After it, what is not required is left out with one line (a CPU)."""
    _, found = show("vmware", f"pvops.fail={step} {QUICK}", allow=WITHOUT_PRT, **DEBUG)
    assert files(found["files"])["platform"] == "vmware"
    log = warnings_in(found["dmesg"])
    assert len(log) == (2 if step == "percpu" else 1)
    assert all(f"vmware: {step} steps failed (-5) on CPU" in line for line in log)


# Xen PV guests get no KASAN shadow in 6.12: there failing steps need a kernel of their own.
STOPPING = [("pvm", "debug"), ("xen-pv", "inject")]
# What the hypervisor says of a guest that has stopped.
OF_HYPERVISOR = re.compile(r"\(XEN\) |pvmhost: ")
SILENCE = 5


@pytest.mark.parametrize("platform, kernel, step", [
    (*STOPPING[0], EARLY[2]),
    *(pytest.param(*stopping, step, marks=pytest.mark.soak)
      for stopping in STOPPING for step in EARLY if (stopping, step) != (STOPPING[0], EARLY[2]))])
def test_failure_without_native_stops(platform, kernel, step):
    """Where there is no native boot, one line stands on the earliest console, and no more."""
    said = f"pvops: {platform}: required step {step} failed (-5), stopping"
    with boot.Guest(boot.Boot(platform, test="core", cmdline=f"pvops.fail={step} {QUICK}",
                              console=f"core-stop-{platform}-{step}",
                              **dict(DEBUG, kernel=kernel))) as guest:
        guest.wait_for(f"^{re.escape(said)}$")
        time.sleep(SILENCE * PATIENCE)
        before, after = guest.machine.text().split(said + "\n")
    assert not re.search(r"^(?!.*command line: ).*pvops[:.]", before, re.M), before
    assert all(OF_HYPERVISOR.match(line) for line in after.split("\n") if line), after


# The inventory against memory ---------------------------------------------------------------

@dataclass
class Memory:
    """A guest's call sites: decoded, with symbols for their targets."""

    image: Image
    code: dict
    functions: dict

    def look(self, site):
        """(kind, symbol or None) of a site."""
        kind, *target = decode(site, site.address, self.code[site.address])
        if kind == "call":
            return kind, self.functions.get(target[0], set())
        return kind, target


def names_by_address(image):
    """All symbols at each address of the file."""
    found = {}
    for name, address in image.symbols.items():
        found.setdefault(address, set()).add(name)
    return found


def slot_names(report):
    """Names of pv_ops' slots in their order: the report's order is the structure's."""
    return [n for n in report if n.split(".")[0] in GROUP_AREAS]


def check_site(memory, site, name, op):
    """One site against the report; return how it was patched."""
    kind, target = memory.look(site)
    if kind == "call":
        # A site of an empty slot is patched to call what says so.
        function = "BUG_func" if op.function == "-" else op.function
        assert function in target, f"{name} at {site.address:#x}: calls {target}, not {op}"
        assert op.direct > 0, f"{name}: {op}"
    elif kind == "nops":
        assert op.function == "nop_func", f"{name} at {site.address:#x}: NOPs, but {op}"
    elif kind == "inlined":
        assert op.inlined > 0, f"{name} at {site.address:#x}: inlined, but {op}"
    else:
        raise AssertionError(f"{name} at {site.address:#x}: {target} is none of a patch's forms")
    return kind


MATRIX = [p for p in platforms.names() if p in MEASURED]


@pytest.mark.parametrize("platform", [p if p in ("native", "xen-pv") else
                                      pytest.param(p, marks=pytest.mark.soak) for p in MATRIX])
def test_inventory_agrees_with_memory(platform, quantity):
    """20 sampled call sites of each area are as reported, and all counts are right."""
    wanted = quantity(f"core.sites.{platform}", required=20, short=20, seed=1)
    chance = random.Random(wanted.seed)
    image = Image(BUILD / "release" / "vmlinux")
    archive = Archive()
    sites = image.pv_sites()
    calls = {name: image.static_call_sites(name) for name in ("pv_sched_clock", "pv_steal_clock")}
    every = sites + [s for some in calls.values() for s in some]
    # The guest adds nothing to these addresses: it runs where it was linked.
    archive.data("/core/sites", "".join(f"{s.address:x} {s.length}\n" for s in every).encode())
    archive.data("/core/symbols", b"_text\n")
    testmodules.add_to(archive)
    result, found = show(platform, "nokaslr", suites=True, files=archive)

    report = ops(found["ops"])
    offset = int(found["symbols"][0].split()[0], 16) - image.symbols["_text"]
    assert offset == 0
    assert check_areas(report, found["files"]) == {"native", MEASURED[platform]}
    memory = Memory(image, peeked(result.console.text), names_by_address(image))
    assert set(memory.code) == {s.address for s in every}
    names = slot_names(report)
    assert len(names) == image.sizes["pv_ops"] // 8

    # Every single site, and then the counts: they must be the report's.
    seen = {name: {"call": 0, "nops": 0, "inlined": 0} for name in report}
    by_area = {area: [] for area in AREAS}
    for site in sites:
        name = names[site.what // 8]
        seen[name][check_site(memory, site, name, report[name])] += 1
        by_area[report[name].area].append((site, name))
    for name in names:
        op, counts = report[name], seen[name]
        assert counts["call"] + counts["nops"] == op.direct, f"{name}: {counts}, {op}"
        assert counts["inlined"] == op.inlined, f"{name}: {counts}, {op}"
        assert op.stale == 0 and op.modules == 0, f"{name}: {op}"
    for name, some in calls.items():
        op = report["call." + name]
        assert op.direct == len(some), f"{name}: {op}"
        by_area["timer"] += [(site, "call." + name) for site in some]

    # The sample that is asked for; the timer area has no 20 sites and gives all of its.
    for area in AREAS:
        sample = chance.sample(by_area[area], min(wanted.count, len(by_area[area])))
        assert len(sample) >= (wanted.count if area != "timer" else 2)
        for site, name in sample:
            kind = check_site(memory, site, name, report[name])
            print(f"{area}: {site.address:#x} {name} {kind} {memory.code[site.address].hex()} "
                  f"{report[name].function} {report[name].owner}")
    wanted.done = wanted.count

    check_replaced_op(found, report)
    check_kunit(result)


def check_areas(report, lines, without=()):
    """Each area's owners are those of its ops; return all owners."""
    for area in (a for a in AREAS if a not in without):
        owners = {op.owner for op in report.values() if op.area == area}
        joined = files(lines)["owners/" + area].split("+")
        assert len(joined) == len(set(joined))
        assert set(joined) == (owners - {"native"} or {"native"}), area
    return {op.owner for op in report.values()}


def check_replaced_op(found, before):
    """Replacing an op from a module changes the report, and unloading it changes it back."""
    name = "cpu.io_delay"
    old = before[name]

    # A module with a site of its own, patched to what the slot held.
    with_module = ops(found["ops-sites"])[name]
    assert with_module.function == old.function
    assert with_module.modules == 1 and with_module.direct == old.direct + 1

    for section, function, owner in (("unknown", "kt_io_delay[kt_pvops]", "unknown"),
                                     ("vmware", "vmware_kt_io_delay[kt_pvops]", "vmware")):
        op = ops(found["ops-" + section])[name]
        assert (op.function, op.owner) == (function, owner)
        assert op.direct == 0 and op.stale == old.direct + 1, op
        assert owner in check_areas(ops(found["ops-" + section]), found["files-" + section])

    # The clocksource may have been replaced by a better one meanwhile.
    after = ops(found["ops-after"])
    del after["clock.clocksource"]
    assert after == {n: op for n, op in before.items() if n in after}
    check_areas(after, found["files-after"], without=["timer"])
    assert re.search(r"pvops_owner_changed: area=cpu before=\S+ now=\S*unknown",
                     "\n".join(found["trace"]))
    assert re.search(r"pvops_module_sites: module=kt_pvops direct=1 inlined=\d+",
                     "\n".join(found["trace"]))


def check_kunit(result):
    """The core's suites ran on this platform; show() has looked for failures in them."""
    for suite in ("pvops_core", "pvops_inventory"):
        assert re.search(rf"^(?:\[.*\] )?ok \d+ {suite}$", result.console.text, re.M), suite
