"""polars: DataFrames, written by Rust. One thread (see POLARS_MAX_THREADS in run.py)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from peers import Write, installed

if TYPE_CHECKING:
    import numpy
    import polars

    Columns = Mapping[str, numpy.ndarray[Any, Any]]
    Writer = Callable[[polars.DataFrame, BinaryIO], None]

NAME = "polars"

# What one would write to do it without prettify.
PROGRAM = """
import sys, numpy, polars
records = numpy.fromfile(sys.stdin, {dtype})
columns = {{n: numpy.ascontiguousarray(records[n]) for n in records.dtype.names}}
polars.DataFrame(columns){then}.{write}(sys.stdout.buffer)
"""


def version() -> str:
    """The version, "" where polars is not installed."""
    return installed(NAME)


def frame(columns: Columns) -> polars.DataFrame:
    """A DataFrame of these columns; numpy's `S` becomes text."""
    import polars

    made = polars.DataFrame(
        {name: c.astype("U") if c.dtype.kind == "S" else c for name, c in columns.items()}
    )
    return made


def ndjson(table: polars.DataFrame, out: BinaryIO) -> None:
    """One object a line."""
    table.write_ndjson(out)


def csv(table: polars.DataFrame, out: BinaryIO) -> None:
    """A line a row."""
    table.write_csv(out)


def functions_above_4096(table: polars.DataFrame, out: BinaryIO) -> None:
    """One object a line, of the symbols that jobs.WHERE chooses."""
    import polars

    large = (polars.col("st_size") > 4096) & (polars.col("st_info") == 18)
    table.filter(large).write_ndjson(out)


def ready(columns: Columns, write: Writer) -> Write:
    """Writing a frame that is made beforehand."""
    table = frame(columns)
    return lambda out: write(table, out)


def cut(
    columns: Callable[[bytes], Columns],
    records: bytes,
    write: Writer,
) -> Write:
    """Cutting records into columns with numpy, making a frame of them, writing it."""
    return lambda out: write(frame(columns(records)), out)


def process(dtype: numpy.dtype[Any], write: str, then: str = "") -> list[str]:
    """The command that writes standard input's records: a Python of its own, polars imported."""
    code = PROGRAM.format(dtype=dtype.descr, write=write, then=then)
    return [sys.executable, "-c", code]
