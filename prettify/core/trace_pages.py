# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Pages of the kernel's trace buffer: their events in the order of time, each with a head.

A page begins with a time stamp and with how many bytes of it are in use; events follow, each behind
a header of 32 bits: 5 of type or length, 27 of the time since the event before. It is described in
`events/header_page` and `events/header_event` of tracefs, and in the kernel's
Documentation/trace/ring-buffer-design.rst and include/linux/ring_buffer.h.

Several streams of pages, one for each processor, are gone through at a time, the event that comes
first is next. All functions return at once where something has to be decided elsewhere, say what
by a number, and go on from there when they are called again.
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
    from cython.cimports.prettify.core.intrinsics import load2, load4, load8, store8
else:
    from prettify.core.emitter import address

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview

COMPILED: bool = cython.compiled

# What pages are like.
PAGE_SIZE = 0  # bytes
STAMP = 1  # where the time stamp of 8 bytes is
USED = 2  # where the number of bytes in use is
USED_SIZE = 3  # how large that is: as a long of the kernel
DATA = 4  # where events begin
BIG = 5  # the byte order
NUMBER = 6  # where in an event its number of 2 bytes is
HEADER = 8

# A stream of pages, places being in the data.
AT = 0  # where the next event's header is
END = 1  # where those of the page end; 0 before a page is begun
NEXT = 2  # where the next page begins
THERE = 3  # where the pages end that are there
TIME = 4  # of the event before
STATE = 5  # as below
EVENT = 6  # of the event that is ready: where it is
LENGTH = 7  # and its bytes
CPU = 8  # what is written of it
LOST = 9  # events that are known to be lost
GAPS = 10  # how often it is not known how many
FAULT = 11  # what is wrong, as below
PLACE = 12  # where that is
SAID = 13  # a number that goes with it
WHICH = 14  # the number of the event that is ready
STREAM = 16

LOOKING, READY, WAITING, OVER = range(4)  # states

# The state of a run.
OUT = 0  # bytes that are written
ROWS = 1  # events that are
ROOM = 2  # bytes that may be
MOST = 3  # events that may be
LIMIT = 4  # the time up to which events are wanted
ASKED = 5  # a stream
RUN = 8

# What is returned.
FULL = 0  # there is no room for the next event
NEED = 1  # the stream ASKED needs pages: it is made LOOKING or OVER
LATER = 2  # the next event comes after the time LIMIT
DONE = 3  # all streams are over or waiting
BAD = 4  # the page of the stream ASKED is damaged, and its rest left out

# What is wrong.
TOO_FULL = 1  # more bytes are in use than the page has
TOO_LONG = 2  # an event of SAID bytes reaches over what is in use
NO_EVENT = 3  # what is left is no event's header

# Before each event: its time, 8 bytes, its processor, 4, and its number, 4. All begin at multiples
# of 8, and so do events.
HEAD = 16
FOREVER = (1 << 63) - 1


def merge(
    pages: memoryview,
    streams: memoryview,
    wanted: memoryview,
    data: Buffer,
    out: bytearray,
    rows: memoryview,
    state: memoryview,
) -> int:
    """Write events with their heads to `out` from state[OUT] on, and where they are to `rows`.

    wanted: by number, which events: 0 leaves them out, 1 takes them, any higher number too, and is
    counted up. rows: as `core.sized.choose` takes them; the position is the event's in the data of
    its stream.
    """
    status: cython.Py_ssize_t
    count = len(streams) // STREAM
    if not cython.compiled:
        return _merge(pages, streams, count, wanted, data, out, rows, state)
    view = cython.declare(Py_buffer)
    pages_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(pages))
    streams_at = cython.cast(cython.pointer[cython.longlong], address(streams))
    wanted_at = cython.cast(cython.pointer[cython.longlong], address(wanted))
    rows_at = cython.cast(cython.pointer[cython.longlong], address(rows))
    state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    out_at = cython.cast(cython.pointer[cython.uchar], out)
    many: cython.Py_ssize_t = count
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
    with cython.nogil:
        status = _merge(pages_at, streams_at, many, wanted_at, data_at, out_at, rows_at, state_at)
    PyBuffer_Release(cython.address(view))
    return status


def latest(
    pages: memoryview, streams: memoryview, unwanted: memoryview, data: Buffer, stream: int
) -> int:
    """The time of the last of a stream's events that are there; the stream stays where it is.

    unwanted: a table as for `merge` of no events.
    """
    copy = memoryview(bytearray(streams[STREAM * stream : STREAM * (stream + 1)])).cast("q")
    if not cython.compiled:
        while _advance(pages, copy, unwanted, data) != 0:
            pass
        return copy[TIME]
    view = cython.declare(Py_buffer)
    pages_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(pages))
    copy_at = cython.cast(cython.pointer[cython.longlong], address(copy))
    unwanted_at = cython.cast(cython.pointer[cython.longlong], address(unwanted))
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
    with cython.nogil:
        while _advance(pages_at, copy_at, unwanted_at, data_at) != 0:
            pass
    PyBuffer_Release(cython.address(view))
    return copy[TIME]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _merge(
    pages: cython.pointer[cython.const[cython.longlong]],
    streams: cython.pointer[cython.longlong],
    count: cython.Py_ssize_t,
    wanted: cython.pointer[cython.longlong],
    data: cython.pointer[cython.const[cython.uchar]],
    out: cython.pointer[cython.uchar],
    rows: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    big: cython.bint = pages[5] != 0
    stream: cython.Py_ssize_t
    first: cython.Py_ssize_t
    time: cython.longlong
    place: cython.longlong
    length: cython.longlong
    i: cython.Py_ssize_t
    found: cython.int
    row: cython.Py_ssize_t
    while True:
        first = -1
        time = 0
        for i in range(count):
            stream = 16 * i
            if streams[stream + 5] == 0:  # LOOKING
                found = (
                    _advance(pages, streams + stream, wanted, data)
                    if cython.compiled
                    else (_advance(pages, streams[stream : stream + 16], wanted, data))
                )
                if found <= 0:
                    state[5] = i
                    return 1 if found == 0 else 4  # NEED, BAD
            if streams[stream + 5] == 1 and (first < 0 or streams[stream + 4] < time):  # READY
                first = stream
                time = streams[stream + 4]
        if first < 0:
            return 3  # DONE
        if time > state[4]:
            return 2  # LATER
        place = streams[first + 6]
        length = streams[first + 7]
        if state[0] + 16 + length > state[2] or state[1] >= state[3]:
            return 0  # FULL
        _store(time, big, out, state[0])
        if big:
            time = streams[first + 8] << 32 | streams[first + 14]
        else:
            time = streams[first + 14] << 32 | streams[first + 8]
        _store(time, big, out, state[0] + 8)
        if cython.compiled:
            memcpy(out + state[0] + 16, data + place, length)
        else:
            out[state[0] + 16 : state[0] + 16 + length] = data[place : place + length]
        row = 4 * state[1]
        rows[row] = 0
        rows[row + 1] = state[0]
        rows[row + 2] = place
        rows[row + 3] = 16 + length
        state[1] += 1
        state[0] += (16 + length + 7) & -8
        streams[first + 5] = 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _store(
    number: cython.longlong,
    big: cython.bint,
    out: cython.pointer[cython.uchar],
    at: cython.longlong,
) -> cython.void:
    """Write eight bytes."""
    i: cython.int
    if not cython.compiled:
        word = number & 0xFFFFFFFFFFFFFFFF
        out[at : at + 8] = word.to_bytes(8, "big" if big else "little")
    elif big:
        for i in range(8):
            out[at + i] = (number >> (56 - 8 * i)) & 255
    else:
        store8(out + at, number)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _advance(
    pages: cython.pointer[cython.const[cython.longlong]],
    stream: cython.pointer[cython.longlong],
    wanted: cython.pointer[cython.longlong],
    data: cython.pointer[cython.const[cython.uchar]],
) -> cython.int:
    """Go to a stream's next event that is wanted: 1; 0 if it takes more pages, -1 where it is bad.

    Behind what is bad it goes on with the next page.
    """
    big: cython.bint = pages[5] != 0
    at: cython.longlong
    end: cython.longlong
    kind: cython.longlong
    delta: cython.longlong
    word: cython.longlong
    length: cython.longlong
    number: cython.longlong
    one: cython.longlong = 1  # C would shift a literal 1 as an int
    while True:
        at = stream[0]
        end = stream[1]
        if at >= end:
            stream[1] = 0
            if stream[2] + pages[0] > stream[3]:
                return 0
            if not _begin(pages, stream, data):
                return -1
            continue
        if at + 4 > end:
            return _bad(stream, 3, at, end - at)  # NO_EVENT
        word = _load(data, at, 4, big)
        if big:
            kind = word >> 27
            delta = word & 134217727
        else:
            kind = word & 31
            delta = word >> 5
        if kind == 29 and delta == 0:  # nothing more in this page
            stream[0] = end
            continue
        length = 4 * kind
        at += 4
        if kind == 0 or kind > 28:
            if at + 4 > end:
                return _bad(stream, 3, at - 4, end - at + 4)
            word = _load(data, at, 4, big)
            if kind == 0:
                length = word - 4
                at += 4
                if length < 0:
                    return _bad(stream, 2, at - 8, word)  # TOO_LONG
            elif kind == 29:  # an event that was given up
                length = word
            else:
                delta += word << 27
                length = 4
        if kind == 31:
            # The highest of the 64 bits are those of the time before.
            number = stream[4] - (stream[4] & ((one << 59) - 1))
            if number != 0:
                delta |= number
                if delta < stream[4]:
                    delta += one << 59
            stream[4] = _wrapped(delta)
        else:
            stream[4] = _wrapped(stream[4] + delta)
        if at + length > end:
            return _bad(stream, 2, at, length)
        stream[0] = at + ((length + 3) & -4)
        if kind > 28:
            continue
        if length < pages[6] + 2:
            return _bad(stream, 2, at, length)
        number = _load(data, at + pages[6], 2, big)
        if wanted[number] == 0:
            continue
        if wanted[number] > 1:
            wanted[number] += 1
        stream[5] = 1  # READY
        stream[6] = at
        stream[7] = length
        stream[14] = number
        return 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _begin(
    pages: cython.pointer[cython.const[cython.longlong]],
    stream: cython.pointer[cython.longlong],
    data: cython.pointer[cython.const[cython.uchar]],
) -> cython.bint:
    """Begin the stream's next page; False if it is bad, and left out."""
    big: cython.bint = pages[5] != 0
    start: cython.longlong = stream[2]
    used: cython.longlong = _load(data, start + pages[2], pages[3], big)
    length: cython.longlong = used & 134217727
    room: cython.longlong = pages[0] - pages[4]
    one: cython.longlong = 1
    stream[2] = start + pages[0]
    if length > room:
        _bad(stream, 1, start, length)  # TOO_FULL
        return False
    if (used >> 31) & 1 != 0:  # events were lost before this page
        # How many may be said behind the last one.
        if (used >> 30) & 1 != 0 and length + pages[3] <= room:
            stream[9] += _load(data, start + pages[4] + length, pages[3], big) & ((one << 32) - 1)
        else:
            stream[10] += 1
    stream[4] = _wrapped(_load(data, start + pages[1], 8, big))
    stream[0] = start + pages[4]
    stream[1] = start + pages[4] + length
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _bad(
    stream: cython.pointer[cython.longlong],
    fault: cython.longlong,
    place: cython.longlong,
    said: cython.longlong,
) -> cython.int:
    """Keep what is wrong, and leave out the rest of the page."""
    stream[0] = 0
    stream[1] = 0
    stream[11] = fault
    stream[12] = place
    stream[13] = said
    return -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _load(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    size: cython.longlong,
    big: cython.bint,
) -> cython.longlong:
    """The integer of 2, 4 or 8 bytes there."""
    if not cython.compiled:
        return int.from_bytes(data[at : at + size], "big" if big else "little")
    if size == 4:
        return load4(data + at, big)
    if size == 8:
        return load8(data + at, big)
    return load2(data + at, big)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _wrapped(number: cython.longlong) -> cython.longlong:
    """A number of 64 bits as a signed one, which C makes of it by itself."""
    if not cython.compiled:
        return ((number + (1 << 63)) & 0xFFFFFFFFFFFFFFFF) - (1 << 63)
    return number
