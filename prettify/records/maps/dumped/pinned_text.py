"""Maps as `cat` shows them where they are pinned in a BPF file system: `key: value` a line.

    # WARNING!! The output is for debug purpose only
    # WARNING!! The output format will change
    0: {1,RED,['a','b',],}
    1: {
        cpu0: {1,RED,[],}
        cpu1: {2,RED,[],}
    }

Key and value: see `kernel_text`. Of data maps and struct_ops there is a value alone.
"""

from __future__ import annotations

import re

from prettify.composed import KEY, VALUE
from prettify.errors import DataError, UsageError
from prettify.records.maps.dumped.cells import Untold, order_of
from prettify.records.maps.dumped.dump import ARRAY_KEY, DumpedMap, Found, Gathering
from prettify.records.maps.dumped.kernel_text import compile_reader
from prettify.records.maps.dumped.window import patiently

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prettify.layout import Layout
    from prettify.records.maps.dumped.dump import Note, Report
    from prettify.records.maps.dumped.kernel_text import Part
    from prettify.records.maps.dumped.window import Window
    from prettify.records.maps.entry import Chunk

WARNING = ord("#")
INDEX = re.compile(rb"(\d{1,10}): ")
CPU = re.compile(rb"\tcpu(\d{1,5}): ")
LONGEST_INDEX, LONGEST_CPU = 12, 11  # bytes of these
BETWEEN, LINE_END, CPUS_BEGIN, CPUS_END = b": ", b"\n", b"{\n", b"}\n"
MAX_CPUS = 1 << 16
SPARE = 4096  # bytes that may come behind a key or value, at least


class PinnedMaps:
    """The maps of one input, one after the other."""

    __slots__ = ("_broken", "_done", "_note", "_window")

    def __init__(self, window: Window, report: Report, note: Note) -> None:
        """report: nothing in this text says that a lookup has failed."""
        self._window = window
        self._note = note
        self._done = False
        self._broken = False

    def maps(self) -> Iterator[DumpedMap | None]:
        """The maps; entries that are not asked for are passed over. None comes before a wait.

        Raises DataError. It ends where reading a map's entries has failed.
        """
        while not self._broken and (yield from patiently(self._window, self._begin, _nothing)):
            self._done = False
            yield DumpedMap(self._read)
            while not self._done and (yield from patiently(self._window, self._next, _nothing)):
                yield from patiently(self._window, self._pass_line, _nothing)

    def _begin(self) -> bool:
        """Go over what is before the entries; whether there is another map."""
        begun = False
        while self._byte() == WARNING:
            self._pass_line()
            begun = True
        return begun or self._byte() >= 0

    def _byte(self) -> int:
        """The next byte; -1 at the end."""
        window = self._window
        if window.at == window.end and not window.more():
            return -1
        return window.text[window.at]

    def _pass_line(self) -> None:
        window = self._window
        while True:
            stop = window.text.find(b"\n", window.at, window.end)
            window.at = window.end if stop < 0 else stop + 1
            if stop >= 0 or not window.more():
                return

    def _next(self) -> bool:
        """Whether an entry comes next."""
        return self._byte() not in (-1, WARNING)

    def _read(
        self, map_: DumpedMap, key: Layout | None, value: Layout | None
    ) -> Iterator[Chunk | None]:
        """The entries, as of `DumpedMap.entries`."""
        window = self._window
        gathering = Gathering(map_, window, key, value)
        entry = _Entry(window, key, value, self._note)
        try:
            while (yield from patiently(window, self._next, gathering.take)):
                entry.start = window.offset
                entry.cpus = 0
                name = yield from patiently(window, entry.key, gathering.take, entry.key_longest)
                values = bytearray()
                if (yield from patiently(window, entry.of_cpus, gathering.take)):
                    while (yield from patiently(window, entry.next_cpu, gathering.take)):
                        values += yield from patiently(
                            window, entry.value, gathering.take, entry.value_longest
                        )
                        entry.cpus += 1
                else:
                    values += yield from patiently(
                        window, entry.value, gathering.take, entry.value_longest
                    )
                gathering.add(Found(entry.start, name, bytes(values), entry.cpus))
                if gathering.full:
                    yield from gathering.take()
        except DataError:
            self._broken = self._done = True
            yield from gathering.take()
            raise
        self._done = True
        yield from gathering.take()


class _Entry:
    """Reads the parts of entries of known types, one after the other.

    start: where in the input the entry begins. cpus: how many CPUs' values have been read of it.
    """

    __slots__ = (
        "_key", "_key_size", "_note", "_noted", "_order", "_value", "_value_size", "_window",
        "cpus", "start",
    )  # fmt: skip

    def __init__(
        self, window: Window, key: Layout | None, value: Layout | None, note: Note
    ) -> None:
        """Raises UsageError where the value's layout is not known."""
        if value is None:
            raise UsageError(
                f"{window.data.name}: shows members of the map's types, and no bytes: say which "
                f"types they are"
            )
        self._window = window
        self._note = note
        self._noted: set[str] = set()
        self._key: Part | None = None
        self._key_size = ARRAY_KEY
        self._order = order_of(value)
        if key is not None:
            self._key, self._key_size = compile_reader(key, KEY, self._lost), key.size
        self._value = compile_reader(value, VALUE, self._lost)
        self._value_size = value.size
        self.start = self.cpus = 0

    def key_longest(self) -> int:
        """Bytes that `key` may need."""
        return SPARE + (0 if self._key is None else self._key.longest)

    def value_longest(self) -> int:
        """Bytes that `value` may need."""
        return SPARE + self._value.longest

    def key(self) -> bytes:
        """The key, and what is between it and the value. Without a layout it is an index."""
        window = self._window
        out = bytearray(self._key_size)
        if self._key is not None:
            self._fill(self._key, out, BETWEEN)
            return bytes(out)
        while window.end - window.at < LONGEST_INDEX and not window.final:
            window.more()
        index = INDEX.match(window.text, window.at, window.end)
        if index is None:  # of maps that have one value, the key of which is 0
            return bytes(out)
        window.at = index.end()
        return (int(index[1]) & 0xFFFFFFFF).to_bytes(ARRAY_KEY, self._order)

    def value(self) -> bytes:
        """A value, to the end of its line."""
        out = bytearray(self._value_size)
        self._fill(self._value, out, LINE_END)
        return bytes(out)

    def of_cpus(self) -> bool:
        """Whether a list of CPUs comes next, the beginning of which is gone over."""
        return self._took(CPUS_BEGIN)

    def next_cpu(self) -> bool:
        """Go to the next CPU's value; False at the end of the list, which is gone over."""
        window = self._window
        if self._took(CPUS_END):
            return False
        while window.end - window.at < LONGEST_CPU and not window.final:
            window.more()
        found = CPU.match(window.text, window.at, window.end)
        if found is None or self.cpus == MAX_CPUS:
            raise window.unexpected("the value of a CPU, or '}',")
        window.at = found.end()
        return True

    def _fill(self, part: Part, out: bytearray, end: bytes) -> None:
        """Read a text and what ends it."""
        try:
            part.read(self._window, out, 0)
            part.take(self._window, end)
        except Untold as untold:
            raise untold.error(self._window, self.start) from None

    def _took(self, text: bytes) -> bool:
        """Go over a text, if it comes next."""
        window = self._window
        while window.end - window.at < len(text) and not window.final:
            window.more()
        if window.text[window.at : min(window.end, window.at + len(text))] != text:
            return False
        window.at += len(text)
        return True

    def _lost(self, reason: str, path: str) -> None:
        """Note what is lost, once of all members."""
        if reason not in self._noted:
            self._noted.add(reason)
            self._note(f"{self._window.data.name}: {path}: {reason}")


def _nothing() -> Iterable[DumpedMap]:
    return ()
