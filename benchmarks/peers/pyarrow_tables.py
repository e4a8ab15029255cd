"""pyarrow alone: Parquet files and Arrow IPC streams of a table, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from peers import Write, installed

if TYPE_CHECKING:
    import numpy
    import pyarrow

    Columns = Mapping[str, numpy.ndarray[Any, Any]]
    Writer = Callable[[pyarrow.Table, BinaryIO], None]

NAME = "pyarrow"


def version() -> str:
    """The version, "" where pyarrow is not installed."""
    return installed(NAME)


def table(columns: Columns) -> pyarrow.Table:
    """A table of these columns. Nothing of pyarrow's uses more than one thread from then on."""
    import pyarrow

    pyarrow.set_cpu_count(1)
    return pyarrow.table(dict(columns))


def parquet(made: pyarrow.Table, out: BinaryIO) -> None:
    """A Parquet file, compressed as prettify does it."""
    from pyarrow import parquet

    from prettify.records.forms.parquet import GROUP_ROWS, compression

    parquet.write_table(made, out, compression=compression(), row_group_size=GROUP_ROWS)


def arrow(made: pyarrow.Table, out: BinaryIO) -> None:
    """An Arrow IPC stream."""
    import pyarrow

    with pyarrow.ipc.new_stream(out, made.schema) as writer:
        writer.write_table(made)


def ready(columns: Columns, write: Writer) -> Write:
    """Writing a table that is made beforehand."""
    made = table(columns)
    return lambda out: write(made, out)


def cut(
    columns: Callable[[bytes], Columns],
    records: bytes,
    write: Writer,
) -> Write:
    """Cutting records into columns with numpy, making a table of them, writing it."""
    return lambda out: write(table(columns(records)), out)
