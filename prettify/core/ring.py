# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Records of a BPF ring buffer, one behind the other, each with a header of 8 bytes.

The header (kernel documentation, bpf/ringbuf) is a length of 32 bits, of which the upper two say
that the record is still being written, and that it was given up; then 32 bits for the kernel alone.
What follows is padded to a multiple of 8. The positions that reader and writers tell each other are
words that both look at at the same time.
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
        PyBUF_WRITABLE,
        PyBuffer_Release,
        PyObject_GetBuffer,
    )
    from cython.cimports.prettify.core.emitter import address
    from cython.cimports.prettify.core.intrinsics import (
        acquire4,
        acquire8,
        load4,
        publish4,
        publish8,
    )
else:
    from prettify.core.emitter import address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mmap import mmap

    Buffer = bytes | bytearray | memoryview | mmap

COMPILED: bool = cython.compiled
SPAN = 2  # numbers of a span: where a record's bytes begin, and how many they are
HEADER = 8  # bytes
LENGTH_MASK = 0x3FFFFFFF  # of the first word of a header
DISCARD, BUSY = 0x40000000, 0x80000000

# The numbers of a scan. The functions below have them as they are.
# 0 place of the next header   1 where the bytes end   2 bytes after which a scan may stop
# 3 spans found   4 discarded records   5 records that are still being written   6 place of the
# first of these
SCAN = 7
AT, END, ENOUGH, FOUND, DISCARDED, UNFINISHED, FIRST_UNFINISHED = range(SCAN)

# Why a scan has ended: there is nothing more; there is, but that is enough; the next record is
# being written; it ends behind the bytes; there is none, as the header is zero.
DONE, FULL, STOPPED, CUT, BLANK = range(5)


def scan(data: Buffer, spans: memoryview, state: memoryview, *, live: bool, big: bool) -> int:
    """Find records from state[AT] on, up to state[END]; returns why there are no more.

    spans: a table that is filled with SPAN numbers for each record that is complete. live: the
    bytes are memory that is being written to, in the machine's byte order; a record that is not
    complete ends the scan, and there are no headers of zeroes. Else such records are counted and
    left out. big: byte order. state[AT] is where the scan goes on; that may be up to 7 bytes behind
    the end, where the padding of the last record is not there.
    """
    most: cython.Py_ssize_t = len(spans) // SPAN
    is_live: cython.bint = live
    is_big: cython.bint = big
    reason: cython.int
    if not cython.compiled:
        return _scan(data, spans, state, most, is_live, is_big)
    view = cython.declare(Py_buffer)
    spans_at = cython.cast(cython.pointer[cython.longlong], address(spans))
    state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
    with cython.nogil:
        reason = _scan(data_at, spans_at, state_at, most, is_live, is_big)
    PyBuffer_Release(cython.address(view))
    return reason


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _scan(
    data: cython.pointer[cython.const[cython.uchar]],
    spans: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
    most: cython.Py_ssize_t,
    live: cython.bint,
    big: cython.bint,
) -> cython.int:
    at: cython.longlong = state[0]
    end: cython.longlong = state[1]
    enough: cython.longlong = at + state[2]
    found: cython.Py_ssize_t = 0
    word: cython.longlong
    length: cython.longlong
    reason: cython.int = 0  # DONE
    state[4] = 0
    state[5] = 0
    state[6] = -1
    while end - at >= 8:
        if found == most or at >= enough:
            reason = 1  # FULL
            break
        word = _shared_word(data, at) if live else _word(data, at, big)
        if live and word > 0x7FFFFFFF:  # BUSY
            reason = 2  # STOPPED
            break
        if word == 0 and not live and _word(data, at + 4, big) == 0:
            reason = 4  # BLANK
            break
        length = word & 0x3FFFFFFF
        if length > end - at - 8:
            reason = 3  # CUT
            break
        if word & 0x40000000:  # DISCARD
            state[4] += 1
        elif word > 0x7FFFFFFF:
            if state[5] == 0:
                state[6] = at
            state[5] += 1
        else:
            spans[2 * found] = at + 8
            spans[2 * found + 1] = length
            found += 1
        at += 8 + ((length + 7) & ~7)
    state[0] = at
    state[3] = found
    return reason


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _word(
    data: cython.pointer[cython.const[cython.uchar]], at: cython.longlong, big: cython.bint
) -> cython.longlong:
    """The 32 bits there."""
    if not cython.compiled:
        return int.from_bytes(data[at : at + 4], "big" if big else "little")
    return load4(data + at, big)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _shared_word(
    data: cython.pointer[cython.const[cython.uchar]], at: cython.longlong
) -> cython.longlong:
    """The 32 bits there, which somebody else may be writing; what is loaded after them is no older.

    Plain Python loads them at once too, and its next load is many instructions later: that is all
    it can do.
    """
    if not cython.compiled:
        return memoryview(data)[at : at + 4].cast("I")[0]
    return acquire4(data + at)


def load_position(memory: Buffer, at: int, size: int) -> int:
    """The position of `size` bytes, 4 or 8, which somebody else may be writing.

    What that one wrote before is seen afterwards. Raises ValueError where it is not in the memory.
    """
    _check(memory, at, size)
    value: cython.ulonglong
    if not cython.compiled:
        return memoryview(memory)[at : at + size].cast("I" if size == 4 else "Q")[0]
    place: cython.Py_ssize_t = at
    narrow: cython.bint = size == 4
    view = cython.declare(Py_buffer)
    PyObject_GetBuffer(memory, cython.address(view), PyBUF_SIMPLE)
    where = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf) + place
    value = acquire4(where) if narrow else acquire8(where)
    PyBuffer_Release(cython.address(view))
    return value


def store_position(memory: Buffer, at: int, size: int, value: int) -> None:
    """Let somebody else see that position, of `size` bytes, and that all before it is done.

    Raises ValueError where it is not in the memory.
    """
    _check(memory, at, size)
    if not cython.compiled:
        memoryview(memory)[at : at + size].cast("I" if size == 4 else "Q")[0] = value
        return
    place: cython.Py_ssize_t = at
    narrow: cython.bint = size == 4
    number: cython.ulonglong = value
    view = cython.declare(Py_buffer)
    PyObject_GetBuffer(memory, cython.address(view), PyBUF_SIMPLE | PyBUF_WRITABLE)
    where = cython.cast(cython.pointer[cython.uchar], view.buf) + place
    if narrow:
        publish4(where, cython.cast(cython.uint, number))
    else:
        publish8(where, number)
    PyBuffer_Release(cython.address(view))


def _check(memory: Buffer, at: int, size: int) -> None:
    if size not in (4, 8) or at < 0 or at % size or at + size > len(memory):
        raise ValueError(f"{len(memory)} bytes hold no position of {size} at {at}")
