"""The symbols of an ELF file: what a linker knows of variables and functions.

Format: "System V ABI", chapter "Symbol Table".
"""

from __future__ import annotations

import struct

from prettify.errors import TypeInfoError
from prettify.sources.strings import name_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.sources.elf_image import ElfImage, Section

SHT_SYMTAB = 2
NOTYPE, OBJECT = 0, 1  # types of symbols; those of sections and files have others
# st_name, st_value, st_size, st_info, st_other, st_shndx; the wide ones have another order.
NARROW = struct.Struct("IIIBBH")
WIDE = struct.Struct("IBBHQQ")


class Symbol:
    """A symbol: `value` is its place in the section of index `section`, in an object file."""

    __slots__ = ("kind", "name", "section", "value")

    def __init__(self, name: str, value: int, kind: int, section: int) -> None:
        self.name = name
        self.value = value
        self.kind = kind
        self.section = section

    def __repr__(self) -> str:
        return f"<Symbol {self.name!r} {self.section}:{self.value:#x}>"


def symbols_of(image: ElfImage) -> Iterator[Symbol]:
    """The symbols that have a name, in order. Raises TypeInfoError where the table is damaged."""
    for table in image.sections:
        if table.kind == SHT_SYMTAB:
            yield from _symbols(image, table)


def _symbols(image: ElfImage, table: Section) -> Iterator[Symbol]:
    if not 0 < table.link < len(image.sections):
        raise TypeInfoError(
            f"damaged ELF file: section {table.name} has its names in section {table.link}, which "
            f"does not exist",
            image.path,
            table.offset,
        )
    names = bytes(image.contents(image.sections[table.link]))
    wide = image.address_size == 8
    row = struct.Struct(image.mark + (WIDE if wide else NARROW).format)
    contents = image.contents(table)
    for fields in row.iter_unpack(contents[: len(contents) // row.size * row.size]):
        if wide:
            at, info, _, section, value, _ = fields
        else:
            at, value, _, info, _, section = fields
        name = name_at(names, at, len(names))
        if name:
            yield Symbol(name, value, info & 15, section)
