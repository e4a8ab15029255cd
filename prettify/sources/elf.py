"""Type information in ELF files: which sections hold it, found with pyelftools."""

from __future__ import annotations

import os

from prettify.description import Origin
from prettify.errors import PrettifyError, TypeInfoError, UsageError, one_line
from prettify.sources.btf import Btf, checked_base, is_split
from prettify.sources.notes import build_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, BinaryIO

    from prettify.model import TypeGraph
    from prettify.sources.dwarf.languages import Languages

    FindKernel = Callable[[str, str], Btf]
    Reader = Callable[["Opened"], TypeGraph | None]

NOTES = (".note.gnu.build-id", ".notes")  # where build-ids are; a kernel has all notes in one
VERSION_MAGIC = b"vermagic="  # in a kernel module's .modinfo, before its kernel's release


class Opened:
    """An ELF file, `elf` of pyelftools, and what the readers of one format or another need.

    base: what split BTF continues, or the parent of a CTF dictionary; kernel_of: what finds it,
    where that is not given and the file is a kernel module, by the kernel's release and the path of
    the module. languages: of the compile units whose DWARF is wanted, None for all.
    """

    __slots__ = ("base", "elf", "kernel_of", "languages", "path")

    def __init__(
        self,
        elf: Any,
        path: str,
        base: TypeGraph | None,
        kernel_of: FindKernel | None,
        languages: Languages | None,
    ) -> None:
        self.elf = elf
        self.path = path
        self.base = base
        self.kernel_of = kernel_of
        self.languages = languages


def open_elf(
    stream: BinaryIO,
    path: str,
    formats: Iterable[str],
    base: TypeGraph | None,
    kernel_of: FindKernel | None = None,
    languages: Languages | None = None,
) -> TypeGraph:
    """The type graph of the first of `formats` that an ELF file holds.

    base, kernel_of, languages: see `Opened`. Raises TypeInfoError where it holds none of them, or
    is damaged; UsageError where pyelftools is not installed.
    """
    formats = tuple(formats)
    try:
        from elftools.elf.elffile import ELFFile
    except ImportError:
        raise UsageError(
            f"{path}: reading ELF files needs pyelftools (pip install pyelftools); raw BTF does not"
        ) from None
    try:
        file = Opened(ELFFile(stream), path, base, kernel_of, languages)
        for name in formats:
            graph = FORMATS[name][0](file)
            if graph is not None:
                graph.origin = _origin(file.elf, path)
                return graph
    except PrettifyError:
        raise
    except Exception as error:
        # pyelftools meets damage with whatever exception comes up.
        what = str(error).strip().splitlines()
        raise TypeInfoError(
            f"damaged ELF file: {what[0] if what else type(error).__name__}", path
        ) from error
    known = ", ".join(FORMATS[name][1] for name in formats)
    raise TypeInfoError(f"an ELF file without type information ({known})", path)


def _read_btf(file: Opened) -> TypeGraph | None:
    elf, path, base = file.elf, file.path, file.base
    data = _section(elf, path, ".BTF")
    if data is None:
        return None
    pointer_size = elf.elfclass // 8
    # A module's own extract of its base. The ids and strings in .BTF go on from there, not from
    # the whole base that the user may have named.
    own_base = _section(elf, path, ".BTF.base")
    if own_base is not None:
        base = Btf(own_base, f"{path}(.BTF.base)", None, pointer_size)
    elif base is None and file.kernel_of is not None and is_split(data):
        release = _kernel_release(elf, path)
        base = file.kernel_of(release, path) if release else None
    return Btf(data, f"{path}(.BTF)", checked_base(base), pointer_size)


def _read_ctf(file: Opened) -> TypeGraph | None:
    from prettify.sources.ctf.graph import Ctf
    from prettify.sources.ctf.repairs import arrays_reversed

    elf, path = file.elf, file.path
    for name in (".ctf", ".SUNW_ctf"):
        data = _section(elf, path, name)
        if data:
            return Ctf(
                data,
                f"{path}({name})",
                file.base if isinstance(file.base, Ctf) else None,
                elf.elfclass // 8,
                lambda dynamic: _section(elf, path, ".dynstr" if dynamic else ".strtab"),
                arrays_reversed(_section(elf, path, ".comment") or b""),
            )
    return None


def _origin(elf: Any, path: str) -> Origin:
    """What the file says of itself: its build-id, and the compilers in its .comment."""
    order = "little" if elf.little_endian else "big"
    found = (build_id(_section(elf, path, name) or b"", order) for name in NOTES)
    comments = (_section(elf, path, ".comment") or b"").decode("utf-8", "replace").split("\0")
    producers = [one_line(text) for text in dict.fromkeys(comments) if text]
    return Origin("ELF", next(filter(None, found), b""), producers)


def _read_dwarf(file: Opened) -> TypeGraph | None:
    from prettify.sources.dwarf.opening import open_dwarf

    return open_dwarf(file.elf.stream, file.path, file.languages)


def _kernel_release(elf: Any, path: str) -> str:
    """The release of the kernel that a module is for, empty where the file is no module."""
    for text in (_section(elf, path, ".modinfo") or b"").split(b"\0"):
        if text.startswith(VERSION_MAGIC):
            return os.fsdecode(text.removeprefix(VERSION_MAGIC).partition(b" ")[0])
    return ""


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
FORMATS: dict[str, tuple[Reader, str]] = {
    "btf": (_read_btf, "BTF, a section .BTF"),
    "dwarf": (_read_dwarf, "DWARF, here or in a file of its own"),
    "ctf": (_read_ctf, "CTF, a section .ctf or .SUNW_ctf"),
}
