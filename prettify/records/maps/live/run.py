"""A run over live maps: what is in them, through the conversion of any form."""

from __future__ import annotations

from prettify.errors import DataError, UsageError
from prettify.records.conversion import buffers_for, converted
from prettify.records.fixed import cut, filtered
from prettify.records.maps.entry import record_blocks
from prettify.records.maps.kinds import QUEUE
from prettify.records.maps.live.reading import Reader
from prettify.records.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from prettify.records.conversion import Block, Conversion, Piece
    from prettify.records.maps.entry import Chunk
    from prettify.records.maps.live.held import LiveMap
    from prettify.records.maps.live.parts import Part
    from prettify.records.query.where import Where
    from prettify.records.run import Report


class Choice:
    """Which entries of each map: those that `where` is true of, without the first `skip` of them,
    `count` at most. consume: whether they are taken out of queues and stacks.
    """

    __slots__ = ("consume", "count", "skip", "where")

    def __init__(
        self,
        *,
        where: str | None = None,
        skip: int = 0,
        count: int | None = None,
        consume: bool = False,
    ) -> None:
        self.where = where
        self.skip = skip
        self.count = count
        self.consume = consume


class MapRun(Run):
    """Entries of live maps; the sources of the run are `Part`s."""

    __slots__ = ("_choice", "_conversion", "_done", "_jobs", "_wheres")

    def __init__(
        self, conversion: Conversion, choice: Choice, parts: Sequence[Part], jobs: int = 1
    ) -> None:
        """Raises UsageError where the filter makes no sense of the entries of one of the parts."""
        super().__init__()
        self._conversion = conversion
        self._choice = choice
        self._jobs = jobs
        self._done = 0
        self._wheres: dict[int, Where] = {}
        if choice.where is not None:
            from prettify.records.query.where import compile_where

            for index, layout in {part.index: part.entry.layout for part in parts}.items():
                self._wheres[index] = compile_where(choice.where, layout, layout.byte_order)

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes of entries read; how many there will be is not known."""
        return self._done, None

    def _size(self, source: Part) -> int | None:
        return None

    def _begin(self, inputs: int) -> Conversion:
        return self._conversion

    def _opened(self, source: Part, report: Report) -> Iterator[Piece]:
        try:
            yield from converted(self._conversion, self._blocks(source), self._jobs)
        except (DataError, UsageError) as error:
            report(error)

    def _blocks(self, part: Part) -> Iterator[Block]:
        choice = self._choice
        found = self._filtered(part)
        if choice.skip or choice.count is not None:
            found = cut(found, part.entry.size, choice.skip, choice.count)
        for block in found:
            yield None if block is None else (part.index, block)

    def _filtered(self, part: Part) -> Iterator[memoryview | None]:
        """The records of all entries that the filter lets through."""
        found = record_blocks(
            self._chunks(part.live), part.entry, buffers_for(self._jobs), part.live.info.id
        )
        where = self._wheres.get(part.index)
        return found if where is None else filtered(found, where)

    def _chunks(self, live: LiveMap) -> Iterator[Chunk]:
        reader, choice = Reader(live), self._choice
        if live.info.kind.way == QUEUE and choice.consume:
            chosen = choice.where is not None and choice.count is not None
            most = None if chosen or choice.count is None else choice.skip + choice.count
            chunks = reader.taken(most, singly=chosen)
        else:
            chunks = reader.chunks()
        for chunk in chunks:
            self._done += len(chunk.keys) + len(chunk.values)
            yield chunk


class Lookup(MapRun):
    """The entries of some keys, in that order, of the one part of the run.

    keys: (as a user wrote it, what the kernel is asked for, what is shown of it).
    """

    __slots__ = ("_keys",)

    def __init__(self, *given: Any, keys: Sequence[tuple[str, bytes, bytes]]) -> None:
        """given: as for `MapRun`."""
        super().__init__(*given)
        self._keys = keys

    def _chunks(self, live: LiveMap) -> Iterator[Chunk]:
        reader = Reader(live)
        missing = []
        for text, key, shown in self._keys:
            chunk = reader.lookup(key)
            if chunk is None:
                missing.append(text)
                continue
            chunk.keys = shown
            yield chunk
        if missing:
            raise DataError(f"{live.info.title} has no entry {', '.join(missing)}")
