"""Notes of ELF files: what the linker named a file by.

Format: "System V ABI", chapter "Note Section".
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = "III"  # length of the owner's name, length of the note, type
GNU, BUILD_ID = b"GNU\0", 3


def build_id(data: bytes, byte_order: str) -> bytes:
    """The build-id in the contents of a section of notes, empty where there is none."""
    for owner, kind, note in _notes(data, byte_order):
        if owner == GNU and kind == BUILD_ID:
            return note
    return b""


def build_id_of_file(path: str, byte_order: str) -> bytes:
    """The same of a file that holds notes alone, empty where there is none or it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return build_id(stream.read(), byte_order)
    except OSError:
        return b""


def _notes(data: bytes, byte_order: str) -> Iterator[tuple[bytes, int, bytes]]:
    header = struct.Struct(("<" if byte_order == "little" else ">") + HEADER)
    at = 0
    while at + header.size <= len(data):
        owner, length, kind = header.unpack_from(data, at)
        start = at + header.size
        note = start + _aligned(owner)
        yield data[start : start + owner], kind, data[note : note + length]
        at = note + _aligned(length)


def _aligned(size: int) -> int:
    return (size + 3) & ~3
