"""A layout and a value: the bytes of a record, without construct.

What it makes of a value is what `construct_parser.pack` makes of it. It is for values that are
known to fit, which whoever made them has seen to.
"""

from __future__ import annotations

from prettify import model
from prettify.compilers import values
from prettify.layout import X87, float_format, room_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from prettify.layout import Layout, Node

    Order = Literal["little", "big"]


def packed(layout: Layout, byte_order: str, value: Any) -> bytes:
    """The bytes of a value whose enumerators and pointers are numbers; what it lacks is zero.

    Of several members of a union each is written where it is not zero.
    """
    out = bytearray(layout.size)
    order: Order = "big" if byte_order == "big" else "little"
    _PUT[layout.root.kind](layout.root, out, 0, value, order)
    return bytes(out)


# Each writes a value to `out`, where the node is `shift` bytes further on than it says.


def _put_number(node: Node, out: bytearray, shift: int, value: int, order: Order) -> None:
    _put_bits(out, node.bit_offset + 8 * shift, node.bit_size, int(value), order)


def _put_bits(out: bytearray, bit_offset: int, bits: int, number: int, order: Order) -> None:
    if not number:
        return
    start, size, shift = values.bit_span(bit_offset, bits)
    down = values.bits_down(size, shift, bits, order)
    mask = (1 << bits) - 1
    whole = int.from_bytes(out[start : start + size], order)
    whole = whole & ~(mask << down) | (number & mask) << down
    out[start : start + size] = whole.to_bytes(size, order)


def _put_float(node: Node, out: bytearray, shift: int, value: float | None, order: Order) -> None:
    if value is not None:
        form = float_format(node)
        bits = 8 * values.X87_SIZE if form == X87 else node.bit_size
        number = values.float_bits(float(value), form)
        _put_bits(out, node.bit_offset + 8 * shift, bits, number, order)


def _put_bytes(node: Node, out: bytearray, shift: int, value: bytes, order: Order) -> None:
    if any(value):
        start = node.offset + shift
        out[start : start + len(value)] = value


def _put_text(node: Node, out: bytearray, shift: int, value: str | bytes) -> None:
    raw = values.text_bytes(value, room_for(node)) if isinstance(value, str) else value
    for at, byte in enumerate(raw, node.offset + shift):
        if byte:
            out[at] = byte


def _put_array(node: Node, out: bytearray, shift: int, value: Any, order: Order) -> None:
    if node.of_chars:
        _put_text(node, out, shift, value)
        return
    assert node.element is not None
    put = _PUT[node.element.kind]
    for index, element in enumerate(value):
        put(node.element, out, shift + index * node.stride, element, order)


def _put_members(
    node: Node, out: bytearray, shift: int, value: dict[str, Any], order: Order
) -> None:
    known = values.table(node) if value else {}
    for name, member in value.items():
        child = known[name][1]
        _PUT[child.kind](child, out, shift, member, order)


_PUT: dict[str, Callable[[Node, bytearray, int, Any, Order], None]] = {
    model.INT: _put_number,
    model.ENUM: _put_number,
    model.POINTER: _put_number,
    model.FLOAT: _put_float,
    model.BYTES: _put_bytes,
    model.ARRAY: _put_array,
    model.STRUCT: _put_members,
    model.UNION: _put_members,
    model.SECTION: _put_members,
}
