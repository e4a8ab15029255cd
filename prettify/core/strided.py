# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Pieces of one size that lie at even distances in one buffer, copied to even ones in another."""

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
    from cython.cimports.libc.string import memcpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview


def copy_strided(
    source: Buffer,
    source_at: int,
    source_step: int,
    target: bytearray,
    target_at: int,
    target_step: int,
    size: int,
    count: int,
) -> None:
    """Copy `count` pieces of `size` bytes, the first from source[source_at] to target[target_at],
    each so many bytes behind the one before.

    Raises ValueError where either does not hold them.
    """
    if not count or not size:
        return
    _check(len(source), source_at, source_step, size, count)
    _check(len(target), target_at, target_step, size, count)
    if not cython.compiled:
        view = memoryview(source)
        for _ in range(count):
            target[target_at : target_at + size] = view[source_at : source_at + size]
            source_at += source_step
            target_at += target_step
        return
    given = cython.declare(Py_buffer)
    taken = cython.declare(Py_buffer)
    from_at: cython.Py_ssize_t = source_at
    from_step: cython.Py_ssize_t = source_step
    to_at: cython.Py_ssize_t = target_at
    to_step: cython.Py_ssize_t = target_step
    length: cython.Py_ssize_t = size
    left: cython.Py_ssize_t = count
    PyObject_GetBuffer(source, cython.address(given), PyBUF_SIMPLE)
    PyObject_GetBuffer(target, cython.address(taken), PyBUF_SIMPLE | PyBUF_WRITABLE)
    data = cython.cast(cython.p_char, given.buf)
    out = cython.cast(cython.p_char, taken.buf)
    with cython.nogil:
        while left > 0:
            memcpy(out + to_at, data + from_at, length)
            from_at += from_step
            to_at += to_step
            left -= 1
    PyBuffer_Release(cython.address(taken))
    PyBuffer_Release(cython.address(given))


def _check(length: int, at: int, step: int, size: int, count: int) -> None:
    if at < 0 or step < 0 or at + (count - 1) * step + size > length:
        raise ValueError(
            f"{length} bytes do not hold {count} pieces of {size}, {step} apart, at {at}"
        )
