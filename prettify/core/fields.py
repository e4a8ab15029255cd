# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Fields of templates: numbers as Python's `format` writes them."""

from __future__ import annotations

from prettify.core.shortest import float_field

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.numbers import hex_digit, write_decimal
    from cython.cimports.prettify.core.text import repeat
else:
    from prettify.core.numbers import hex_digit, write_decimal
    from prettify.core.text import repeat


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_integer_field(
    low: cython.ulonglong,
    high: cython.ulonglong,
    bits: cython.Py_ssize_t,
    negative: cython.bint,
    style: cython.Py_ssize_t,
    width: cython.Py_ssize_t,
    filling: cython.longlong,
    marks: cython.longlong,
    value: cython.pointer[cython.ulonglong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """INTEGER_FIELD: the value in that style, filled up to the width."""
    one: cython.ulonglong = 1
    digits: cython.Py_ssize_t = written + 1024  # where they are made, behind all that is written
    size: cython.Py_ssize_t
    count: cython.Py_ssize_t
    total: cython.Py_ssize_t
    missing: cython.Py_ssize_t
    separators: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    fill: cython.longlong = filling & 255
    align: cython.longlong = filling >> 8
    sign: cython.longlong = marks & 255
    group: cython.longlong = marks >> 8 & 255
    each: cython.Py_ssize_t = 3 if style == 0 else 4
    prefixed: cython.bint = marks >> 16 != 0
    if negative and style == 6:
        high = 1  # no character has a negative number
    elif negative:
        sign = 45
        # Two's complement of `bits` bits.
        high = (value[5] - high + (1 if low == 0 else 0)) & value[5]
        low = (value[5] - low + 1) & value[5]
        if bits < 64:
            low &= (one << bits) - 1
        if bits <= 64:
            high = 0
        elif bits < 128:
            high &= (one << (bits - 64)) - 1
    if style == 6:
        size = _character(low, high, out, digits) - digits
        count = 1
    elif style == 0:
        size = write_decimal(low, high, bits, False, value, out, digits) - digits
        count = size
    else:
        size = _radix(low, high, style, out, digits) - digits
        count = size
    width -= (1 if sign != 0 else 0) + (2 if prefixed else 0)
    total = count
    if group != 0:
        separators = (total - 1) // each
    if fill == 48 and align == 3:
        # Zeroes are digits, which are grouped too; a separator does not come first.
        while total + separators < width:
            total += 1
            if group != 0:
                separators = (total - 1) // each
    missing = width - total - separators
    if missing > 0 and align == 1:
        written = repeat(fill, missing, out, written)
    elif missing > 0 and align == 2:
        written = repeat(fill, missing >> 1, out, written)
    if sign != 0:
        out[written] = sign
        written += 1
    if prefixed:
        out[written] = 48
        # b, o, x and X
        out[written + 1] = 98 if style == 1 else 111 if style == 3 else 120 if style == 4 else 88
        written += 2
    if missing > 0 and align == 3:
        written = repeat(fill, missing, out, written)
    for i in range(total - count, 0, -1):
        out[written] = 48
        written += 1
        if group != 0 and (count + i - 1) % each == 0:
            out[written] = group
            written += 1
    for i in range(size):
        out[written] = out[digits + i]
        written += 1
        if group != 0 and i + 1 < size and (size - 1 - i) % each == 0:
            out[written] = group
            written += 1
    if missing > 0 and align == 0:
        written = repeat(fill, missing, out, written)
    elif missing > 0 and align == 2:
        written = repeat(fill, missing - (missing >> 1), out, written)
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_float_field(
    low: cython.ulonglong,
    high: cython.ulonglong,
    form: cython.Py_ssize_t,
    literals: cython.pointer[cython.const[cython.uchar]],
    start: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    from_text: cython.longlong,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    i: cython.Py_ssize_t
    with cython.gil:
        text: bytes = float_field(low, high, form, literals[start : start + length], from_text != 0)
        for i in range(len(text)):
            out[written + i] = text[i]
        written += len(text)
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _character(
    low: cython.ulonglong,
    high: cython.ulonglong,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """UTF-8 of the character of that number, or of U+FFFD where there is none."""
    number: cython.ulonglong = low
    if high != 0 or low > 0x10FFFF or 0xD800 <= low <= 0xDFFF:
        number = 0xFFFD
    if number < 0x80:
        out[written] = number
        return written + 1
    if number < 0x800:
        out[written] = 0xC0 | number >> 6
        out[written + 1] = 0x80 | (number & 0x3F)
        return written + 2
    if number < 0x10000:
        out[written] = 0xE0 | number >> 12
        out[written + 1] = 0x80 | ((number >> 6) & 0x3F)
        out[written + 2] = 0x80 | (number & 0x3F)
        return written + 3
    out[written] = 0xF0 | number >> 18
    out[written + 1] = 0x80 | ((number >> 12) & 0x3F)
    out[written + 2] = 0x80 | ((number >> 6) & 0x3F)
    out[written + 3] = 0x80 | (number & 0x3F)
    return written + 4


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _radix(
    low: cython.ulonglong,
    high: cython.ulonglong,
    style: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Binary, octal or hexadecimal digits, by the styles 1, 3, 4 and 5 of INTEGER_FIELD."""
    bits: cython.Py_ssize_t = 4 if style == 5 else style
    place: cython.Py_ssize_t = 0
    part: cython.ulonglong
    digit: cython.uchar
    length: cython.Py_ssize_t = 1
    i: cython.Py_ssize_t
    while length * bits < 64 and low >> (length * bits) != 0:
        length += 1
    if high != 0:
        while length * bits < 64:
            length += 1
        while length * bits < 128 and high >> (length * bits - 64) != 0:
            length += 1
    for i in range(length):
        place = i * bits
        if place >= 64:
            part = high >> (place - 64)
        elif place + bits > 64:
            part = low >> place | high << (64 - place)
        else:
            part = low >> place
        digit = hex_digit(part & ((1 << bits) - 1))
        if style == 5 and digit >= 97:
            digit -= 32
        out[written + length - 1 - i] = digit
    return written + length
