# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Finds bytes in DWARF's sections: which units may hold a name, without walking them."""

from __future__ import annotations

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core import dwarf_codes as codes
    from cython.cimports.prettify.core.dwarf_names import address_of, start_of
    from cython.cimports.prettify.core.intrinsics import find_bytes
else:
    from prettify.core import dwarf_codes as codes
    from prettify.core.plain_bytes import find_bytes

COMPILED: bool = cython.compiled


def occurrences(data: memoryview, wanted: bytes, most: int) -> list[int]:
    """Where these bytes are in the data, at most the first so many of them."""
    found: list[int] = []
    at: cython.longlong = 0
    end: cython.longlong = len(data)
    length: cython.longlong = len(wanted)
    if cython.compiled:
        data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], start_of(data))
        wanted_at = cython.cast(cython.pointer[cython.const[cython.uchar]], wanted)
    else:
        data_at, wanted_at = data, wanted
    while len(found) < most:
        with cython.nogil:
            at = find_bytes(data_at, at, end, wanted_at, length)
        if at < 0:
            break
        found.append(at)
        at += 1
    return found


def mark(
    sections: tuple[memoryview, memoryview],
    units: memoryview,
    first: cython.longlong,
    count: cython.longlong,
    needles: tuple[bytes, ...],
) -> None:
    """Mark those units of the scanner's table as skipped in which none of the needles is.

    sections: .debug_info and .debug_types.
    """
    index: cython.longlong
    row: cython.longlong
    found: cython.longlong
    if cython.compiled:
        units_at = cython.cast(cython.pointer[cython.longlong], address_of(units))
    else:
        units_at = units
    for index in range(first, first + count):
        units_at[index * codes.UNIT_COLUMNS + codes.UNIT_SKIPPED] = 1
    for needle in needles:
        length: cython.longlong = len(needle)
        if cython.compiled:
            info_at = cython.cast(cython.pointer[cython.const[cython.uchar]], start_of(sections[0]))
            types_at = cython.cast(
                cython.pointer[cython.const[cython.uchar]], start_of(sections[1])
            )
            needle_at = cython.cast(cython.pointer[cython.const[cython.uchar]], needle)
        else:
            info_at, types_at = sections
            needle_at = needle
        with cython.nogil:
            for index in range(first, first + count):
                row = index * codes.UNIT_COLUMNS
                if units_at[row + codes.UNIT_SKIPPED]:
                    found = find_bytes(
                        types_at if units_at[row + codes.UNIT_SECTION] else info_at,
                        units_at[row + codes.UNIT_START],
                        units_at[row + codes.UNIT_STOP],
                        needle_at,
                        length,
                    )
                    if found >= 0:
                        units_at[row + codes.UNIT_SKIPPED] = 0
