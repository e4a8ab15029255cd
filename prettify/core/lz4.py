# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Decompresses blocks of LZ4, which many distributions' kernels are packed with.

Format: "LZ4 Block Format Description", github.com/lz4/lz4, doc/lz4_Block_format.md.
"""

from __future__ import annotations

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

COMPILED: bool = cython.compiled
DAMAGED = -1
SHORTEST_MATCH = 4  # bytes


def decode(
    source: bytes,
    start: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    target: bytearray,
    written: cython.Py_ssize_t,
) -> int:
    """Decompress the block source[start:end] into target, from `written` on.

    What stands before `written` is history that the block may copy from. Returns the end of the
    output in target, or DAMAGED where the block makes no sense or target is too small.
    """
    if cython.compiled:
        src = cython.cast(cython.pointer[cython.const[cython.uchar]], source)
        out = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, target))
    else:
        src, out = source, target
    room: cython.Py_ssize_t = len(target)
    at: cython.Py_ssize_t = start
    token: cython.Py_ssize_t
    length: cython.Py_ssize_t
    distance: cython.Py_ssize_t
    more: cython.Py_ssize_t
    i: cython.Py_ssize_t
    if start < 0 or end > len(source) or written < 0:
        return DAMAGED
    while at < end:
        token = src[at]
        at += 1
        length = token >> 4
        if length == 15:
            more = 255
            while more == 255:
                if at >= end:
                    return DAMAGED
                more = src[at]
                at += 1
                length += more
        if length > end - at or length > room - written:
            return DAMAGED
        if cython.compiled:
            for i in range(length):
                out[written + i] = src[at + i]
        else:
            out[written : written + length] = src[at : at + length]
        at += length
        written += length
        if at == end:  # the last sequence is literals alone
            return written
        if end - at < 2:
            return DAMAGED
        distance = src[at] | src[at + 1] << 8
        at += 2
        length = token & 15
        if length == 15:
            more = 255
            while more == 255:
                if at >= end:
                    return DAMAGED
                more = src[at]
                at += 1
                length += more
        length += SHORTEST_MATCH
        if not 0 < distance <= written or length > room - written:
            return DAMAGED
        if cython.compiled:
            # Byte by byte: a match may overlap what it makes.
            for i in range(length):
                out[written + i] = out[written + i - distance]
        elif distance >= length:
            out[written : written + length] = out[written - distance : written - distance + length]
        else:
            pattern = out[written - distance : written]
            out[written : written + length] = (pattern * (length // distance + 1))[:length]
        written += length
    return DAMAGED
