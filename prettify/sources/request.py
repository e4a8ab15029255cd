"""How a source of types is to be read, whatever its format turns out to be."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.model import TypeGraph
    from prettify.sources.dwarf.languages import Languages

TRACEFS = "tracefs:"  # before the name of a trace event that is a source
FORMATS = ("btf", "dwarf", "ctf")  # of type information in ELF files, in the order they are tried


class CompilerOptions:
    """What the compiler of C sources is told.

    include: folders for #include. macro: "NAME" or "NAME=VALUE". target_flags: what chooses the
    machine and its layout (-m32, --target=…, -mbig-endian, -fpack-struct), or anything else.
    """

    __slots__ = ("include", "macro", "target_flags")

    def __init__(
        self,
        include: Sequence[str] = (),
        macro: Sequence[str] = (),
        target_flags: Sequence[str] = (),
    ) -> None:
        self.include = tuple(include)
        self.macro = tuple(macro)
        self.target_flags = tuple(target_flags)

    @property
    def arguments(self) -> list[str]:
        """Them all, as the compiler takes them."""
        return [
            *(f"-I{folder}" for folder in self.include),
            *(f"-D{macro}" for macro in self.macro),
            *self.target_flags,
        ]


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
