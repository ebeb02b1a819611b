# SPDX-License-Identifier: GPL-2.0-only
# Copyright (C) 2026 the pvops developers
"""Pictures of a guest's screen, and what they have to show."""

import re
import struct
import zlib

from . import KtestError
from .paths import LINUX, REPORT

FONT_WIDTH, FONT_HEIGHT = 8, 16
# The console's default foreground (drivers/tty/vt/vt.c, colour 7)
GREY = b"\xaa\xaa\xaa"
WHITE = b"\xff\xff\xff"


class Picture:
    """An RGB picture; @rgb has width * height * 3 bytes."""

    def __init__(self, width, height, rgb):
        self.width, self.height, self.rgb = width, height, bytes(rgb)
        if len(self.rgb) != width * height * 3:
            raise KtestError(f"a picture of {width}x{height} with {len(self.rgb)} bytes")

    def pixel(self, x, y):
        """The colour at @x, @y as three bytes."""
        at = (y * self.width + x) * 3
        return self.rgb[at:at + 3]

    def difference(self, other):
        """Where the first pixel differs from @other, in words; empty if none does."""
        if (self.width, self.height) != (other.width, other.height):
            return f"{self.width}x{self.height} and not {other.width}x{other.height}"
        if self.rgb == other.rgb:
            return ""
        wrong = [i for i in range(0, len(self.rgb), 3)
                 if self.rgb[i:i + 3] != other.rgb[i:i + 3]]
        y, x = divmod(wrong[0] // 3, self.width)
        return (f"{len(wrong)} pixels differ, first {x},{y}: "
                f"{self.pixel(x, y).hex()} and not {other.pixel(x, y).hex()}")


    def box(self, background):
        """Left, top, right and bottom of what is not of the colour @background."""
        line = background * self.width
        rows = [self.rgb[i:i + len(line)] for i in range(0, len(self.rgb), len(line))]
        used = [y for y, row in enumerate(rows) if row != line]
        if not used:
            return None
        columns = [x for x in range(self.width)
                   if any(rows[y][3 * x:3 * x + 3] != background for y in used)]
        return columns[0], used[0], columns[-1] + 1, used[-1] + 1

    def moved(self, background, right, down):
        """This picture with all that is not of the colour @background moved."""
        left, top, end, bottom = self.box(background)
        rgb = bytearray(background * (self.width * self.height))
        for y in range(top, bottom):
            here = (y * self.width + left) * 3
            there = ((y + down) * self.width + left + right) * 3
            rgb[there:there + (end - left) * 3] = self.rgb[here:here + (end - left) * 3]
        return Picture(self.width, self.height, rgb)

    def png(self):
        """The picture as a PNG file's bytes (PNG specification, RGB without filters)."""
        def chunk(kind, data):
            crc = zlib.crc32(kind + data)
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

        length = self.width * 3
        lines = b"".join(b"\0" + self.rgb[i:i + length] for i in range(0, len(self.rgb), length))
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) +
                chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def read_ppm(data):
    """The picture in the PPM file of which @data are the bytes, as QEMU writes it."""
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not head:
        raise KtestError("not a PPM picture")
    return Picture(int(head[1]), int(head[2]), data[head.end():])


def screen(guest, name):
    """Take a picture of the screen of @guest; keep it as build/report/@name.png."""
    found = read_ppm(guest.screendump())
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / f"{name}.png").write_bytes(found.png())
    return found


def pattern(width, height, seed):
    """The picture that kms_pattern() in ktest/guest/kms.h draws."""
    rgb = bytearray(width * height * 3)
    red = bytes((x + seed) & 0xff for x in range(width))
    for y in range(height):
        line = bytearray(width * 3)
        line[0::3] = red
        line[1::3] = bytes([(y * 3 + seed) & 0xff]) * width
        line[2::3] = bytes((x ^ y) & 0xff for x in range(width))
        rgb[y * width * 3:(y + 1) * width * 3] = line
    return Picture(width, height, rgb)


def black(width, height):
    """A picture with nothing on it."""
    return Picture(width, height, bytes(width * height * 3))


def font():
    """The glyphs of the console's 8x16 font: 256 times 16 bytes."""
    source = (LINUX / "lib" / "fonts" / "font_8x16.c").read_text()
    body = source[source.index("fontdata_8x16"):]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    rows = bytes(int(v, 16) for v in re.findall(r"\b0x([0-9a-f]{2})\b", body))
    if len(rows) != 256 * FONT_HEIGHT:
        raise KtestError(f"font_8x16.c: {len(rows)} rows")
    return rows


def _write(rgb, width, left, top, text, colour):
    """Write one line of text into the picture @rgb."""
    glyphs = font()
    for scan in range(FONT_HEIGHT):
        at = ((top + scan) * width + left) * 3
        for char in text.encode("latin-1"):
            bits = glyphs[char * FONT_HEIGHT + scan]
            for bit in range(FONT_WIDTH):
                if bits & (0x80 >> bit):
                    rgb[at:at + 3] = colour
                at += 3


def console(width, height, lines):
    """A console that shows @lines from its top, and no cursor."""
    rgb = bytearray(width * height * 3)
    for row, line in enumerate(lines):
        _write(rgb, width, 0, row * FONT_HEIGHT, line, GREY)
    return Picture(width, height, rgb)


def panic(width, height, reason):
    """The panic screen 'user' of drivers/gpu/drm/drm_panic.c, without a logo."""
    source = (LINUX / "drivers" / "gpu" / "drm" / "drm_panic.c").read_text()
    penguin = re.search(r"logo_ascii\[\] = \{(.*?)\};", source, re.S)[1]
    rgb = bytearray(width * height * 3)
    for row, line in enumerate(re.findall(r'PANIC_LINE\("(.*?)"\)', penguin)):
        _write(rgb, width, 0, row * FONT_HEIGHT, line.replace("\\\\", "\\"), WHITE)
    lines = ["KERNEL PANIC!", "", "Please reboot your computer.", "", reason]
    box = max(len(line) for line in lines) * FONT_WIDTH
    left, top = (width - box) // 2, (height - len(lines) * FONT_HEIGHT) // 2
    for row, line in enumerate(lines):
        _write(rgb, width, left + (box - len(line) * FONT_WIDTH) // 2,
               top + row * FONT_HEIGHT, line, WHITE)
    return Picture(width, height, rgb)
