"""The values of each kind of type, by construct and by numpy."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btf_writer import BtfWriter
from prettify import layout as layouts
from prettify.compilers import values
from prettify.compilers.construct_parser import Record, compile_construct, pack, unpack
from prettify.compilers.numpy_dtype import compile_dtype, view
from prettify.errors import DataError, UsageError
from small_types import ORDERS, Ints, both, laid_out


@pytest.fixture(params=ORDERS)
def ints(request: pytest.FixtureRequest) -> Ints:
    return Ints(request.param)


def test_plain_struct(ints: Ints) -> None:
    w = ints.w
    pointer = w.ptr(0)
    data = struct.pack(
        ("<" if ints.order == "little" else ">") + "BxHiQd5sB?B", 200, 1, -5, 1 << 63, 1.5,
        b"hi\0zz", 7, True, 9,
    )  # fmt: skip
    type_id = w.struct(
        "s",
        len(data),
        [
            ("a", ints.u8, 0),
            ("b", ints.u16, 16),
            ("c", ints.i32, 32),
            ("p", pointer, 64),
            ("d", ints.double, 128),
            ("text", w.array(ints.char, 5), 192),
            ("e", ints.color, 232),
            ("f", ints.bool, 240),
            ("g", w.const(w.typedef("u8", ints.u8)), 248),
        ],
    )
    value, array = both(w, type_id, data)
    assert value == {
        "a": 200, "b": 1, "c": -5, "p": 1 << 63, "d": 1.5, "text": "hi", "e": "BLUE", "f": True,
        "g": 9,
    }  # fmt: skip
    assert value.raw == data
    assert type(value["f"]) is bool
    assert array["c"].tolist() == [-5]
    assert array["p"].tolist() == [1 << 63]
    assert array["text"].tolist() == [b"hi\0zz"]
    assert array["f"].dtype == bool


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", range(1, 17))
@pytest.mark.parametrize("signed", [False, True])
def test_integers_of_every_size(order: Any, size: int, signed: bool) -> None:
    w = BtfWriter(order)
    type_id = w.struct("s", size + 1, [("x", w.int("x", size, signed=signed), 8)])
    for number in (0, 1, (1 << 8 * size - 1) - 1, -1, -(1 << 8 * size - 1)):
        if not signed:
            number &= (1 << 8 * size) - 1
        data = b"\x55" + number.to_bytes(size, order, signed=signed)
        value, array = both(w, type_id, data)
        assert value == {"x": number}
        assert array.integers("x").tolist() == [number]
        assert pack(laid_out(w, type_id), order, {"x": number}) == b"\0" + data[1:]


def test_two_words_of_128_bits(ints: Ints) -> None:
    wide = ints.w.int("__int128", 16, signed=True)
    number = (5 << 64) - 1
    _, array = both(
        ints.w, ints.w.struct("s", 16, [("x", wide, 0)]), number.to_bytes(16, ints.order)
    )
    assert array["x"]["low"].tolist() == [(1 << 64) - 1]
    assert array["x"]["high"].tolist() == [4]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    ("at", "width"), [(0, 1), (3, 5), (7, 2), (5, 64), (1, 63), (6, 65), (7, 128), (0, 128), (9, 8)]
)
def test_bitfields_anywhere(order: Any, signed: bool, at: int, width: int) -> None:
    w = BtfWriter(order)
    size = 18
    number = w.int("wide", 16, signed=signed)
    type_id = w.struct("s", size, [("x", number, at, width)])
    pattern = int.from_bytes(bytes(range(0x81, 0x81 + size)), order)
    down = at if order == "little" else 8 * size - at - width
    expected = pattern >> down & ((1 << width) - 1)
    if signed and expected >> (width - 1):
        expected -= 1 << width
    value, array = both(w, type_id, pattern.to_bytes(size, order))
    assert value == {"x": expected}
    assert array["x"].tolist() == [expected]
    assert array["x"].dtype == (object if width > 64 else "i8" if signed else "u8")
    value["x"] = -1 if signed else 0
    ones = ((1 << width) - 1) << down
    changed = pattern | ones if signed else pattern & ~ones
    assert pack(laid_out(w, type_id), order, value) == changed.to_bytes(size, order)


def test_bitfields_of_bools_and_enums() -> None:
    ints = Ints("little")
    flag = ints.w.int("signed bool", 1, boolean=True, signed=True)
    layout = ints.struct(1, [("f", flag, 0, 1), ("e", ints.color, 1, 4), ("g", ints.bool, 5, 3)])
    assert unpack(layout, "little", b"\x0f") == {"f": True, "e": "BLUE", "g": False}
    assert unpack(layout, "little", b"\xff") == {"f": True, "e": 15, "g": True}
    assert pack(layout, "little", {"f": True, "e": "BLUE", "g": True}) == b"\x2f"
    array = view(layout, "little", b"\x0f\xff")
    assert array["f"].tolist() == [True, True]
    assert array["e"].tolist() == [7, 15]
    assert array["g"].tolist() == [False, True]


def test_enums() -> None:
    ints = Ints("little")
    layout = ints.struct(1, [("e", ints.color, 0)])
    assert [unpack(layout, "little", bytes([b]))["e"] for b in (0, 7, 44)] == ["RED", "BLUE", 44]
    assert pack(layout, "little", {"e": "ROUGE"}) == b"\0"
    assert pack(layout, "little", {"e": 9}) == b"\x09"
    with pytest.raises(DataError, match="e: 'HUGE' is no enumerator of enum color"):
        pack(layout, "little", {"e": "HUGE"})


def test_bools_survive_as_they_are() -> None:
    ints = Ints("little")
    layout = ints.struct(3, [("f", ints.w.array(ints.bool, 3), 0)])
    record = unpack(layout, "little", b"\0\x01\x80")
    assert record == {"f": [False, True, True]}
    assert pack(layout, "little", record) == b"\0\x01\x80"
    record["f"][0] = True
    assert pack(layout, "little", record) == b"\x01\x01\x80"
    array = view(layout, "little", b"\0\x01\x80")
    assert array["f"].tolist() == [[False, True, True]]
    assert array["f"].sum() == 2
    assert numpy.asarray(array)["f"].tolist() == [[0, 1, 128]]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"a\0b", "a"),
        ("zażółć".encode(), "zażółć"),
        (b"\xe9t\xe9", "ét\u00e9"),
        (b"\xe2\x82", "\u00e2\u0082"),
        (b"\xed\xa0\x80", "\u00ed\u00a0\u0080"),
        (b"\xf4\x90\x80\x80", "\u00f4\u0090\u0080\u0080"),
        (b"\xc0\xaf", "\u00c0\u00af"),
        (b"\xff\xc3\xa9", "\u00ffé"),
    ],
)
def test_text(raw: bytes, text: str) -> None:
    assert values.text_of(raw) == text
    assert values.text_of(values.text_bytes(text, 0)) == text
    assert len(values.text_bytes(text, 0)) <= len(raw)
    assert values.text_bytes(text, 99) == text.encode()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("name", "size", "bits", "number"),
    [
        ("_Float16", 2, 0x3E00, 1.5),
        ("_Float16", 2, 0x0001, 2.0**-24),
        ("__bf16", 2, 0xC040, -3.0),
        ("float", 4, 0x3DCCCCCD, 0.10000000149011612),
        ("double", 8, 0x0000000000000001, 5e-324),
        ("_Float128", 16, 0x3FFF8 << 108, 1.5),
        ("_Float128", 16, 0xFFFF << 112, -math.inf),
        ("_Float128", 16, 0x7FFE << 112, math.inf),  # beyond the doubles
        ("_Float128", 16, 1, 0.0),
    ],
)
def test_floats(order: Any, name: str, size: int, bits: int, number: float) -> None:
    w = BtfWriter(order)
    type_id = w.struct("s", size, [("x", w.float(name, size), 0)])
    value, _ = both(w, type_id, bits.to_bytes(size, order))
    assert value == {"x": number}


@pytest.mark.parametrize("size", [10, 12, 16])
@pytest.mark.parametrize(
    ("bits", "number"),
    [
        (0x3FFF_8000000000000000, 1.0),
        (0xC000_C000000000000000, -3.0),
        (0x3FFF_8000000000000400, 1.0),  # a tie, to even
        (0x3FFF_8000000000000C00, 1.0 + 2.0**-51),
        (0x7FFF_8000000000000000, math.inf),
        (0x7FFE_8000000000000000, math.inf),  # beyond the doubles
        (0x0000_0000000000000001, 0.0),
        (0x3BCD_8000000000000000, 5e-324),
        (0x3FFF_4000000000000000, 0.5),  # without its leading one
    ],
)
def test_x87_floats(size: int, bits: int, number: float) -> None:
    w = BtfWriter("little")
    type_id = w.struct("s", 16, [("x", w.float("long double", size), 0)])
    data = bits.to_bytes(10, "little") + b"padded"
    value, array = both(w, type_id, data)
    assert value == {"x": number}
    if array["x"].dtype == numpy.longdouble and bits >> 63 & 1:
        assert float(array["x"][0]) == number
    alone = compile_construct(laid_out(w, w.float("long double", size)), "little")
    assert alone.parse(data[:size]) == number
    assert alone.sizeof() == size


@given(st.floats(width=64), st.sampled_from(sorted(values.FLOATS)))
def test_floats_are_rounded_once(number: float, form: str) -> None:
    codes = {layouts.HALF: "<e", layouts.SINGLE: "<f", layouts.DOUBLE: "<d"}
    try:
        bits = values.float_bits(number, form)
    except OverflowError:
        assert abs(number) >= 65520.0
        if form in codes:
            with pytest.raises(OverflowError):
                struct.pack(codes[form], number)
        return
    again = values.float_of(bits, form)
    assert values.float_bits(again, form) == bits
    if form in codes:
        expected = struct.unpack(codes[form], struct.pack(codes[form], number))[0]
    elif form == layouts.BFLOAT:
        expected = again
        assert (
            math.isnan(number)
            or math.isinf(number)
            or abs(again - number) <= max(abs(number) / 256, 2.0**-134)
        )
    else:
        expected = number
    assert struct.pack("d", again) == struct.pack("d", expected) or number != number


def test_nan_keeps_its_payload(ints: Ints) -> None:
    layout = ints.struct(8, [("x", ints.double, 0)])
    data = (0x7FF0000000001234).to_bytes(8, ints.order)
    record = unpack(layout, ints.order, data)
    assert math.isnan(record["x"])
    assert pack(layout, ints.order, record) == data
    assert pack(layout, ints.order, Record({"x": None}, data)) == data
    assert pack(layout, ints.order, Record({"x": 0}, data)) == bytes(8)


def test_signed_zero_is_written() -> None:
    ints = Ints("little")
    layout = ints.struct(8, [("x", ints.double, 0)])
    assert pack(layout, "little", {"x": -0.0}) == struct.pack("<d", -0.0)


def test_anonymous_members_are_the_parents(ints: Ints) -> None:
    w = ints.w
    inner = w.struct("", 4, [("b", ints.u16, 0), ("c", ints.u16, 16)])
    union = w.union("", 4, [("a", ints.u32, 0), ("", inner, 0)])
    named = w.struct("n", 1, [("z", ints.u8, 0)])
    type_id = w.struct("s", 8, [("x", ints.u8, 0), ("", union, 32), ("n", named, 8)])
    data = bytes([1, 9, 0, 0]) + (0x00020003).to_bytes(4, ints.order)
    value, array = both(w, type_id, data)
    high_first = ints.order == "big"
    assert value == {
        "x": 1, "a": 0x20003, "b": 2 if high_first else 3, "c": 3 if high_first else 2,
        "n": {"z": 9},
    }  # fmt: skip
    assert list(value) == ["x", "a", "b", "c", "n"]
    assert array["a"].tolist() == [0x20003]
    assert array["n.z"].tolist() == [9]
    assert array.dtype.names == ("x", "a", "b", "c", "n")


def test_arrays(ints: Ints) -> None:
    w = ints.w
    matrix = w.array(w.array(ints.u8, 3), 2)
    words = w.array(w.array(ints.char, 2), 2)
    element = w.struct("e", 2, [("v", ints.u8, 0)])
    type_id = w.struct(
        "s",
        14,
        [
            ("m", matrix, 0),
            ("w", words, 48),
            ("none", w.array(ints.u32, 0), 80),
            ("e", w.array(element, 2), 80),
            ("tail", w.array(ints.char, 0), 112),
            ("tails", w.array(w.array(ints.char, 0), 2), 112),
        ],
    )
    value, array = both(w, type_id, b"\1\2\3\4\5\6ab" + b"c\0" + b"\7\x08\x09\x0a")
    assert value == {
        "m": [[1, 2, 3], [4, 5, 6]], "w": ["ab", "c"], "none": [], "e": [{"v": 7}, {"v": 9}],
        "tail": "", "tails": ["", ""],
    }  # fmt: skip
    assert array["m"].shape == (1, 2, 3)
    assert array["w"].tolist() == [[b"ab", b"c"]]
    assert array["none"].shape == array["tail"].shape == (1, 0)
    assert array["e.v"].tolist() == [[7, 9]]


def test_section() -> None:
    ints = Ints("little")
    w = ints.w
    first, second = w.var("first", ints.u16), w.var("second.1", ints.u8)
    section = w.datasec(".data", 4, [(first, 0, 2), (second, 3, 1)])
    value, array = both(w, section, b"\1\0\xff\2")
    assert value == {"first": 1, "second.1": 2}
    assert array["second.1"].tolist() == [2]


def test_types_that_are_no_structs(ints: Ints) -> None:
    w = ints.w
    assert both(w, ints.i32, (-2).to_bytes(4, ints.order, signed=True))[0] == -2
    assert both(w, w.array(ints.u8, 3), b"\1\2\3")[0] == [1, 2, 3]
    assert both(w, w.array(ints.char, 3), b"ab\0")[0] == "ab"
    assert both(w, w.typedef("c", ints.color), b"\7")[0] == "BLUE"
    assert both(w, w.union("u", 1, [("a", ints.u8, 0), ("b", ints.i8, 0)]), b"\xff")[0] == {
        "a": 255,
        "b": -1,
    }


def test_types_without_a_size() -> None:
    ints = Ints("little")
    layout = laid_out(ints.w, ints.w.fwd("nothing"))
    for compiler in (compile_construct, compile_dtype):
        with pytest.raises(UsageError, match="fwd nothing is a forward, which has no size"):
            compiler(layout, "little")
        with pytest.raises(UsageError, match="byte order 'middle'"):
            compiler(layout, "middle")
    empty = ints.struct(0, [])
    assert unpack(empty, "little", b"") == {}
    assert compile_dtype(empty, "little").itemsize == 0
    with pytest.raises(UsageError, match="struct s has 0 bytes"):
        view(empty, "little", b"")


def test_of_two_members_of_one_name_the_last_counts(ints: Ints) -> None:
    type_id = ints.w.struct("s", 2, [("x", ints.u8, 0), ("x", ints.u8, 8), ("", ints.u8, 0)])
    value, array = both(ints.w, type_id, b"\1\2")
    assert value == {"x": 2}
    assert array["x"].tolist() == [2]


def test_names_that_are_not_unicode() -> None:
    ints = Ints("little")
    enum = ints.w.enum("e", [(b"caf\xe9", 1)], size=1)
    value, array = both(ints.w, ints.w.struct("s", 1, [(b"\xff", enum, 0)]), b"\1")
    assert value == {"\xff": "caf\xe9"}
    assert array["\xff"].tolist() == [1]
