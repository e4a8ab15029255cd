"""Running conversions on records in memory, and comparing what comes out with `unpack`'s values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from prettify.compilers.construct_parser import compile_construct
from prettify.layout import Layout, Node


def converted(conversion: Any, blocks: Iterable[bytes], index: int = 0) -> bytes:
    """All that a conversion puts out for these blocks of records of one type."""
    return converted_all(conversion, [(index, block) for block in blocks])


def converted_all(conversion: Any, blocks: Iterable[tuple[int, bytes]]) -> bytes:
    """All that a conversion puts out; the memory of each block is written over behind it."""
    out = [*map(bytes, conversion.before())]
    try:
        for index, block in blocks:
            memory = bytearray(block)
            part = conversion.convert(index, memoryview(memory))
            memory[:] = b"\xa5" * len(memory)
            out += map(bytes, conversion.pieces(part))
        out += map(bytes, conversion.after())
    finally:
        conversion.close()
    return b"".join(out)


def unpacked(layout: Layout, order: str, data: bytes) -> list[Any]:
    """The values of each of the records."""
    parser = compile_construct(layout, order)
    size = layout.size
    return [parser.parse(data[at : at + size]) for at in range(0, len(data), size)]


def projection(layout: Layout, names: Sequence[str]) -> Layout:
    """The layout with these members alone, in that order."""
    whole = layout.root
    members = {child.name: child for child in whole.children}
    root = Node(whole.kind, whole.type, whole.declared, "", whole.bit_offset, whole.bit_size)
    root.children = tuple(members[name] for name in names)
    return Layout(layout.type, root)


def same(one: Any, other: Any) -> bool:
    """Equality all the way down, NaN equal to itself."""
    if isinstance(one, dict):
        same_keys = isinstance(other, dict) and list(one) == list(other)
        return same_keys and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if one != one:  # NaN, be it Python's or numpy's
        return bool(other != other)
    # Numbers may be of different types, but bools only stand for bools.
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
