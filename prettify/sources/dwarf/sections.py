"""The sections of one file that DWARF is in, as buffers: decompressed and relocated as needed."""

from __future__ import annotations

import mmap
import os
import struct

from prettify.errors import TypeInfoError
from prettify.sources.elf_image import RELOCATABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from prettify.sources.elf_image import ElfImage, Section

    Name = str  # Sections has a member of that name

NOTHING = memoryview(b"")
SPLIT = ".dwo"  # what the sections of split DWARF have at the end of their names
# What relocations of other sections would change is not read.
RELOCATED = frozenset(("info", "types", "str_offsets"))


class Sections:
    """The DWARF of one file. Raises TypeInfoError, now or later, where it is damaged.

    path, byte_order and address_size (4 or 8, of the ELF class) are the file's; split says that
    these are its .dwo sections. The buffers are empty where the file has no such section.
    """

    __slots__ = (
        "_buffers",
        "_info_offset",
        "_looked",
        "_supplement",
        "address_size",
        "byte_order",
        "image",
        "missing",
        "path",
        "split",
    )

    def __init__(self, image: ElfImage, *, split: bool = False) -> None:
        self.image = image
        self.path = image.path
        self.byte_order: Literal["little", "big"] = image.byte_order
        self.address_size = image.address_size
        self.split = split
        self._buffers: dict[str, memoryview] = {}
        self._supplement: Sections | None = None
        self._looked = False
        self.missing: TypeInfoError | None = None
        self._info_offset = -1

    def __repr__(self) -> str:
        return f"<Sections of {self.path}{SPLIT if self.split else ''}>"

    @property
    def info(self) -> memoryview:
        """.debug_info"""
        return self.buffer("info")

    @property
    def types(self) -> memoryview:
        """.debug_types, which DWARF 4 has"""
        return self.buffer("types")

    @property
    def abbrev(self) -> memoryview:
        """.debug_abbrev"""
        return self.buffer("abbrev")

    @property
    def str(self) -> memoryview:
        """.debug_str"""
        return self.buffer("str")

    @property
    def line_str(self) -> memoryview:
        """.debug_line_str"""
        return self.buffer("line_str")

    @property
    def str_offsets(self) -> memoryview:
        """.debug_str_offsets"""
        return self.buffer("str_offsets")

    def buffer(self, name: Name) -> memoryview:
        """The contents of .debug_NAME, which are found once."""
        known = self._buffers.get(name)
        if known is None:
            known = self._buffers[name] = self._read(name)
        return known

    def _read(self, name: Name) -> memoryview:
        found = sections_named(self.image, name, split=self.split)
        if not found:
            return NOTHING
        # Object files have one of these for each type that others may have too.
        parts = [self.image.contents(section) for section in found]
        if self.image.kind == RELOCATABLE and name in RELOCATED:
            from prettify.sources.dwarf.relocations import relocate

            bases = {}
            end = 0
            for section, part in zip(found, parts):
                bases[section.index] = end
                end += len(part)
            bases = bases if len(found) > 1 else {}
            parts = [relocate(self.image, s, part, bases) for s, part in zip(found, parts)]
        [only] = parts if len(parts) == 1 else [memoryview(b"".join(parts))]
        if name == "info" and self.image.mapping is not None:
            start = found[0].offset
            if len(found) == 1 and only.obj is self.image.data.obj:
                self._info_offset = start
        return only

    def release(self, start: int, end: int) -> None:
        """Give a range of .debug_info back to the system: it is read again when it is needed.

        Does nothing where the section is no part of a mapped file.
        """
        if self._info_offset < 0 or not hasattr(mmap, "MADV_DONTNEED"):
            return
        mapping = self.image.mapping
        assert mapping is not None
        page = mmap.PAGESIZE
        first = (self._info_offset + start + page - 1) // page * page
        last = (self._info_offset + end) // page * page
        if last > first:
            mapping.madvise(mmap.MADV_DONTNEED, first, last - first)

    @property
    def build_id(self) -> bytes:
        """What the linker named the file by; empty where it did not."""
        return self.image.build_id

    @property
    def cache_key(self) -> bytes:
        """What tells this file's DWARF from that of all others: its build-id, else its size, its
        time and its header. Empty where it is in memory alone, and nothing may be kept of it.

        Tools that shrink or compress debug information leave the build-id as it was.
        """
        if self.image.mapping is None:
            return b""
        sizes = struct.pack("<3Q", len(self.info), len(self.types), len(self.abbrev))
        if self.build_id:
            return b"build-id " + self.build_id + sizes
        try:
            status = os.stat(self.path)
        except OSError:
            return b"size " + struct.pack("<Q", len(self.image.data)) + self.image.header + sizes
        when = struct.pack("<QQ", status.st_size, status.st_mtime_ns)
        return b"time " + when + self.image.header + sizes

    @property
    def supplement(self) -> Sections | None:
        """What dwz moved out of this file and others, or None where it did not.

        None too where that file is not to be found, which `missing` then is about.
        """
        if not self._looked:
            self._looked = True
            from prettify.sources.dwarf.debug_files import open_supplement

            try:
                image = open_supplement(self.image)
            except TypeInfoError as error:
                self.missing = error
            else:
                self._supplement = Sections(image) if image is not None else None
        return self._supplement


def sections_named(image: ElfImage, name: str, *, split: bool = False) -> list[Section]:
    """The sections that are .debug_NAME, or what that was called when it was compressed."""
    end = SPLIT if split else ""
    return image.named(f".debug_{name}{end}") or image.named(f".zdebug_{name}{end}")


def sections_of(image: ElfImage) -> Sections | None:
    """The DWARF of a file, or that of its .dwo sections; None where it has neither."""
    for split in (False, True):
        if any(sections_named(image, name, split=split) for name in ("info", "types")):
            return Sections(image, split=split)
    return None
