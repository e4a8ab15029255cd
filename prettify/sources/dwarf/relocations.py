"""Relocations of object files that no linker has been over: applied to a copy, in bulk.

Only those that write plain values matter to debug information: the offsets of strings,
abbreviations and other units. Each machine's supplement of the "System V ABI" numbers them.
"""

from __future__ import annotations

import numpy

from prettify.errors import TypeInfoError
from prettify.sources.elf_image import SHT_REL, SHT_RELA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from prettify.sources.elf_image import ElfImage, Section

    Array = numpy.ndarray[Any, numpy.dtype[Any]]

SET, ADD, SUBTRACT = range(3)
MANY = 1 << 16  # relocations that are applied at a time
MIPS = 8

# What the relocations of machines (e_machine) do, by their type: with how many bytes.
_SPARC = {3: (SET, 4), 23: (SET, 4), 32: (SET, 8), 54: (SET, 8)}
MACHINES: dict[int, dict[int, tuple[int, int]]] = {
    2: _SPARC,
    18: _SPARC,  # SPARC32PLUS
    43: _SPARC,  # SPARC V9
    3: {1: (SET, 4)},  # i386
    4: {1: (SET, 4)},  # m68k
    MIPS: {2: (SET, 4), 18: (SET, 8)},
    15: {1: (SET, 4), 80: (SET, 8)},  # PA-RISC
    20: {1: (SET, 4), 24: (SET, 4)},  # PowerPC
    21: {1: (SET, 4), 24: (SET, 4), 38: (SET, 8), 43: (SET, 8)},  # PowerPC64
    22: {4: (SET, 4), 22: (SET, 8)},  # S/390
    40: {2: (SET, 4)},  # ARM
    42: {1: (SET, 4)},  # SuperH
    50: {0x24: (SET, 4), 0x25: (SET, 4), 0x26: (SET, 8), 0x27: (SET, 8)},  # IA-64
    62: {1: (SET, 8), 10: (SET, 4), 11: (SET, 4)},  # x86-64
    94: {1: (SET, 4)},  # Xtensa
    183: {257: (SET, 8), 258: (SET, 4)},  # AArch64
    195: {4: (SET, 4)},  # ARC
    243: {  # RISC-V, whose linkers move code: differences are two relocations at one place
        1: (SET, 4),
        2: (SET, 8),
        33: (ADD, 1),
        34: (ADD, 2),
        35: (ADD, 4),
        36: (ADD, 8),
        37: (SUBTRACT, 1),
        38: (SUBTRACT, 2),
        39: (SUBTRACT, 4),
        40: (SUBTRACT, 8),
        54: (SET, 1),
        55: (SET, 2),
        56: (SET, 4),
    },
    247: {1: (SET, 8), 10: (SET, 4), 2: (SET, 8), 3: (SET, 4), 4: (SET, 4)},  # BPF, old and new
    258: {  # LoongArch, likewise
        1: (SET, 4),
        2: (SET, 8),
        47: (ADD, 1),
        48: (ADD, 2),
        50: (ADD, 4),
        51: (ADD, 8),
        52: (SUBTRACT, 1),
        53: (SUBTRACT, 2),
        55: (SUBTRACT, 4),
        56: (SUBTRACT, 8),
    },
    0x9026: {1: (SET, 4), 2: (SET, 8)},  # Alpha
}
NO_ADDENDS = {SHT_REL: False, SHT_RELA: True}


def relocations_of(image: ElfImage, section: Section) -> list[Section]:
    """The sections that relocate a section."""
    return [s for s in image.sections if s.kind in NO_ADDENDS and s.info == section.index]


def relocate(
    image: ElfImage, section: Section, contents: memoryview, bases: Mapping[int, int]
) -> memoryview:
    """A section's contents, relocated: a copy, or themselves where nothing is to be done.

    bases: where the sections of these indices have been put, for those that symbols lie in.
    """
    tables = relocations_of(image, section)
    if not any(table.size for table in tables):
        return contents
    operations = MACHINES.get(image.machine)
    if operations is None:
        raise TypeInfoError(
            f"an object file for machine {image.machine}, whose relocations are not known: link it",
            image.path,
        )
    data = numpy.frombuffer(contents, numpy.uint8).copy()
    for table in tables:
        symbols = _symbol_values(image, table, bases)
        for rows in _blocks(image, table):
            _apply(image, section, data, rows, symbols, operations)
    return memoryview(data)  # type: ignore[arg-type,unused-ignore]


def _symbol_values(image: ElfImage, table: Section, bases: Mapping[int, int]) -> Array:
    """The values of the symbols that a table of relocations uses, by their index."""
    if not 0 < table.link < len(image.sections):
        raise TypeInfoError(
            f"section {table.name} names section {table.link} as its symbols", image.path
        )
    contents = image.contents(image.sections[table.link])
    wide = image.address_size == 8
    fields = (("value", 8, 8), ("section", 2, 6)) if wide else (("value", 4, 4), ("section", 2, 14))
    records = _records(image, contents, 24 if wide else 16, fields)
    values = records["value"].astype(numpy.uint64)
    for index, base in bases.items():
        values[records["section"] == index] += numpy.uint64(base)
    return values


def _records(
    image: ElfImage, contents: memoryview, size: int, fields: Iterable[tuple[str, int, int]]
) -> Array:
    """Contents as records of that size: each field has a name, a number of bytes and an offset."""
    names, sizes, offsets = zip(*fields)
    order = image.mark
    dtype = numpy.dtype(
        {
            "names": names,
            "formats": [f"{order}u{n}" for n in sizes],
            "offsets": offsets,
            "itemsize": size,
        }
    )
    return numpy.frombuffer(contents[: len(contents) // size * size], dtype)


def _blocks(image: ElfImage, table: Section) -> Iterable[Array]:
    word = image.address_size
    fields = [("offset", word, 0), ("info", word, word)]
    size = 2 * word
    if NO_ADDENDS[table.kind]:
        fields.append(("addend", word, 2 * word))
        size += word
    records = _records(image, image.contents(table), size, fields)
    for start in range(0, len(records), MANY):
        yield records[start : start + MANY]


def _split(image: ElfImage, info: Array) -> tuple[Array, Array]:
    """The symbols and types of relocations."""
    if image.address_size == 4:
        return info >> 8, info & 0xFF
    if image.machine == MIPS and image.byte_order == "little":
        # A word of the symbol in the file's order, then four bytes, of which the last is the type.
        return info & 0xFFFFFFFF, info >> 56
    if image.machine in (MIPS, 43):  # types one after the other, or one with data of its own
        return info >> 32, info & 0xFF
    return info >> 32, info & 0xFFFFFFFF


def _apply(
    image: ElfImage,
    section: Section,
    data: Array,
    rows: Array,
    symbols: Array,
    operations: Mapping[int, tuple[int, int]],
) -> None:
    indices, kinds = _split(image, rows["info"])
    for number in sorted(set(numpy.unique(kinds).tolist()), key=lambda n: operations.get(n, (0,))):
        if number not in operations:
            continue  # what those write (addresses, mostly) is not read here
        operation, size = operations[number]
        chosen = kinds == number
        offsets = rows["offset"][chosen].astype(numpy.int64)
        which = indices[chosen].astype(numpy.int64)
        if offsets.size and (
            offsets.min() < 0 or offsets.max() + size > len(data) or which.max() >= len(symbols)
        ):
            raise TypeInfoError(
                f"damaged ELF file: a relocation of section {section.name} is of a place or a "
                f"symbol that does not exist",
                image.path,
            )
        dtype = numpy.dtype(f"{image.mark}u{size}")
        places = offsets[:, None] + numpy.arange(size)
        values = symbols[which]
        there = data[places].view(dtype)[:, 0].astype(numpy.uint64)
        if "addend" in (rows.dtype.names or ()):
            addend = rows["addend"][chosen].astype(numpy.uint64)
            values = values + addend
            if operation != SET:
                values = there + values if operation == ADD else there - values
        else:
            values = there - values if operation == SUBTRACT else there + values
        data[places] = values.astype(dtype)[:, None].view(numpy.uint8)
