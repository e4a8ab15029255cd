"""Reads dumps of maps all at once, for tests."""

from __future__ import annotations

import io
from random import Random
from typing import Any, Literal

from btf_writer import BtfWriter
from prettify import layout as layouts
from prettify.core import emitter
from prettify.dialects import FORMS
from prettify.dialects.options import Options
from prettify.errors import DataError
from prettify.layout import Layout
from prettify.records.input import Input
from prettify.records.maps.dumped.dump import DumpedMap
from prettify.records.maps.dumped.opening import open_dump
from prettify.records.maps.entry import Chunk
from prettify.sources.btf import Btf

Entries = list[tuple[bytes, bytes]]
WARNINGS = b"# WARNING!! The output is for debug purpose only\n# WARNING!! It will change\n"


class Dribble(io.RawIOBase):
    """A stream that hands out its bytes a few at a time."""

    def __init__(self, data: bytes, random: Random, most: int = 40) -> None:
        super().__init__()
        self._data = data
        self._random = random
        self._most = most

    def read(self, size: int = -1, /) -> bytes:
        count = min(size, self._random.randint(1, self._most))
        piece, self._data = self._data[:count], self._data[count:]
        return piece


class Reading:
    """What came of a dump: its maps with their entries, what was reported and noted, and the error
    that ended it, if one did.
    """

    def __init__(self) -> None:
        self.shape = ""
        self.maps: list[tuple[DumpedMap, Entries]] = []
        self.reports: list[DataError] = []
        self.notes: list[str] = []
        self.error: DataError | None = None

    @property
    def entries(self) -> Entries:
        """Those of all maps."""
        return [entry for _, entries in self.maps for entry in entries]


def read(
    source: Any, key: Layout | None = None, value: Layout | None = None, **options: Any
) -> Reading:
    """All of a dump. options: as of `open_dump`."""
    reading = Reading()
    try:
        dump = open_dump(Input(source), reading.reports.append, reading.notes.append, **options)
        reading.shape = dump.shape
        for map_ in dump.maps():
            if map_ is None:
                continue
            entries: Entries = []
            reading.maps.append((map_, entries))
            for chunk in map_.entries(key, value):
                if chunk is not None:
                    entries += apart(map_, chunk)
    except DataError as error:
        reading.error = error
    return reading


def apart(map_: DumpedMap, chunk: Chunk) -> Entries:
    """The entries of a chunk, values of all CPUs one behind the other."""
    assert map_.key_size is not None
    assert map_.value_size is not None
    assert map_.cpus is not None
    assert chunk.count > 0
    each = max(map_.cpus, 1) * chunk.step
    keys, values = bytes(chunk.keys), bytes(chunk.values)
    assert len(keys) == chunk.count * map_.key_size
    assert len(values) == chunk.count * each
    return [
        (keys[i * map_.key_size : (i + 1) * map_.key_size], values[i * each : (i + 1) * each])
        for i in range(chunk.count)
    ]


def layout_of(btf: bytes, type_id: int) -> Layout:
    """The layout of a type of some BTF."""
    return layouts.resolve(Btf(btf, "types").by_id(type_id))


def number_layout(size: int = 4, order: Literal["little", "big"] = "little") -> Layout:
    """The layout of an unsigned integer."""
    writer = BtfWriter(order)
    number = writer.int("number", size)
    return layout_of(writer.bytes(), number)


def member_layout() -> Layout:
    """The layout of a struct of one number, `m`."""
    writer = BtfWriter("little")
    struct = writer.struct("s", 4, [("m", writer.int("number", 4), 0)])
    return layout_of(writer.bytes(), struct)


def kernel_text(layout: Layout, data: bytes) -> bytes:
    """What the kernel writes of a value, hashes being what pointers are."""
    options = Options(compact=True, noname=True, zero=True, ptr_raw=True)
    program = FORMS["kernel"].compile(layout, options)
    return b"".join(emitter.render(program, data, 0, 1))
