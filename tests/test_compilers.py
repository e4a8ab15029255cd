"""The construct parser and the numpy dtype: by example, and against each other and JSON."""

from __future__ import annotations

import copy
import json
import math
import pickle
import struct
import sys
from collections.abc import Iterator
from typing import Any

import construct
import numpy
import pytest
from btf_writer import BtfWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import c_types, record_bytes

from prettify import layout as layouts
from prettify import model
from prettify.compilers import values
from prettify.compilers.construct_parser import Record, compile_construct, pack, unpack
from prettify.compilers.numpy_dtype import Records, compile_dtype, view
from prettify.core.emitter import render
from prettify.dialects import json as json_dialect
from prettify.dialects.options import Options
from prettify.errors import DataError, UsageError
from prettify.layout import Layout, Node
from prettify.sources.btf import Btf

ORDERS = ["little", "big"]
property_test = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def laid_out(writer: BtfWriter, type_id: int) -> Layout:
    """The layout of a type that a test has written."""
    return layouts.resolve(Btf(writer.bytes(), "test").by_id(type_id))


def both(writer: BtfWriter, type_id: int, data: bytes) -> tuple[Any, Any]:
    """(construct's value, numpy's array) of one record, which construct builds again."""
    layout = laid_out(writer, type_id)
    parser = compile_construct(layout, writer.endian)
    assert parser.sizeof() == layout.size
    assert parser.build(parser.parse(data)) == data
    dtype = compile_dtype(layout, writer.endian)
    assert dtype.itemsize == layout.size
    return parser.parse(data), view(layout, writer.endian, data)


class Ints:
    """The integers that most tests need, in one writer."""

    def __init__(self, order: str) -> None:
        self.w = w = BtfWriter(order)  # type: ignore[arg-type]
        self.order: Any = order
        self.u8 = w.int("unsigned char", 1)
        self.i8 = w.int("signed char", 1, signed=True)
        self.char = w.int("char", 1, signed=True)
        self.u16 = w.int("unsigned short", 2)
        self.i32 = w.int("int", 4, signed=True)
        self.u32 = w.int("unsigned int", 4)
        self.u64 = w.int("long", 8)
        self.bool = w.int("_Bool", 1, boolean=True)
        self.color = w.enum("color", [("RED", 0), ("ROUGE", 0), ("BLUE", 7), ("HUGE", 300)], size=1)
        self.double = w.float("double", 8)

    def struct(self, size: int, members: list[Any], name: str = "s") -> Layout:
        return laid_out(self.w, self.w.struct(name, size, members))


@pytest.fixture(params=ORDERS)
def ints(request: pytest.FixtureRequest) -> Ints:
    return Ints(request.param)


# --- Values ---


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


# --- Building ---


def test_a_changed_union_member_wins() -> None:
    ints = Ints("little")
    w = ints.w
    halves = w.struct("halves", 4, [("low", ints.u16, 0), ("high", ints.u16, 16)])
    union = w.union(
        "u",
        4,
        [("whole", ints.u32, 0), ("halves", halves, 0), ("bytes", w.array(ints.u8, 4), 0),
         ("text", w.array(ints.char, 4), 0), ("f", ints.bool, 0)],
    )  # fmt: skip
    layout = laid_out(w, union)
    data = b"\1\2\3\4"
    for change, expected in [
        (("whole", 5), b"\5\0\0\0"),
        (("bytes", [1, 2, 3, 9]), b"\1\2\3\x09"),
        (("text", "hi"), b"hi\0\0"),
        (("f", False), b"\0\2\3\4"),
        (("f", True), data),
        (("halves", {"high": 0}), b"\1\2\0\0"),
    ]:
        record = unpack(layout, "little", data)
        record.update([change])
        assert pack(layout, "little", record) == expected
    record = unpack(layout, "little", data)
    record["halves"]["low"] = 0xFFFF
    assert pack(layout, "little", record) == b"\xff\xff\3\4"
    assert pack(layout, "little", {"halves": {"low": 1}}) == b"\1\0\0\0"


def test_padding_survives_and_zeroes_are_the_default() -> None:
    ints = Ints("little")
    layout = ints.struct(8, [("a", ints.u8, 0), ("b", ints.u32, 32)])
    data = b"\1xyz\2\0\0\0"
    record = unpack(layout, "little", data)
    assert pack(layout, "little", record) == data
    record["a"] = 7
    assert pack(layout, "little", record) == b"\7xyz\2\0\0\0"
    assert pack(layout, "little", dict(record)) == b"\7\0\0\0\2\0\0\0"
    assert pack(layout, "little", {"b": 1}) == b"\0\0\0\0\1\0\0\0"
    assert pack(layout, "little", {}) == bytes(8)


def test_a_record_keeps_its_bytes_in_another_record() -> None:
    ints = Ints("little")
    inner = ints.w.struct("i", 2, [("a", ints.u8, 0)])
    layout = ints.struct(3, [("x", ints.u8, 0), ("i", inner, 8)])
    one, other = (unpack(layout, "little", data) for data in (b"\1\2\3", b"\4\5\6"))
    one["i"] = other["i"]
    one["i"]["a"] = 9
    assert pack(layout, "little", one) == b"\1\x09\6"
    assert pack(layout, "little", {"x": 0, "i": other["i"]}) == b"\0\x09\6"
    assert pack(layout, "little", {"i": {"a": 8}}) == b"\0\x08\0"


def test_records_can_be_copied() -> None:
    record = Record({"a": 1}, b"\1x")
    for made in (record.copy(), copy.copy(record), copy.deepcopy(record),
                 pickle.loads(pickle.dumps(record))):  # fmt: skip
        assert type(made) is Record
        assert made == record
        assert made.raw == b"\1x"


def test_plain_values_as_from_json(ints: Ints) -> None:
    w = ints.w
    layout = ints.struct(
        25,
        [("p", w.ptr(0), 0), ("d", ints.double, 64), ("e", ints.color, 128), ("f", ints.bool, 136),
         ("t", w.array(ints.char, 4), 144), ("a", w.array(ints.u8, 3), 176)],
    )  # fmt: skip
    value = json.loads('{"p":"0xffff","d":null,"e":"BLUE","f":true,"t":"\\u00e9","a":[1,2]}')
    expected = (0xFFFF).to_bytes(8, ints.order) + bytes(8) + b"\7\1" + "é".encode() + b"\0\0\1\2\0"
    assert pack(layout, ints.order, value) == expected
    assert pack(layout, ints.order, {"p": 5, "t": b"a\0b"})[:8] == (5).to_bytes(8, ints.order)


def test_numpy_scalars_can_be_built_from() -> None:
    ints = Ints("little")
    layout = ints.struct(10, [("a", ints.u8, 0), ("f", ints.bool, 8), ("d", ints.double, 16)])
    values_ = {"a": numpy.uint8(3), "f": numpy.bool_(True), "d": numpy.float32(0.5)}
    assert pack(layout, "little", values_) == b"\3\1" + struct.pack("<d", 0.5)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": {"b": [{}, {}, {}, {"c": 256}]}}, "a.b[3].c: 256 does not fit in 8 bits unsigned"),
        ({"a": {"b": [{"d": -9}]}}, "a.b[0].d: -9 does not fit in 4 bits signed"),
        ({"a": {"b": [{"c": 1.5}]}}, "a.b[0].c: 1.5 is no integer"),
        ({"a": {"b": [{}] * 5}}, "a.b: 5 elements, the array has 4"),
        ({"a": {"b": {}}}, "a.b: {} is no list"),
        ({"a": {"z": 1}}, "a: 'z' is no member of struct inner"),
        ({"a": [1]}, "a: [1] is no dict of members"),
        ({"zz": 1}, "struct s: 'zz' is no member of struct s"),
        ([], "struct s: [] is no dict of members"),
        ({"e": "GREEN"}, "e: 'GREEN' is no enumerator of enum color"),
        ({"e": None}, "e: None is no integer"),
        ({"f": 2}, "f: 2 is neither true nor false"),
        ({"f": "true"}, "f: 'true' is neither true nor false"),
        ({"t": "12345"}, "t: '12345' has 5 bytes, the array 4"),
        ({"t": "żżż"}, "t: 'żżż' has 6 bytes, the array 4"),
        ({"t": "a\0b"}, "t: 'a\\x00b' has a NUL, which ends a text"),
        ({"t": 5}, "t: 5 is no text"),
        ({"t": "\udc80"}, "t: '\\udc80' is not valid Unicode"),
        ({"p": "here"}, "p: 'here' is no address"),
        ({"p": "0x1ffffffffffffffff"}, "p: 36893488147419103231 does not fit in 64 bits unsigned"),
        ({"d": "1.5"}, "d: '1.5' is no number"),
        ({"d": 10**400}, "d: 1"),
        ({"g": 1e39}, "g: 1e+39 does not fit in 32 bits"),
        ({"h": 1e39}, "h: 1e+39 does not fit in bfloat precision"),
        ({"e": 1 << 100_000}, "e: a huge number does not fit"),
    ],
)
def test_values_that_do_not_fit(value: Any, message: str) -> None:
    ints = Ints("little")
    w = ints.w
    element = w.struct("element", 2, [("c", ints.u8, 0), ("d", ints.i32, 8, 4)])
    inner = w.struct("inner", 8, [("b", w.array(element, 4), 0)])
    layout = ints.struct(
        36,
        [("a", inner, 0), ("e", ints.color, 64), ("f", ints.bool, 72),
         ("t", w.array(ints.char, 4), 80), ("p", w.ptr(0), 112), ("d", ints.double, 176),
         ("g", w.float("float", 4), 240), ("h", w.float("__bf16", 2), 272)],
    )  # fmt: skip
    with pytest.raises(DataError) as caught:
        pack(layout, "little", value)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_scalar_that_does_not_fit_is_named_by_its_type() -> None:
    ints = Ints("little")
    with pytest.raises(DataError, match="unsigned char: 256 does not fit"):
        pack(laid_out(ints.w, ints.u8), "little", 256)
    with pytest.raises(DataError, match=r"^\[1\]: 256 does not fit"):
        pack(laid_out(ints.w, ints.w.array(ints.u8, 2)), "little", [0, 256])


# --- As constructs ---


def test_short_data() -> None:
    ints = Ints("little")
    layout = laid_out(ints.w, ints.w.array(ints.u8, 4_000_000_000))
    with pytest.raises(construct.StreamError):
        compile_construct(layout, "little").parse(b"\1\2")
    with pytest.raises(DataError, match="2 bytes are too few"):
        unpack(layout, "little", b"\1\2")


def test_within_other_constructs() -> None:
    ints = Ints("little")
    layout = ints.struct(3, [("a", ints.u8, 0), ("b", ints.u8, 16)])
    part = compile_construct(layout, "little")
    whole = construct.Struct(
        "n" / construct.Int8ub, "items" / construct.Array(construct.this.n, part)
    )
    data = b"\2\1x\2\3y\4"
    parsed = whole.parse(data)
    assert [dict(item) for item in parsed["items"]] == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    assert whole.build(parsed) == data


def test_plain_numbers_are_constructs_own() -> None:
    ints = Ints("big")
    parser = compile_construct(laid_out(ints.w, ints.u16), "big")
    assert isinstance(parser, construct.FormatField)
    assert parser.compile().parse(b"\1\2") == 0x102


def test_deep_nesting_needs_little_stack() -> None:
    w = BtfWriter("little")
    type_id = w.int("unsigned char", 1)
    for level in range(layouts.MAX_DEPTH // 2):
        type_id = w.struct(f"s{level}", 1, [("m", w.array(type_id, 1), 0)])
    layout = laid_out(w, type_id)
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(1000)
        parser = compile_construct(layout, "little")
        record = parser.parse(b"\7")
        deepest = record
        while isinstance(deepest["m"][0], dict):
            deepest = deepest["m"][0]
        assert deepest["m"] == [7]
        assert parser.build(record) == b"\7"
        deepest["m"][0] = 8
        assert parser.build(record) == b"\x08"
        # numpy has at most 64 dimensions, or 32 in its version 1, but structs nest without end.
        w = BtfWriter("little")
        type_id = w.int("unsigned char", 1)
        for level in range(layouts.MAX_DEPTH):
            type_id = w.struct(f"s{level}", 1, [("m", type_id, 0)])
        array = view(laid_out(w, type_id), "little", b"\7")
        assert array[".".join("m" * layouts.MAX_DEPTH)].tolist() == [7]
    finally:
        sys.setrecursionlimit(limit)


# --- numpy ---


def test_storage_units() -> None:
    ints = Ints("little")
    members = [
        ("a", ints.u32, 0, 4),
        ("b", ints.u32, 4, 28),
        ("c", ints.u8, 32),
        ("d", ints.u32, 40, 8),
        ("e", ints.u16, 54, 12),
    ]
    dtype = compile_dtype(ints.struct(12, members), "little")
    assert dtype.names == ("bits@0:4", "c", "bits@4:4", "bytes@6:3")
    assert [dtype[name].str for name in dtype.names] == ["<u4", "|u1", "<u4", "|V3"]
    # No room for the unsigned int.
    dtype = compile_dtype(ints.struct(2, [("a", ints.u32, 3, 7)]), "little")
    assert dtype.names == ("bytes@0:2",)
    # No C compiler makes such a name.
    dtype = compile_dtype(
        ints.struct(1, [("a", ints.u8, 0, 1), ("bits@0:1", ints.u8, 0)]), "little"
    )
    assert dtype.names == ("bits@0:1@", "bits@0:1")


def test_units_hold_the_bits(ints: Ints) -> None:
    layout = ints.struct(8, [("x", ints.u8, 0), ("a", ints.u32, 32, 5), ("b", ints.i32, 37, 27)])
    array = view(layout, ints.order, b"\1\0\0\0\x12\x34\x56\x78")
    unit = int.from_bytes(b"\x12\x34\x56\x78", ints.order)
    assert array["bits@4:4"].tolist() == [unit]
    a, b = (unit & 31, unit >> 5) if ints.order == "little" else (unit >> 27, unit & (1 << 27) - 1)
    assert array["a"].tolist() == [a]
    assert array["b"].tolist() == [b - (1 << 27) if b >> 26 else b]


def test_views_do_not_copy() -> None:
    ints = Ints("little")
    layout = ints.struct(4, [("a", ints.u8, 0, 3), ("b", ints.u16, 16)])
    data = bytearray(range(12))
    array = view(layout, "little", data)
    assert array.shape == (3,)
    data[2] = 99
    assert array["b"].tolist() == [99 | 3 << 8, 0x0706, 0x0B0A]
    array["b"][1] = 0
    assert data[6:8] == b"\0\0"
    assert not view(layout, "little", bytes(data)).flags.writeable
    assert view(layout, "little", b"").shape == (0,)
    assert view(layout, "little", data, compile_dtype(layout, "little"))["a"].tolist() == [0, 4, 0]


def test_bitfields_through_slices_and_masks(ints: Ints) -> None:
    w = ints.w
    inner = w.struct("i", 2, [("pad", ints.u8, 0), ("n", ints.u8, 9, 6)])
    layout = ints.struct(5, [("x", ints.u8, 0, 8), ("i", w.array(inner, 2), 8)])
    data = bytes(range(40))
    array = view(layout, ints.order, data)
    expected = [unpack(layout, ints.order, data[at : at + 5]) for at in range(0, 40, 5)]
    numbers = [[i["n"] for i in record["i"]] for record in expected]
    assert array["i.n"].tolist() == numbers
    assert array["i"]["n"].tolist() == numbers
    assert isinstance(array["i"], Records)
    assert array[::-2]["i"][:, 1]["n"].tolist() == [row[1] for row in numbers[::-2]]
    assert array[array["x"] > 12]["i.n"].tolist() == numbers[3:]
    assert array.reshape(2, 4)["i.n"].shape == (2, 4, 2)
    assert array.copy()["i.n"].tolist() == numbers
    assert array.integers("i.n").tolist() == numbers


def test_what_records_do_not_have(ints: Ints) -> None:
    layout = ints.struct(
        8, [("x", ints.u8, 0, 3), ("t", ints.w.array(ints.char, 2), 8), ("y", ints.u8, 32)]
    )
    array = view(layout, ints.order, bytes(8))
    for path in ("z", "x.y", "t.y", "", ".", "y."):
        with pytest.raises(ValueError, match="no field"):
            array[path]
        with pytest.raises(ValueError, match="no field"):
            array.integers(path)
    with pytest.raises(ValueError, match="holds no integers"):
        array.integers("t")
    # Another dtype is numpy's business.
    assert array[["y", "t"]].dtype.names == ("y", "t")
    with pytest.raises(ValueError, match="no field"):
        array[["y"]]["x"]
    assert array.view("u1").sum() == 0
    assert pickle.loads(pickle.dumps(array))["y"].tolist() == [0]


def test_data_that_is_no_whole_number_of_records() -> None:
    ints = Ints("little")
    layout = ints.struct(4, [("x", ints.u32, 0)])
    with pytest.raises(DataError, match="3 bytes left over behind 2 records of struct s") as caught:
        view(layout, "little", bytes(11))
    assert caught.value.offset == 8


def test_what_numpy_cannot_hold() -> None:
    ints = Ints("little")
    large = ints.w.array(ints.u32, 1 << 29)
    with pytest.raises(UsageError, match="2147483648 bytes, a numpy dtype at most 2147483647"):
        compile_dtype(laid_out(ints.w, large), "little")
    deep = ints.u8
    for _ in range(70):
        deep = ints.w.array(deep, 1)
    with pytest.raises(UsageError, match="numpy cannot hold"):
        compile_dtype(laid_out(ints.w, deep), "little")


# --- All readings agree ---


def nodes(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    yield node
    below = [node.element] if node.element is not None else node.children
    for inner in below:
        yield from nodes(inner)


def check_numpy(node: Node, found: list[Any], array: Any) -> None:
    """The values of one place in each record, by construct and by numpy, are the same."""
    assert len(array) == len(found)
    if node.of_chars:
        texts = array.tolist() if node.count else [b""] * len(found)
        assert [values.text_of(text) for text in texts] == found
    elif node.element is not None:
        assert all(len(value) == node.count for value in found)
        flat = [element for value in found for element in value]
        check_numpy(node.element, flat, array.reshape(len(flat), *array.shape[2:]))
    elif node.kind in values.AGGREGATES:
        for name, _, child in values.members(node):
            check_numpy(child, [record[name] for record in found], array[name])
    elif node.kind == model.FLOAT:
        for one, other in zip(array, found):
            number = float_of(node, one, other)
            assert number == other or (math.isnan(number) and math.isnan(other))
    elif layouts.is_bool(node):
        truth = array if array.dtype == bool else numbers_of(node, array)
        assert [bool(number) for number in truth] == found
    else:
        names = values.names(node) if node.kind == model.ENUM else {}
        assert [names.get(number, number) for number in numbers_of(node, array)] == found


def numbers_of(node: Node, array: Any) -> list[int]:
    """Python's integers of numpy's, those that are two words or mere bytes, too."""
    if array.dtype.kind != "V":
        return array.tolist()
    signed = layouts.is_signed(node)
    if array.dtype.names:
        words = zip(array["high"].tolist(), array["low"].tolist())
        numbers = [high << 64 | low for high, low in words]
        return [values.as_signed(number, 128) if signed else number for number in numbers]
    order: Any = node.type.graph.byte_order
    return [int.from_bytes(raw, order, signed=signed) for raw in array.tolist()]


def float_of(node: Node, number: Any, without_leading: float) -> float:
    """Python's float of numpy's, or of the bytes where numpy has no such float."""
    form = layouts.float_format(node)
    if number.dtype.kind == "f":
        if form == layouts.X87:
            mantissa, exponent = struct.unpack_from("<QH", number.tobytes())
            if exponent & 0x7FFF and not mantissa >> 63:
                return without_leading  # NaN to the processor, a number to us
        return float(number)
    if number.dtype.kind == "u":
        return values.float_of(int(number), form)
    size = values.X87_SIZE if form == layouts.X87 else number.dtype.itemsize
    order: Any = node.type.graph.byte_order
    return values.float_of(int.from_bytes(number.tobytes()[:size], order), form)


@property_test
@given(c_types(), st.data())
def test_construct_and_numpy_agree(drawn: tuple[bytes, int], data: st.DataObject) -> None:
    layout, order = resolved(drawn)
    dtype = compile_dtype(layout, order)
    assert dtype.itemsize == layout.size
    if not layout.size:
        return
    count = data.draw(st.integers(1, 3))
    records = [data.draw(record_bytes(layout.size)) for _ in range(count)]
    parser = compile_construct(layout, order)
    array = view(layout, order, b"".join(records))
    with numpy.errstate(all="ignore"):
        check_numpy(layout.root, [parser.parse(record) for record in records], array)


@property_test
@given(c_types(), st.data())
def test_building_gives_the_bytes_back(drawn: tuple[bytes, int], data: st.DataObject) -> None:
    layout, order = resolved(drawn)
    record = data.draw(record_bytes(layout.size))
    parser = compile_construct(layout, order)
    assert parser.sizeof() == layout.size
    value = parser.parse(record)
    # What is no struct is a plain value, without its bytes.
    if layout.root.kind in values.AGGREGATES:
        assert parser.build(value) == record
    # Of plain values nothing is kept that no member tells, but each member is the same again.
    if not any(node.kind == model.UNION for node in nodes(layout.root)):
        again = parser.parse(parser.build(plain(value)))
        assert same(again, value)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(element) for element in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    """Equality with NaN equal to itself."""
    return repr(one).replace("-nan", "nan") == repr(other).replace("-nan", "nan")


@property_test
@given(c_types(), st.data())
def test_construct_and_json_agree(drawn: tuple[bytes, int], data: st.DataObject) -> None:
    layout, order = resolved(drawn)
    record = data.draw(record_bytes(layout.size))
    program = json_dialect.compile_lines(layout, Options(byte_order=order))
    text = b"".join(render(program, record, 0, 1, True))
    parser = compile_construct(layout, order)
    value = parser.parse(record)
    printed = json.loads(text)
    check_json(layout.root, value, printed)
    # The same in the way back, as far as JSON tells: it has no NaN, and unions only as a whole.
    if not any(node.kind == model.UNION for node in nodes(layout.root)):
        check_json(layout.root, parser.parse(parser.build(printed)), printed)


def check_json(node: Node, value: Any, printed: Any) -> None:
    if node.kind in values.AGGREGATES:
        assert list(value) == list(printed)
        for name, _, child in values.members(node):
            check_json(child, value[name], printed[name])
    elif node.element is not None and not node.of_chars:
        assert len(value) == len(printed) == node.count
        for one, other in zip(value, printed):
            check_json(node.element, one, other)
    elif node.kind == model.POINTER:
        assert hex(value) == printed
    elif node.kind == model.FLOAT:
        form = layouts.float_format(node)
        if printed is None:
            assert not math.isfinite(value) or value == 0
        elif form in (layouts.X87, layouts.QUAD):
            # The shortest text of those is not the double's: it may be read as its neighbour.
            assert value == printed or math.isclose(value, printed, rel_tol=1e-15)
        else:
            assert values.float_bits(value, form) == values.float_bits(printed, form)
    else:
        assert type(value) is type(printed)
        assert value == printed


def resolved(drawn: tuple[bytes, int]) -> tuple[Layout, str]:
    blob, type_id = drawn
    layout = layouts.resolve(Btf(blob, "drawn").by_id(type_id))
    return layout, layout.byte_order
