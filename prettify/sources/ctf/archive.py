"""CTF archives: several dictionaries in one file, by name.

Format: "The CTF File Format", chapter "CTF archives"; all its numbers are little-endian. Other
than that chapter says, offsets count from the table that they lead into, as libctf writes them.
"""

from __future__ import annotations

import struct

from prettify.errors import TypeInfoError, one_line
from prettify.sources.strings import MAX_NAME, name_at

MAGIC = 0x8B47F2A4D7623EEB
MAGIC_BYTES = MAGIC.to_bytes(8, "little")
HEADER = struct.Struct("<QQQQQ")  # magic, data model, dictionaries, offsets of names and of these
ENTRY = struct.Struct("<QQ")  # offsets of a name and of a dictionary
LENGTH = struct.Struct("<Q")  # before each dictionary

POINTER_SIZES = {1: 4, 2: 8}  # by data model: ILP32, LP64


class Member:
    """A dictionary of an archive: its name, where it begins, and its bytes."""

    __slots__ = ("data", "name", "start")

    def __init__(self, name: str, start: int, data: bytes) -> None:
        self.name = name
        self.start = start
        self.data = data


def pointer_size(data: bytes) -> int:
    """The bytes of a pointer in an archive's data model, 0 where it does not say."""
    return POINTER_SIZES.get(HEADER.unpack_from(data)[1], 0)


def members(data: bytes, path: str) -> list[Member]:
    """The dictionaries of an archive, in its order. Raises TypeInfoError where it is damaged."""
    if len(data) < HEADER.size:
        raise TypeInfoError(
            f"a CTF archive of {len(data)} bytes, its header alone has {HEADER.size}", path, 0
        )
    _, _, count, names, dictionaries = HEADER.unpack_from(data)
    if HEADER.size + count * ENTRY.size > len(data):
        raise TypeInfoError(
            f"the CTF archive has no room for {count} dictionaries: it has {len(data)} bytes",
            path,
            16,
        )
    found = []
    total = 0
    for at in range(HEADER.size, HEADER.size + count * ENTRY.size, ENTRY.size):
        name, offset = ENTRY.unpack_from(data, at)
        start = dictionaries + offset + LENGTH.size
        if start > len(data):
            raise TypeInfoError(
                f"a dictionary at {start:#x}, behind the archive's end at {len(data):#x}", path, at
            )
        [length] = LENGTH.unpack_from(data, start - LENGTH.size)
        if start + length > len(data):
            raise TypeInfoError(
                f"a dictionary of {length} bytes at {start:#x} runs past the archive's end at "
                f"{len(data):#x}",
                path,
                start - LENGTH.size,
            )
        total += length
        if total > len(data):
            raise TypeInfoError("the archive's dictionaries overlap", path, at)
        text = name_at(data, names + name, len(data))
        if text is None:
            raise TypeInfoError(f"a name of more than {MAX_NAME} bytes", path, at)
        found.append(Member(one_line(text), start, data[start : start + length]))
    return found
