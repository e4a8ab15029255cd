"""What expressions about single records read from, and how they read members."""

from __future__ import annotations

import struct

from prettify import model
from prettify.compilers import values
from prettify.core import measure
from prettify.errors import UsageError
from prettify.layout import NESTED, flexible_tail, float_format, is_bool, is_signed
from prettify.paths import at_path
from prettify.records.query.members import integer
from prettify.records.query.rules import FLOAT, INTEGER, TEXT
from prettify.records.query.scalar import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from prettify.core.measure import Ops
    from prettify.layout import Layout, Node
    from prettify.records.input import Input

    Record = bytes | memoryview

CODES = {1: "b", 2: "h", 4: "i", 8: "q"}  # struct's, of signed integers of that size


class AbsentError(Exception):
    """An expression refers to a record that the input does not have."""


class Frame(dict[int, "Record"]):
    """By the index of a table or stream its current record.

    One that has none gets its first one, through `first`. offset: where the current record
    begins. byte_order: of the data. header: gives the integer of a header's member by its path.
    """

    __slots__ = ("byte_order", "data", "first", "header", "offset")

    def __init__(
        self,
        data: Input,
        byte_order: Literal["little", "big"],
        first: Callable[[int], Record],
        header: Callable[[str], int] | None = None,
    ) -> None:
        super().__init__()
        self.data = data
        self.byte_order = byte_order
        self.first = first
        self.header = header
        self.offset = 0

    def __missing__(self, index: int) -> Record:
        return self.first(index)


def member(layout: Layout, path: str, index: int, byte_order: str, shown: str) -> Code:
    """The member at a path of the records that frames have at an index.

    shown: what messages call it. Its program, if it has one, reads it from the record that is being
    looked at. Raises UsageError where there is none, or it has no value.
    """
    node = at_path(layout, path)
    if node.of_chars:
        return _text(node, index, to_end=node is flexible_tail(layout.root))
    if node.kind in NESTED or node.element is not None or node.located is not None:
        raise UsageError(f"{shown} is no number, but {model.spelled(node.declared)}")
    if node.kind == model.BYTES:
        return _digits(node, index)
    if node.kind == model.FLOAT:
        return _float(node, index, byte_order)
    code = _integer(node, index, byte_order)
    code.ops = _loading(node, byte_order)
    return code


def _loading(node: Node, byte_order: str) -> Ops | None:
    """The program that reads an integer of up to 8 bytes."""
    offset, size, shift = values.bit_span(node.bit_offset, node.bit_size)
    if size > max(CODES):
        return None
    down = values.bits_down(size, shift, node.bit_size, byte_order)
    ops = (measure.LOAD, offset, size, down, node.bit_size, int(is_signed(node)))
    return (*ops, measure.TRUTH) if is_bool(node) else ops


def _integer(node: Node, index: int, byte_order: str) -> Code:
    size = node.size
    if is_bool(node):
        return Code(INTEGER, lambda frame: int(integer(node, frame[index], byte_order) != 0))
    if size not in CODES or node.bitfield:
        return Code(INTEGER, lambda frame: integer(node, frame[index], byte_order))
    code = CODES[size] if is_signed(node) else CODES[size].upper()
    unpack = struct.Struct((">" if byte_order == "big" else "<") + code).unpack_from
    offset = node.offset
    return Code(INTEGER, lambda frame: unpack(frame[index], offset)[0])


def _float(node: Node, index: int, byte_order: str) -> Code:
    order: Any = byte_order
    form, start = float_format(node), node.offset
    end = start + min(node.size, values.X87_SIZE if form == "x87" else node.size)
    return Code(
        FLOAT,
        lambda frame: values.float_of(int.from_bytes(frame[index][start:end], order), form),
    )


def _digits(node: Node, index: int) -> Code:
    start, end = node.offset, node.offset + node.size
    return Code(TEXT, lambda frame: bytes(frame[index][start:end]).hex())


def _text(node: Node, index: int, *, to_end: bool) -> Code:
    start = node.offset
    end = None if to_end else start + node.count
    return Code(TEXT, lambda frame: values.text_of(bytes(frame[index][start:end])))
