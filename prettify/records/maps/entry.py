"""An entry of a map as a record: its key and its value, or that of each CPU, side by side.

The kernel, and what was dumped, hand out keys and values apart. Here is how they lie in a record,
and what puts many of them there at a time.
"""

from __future__ import annotations

from prettify import layout as layouts
from prettify import model
from prettify.composed import ENTRY, KEY, MAP, VALUE, VALUES, Composed
from prettify.core.strided import copy_strided
from prettify.errors import UsageError
from prettify.records.input import CHUNK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Literal

    from prettify.layout import Layout
    from prettify.model import Type

    Buffer = bytes | bytearray | memoryview

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

    layout: of `struct map_entry`, with the members `key`, but of maps without keys, and `value`,
    or `values`, an array, where each CPU has one; before them `map`, the map's id, where that is
    wanted. What has no type is bytes. cpus: 0 where CPUs have no values of their own.
    """

    __slots__ = ("cpus", "key_at", "key_size", "layout", "named", "value_at", "value_size")

    def __init__(
        self,
        key: Type | int,
        value: Type | int,
        *,
        cpus: int = 0,
        named: bool = False,
        byte_order: str = "little",
    ) -> None:
        """key, value: types, or sizes in bytes where there is none. named: whether records tell
        the map's id. byte_order: where neither has a type.

        Raises UsageError for types without a size, TypeInfoError for bad ones.
        """
        base = next((part.graph for part in (value, key) if not isinstance(part, int)), None)
        types = Composed(base, path="" if base is not None else ENTRY, byte_order=byte_order)
        self.named = named
        self.cpus = cpus
        key_type = types.opaque(key) if isinstance(key, int) else key
        value_type = types.opaque(value) if isinstance(value, int) else value
        self.key_size = _size_of(key_type, KEY)
        self.value_size = _size_of(value_type, VALUE)
        self.key_at = rounded(ID_SIZE) if named else 0
        self.value_at = self.key_at + rounded(self.key_size)
        members = []
        if named:
            members.append((MAP, types.integer("unsigned int", ID_SIZE), 0))
        if self.key_size:
            members.append((KEY, key_type, self.key_at))
        if cpus:
            members.append((VALUES, types.array(value_type, cpus), self.value_at))
        else:
            members.append((VALUE, value_type, self.value_at))
        size = rounded(self.value_at + max(cpus, 1) * self.value_size)
        self.layout = layouts.resolve(types.struct(ENTRY, size, members))

    @property
    def size(self) -> int:
        """Bytes of a record."""
        return self.layout.size

    def key_of(self, record: bytes) -> bytes:
        """The bytes of a record's key."""
        return record[self.key_at : self.key_at + self.key_size]

    def fill(
        self, chunk: Chunk, first: int, count: int, records: bytearray, map_id: int = 0
    ) -> None:
        """Put `count` entries of a chunk, from that one on, to the start of `records`.

        Bytes between members stay what they are, which is zero in a new buffer.
        """
        if self.named:
            mark = map_id.to_bytes(ID_SIZE, _order(self.layout.byte_order))
            copy_strided(mark, 0, 0, records, 0, self.size, ID_SIZE, count)
        copy_strided(
            chunk.keys, first * self.key_size, self.key_size,
            records, self.key_at, self.size, self.key_size, count,
        )  # fmt: skip
        step = max(self.cpus, 1) * chunk.step
        for cpu in range(max(self.cpus, 1)):
            copy_strided(
                chunk.values, first * step + cpu * chunk.step, step,
                records, self.value_at + cpu * self.value_size, self.size, self.value_size, count,
            )  # fmt: skip


class Variable:
    """One variable of a map of global data as a record: `size` bytes from byte `at` of a value."""

    __slots__ = ("at", "layout")

    def __init__(self, layout: Layout, at: int) -> None:
        self.layout = layout
        self.at = at

    @property
    def size(self) -> int:
        """Bytes of a record."""
        return self.layout.size

    def key_of(self, record: bytes) -> bytes:
        """Nothing: there is one record of it in a map."""
        return b""

    def fill(
        self, chunk: Chunk, first: int, count: int, records: bytearray, map_id: int = 0
    ) -> None:
        """As `Entry.fill`."""
        copy_strided(
            chunk.values, first * chunk.step + self.at, chunk.step,
            records, 0, self.size, self.size, count,
        )  # fmt: skip


def record_blocks(
    chunks: Iterable[Chunk | None], entry: Entry | Variable, buffers: int = 1, map_id: int = 0
) -> Iterator[memoryview | None]:
    """Entries as blocks of records; None, which is before a wait, stays that.

    A block's memory is used again when `buffers` more are asked for.
    """
    size = entry.size
    most = max(CHUNK // size, 1) if size else 0
    ring = [bytearray() for _ in range(buffers)]
    turn = 0
    for chunk in chunks:
        if chunk is None:
            yield None
            continue
        for first in range(0, chunk.count if size else 0, most):
            count = min(most, chunk.count - first)
            if len(ring[turn]) < count * size:
                ring[turn] = bytearray(count * size)
            entry.fill(chunk, first, count, ring[turn], map_id)
            yield memoryview(ring[turn])[: count * size]
            turn = (turn + 1) % buffers


def _order(name: str) -> Literal["little", "big"]:
    return "big" if name == "big" else "little"


def _size_of(type_: Type, what: str) -> int:
    size = model.size_of(type_)
    if size < 0:
        raise UsageError(f"{what}: {model.spelled(type_)} has no size")
    return size
