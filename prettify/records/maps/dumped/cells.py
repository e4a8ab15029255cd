"""Where the numbers that a text tells go in a record's bytes, and what is wrong with one."""

from __future__ import annotations

from prettify import model
from prettify.compilers.values import bit_span, bits_down
from prettify.errors import one_line
from prettify.layout import is_signed, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from prettify.errors import DataError
    from prettify.layout import Layout, Node
    from prettify.records.maps.dumped.window import Window

    Order = Literal["little", "big"]

LONGEST_NUMBER = 48  # characters of any number of up to 128 bits


class Untold(Exception):
    """A text does not tell the value of a member; `steps` is that one's path, last step first."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.steps: list[str] = []

    def error(self, window: Window, start: int) -> DataError:
        """The error about the entry that begins at that byte of the input."""
        path = one_line("".join(reversed(self.steps)))
        return window.error(f"entry at byte {start}: {path}: {self.what}")


class Cell:
    """The place of an integer, enum or pointer: some bytes, or bits of them."""

    __slots__ = ("_bits", "_down", "_low", "_mask", "_offset", "_order", "_size")

    def __init__(self, node: Node, order: Order) -> None:
        type_ = node.type
        first, bits = node.bit_offset, node.bit_size
        if isinstance(type_, model.Integer) and not node.bitfield:
            # An integer may use some of its bits alone.
            first, bits = first + type_.bit_offset, type_.bits
        self._offset, self._size, shift = bit_span(first, bits)
        self._down = bits_down(self._size, shift, bits, order)
        self._bits = bits
        self._mask = (1 << bits) - 1
        self._low = -(1 << bits - 1) if is_signed(node) else 0
        self._order = order

    def put(self, out: bytearray, shift: int, number: int, *, bits: bool = False) -> None:
        """Write a number; `shift` is how many bytes an element is behind the first one.

        bits: whether the number is the bits as they are, whatever the sign of the place. Raises
        Untold.
        """
        low = 0 if bits else self._low
        if not low <= number <= (~low if low else self._mask):
            raise Untold(f"{number} does not fit in {self._bits} bits")
        self.put_lowest(out, shift, number)

    def put_lowest(self, out: bytearray, shift: int, number: int) -> None:
        """Write the lowest bits of a number, as many as there is room for."""
        at = self._offset + shift
        whole = number & self._mask
        if self._bits != 8 * self._size:
            whole = int.from_bytes(out[at : at + self._size], self._order)
            whole &= ~(self._mask << self._down)
            whole |= (number & self._mask) << self._down
        out[at : at + self._size] = whole.to_bytes(self._size, self._order)

    def empty(self, out: bytearray, shift: int) -> bool:
        """Whether nothing but zeroes has been written there."""
        at = self._offset + shift
        whole = int.from_bytes(out[at : at + self._size], self._order)
        return not whole >> self._down & self._mask


def number_of(word: bytes) -> int | None:
    """The number that a word is, decimal or with 0x; None where it is none."""
    if len(word) <= LONGEST_NUMBER:
        if word.removeprefix(b"-").isdigit():
            return int(word)
        if word.startswith(b"0x"):
            try:
                return int(word, 16)
            except ValueError:
                return None
    return None


def order_of(layout: Layout) -> Order:
    """The byte order of a layout."""
    return "big" if layout.byte_order == "big" else "little"


def enumerators(node: Node) -> dict[bytes, int]:
    """The value of each enumerator, by its name as the source has it."""
    assert isinstance(node.type, model.Enum)
    found: dict[bytes, int] = {}
    for enumerator in node.type.enumerators:
        name = enumerator.name.encode("utf-8", "surrogateescape")
        found.setdefault(name, enumerator.value)
    return found


def step_to(node: Node) -> str:
    """The step of a path that leads to a member; nothing for anonymous ones."""
    return f".{name_of(node.name)}" if node.name else ""
