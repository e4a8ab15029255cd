# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What the kernel's own printer does beside printing: it hashes pointers, and keeps a window.

The window is 32 bytes of the object being shown. What was in it before shows where a read goes
past the object's end.
"""

from __future__ import annotations

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _rotate(number: cython.ulonglong, by: cython.int, ones: cython.ulonglong) -> cython.ulonglong:
    return (number << by | number >> (64 - by)) & ones


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def hash_pointer(
    message: cython.ulonglong, value: cython.pointer[cython.ulonglong]
) -> cython.ulonglong:
    """The lower half of SipHash-2-4 (Aumasson and Bernstein, 2012) of 8 bytes.

    Its key is value[2] and value[3]; what else it needs of `value` stands at emitter.VALUES.
    """
    ones: cython.ulonglong = value[5]
    a: cython.ulonglong = value[2] ^ value[20]
    b: cython.ulonglong = value[3] ^ value[21]
    c: cython.ulonglong = value[2] ^ value[22]
    d: cython.ulonglong = value[3] ^ value[23]
    word: cython.ulonglong = message
    block: cython.int
    turns: cython.int = 2
    _turn: cython.int
    for block in range(3):
        if block == 1:
            word = value[6]  # the length, 8, in the top byte of the last word
        if block == 2:
            word = 0
            c ^= 0xFF
            turns = 4
        d ^= word
        for _turn in range(turns):
            a = (a + b) & ones
            b = _rotate(b, 13, ones) ^ a
            a = _rotate(a, 32, ones)
            c = (c + d) & ones
            d = _rotate(d, 16, ones) ^ c
            a = (a + d) & ones
            d = _rotate(d, 21, ones) ^ a
            c = (c + b) & ones
            b = _rotate(b, 17, ones) ^ c
            c = _rotate(c, 32, ones)
        a ^= word
    return (a ^ b ^ c ^ d) & (ones >> 32)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def move_window(
    data: cython.pointer[cython.const[cython.uchar]],
    record: cython.Py_ssize_t,
    record_size: cython.Py_ssize_t,
    at: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    top: cython.longlong,
    state: cython.pointer[cython.longlong],
) -> cython.void:
    """The kernel copies an object 32 bytes at a time; what a copy does not overwrite stays."""
    i: cython.Py_ssize_t
    if top != 0:
        for i in range(32):
            state[11 + i] = 0
    elif at >= state[8] and at + (size if size < 16 else 16) < state[8] + 32:
        return
    state[8] = at
    for i in range(32):
        if at + i >= record + record_size:
            return
        state[11 + i] = data[at + i]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def load_window(
    state: cython.pointer[cython.longlong], at: cython.Py_ssize_t, size: cython.Py_ssize_t
) -> cython.ulonglong:
    """The little endian integer there as the window shows it; 0 past the window's end."""
    result: cython.ulonglong = 0
    i: cython.Py_ssize_t
    for i in range(size - 1, -1, -1):
        result = result << 8
        if at - state[8] + i < 32:
            result = result | state[11 + at - state[8] + i]
    return result
