# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Finds where the types of a type section begin, and which have a given name or kind.

Neither BTF nor CTF says where its types are: a record's length follows from its kind and its count
of elements, so one has to walk them all. That walk is the loop here. What records look like is
data: a `shape` and the `tails` of the kinds (BTF: kernel documentation, section 2.2, `info` with
the wide masks of 2026; CTF: `prettify.sources.ctf.forms`).
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
    shape: memoryview,
    tails: memoryview,
) -> tuple[memoryview, int]:
    """Walk the type records in data[start:start + length].

    A record begins with its name, 4 bytes, `info` and a value. shape: the bytes of each of these
    two, 2 or 4; in `info` the shift and the mask of the kind, and the mask of the count; the value
    that stands for two more words with the real one, or -1; from which value on elements are large.
    tails: for each kind, from 4 * kind on, the bytes behind the record's beginning, the bytes per
    element, those per large element, and what the elements' bytes are rounded up to a multiple of,
    a power of two; -1 first where the kind is unknown.
    Returns each record's offset in the section, and the offset where the walk ended: `length`
    if all is well, else that of the first record that is cut short or of unknown kind.
    """
    if cython.compiled:
        # Plain addresses: typed memoryviews would import `collections`, 3 ms at start-up.
        bytes_at = cython.cast(cython.pointer[cython.const[cython.uchar]], data)
        shape_at = cython.cast(cython.pointer[cython.const[cython.longlong]], _address(shape))
        tails_at = cython.cast(cython.pointer[cython.const[cython.longlong]], _address(tails))
    else:
        bytes_at, shape_at, tails_at = data, shape, tails
    word: cython.longlong = shape_at[0]
    shift: cython.longlong = shape_at[1]
    kinds: cython.longlong = shape_at[2]
    counts: cython.longlong = shape_at[3]
    sentinel: cython.longlong = shape_at[4]
    threshold: cython.longlong = shape_at[5]
    beginning: cython.longlong = 4 + 2 * word
    found = zeroes("I", length // beginning + 1)
    if cython.compiled:
        offsets = cython.cast(cython.pointer[cython.uint], _address(found))
    else:
        offsets = found
    position: cython.Py_ssize_t = 0
    at: cython.Py_ssize_t
    row: cython.Py_ssize_t
    size: cython.longlong
    each: cython.longlong
    info: cython.longlong
    value: cython.longlong
    count: cython.Py_ssize_t = 0
    while position + beginning <= length:
        at = start + position + 4
        if word == 4:
            info = _word(bytes_at, at, big_endian)
            value = _word(bytes_at, at + 4, big_endian)
        else:
            info = _half(bytes_at, at, big_endian)
            value = _half(bytes_at, at + 2, big_endian)
        row = 4 * ((info >> shift) & kinds)
        size = tails_at[row]
        if size < 0:
            break
        size += beginning
        if value == sentinel:
            if position + beginning + 8 > length:
                break
            size += 8
            at = start + position + beginning
            value = _word(bytes_at, at + 4, big_endian)
            if _word(bytes_at, at, big_endian):
                value = threshold
        each = tails_at[row + 2] if value >= threshold else tails_at[row + 1]
        size += ((info & counts) * each + tails_at[row + 3] - 1) & -tails_at[row + 3]
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


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _half(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    big_endian: cython.bint,
) -> cython.longlong:
    """The 16-bit unsigned integer at data[at:at + 2]."""
    a: cython.longlong = data[at]
    b: cython.longlong = data[at + 1]
    if big_endian:
        return a << 8 | b
    return b << 8 | a
