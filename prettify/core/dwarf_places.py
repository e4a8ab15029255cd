# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Finds where the abbreviations of a DWARF table begin (version 5, section 7.5.3)."""

from __future__ import annotations

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core import dwarf_codes as codes
    from cython.cimports.prettify.core.dwarf_names import address_of, start_of
    from cython.cimports.prettify.core.intrinsics import leb128, leb128_end
else:
    from prettify.core import dwarf_codes as codes
    from prettify.core.plain_bytes import leb128, leb128_end

COMPILED: bool = cython.compiled


def places(abbrev: memoryview, at: cython.longlong, found: memoryview) -> tuple[int, int]:
    """Fill `found` with the codes and offsets of the abbreviations from `at` on, in pairs.

    found: a table of 64-bit numbers, with room for as many pairs as it likes.
    Returns how many pairs those are, and where the walk goes on; that is `at` itself where the
    table is cut short at once, and one behind the length of `abbrev` at the table's end.
    """
    end: cython.longlong = len(abbrev)
    room: cython.longlong = len(found) // 2
    count: cython.longlong = 0
    code: cython.longlong
    start: cython.longlong
    attribute: cython.longlong
    form: cython.longlong
    if cython.compiled:
        data = cython.cast(cython.pointer[cython.const[cython.uchar]], start_of(abbrev))
        pairs = cython.cast(cython.pointer[cython.longlong], address_of(found))
    else:
        data, pairs = abbrev, found
    while count < room:
        start = at
        at = leb128_end(data, start, end)
        if at < 0:
            return count, start
        code = leb128(data, start)
        if code == 0:
            return count, end + 1
        at = leb128_end(data, at, end)  # the tag
        if at < 0 or at >= end:
            return count, start
        at += 1  # whether it has children
        attribute = form = 1
        while attribute or form:
            form = leb128_end(data, at, end)
            if form < 0:
                return count, start
            attribute = leb128(data, at)
            at = form
            form = leb128_end(data, at, end)
            if form < 0:
                return count, start
            at, form = form, leb128(data, at)
            if form == codes.DW_FORM_implicit_const:  # which has its value here
                at = leb128_end(data, at, end)
                if at < 0:
                    return count, start
        pairs[2 * count] = code
        pairs[2 * count + 1] = start
        count += 1
    return count, at
