# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Text out of `char` arrays, and bytes as digits, as the styles of `core.program` say."""

from __future__ import annotations

from prettify.core.program import BYTES_C, BYTES_JSON, BYTES_PLAIN, BYTES_SPACED

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.intrinsics import (
        hex_digits,
        load4,
        load8,
        store8,
        zeroes_below,
    )
    from cython.cimports.prettify.core.numbers import hex_digit
else:
    from prettify.core.numbers import hex_digit

# By style what stands before a byte's digits, behind them, and between two bytes, where no code is
# compiled. What is: see `write_octets`.
AROUND = {
    BYTES_PLAIN: ("", "", ""),
    BYTES_C: ("0x", "", ", "),
    BYTES_JSON: ('"0x', '"', ","),
    BYTES_SPACED: ("", "", " "),
}


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _utf8(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    left: cython.Py_ssize_t,
    least: cython.uint,
) -> cython.Py_ssize_t:
    """The bytes of the UTF-8 sequence there, or 0 where none stands for a character >= `least`."""
    first: cython.uint = data[at]
    size: cython.Py_ssize_t
    character: cython.uint
    i: cython.Py_ssize_t
    if 0xC2 <= first <= 0xDF:
        size = 2
        character = first & 0x1F
    elif 0xE0 <= first <= 0xEF:
        size = 3
        character = first & 0x0F
    elif 0xF0 <= first <= 0xF4:
        size = 4
        character = first & 0x07
    else:
        return 0
    if size > left:
        return 0
    for i in range(1, size):
        if data[at + i] & 0xC0 != 0x80:
            return 0
        character = character << 6 | (data[at + i] & 0x3F)
    if character < least or 0xD800 <= character <= 0xDFFF or character > 0x10FFFF:
        return 0
    if (size == 3 and character < 0x800) or (size == 4 and character < 0x10000):
        return 0
    return size


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_text(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    style: cython.longlong,
    state: cython.pointer[cython.longlong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
    limit: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write the text there as the styles of `core.program` say, from state[4] on.

    Leaves 0 in state[4] when all is written, else how far it came before the buffer was full.
    """
    done: cython.Py_ssize_t = state[4]
    i: cython.Py_ssize_t
    size: cython.Py_ssize_t
    byte: cython.uint
    short: cython.uchar
    word: cython.ulonglong
    special: cython.ulonglong
    if style == 2:  # TEXT_C
        while cython.compiled and length >= 8 and load8(data + at + length - 8, False) == 0:
            length -= 8
        while length > 0 and data[at + length - 1] == 0:
            length -= 1
    while done < length:
        if written > limit:
            state[4] = done
            return written
        if cython.compiled and done + 8 <= length:
            # Eight bytes at a time, or those before the first that is not written as it is.
            word = load8(data + at + done, False)
            special = _special(word, style == 2)
            store8(out + written, word)
            if special == 0:
                written += 8
                done += 8
                continue
            size = zeroes_below(special) >> 3
            written += size
            done += size
        byte = data[at + done]
        if byte == 0 and style != 2:
            break
        short = _short_escape(byte, style)
        if short != 0:
            out[written] = 92
            out[written + 1] = short
            written += 2
        elif 0x20 <= byte < 0x7F:
            # A second question mark in a row is escaped in C, where two begin a trigraph.
            if style == 2 and byte == 63 and done > 0 and data[at + done - 1] == 63:
                out[written] = 92
                written += 1
            out[written] = byte
            written += 1
        else:
            size = 0
            if byte == 0x7F and style == 1:
                size = 1
            elif style != 2:
                size = _utf8(data, at + done, length - done, 0x80 if style == 1 else 0xA0)
            if size > 0:
                for i in range(size):
                    out[written + i] = data[at + done + i]
                written += size
                done += size
                continue
            if style == 1:  # TEXT_JSON
                out[written] = 92
                out[written + 1] = 117
                out[written + 2] = 48
                out[written + 3] = 48
                out[written + 4] = hex_digit(byte >> 4)
                out[written + 5] = hex_digit(byte & 15)
                written += 6
            else:
                out[written] = 92
                out[written + 1] = 48 + (byte >> 6)
                out[written + 2] = 48 + ((byte >> 3) & 7)
                out[written + 3] = 48 + (byte & 7)
                written += 4
        done += 1
    state[4] = 0
    return written


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _short_escape(byte: cython.uint, style: cython.longlong) -> cython.uchar:
    """The letter behind a backslash that stands for that byte, or 0."""
    if byte == 92 and style == 3:  # TEXT_BPFTOOL
        return 110
    if byte == 34 or byte == 92:
        return byte
    if byte == 10:
        return 110
    if byte == 9:
        return 116
    if byte == 13:
        return 114
    if style == 1 and byte == 8:
        return 98
    if style == 1 and byte == 12:
        return 102
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _special(word: cython.ulonglong, questions: cython.bint) -> cython.ulonglong:
    """Of eight bytes, the first in the lowest: the lowest bit set is in the first special one.

    Special are control characters, quotes, backslashes, what is not ASCII, and question marks if
    `questions`. 0 means that none is. Bits above the lowest one set mean nothing.
    """
    ones: cython.ulonglong = 0x0101010101010101
    found: cython.ulonglong = word | (word + ones) | (word - ones * 0x20)
    found |= _equal(word, 0x22) | _equal(word, 0x5C)
    if questions:
        found |= _equal(word, 0x3F)
    return found & (ones << 7)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _equal(word: cython.ulonglong, byte: cython.ulonglong) -> cython.ulonglong:
    """The same for that byte: of each byte of the word the upper bit counts."""
    ones: cython.ulonglong = 0x0101010101010101
    other: cython.ulonglong = word ^ ones * byte
    return (other - ones) & ~other


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_text(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
) -> cython.bint:
    """IF_TEXT: whether a NUL is there, and before it printable ASCII alone."""
    done: cython.Py_ssize_t = 0
    word: cython.ulonglong
    special: cython.ulonglong
    ones: cython.ulonglong = 0x0101010101010101
    while cython.compiled and done + 8 <= length:
        # As in `_special`, but that quotes and backslashes are none.
        word = load8(data + at + done, False)
        special = (word | (word + ones) | (word - ones * 0x20)) & (ones << 7)
        if special != 0:
            return data[at + done + (zeroes_below(special) >> 3)] == 0
        done += 8
    while done < length and 0x20 <= data[at + done] <= 0x7E:
        done += 1
    return done < length and data[at + done] == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _count(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    most: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """How many characters the text there has, up to `most`; a byte that is no UTF-8 is one."""
    done: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t = 0
    size: cython.Py_ssize_t
    while done < length and count < most and data[at + done] != 0:
        size = 1
        if data[at + done] >= 0x80:
            size = _utf8(data, at + done, length - done, 0x80)
        done += size if size > 0 else 1
        count += 1
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _needs_quotes(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
) -> cython.bint:
    """Whether a comma, a double quote or a line end is in the text there."""
    i: cython.Py_ssize_t = 0
    byte: cython.uint
    word: cython.ulonglong
    highs: cython.ulonglong = 0x8080808080808080
    while i < length:
        if cython.compiled and i + 8 <= length:
            word = load8(data + at + i, False)
            word = (
                _equal(word, 0)
                | _equal(word, 44)
                | _equal(word, 34)
                | _equal(word, 10)
                | _equal(word, 13)
            ) & highs
            if word == 0:
                i += 8
                continue
            i += zeroes_below(word) >> 3
        byte = data[at + i]
        if byte == 0:
            return False
        if byte == 44 or byte == 34 or byte == 10 or byte == 13:
            return True
        i += 1
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_plain_text(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    style: cython.longlong,
    most: cython.Py_ssize_t,
    state: cython.pointer[cython.longlong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
    limit: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write the text there, up to its first NUL, from state[4] on; else as `write_text` does."""
    done: cython.Py_ssize_t = state[4]
    seen: cython.Py_ssize_t = _count(data, at, done, most) if most > 0 else 0
    quoted: cython.bint = style == 4 and _needs_quotes(data, at, length)  # TEXT_CSV
    byte: cython.uint
    size: cython.Py_ssize_t
    i: cython.Py_ssize_t
    word: cython.ulonglong
    special: cython.ulonglong
    highs: cython.ulonglong = 0x8080808080808080
    if quoted and done == 0:
        out[written] = 34
        written += 1
    while done < length and data[at + done] != 0 and (most == 0 or seen < most):
        # Not before the first byte: what state[4] keeps would say that nothing is left.
        if written > limit and done > 0:
            state[4] = done
            return written
        if cython.compiled and most == 0 and done + 8 <= length:
            # As `write_text` does: as many as there are before the first special one.
            word = load8(data + at + done, False)
            special = (word | _equal(word, 0) | _equal(word, 34)) & highs
            store8(out + written, word)
            size = 8 if special == 0 else zeroes_below(special) >> 3
            if size > 0:
                written += size
                done += size
                continue
        byte = data[at + done]
        seen += 1
        size = 1 if byte < 0x80 else _utf8(data, at + done, length - done, 0x80)
        if size == 0:
            out[written] = 0xC0 | byte >> 6
            out[written + 1] = 0x80 | (byte & 0x3F)
            written += 2
            done += 1
            continue
        if quoted and byte == 34:
            out[written] = 34
            written += 1
        for i in range(size):
            out[written + i] = data[at + done + i]
        written += size
        done += size
    if quoted:
        out[written] = 34
        written += 1
    state[4] = 0
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_padding(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    sizes: cython.Py_ssize_t,
    filling: cython.longlong,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """PAD_TEXT: what the text there lacks, or half of it."""
    missing: cython.Py_ssize_t = (sizes >> 10) - _count(data, at, length, sizes & 1023)
    part: cython.longlong = filling & 3
    if part != 0 and missing > 0:
        missing = missing >> 1 if part == 1 else missing - (missing >> 1)
    return repeat(filling >> 2, missing, out, written)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def repeat(
    byte: cython.longlong,
    count: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write a byte that often, where `count` is over 0."""
    i: cython.Py_ssize_t
    for i in range(count):
        out[written + i] = byte
    return written + count if count > 0 else written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def write_octets(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    style: cython.longlong,
    state: cython.pointer[cython.longlong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
    limit: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write the bytes there in that style, from state[4] on.

    Leaves 0 in state[4] when all are written, else how far it came before the buffer was full.
    """
    done: cython.Py_ssize_t = state[4]
    end: cython.Py_ssize_t
    digits: cython.ulonglong
    # A byte with what is around it: so many characters, eight at most, the first in the lowest
    # byte of a word; its digits from that bit on; what only stands between bytes is the last.
    size: cython.Py_ssize_t = 2
    shift: cython.int = 0
    between: cython.Py_ssize_t = 0
    frame: cython.ulonglong = 0
    if style == 1:  # BYTES_C: `0x__, `
        size, shift, between = 6, 16, 2
        frame = 0x202C00007830
    elif style == 2:  # BYTES_JSON: `"0x__",`
        size, shift, between = 7, 24, 1
        frame = 0x2C220000783022
    elif style == 3:  # BYTES_SPACED: `__ `
        size, between = 3, 1
        frame = 0x200000
    # As many as there is room for: the one that begins at the limit is the last one.
    end = done + (limit - written) // size + 1
    if end > length:
        end = length
    if not cython.compiled:
        return _write_pieces(data, at, done, end, length, style, state, out, written)
    while done + 4 <= end:
        digits = hex_digits(cython.cast(cython.uint, load4(data + at + done, True)))
        if size == 2:
            store8(out + written, digits)
            written += 8
        else:
            store8(out + written, frame | (digits & 0xFFFF) << shift)
            written += size
            store8(out + written, frame | (digits >> 16 & 0xFFFF) << shift)
            written += size
            store8(out + written, frame | (digits >> 32 & 0xFFFF) << shift)
            written += size
            store8(out + written, frame | (digits >> 48) << shift)
            written += size
        done += 4
    while done < end:
        digits = hex_digits(data[at + done]) >> 48
        store8(out + written, frame | digits << shift)
        written += size
        done += 1
    if done < length:
        state[4] = done
        return written
    state[4] = 0
    return written - between if length > 0 else written


def _write_pieces(
    data: bytes,
    at: int,
    done: int,
    end: int,
    length: int,
    style: int,
    state: list[int],
    out: bytearray,
    written: int,
) -> int:
    """What `write_octets` does in plain Python."""
    before, behind, between = AROUND[style]
    digits = bytes(data[at + done : at + end]).hex(" ")
    text = before + digits.replace(" ", behind + between + before) + behind if digits else ""
    if end < length:
        text += between
    out[written : written + len(text)] = text.encode()
    state[4] = end if end < length else 0
    return written + len(text)
