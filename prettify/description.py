"""What a source of types is: its format, who made it, what it holds."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Origin:
    """Where a type graph was found, as whoever opened it knows.

    container: what the type information is part of, from the inside out: `raw` for none, `ELF`,
    `ELF in xz`, `ELF in a kernel image`, `C`, `catalogue`. build_id: what the linker named the file
    by, empty where it did not. producers: the compilers that the file names.
    """

    __slots__ = ("build_id", "container", "producers")

    def __init__(
        self, container: str = "raw", build_id: bytes = b"", producers: Iterable[str] = ()
    ) -> None:
        self.container = container
        self.build_id = build_id
        self.producers = tuple(producers)

    def __repr__(self) -> str:
        return f"Origin({self.container!r}, {self.build_id!r}, {self.producers!r})"


class Description:
    """What a source is.

    path:          its name, as it was given
    format:        of the type information: `BTF`, `split BTF`, `DWARF 5` …
    container:     what that is part of, see `Origin`
    base:          the path of what split BTF continues, else empty
    producers:     the compilers, the one of most types first
    languages:     that the types were written in, in the same order, where the format tells
    kinds:         the number of types of each kind, by the word that `prettify types` shows
    byte_order:    "little" or "big"
    pointer_size:  in bytes
    build_id:      in hexadecimal, empty where there is none
    """

    __slots__ = (
        "base",
        "build_id",
        "byte_order",
        "container",
        "format",
        "kinds",
        "languages",
        "path",
        "pointer_size",
        "producers",
    )

    def __init__(
        self,
        path: str,
        format: str,
        origin: Origin,
        *,
        byte_order: str,
        pointer_size: int,
        kinds: Mapping[str, int],
        languages: Iterable[str] = (),
        producers: Iterable[str] = (),
        base: str = "",
    ) -> None:
        self.path = path
        self.format = format
        self.container = origin.container
        self.base = base
        self.producers = tuple(producers) or origin.producers
        self.languages = tuple(languages)
        self.kinds = dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
        self.byte_order = byte_order
        self.pointer_size = pointer_size
        self.build_id = origin.build_id.hex()

    @property
    def types(self) -> int:
        """The number of types, without those of a base."""
        return sum(self.kinds.values())

    def __repr__(self) -> str:
        return f"<Description of {self.path}: {self.format}, {self.types} types>"
