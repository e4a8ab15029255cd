"""What the dialects share: loading a node's value, pointer hashing, zero tests, names of enums."""

from __future__ import annotations

import os

from prettify import model
from prettify.core import program as ops
from prettify.core import shortest
from prettify.dialects.assembler import Label
from prettify.layout import (
    BFLOAT,
    DOUBLE,
    HALF,
    NESTED,
    QUAD,
    SINGLE,
    X87,
    Node,
    decimals,
    float_format,
    holes,
    is_signed,
    name_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.dialects.assembler import Assembler

POINTER_KEY = os.urandom(16)  # hashed pointers of one run can be compared, of two runs not

FLOAT_NUMBERS = {
    HALF: shortest.HALF,
    BFLOAT: shortest.BFLOAT,
    SINGLE: shortest.SINGLE,
    DOUBLE: shortest.DOUBLE,
    X87: shortest.X87,
    QUAD: shortest.QUAD,
}


def encode(name: str) -> bytes:
    """A name as the bytes it was read from."""
    return name.encode("utf-8", "surrogateescape")


def load(to: Assembler, node: Node) -> None:
    """Load the integer, enum, pointer or float of a node."""
    if node.bitfield:
        to.add(ops.BITS, node.bit_offset, node.bit_size, int(is_signed(node)))
    else:
        to.add(ops.SIGNED if is_signed(node) else ops.UNSIGNED, node.offset, node.size)


def load_float(to: Assembler, node: Node) -> str:
    """Load the bits of a floating point number; returns its format, a name of `layout`."""
    to.add(ops.UNSIGNED, node.offset, value_size(node))
    return float_format(node)


def enumerators(node: Node) -> list[tuple[int, bytes]]:
    """(value, name) of the enumerators that a node's bits can hold, or of a pointer's names."""
    if isinstance(node.type, model.Pointer):
        return [(e.value, encode(e.name)) for e in node.type.enumerators]
    assert isinstance(node.type, model.Enum)
    bits = node.bit_size
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if node.type.signed else (0, 1 << bits)
    return [(e.value, encode(e.name)) for e in node.type.enumerators if low <= e.value < high]


def enumerator_texts(node: Node) -> Iterator[tuple[int, str]]:
    """(value, name) of the same, names as valid Unicode."""
    for value, name in enumerators(node):
        yield value, name_of(name.decode("utf-8", "surrogateescape"))


def covered(node: Node) -> bool:
    """Whether every bit of a node belongs to some member, so that its bytes are its value."""
    if node.element is not None:
        return not node.count or (node.element.size == node.stride and covered(node.element))
    if node.kind in (model.STRUCT, model.SECTION):
        return not holes(node) and all(map(covered, node.children))
    if node.kind == model.UNION:
        return any(c.bit_size == node.bit_size and covered(c) for c in node.children)
    return not node.bit_offset & 7 and not node.bit_size & 7 and node.size == value_size(node)


def value_size(node: Node) -> int:
    """The bytes that hold a scalar's value: all, but 10 of the up to 16 of an x87 number."""
    return 10 if node.kind == model.FLOAT and float_format(node) == X87 else node.size


def branch_if_set(to: Assembler, node: Node, target: Label) -> None:
    """Go to target if any member of a node is not zero. Padding does not count.

    A located array is zero where its word is; one without a word never is.
    """
    if node.located is not None and not node.size:
        to.branch(ops.JUMP, target)
    if not node.size:
        return
    if covered(node) and not node.bitfield:
        to.branch(ops.IF_BYTES_SET, target, node.offset, node.size)
    elif node.element is not None:
        if node.count:
            start = to.loop(node.count, node.stride)
            branch_if_set(to, node.element, target)
            to.next(start)
    elif node.kind in NESTED:
        for child in node.children:
            branch_if_set(to, child, target)
    elif node.kind == model.FLOAT:
        to.branch(ops.IF_BYTES_SET, target, node.offset, value_size(node))
    else:
        load(to, node)
        to.branch(ops.IF_SET, target)


def put_elements(
    to: Assembler, node: Node, count: int, between: bytes, put: Callable[[Node], None]
) -> None:
    """Put down an array's first `count` elements with that text between them."""
    if count:
        assert node.element is not None
        start = to.loop(count, node.stride)
        to.between(between)
        put(node.element)
        to.next(start)


def put_number(to: Assembler, node: Node) -> None:
    """Put down the integer that was loaded, with a point where its type has one."""
    digits = decimals(node)
    if digits:
        to.add(ops.POINT, digits)
    else:
        to.add(ops.DECIMAL)


def put_located(
    to: Assembler, node: Node, put: Callable[[Node], None], between: bytes = b"", none: bytes = b""
) -> None:
    """Put down the elements of a located array with that text between them, or the one for none."""
    assert node.located is not None
    empty, done = Label(), Label()
    start = to.locate(node.offset, _locating(node, node.stride), empty)
    to.between(between)
    put(node.located)
    to.next(start)
    if none:
        to.branch(ops.JUMP, done)
    to.place(empty)
    to.literal(none)
    to.place(done)


def put_located_whole(to: Assembler, node: Node, put: Callable[[int, int], None]) -> None:
    """Put down all of a located array, given its offset and length; the value is how long it is."""
    never = Label()
    start = to.locate(node.offset, _locating(node, 0), never)
    put(0, ops.LOCATED)
    to.next(start)
    to.place(never)


def put_located_text(to: Assembler, node: Node, style: int) -> None:
    """Put down the text that is located, in a style of STRING."""
    put_located_whole(to, node, lambda offset, size: to.add(ops.STRING, offset, size, style))


def put_located_bytes(to: Assembler, node: Node, style: int = ops.BYTES_PLAIN) -> None:
    """Put down the digits of the bytes that are located."""
    put_located_whole(to, node, lambda offset, size: to.add(ops.BYTES, offset, size, style))


def _locating(node: Node, step: int) -> int:
    """The operand of LOCATE for elements of that many bytes."""
    assert isinstance(node.type, model.Located)
    flags = ops.RELATIVE if node.type.relative else ops.REST if node.type.rest else 0
    return step | flags | node.origin << ops.ORIGIN


def put_bytes(to: Assembler, node: Node, style: int = ops.BYTES_PLAIN) -> None:
    """Put down the digits of bytes of no type."""
    if node.size:
        to.add(ops.BYTES, node.offset, node.size, style)


def put_bool(to: Assembler, node: Node, true: bytes, false: bytes) -> None:
    """Put down one of two texts, by whether a node's value is not zero."""
    zero, done = Label(), Label()
    load(to, node)
    to.branch(ops.IF_ZERO, zero)
    to.literal(true)
    to.branch(ops.JUMP, done)
    to.place(zero)
    to.literal(false)
    to.place(done)


def skip_if_zero(to: Assembler, node: Node) -> Label:
    """Go to the label that is returned where all members of a node are zero."""
    zero, shown = Label(), Label()
    branch_if_set(to, node, shown)
    to.branch(ops.JUMP, zero)
    to.place(shown)
    return zero
