"""The options of the dialects: the kernel's four flags, and what single forms take besides."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.layout import Layout


class Options:
    """What a caller asked of a dialect. None is the dialect's own default.

    compact   no indentation, no line ends (BTF_F_COMPACT)
    noname    no member names, no casts (BTF_F_NONAME)
    ptr_raw   pointers as they are, not hashed (BTF_F_PTR_RAW)
    zero      members that are zero too (BTF_F_ZERO)
    hex       integers in hexadecimal (pahole's `--hex`)
    int64     "number", or "string" for integers of types that have more than 53 bits
    enums     "name" (a number where no name fits), "number", or "both"
    template  the text of one record, with fields for its members
    byte_order  of the data, "little" or "big"; None is the type source's
    """

    # What each means where it is not given.
    DEFAULTS = {  # noqa: RUF012
        "compact": False,
        "noname": False,
        "ptr_raw": None,
        "zero": None,
        "hex": False,
        "int64": "number",
        "enums": "name",
        "template": None,
    }
    # The values of those that have a fixed set of them.
    CHOICES = {"int64": ("number", "string"), "enums": ("name", "number", "both")}  # noqa: RUF012

    __slots__ = (
        "byte_order",
        "compact",
        "enums",
        "hex",
        "int64",
        "noname",
        "ptr_raw",
        "template",
        "zero",
    )

    def __init__(
        self,
        *,
        compact: bool = False,
        noname: bool = False,
        ptr_raw: bool | None = None,
        zero: bool | None = None,
        hex: bool = False,
        int64: str = "number",
        enums: str = "name",
        template: str | None = None,
        byte_order: str | None = None,
    ) -> None:
        self.compact = compact
        self.noname = noname
        self.ptr_raw = ptr_raw
        self.zero = zero
        self.hex = hex
        self.int64 = int64
        self.enums = enums
        self.template = template
        self.byte_order = byte_order

    def big_endian(self, layout: Layout) -> bool:
        """Whether the data is: as asked for, else as the source of its type."""
        return (self.byte_order or layout.byte_order) == "big"

    def line(self, depth: int) -> bytes:
        """From one line to the next, which is at that depth, in tabs."""
        return b" " if self.compact else b"\n" + b"\t" * depth

    def key(self) -> tuple[object, ...]:
        """What tells two sets of options apart."""
        return tuple(getattr(self, name) for name in self.__slots__)
