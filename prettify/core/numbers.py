# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Numbers of up to 128 bits as text: decimal and hexadecimal digits."""

from __future__ import annotations

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.intrinsics import (
        copy16,
        eight_digits,
        hex_digits,
        store8,
        zeroes_above,
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_decimal(
    low: cython.ulonglong,
    high: cython.ulonglong,
    width: cython.Py_ssize_t,
    negative: cython.bint,
    value: cython.pointer[cython.ulonglong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """The digits of the value high << 64 | low of `width` bits, with its sign.

    value[5] is all ones; value[8] to value[11] are for scratch.
    """
    i: cython.Py_ssize_t
    place: cython.Py_ssize_t
    end: cython.Py_ssize_t
    rest: cython.ulonglong
    ones: cython.ulonglong = 0xFFFFFFFF
    if not cython.compiled:
        return put(b"%d" % ((high << 64 | low) - (negative << width)), out, written)
    if negative:  # two's complement, its sign going on above its bits
        out[written] = 45
        written += 1
        if width < 64:
            low |= value[5] << width
        if width <= 64:
            high = value[5]
        elif width < 128:
            high |= value[5] << (width - 64)
        low = 0 - low
        high = ~high + (low == 0)
    # Four parts of 32 bits, so that nothing here needs more than 64; eight digits at a time, the
    # last ones first, behind the place where the text can get to.
    value[8] = high >> 32
    value[9] = high & ones
    value[10] = low >> 32
    value[11] = low & ones
    end = written + 104
    place = end
    while True:
        rest = 0
        for i in range(8, 12):
            rest = rest << 32 | value[i]
            value[i] = rest // 100000000
            rest = rest % 100000000
        place -= 8
        store8(out + place, eight_digits(rest))
        if value[8] | value[9] | value[10] | value[11] == 0:
            break
    while out[place] == 48 and place < end - 1:
        place += 1
    for i in range(end - place):
        out[written + i] = out[place + i]
    return written + end - place


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def hex_digit(number: cython.ulonglong) -> cython.uchar:
    """The character of a number below 16."""
    if number < 10:
        return 48 + number
    return 87 + number


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_hex(
    low: cython.ulonglong,
    high: cython.ulonglong,
    least: cython.Py_ssize_t,
    plain_zero: cython.bint,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """0x and the digits, at least that many."""
    if not cython.compiled:
        if plain_zero and not low and not high:
            return put(b"0", out, written)
        return put(b"0x%0*x" % (least, high << 64 | low), out, written)
    if plain_zero and low == 0 and high == 0:
        out[written] = 48
        return written + 1
    if high == 0 and least < 2:
        # The first digit that is not 0 comes to the top; what is behind the last one is no text.
        digits: cython.Py_ssize_t = 16 - (zeroes_above(low | 1) >> 2)
        low <<= 64 - 4 * digits
        out[written] = 48
        out[written + 1] = 120
        store8(out + written + 2, hex_digits(low >> 32))
        store8(out + written + 10, hex_digits(low))
        return written + 2 + digits
    # All digits, with zeroes before them, behind the place where the text can get to.
    first: cython.Py_ssize_t = written + 64
    end: cython.Py_ssize_t = first + 32
    store8(out + first, hex_digits(high >> 32))
    store8(out + first + 8, hex_digits(high))
    store8(out + first + 16, hex_digits(low >> 32))
    store8(out + first + 24, hex_digits(low))
    if least < 1:
        least = 1
    if high == 0:
        first += 16 if low >> 32 != 0 or least > 8 else 24
    while out[first] == 48 and end - first > least:
        first += 1
    out[written] = 48
    out[written + 1] = 120
    copy16(out + written + 2, out + first, end - first)
    return written + 2 + end - first


def put(text: bytes, out: bytearray, written: int) -> int:
    """What plain Python writes: the text; returns where it ends."""
    out[written : written + len(text)] = text
    return written + len(text)
