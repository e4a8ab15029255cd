"""An entry of a map as a record: its key and its value, or that of each CPU, side by side.

The kernel, and what was dumped, hand out keys and values apart. Here is how they lie in a record,
and what puts many of them there at a time.
"""

from __future__ import annotations

from prettify import layout as layouts
from prettify import model
from prettify.composed import Composed
from prettify.core.strided import copy_strided
from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from prettify.model import Type

    Buffer = bytes | bytearray | memoryview

MAP, KEY, VALUE, VALUES = "map", "key", "value", "values"  # the members of an entry
NAME = "map_entry"  # of the struct that an entry is
WORD = 8  # bytes that key and value begin at a multiple of, and per-CPU values in the kernel too
ID_SIZE = 4  # bytes of a map's id


def rounded(size: int) -> int:
    """Bytes of a value of one CPU where the kernel hands out those of all."""
    return size + -size % WORD


class Chunk:
    """Some entries of one map: `count` keys one behind the other, and so the values.

    step: bytes from one CPU's value to the next one's, as large as a value where there are no CPUs.
    """

    __slots__ = ("count", "keys", "step", "values")

    def __init__(self, count: int, keys: Buffer, values: Buffer, step: int) -> None:
        self.count = count
        self.keys = keys
        self.values = values
        self.step = step


class Entry:
    """How an entry of a map lies in a record.

    layout: of `struct map_entry`, with the members `key` and `value`, or `values`, an array, where
    each CPU has one; before them `map`, the map's id, where there is one. What has no type is
    bytes. cpus: 0 where CPUs have no values of their own.
    """

    __slots__ = ("cpus", "key_at", "key_size", "layout", "map_id", "value_at", "value_size")

    def __init__(
        self,
        key: Type | int,
        value: Type | int,
        *,
        cpus: int = 0,
        map_id: int | None = None,
        byte_order: str = "little",
    ) -> None:
        """key, value: types, or sizes in bytes where there is none. Raises UsageError for types
        without a size, TypeInfoError for bad ones.

        byte_order: where neither has a type.
        """
        base = next((part.graph for part in (value, key) if not isinstance(part, int)), None)
        types = Composed(base, path="" if base is not None else NAME, byte_order=byte_order)
        self.map_id = map_id
        self.cpus = cpus
        key_type = types.opaque(key) if isinstance(key, int) else key
        value_type = types.opaque(value) if isinstance(value, int) else value
        self.key_size = _size_of(key_type, KEY)
        self.value_size = _size_of(value_type, VALUE)
        self.key_at = 0 if map_id is None else rounded(ID_SIZE)
        self.value_at = self.key_at + rounded(self.key_size)
        name = VALUE
        if cpus:
            name, value_type = VALUES, types.array(value_type, cpus)
        members = [(KEY, key_type, self.key_at), (name, value_type, self.value_at)]
        if map_id is not None:
            members.insert(0, (MAP, types.integer("unsigned int", ID_SIZE), 0))
        size = rounded(self.value_at + max(cpus, 1) * self.value_size)
        self.layout = layouts.resolve(types.struct(NAME, size, members))

    @property
    def size(self) -> int:
        """Bytes of a record."""
        return self.layout.size

    def fill(self, chunk: Chunk, first: int, count: int, records: bytearray) -> None:
        """Put `count` entries of a chunk, from that one on, to the start of `records`.

        Bytes between members stay what they are, which is zero in a new buffer.
        """
        step = max(self.cpus, 1) * chunk.step
        if self.map_id is not None:
            mark = self.map_id.to_bytes(ID_SIZE, _order(self.layout.byte_order))
            copy_strided(mark, 0, 0, records, 0, self.size, ID_SIZE, count)
        copy_strided(
            chunk.keys, first * self.key_size, self.key_size,
            records, self.key_at, self.size, self.key_size, count,
        )  # fmt: skip
        for cpu in range(max(self.cpus, 1)):
            copy_strided(
                chunk.values, first * step + cpu * chunk.step, step,
                records, self.value_at + cpu * self.value_size, self.size, self.value_size, count,
            )  # fmt: skip


def _order(name: str) -> Literal["little", "big"]:
    return "big" if name == "big" else "little"


def _size_of(type_: Type, what: str) -> int:
    size = model.size_of(type_)
    if size < 0:
        raise UsageError(f"{what}: {model.spelled(type_)} has no size")
    return size
