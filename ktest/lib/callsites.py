# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Call sites of pv_ops and of static calls, found in vmlinux and decoded by themselves.

The kernel counts its sites while it patches them.  This finds the same sites
in the file (.altinstructions and the list of static call sites), without any of the kernel's
code, and decodes what is in the memory of a guest.  Instruction bytes are from
the Intel SDM, volume 2; the structures are struct alt_instr in
arch/x86/include/asm/alternative.h and struct static_call_site in
include/linux/static_call_types.h.
"""

import base64
from dataclasses import dataclass
import gzip
import re
import struct

from elftools.elf.elffile import ELFFile

from . import KtestError

ALT_INSTR = struct.Struct("<iiIBB")     # packed: 14 bytes
STATIC_CALL_SITE = struct.Struct("<ii")
DIRECT_CALL = 1 << 17                   # ALT_FLAG_DIRECT_CALL in ft_flags
CALL_MEMORY = b"\xff\x15"               # call *disp32(%rip)
CALL_SIZE = 6


@dataclass(frozen=True)
class Site:
    """One call site, as the compiler left it."""

    address: int    # link address
    what: int       # pv_ops: offset of the slot; static call: link address of its key
    length: int     # bytes to look at
    other: bytes    # replacement of its last alternative, b"" if there is none


class Image:
    """Sections and symbols of a vmlinux."""

    def __init__(self, path):
        with open(path, "rb") as stream:
            elf = ELFFile(stream)
            self.sections = {s.name: (s["sh_addr"], s.data()) for s in elf.iter_sections()
                             if s["sh_addr"] and s["sh_type"] != "SHT_NOBITS"}
            self.sizes = {}
            self.symbols = {}
            for symbol in elf.get_section_by_name(".symtab").iter_symbols():
                self.symbols[symbol.name] = symbol["st_value"]
                self.sizes[symbol.name] = symbol["st_size"]

    def read(self, address, length):
        """Bytes at a link address."""
        for start, data in self.sections.values():
            if start <= address and address + length <= start + len(data):
                return data[address - start:address - start + length]
        raise ValueError(f"nothing at {address:#x} in vmlinux")

    def kept(self, address):
        """Is this text that stays after boot?"""
        return self.symbols["_stext"] <= address < self.symbols["_etext"]

    def alternatives(self):
        """(address, replacement address, flags, length, replacement length) of each entry."""
        start, data = self.sections[".altinstructions"]
        for offset in range(0, len(data) - ALT_INSTR.size + 1, ALT_INSTR.size):
            instr, repl, flags, length, repl_length = ALT_INSTR.unpack_from(data, offset)
            yield (start + offset + instr, start + offset + 4 + repl, flags, length, repl_length)

    def pv_sites(self):
        """Call sites of pv_ops in text that stays."""
        pv_ops, size = self.symbols["pv_ops"], self.sizes["pv_ops"]
        found = {}
        for address, repl, flags, length, repl_length in self.alternatives():
            if not self.kept(address):
                continue
            if address in found and not flags & DIRECT_CALL:
                old = found[address]
                found[address] = Site(address, old.what, max(length, old.length),
                                      self.read(repl, repl_length))
                continue
            before = self.read(address, CALL_SIZE)
            if not flags & DIRECT_CALL or before[:2] != CALL_MEMORY:
                continue
            slot = address + CALL_SIZE + struct.unpack("<i", before[2:])[0] - pv_ops
            if 0 <= slot < size:
                found[address] = Site(address, slot, length, b"")
        return list(found.values())

    def static_call_sites(self, name):
        """Call sites of a static call in text that stays."""
        key = self.symbols["__SCK__" + name]
        start = self.symbols["__start_static_call_sites"]
        data = self.read(start, self.symbols["__stop_static_call_sites"] - start)
        sites = []
        for offset in range(0, len(data), STATIC_CALL_SITE.size):
            to_site, to_key = STATIC_CALL_SITE.unpack_from(data, offset)
            address = start + offset + to_site
            if (start + offset + 4 + to_key) & ~3 == key and self.kept(address):
                sites.append(Site(address, key, 5, b""))
        return sites


def nops(code):
    """Is it nothing but NOPs?  The forms of the kernel's asm/nops.h."""
    while code:
        for length, form in ((1, b"\x90"), (2, b"\x66\x90"), (3, b"\x0f\x1f\x00"),
                             (4, b"\x0f\x1f\x40\x00"), (5, b"\x0f\x1f\x44\x00\x00"),
                             (6, b"\x66\x0f\x1f\x44\x00\x00"),
                             (7, b"\x0f\x1f\x80\x00\x00\x00\x00"),
                             (8, b"\x0f\x1f\x84\x00\x00\x00\x00\x00")):
            if code[:length] == form:
                code = code[length:]
                break
        else:
            return False
    return True


def decode(site, address, code):
    """What is at a site: ("call", target), ("nops",), ("inlined",) or ("odd", bytes).

    @address is where it is in the guest, which may have moved its kernel.
    """
    if nops(code):
        return ("nops",)
    if code[:1] in (b"\xe8", b"\xe9") and nops(code[5:]):
        return ("call", address + 5 + struct.unpack("<i", code[1:5])[0])
    if site.other and code[:len(site.other)] == site.other and nops(code[len(site.other):]):
        return ("inlined",)
    return ("odd", code.hex())


def peeked(text):
    """{address: bytes} of what core.sh has read by kt_peek, from a console's @text."""
    packed = re.search(r"^CORE BEGIN bytes\n([A-Za-z0-9+/=\n]*)^CORE END$", text, re.M)
    if not packed:
        raise KtestError("no section 'bytes' on the console, or lines in it that are not its own")
    lines = gzip.decompress(base64.b64decode(packed[1])).decode().split("\n")
    found = (re.fullmatch(r"([0-9a-f]{16}) ((?:[0-9a-f]{2})+)", line) for line in lines)
    return {int(m[1], 16): bytes.fromhex(m[2]) for m in found if m}
