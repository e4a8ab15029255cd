"""A declaration bound to its format's types: layouts in place of names, functions of expressions.

What a declaration says of types and members is checked here, for one variant at a time.
"""

from __future__ import annotations

from prettify import layout as layouts
from prettify.errors import PrettifyError, TypeInfoError, UsageError
from prettify.layout import Layout, flexible_tail
from prettify.model import spelled
from prettify.records.catalogue.declaration import LITTLE, Cast, Format, Table
from prettify.records.catalogue.scope import Scope
from prettify.records.query.enumerators import Enumerators
from prettify.records.query.numbers import integer_of
from prettify.records.query.scalar import compile_condition, compile_number
from prettify.records.sized.dispatch import Dispatch
from prettify.sources.search import find_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.model import TypeGraph
    from prettify.records.query.scalar import Code
    from prettify.records.sized.dispatch import Kind

CONDITIONS = frozenset(("when", "while", "until", "where"))
# Those that are about single records of the table; the others are about where it is.
OF_RECORDS = frozenset(("sizeof", "tail", "align", "while", "until", "where", "tag"))


class BoundTable(Dispatch):
    """A table of one variant, ready to be read; its index is among the variant's tables.

    fixed: whether all records have one size, so that none has to be looked at to find the next.
    """

    __slots__ = ("fixed", "parent", "table", "where")

    def __init__(self, table: Table, index: int, layout: Layout, parent: BoundTable | None) -> None:
        super().__init__(table.name, index, layout)
        self.table = table
        self.parent = parent
        self.where: str | None = table.expressions.get("where")
        self.fixed = True

    def __repr__(self) -> str:
        return f"<BoundTable {self.name}>"


class Bound:
    """A variant's tables. sequential: whether they can be read from a pipe as it comes."""

    __slots__ = ("byte_order", "format", "sequential", "tables", "variant")

    def __init__(self, format: Format, variant: str, byte_order: str) -> None:
        self.format = format
        self.variant = variant
        self.byte_order = byte_order
        self.tables: list[BoundTable] = []
        self.sequential = True


def bind(format: Format, variant: str, graph: TypeGraph, byte_order: str = LITTLE) -> Bound:
    """The tables of a variant, for data of that byte order.

    Raises TypeInfoError, naming the file, the table and the key, where the declaration means
    something that is not there.
    """
    bound = Bound(format, variant, byte_order)
    binder = _Binder(bound, graph)
    for table in format.tables_of(variant):
        bound.tables.append(binder.bind(table))
    return bound


class _Binder:
    __slots__ = ("bound", "graph", "known")

    def __init__(self, bound: Bound, graph: TypeGraph) -> None:
        self.bound = bound
        self.graph = graph
        self.known: dict[str, tuple[int, Layout]] = {}

    def bind(self, table: Table) -> BoundTable:
        index = len(self.bound.tables)
        layout = self._layout(table, table.type, "key 'type'")
        if not layout.size and (
            flexible_tail(layout.root) is None or not {"sizeof", "tail"} & table.expressions.keys()
        ):
            raise self._error(table, "key 'type'", f"{table.type} has no bytes")
        parent = next((t for t in self.bound.tables if t.name == table.parent), None)
        bound = BoundTable(table, index, layout, parent)
        if table.range is not None:
            for key, member in (("seek", "offset"), ("size", "size")):
                text = f"$header.{table.range}.{member}"
                bound.codes[key] = self._compiled(bound, key, f"key {key!r}", text, layout)
        for key, text in table.expressions.items():
            bound.codes[key] = self._compiled(bound, key, f"key {key!r}", text, layout)
        bound.kinds[0].held = bound.codes.pop("tail", None)
        self._check_tail(table, "key 'tail'", bound.kinds[0])
        for tag, cast in table.casts.items():
            self._cast(bound, tag, cast)
        looked_at = {"tail", "while", "until"} & table.expressions.keys()
        if table.casts or not layout.size or looked_at:
            bound.fixed = False
        if parent is not None or ("seek" in bound.codes and (index or not _is_start(table))):
            self.bound.sequential = False
        self.known[table.name] = index, layout
        return bound

    def _cast(self, bound: BoundTable, tag: str, cast: Cast) -> None:
        table, where = bound.table, f"cast {tag}"
        place = bound.add(self._layout(table, cast.type, where))
        kind = bound.kinds[place]
        if kind.layout.size < bound.layout.size:
            raise self._error(
                table, where, f"{cast.type} is shorter than {table.type}, its beginning"
            )
        if cast.sizeof is not None:
            kind.sizeof = self._compiled(bound, "sizeof", where, cast.sizeof, kind.layout)
        if cast.tail is not None:
            kind.held = self._compiled(bound, "tail", where, cast.tail, kind.layout)
        self._check_tail(table, where, kind)
        number = integer_of(tag)
        if number is None:
            number = Enumerators(bound.layout).value(tag)
        if number is None:
            raise self._error(table, where, "neither a number nor an enumerator")
        bound.tags[number] = place

    def _check_tail(self, table: Table, where: str, kind: Kind) -> None:
        if kind.held is not None and kind.tail is None:
            name = spelled(kind.layout.type)
            raise self._error(table, where, f"{name} does not end with an array of no size")

    def _error(self, table: Table, where: str, what: object) -> TypeInfoError:
        return TypeInfoError(f"table {table.name!r}, {where}: {what}", self.bound.format.path)

    def _layout(self, table: Table, name: str, where: str) -> Layout:
        try:
            return layouts.resolve(find_in(self.graph, name))
        except PrettifyError as error:
            raise self._error(table, where, error) from error

    def _compiled(self, bound: BoundTable, key: str, where: str, text: str, layout: Layout) -> Code:
        """What an expression computes."""
        tables = self.known
        own = None
        if key in OF_RECORDS:
            own = bound.name
            tables = {**tables, own: (bound.index, layout)}
        scope = Scope(
            tables,
            self.bound.byte_order,
            Enumerators(layout),
            own,
            bound.slots,
            members=key == "where",
        )
        compile_one = compile_condition if key in CONDITIONS else compile_number
        try:
            code = compile_one(text, f"table {bound.name!r}, {where}:", scope)
        except UsageError as error:
            raise TypeInfoError(str(error), self.bound.format.path) from error
        if scope.reads_own and key in ("sizeof", "align"):
            bound.fixed = False
        if scope.reads_anywhere:
            self.bound.sequential = False
        return code


def _is_start(table: Table) -> bool:
    return integer_of(table.expressions.get("seek", "")) == 0
