"""Dumps of BPF maps: which shape an input has, found out from how it begins, and the maps in it."""

from __future__ import annotations

from prettify.errors import DataError, UsageError
from prettify.records.maps.dumped import shapes
from prettify.records.maps.dumped.hex_text import HexMaps
from prettify.records.maps.dumped.json_text import JsonMaps
from prettify.records.maps.dumped.listing import listed
from prettify.records.maps.dumped.pinned_text import PinnedMaps
from prettify.records.maps.dumped.raw import RawMap
from prettify.records.maps.dumped.window import Window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from prettify.records.input import Input
    from prettify.records.maps.dumped.dump import DumpedMap, Note, Report
    from prettify.records.maps.dumped.listing import ListedMap

    class Texts(Protocol):
        """What reads a kind of text."""

        def maps(self) -> Iterator[DumpedMap | None]:
            """The maps in it."""


TEXTS: dict[str, Callable[[Window, Report, Note], Texts]] = {
    shapes.JSON: JsonMaps,
    shapes.TYPED: JsonMaps,
    shapes.HEX: HexMaps,
    shapes.PINNED: PinnedMaps,
}


class Dump:
    """An input that maps have been dumped to. shape: one of `shapes`."""

    __slots__ = ("_cpus", "_note", "_report", "_window", "shape")

    def __init__(self, window: Window, shape: str, report: Report, note: Note, cpus: int) -> None:
        self._window = window
        self._report = report
        self._note = note
        self._cpus = cpus
        self.shape = shape

    def maps(self) -> Iterator[DumpedMap | None]:
        """The maps, one after the other, each to be read before the next one is asked for.

        Entries that have not been read by then are passed over. None comes before a wait. It ends
        where reading a map's entries has failed. Raises DataError where the text between maps makes
        no sense, or the input is a list of maps.
        """
        if self.shape == shapes.LIST:
            raise DataError(
                f"{self._window.data.name}: is a list of maps, without their entries: "
                f"`prettify map list` shows it",
                self._window.offset,
            )
        if self.shape == shapes.RAW:
            return RawMap(self._window, self._cpus).maps()
        return TEXTS[self.shape](self._window, self._report, self._note).maps()

    def listed(self) -> Iterator[ListedMap]:
        """What a list says of maps. Raises DataError, also where the input is no such list."""
        if self.shape != shapes.LIST:
            raise DataError(
                f"{self._window.data.name}: is {self.shape}, no list of maps: "
                f"`prettify map dump` shows it",
                self._window.offset,
            )
        return listed(self._window, self._report)


def open_dump(
    data: Input, report: Report, note: Note, *, shape: str | None = None, cpus: int = 0
) -> Dump:
    """What an input has been dumped as, from its position on.

    report: told, as a DataError, of each entry whose lookup had failed, and of what bpftool itself
    says is wrong. note: told, once of each map, what its text cannot tell, so that it is zero.
    shape: one of `shapes.SHAPES`; None is for whatever the input looks like. It waits for enough of
    a pipe to know. cpus: of raw bytes, how many CPUs have a value each; 0 is one value for all.
    Raises DataError where the input is empty or cannot be read, UsageError for an unknown shape.
    """
    window = Window(data)
    if shape is None:
        shape = shapes.recognise(window)
    elif shape not in shapes.SHAPES:
        raise UsageError(f"dumps have no shape {shape!r}: there are {', '.join(shapes.SHAPES)}")
    return Dump(window, shape, report, note, cpus)
