"""From what a user asks of an input (header, ranges, counts) to the text of its records."""

from __future__ import annotations

from prettify.core.emitter import render
from prettify.errors import DataError, PrettifyError, UsageError
from prettify.model import spelled
from prettify.records.fixed import Region, text_of
from prettify.records.input import Input

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from prettify.dialects import Form
    from prettify.dialects.options import Options
    from prettify.layout import Layout


class Selection:
    """Which part of an input is to be decoded, as expressions that may refer to its header.

    seek, size in bytes; skip, count in records; range is the header's member that holds an
    `offset` and a `size`. None is not asked for.
    """

    __slots__ = ("count", "range", "seek", "size", "skip")

    def __init__(
        self,
        *,
        seek: str | None = None,
        size: str | None = None,
        skip: str | None = None,
        count: str | None = None,
        range: str | None = None,
    ) -> None:
        self.seek = seek
        self.size = size
        self.skip = skip
        self.count = count
        self.range = range


class Plan:
    """What to do with each input: layouts, form and options, compiled once.

    header: the layout at the start of each input; decoded once where there are no `records`.
    """

    __slots__ = (
        "_before",
        "_first",
        "_order",
        "_programs",
        "form",
        "header",
        "records",
        "selection",
    )

    def __init__(
        self,
        form: Form,
        options: Options,
        records: Sequence[Layout],
        header: Layout | None,
        selection: Selection,
    ) -> None:
        if not records and header is None:
            raise UsageError("no type to decode: name one with -C TYPE or --header TYPE")
        self.form = form
        self.header = header
        self.records = tuple(records)
        self.selection = selection
        self._order = options.byte_order
        shown = self.records or ((header,) if header else ())
        if form.single and len(shown) > 1:
            raise UsageError("all records of this form have to be of one type: name one with -C")
        self._programs = [form.compile(layout, options) for layout in shown]
        self._before = form.start(shown[0], options)
        self._first = True
        if selection.range is not None and (selection.seek or selection.size):
            raise UsageError("--range already says what --seek and --size would")

    def run(
        self,
        sources: Iterable[str | bytes | bytearray | memoryview | BinaryIO],
        report: Callable[[PrettifyError], object],
    ) -> Iterator[bytes]:
        """The text of the records of all inputs, one after the other, in pieces.

        An input that cannot be opened, or does not hold what was asked for, is reported when all
        of it that can be decoded is, and the next one follows.
        """
        yield self._before
        for source in sources:
            try:
                data = Input(source)
            except UsageError as error:
                report(error)
                continue
            with data:
                try:
                    yield from self.text(data)
                except DataError as error:
                    report(error)
        if not self._first or self.form.always:
            yield self.form.after

    def text(self, data: Input) -> Iterator[bytes]:
        """The text of one input's records, in pieces.

        Raises DataError where the input does not hold what was asked for, after all that it does
        hold.
        """
        if self.header is not None and not self.records:
            yield from self._alone(data, self.header)
            return
        reference = self._reference(data, self.header) if self.header is not None else None
        selection = self.selection
        seek, size = selection.seek, selection.size
        if selection.range is not None:
            seek = f"$header.{selection.range}.offset"
            size = f"$header.{selection.range}.size"
        limit = _number(size, "--size", reference)
        count = _number(selection.count, "--count", reference)
        skip = _number(selection.skip, "--skip", reference) or 0
        start = _number(seek, "--seek", reference)
        if start is not None:
            data.seek(start)
        exact = size is not None and "$header" in size
        for program in self._programs:
            before = data.position
            region = Region(limit, count or None, skip, exact=exact)
            yield from self._counted(text_of(program, data, region, self._first))
            if limit is not None:
                limit -= data.position - before

    def _alone(self, data: Input, header: Layout) -> Iterator[bytes]:
        record = _read_header(data, header)
        yield from self._counted(render(self._programs[0], record, 0, 1, self._first))

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if piece:
                self._first = False
            yield piece

    def _reference(self, data: Input, header: Layout) -> Callable[[str], int]:
        from prettify.paths import at_path
        from prettify.records.members import integer

        record = _read_header(data, header)
        order = self._order or header.byte_order
        return lambda path: integer(at_path(header, path), record, order)


def _read_header(data: Input, header: Layout) -> bytes:
    record = data.exactly(header.size)
    if len(record) < header.size:
        raise DataError(
            f"{data.name}: record cut short at byte 0: {len(record)} bytes left, {header.size} "
            f"needed for {spelled(header.type)}",
            0,
        )
    return record


def _number(text: str | None, option: str, header: Callable[[str], int] | None) -> int | None:
    """An option's number, None where it is not given."""
    if text is None:
        return None
    from prettify.records.expression import evaluate

    return evaluate(text, option, header)
