# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Goes from record to record of a perf.data, and puts each down as a record of a fixed layout.

What is behind an array of a length of its own is at another place in each record. So what comes out
of a record has a head of a fixed size, HEAD bytes at least, and the record itself behind that. In
the head are where the record was, which event it is of, what is behind arrays, and words that
locate the arrays (see `model.Located`; they count from the record, behind the head). All that
follows is like records of one size.

A recording is three tables of integers. `header`: see below. `table`: for each type of record and
each class of events where the kind is in `programs`, or -1. `programs`: for each kind KIND numbers,
and what is to be done with such a record, OP numbers each. A walk through a record has a cursor,
the record's end, which is before the sample id, and a few numbers.
"""

from __future__ import annotations

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
    from cython.cimports.prettify.core.emitter import address
    from cython.cimports.prettify.core.intrinsics import load
else:
    from prettify.core.emitter import address

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview

HEAD = 16  # bytes: where the record was, 8; its event, 4; 4 of nothing
TYPES = 128  # of records; those from VARIANTS on are variants of others, 0 is all that are unknown
VARIANTS = 112
MMAP2_BUILD_ID = 112  # MMAP2 with a build id, which a bit of misc tells
PARTIAL = 113  # a sample of an event that is not known

# The header. Places in it are counted from its beginning.
BIG = 0  # whether the recording is big-endian
CLASSES = 1  # how many classes of events there are
SAMPLE_ID = 2  # where the id of an event is in samples, from their start; -1 nowhere
TRAILER_ID = 3  # and in others, from their end; -1 nowhere
ALONE = 4  # the event of records that tell no id, -1 none
MASK = 5  # rows of the table of ids less one; it is at IDS, behind the flags
WANTED_EVENTS = 6  # where the flags of events are; -1 all are wanted
EVENTS = 7  # where the class of each event is
FLAGS = 16  # what is to be done with records of each type: a sum of the following
WANTED = 1
SPECIAL = 2  # to be looked at before it goes on
IDS = FLAGS + TYPES  # rows of id, event, -1 where there is none

# A kind.
KIND = 6
# 0 its number  1 bytes of its head  2 bytes of a record at least, with what is behind its end
# 3 bytes behind its end  4 where the kind is to be had instead if a record does not fit, or -1
# 5 not used
# What is done with a record: operation and three numbers. The value is what was last counted.
OP = 4
END = 0
SKIP = 1  # bytes: go on by so many
COPY = 2  # bytes, place: the next ones are copied to that place of the head
COUNT = 3  # bytes: the value is the next integer of that size
LIST = 4  # bytes of an element, place: a word that locates as many as the value says
REST = 5  # bytes of an element, place: a word that locates as many as are left
TEXT = 6  # place: a word that locates the text that is left
REGISTERS = 7  # bytes, place: an integer, and if it is not 0 so many bytes
STACK = 8  # place: size, and if it is not 0 so many bytes and how many of them are in use
RAW = 9  # bytes, place: of as many as the value says the first ones are copied; they may be fewer
# than there should be, and then the record is of the other kind
TRACED = 10  # where in what RAW found, place, relative: a word there, which tells of an array in
# the raw data, from its start or from the word's end, becomes one that counts from the record
TRAILER = 11  # go on behind the record's end
FIELD = 12  # offset, bytes: the value is that integer of the record
ADD = 13  # offset, bytes: the same is added to the value
VALUES = 14  # -: remember the value
AGAIN = 15  # -: the value that was remembered
RAW_REST = 16  # where in what RAW found, place, bytes of an element: a word that locates the rest

# The state of a run, places being in the data.
AT = 0  # where the next record begins
OUT = 1  # bytes that are filled in the output
ROWS = 2  # rows that are filled
THERE = 3  # bytes of data
ROOM = 4  # bytes of output
ROW_ROOM = 5  # rows that there is room for
POSITION = 6  # where the data begins in the input
FROZEN = 7  # whether all records are said to be there
ASKED = 8  # a type and a class, type * CLASSES + class; or what is wrong
NEEDED = 9  # bytes of the record; or where in it something is wrong
FORCED = 11  # where the kind of the next record is, which is so placed; -1: it is found
STATE = 16

# What is returned.
NEED = 0  # NEEDED bytes from AT on
FULL = 1  # room for rows or output
KIND_ASKED = 2  # the kind ASKED
IS_SPECIAL = 3  # a record that is to be looked at
BAD = 4  # a record that does not fit

# What is wrong.
TOO_SHORT = 0  # the record is shorter than its header
CUT = 1  # it is shorter than what it is made of


def scan(
    header: memoryview,
    kinds: memoryview,
    programs: memoryview,
    data: Buffer,
    out: bytearray,
    rows: memoryview,
    state: memoryview,
) -> int:
    """Put down records from state[AT] on, with a row of `core.rows.fill_rows` for each.

    A row's first number is the number of a kind.
    """
    status: cython.Py_ssize_t
    if not cython.compiled:
        return _scan(header, kinds, programs, data, out, rows, state)
    view = cython.declare(Py_buffer)
    header_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(header))
    kinds_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(kinds))
    programs_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(programs))
    rows_at = cython.cast(cython.pointer[cython.longlong], address(rows))
    state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    out_at = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, out))
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
    with cython.nogil:
        status = _scan(header_at, kinds_at, programs_at, data_at, out_at, rows_at, state_at)
    PyBuffer_Release(cython.address(view))
    return status


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _scan(
    header: cython.pointer[cython.const[cython.longlong]],
    kinds: cython.pointer[cython.const[cython.longlong]],
    programs: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    out: cython.pointer[cython.uchar],
    rows: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    """As `scan`, with addresses."""
    big: cython.bint = header[0] != 0
    at: cython.longlong = state[0]
    there: cython.longlong = state[3]
    filled: cython.longlong = state[1]
    row: cython.longlong = state[2]
    type_: cython.longlong
    size: cython.longlong
    event: cython.longlong
    flags: cython.longlong
    place: cython.longlong
    position: cython.longlong
    status: cython.Py_ssize_t = 0  # NEED
    while True:
        if there - at < 8:
            state[9] = 8
            break
        type_ = _load(data, at, 4, big)
        size = _load(data, at + 6, 2, big)
        if size < 8:
            state[8] = 0  # TOO_SHORT
            state[9] = size
            status = 4  # BAD
            break
        if type_ >= 112:  # VARIANTS
            type_ = 0
        flags = header[16 + type_]  # FLAGS
        if flags & 2 and state[11] < 0:  # SPECIAL
            status = 3  # IS_SPECIAL
            break
        if there - at < size:
            state[9] = size
            break
        if flags & 1 == 0:  # WANTED
            at += size
            state[11] = -1
            continue
        event = -1
        place = state[11]  # FORCED
        if place < 0:
            if type_ < 64 and type_ > 0:
                event = _event(header, data, at, size, type_, big)
                if type_ == 9:  # PERF_RECORD_SAMPLE
                    if event < 0:
                        type_ = 113  # PARTIAL
                    elif header[6] >= 0 and header[header[6] + event] == 0:
                        at += size
                        continue
                elif type_ == 10 and _load(data, at + 4, 2, big) & 0x4000:
                    type_ = 112  # MMAP2_BUILD_ID
            type_ = type_ * header[1] + (0 if event < 0 else header[header[7] + event])
            place = kinds[type_]
            if place < 0:
                state[8] = type_
                status = 2  # KIND_ASKED
                break
        position = state[6] if state[7] != 0 else state[6] + at
        status = _put(programs, place, data, at, size, big, out, filled, state)
        if status == 5 and programs[place + 4] >= 0:  # it does not fit
            place = programs[place + 4]
            status = _put(programs, place, data, at, size, big, out, filled, state)
        if status != 0:
            if status == 5:
                status = 4  # BAD
            break
        if row == state[5]:
            status = 1  # FULL
            break
        _store(out, filled, position, 8, big)
        _store(out, filled + 8, event, 4, big)
        _store(out, filled + 12, 0, 4, big)
        rows[4 * row] = programs[place]
        rows[4 * row + 1] = filled
        rows[4 * row + 2] = position
        rows[4 * row + 3] = 2 * (programs[place + 1] + size)
        row += 1
        # The next one begins at a multiple of 8.
        filled += (programs[place + 1] + size + 7) & -8
        at += size
        state[11] = -1
    state[0] = at
    state[1] = filled
    state[2] = row
    return status


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _event(
    header: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    size: cython.longlong,
    type_: cython.longlong,
    big: cython.bint,
) -> cython.longlong:
    """The event that a record is of, -1 if that is not known."""
    alone: cython.longlong = header[4]
    place: cython.longlong
    wanted: cython.longlong
    below: cython.ulonglong = 0x7FFFFFFFFFFFFFFF  # ids in the table have no sign
    mask: cython.longlong = header[5]
    slot: cython.longlong
    if type_ == 9:
        place = header[2]
        if place < 0:
            return alone
        if place + 8 > size:
            return -1
    else:
        place = header[3]
        if place < 0 or place + 8 > size:
            return alone
        place = size - place
    wanted = _load(data, at + place, 8, big) & below
    slot = (wanted ^ wanted >> 29) & mask
    while header[144 + 2 * slot + 1] >= 0:  # IDS
        if header[144 + 2 * slot] == wanted:
            return header[144 + 2 * slot + 1]
        slot = (slot + 1) & mask
    # What perf itself makes up has no id.
    return -1 if type_ == 9 else alone


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _put(
    programs: cython.pointer[cython.const[cython.longlong]],
    place: cython.longlong,
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    size: cython.longlong,
    big: cython.bint,
    out: cython.pointer[cython.uchar],
    filled: cython.longlong,
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    """Put down one record; returns 0, FULL, or 5 where it does not fit its kind."""
    head: cython.longlong = programs[place + 1]
    end: cython.longlong = size - programs[place + 3]
    cursor: cython.longlong = 8
    op: cython.longlong
    a: cython.longlong
    b: cython.longlong
    to: cython.longlong
    left: cython.ulonglong  # bytes
    found: cython.ulonglong = 0
    kept: cython.ulonglong = 0
    raw: cython.longlong = 0
    raw_size: cython.longlong = 0
    pc: cython.longlong = place + 6
    state[8] = 1  # CUT
    if size < programs[place + 2]:
        state[9] = size
        return 5
    if filled + head + size > state[4]:
        return 1  # FULL
    while True:
        op = programs[pc]
        a = programs[pc + 1]
        b = programs[pc + 2]
        state[9] = cursor
        if op == 0:  # END
            break
        elif op == 1:  # SKIP
            if a > end - cursor:
                return 5
            cursor += a
        elif op == 2:  # COPY
            if a > end - cursor:
                return 5
            _copy(data, at + cursor, out, filled + b, a)
            cursor += a
        elif op == 3:  # COUNT
            if a > end - cursor:
                return 5
            found = _load(data, at + cursor, a, big)
            cursor += a
        elif op == 4:  # LIST
            left = end - cursor
            if found > left // a:
                return 5
            _locate(out, filled + b, cursor, found * a, big)
            cursor += a * found
        elif op == 5:  # REST
            _locate(out, filled + b, cursor, end - cursor - (end - cursor) % a, big)
            cursor = end
        elif op == 6:  # TEXT
            to = cursor
            while to < end and data[at + to] != 0:
                to += 1
            _locate(out, filled + a, cursor, to - cursor, big)
            cursor = end
        elif op == 7:  # REGISTERS
            if end - cursor < 8:
                return 5
            found = _load(data, at + cursor, 8, big)
            _copy(data, at + cursor, out, filled + b, 8)
            cursor += 8
            if found == 0:
                _clear(out, filled + b + 8, a)
            else:
                if a > end - cursor:
                    return 5
                _copy(data, at + cursor, out, filled + b + 8, a)
                cursor += a
        elif op == 8:  # STACK
            if end - cursor < 8:
                return 5
            found = _load(data, at + cursor, 8, big)
            _copy(data, at + cursor, out, filled + a, 8)
            cursor += 8
            kept = 0
            if found != 0:
                left = end - cursor
                if left < 8 or found > left - 8:
                    return 5
                to = cursor + found
                kept = _load(data, at + to, 8, big)
                if kept > found:
                    return 5
                _locate(out, filled + a + 8, cursor, kept, big)
                cursor = to + 8
            else:
                _locate(out, filled + a + 8, 0, 0, big)
        elif op == 9:  # RAW
            left = end - cursor
            if found > left:
                return 5
            raw = cursor
            raw_size = found
            if raw_size < a:
                return 5
            _copy(data, at + cursor, out, filled + b, a)
            cursor += raw_size
        elif op == 10:  # TRACED
            to = programs[pc + 3]
            found = _load(data, at + raw + a, 4, big)
            kept = found >> 16  # bytes
            found = (found & 0xFFFF) + (a + 4 if to != 0 else 0)
            left = raw_size
            if found + kept > left:
                return 5
            _locate(out, filled + b, raw + found, kept, big)
        elif op == 11:  # TRAILER
            if cursor > end:
                return 5
            cursor = end
            end = size
        elif op == 12:  # FIELD
            found = _load(data, at + a, b, big)
        elif op == 13:  # ADD
            found += _load(data, at + a, b, big)
        elif op == 14:  # VALUES
            kept = found
        elif op == 15:  # AGAIN
            found = kept
        else:  # RAW_REST
            to = raw_size - a
            if to < 0:
                return 5
            _locate(out, filled + b, raw + a, to - to % programs[pc + 3], big)
        pc += 4
    _copy(data, at, out, filled + head, size)
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _load(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    size: cython.longlong,
    big: cython.bint,
) -> cython.ulonglong:
    if not cython.compiled:
        return int.from_bytes(data[at : at + size], "big" if big else "little")
    return load(data + at, size, big)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _store(
    out: cython.pointer[cython.uchar],
    at: cython.longlong,
    number: cython.ulonglong,
    size: cython.longlong,
    big: cython.bint,
) -> cython.void:
    i: cython.longlong
    for i in range(size):
        out[at + (size - 1 - i if big else i)] = number & 255
        number >>= 8


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _locate(
    out: cython.pointer[cython.uchar],
    at: cython.longlong,
    place: cython.ulonglong,
    size: cython.ulonglong,
    big: cython.bint,
) -> cython.void:
    """The word that locates so many bytes there, both below 2^16, as those of a record are."""
    _store(out, at, size << 16 | place, 4, big)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _copy(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    out: cython.pointer[cython.uchar],
    to: cython.longlong,
    size: cython.longlong,
) -> cython.void:
    if cython.compiled:
        memcpy(out + to, data + at, size)
    else:
        out[to : to + size] = data[at : at + size]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _clear(
    out: cython.pointer[cython.uchar], at: cython.longlong, size: cython.longlong
) -> cython.void:
    i: cython.longlong
    for i in range(size):
        out[at + i] = 0
