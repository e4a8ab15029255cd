"""Live BPF maps: what is in them, with the types that they carry."""

from __future__ import annotations

import sys

from prettify.api import RecordType, checked, put
from prettify.composed import KEY, VALUE, VALUES
from prettify.dialects.options import Options
from prettify.errors import UsageError
from prettify.records.forms import open_conversion
from prettify.records.maps.entry import Entry
from prettify.records.maps.kinds import OWNERS
from prettify.records.maps.live import held
from prettify.records.maps.live.entry_types import Said
from prettify.records.maps.live.held import MapInfo
from prettify.records.maps.live.parts import parts_of
from prettify.records.maps.live.reading import Reader
from prettify.records.maps.live.run import Choice, MapRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike
    from typing import Any, BinaryIO

    from prettify.compilers.numpy_dtype import Records
    from prettify.records.maps.live.held import LiveMap


def list_maps() -> list[MapInfo]:
    """What the kernel says of each map it holds. Raises UsageError where that is not permitted."""
    found = []
    for one in held.all_maps():
        with one:
            found.append(one.info)
    return found


def open_map(
    id: int | None = None,
    *,
    name: str | None = None,
    pinned: str | PathLike[str] | None = None,
    key: RecordType | None = None,
    value: RecordType | None = None,
) -> Map:
    """The map of that id, or name, or that is pinned there.

    key, value: types to use instead of those that the map carries. Raises UsageError where there is
    none, or several of a name, or it may not be opened.
    """
    given = [one for one in (id, name, pinned) if one is not None]
    if len(given) != 1:
        raise UsageError("a map is opened by one of id, name and pinned")
    if id is not None:
        found = [held.open_id(id)]
    elif pinned is not None:
        found = [held.open_pinned(str(pinned))]
    else:
        found = held.open_named(str(name))
    if len(found) > 1:
        titles = ", ".join(one.info.title for one in found)
        for one in found:
            one.close()
        raise UsageError(f"several maps have the name {name!r}, ids tell them apart: {titles}")
    said = Said(None if key is None else key.type, None if value is None else value.type)
    try:
        return Map(found[0], said)
    except BaseException:
        found[0].close()
        raise


class Map:
    """A live map, open until `close` or the end of `with`.

    `entry` is the type of an entry as a record: a struct with the members `key` and `value`, or
    `values`, of each CPU. Iterating gives (key, value) of each entry, as `RecordType.unpack` gives
    them; what has no type is bytes.
    """

    __slots__ = ("_live", "_parts", "entry")

    def __init__(self, opened: LiveMap, said: Said) -> None:
        self._live = opened
        self._parts, [layout] = parts_of([opened], said)
        self.entry = RecordType(layout.type)

    def __enter__(self) -> Map:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Map {self.info.title}>"

    def close(self) -> None:
        """Close it. Nothing happens to what is in it."""
        self._live.close()

    @property
    def info(self) -> MapInfo:
        """What the kernel says of it."""
        return self._live.info

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        size = self.entry.size
        for block in self._blocks():
            for start in range(0, len(block), size):
                yield self._pair(block[start : start + size])

    def __getitem__(self, key: Any) -> Any:
        """The value of a key: bytes, or what `RecordType.pack` takes. Raises KeyError."""
        raw = key if isinstance(key, bytes) else self._packed(key)
        chunk = Reader(self._live).lookup(raw)
        if chunk is None:
            raise KeyError(key)
        record = bytearray(self.entry.size)
        self._entry.fill(chunk, 0, 1, record)
        return self._pair(memoryview(record))[1]

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key, or `default` where it has none."""
        try:
            return self[key]
        except KeyError:
            return default

    def array(self) -> Records:
        """All entries as records of a numpy array; shape (n,), the dtype is the entry's."""
        return self.entry.array(b"".join(self._blocks()))

    def decode(
        self,
        to: str = "ndjson",
        out: str | PathLike[str] | BinaryIO | None = None,
        *,
        select: str | Sequence[str] | None = None,
        where: str | None = None,
        skip: int = 0,
        count: int | None = None,
        jobs: int = 1,
        **options: Any,
    ) -> Iterator[bytes] | None:
        """All entries in a form, as `prettify.decode` does with records of a file."""
        shown = self.entry if select is None else self.entry.select(select)
        conversion = open_conversion(to, [shown.layout], Options(**options), jobs)
        choice = Choice(where=where, skip=skip, count=count)
        run = MapRun(conversion, choice, self._parts, jobs)
        return put(checked(run, self._parts), out)

    @property
    def _entry(self) -> Entry:
        entry = self._parts[0].entry
        assert isinstance(entry, Entry)
        return entry

    def _blocks(self) -> Iterator[memoryview]:
        """The records of all entries, some at a time; their memory is used again."""
        from prettify.records.maps.entry import record_blocks

        for block in record_blocks(Reader(self._live).chunks(), self._entry):
            if block is not None:
                yield block

    def _pair(self, record: memoryview) -> tuple[Any, Any]:
        members = self.entry.unpack(record)
        return members.get(KEY), members[VALUES if VALUES in members else VALUE]

    def _packed(self, key: Any) -> bytes:
        if self.info.kind.way == OWNERS:
            raise UsageError(f"{self.info.title}: its keys are descriptors: give one as 4 bytes")
        node = next((node for node in self.entry.layout.root.children if node.name == KEY), None)
        if node is None:
            raise UsageError(f"{self.info.title} has no keys")
        return RecordType(node.declared, sys.byteorder).pack(key)


__all__ = ["Map", "MapInfo", "list_maps", "open_map"]
