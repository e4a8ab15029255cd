"""A run over recordings: their records, through the conversion of any form."""

from __future__ import annotations

from itertools import chain

from prettify.errors import UsageError
from prettify.records.conversion import buffers_for, converted
from prettify.records.forms import check_options
from prettify.records.perf import constants as c
from prettify.records.perf.choosing import Filter, Projection, kept
from prettify.records.perf.columns import open_conversion
from prettify.records.perf.reader import Reader
from prettify.records.perf.recording import Recording
from prettify.records.perf.tables import Wanted
from prettify.records.perf.vocabulary import Vocabulary
from prettify.records.run import Run
from prettify.records.sized.choosing import cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Conversion, Piece
    from prettify.records.input import Input
    from prettify.records.perf.kinds import Kind
    from prettify.records.perf.raw import RawTypes
    from prettify.records.perf.reader import Batch
    from prettify.records.perf.tables import Tables
    from prettify.records.run import Report

COLUMN_FORMS = ("csv", "template", "arrow", "parquet")  # what has columns, the same for all records
REFUSED = ("kernel", "c")  # dialects of C that cannot say what these records are


def types_of(names: str | None) -> frozenset[int] | None:
    """The numbers of types of records, given with commas between; PERF_RECORD_ may be left out.

    Raises UsageError for one that is not known.
    """
    if names is None:
        return None
    known = Vocabulary((), big_endian=False).record_types
    found = set()
    for name in (part.strip() for part in names.split(",")):
        if name.upper() not in known:
            from prettify.paths import choices

            short = [one for one in known if not one.startswith(c.PREFIX)]
            raise UsageError(f"--record {name!r}: no such type; {choices(name.upper(), short)}")
        found.add(known[name.upper()])
    return frozenset(found)


class Choice:
    """Which records: of these types, samples of events of these names, those that `where` is true
    of, without the first `skip` of them, `count` at most. None is all; where events are named and
    types are not, only samples. select: which of their members.
    """

    __slots__ = ("count", "events", "select", "skip", "types", "where")

    def __init__(
        self,
        *,
        types: frozenset[int] | None = None,
        events: frozenset[str] | None = None,
        where: str | None = None,
        select: str | None = None,
        skip: int = 0,
        count: int | None = None,
    ) -> None:
        self.types = frozenset((c.SAMPLE,)) if types is None and events is not None else types
        self.events = events
        self.where = where
        self.select = select
        self.skip = skip
        self.count = count


class Records:
    """The records of one recording that a choice is of."""

    __slots__ = ("_choice", "_where", "projection", "reader", "recording")

    def __init__(self, data: Input, choice: Choice, raw: RawTypes, buffers: int = 1) -> None:
        """Raises DataError for what is no recording, UsageError for what it does not have."""
        self.recording = Recording(data)
        self._choice = choice
        wanted = Wanted(choice.types, choice.events)
        self.reader = Reader(self.recording, data, wanted, raw, buffers)
        self._where = None if choice.where is None else Filter(choice.where)
        self.projection = None if choice.select is None else Projection(choice.select)
        if not self.recording.pipe:
            self._check()

    def _check(self) -> None:
        """Raise UsageError for names that nothing has."""
        choice, recording = self._choice, self.recording
        names = [event.name for event in recording.events]
        for name in sorted(choice.events or ()):
            if name not in names:
                from prettify.paths import choices

                raise UsageError(f"--event {name!r}: no such event; {choices(name, names)}")
        if self._where is None and self.projection is None:
            return
        tables = self.reader.tables
        types = choice.types or frozenset(tables.words.record_types.values())
        kinds = [
            *tables.sample_kinds(choice.events),
            *(tables.kind_of_type(type_) for type_ in sorted(types - {c.SAMPLE})),
        ]
        if self._where is not None:
            self._where.check(kinds)
        if self.projection is not None:
            self.projection.check(kinds)

    def kinds(self, tables: Tables) -> list[Kind]:
        """The kinds of records that there may be, of types that were chosen."""
        types = self._choice.types
        if types is None:
            return []
        found = tables.sample_kinds(self._choice.events) if c.SAMPLE in types else []
        return [*found, *(tables.kind_of_type(type_) for type_ in sorted(types - {c.SAMPLE}))]

    def batches(self) -> Iterator[Batch | None]:
        """The records."""
        choice = self._choice
        found: Iterable[Any] = self.reader.batches()
        if self._where is not None:
            found = kept(found, self._where.of)
        if self.projection is not None:
            found = kept(found, self.projection.those)
        if choice.skip or choice.count is not None:
            found = cut(found, choice.skip, choice.count)
        yield from found
        if self.recording.pipe:  # what there is in a stream is known only now
            self._check()


class PerfRun(Run):
    """Records of recordings. form: of output, by the name of its dialect where it is C."""

    __slots__ = ("_choice", "_conversion", "_form", "_jobs", "_options", "_project", "_raw")

    def __init__(
        self, form: str, options: Options, choice: Choice, raw: RawTypes, jobs: int = 1
    ) -> None:
        """raw: what raw data of samples is.

        Raises UsageError for a form or an option that is not for these records.
        """
        super().__init__()
        if form in REFUSED:
            raise UsageError(
                f"--dialect {form}: arrays of another length in each record are in none of its "
                f"structs; take the default, or --to ndjson"
            )
        check_options(form, options)
        if form in COLUMN_FORMS and choice.types is None:
            choice.types = frozenset((c.SAMPLE,))
        self._form = form
        self._options = options
        self._choice = choice
        self._raw = raw
        self._jobs = jobs
        self._conversion: Any = None
        self._project: Projection | None = None

    def _begin(self, inputs: int) -> Conversion:
        self._conversion = open_conversion(self._form, self._options, self._projected, self._jobs)
        conversion: Conversion = self._conversion
        return conversion

    def _projected(self, layout: Layout) -> Layout:
        return layout if self._project is None else self._project.of(layout)

    def _output(self, data: Input, report: Report) -> Iterator[Piece]:
        records = Records(data, self._choice, self._raw, buffers_for(self._jobs))
        self._project = records.projection
        conversion = self._conversion
        blocks = self._blocks(records)
        # Which columns there are, a stream tells before its first sample.
        first = next((block for block in blocks if block is not None), None)
        tables = records.reader.tables if first is None else first[0].shapes
        layouts = [kind.layout for kind in records.kinds(tables)]
        if records.projection is not None:
            layouts = records.projection.in_order(layouts)
        if layouts:
            yield from conversion.begin(layouts)
        if first is not None:
            yield from converted(conversion, chain((first,), blocks), self._jobs)

    def _blocks(self, records: Records) -> Iterator[tuple[Batch, memoryview] | None]:
        prepare = getattr(self._conversion, "prepare", None)
        for batch in records.batches():
            if batch is None:
                yield None
                continue
            if prepare is not None:
                prepare(batch)
            yield batch, batch.data
