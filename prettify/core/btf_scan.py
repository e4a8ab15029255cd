# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Finds where the types of a BTF type section begin, and which have a given name or kind.

BTF says nowhere where its types are: a record's length follows from its kind and its count of
elements, so one has to walk them all. That walk is the loop here (BTF, kernel documentation,
section 2.2; `info` is read with the wide masks of 2026: 24 bits of count, 7 bits of kind).
"""

from __future__ import annotations

from prettify.core.tables import zeroes

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

COMPILED: bool = cython.compiled


def scan(
    data: bytes,
    start: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    big_endian: cython.bint,
    tails: memoryview,
) -> tuple[memoryview, int]:
    """Walk the type records in data[start:start + length].

    tails: for each of the 128 kinds, the bytes after the common record at 2 * kind and the bytes
    per element at 2 * kind + 1; -1 where the kind is unknown.
    Returns each record's offset in the section, and the offset where the walk ended: `length`
    if all is well, else that of the first record that is cut short or of unknown kind.
    """
    found = zeroes("I", length // 12 + 1)
    if cython.compiled:
        # Plain addresses: typed memoryviews would import `collections`, 3 ms at start-up.
        bytes_at = cython.cast(cython.pointer[cython.const[cython.uchar]], data)
        tails_at = cython.cast(cython.pointer[cython.const[cython.longlong]], _address(tails))
        offsets = cython.cast(cython.pointer[cython.uint], _address(found))
    else:
        bytes_at, tails_at, offsets = data, tails, found
    position: cython.Py_ssize_t = 0
    size: cython.longlong
    kind: cython.longlong
    info: cython.longlong
    count: cython.Py_ssize_t = 0
    while position + 12 <= length:
        info = _word(bytes_at, start + position + 4, big_endian)
        kind = (info >> 24) & 0x7F
        size = tails_at[2 * kind]
        if size < 0:
            break
        size += 12 + (info & 0xFFFFFF) * tails_at[2 * kind + 1]
        if size > length - position:
            break
        offsets[count] = position
        count += 1
        position += size
    return found[:count], position


def named(
    data: bytes,
    start: cython.Py_ssize_t,
    big_endian: cython.bint,
    offsets: memoryview,
    text: bytes,
    strings: cython.Py_ssize_t,
    strings_length: cython.Py_ssize_t,
    strings_first: cython.Py_ssize_t,
    name: bytes,
) -> list[int]:
    """The indices in `offsets` of the types whose name is `name` (bytes with their final NUL).

    strings: where the string section begins in `text`, which is `data` or that of a base;
    strings_first: the string offset that its first byte has (not 0 in split BTF). Names outside of
    the section are passed over.
    """
    result: list[int] = []
    if cython.compiled:
        bytes_at = cython.cast(cython.pointer[cython.const[cython.uchar]], data)
        text_at = cython.cast(cython.pointer[cython.const[cython.uchar]], text)
        name_at = cython.cast(cython.pointer[cython.const[cython.uchar]], name)
        offsets_at = cython.cast(cython.pointer[cython.const[cython.uint]], _address(offsets))
    else:
        bytes_at, text_at, name_at, offsets_at = data, text, name, offsets
    size: cython.Py_ssize_t = len(name)
    at: cython.Py_ssize_t
    index: cython.Py_ssize_t
    i: cython.Py_ssize_t
    for index in range(len(offsets)):
        at = _word(bytes_at, start + offsets_at[index], big_endian) - strings_first
        if at < 0 or at + size > strings_length:
            continue
        at += strings
        if text_at[at] != name_at[0]:
            continue
        for i in range(1, size):
            if text_at[at + i] != name_at[i]:
                break
        else:
            result.append(index)
    return result


def of_kind(
    data: bytes,
    start: cython.Py_ssize_t,
    big_endian: cython.bint,
    offsets: memoryview,
    kind: cython.longlong,
) -> list[int]:
    """The indices in `offsets` of the types of that kind."""
    result: list[int] = []
    if cython.compiled:
        bytes_at = cython.cast(cython.pointer[cython.const[cython.uchar]], data)
        offsets_at = cython.cast(cython.pointer[cython.const[cython.uint]], _address(offsets))
    else:
        bytes_at, offsets_at = data, offsets
    index: cython.Py_ssize_t
    for index in range(len(offsets)):
        if (_word(bytes_at, start + offsets_at[index] + 4, big_endian) >> 24) & 0x7F == kind:
            result.append(index)
    return result


@cython.cfunc
@cython.exceptval(check=False)
def _address(of: memoryview) -> cython.size_t:
    """Where a table's numbers are."""
    owner: bytearray = of.obj  # type: ignore[assignment]
    return cython.cast(cython.size_t, cython.cast(cython.p_char, owner))


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _word(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    big_endian: cython.bint,
) -> cython.longlong:
    """The 32-bit unsigned integer at data[at:at + 4]."""
    a: cython.longlong = data[at]
    b: cython.longlong = data[at + 1]
    c: cython.longlong = data[at + 2]
    d: cython.longlong = data[at + 3]
    if big_endian:
        return a << 24 | b << 16 | c << 8 | d
    return d << 24 | c << 16 | b << 8 | a
