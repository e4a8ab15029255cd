# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Goes from record to record where each says how long it is, and by a tag of what type.

A scanner is a table: HEADER numbers, a row of KIND numbers for each type that records may be of, a
row of two for each tag, sorted by it, and the programs of `core.measure`. A run returns at once
where something has to be decided that is not in the tables, says what it is by a number, and goes
on from there when it is called again.
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
    from cython.cimports.prettify.core.calculator import value
    from cython.cimports.prettify.core.emitter import address
else:
    from prettify.core.calculator import value
    from prettify.core.emitter import address

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview

COMPILED: bool = cython.compiled

# The header of a scanner. Where programs begin is counted from the table's beginning; -1 is none.
# 0 bytes that any record has   1 program of the tag      2 of the length       3 of the alignment
# 4 of `while`                  5 of `until`              6 of what is wanted   7 data is big-endian
# 8 number of tags              9 where they begin        10 where the kinds begin
# 11 whether a record has to be there in full             12 bytes of the longest that can be so
# 13 MOST of core.measure       14 bytes of the longest that is plausible
HEADER = 16
# A kind: 0 bytes that such a record has at least, 1 bytes of its type, 2 program of its length, 3
# that of its last array, 4 where that begins or -1, 5 what its layout depends on. Not used: 6, 7
KIND = 8
BY_TYPE = 0  # every record has all of its type
BY_LENGTH = 1  # the layout goes on to the record's end, or its last array's
CUT = 2  # to the record's end, or the type's if that comes first
# The state of a run, places being in the data.
AT = 0  # where the next record begins
DONE = 1  # how many there were
ROWS = 2  # how many rows are filled
END = 3  # where the last one ends, with what is added for its alignment
PADDING = 4  # how much that is
NEEDED = 5  # bytes from AT on without which there is no going on
ASKED = 6  # a tag, or a kind
LENGTH = 7  # bytes of the layout that is asked for
COUNT = 8  # records after which to stop, or -1
SKIP = 9  # records of which there are to be no rows
LIMIT = 10  # where the region ends, or -1
TOTAL = 11  # where the input ends, or -1
THERE = 12  # bytes of data
START = 13  # where the data begins in the input
ROOM = 14  # rows that there is room for
STEP = 20
LINKS = 21
STATE = 64  # 16 to 19 are what was found of one record, and from 24 on there is the stack

# What may be done.
SCAN = 0
CHOOSE = 1
SEARCH = 2

# What is returned.
NEED = 0  # NEEDED bytes
OVER = 1  # there are no more records
FULL = 2  # room for rows
TAG = 3  # the kind of the tag ASKED
SHAPE = 4  # the layout of a record of the kind ASKED with LENGTH bytes
OTHERWISE = 5  # something is wrong with this record, or it is not for these programs
FOUND = 6  # what was searched for
BEYOND = 7  # a record that is not in the data


def run(
    job: int,
    scanner: memoryview,
    slots: memoryview,
    shapes: memoryview,
    data: Buffer,
    spans: memoryview,
    rows: memoryview,
    state: memoryview,
) -> int:
    """Do one of these, as far as it goes:

    SCAN    make rows of `core.rows.fill_rows` for the records from state[AT] on
    CHOOSE  make them for records of which it is known where they are, from that of state[DONE] on:
            spans are of each where it begins in the data, and its length; rows are made from row
            state[ROWS] on. OTHERWISE is also for a record that is too short
    SEARCH  look for the next plausible record at state[AT], or a multiple of state[STEP] bytes
            behind it: one whose tag is known and whose length makes sense, and so of those behind
            it, state[LINKS] in all or up to the end; state[AT] is then where it begins, or where
            it may: that takes NEEDED bytes from there on to tell

    slots: numbers that are the same for all records. shapes: three numbers for each layout that is
    known (kind, length, the row's first number), in a hash table by `slot_of`, behind the number of
    its rows less one, all but one power of two.
    """
    status: cython.Py_ssize_t
    what: cython.Py_ssize_t = job
    if not cython.compiled:
        return _run(job, scanner, slots, shapes, data, spans, rows, state)
    view = cython.declare(Py_buffer)
    scanner_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(scanner))
    slots_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(slots))
    shapes_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(shapes))
    spans_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(spans))
    rows_at = cython.cast(cython.pointer[cython.longlong], address(rows))
    state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
    with cython.nogil:
        status = _run(what, scanner_at, slots_at, shapes_at, data_at, spans_at, rows_at, state_at)
    PyBuffer_Release(cython.address(view))
    return status


def slot_of(which: int, length: int, mask: int) -> int:
    """The first row of a table of shapes in which a layout may be."""
    return (length * 31 + which) & mask


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _run(
    job: cython.Py_ssize_t,
    scanner: cython.pointer[cython.const[cython.longlong]],
    slots: cython.pointer[cython.const[cython.longlong]],
    shapes: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    spans: cython.pointer[cython.const[cython.longlong]],
    rows: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    if job == 0:  # SCAN
        return _scan(scanner, slots, shapes, data, rows, state)
    if job == 1:  # CHOOSE
        return _choose(scanner, slots, shapes, data, spans, rows, state)
    return _search(scanner, slots, data, state)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _scan(
    scanner: cython.pointer[cython.const[cython.longlong]],
    slots: cython.pointer[cython.const[cython.longlong]],
    shapes: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    rows: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    at: cython.longlong
    status: cython.Py_ssize_t
    filled: cython.Py_ssize_t
    number: cython.longlong
    while state[1] != state[8]:  # DONE, COUNT
        if state[2] == state[14]:  # ROWS, ROOM
            return 2  # FULL
        at = state[0]
        status = _measured(scanner, slots, data, at, state)
        if status != 6:  # FOUND
            return status
        if state[1] >= state[9]:  # SKIP
            number = 1
            if scanner[6] >= 0:
                number = value(scanner, scanner[6], slots, data, at, state)
                if number == -scanner[13]:
                    return 5  # OTHERWISE
            if number != 0:
                number = _shape(shapes, state[16], state[18])
                if number < 0:
                    state[6] = state[16]
                    state[7] = state[18]
                    return 4  # SHAPE
                filled = 4 * state[2]
                rows[filled] = number
                rows[filled + 1] = at
                rows[filled + 2] = at + state[13]
                rows[filled + 3] = 0
                state[2] += 1
        number = 0
        if scanner[5] >= 0:  # until
            number = value(scanner, scanner[5], slots, data, at, state)
        state[1] += 1
        state[4] = state[19]
        state[0] = state[3] = at + state[17] + state[19]
        if number != 0:
            return 1  # OVER
    return 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _measured(
    scanner: cython.pointer[cython.const[cython.longlong]],
    slots: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    """Find of the record there: 16 its kind, 17 its length, 18 that of its layout, 19 padding."""
    none: cython.longlong = -scanner[13]
    there: cython.longlong = state[12]
    kind: cython.Py_ssize_t
    number: cython.longlong
    length: cython.longlong
    whole: cython.longlong
    mode: cython.longlong
    if at >= there or at + scanner[0] > there:
        state[5] = scanner[0]
        return 0  # NEED
    number = _kind(scanner, slots, data, at, state)
    if number == none:
        return 5  # OTHERWISE
    if number == -1:
        return 3  # TAG
    state[16] = 0 if number < 0 else number
    kind = scanner[10] + 8 * state[16]
    if at + scanner[kind] > there:
        state[5] = scanner[kind]
        return 0
    if scanner[4] >= 0:  # while
        number = value(scanner, scanner[4], slots, data, at, state)
        if number == none:
            return 5
        if number == 0:
            return 1  # OVER
    whole = scanner[kind]
    if scanner[kind + 3] >= 0:
        number = value(scanner, scanner[kind + 3], slots, data, at, state)
        if number == none:
            return 5
        if scanner[kind + 4] + number > whole:
            whole = scanner[kind + 4] + number
    length = whole
    if scanner[kind + 2] >= 0 or scanner[2] >= 0:
        number = scanner[kind + 2] if scanner[kind + 2] >= 0 else scanner[2]
        length = value(scanner, number, slots, data, at, state)
        if length == none:
            return 5
    if length < whole or (state[10] >= 0 and at + length > state[10]):  # LIMIT
        return 5
    if state[11] >= 0 and at + length > state[11]:  # TOTAL
        return 5
    mode = scanner[kind + 5]
    if mode == 1 and scanner[kind + 3] < 0:  # BY_LENGTH, and no program says where that ends
        whole = length
    elif mode == 2:  # CUT
        whole = length if length < scanner[kind + 1] else scanner[kind + 1]
    number = whole
    if scanner[11] != 0 and length <= scanner[12]:
        number = length
    if at + number > there:
        if number > scanner[12]:
            return 5
        state[5] = number
        return 0
    state[17] = length
    state[18] = whole
    state[19] = 0
    if scanner[3] >= 0:  # align
        number = value(scanner, scanner[3], slots, data, at, state)
        if number == none:
            return 5
        if number > 0 and length % number != 0:
            state[19] = number - length % number
    if scanner[5] >= 0 and value(scanner, scanner[5], slots, data, at, state) == none:
        return 5
    return 6  # FOUND


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _kind(
    scanner: cython.pointer[cython.const[cython.longlong]],
    slots: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    state: cython.pointer[cython.longlong],
) -> cython.longlong:
    """The kind that a record's tag says; -1 if nobody knows yet, -2 if it says none.

    state[ASKED] is the tag.
    """
    tag: cython.longlong
    low: cython.Py_ssize_t = 0
    high: cython.Py_ssize_t = scanner[8]
    middle: cython.Py_ssize_t
    row: cython.Py_ssize_t
    if scanner[1] < 0:
        return -2
    tag = value(scanner, scanner[1], slots, data, at, state)
    if tag == -scanner[13]:
        return tag
    while low < high:
        middle = (low + high) >> 1
        row = scanner[9] + 2 * middle
        if scanner[row] < tag:
            low = middle + 1
        elif scanner[row] > tag:
            high = middle
        else:
            state[6] = tag
            return scanner[row + 1]
    return -2


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _shape(
    shapes: cython.pointer[cython.const[cython.longlong]],
    which: cython.longlong,
    length: cython.longlong,
) -> cython.longlong:
    """The layout of a record of that kind with that many bytes, -1 if it is not known yet."""
    mask: cython.longlong = shapes[0]
    row: cython.Py_ssize_t = (length * 31 + which) & mask
    while shapes[3 * row + 1] >= 0:
        if shapes[3 * row + 1] == which and shapes[3 * row + 2] == length:
            return shapes[3 * row + 3]
        row = (row + 1) & mask
    return -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _choose(
    scanner: cython.pointer[cython.const[cython.longlong]],
    slots: cython.pointer[cython.const[cython.longlong]],
    shapes: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    spans: cython.pointer[cython.const[cython.longlong]],
    rows: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    none: cython.longlong = -scanner[13]
    at: cython.longlong
    length: cython.longlong
    which: cython.longlong
    whole: cython.longlong
    number: cython.longlong
    kind: cython.Py_ssize_t
    filled: cython.Py_ssize_t
    while state[1] != state[8]:  # DONE, COUNT
        at = spans[2 * state[1]]
        length = spans[2 * state[1] + 1]
        if at < 0 or length < 0 or length > state[11] - at:  # TOTAL
            return 7  # BEYOND
        if length < scanner[0]:
            return 5  # OTHERWISE
        state[12] = at + length  # THERE
        which = _kind(scanner, slots, data, at, state)
        if which == none:
            return 5
        if which == -1:
            return 3  # TAG
        if which < 0:
            which = 0
        number = 1
        if scanner[6] >= 0:
            number = value(scanner, scanner[6], slots, data, at, state)
            if number == none:
                return 5
        if number != 0:
            if scanner[2] >= 0:  # a record that says how long it is may have bytes behind it
                number = value(scanner, scanner[2], slots, data, at, state)
                if number == none or number > length:
                    return 5
                length = number
            kind = scanner[10] + 8 * which
            if length < scanner[kind]:
                return 5
            whole = scanner[kind + 1]
            if scanner[kind + 5] == 1 or (scanner[kind + 5] == 2 and length < whole):
                whole = length  # BY_LENGTH, or CUT before its type ends
            number = _shape(shapes, which, whole)
            if number < 0:
                state[6] = which
                state[7] = whole
                return 4  # SHAPE
            filled = 4 * state[2]
            rows[filled] = number
            rows[filled + 1] = at
            rows[filled + 2] = at + state[13]
            rows[filled + 3] = length << 1
            state[2] += 1
        state[1] += 1
    return 1  # OVER


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _search(
    scanner: cython.pointer[cython.const[cython.longlong]],
    slots: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    end: cython.longlong = state[11] if state[10] < 0 else state[10]
    at: cython.longlong
    left: cython.longlong
    status: cython.Py_ssize_t
    if state[11] >= 0 and state[11] < end:
        end = state[11]
    while end < 0 or state[0] < end:
        at = state[0]
        left = state[21]  # LINKS
        status = 6  # FOUND
        while left > 0 and at != end:
            status = _link(scanner, slots, data, at, end, state)
            if status != 6:
                break
            at += state[17]
            left -= 1
        if status == 6:
            return 6
        if status == 0:  # NEED
            state[5] = at + scanner[0] - state[0]
            return 0
        state[0] += state[20]  # STEP
    return 1  # OVER


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _link(
    scanner: cython.pointer[cython.const[cython.longlong]],
    slots: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    end: cython.longlong,
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    """Whether a record may be there that ends no later than that: FOUND, NEED or OTHERWISE.

    state[17] is then its length, with what is added for its alignment.
    """
    none: cython.longlong = -scanner[13]
    which: cython.longlong
    length: cython.longlong
    number: cython.longlong
    kind: cython.Py_ssize_t
    if end >= 0 and at + scanner[0] > end:
        return 5  # OTHERWISE
    if at + scanner[0] > state[12]:  # THERE
        return 0  # NEED
    which = _kind(scanner, slots, data, at, state)
    if which == none or (which == -2 and scanner[8] > 0):
        return 5
    kind = scanner[10] + 8 * (which if which > 0 else 0)
    number = scanner[kind + 2] if scanner[kind + 2] >= 0 else scanner[2]
    length = scanner[kind]
    if number >= 0:
        length = value(scanner, number, slots, data, at, state)
    if length < scanner[kind] or length > scanner[14]:
        return 5
    if scanner[3] >= 0:  # align
        number = value(scanner, scanner[3], slots, data, at, state)
        if number == none:
            return 5
        if number > 0 and length % number != 0:
            length += number - length % number
    if end >= 0 and at + length > end:
        return 5
    state[17] = length
    return 6  # FOUND
