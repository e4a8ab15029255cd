"""LEB128 numbers (DWARF 5, section 7.6), where `core.intrinsics` is not compiled in."""

from __future__ import annotations


def leb128_end(data: bytes | memoryview, at: int, end: int) -> int:
    """Where the number ends that begins there; -1 where that is past the end."""
    while at < end:
        if data[at] < 0x80:
            return at + 1
        at += 1
    return -1


def leb128(data: bytes | memoryview, at: int) -> int:
    """The lowest 63 bits of the unsigned number there, which is known to end."""
    value = data[at] & 0x7F
    shift = 7
    while data[at] >= 0x80:
        at += 1
        if shift < 63:
            value |= (data[at] & 0x7F) << shift
            shift += 7
    return value
