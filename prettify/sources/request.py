"""How a source of types is to be read, whatever its format turns out to be."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.model import TypeGraph
    from prettify.sources.dwarf.languages import Languages
    from prettify.sources.headers import CompilerOptions

FORMATS = ("btf", "dwarf", "ctf")  # of type information in ELF files, in the order they are tried


class Request:
    """What is asked of a source.

    formats: which an ELF file is searched for, in order. base: what split BTF continues, or the
    parent of a CTF dictionary; kernel modules find theirs by themselves. options: for the compiler
    of files that are C. languages: of the compile units whose DWARF is wanted, None for all.
    """

    __slots__ = ("base", "formats", "languages", "options")

    def __init__(
        self,
        formats: Sequence[str] = FORMATS,
        base: TypeGraph | None = None,
        options: CompilerOptions | None = None,
        languages: Languages | None = None,
    ) -> None:
        self.formats = tuple(formats)
        self.base = base
        self.options = options
        self.languages = languages
