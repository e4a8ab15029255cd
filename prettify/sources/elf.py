"""Type information in ELF files: which sections hold it, and who reads them."""

from __future__ import annotations

import os

from prettify.description import Origin
from prettify.errors import TypeInfoError, one_line
from prettify.sources.btf import Btf, checked_base, is_split
from prettify.sources.data_sections import completed
from prettify.sources.elf_image import elf_image_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from prettify.model import TypeGraph
    from prettify.sources.elf_image import ElfImage
    from prettify.sources.request import Request

    FindKernel = Callable[[str, str], Btf]
    Reader = Callable[[ElfImage, Request, FindKernel | None], TypeGraph | None]

VERSION_MAGIC = b"vermagic="  # in a kernel module's .modinfo, before its kernel's release


def open_elf(
    stream: BinaryIO, path: str, request: Request, kernel_of: FindKernel | None = None
) -> TypeGraph:
    """The type graph of the first of the request's formats that an ELF file holds.

    kernel_of: finds what the split BTF of a kernel module continues, by the kernel's release and
    the path of the module. Raises TypeInfoError where the file holds none of the formats, or is
    damaged.
    """
    image = elf_image_of(stream, path)
    for name in request.formats:
        graph = FORMATS[name][0](image, request, kernel_of)
        if graph is not None:
            graph.origin = _origin(image)
            return graph
    known = ", ".join(FORMATS[name][1] for name in request.formats)
    raise TypeInfoError(f"an ELF file without type information ({known})", path)


def _read_btf(image: ElfImage, request: Request, kernel_of: FindKernel | None) -> TypeGraph | None:
    path, pointer_size, base = image.path, image.address_size, request.base
    data = image.bytes_of(".BTF")
    if data is None:
        return None
    # A module's own extract of its base. The ids and strings in .BTF go on from there, not from
    # the whole base that the user may have named.
    own_base = image.bytes_of(".BTF.base")
    if own_base is not None:
        base = Btf(own_base, f"{path}(.BTF.base)", None, pointer_size)
    elif base is None and kernel_of is not None and is_split(data):
        release = _kernel_release(image)
        base = kernel_of(release, path) if release else None
    return completed(Btf(data, f"{path}(.BTF)", checked_base(base), pointer_size), image)


def _read_dwarf(
    image: ElfImage, request: Request, _kernel_of: FindKernel | None
) -> TypeGraph | None:
    from prettify.sources.dwarf.opening import open_dwarf

    return open_dwarf(image, request.languages)


def _read_ctf(image: ElfImage, request: Request, _kernel_of: FindKernel | None) -> TypeGraph | None:
    from prettify.sources.ctf.graph import Ctf
    from prettify.sources.ctf.repairs import arrays_reversed

    for name in (".ctf", ".SUNW_ctf"):
        data = image.bytes_of(name)
        if data:
            return Ctf(
                data,
                f"{image.path}({name})",
                request.base if isinstance(request.base, Ctf) else None,
                image.address_size,
                lambda dynamic: image.bytes_of(".dynstr" if dynamic else ".strtab"),
                arrays_reversed(image.bytes_of(".comment") or b""),
            )
    return None


def _origin(image: ElfImage) -> Origin:
    """What the file says of itself: its build-id, and the compilers in its .comment."""
    comments = (image.bytes_of(".comment") or b"").decode("utf-8", "replace").split("\0")
    producers = [one_line(text) for text in dict.fromkeys(comments) if text]
    return Origin("ELF", image.build_id, producers)


def _kernel_release(image: ElfImage) -> str:
    """The release of the kernel that a module is for, empty where the file is no module."""
    for text in (image.bytes_of(".modinfo") or b"").split(b"\0"):
        if text.startswith(VERSION_MAGIC):
            return os.fsdecode(text.removeprefix(VERSION_MAGIC).partition(b" ")[0])
    return ""


# What an ELF file may hold, and what that is in words. A new format is a row here.
FORMATS: dict[str, tuple[Reader, str]] = {
    "btf": (_read_btf, "BTF, a section .BTF"),
    "dwarf": (_read_dwarf, "DWARF, here or in a file of its own"),
    "ctf": (_read_ctf, "CTF, a section .ctf or .SUNW_ctf"),
}
