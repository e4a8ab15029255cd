"""A run over dumps of maps: their entries, read back to bytes, through the conversion of a form."""

from __future__ import annotations

from prettify.dialects import FORMS
from prettify.errors import DataError, UsageError
from prettify.layout import resolve
from prettify.records.conversion import buffers_for, converted
from prettify.records.fixed import cut, filtered
from prettify.records.forms import check_options, open_conversion
from prettify.records.maps.dumped.dump import LookupFailed
from prettify.records.maps.dumped.opening import open_dump
from prettify.records.maps.entry import Entry, Variable, record_blocks
from prettify.records.maps.live.entry_types import variable_in
from prettify.records.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Block, Conversion, Piece
    from prettify.records.input import Input
    from prettify.records.maps.dumped.dump import DumpedMap
    from prettify.records.maps.entry import Chunk
    from prettify.records.maps.live.entry_types import Said
    from prettify.records.maps.live.run import Choice
    from prettify.records.query.where import Where
    from prettify.records.run import Report

# What was said of places that are empty, which is no failure: maps in use are read so.
EMPTY = frozenset(("no entry", "No such file or directory"))


class Late:
    """A conversion to a form that is opened when it is known of which types records are.

    Records of each further type go through one of their own, where the form has nothing around its
    records.
    """

    __slots__ = ("_form", "_jobs", "_opened", "_options", "_select")

    def __init__(self, form: str, options: Options, select: str | None, jobs: int) -> None:
        check_options(form, options)
        self._form = form
        self._options = options
        self._select = select
        self._jobs = jobs
        self._opened: list[Conversion] = []

    def open(self, layout: Layout) -> int:
        """One more type; returns its place. Raises UsageError where the form cannot hold it."""
        form = FORMS.get(self._form)
        if self._opened and (form is None or form.single or form.before or form.after):
            raise UsageError(
                f"--to {self._form} holds entries of maps of one type, and here are several: "
                f"--to ndjson holds them"
            )
        if self._select is not None:
            from prettify.records.query.projection import select

            layout = select(layout, self._select)
        self._opened.append(open_conversion(self._form, [layout], self._options, self._jobs))
        return len(self._opened) - 1

    @property
    def opened(self) -> bool:
        """Whether a type is known."""
        return bool(self._opened)

    def before(self) -> Iterable[Piece]:
        """Nothing yet."""
        return ()

    def begin(self) -> Iterable[Piece]:
        """What stands before everything, once a type is known."""
        return self._opened[0].before()

    def convert(self, index: int, records: memoryview) -> tuple[int, Any]:
        """A block's part, and of which type it is."""
        return index, self._opened[index].convert(0, records)

    def pieces(self, part: tuple[int, Any]) -> Iterable[Piece]:
        """A part's output."""
        index, inner = part
        return self._opened[index].pieces(inner)

    def after(self) -> Iterable[Piece]:
        """What stands behind everything."""
        return self._opened[0].after() if self._opened else ()

    def close(self) -> None:
        """Free what is held."""
        for one in self._opened:
            one.close()


class DumpRun(Run):
    """Entries of the maps in dumps; the sources are inputs.

    said: the types of keys and values, where they are known. note: told what a text cannot tell.
    cpus: of raw bytes, how many CPUs have a value each. shape: of the dumps, None is what they look
    like. variable: of global data, which is shown alone.
    """

    __slots__ = (
        "_choice", "_cpus", "_entries", "_jobs", "_late", "_note", "_said", "_shape", "_started",
        "_variable", "_wheres",
    )  # fmt: skip

    def __init__(
        self,
        form: str,
        options: Options,
        choice: Choice,
        said: Said,
        *,
        note: Callable[[str], object],
        select: str | None = None,
        variable: str | None = None,
        cpus: int = 0,
        shape: str | None = None,
        jobs: int = 1,
    ) -> None:
        super().__init__()
        self._late = Late(form, options, select, jobs)
        self._choice = choice
        self._said = said
        self._note = note
        self._cpus = cpus
        self._shape = shape
        self._jobs = jobs
        self._variable = variable
        self._started = False
        self._entries: dict[tuple[object, ...], tuple[int, Entry | Variable]] = {}
        self._wheres: list[Where] = []

    def _begin(self, inputs: int) -> Conversion:
        return self._late

    def run(self, sources: Sequence[Any], report: Report) -> Iterator[Piece]:
        """As of any run. Where there was no entry at all, what a form prints of none."""
        try:
            yield from super().run(sources, report)
            if not self._late.opened:
                yield from self._of_nothing()
        finally:
            self._late.close()

    def _of_nothing(self) -> Iterator[Piece]:
        said = self._said
        self._late.open(Entry(said.key or 0, said.value or 0).layout)
        yield from self._late.begin()
        yield from self._late.after()

    def _output(self, data: Input, report: Report) -> Iterator[Piece]:
        def told(error: DataError) -> None:
            if not (isinstance(error, LookupFailed) and error.reason in EMPTY):
                report(error)

        for piece in converted(self._late, self._blocks(data, told), self._jobs):
            if not self._started and self._late.opened:
                self._started = True
                yield from self._late.begin()
            yield piece

    def _blocks(self, data: Input, report: Callable[[DataError], object]) -> Iterator[Block]:
        said, choice = self._said, self._choice
        dump = open_dump(data, report, self._note, shape=self._shape, cpus=self._cpus)
        for map_ in dump.maps():
            if map_ is None:
                yield None
                continue
            chunks = map_.entries(
                None if said.key is None else resolve(said.key),
                None if said.value is None else resolve(said.value),
            )
            first: list[Chunk] = []
            for chunk in chunks:
                if chunk is None:
                    yield None
                    continue
                first.append(chunk)
                break
            if not first:
                continue
            index, entry = self._entry(map_)
            found = record_blocks(
                _chained(first, chunks), entry, buffers_for(self._jobs), map_.id or 0
            )
            if choice.where is not None:
                found = filtered(found, self._wheres[index])
            if choice.skip or choice.count is not None:
                found = cut(found, entry.size, choice.skip, choice.count)
            for block in found:
                yield None if block is None else (index, block)

    def _entry(self, map_: DumpedMap) -> tuple[int, Entry | Variable]:
        """How the entries of a map lie in records, and of which type these are."""
        said, named = self._said, map_.id is not None
        alike = (map_.key_size, map_.value_size, map_.cpus, named)
        if alike not in self._entries:
            entry: Entry | Variable
            if self._variable is not None:
                entry = variable_in(said.value, self._variable)
            else:
                entry = Entry(
                    map_.key_size or 0 if said.key is None else said.key,
                    map_.value_size or 0 if said.value is None else said.value,
                    cpus=map_.cpus or 0,
                    named=named,
                )
            if self._choice.where is not None:
                from prettify.records.query.where import compile_where

                layout = entry.layout
                self._wheres.append(compile_where(self._choice.where, layout, layout.byte_order))
            self._entries[alike] = self._late.open(entry.layout), entry
        return self._entries[alike]


def _chained(first: Iterable[Chunk], rest: Iterator[Chunk | None]) -> Iterator[Chunk | None]:
    yield from first
    yield from rest
