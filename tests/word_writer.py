"""What the writers of BTF and CTF have in common."""

from __future__ import annotations

import struct
from typing import Literal, TypeAlias

Endian = Literal["little", "big"]
Name: TypeAlias = "str | bytes | int"
# Inside the writers `bytes` and `int` are methods: annotations there use these names instead.
Bytes: TypeAlias = bytes
Int: TypeAlias = int


class WordWriter:
    """Writes words, and the types that do nothing but refer to another."""

    TYPEDEF: Int
    VOLATILE: Int
    CONST: Int
    RESTRICT: Int

    def __init__(self, endian: Endian) -> None:
        self.endian: Endian = endian
        self._order = "<" if endian == "little" else ">"

    def words(self, *values: Int) -> Bytes:
        """32-bit words in this writer's byte order; negative values become two's complement."""
        return struct.pack(f"{self._order}{len(values)}I", *(v & 0xFFFFFFFF for v in values))

    def _add(self, kind: Int, name: Name, value: Int) -> Int:
        """Add a type that has nothing behind its words."""
        raise NotImplementedError

    def typedef(self, name: Name, to: Int) -> Int:
        """Another name for a type."""
        return self._add(self.TYPEDEF, name, to)

    def volatile(self, of: Int) -> Int:
        """A volatile type."""
        return self._add(self.VOLATILE, "", of)

    def const(self, of: Int) -> Int:
        """A const type."""
        return self._add(self.CONST, "", of)

    def restrict(self, of: Int) -> Int:
        """A restrict type."""
        return self._add(self.RESTRICT, "", of)
