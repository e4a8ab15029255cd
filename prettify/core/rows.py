# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Rows: records of several types and lengths, one of numbers for each; the machine over them."""

from __future__ import annotations

from prettify.core.emitter import BUFFER, room, scratch
from prettify.core.tables import table, zeroes

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.cpython.buffer import (
        Py_buffer,
        PyBUF_SIMPLE,
        PyBuffer_Release,
        PyObject_GetBuffer,
    )
    from cython.cimports.libc.string import memcpy
    from cython.cimports.prettify.core.emitter import address, run
else:
    from prettify.core.emitter import address, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prettify.core.program import Program

    Buffer = bytes | bytearray | memoryview

ROW = 4  # integers of a row
NOWHERE = (1 << 62) - 1  # the size of a record that there is no program for: no data holds it


def used(rows: memoryview, count: int) -> list[int]:
    """The first numbers of rows, all of them less than `count`, each once and in order."""
    i: cython.Py_ssize_t
    if not cython.compiled or len(rows) < count:
        return sorted(set(rows[::ROW]))
    marks = bytearray(count)
    end: cython.Py_ssize_t = len(rows) // 4
    rows_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(rows))
    marks_at = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, marks))
    with cython.nogil:
        for i in range(end):
            marks_at[rows_at[4 * i]] = 1
    return [which for which in range(count) if marks[which]]


def with_headings(rows: memoryview, kinds: memoryview, before: int, first: int) -> memoryview:
    """The same rows, and one before each whose kind is not that of the row before it.

    kinds: by a row's first number. before: the kind that comes before all. first: the first number
    of a heading's row is that plus the kind; it is at the same place, and no separator is behind.
    """
    count: cython.Py_ssize_t = len(rows) // 4
    more = zeroes("q", 2 * ROW * count)
    filled: cython.Py_ssize_t = 0
    kind: cython.longlong
    last: cython.longlong = before
    heading: cython.longlong = first
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    if cython.compiled:
        rows_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(rows))
        kinds_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(kinds))
        out = cython.cast(cython.pointer[cython.longlong], address(more))
    else:
        rows_at, kinds_at, out = rows, kinds, more
    for i in range(count):
        kind = kinds_at[rows_at[4 * i]]
        if kind != last:
            out[filled] = heading + kind
            out[filled + 1] = rows_at[4 * i + 1]
            out[filled + 2] = rows_at[4 * i + 2]
            filled += 4
        for j in range(4):
            out[filled + j] = rows_at[4 * i + j]
        if kind != last:
            out[filled + 3] |= 1
        filled += 4
        last = kind
    return more[:filled]


def gather(
    data: Buffer, rows: memoryview, sizes: memoryview, size: int, whole: bool = False
) -> bytearray:
    """The records of some rows one behind the other, of `size` bytes each.

    sizes: by a row's first number how many bytes of it there are, -1 for rows that are not wanted.
    whole: take as many bytes more as the row says that there are. What is behind those is 0. Raises
    ValueError where the data does not hold them.
    """
    count: cython.Py_ssize_t = len(rows) // 4
    step: cython.longlong = size
    more: cython.bint = whole
    there: cython.longlong = len(data)
    have: cython.longlong
    wanted: cython.longlong = 0
    i: cython.Py_ssize_t
    if cython.compiled:
        rows_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(rows))
        sizes_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(sizes))
    else:
        rows_at, sizes_at = rows, sizes
    for i in range(count):
        have = _held(rows_at, sizes_at, i, more)
        if have >= 0:
            wanted += 1
            if have > step or rows_at[4 * i + 1] < 0 or rows_at[4 * i + 1] + have > there:
                raise ValueError(f"{there} bytes do not hold {have} at {rows_at[4 * i + 1]}")
    gathered = bytearray(wanted * step)
    wanted = 0
    if not cython.compiled:
        for i in range(count):
            have = _held(rows, sizes, i, more)
            if have >= 0:
                start = rows[4 * i + 1]
                gathered[wanted : wanted + have] = data[start : start + have]
                wanted += step
        return gathered
    view = cython.declare(Py_buffer)
    out = cython.cast(cython.p_char, gathered)
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.p_char, view.buf)
    with cython.nogil:
        for i in range(count):
            have = _held(rows_at, sizes_at, i, more)
            if have >= 0:
                memcpy(out + wanted, data_at + rows_at[4 * i + 1], have)
                wanted += step
    PyBuffer_Release(cython.address(view))
    return gathered


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _held(
    rows: cython.pointer[cython.const[cython.longlong]],
    sizes: cython.pointer[cython.const[cython.longlong]],
    row: cython.Py_ssize_t,
    whole: cython.bint,
) -> cython.longlong:
    """How many bytes of a row's record are taken, -1 if it is not wanted."""
    size: cython.longlong = sizes[rows[4 * row]]
    length: cython.longlong = rows[4 * row + 3] >> 1
    return length if whole and 0 <= size < length else size


def fill_rows(
    programs: Sequence[Program | None],
    data: Buffer,
    rows: memoryview,
    spare: list[bytearray],
    size: int = BUFFER,
) -> Iterator[tuple[bytearray, int]]:
    """The text of records of several types, as `fill` makes that of one.

    rows: a table of ROW integers for each record: which of the programs it is for, where it begins
    in `data`, where in the input, and 1 if no separator comes before it, as before the first one,
    plus twice how many bytes it has, if these are more than its type's: what is located in it lies
    behind that. None is for those that no row is for. Raises ValueError where the data does not
    hold a record.
    """
    count = len(rows) // ROW
    if not count:
        return
    there = [program for program in programs if program is not None]
    longest = max(program.longest_name for program in there)
    state, value = scratch(there[0].key)
    # For each program what `run` needs of it; addresses where that is compiled.
    parts = table("Q", [n for program in programs for n in _parts(program)])
    _check_rows(parts, len(programs), len(data), rows)
    numbers = zeroes("q", 7)
    progress = table("q", [0, count])  # rows done, and all of them
    while progress[0] < count:
        out = room(spare, size, longest)
        yield out, _fill_rows(programs, data, rows, parts, progress, numbers, state, value, out)


def _check_rows(parts: memoryview, programs: int, length: int, rows: memoryview) -> None:
    """Raise ValueError where a record has no program, or is not within the data."""
    count: cython.Py_ssize_t = len(rows) // 4
    end: cython.longlong = length
    known: cython.longlong = programs
    start: cython.longlong
    size: cython.longlong
    i: cython.Py_ssize_t
    if cython.compiled:
        rows_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(rows))
        parts_at = cython.cast(cython.pointer[cython.const[cython.ulonglong]], address(parts))
    else:
        rows_at, parts_at = rows, parts
    for i in range(count):
        if rows_at[4 * i] < 0 or rows_at[4 * i] >= known:
            raise ValueError(f"row {i} is for program {rows_at[4 * i]} of {known}")
        start = rows_at[4 * i + 1]
        size = parts_at[6 * rows_at[4 * i] + 4]
        if rows_at[4 * i + 3] >> 1 > size:
            size = rows_at[4 * i + 3] >> 1
        if start < 0 or size > end - start:
            raise ValueError(f"{length} bytes do not hold a record of {size} at {start}")


def _parts(program: Program | None) -> list[int]:
    """Addresses of a program's code, literals, names and powers; its record's size; its order."""
    if program is None:
        return [0, 0, 0, 0, NOWHERE, 0]
    sizes = [program.record_size, int(program.big_endian)]
    if not cython.compiled:
        return [0, 0, 0, 0, *sizes]
    pool: bytes = program.literals
    return [
        address(program.code),
        cython.cast(cython.size_t, cython.cast(cython.p_char, pool)),
        address(program.names),
        address(program.powers),
        *sizes,
    ]


def _fill_rows(
    programs: Sequence[Program | None],
    data: Buffer,
    rows: memoryview,
    parts: memoryview,
    progress: memoryview,
    numbers: memoryview,
    state: memoryview,
    value: memoryview,
    out: bytearray,
) -> int:
    """Run until all rows are done or the buffer is full; returns the bytes written."""
    written: cython.Py_ssize_t
    if not cython.compiled:
        written = 0
        for row in range(progress[0], progress[1]):
            progress[0] = row
            program = programs[rows[ROW * row]]
            assert program is not None
            _begin_row(rows[ROW * row :], row, program.record_size, numbers, state)
            numbers[3] = program.big_endian
            numbers[4] = len(out) - written
            found = run(
                program.code,
                program.literals,
                program.names,
                program.powers,
                data,
                numbers,
                state,
                value,
                memoryview(out)[written:],
            )
            if found >= 0:
                return written + found
            written += -1 - found
            state[0] = -1
        progress[0] = progress[1]
        return written
    view = cython.declare(Py_buffer)
    capacity: cython.Py_ssize_t = len(out)
    rows_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(rows))
    parts_at = cython.cast(cython.pointer[cython.const[cython.ulonglong]], address(parts))
    progress_at = cython.cast(cython.pointer[cython.longlong], address(progress))
    numbers_at = cython.cast(cython.pointer[cython.longlong], address(numbers))
    state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    value_at = cython.cast(cython.pointer[cython.ulonglong], address(value))
    out_at = cython.cast(cython.pointer[cython.uchar], out)
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
    with cython.nogil:
        written = _run_rows(
            parts_at,
            data_at,
            rows_at,
            progress_at,
            numbers_at,
            state_at,
            value_at,
            out_at,
            capacity,
        )
    PyBuffer_Release(cython.address(view))
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _run_rows(
    parts: cython.pointer[cython.const[cython.ulonglong]],
    data: cython.pointer[cython.const[cython.uchar]],
    rows: cython.pointer[cython.const[cython.longlong]],
    progress: cython.pointer[cython.longlong],
    numbers: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
    value: cython.pointer[cython.ulonglong],
    out: cython.pointer[cython.uchar],
    capacity: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """As `_fill_rows`, with addresses."""
    row: cython.Py_ssize_t = progress[0]
    count: cython.Py_ssize_t = progress[1]
    written: cython.Py_ssize_t = 0
    found: cython.Py_ssize_t
    part: cython.pointer[cython.const[cython.ulonglong]]
    while row < count:
        part = parts + 6 * rows[4 * row]
        _begin_row(rows + 4 * row, row, cython.cast(cython.longlong, part[4]), numbers, state)
        numbers[3] = cython.cast(cython.longlong, part[5])
        numbers[4] = capacity - written
        found = run(
            cython.cast(cython.pointer[cython.const[cython.longlong]], part[0]),
            cython.cast(cython.pointer[cython.const[cython.uchar]], part[1]),
            cython.cast(cython.pointer[cython.const[cython.ulonglong]], part[2]),
            cython.cast(cython.pointer[cython.const[cython.ulonglong]], part[3]),
            data,
            numbers,
            state,
            value,
            out + written,
        )
        if found >= 0:  # the buffer is full
            progress[0] = row
            return written + found
        written += -1 - found
        state[0] = -1  # the next row begins anew
        row += 1
    progress[0] = row
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _begin_row(
    row: cython.pointer[cython.const[cython.longlong]],
    number: cython.Py_ssize_t,
    record_size: cython.longlong,
    numbers: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
) -> cython.void:
    """Make ready for a row, unless the buffer was full in the midst of it.

    Those with a separator are the second record of their program's run, which ends behind them.
    """
    i: cython.int
    later: cython.longlong = 1 if number > 0 and row[3] & 1 == 0 else 0
    length: cython.longlong = row[3] >> 1
    if state[0] >= 0 and numbers[1] != 0:
        return
    for i in range(43):
        state[i] = 0
    state[1] = later
    state[2] = row[1]
    numbers[0] = row[1] - later * record_size
    numbers[1] = later + 1
    numbers[2] = record_size
    numbers[5] = row[2] - later * record_size
    numbers[6] = length if length > record_size else record_size
