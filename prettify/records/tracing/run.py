"""A run over a trace: its events, in the order of time, through the conversion of any form."""

from __future__ import annotations

from prettify.core.rows import ROW
from prettify.core.tables import zeroes
from prettify.errors import DataError, UsageError
from prettify.records.conversion import buffers_for, converted
from prettify.records.forms import NAMED, TABLE_FORMS, check_options
from prettify.records.input import Input
from prettify.records.run import Run
from prettify.records.sized.choosing import cut
from prettify.records.sized.forms import StreamText, open_batches
from prettify.records.sized.placed import SPAN, Placed
from prettify.records.tracing.choosing import Members, TraceFilter
from prettify.records.tracing.events import TraceTypes
from prettify.records.tracing.live import Live, LivePages
from prettify.records.tracing.pages import pages_of
from prettify.records.tracing.saved import SavedPages, numbers_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Block, Conversion, Piece
    from prettify.records.run import Report
    from prettify.records.sized.batch import Batch
    from prettify.records.tracing.events import Chosen
    from prettify.records.tracing.pages import Pages
    from prettify.records.tracing.saved import Found

TEMPLATE = "template"
SINGLE = ("csv", "arrow", "parquet")  # forms whose records are all of one type


class Choice:
    """Which records: those that `where` is true of, without the first `skip` of them, `count` at
    most; which of their members. decimals: digits of times behind the point.
    """

    __slots__ = ("count", "decimals", "select", "skip", "where")

    def __init__(
        self,
        *,
        where: str | None = None,
        select: str | None = None,
        skip: int = 0,
        count: int | None = None,
        decimals: int = 9,
    ) -> None:
        self.where = where
        self.select = select
        self.skip = skip
        self.count = count
        self.decimals = decimals


class TraceRun(Run):
    """Events of a trace. Its one source is a list of what was saved, which is merged, or `Live`."""

    __slots__ = (
        "_all", "_choice", "_chosen", "_filter", "_form", "_jobs", "_members", "_options", "_order",
        "_reading",
    )  # fmt: skip

    def __init__(
        self,
        form: str,
        options: Options,
        chosen: Chosen,
        choice: Choice,
        jobs: int = 1,
        *,
        named: bool = False,
    ) -> None:
        """form: of output, by the name of its dialect where it is C. chosen: of which events.

        named: whether these were named, so that no others are shown. Raises UsageError for a form
        or an option that there is not.
        """
        super().__init__()
        check_options(form, options)
        self._form = form
        self._options = options
        self._chosen = chosen
        self._choice = choice
        self._jobs = jobs
        self._all = not named
        self._order = options.byte_order or chosen.graph.byte_order
        self._filter: TraceFilter | None = None
        self._members: Members | None = None
        self._reading: SavedPages | LivePages | None = None

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes of pages that were read, of all that there are if that is known."""
        return 0 if self._reading is None else self._reading.position, self._total

    def run(self, sources: Sequence[Sequence[str] | Live], report: Report) -> Iterator[Piece]:
        """The output for the one source; what is wrong is reported as by any run."""
        [source] = sources
        if isinstance(source, Live):
            yield from self._live(source, report)
            return
        inputs: list[Input] = []
        try:
            for path in source:
                try:
                    inputs.append(Input(path))
                except UsageError as error:
                    report(error)
            if inputs:
                yield from self._saved(inputs, report)
        finally:
            for data in inputs:
                data.close()

    def _saved(self, inputs: Sequence[Input], report: Report) -> Iterator[Piece]:
        sizes = [data.size for data in inputs]
        known = [size for size in sizes if size is not None]
        self._total = sum(known) if len(known) == len(sizes) else None
        present = None
        if self._all and (self._form in TABLE_FORMS or self._form in SINGLE):
            present = self._present(inputs)
        types, pages = self._prepared(present)
        self._reading = SavedPages(inputs, pages, types.wanted, report)
        yield from self._output_of(types, self._reading.events(buffers_for(self._jobs)), report)

    def _live(self, live: Live, report: Report) -> Iterator[Piece]:
        types, pages = self._prepared(None)
        with live:
            self._reading = LivePages(live, pages, types.wanted, report)
            yield from self._output_of(types, self._reading.events(buffers_for(self._jobs)), report)

    def _present(self, inputs: Sequence[Input]) -> set[int]:
        """The numbers of the events that inputs have, which can be read twice then."""
        found: set[int] = set()
        _, pages = self._prepared(None)
        for data in inputs:
            data.spool()
            found |= numbers_in(data, pages)
        return found

    def _prepared(self, present: Collection[int] | None) -> tuple[TraceTypes, Pages]:
        """The types of records, and what pages are like."""
        types = TraceTypes(
            self._chosen,
            self._order,
            others=self._all,
            present=present,
            decimals=self._choice.decimals,
        )
        return types, pages_of(self._chosen.graph, self._order, types.number)

    def _output_of(
        self, types: TraceTypes, found: Iterator[Found | None], report: Report
    ) -> Iterator[Piece]:
        self._check_single(types)
        choice = self._choice
        if choice.where is not None:
            self._filter = TraceFilter(choice.where, types, self._order)
        if choice.select is not None:
            self._members = Members(choice.select, types)
        self._options.byte_order = self._order
        what = self._form, self._options, [types.dispatch], self._projected, self._jobs
        # A template may be of members that all events have.
        conversion: Conversion = (
            StreamText(*what) if self._form == TEMPLATE else open_batches(*what)
        )
        try:
            yield from conversion.before()
            try:
                yield from converted(conversion, self._blocks(types, found, report), self._jobs)
            except DataError as error:
                report(error)
            yield from conversion.after()
        finally:
            conversion.close()
        self._tell(types, report)

    def _check_single(self, types: TraceTypes) -> None:
        """Raise UsageError where a form holds one type of records, and these are of several."""
        if self._form in SINGLE and types.dispatch.tags:
            raise UsageError(
                f"--to {self._form} holds records of one type, and these are several events: name "
                f"one with --event; --to ndjson and --to {NAMED} hold them all"
            )

    def _projected(self, layout: Layout) -> Layout:
        return layout if self._members is None else self._members.of(layout)

    def _blocks(
        self, types: TraceTypes, found: Iterator[Found | None], report: Report
    ) -> Iterator[Block]:
        choice = self._choice
        batches = self._batches(types, found, report)
        if choice.skip or choice.count is not None:
            batches = cut(batches, choice.skip, choice.count)
        for batch in batches:
            yield None if batch is None else (batch, batch.data)

    def _batches(
        self, types: TraceTypes, found: Iterator[Found | None], report: Report
    ) -> Iterator[Batch | None]:
        placed = Placed(types.dispatch, self._order)

        def unfit(_number: int, why: str) -> None:
            report(DataError(f"an event {why}"))

        for some in found:
            batch = None
            if some is not None:
                data, places = some
                count = len(places) // ROW
                spans = zeroes("q", SPAN * count)
                spans[::SPAN], spans[1::SPAN] = places[1::ROW], places[3::ROW]
                batch = placed.batch(data, spans, count, 0, unfit)
            if batch is not None and self._filter is not None:
                batch = self._filter.of(batch)
            if batch is not None and self._members is not None:
                batch = self._members.those(batch)
            if batch is None or len(batch):
                yield batch

    def _tell(self, types: TraceTypes, report: Report) -> None:
        """Say what is known at the end alone."""
        for number, count in types.unknown().items():
            report(
                DataError(
                    f"{count} events are of number {number}, of which {types.graph.path} has no "
                    f"format: their bytes are shown as they are; -t tracefs:DIR names a copy of "
                    f"the formats of the kernel that wrote them"
                )
            )
        if self._filter is not None:
            try:
                self._filter.check()
            except UsageError as error:
                report(error)
