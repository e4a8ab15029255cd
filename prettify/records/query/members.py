"""Integers of one record: what `$header.a.b` refers to."""

from __future__ import annotations

from prettify import model
from prettify.errors import UsageError
from prettify.layout import Node, is_signed

INTEGERS = frozenset((model.INT, model.ENUM, model.POINTER))


def integer(node: Node, record: bytes, byte_order: str) -> int:
    """The integer of a node in a record. Raises UsageError where it is none."""
    if node.kind not in INTEGERS:
        raise UsageError(f"member {node.name!r} is no integer, but {model.spelled(node.declared)}")
    big = byte_order == "big"
    end = (node.bit_offset + node.bit_size + 7) >> 3
    value = int.from_bytes(record[node.offset : end], "big" if big else "little")
    before = node.bit_offset & 7
    value >>= 8 * (end - node.offset) - before - node.bit_size if big else before
    value &= (1 << node.bit_size) - 1
    if is_signed(node) and value >> (node.bit_size - 1):
        value -= 1 << node.bit_size
    return value
