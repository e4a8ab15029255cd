"""Records of several kinds as Arrow record batches of one schema."""

from __future__ import annotations

import numpy

from prettify.compilers.arrow_columns import ArrowColumns
from prettify.core.rows import ROW
from prettify.errors import UsageError
from prettify.records.perf.choosing import pieces_of, records_of

import pyarrow  # isort: skip  # once the module above has said what to install

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prettify.layout import Layout
    from prettify.records.perf.reader import Batch


class UnionColumns:
    """Makes record batches of the members of all these layouts.

    Names of enumerators are strings, as each kind would have a dictionary of its own. What is a
    number in some records and a text in others is text.
    """

    __slots__ = ("_made", "schema", "size")

    def __init__(self, layouts: Sequence[Layout]) -> None:
        """Raises UsageError where members of one name are of types that are not one column."""
        types: dict[str, pyarrow.DataType] = {}
        self.size = max((layout.size for layout in layouts), default=1)
        self._made: dict[Layout, ArrowColumns] = {}
        for layout in layouts:
            for field in ArrowColumns(layout).schema:
                plain = _plain(field.type)
                known = types.get(field.name)
                types[field.name] = plain if known is None else _joined(field.name, known, plain)
        self.schema = pyarrow.schema(list(types.items()))

    def batch(self, batch: Batch, project: Callable[[Layout], Layout]) -> pyarrow.RecordBatch:
        """The records of a batch, in their order."""
        rows = numpy.frombuffer(batch.rows, "i8").reshape(-1, ROW)
        parts: list[list[pyarrow.Array]] = []
        places = []
        for number in numpy.unique(rows[:, 0]).tolist():
            chosen = numpy.flatnonzero(rows[:, 0] == number)
            places.append(chosen)
            layout = batch.shapes.layouts[number]
            if layout not in self._made:
                self._made[layout] = ArrowColumns(project(layout))
            for piece in pieces_of(rows[chosen]):
                found = self._made[layout].batch(records_of(batch, piece))
                known = dict(zip(found.schema.names, found.columns))
                parts.append([_fitted(known.get(f.name), f.type, len(piece)) for f in self.schema])
        if len(parts) == 1:
            return pyarrow.RecordBatch.from_arrays(parts[0], schema=self.schema)
        order = pyarrow.array(numpy.argsort(numpy.concatenate(places), kind="stable"))
        arrays = [pyarrow.concat_arrays(column).take(order) for column in zip(*parts)]
        return pyarrow.RecordBatch.from_arrays(arrays, schema=self.schema)


def _plain(type_: pyarrow.DataType) -> pyarrow.DataType:
    """The type with strings in place of dictionaries of them."""
    if pyarrow.types.is_dictionary(type_):
        return type_.value_type
    if pyarrow.types.is_struct(type_):
        return pyarrow.struct([(field.name, _plain(field.type)) for field in type_])
    if pyarrow.types.is_list(type_):
        return pyarrow.list_(_plain(type_.value_type))
    return type_


def _joined(name: str, one: pyarrow.DataType, other: pyarrow.DataType) -> pyarrow.DataType:
    """The type that holds what both do."""
    if one == other:
        return one
    if pyarrow.types.is_struct(one) and pyarrow.types.is_struct(other):
        fields = {field.name: field.type for field in one}
        for field in other:
            known = fields.get(field.name)
            path = f"{name}.{field.name}"
            fields[field.name] = field.type if known is None else _joined(path, known, field.type)
        return pyarrow.struct(list(fields.items()))
    if pyarrow.types.is_integer(one) and pyarrow.types.is_integer(other):
        signed = pyarrow.types.is_signed_integer(one) or pyarrow.types.is_signed_integer(other)
        wide = max(one.bit_width, other.bit_width) > 32  # bits
        if one.bit_width == other.bit_width == 64 and signed:
            return pyarrow.decimal128(20, 0)
        if signed:
            return pyarrow.int64()
        return pyarrow.uint64() if wide else pyarrow.uint32()
    if pyarrow.types.is_null(one) or pyarrow.types.is_null(other):
        return other if pyarrow.types.is_null(one) else one
    if not (pyarrow.types.is_nested(one) or pyarrow.types.is_nested(other)):
        return pyarrow.string()
    raise UsageError(
        f"member {name} is {one} in some records and {other} in others, which is no one column: "
        f"choose records with --event or --record, or members with --select"
    )


def _fitted(array: pyarrow.Array | None, type_: pyarrow.DataType, length: int) -> pyarrow.Array:
    """An array as one of that type, which its own is a part of; nulls for what it has not."""
    if array is None:
        return pyarrow.nulls(length, type_)
    if array.type == type_:
        return array
    if pyarrow.types.is_struct(type_) and pyarrow.types.is_struct(array.type):
        inside = {field.name: array.field(i) for i, field in enumerate(array.type)}
        fitted = [_fitted(inside.get(field.name), field.type, length) for field in type_]
        return pyarrow.StructArray.from_arrays(fitted, fields=list(type_))
    return array.cast(type_)
