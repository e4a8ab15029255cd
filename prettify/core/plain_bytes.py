"""What `core.intrinsics` does with bytes, where that is not compiled in."""

from __future__ import annotations

PIECE = 1 << 20  # bytes that are copied at a time; no name has as many


def leb128_end(data: bytes | memoryview, at: int, end: int) -> int:
    """Where the LEB128 number (DWARF 5, section 7.6) that begins there ends; -1: past the end."""
    while at < end:
        if data[at] < 0x80:
            return at + 1
        at += 1
    return -1


def leb128(data: bytes | memoryview, at: int) -> int:
    """The lowest 63 bits of the unsigned LEB128 number there, which is known to end."""
    value = data[at] & 0x7F
    shift = 7
    while data[at] >= 0x80:
        at += 1
        if shift < 63:
            value |= (data[at] & 0x7F) << shift
            shift += 7
    return value


def find_bytes(data: memoryview, at: int, end: int, wanted: bytes, length: int) -> int:
    """Where in data[at:end] these bytes, so many, are; -1 where they are not."""
    while end - at >= length:
        piece = bytes(data[at : min(end, at + PIECE)])
        found = piece.find(wanted)
        if found >= 0:
            return at + found
        at += len(piece) - length + 1
    return -1
