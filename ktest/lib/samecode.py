# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Do two kernels run the same code?  Their text, read from the memory of guests that run.

A kernel patches its text while it boots, so the bytes of its file do not say
what runs.  The memory's bytes are put into a copy of vmlinux, which objdump
reads, and every address in its output is replaced by what is there: a symbol
with an offset, or the text of a string.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
import re
import shutil
import subprocess
import tempfile

from elftools.elf.elffile import ELFFile

from . import KtestError
from .callsites import Image

# Where the kernel's image lies without KASLR: __START_KERNEL_map in
# arch/x86/include/asm/page_64_types.h.
START_KERNEL_MAP = 0xffffffff80000000
_LINE = re.compile(r"^ *([0-9a-f]{8,16}):\t(.*?) *(?:# ([0-9a-f]+).*)?$")
_TARGET = re.compile(r"\b([0-9a-f]{8,16}) <[^>]*>")
_NUMBER = re.compile(r"(-?)0x([0-9a-f]+)")
# How many symbols before an address may be the one it belongs to.
NEAR = 16
# What the compiler or the linker numbers as it goes.
_SERIAL = re.compile(r"\.\d+$")


def memory(guest, vmlinux):
    """The kernel text of a guest that runs without KASLR, as bytes; QEMU is stopped meanwhile."""
    symbols = Image(vmlinux).symbols
    start, end = symbols["_stext"], symbols["_etext"]
    with tempfile.NamedTemporaryFile(prefix="ktest-", suffix=".text") as file:
        guest.qmp("stop")
        guest.qmp("pmemsave", val=start - START_KERNEL_MAP, size=end - start, filename=file.name)
        guest.qmp("cont")
        return file.read()


@dataclass(frozen=True)
class Symbol:
    """A line of nm."""

    address: int
    size: int
    kind: str
    name: str


def _nm(vmlinux):
    lines = subprocess.run(["nm", "-n", "-S", str(vmlinux)], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    for words in map(str.split, lines):
        if len(words) == 4:
            yield Symbol(int(words[0], 16), int(words[1], 16), words[2], words[3])
        elif len(words) == 3:
            yield Symbol(int(words[0], 16), 0, words[1], words[2])


class Code:
    """The functions of a kernel as it runs, one list of instructions each."""

    def __init__(self, vmlinux, text):
        self.vmlinux = vmlinux
        self.image = Image(vmlinux)
        self.text = text
        self.symbols = [s for s in _nm(vmlinux) if s.kind not in "aA"]
        self.starts = [s.address for s in self.symbols]

    @cache
    def functions(self):
        """{(name, how many of that name came before): Symbol} of the text that stays."""
        found, seen = {}, {}
        for symbol in self.symbols:
            if symbol.kind in "tTwW" and symbol.size and self.image.kept(symbol.address):
                number = seen.get(symbol.name, 0)
                seen[symbol.name] = number + 1
                found[symbol.name, number] = symbol
        return found

    def patched(self):
        """The functions with a call site of pv_ops or another alternative."""
        every = self.functions()
        by_start = sorted((s.address, s.size, key) for key, s in every.items())
        starts = [start for start, _, _ in by_start]
        found = set()
        for address, *_ in self.image.alternatives():
            at = bisect_right(starts, address) - 1
            if at >= 0 and address < by_start[at][0] + by_start[at][1]:
                found.add(by_start[at][2])
        return found

    def _string(self, address):
        for start, data in self.image.sections.values():
            if start <= address < start + len(data):
                end = data.find(b"\0", address - start)
                return f'"{data[address - start:end].decode(errors="replace")}"'
        return "nothing"

    def name(self, address):
        """What is at an address: a symbol with an offset, or a string."""
        at = bisect_right(self.starts, address)
        near = self.symbols[max(at - NEAR, 0):at]
        around = [s for s in near if address < s.address + max(s.size, 1)]
        if not around:
            return self._string(address)
        start = around[-1].address
        name = min(s.name for s in around if s.address == start)
        return f"{_SERIAL.sub('', name)}+{address - start:#x}"

    def _inside(self, address):
        return self.starts[0] <= address and \
            self.image.symbols["_text"] <= address < self.image.symbols["_end"]

    def _number(self, match):
        value = int(match[2], 16)
        value = (1 << 64) - value if match[1] else value
        return f"[{self.name(value)}]" if self._inside(value) else match[0]

    def _instruction(self, text, comment, function):
        text = " ".join(text.split())
        if "(%rip)" in text and comment:
            return re.sub(r"-?0x[0-9a-f]+\(%rip\)", f"[{self.name(int(comment, 16))}]", text)

        def target(match):
            address = int(match[1], 16)
            if function.address <= address < function.address + function.size:
                return f".+{address - function.address:#x}"
            return f"[{self.name(address)}]"

        if _TARGET.search(text):
            return _TARGET.sub(target, text)
        if "%gs:0x" in text:
            return re.sub(r"%gs:0x([0-9a-f]+)(?!\()",
                          lambda m: f"%gs:[{self.name(int(m[1], 16))}]", text)
        return _NUMBER.sub(self._number, text)

    def _listing(self):
        """objdump's lines, of vmlinux with the memory's text."""
        with tempfile.TemporaryDirectory(prefix="ktest-") as where:
            copy = shutil.copy(self.vmlinux, where)
            with open(copy, "r+b") as stream:
                section = ELFFile(stream).get_section_by_name(".text")
                offset = section["sh_offset"] + self.image.symbols["_stext"] - section["sh_addr"]
                stream.seek(offset)
                stream.write(self.text)
            with subprocess.Popen(["objdump", "-d", "-w", "--no-show-raw-insn", "-j", ".text",
                                   copy], stdout=subprocess.PIPE, text=True) as objdump:
                yield from objdump.stdout
            if objdump.returncode:
                raise KtestError(f"objdump {self.vmlinux}: exit status {objdump.returncode}")

    def instructions(self, wanted):
        """{key: [instruction]} of the functions @wanted, as keys of functions()."""
        every = self.functions()
        by_start = {}
        for key in wanted:
            by_start.setdefault(every[key].address, []).append(key)
        found = {key: [] for key in wanted}
        here, end = [], 0
        for line in self._listing():
            match = _LINE.match(line.rstrip("\n"))
            if not match:
                continue
            address = int(match[1], 16)
            if address in by_start:
                here = by_start[address]
                end = address + every[here[0]].size
            if address >= end:
                here = []
            for key in here:
                found[key].append(self._instruction(match[2], match[3], every[key]))
        return found


def differences(one, other, wanted):
    """The keys of @wanted that are not the same code in both, or missing in one."""
    common = one.functions().keys() & other.functions().keys()
    both = [key for key in wanted if key in common]
    first, second = one.instructions(both), other.instructions(both)
    return {key: (first.get(key), second.get(key)) for key in wanted
            if not first.get(key) or first[key] != second[key]}
