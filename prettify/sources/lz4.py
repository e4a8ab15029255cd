"""The two containers of LZ4: `legacy`, as `lz4 -l` and the kernel make it, and the frame.

Format: "LZ4 Frame Format Description", github.com/lz4/lz4, doc/lz4_Frame_format.md. Checksums are
not looked at.
"""

from __future__ import annotations

from prettify.core.lz4 import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Buffer = bytes | bytearray | memoryview

MAGIC_SIZE = 4
LEGACY_BLOCK = 8 << 20  # bytes of output of a block; the last one may have fewer
HISTORY = 1 << 16  # bytes that a block may look back at those before it
VERSION = 1
BLOCK_SUMS, CONTENT_SIZE, DICTIONARY = 0x10, 0x08, 0x01  # in the flags of a frame
BLOCKS = {4: 64 << 10, 5: 256 << 10, 6: 1 << 20, 7: 4 << 20}  # bytes of output, by number
STORED = 1 << 31  # in the length of a block: it is not compressed


def legacy(source: Buffer, at: int) -> Iterator[bytes]:
    """The output of blocks up to the one that is not full: nothing else marks the end.

    Raises ValueError where they are damaged.
    """
    data = bytes(source)
    target = bytearray(LEGACY_BLOCK)
    at += MAGIC_SIZE
    end = LEGACY_BLOCK
    while end == LEGACY_BLOCK and at + 4 <= len(data):
        length = _word(data, at)
        at += 4
        end = _decoded(data, at, length, target, 0)
        at += length
        yield bytes(memoryview(target)[:end])


def frame(source: Buffer, at: int) -> Iterator[bytes]:
    """The output of a frame. Raises ValueError where it is damaged."""
    data = bytes(source)
    flags, kind = data[at + MAGIC_SIZE : at + MAGIC_SIZE + 2].ljust(2, b"\0")
    size = BLOCKS.get(kind >> 4 & 7, 0)
    if flags >> 6 != VERSION or not size:
        raise ValueError("its header makes no sense")
    if flags & DICTIONARY:
        raise ValueError("it needs a dictionary")
    at += MAGIC_SIZE + 2 + (8 if flags & CONTENT_SIZE else 0) + 1
    target = bytearray(HISTORY + size)
    begin = 0
    while word := _word(data, at):
        at += 4
        length = word & ~STORED
        if word & STORED:
            end = begin + length
            if length > min(size, len(data) - at):
                raise ValueError(f"the block at {at:#x} makes no sense")
            target[begin:end] = data[at : at + length]
        else:
            end = _decoded(data, at, length, target, begin)
        yield bytes(memoryview(target)[begin:end])
        at += length + (4 if flags & BLOCK_SUMS else 0)
        kept = bytes(memoryview(target)[max(0, end - HISTORY) : end])
        begin = len(kept)
        target[:begin] = kept


def _word(data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise ValueError("it is cut short")
    return int.from_bytes(data[at : at + 4], "little")


def _decoded(data: bytes, at: int, length: int, target: bytearray, begin: int) -> int:
    """Where the output of a block ends in target. Raises ValueError."""
    if length > len(data) - at:
        raise ValueError("it is cut short")
    end = decode(data, at, at + length, target, begin)
    if end < 0:
        raise ValueError(f"the block at {at:#x} makes no sense")
    return end
