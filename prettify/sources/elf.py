"""Type information in ELF files: which sections hold it, found with pyelftools."""

from __future__ import annotations

import os

from prettify.errors import TypeInfoError, UsageError
from prettify.sources.btf import Btf, checked_base

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, BinaryIO

    from prettify.model import TypeGraph


def open_elf(
    stream: BinaryIO, path: str, formats: Iterable[str], base: TypeGraph | None
) -> TypeGraph:
    """The type graph of the first of `formats` that an ELF file holds.

    Raises TypeInfoError where it holds none of them, or is damaged; UsageError where pyelftools is
    not installed.
    """
    formats = tuple(formats)
    try:
        from elftools.elf.elffile import ELFFile
    except ImportError:
        raise UsageError(
            f"{path}: reading ELF files needs pyelftools (pip install pyelftools); raw BTF does not"
        ) from None
    try:
        elf = ELFFile(stream)
        for name in formats:
            graph = FORMATS[name][0](elf, path, base)
            if graph is not None:
                return graph
    except (TypeInfoError, UsageError):
        raise
    except Exception as error:
        # pyelftools meets damage with whatever exception comes up.
        what = str(error).strip().splitlines()
        raise TypeInfoError(
            f"damaged ELF file: {what[0] if what else type(error).__name__}", path
        ) from error
    known = ", ".join(FORMATS[name][1] for name in formats)
    raise TypeInfoError(f"an ELF file without type information ({known})", path)


def _read_btf(elf: Any, path: str, base: TypeGraph | None) -> TypeGraph | None:
    data = _section(elf, path, ".BTF")
    if data is None:
        return None
    pointer_size = elf.elfclass // 8
    # A module's own extract of its base. The ids and strings in .BTF go on from there, not from
    # the whole base that the user may have named.
    own_base = _section(elf, path, ".BTF.base")
    if own_base is not None:
        base = Btf(own_base, f"{path}(.BTF.base)", None, pointer_size)
    return Btf(data, f"{path}(.BTF)", checked_base(base), pointer_size)


def _read_ctf(elf: Any, path: str, base: TypeGraph | None) -> TypeGraph | None:
    from prettify.sources.ctf.graph import Ctf
    from prettify.sources.ctf.repairs import arrays_reversed

    for name in (".ctf", ".SUNW_ctf"):
        data = _section(elf, path, name)
        if data:
            return Ctf(
                data,
                f"{path}({name})",
                base if isinstance(base, Ctf) else None,
                elf.elfclass // 8,
                lambda dynamic: _section(elf, path, ".dynstr" if dynamic else ".strtab"),
                arrays_reversed(_section(elf, path, ".comment") or b""),
            )
    return None


def _section(elf: Any, path: str, name: str) -> bytes | None:
    """The contents of a section, or None where the file has none of it.

    Files of debug information keep the headers of sections whose contents they left out.
    """
    end = elf.stream.seek(0, os.SEEK_END)
    # pyelftools believes what the file says about itself, be it 2^60 sections in 1,000 bytes.
    count, entry = elf.num_sections(), elf["e_shentsize"]
    if count and elf["e_shoff"] + count * entry > end:
        raise TypeInfoError(f"damaged ELF file: it has no room for {count} section headers", path)
    section = elf.get_section_by_name(name)
    if section is None or section["sh_type"] == "SHT_NOBITS":
        return None
    start, size = section["sh_offset"], section["sh_size"]
    if start + size > end:
        raise TypeInfoError(
            f"damaged ELF file: section {name}, {size} bytes at {start:#x}, runs past the end at "
            f"{end:#x}",
            path,
            start,
        )
    data: bytes = section.data()
    return data


# What an ELF file may hold, and what that is in words. A new format is a row here.
FORMATS: dict[str, tuple[Callable[[Any, str, TypeGraph | None], TypeGraph | None], str]] = {
    "btf": (_read_btf, "BTF, a section .BTF"),
    "ctf": (_read_ctf, "CTF, a section .ctf or .SUNW_ctf"),
}
