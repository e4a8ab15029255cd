# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Bytes of no type as text: two hexadecimal digits each, in the styles of `core.program`."""

from __future__ import annotations

from prettify.core.program import BYTES_C, BYTES_JSON, BYTES_PLAIN, BYTES_SPACED

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.intrinsics import hex_digits, load4, store8

# By style what stands before a byte's digits, behind them, and between two bytes, where no code is
# compiled. What is: see `_frame`.
AROUND = {
    BYTES_PLAIN: ("", "", ""),
    BYTES_C: ("0x", "", ", "),
    BYTES_JSON: ('"0x', '"', ","),
    BYTES_SPACED: ("", "", " "),
}


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
