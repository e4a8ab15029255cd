# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""From where events are to rows of which layout each has, and to their bytes side by side."""

from __future__ import annotations

from prettify.core.ring import SPAN
from prettify.core.rows import ROW

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
    from cython.cimports.libc.string import memcpy, memset
    from cython.cimports.prettify.core.emitter import address
else:
    from prettify.core.emitter import address

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview

COMPILED: bool = cython.compiled

# What is known of a kind of events: the bytes that any has; where the flexible array is that ends
# it, -1 where none does; bytes of its elements; the place in the table of shapes of the one without
# elements, and how many shapes follow from there.
KIND = 5
LEAST, TAIL, STRIDE, FIRST, SLOTS = range(KIND)

# The numbers of a choice: 0 next event   1 events   2 rows made   3 the position in the input that
# the first byte has
CHOICE = 4
EVENT, EVENTS, ROWS, BASE = range(CHOICE)

# Why choosing has ended: all events have rows; the next one is shorter than its kind; its shape is
# not in the table; there is no such kind.
DONE, SHORT, UNKNOWN, NO_KIND = range(4)


def choose(
    spans: memoryview,
    which: memoryview,
    kinds: memoryview,
    shapes: memoryview,
    rows: memoryview,
    state: memoryview,
) -> int:
    """Make rows for `fill_rows` of events from state[EVENT] on; returns why there are no more.

    which: the kind of each event, by number; -1 leaves it out. A table of no numbers says that all
    are of kind 0. shapes: by the number of elements of a flexible array, which layout that is; -1
    is not known.
    """
    reason: cython.int
    all_alike: cython.bint = not len(which)
    known: cython.longlong = len(kinds) // KIND
    events = state[EVENTS]
    if len(spans) < SPAN * events or len(rows) < ROW * events or 0 < len(which) < events:
        raise ValueError(
            f"tables of {len(spans)}, {len(which)} and {len(rows)} hold no {events} events"
        )
    if not cython.compiled:
        return _choose(spans, which, all_alike, kinds, known, shapes, rows, state)
    spans_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(spans))
    which_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(which))
    kinds_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(kinds))
    shapes_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(shapes))
    rows_at = cython.cast(cython.pointer[cython.longlong], address(rows))
    state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    with cython.nogil:
        reason = _choose(
            spans_at, which_at, all_alike, kinds_at, known, shapes_at, rows_at, state_at
        )
    return reason


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _choose(
    spans: cython.pointer[cython.const[cython.longlong]],
    which: cython.pointer[cython.const[cython.longlong]],
    all_alike: cython.bint,
    kinds: cython.pointer[cython.const[cython.longlong]],
    known: cython.longlong,
    shapes: cython.pointer[cython.const[cython.longlong]],
    rows: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
) -> cython.int:
    event: cython.Py_ssize_t = state[0]
    events: cython.Py_ssize_t = state[1]
    made: cython.Py_ssize_t = state[2]
    kind: cython.longlong
    shape: cython.longlong
    length: cython.longlong
    count: cython.longlong
    reason: cython.int = 0  # DONE
    while event < events:
        kind = 0 if all_alike else which[event]
        if kind < 0:
            event += 1
            continue
        if kind >= known:
            reason = 3  # NO_KIND
            break
        shape = kind
        length = spans[2 * event + 1]
        if length < kinds[5 * kind]:
            reason = 1  # SHORT
            break
        if kinds[5 * kind + 1] >= 0:
            count = (length - kinds[5 * kind + 1]) // kinds[5 * kind + 2]
            shape = shapes[kinds[5 * kind + 3] + count] if count < kinds[5 * kind + 4] else -1
            if shape < 0:
                reason = 2  # UNKNOWN
                break
        rows[4 * made] = shape
        rows[4 * made + 1] = spans[2 * event]
        rows[4 * made + 2] = state[3] + spans[2 * event]
        rows[4 * made + 3] = 0
        made += 1
        event += 1
    state[0] = event
    state[2] = made
    return reason


def gather(
    data: Buffer,
    rows: memoryview,
    sizes: memoryview,
    kinds: memoryview,
    kind: int,
    size: int,
    target: bytearray,
) -> int:
    """Copy the first `size` bytes of each event of a kind to `target`, side by side.

    sizes, kinds: of each shape. Bytes that an event does not have are zero. Returns how many events
    there are of that kind. Raises ValueError where the data or the target does not hold them.
    """
    count: cython.Py_ssize_t = len(rows) // ROW
    wanted: cython.longlong = kind
    width: cython.longlong = size
    there: cython.longlong = len(data)
    room: cython.longlong = len(target)
    done: cython.Py_ssize_t
    if not cython.compiled:
        done = _gather(data, there, rows, count, sizes, kinds, wanted, width, target, room)
    else:
        view = cython.declare(Py_buffer)
        rows_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(rows))
        sizes_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(sizes))
        kinds_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(kinds))
        target_at = cython.cast(cython.pointer[cython.uchar], target)
        PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
        data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
        with cython.nogil:
            done = _gather(
                data_at, there, rows_at, count, sizes_at, kinds_at, wanted, width, target_at, room
            )
        PyBuffer_Release(cython.address(view))
    if done < 0:
        raise ValueError(f"{there} bytes do not hold these events, or {room} not {size} of each")
    return done


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _gather(
    data: cython.pointer[cython.const[cython.uchar]],
    there: cython.longlong,
    rows: cython.pointer[cython.const[cython.longlong]],
    count: cython.Py_ssize_t,
    sizes: cython.pointer[cython.const[cython.longlong]],
    kinds: cython.pointer[cython.const[cython.longlong]],
    wanted: cython.longlong,
    width: cython.longlong,
    target: cython.pointer[cython.uchar],
    room: cython.longlong,
) -> cython.Py_ssize_t:
    """As `gather`; -1 where the data or the target does not hold the events."""
    i: cython.Py_ssize_t
    done: cython.Py_ssize_t = 0
    shape: cython.longlong
    start: cython.longlong
    length: cython.longlong
    to: cython.longlong = 0
    for i in range(count):
        shape = rows[4 * i]
        if kinds[shape] != wanted:
            continue
        start = rows[4 * i + 1]
        length = min(width, sizes[shape])
        if start < 0 or start + length > there or to + width > room:
            return -1
        if not cython.compiled:
            target[to : to + width] = bytes(data[start : start + length]).ljust(width, b"\0")
        else:
            memcpy(target + to, data + start, length)
            memset(target + to + length, 0, width - length)
        to += width
        done += 1
    return done
