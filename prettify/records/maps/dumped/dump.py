"""What is known of a dumped map, and its entries as they are gathered into chunks."""

from __future__ import annotations

from prettify.composed import KEY, VALUE
from prettify.core.tables import table
from prettify.errors import DataError, UsageError
from prettify.model import spelled
from prettify.records.input import CHUNK
from prettify.records.maps.entry import Chunk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.layout import Layout
    from prettify.records.maps.dumped.window import Window

    Report = Callable[[DataError], object]
    Note = Callable[[str], object]
    Source = Callable[["DumpedMap", Layout | None, Layout | None], Iterator[Chunk | None]]

MAX_ENTRIES = 1 << 16  # of a chunk
MAX_PART = 1 << 28  # bytes of a key or value; the kernel has none as large
ARRAY_KEY = 4  # bytes of the key that entries of arrays have, be it shown or not


class LookupFailed(DataError):
    """An entry without a value: looking that up had failed when the map was dumped.

    key: its bytes; reason: what was said, `no entry` where there was none.
    """

    def __init__(self, what: str, offset: int, key: bytes, reason: str) -> None:
        super().__init__(what, offset)
        self.key = key
        self.reason = reason


class Found:
    """An entry as it was read: `values` of all CPUs, one behind the other.

    offset: of the entry in the input. cpus: 0 where there is one value for all. failure: why there
    is no value, else empty.
    """

    __slots__ = ("cpus", "failure", "key", "offset", "values")

    def __init__(
        self, offset: int, key: bytes, values: bytes = b"", cpus: int = 0, failure: str = ""
    ) -> None:
        self.offset = offset
        self.key = key
        self.values = values
        self.cpus = cpus
        self.failure = failure


class DumpedMap:
    """A map that was dumped: what is known of it, and its entries.

    id, flags: None where the dump does not say; name, type: empty then. type is as bpftool has it:
    `hash`, `percpu_array`. key_size, value_size (bytes; of one CPU's value) and cpus are None until
    the first entry has been read; cpus is 0 where there is one value for all. value_size is 0 where
    there are keys alone, as `bpftool map getnext` shows them.
    """

    __slots__ = ("_source", "cpus", "flags", "id", "key_size", "name", "type", "value_size")

    def __init__(self, source: Source) -> None:
        self._source: Source | None = source
        self.id: int | None = None
        self.name = ""
        self.type = ""
        self.flags: int | None = None
        self.key_size: int | None = None
        self.value_size: int | None = None
        self.cpus: int | None = None

    def __repr__(self) -> str:
        return f"<DumpedMap {self.name!r} id={self.id} {self.type}>"

    def entries(
        self, key: Layout | None = None, value: Layout | None = None
    ) -> Iterator[Chunk | None]:
        """The entries, some at a time; a chunk stays as it is. None comes before a wait.

        key, value: the layouts of both, without which text that was made of members, and raw bytes,
        cannot be read (UsageError). Where the dump has the bytes they are only compared by size.

        An entry whose lookup had failed is reported, as LookupFailed, and left out. Raises
        DataError, after all whole entries, where the dump is damaged, cut short, or of other types.
        Raises UsageError when asked for a second time: a dump is gone through once.
        """
        if self._source is None:
            raise UsageError(f"the entries of {self.name or 'the map'} have been read already")
        source, self._source = self._source, None
        return source(self, key, value)


class Gathering:
    """Entries of a map, until there are enough of them for a chunk.

    sizes: what scanners in `core.hex_dump` need, once the first entry has come: sizes of key and
    value, CPUs, entries there is room for.
    """

    __slots__ = ("_key", "_map", "_value", "_window", "count", "keys", "room", "sizes", "values")

    def __init__(
        self, map_: DumpedMap, window: Window, key: Layout | None, value: Layout | None
    ) -> None:
        self._map = map_
        self._window = window
        self._key = key
        self._value = value
        self.count = 0
        self.room = 0
        self.keys = self.values = bytearray()
        self.sizes: memoryview | None = None

    @property
    def full(self) -> bool:
        """Whether it is time for a chunk."""
        return self.count >= self.room > 0

    def add(self, found: Found) -> None:
        """Put an entry to the others. Raises DataError where it has other sizes than they."""
        value_size = len(found.values) // max(found.cpus, 1)
        if self.sizes is None:
            self._begin(found, value_size)
        known = self._map
        for what, one, other in (
            ("its key", len(found.key), known.key_size),
            ("its value", value_size, known.value_size),
        ):
            if one != other:
                raise self._window.error(
                    f"{what} has {one} bytes, those before it {other}", found.offset
                )
        if found.cpus != known.cpus:
            raise self._window.error(
                f"{found.cpus} CPUs have values, of those before it {known.cpus}", found.offset
            )
        at, step = self.count, len(found.values)
        self.keys[at * len(found.key) : (at + 1) * len(found.key)] = found.key
        self.values[at * step : (at + 1) * step] = found.values
        self.count += 1

    def take(self) -> Iterator[Chunk]:
        """What has been gathered, if anything."""
        if self.count:
            key_size, value_size = self._map.key_size or 0, self._map.value_size or 0
            each = value_size * max(self._map.cpus or 0, 1)
            keys, values = memoryview(self.keys), memoryview(self.values)
            chunk = Chunk(
                self.count, keys[: self.count * key_size], values[: self.count * each], value_size
            )
            self.count = 0
            self._make_room()
            yield chunk

    def _begin(self, found: Found, value_size: int) -> None:
        """Know the sizes from the first entry."""
        known = self._map
        known.key_size, known.value_size, known.cpus = len(found.key), value_size, found.cpus
        for what, size, layout in (
            (KEY, known.key_size, self._key),
            (VALUE, value_size, self._value),
        ):
            if layout is not None and layout.size != size and (size or what == KEY):
                raise self._window.error(
                    f"the dump has {size} bytes of {what}, {spelled(layout.type)} {layout.size}: "
                    f"these are other types",
                    found.offset,
                )
        each = known.key_size + len(found.values)
        self.room = min(max(CHUNK // max(each, 1), 1), MAX_ENTRIES)
        self.sizes = table("q", [known.key_size, value_size, found.cpus, self.room])
        self._make_room()

    def _make_room(self) -> None:
        cpus = max(self._map.cpus or 0, 1)
        self.keys = bytearray(self.room * (self._map.key_size or 0))
        self.values = bytearray(self.room * cpus * (self._map.value_size or 0))


def failed(window: Window, found: Found) -> LookupFailed:
    """The error for an entry without a value."""
    key = found.key.hex(" ") if len(found.key) <= 64 else f"{found.key[:64].hex(' ')} ..."
    what = f"the value of key {key} could not be looked up: {found.failure}"
    return LookupFailed(
        str(window.error(what, found.offset)), found.offset, bytes(found.key), found.failure
    )
