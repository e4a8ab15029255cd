"""The options that every C dialect takes: the kernel's four flags, and hexadecimal numbers."""

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
    byte_order  of the data, "little" or "big"; None is the type source's
    """

    # What each means where it is not given.
    DEFAULTS = {"compact": False, "noname": False, "ptr_raw": None, "zero": None, "hex": False}  # noqa: RUF012

    __slots__ = ("byte_order", "compact", "hex", "noname", "ptr_raw", "zero")

    def __init__(
        self,
        *,
        compact: bool = False,
        noname: bool = False,
        ptr_raw: bool | None = None,
        zero: bool | None = None,
        hex: bool = False,
        byte_order: str | None = None,
    ) -> None:
        self.compact = compact
        self.noname = noname
        self.ptr_raw = ptr_raw
        self.zero = zero
        self.hex = hex
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
