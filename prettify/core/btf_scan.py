# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Finds where the types of a BTF type section begin, and which have a given name or kind.

BTF says nowhere where its types are: a record's length follows from its kind and its count of
elements, so one has to walk them all. That walk is the loop here (BTF, kernel documentation,
section 2.2; `info` is read with the wide masks of 2026: 24 bits of count, 7 bits of kind).
"""

from __future__ import annotations

from array import array

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

COMPILED: bool = cython.compiled


def scan(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    big_endian: cython.bint,
    tails: cython.const[cython.longlong][::1],
) -> tuple[array[int], int]:
    """Walk the type records in data[start:start + length].

    tails: for each of the 128 kinds, the bytes after the common record at 2 * kind and the bytes
    per element at 2 * kind + 1; -1 where the kind is unknown.
    Returns each record's offset in the section, and the offset where the walk ended: `length`
    if all is well, else that of the first record that is cut short or of unknown kind.
    """
    found = array("I", bytes(4 * (length // 12 + 1)))
    offsets: cython.uint[::1] = found
    position: cython.Py_ssize_t = 0
    size: cython.longlong
    kind: cython.longlong
    info: cython.longlong
    count: cython.Py_ssize_t = 0
    while position + 12 <= length:
        info = _word(data, start + position + 4, big_endian)
        kind = (info >> 24) & 0x7F
        size = tails[2 * kind]
        if size < 0:
            break
        size += 12 + (info & 0xFFFFFF) * tails[2 * kind + 1]
        if size > length - position:
            break
        offsets[count] = position
        count += 1
        position += size
    return found[:count], position


def named(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    big_endian: cython.bint,
    offsets: cython.const[cython.uint][::1],
    text: cython.const[cython.uchar][::1],
    strings: cython.Py_ssize_t,
    strings_length: cython.Py_ssize_t,
    strings_first: cython.Py_ssize_t,
    name: cython.const[cython.uchar][::1],
) -> list[int]:
    """The indices in `offsets` of the types whose name is `name` (bytes with their final NUL).

    strings: where the string section begins in `text`, which is `data` or that of a base;
    strings_first: the string offset that its first byte has (not 0 in split BTF). Names outside of
    the section are passed over.
    """
    result: list[int] = []
    size: cython.Py_ssize_t = len(name)
    at: cython.Py_ssize_t
    index: cython.Py_ssize_t
    i: cython.Py_ssize_t
    for index in range(len(offsets)):
        at = _word(data, start + offsets[index], big_endian) - strings_first
        if at < 0 or at + size > strings_length:
            continue
        at += strings
        if text[at] != name[0]:
            continue
        for i in range(1, size):
            if text[at + i] != name[i]:
                break
        else:
            result.append(index)
    return result


def of_kind(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    big_endian: cython.bint,
    offsets: cython.const[cython.uint][::1],
    kind: cython.longlong,
) -> list[int]:
    """The indices in `offsets` of the types of that kind."""
    result: list[int] = []
    index: cython.Py_ssize_t
    for index in range(len(offsets)):
        if (_word(data, start + offsets[index] + 4, big_endian) >> 24) & 0x7F == kind:
            result.append(index)
    return result


@cython.cfunc
@cython.inline
def _word(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, big_endian: cython.bint
) -> cython.longlong:
    """The 32-bit unsigned integer at data[at:at + 4]."""
    a: cython.longlong = data[at]
    b: cython.longlong = data[at + 1]
    c: cython.longlong = data[at + 2]
    d: cython.longlong = data[at + 3]
    if big_endian:
        return a << 24 | b << 16 | c << 8 | d
    return d << 24 | c << 16 | b << 8 | a
