"""Type information in ELF files: which sections hold it, found with pyelftools."""

from __future__ import annotations

from prettify.errors import TypeInfoError
from prettify.sources.btf import Btf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, BinaryIO

    from prettify.model import TypeGraph

MAGIC = b"\x7fELF"


def open_elf(stream: BinaryIO, path: str, formats: Iterable[str], base: Btf | None) -> TypeGraph:
    """The type graph of the first of `formats` that an ELF file holds.

    Raises TypeInfoError where it holds none of them, or is damaged.
    """
    formats = tuple(formats)
    try:
        from elftools.elf.elffile import ELFFile

        elf = ELFFile(stream)
        for name in formats:
            graph = FORMATS[name](elf, path, base)
            if graph is not None:
                return graph
    except TypeInfoError:
        raise
    except Exception as error:
        # pyelftools meets damage with whatever exception comes up.
        what = str(error).strip().splitlines()
        raise TypeInfoError(
            f"damaged ELF file: {what[0] if what else type(error).__name__}", path
        ) from error
    raise TypeInfoError(f"an ELF file without type information of {', '.join(formats)}", path)


def _read_btf(elf: Any, path: str, base: Btf | None) -> TypeGraph | None:
    section = elf.get_section_by_name(".BTF")
    if section is None:
        return None
    pointer_size = elf.elfclass // 8
    own_base = elf.get_section_by_name(".BTF.base")
    if own_base is not None:
        base = Btf(own_base.data(), f"{path}(.BTF.base)", base, pointer_size)
    return Btf(section.data(), f"{path}(.BTF)", base, pointer_size)


# What an ELF file may hold. A new format of type information is a row here.
FORMATS: dict[str, Callable[[Any, str, Btf | None], TypeGraph | None]] = {"btf": _read_btf}
