"""Floating point numbers as the shortest text that reads back the same."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prettify.core import shortest
from prettify.core.shortest import float_text


def plain(bits: int, form: int) -> str:
    return float_text(bits & (1 << 64) - 1, bits >> 64, form, shortest.PLAIN).decode()


@given(st.integers(0, (1 << 64) - 1))
@example(0x3CD0000000000000)  # a power of two: the number below is nearer than the one above
@example(1)
@example(0x7FEFFFFFFFFFFFFF)
def test_doubles_read_as_python_writes_them(bits: int) -> None:
    value = struct.unpack("<d", struct.pack("<Q", bits))[0]
    expected = "nan" if math.isnan(value) else repr(value)
    assert plain(bits, shortest.DOUBLE) == expected


def shortest_by_search(value: float, same: int, size: str) -> int:
    """How many digits the shortest text needs that rounds to these bits, by trying."""
    for digits in range(1, 20):
        packed = struct.pack(size, float(f"{value:.{digits}g}"))
        if int.from_bytes(packed, "little") == same:
            return digits
    raise AssertionError(value)


@given(st.integers(0, (1 << 32) - 1))
def test_singles_are_short_and_exact(bits: int) -> None:
    value = struct.unpack("<f", struct.pack("<I", bits))[0]
    if math.isnan(value) or math.isinf(value):
        return
    text = plain(bits, shortest.SINGLE)
    assert struct.pack("<f", float(text)) == struct.pack("<I", bits)
    digits = text.lstrip("-").split("e")[0].replace(".", "").strip("0")
    assert len(digits) <= shortest_by_search(value, bits, "<f")


@given(st.integers(0, (1 << 16) - 1))
def test_halves_are_exact(bits: int) -> None:
    value = struct.unpack("<e", struct.pack("<H", bits))[0]
    if not math.isnan(value) and not math.isinf(value):
        assert struct.pack("<e", float(plain(bits, shortest.HALF))) == struct.pack("<H", bits)


@pytest.mark.parametrize(
    ("form", "bits", "text"),
    [
        (shortest.DOUBLE, 0x7FF0000000000000, "inf"),
        (shortest.DOUBLE, 0xFFF0000000000000, "-inf"),
        (shortest.DOUBLE, 0xFFF8000000000000, "nan"),
        (shortest.DOUBLE, 0x8000000000000000, "-0.0"),
        (shortest.SINGLE, 0x3DCCCCCD, "0.1"),
        (shortest.SINGLE, 0x4B800000, "16777216.0"),
        (shortest.BFLOAT, 0x3DCD, "0.1"),
        (shortest.X87, 0x3FFF8000000000000000, "1.0"),
        (shortest.X87, 0x4000C90FDAA22168C235, "3.1415926535897932385"),
        (shortest.X87, 0x7FFF8000000000000000, "inf"),
        (shortest.X87, 0x00000000000000000001, "4e-4951"),
        (shortest.QUAD, 0x3FFF << 112, "1.0"),
        (shortest.QUAD, 0x4000921FB54442D18469898CC51701B8, "3.1415926535897932384626433832795028"),
        (shortest.QUAD, 1, "6e-4966"),
    ],
)
def test_other_formats(form: int, bits: int, text: str) -> None:
    assert plain(bits, form) == text


@pytest.mark.parametrize(
    ("form", "bits", "style", "text"),
    [
        (shortest.SINGLE, 0x3DCCCCCD, shortest.C, "0.1f"),
        (shortest.DOUBLE, 0x3FB999999999999A, shortest.C, "0.1"),
        (shortest.X87, 0x3FFF8000000000000000, shortest.C, "1.0L"),
        (shortest.QUAD, 0x3FFF << 112, shortest.C_QUAD, "1.0Q"),
        (shortest.SINGLE, 0xFF800000, shortest.C, "-__builtin_inff()"),
        (shortest.DOUBLE, 0x7FF8000000000000, shortest.C, '__builtin_nan("")'),
        (shortest.DOUBLE, 0x7FF8000000000123, shortest.C, '__builtin_nan("0x123")'),
        (shortest.SINGLE, 0x7F800001, shortest.C, '__builtin_nansf("0x1")'),
        (shortest.DOUBLE, 0x7FF8000000000000, shortest.JSON, "null"),
        (shortest.DOUBLE, 0xFFF0000000000000, shortest.JSON, "null"),
    ],
)
def test_other_styles(form: int, bits: int, style: int, text: str) -> None:
    assert float_text(bits & (1 << 64) - 1, bits >> 64, form, style).decode() == text
