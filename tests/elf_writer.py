"""Assembles small ELF files in memory: nothing but section headers and what they are about.

    blob = elf({".BTF": btf}, bits=32, endian="big")

The layout is that of "System V ABI", chapters "ELF Header" and "Sections".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Literal

Endian = Literal["little", "big"]

PROGBITS, STRTAB, NOTES, NOBITS = 1, 3, 7, 8
COMPRESSED = 0x800
_RELOCATABLE, _CURRENT = 1, 1
_CLASSES = {32: 1, 64: 2}
_ORDERS = {"little": (1, "<"), "big": (2, ">")}
# Header fields behind e_ident, and section headers; both classes have the same fields, in words
# of their own width.
_HEADERS = {32: "HHIIIIIHHHHHH", 64: "HHIQQQIHHHHHH"}
_SECTIONS = {32: "IIIIIIIIII", 64: "IIQQQQIIQQ"}


class Section:
    """A section; `size` where its header says another one than its contents have."""

    def __init__(
        self, data: bytes, *, kind: int = PROGBITS, flags: int = 0, size: int | None = None
    ) -> None:
        self.data = data
        self.kind = kind
        self.flags = flags
        self.size = len(data) if size is None else size


def compressed(data: bytes, *, bits: int = 64, endian: Endian = "little") -> Section:
    """A section whose contents are compressed by zlib."""
    mark = _ORDERS[endian][1]
    if bits == 64:
        header = struct.pack(mark + "IIQQ", 1, 0, len(data), 1)
    else:
        header = struct.pack(mark + "III", 1, len(data), 1)
    return Section(header + zlib.compress(data), flags=COMPRESSED)


def elf(
    sections: Mapping[str, bytes | Section],
    *,
    bits: int = 64,
    endian: Endian = "little",
    machine: int = 0,
    count: int | None = None,
    entry: int | None = None,
    first_size: int = 0,
) -> bytes:
    """An ELF file of these sections, in order.

    count, entry: of the section headers, where the header lies about their number and size;
    first_size: the size of section 0, which stands for a count of 0.
    """
    order, mark = _ORDERS[endian]
    header = struct.Struct(mark + _HEADERS[bits])
    record = struct.Struct(mark + _SECTIONS[bits])
    names = bytearray(b"\0")
    contents = bytearray()
    start = 16 + header.size
    rows = [(0, 0, 0, 0, 0, first_size, 0, 0, 0, 0)]

    def add(name: str, section: Section) -> None:
        at = start + len(contents)
        rows.append((len(names), section.kind, section.flags, 0, at, section.size, 0, 0, 1, 0))
        names.extend(name.encode() + b"\0")
        contents.extend(section.data)

    for name, section in sections.items():
        add(name, section if isinstance(section, Section) else Section(section))
    # It holds its own name, too.
    add(".shstrtab", Section(bytes(names) + b".shstrtab\0", kind=STRTAB))
    ident = b"\x7fELF" + bytes((_CLASSES[bits], order, _CURRENT)) + bytes(9)
    return b"".join(
        (
            ident,
            header.pack(
                _RELOCATABLE,
                machine,
                _CURRENT,
                0,  # entry point
                0,  # program headers
                start + len(contents),
                0,  # flags
                16 + header.size,
                0,  # program headers: size and number
                0,
                record.size if entry is None else entry,
                len(rows) if count is None else count,
                len(rows) - 1,
            ),
            contents,
            *(record.pack(*row) for row in rows),
        )
    )
