"""Keys and values as they are in memory, entries one behind the other: what programs write.

Of each entry the key, then the value; or the values of all CPUs that there may be, each rounded up
to 8 bytes, as the kernel hands them out.
"""

from __future__ import annotations

from prettify.core.strided import copy_strided
from prettify.errors import DataError, UsageError
from prettify.records.maps.dumped.dump import DumpedMap
from prettify.records.maps.dumped.window import patiently
from prettify.records.maps.entry import Chunk, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prettify.layout import Layout
    from prettify.records.maps.dumped.window import Window


class RawMap:
    """The one map of an input. cpus: 0 where there is one value for all."""

    __slots__ = ("_cpus", "_window")

    def __init__(self, window: Window, cpus: int) -> None:
        self._window = window
        self._cpus = cpus

    def maps(self) -> Iterator[DumpedMap | None]:
        """The map."""
        yield DumpedMap(self._read)

    def _read(
        self, map_: DumpedMap, key: Layout | None, value: Layout | None
    ) -> Iterator[Chunk | None]:
        """The entries, as of `DumpedMap.entries`; without the key's layout there are no keys."""
        name = self._window.data.name
        if value is None:
            raise UsageError(
                f"{name}: neither bpftool nor the kernel has written this: for raw keys and values "
                f"say which types they are"
            )
        map_.key_size = 0 if key is None else key.size
        map_.value_size = value.size
        map_.cpus = self._cpus
        step = rounded(value.size) if self._cpus else value.size
        values = max(self._cpus, 1) * step
        size = map_.key_size + values
        if not size:
            raise UsageError(f"{name}: raw keys and values of no bytes cannot be told apart")
        while True:
            whole = yield from patiently(
                self._window, lambda: self._whole(size), _nothing, lambda: size
            )
            if not whole:
                return
            yield self._chunk(whole // size, map_.key_size, values, step)

    def _whole(self, size: int) -> int:
        """Bytes of whole entries that are there; 0 at the end."""
        window = self._window
        there = window.end - window.at
        if there < size and not window.final:
            window.more()
        if 0 < there < size:
            raise DataError(
                f"{window.data.name}: entry cut short at byte {window.offset}: {there} bytes left, "
                f"{size} needed",
                window.offset,
            )
        return there - there % size

    def _chunk(self, count: int, key_size: int, values_size: int, step: int) -> Chunk:
        """That many entries, gone over."""
        window = self._window
        size = key_size + values_size
        keys, values = bytearray(count * key_size), bytearray(count * values_size)
        copy_strided(window.text, window.at, size, keys, 0, key_size, key_size, count)
        at = window.at + key_size
        copy_strided(window.text, at, size, values, 0, values_size, values_size, count)
        window.at += count * size
        return Chunk(count, keys, values, step)


def _nothing() -> Iterable[Chunk]:
    return ()
