"""Of a recording's records those that a user asks for, and of those the members: --where, --select."""

from __future__ import annotations

from prettify.core.rows import ROW, gather
from prettify.core.tables import table
from prettify.errors import UsageError
from prettify.layout import Layout, Node, is_char
from prettify.records.query.projection import select
from prettify.records.sized.batch import own_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    import numpy

    from prettify.records.perf.kinds import Kind
    from prettify.records.perf.reader import Batch
    from prettify.records.perf.tables import Tables
    from prettify.records.query.where import Where

    Array = numpy.ndarray[Any, numpy.dtype[Any]]

FIRST_WIDTH = 16  # bytes that texts are looked at with, at least: those of a task's name


class Projection:
    """Some members of records: of each kind those that it has."""

    __slots__ = ("_paths",)

    def __init__(self, paths: str) -> None:
        self._paths = [path.strip() for path in paths.split(",")]

    def of(self, layout: Layout) -> Layout:
        """The layout with these members alone."""
        found = []
        for path in self._paths:
            try:
                select(layout, [path])
            except UsageError:
                continue
            found.append(path)
        return select(layout, found)

    def check(self, kinds: Iterable[Kind]) -> None:
        """Raise UsageError for a path that leads to a member in none of the kinds."""
        layouts = [kind.layout for kind in kinds]
        for path in self._paths if layouts else ():
            errors = [error for layout in layouts if (error := _error(layout, path)) is not None]
            if len(errors) == len(layouts):
                raise errors[0]


def _error(layout: Layout, path: str) -> UsageError | None:
    try:
        select(layout, [path])
    except UsageError as error:
        return error
    return None


class Filter:
    """A filter on records of all kinds. One that lacks a member that it names does not match."""

    __slots__ = ("_known", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[tuple[Layout, int], Where | None] = {}

    def check(self, kinds: Iterable[Kind]) -> None:
        """Raise UsageError where the expression makes no sense of any of the kinds."""
        errors = []
        for kind in kinds:
            error = self._compile(kind.layout, FIRST_WIDTH)
            if error is None:
                return
            errors.append(error)
        if errors:
            raise errors[0]

    def of(self, batch: Batch) -> Batch:
        """The records that match."""
        import numpy

        rows = numpy.frombuffer(batch.rows, "i8").reshape(-1, ROW)
        keep = numpy.zeros(len(rows), bool)
        numbers = rows[:, 0]
        for number in numpy.unique(numbers).tolist():
            places = numpy.flatnonzero(numbers == number)
            keep[places] = self._mask(batch, number, rows[places])
        if keep.all():
            return batch
        return batch.with_rows(own_table(memoryview(rows[keep].tobytes())))

    def _mask(self, batch: Batch, number: int, rows: Array) -> Array:
        import numpy

        layout = batch.shapes.layouts[number]
        if self._compile(layout, 0) is None:
            width = 0
        elif not texts_of(layout) or self._compile(layout, FIRST_WIDTH) is not None:
            return numpy.zeros(len(rows), bool)
        else:
            width = FIRST_WIDTH
        found = gathered(batch, layout, number, rows)
        if width:
            found, width = with_texts(batch, layout, rows, found)
            self._compile(layout, width)
        where = self._known[layout, width]
        assert where is not None
        return where.mask(found)

    def _compile(self, layout: Layout, width: int) -> UsageError | None:
        """Make the filter of records with their texts at that width; what is wrong with it."""
        from prettify.records.query.where import compile_where

        key = layout, width
        if self._known.get(key) is not None:
            return None
        try:
            shown = expanded(layout, width) if width else without_arrays(layout)
            self._known[key] = compile_where(self.text, shown, layout.byte_order)
        except UsageError as error:
            return error
        return None


def gathered(batch: Batch, layout: Layout, number: int, rows: Array) -> bytearray:
    """What is of a fixed size in the records of that kind, one behind the other."""
    sizes = [-1] * len(batch.shapes.layouts)
    sizes[number] = layout.size
    own = own_table(memoryview(rows.tobytes()))
    return gather(batch.data, own, table("q", sizes), layout.size)


def texts_of(layout: Layout) -> list[Node]:
    """The texts of a length of their own among a record's members."""
    return [node for node in layout.root.children if node.located and node.of_chars]


def without_arrays(layout: Layout) -> Layout:
    """The layout without what is of a length of its own."""
    return Layout(layout.type, _kept(layout.root))


def _kept(node: Node) -> Node:
    copy = node.copy()
    copy.children = tuple(_kept(child) for child in node.children if not child.located)
    return copy


def expanded(layout: Layout, width: int) -> Layout:
    """The layout with each text as an array of `width` chars behind all else, in their order."""
    root = _kept(layout.root)
    children = list(root.children)
    end = layout.size
    for text in texts_of(layout):
        node = text.copy()
        assert node.element is not None
        assert is_char(node.element)
        node.located = False
        node.element = node.element.copy()
        node.bit_offset = node.element.bit_offset = 8 * end
        node.count, node.bit_size = width, 8 * width
        end += width
        children.append(node)
    root.children = tuple(children)
    root.bit_size = 8 * end
    return Layout(layout.type, root)


def locators(found: Array, node: Node, byte_order: str) -> Array:
    """Where arrays are in their records, and how many elements they have: rows of two."""
    mark = ">" if byte_order == "big" else "<"
    raw = found[:, node.offset : node.offset + 8]
    import numpy

    return numpy.ascontiguousarray(raw).view(f"{mark}u4").astype("i8")


def with_texts(
    batch: Batch, layout: Layout, rows: Array, found: bytearray
) -> tuple[bytearray, int]:
    """The records of `gathered` as `expanded` has them, and the width of their texts."""
    import numpy

    fixed = numpy.frombuffer(found, "u1").reshape(-1, layout.size)
    texts = texts_of(layout)
    places = [locators(fixed, node, layout.byte_order) for node in texts]
    longest = max(int(place[:, 1].max()) for place in places)
    width = FIRST_WIDTH
    while width < longest:
        width *= 2
    whole = numpy.zeros((len(fixed), layout.size + width * len(texts)), "u1")
    whole[:, : layout.size] = fixed
    data = numpy.frombuffer(batch.data, "u1")
    for at, place in enumerate(places):
        columns = numpy.arange(width)
        there = columns < place[:, 1][:, None]
        starts = (rows[:, 1] + place[:, 0])[:, None] + columns
        start = layout.size + at * width
        whole[:, start : start + width][there] = data[starts[there]]
    return bytearray(whole.tobytes()), width


def kept(batches: Iterable[Batch | None], of: Callable[[Batch], Batch]) -> Iterable[Batch | None]:
    """The batches of what matches, without those that have nothing left."""
    for batch in batches:
        found = None if batch is None else of(batch)
        if found is None or len(found):
            yield found


def every_kind(tables: Tables, types: Iterable[int]) -> list[Kind]:
    """The kinds of samples of all events, and of all other records of these types."""
    known = tables.sample_kinds()
    for type_ in types:
        tables.place_of_type(type_)
    return [*known, *(kind for kind in tables.kinds if kind not in known)]
