# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Records of perf ring buffers: samples that BPF programs put there, and how many were lost.

The layout of records: perf_event_open(2), for PERF_SAMPLE_TIME and PERF_SAMPLE_RAW. All numbers are
in the machine's byte order.
"""

from __future__ import annotations

import sys

from prettify.core.ring import SPAN
from prettify.core.tables import zeroes

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
    from cython.cimports.prettify.core.emitter import address
    from cython.cimports.prettify.core.intrinsics import load2, load4, load8
else:
    from prettify.core.emitter import address

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview

COMPILED: bool = cython.compiled
BIG = sys.byteorder == "big"
SAMPLE = 3  # numbers of a sample: its time, where its bytes begin, how many they are

# The numbers of a scan. The functions below have them as they are.
# 0 place of the next record   1 where the bytes end   2 samples there are in the table   3 samples
# that the records say were lost
SCAN = 4
AT, END, FOUND, LOST = range(SCAN)

# Why a scan has ended: the next record, if any, is not there in full; the table is full; what is
# there is no record.
DONE, FULL, BAD = range(3)


def scan(data: Buffer, samples: memoryview, state: memoryview) -> int:
    """Find samples from state[AT] on, up to state[END]; returns why there are no more.

    samples: a table, to which SAMPLE numbers are added for each. What is lost is added up.
    """
    most: cython.Py_ssize_t = len(samples) // SAMPLE
    reason: cython.int
    if not cython.compiled:
        return _scan(data, samples, state, most, BIG)
    big: cython.bint = BIG
    view = cython.declare(Py_buffer)
    samples_at = cython.cast(cython.pointer[cython.longlong], address(samples))
    state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
    with cython.nogil:
        reason = _scan(data_at, samples_at, state_at, most, big)
    PyBuffer_Release(cython.address(view))
    return reason


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _scan(
    data: cython.pointer[cython.const[cython.uchar]],
    samples: cython.pointer[cython.longlong],
    state: cython.pointer[cython.longlong],
    most: cython.Py_ssize_t,
    big: cython.bint,
) -> cython.int:
    at: cython.longlong = state[0]
    end: cython.longlong = state[1]
    found: cython.Py_ssize_t = state[2]
    kind: cython.longlong
    size: cython.longlong
    length: cython.longlong
    reason: cython.int = 0  # DONE
    while end - at >= 8:
        if found == most:
            reason = 1  # FULL
            break
        kind = _number(data, at, 4, big)
        size = _number(data, at + 6, 2, big)
        if size < 8 or size & 7:
            reason = 2  # BAD
            break
        if size > end - at:
            break
        if kind == 9:  # PERF_RECORD_SAMPLE
            length = _number(data, at + 16, 4, big) if size >= 20 else size
            if length > size - 20:
                reason = 2
                break
            samples[3 * found] = _number(data, at + 8, 8, big)
            samples[3 * found + 1] = at + 20
            samples[3 * found + 2] = length
            found += 1
        elif kind == 2:  # PERF_RECORD_LOST
            if size < 24:
                reason = 2
                break
            state[3] += _number(data, at + 16, 8, big)
        at += size
    state[0] = at
    state[2] = found
    return reason


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _number(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    size: cython.int,
    big: cython.bint,
) -> cython.longlong:
    """The integer of 2, 4 or 8 bytes there; of 8, its lowest 63 bits."""
    if not cython.compiled:
        value = int.from_bytes(data[at : at + size], "big" if big else "little")
        return value & 0x7FFFFFFFFFFFFFFF
    if size == 2:
        return cython.cast(cython.longlong, load2(data + at, big))
    if size == 4:
        return cython.cast(cython.longlong, load4(data + at, big))
    return cython.cast(cython.longlong, load8(data + at, big) << 1 >> 1)


def in_order(samples: memoryview, count: int, spans: memoryview) -> None:
    """Make spans of the first `count` samples, the earlier ones first.

    Those of one time stay in the order they have. The samples' table is used up.
    """
    number: cython.Py_ssize_t = count
    if count > len(samples) // SAMPLE or count > len(spans) // SPAN:
        raise ValueError(f"tables of {len(samples)} and {len(spans)} hold no {count} samples")
    spare = zeroes("q", SAMPLE * count + 1)
    if not cython.compiled:
        _in_order(samples, spare, number, spans)
        return
    samples_at = cython.cast(cython.pointer[cython.longlong], address(samples))
    spare_at = cython.cast(cython.pointer[cython.longlong], address(spare))
    spans_at = cython.cast(cython.pointer[cython.longlong], address(spans))
    with cython.nogil:
        _in_order(samples_at, spare_at, number, spans_at)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _in_order(
    given: cython.pointer[cython.longlong],
    spare: cython.pointer[cython.longlong],
    count: cython.Py_ssize_t,
    spans: cython.pointer[cython.longlong],
) -> cython.void:
    """Merge runs of 1, 2, 4 … samples: those of each processor are in order already."""
    width: cython.Py_ssize_t = 1
    left: cython.Py_ssize_t
    i: cython.Py_ssize_t
    while width < count:
        left = 0
        while left < count:
            _merge(given, spare, left, min(left + width, count), min(left + 2 * width, count))
            left += 2 * width
        given, spare = spare, given
        width *= 2
    for i in range(count):
        spans[2 * i] = given[3 * i + 1]
        spans[2 * i + 1] = given[3 * i + 2]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _merge(
    given: cython.pointer[cython.longlong],
    to: cython.pointer[cython.longlong],
    left: cython.Py_ssize_t,
    right: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
) -> cython.void:
    """Two runs, given[left:right] and given[right:end], as one."""
    at: cython.Py_ssize_t
    middle: cython.Py_ssize_t = right
    taken: cython.Py_ssize_t
    for at in range(left, end):
        if left < middle and (right >= end or given[3 * left] <= given[3 * right]):
            taken = left
            left += 1
        else:
            taken = right
            right += 1
        to[3 * at] = given[3 * taken]
        to[3 * at + 1] = given[3 * taken + 1]
        to[3 * at + 2] = given[3 * taken + 2]
