"""Live maps as bpftool's JSON: a list of entries, or of several maps with theirs."""

from __future__ import annotations

import os
from errno import ENOENT

from prettify.dialects.bpftool import MAP_END, SEPARATOR, entry_error, map_start
from prettify.errors import DataError, UsageError
from prettify.records.conversion import converted
from prettify.records.forms import open_conversion
from prettify.records.maps.entry import Chunk, record_blocks
from prettify.records.maps.kinds import COOKIE, MEMORY, OWNERS, PROGRAM_ID, QUEUE
from prettify.records.maps.live.reading import Reader
from prettify.records.maps.live.run import MapRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Conversion, Piece
    from prettify.records.maps.live.parts import Part
    from prettify.records.run import Report

# Arrays with places that nobody has filled, or that user space may not look at.
SPARSE = frozenset(("prog_array", "perf_event_array", "cgroup_array", "cpumap", "xskmap", "devmap"))
# Ways of maps in which bpftool finds no keys.
KEYLESS = frozenset((MEMORY, OWNERS, QUEUE))


class BpftoolRun(MapRun):
    """A run over maps in the shape of `bpftool map dump -j`.

    A key whose value the kernel does not tell has an error in its place, as there. shown: of each
    of the run's types what is shown of it.
    """

    __slots__ = ("_options", "_several", "_shown")

    def __init__(self, *given: Any, shown: Sequence[Layout], options: Options) -> None:
        """given: as for `MapRun`."""
        super().__init__(*given)
        self._shown = shown
        self._options = options
        self._several = False

    def run(self, sources: Sequence[Part], report: Report) -> Iterator[Piece]:
        """The one document for all maps."""
        self._several = len(sources) > 1
        if not self._several:
            yield from self._opened(sources[0], report)
            yield b"\n"
            return
        yield b"["
        for number, part in enumerate(sources):
            info = part.live.info
            yield SEPARATOR if number else b""
            yield map_start(info.id, info.kind.name, info.name, info.flags)
            yield from self._opened(part, report)
            yield MAP_END
        yield b"]\n"

    def _opened(self, source: Part, report: Report) -> Iterator[Piece]:
        """The list of a map's entries; where there are several maps its brackets are theirs."""
        shown = [self._shown[source.index]]
        conversion = open_conversion("bpftool", shown, self._options, self._jobs)
        if not self._several:
            yield b"["
        try:
            if _fails(source):
                yield from self._one_by_one(source, conversion)
            elif source.live.info.kind.way not in KEYLESS or self._choice.consume:
                blocks = ((0, block[1]) if block else None for block in self._blocks(source))
                yield from converted(conversion, blocks, self._jobs)
            else:
                raise UsageError(
                    f"{source.live.info.title} has no keys that bpftool could dump; other forms "
                    f"show what it holds"
                )
        except (DataError, UsageError) as error:
            report(error)
        finally:
            conversion.close()
        if not self._several:
            yield b"]"

    def _one_by_one(self, part: Part, conversion: Conversion) -> Iterator[Piece]:
        """Entries, and errors in their places."""
        quiet = part.live.info.kind.value == PROGRAM_ID
        for found in Reader(part.live).lookups():
            if isinstance(found, Chunk):
                for block in record_blocks([found], part.entry):
                    if block is not None:
                        yield from conversion.pieces(conversion.convert(0, block))
            elif not (quiet and found.number == ENOENT):
                text = entry_error(found.key, os.strerror(found.number))
                yield from conversion.pieces(iter([(bytearray(text), len(text))]))


def _fails(part: Part) -> bool:
    """Whether lookups of some keys of such a map fail, which bpftool shows."""
    kind = part.live.info.kind
    return kind.value == COOKIE or kind.name in SPARSE
