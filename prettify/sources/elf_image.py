"""An ELF file as a table of sections over its bytes, which are mapped, not read, where they can be.

Format: "System V ABI", chapters "ELF Header" and "Sections".
"""

from __future__ import annotations

import mmap
import os
import struct

from prettify.errors import TypeInfoError, UsageError, one_line
from prettify.sources.compression import RATIOS, Damaged, inflate_zlib, inflate_zstd
from prettify.sources.notes import build_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, Literal

MAGIC = b"\x7fELF"
RELOCATABLE = 1  # e_type
SHT_NULL, SHT_RELA, SHT_NOTE, SHT_NOBITS, SHT_REL = 0, 4, 7, 8, 9
SHF_COMPRESSED = 0x800
# Behind e_ident: type, machine, version, entry, program headers, section headers, flags, and the
# sizes and numbers of the two tables, the index of the section of names.
HEADERS = {4: "HHIIIIIHHHHHH", 8: "HHIQQQIHHHHHH"}
SECTION_HEADERS = {4: "10I", 8: "IIQQQQIIQQ"}
COMPRESSION_HEADERS = {4: "III", 8: "IIQQ"}
METHODS = {1: ("zlib", inflate_zlib), 2: ("zstd", inflate_zstd)}
OLD_MAGIC = b"ZLIB"  # of .zdebug sections, before a size of 8 bytes, big-endian
MANY_NAMES = 0xFFFF  # e_shstrndx where the index does not fit into it
MAX_NAME = 256  # bytes of a section's name, of which all that matter here are short


class Section:
    """A section's header. `index` in the table; `size` in the file, in bytes."""

    __slots__ = ("address", "flags", "index", "info", "kind", "link", "name", "offset", "size")

    def __init__(self, index: int, name: str, fields: tuple[int, ...]) -> None:
        _, self.kind, self.flags, self.address, self.offset, self.size, self.link, self.info = (
            fields[:8]
        )
        self.index = index
        self.name = name


class ElfImage:
    """An ELF file. `address_size` in bytes; `mapping` is None where the bytes are in memory.

    Raises TypeInfoError where it is none, or its table of sections is damaged.
    """

    __slots__ = (
        "_names",
        "address_size",
        "byte_order",
        "data",
        "header",
        "kind",
        "machine",
        "mapping",
        "mark",
        "path",
        "sections",
    )

    def __init__(self, data: memoryview, path: str, mapping: mmap.mmap | None = None) -> None:
        self.data = data
        self.path = path
        self.mapping = mapping
        ident = bytes(data[:16])
        if ident[:4] != MAGIC:
            raise TypeInfoError("not an ELF file", path, 0)
        if len(ident) < 16 or ident[4] not in (1, 2) or ident[5] not in (1, 2):
            raise TypeInfoError("damaged ELF file: its first 16 bytes make no sense", path, 0)
        self.address_size = 4 * ident[4]
        self.byte_order: Literal["little", "big"] = "little" if ident[5] == 1 else "big"
        self.mark = "<" if ident[5] == 1 else ">"
        layout = struct.Struct(self.mark + HEADERS[self.address_size])
        if len(data) < 16 + layout.size:
            raise TypeInfoError("damaged ELF file: its header is cut short", path, 0)
        self.header = bytes(data[: 16 + layout.size])
        fields = layout.unpack_from(data, 16)
        self.kind, self.machine = fields[:2]
        self.sections = self._read_sections(fields[5], fields[10], fields[11], fields[12])
        self._names: dict[str, list[Section]] = {}
        for section in self.sections:
            self._names.setdefault(section.name, []).append(section)

    def _read_sections(self, start: int, entry: int, count: int, names: int) -> list[Section]:
        layout = struct.Struct(self.mark + SECTION_HEADERS[self.address_size])
        if not start or start + layout.size > len(self.data):
            return []
        first = layout.unpack_from(self.data, start)
        count = count or first[5]
        names = first[6] if names == MANY_NAMES else names
        if entry < layout.size or start + count * entry > len(self.data):
            raise TypeInfoError(
                f"damaged ELF file: it has no room for {count} section headers", self.path, start
            )
        rows = [layout.unpack_from(self.data, start + i * entry) for i in range(count)]
        offset, size = (rows[names][4], rows[names][5]) if names < count else (0, 0)
        texts = bytes(self.data[offset : offset + size])
        return [
            Section(index, one_line(_text(texts, fields[0])), fields)
            for index, fields in enumerate(rows)
        ]

    def named(self, name: str) -> list[Section]:
        """The sections of that name that have contents in this file.

        Files of debug information keep the headers of sections whose contents they left out.
        """
        return [s for s in self._names.get(name, ()) if s.kind not in (SHT_NULL, SHT_NOBITS)]

    def raw(self, section: Section) -> memoryview:
        """A section's bytes as they are in the file."""
        end = section.offset + section.size
        if end > len(self.data):
            raise TypeInfoError(
                f"damaged ELF file: section {section.name}, {section.size} bytes at "
                f"{section.offset:#x}, runs past the end at {len(self.data):#x}",
                self.path,
                section.offset,
            )
        return self.data[section.offset : end]

    def contents(self, section: Section) -> memoryview:
        """A section's bytes, decompressed where they are compressed."""
        data = self.raw(section)
        if section.flags & SHF_COMPRESSED:
            layout = struct.Struct(self.mark + COMPRESSION_HEADERS[self.address_size])
            if len(data) < layout.size:
                raise self._damaged(section, "it is cut short")
            fields = layout.unpack_from(data)
            method, size = fields[0], fields[-2]
            return self._inflated(section, method, data[layout.size :], size)
        if section.name.startswith(".zdebug"):
            if data[:4] != OLD_MAGIC or len(data) < 12:
                raise self._damaged(section, "it does not begin with ZLIB and a size")
            return self._inflated(section, 1, data[12:], int.from_bytes(data[4:12], "big"))
        return data

    def _inflated(self, section: Section, method: int, data: memoryview, size: int) -> memoryview:
        if method not in METHODS:
            raise self._damaged(section, f"method {method} is not known, only zlib and zstd")
        name, inflate = METHODS[method]
        if size > RATIOS[name] * len(data) + 64:
            raise self._damaged(section, f"{len(data)} bytes cannot hold {size}")
        try:
            out = inflate(data, size)
        except Damaged as error:
            raise self._damaged(section, str(error)) from None
        except UsageError as error:
            raise UsageError(f"{self.path}: section {section.name}: {error}") from None
        if len(out) != size:
            raise self._damaged(section, f"it holds {len(out)} bytes, and should {size}")
        return memoryview(out)

    def _damaged(self, section: Section, what: str) -> TypeInfoError:
        return TypeInfoError(
            f"damaged ELF file: compressed section {section.name}: {what}",
            self.path,
            section.offset,
        )

    def bytes_of(self, name: str) -> bytes | None:
        """A copy of the contents of the section of that name, None where there is none."""
        for section in self.named(name):
            return bytes(self.contents(section))
        return None

    @property
    def build_id(self) -> bytes:
        """What the linker named this file by; empty where it did not."""
        notes = (bytes(self.raw(s)) for s in self.sections if s.kind == SHT_NOTE)
        return next(filter(None, (build_id(data, self.byte_order) for data in notes)), b"")


def _text(texts: bytes, offset: int) -> str:
    end = texts.find(b"\0", offset, offset + MAX_NAME)
    return texts[offset : end if end >= 0 else offset + MAX_NAME].decode("latin-1")


def elf_image_of(stream: BinaryIO, path: str) -> ElfImage:
    """The ELF file that an open file holds; it may be closed afterwards."""
    try:
        mapping = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # in memory alone, a pipe, or empty
        stream.seek(0)
        return ElfImage(memoryview(stream.read()), path)
    return ElfImage(memoryview(mapping), path, mapping)


def open_elf_image(path: str) -> ElfImage | None:
    """The ELF file of that path, or None where there is no file that can be read."""
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as stream:
            return elf_image_of(stream, path)
    except OSError:
        return None
