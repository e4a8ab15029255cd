"""Building from values, and the parser as one construct among others."""

from __future__ import annotations

import copy
import json
import pickle
import struct
import sys
from typing import Any

import construct
import numpy
import pytest

from btf_writer import BtfWriter
from prettify import layout as layouts
from prettify.compilers.construct_parser import Record, compile_construct, pack, unpack
from prettify.compilers.numpy_dtype import view
from prettify.errors import DataError
from small_types import ORDERS, Ints, laid_out


@pytest.fixture(params=ORDERS)
def ints(request: pytest.FixtureRequest) -> Ints:
    return Ints(request.param)


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


def test_errors_are_one_line_whatever_the_names_are() -> None:
    ints = Ints("little")
    layout = ints.struct(1, [("a\nb", ints.u8, 0)], name="s\n")
    with pytest.raises(DataError, match=r"^a\\nb: 256 does not fit in 8 bits unsigned$"):
        pack(layout, "little", {"a\nb": 256})
    with pytest.raises(DataError, match=r"^struct s\\n: 1 is no dict of members$"):
        pack(layout, "little", 1)
    with pytest.raises(DataError, match=r"too few for struct s\\n, which has 1$"):
        unpack(layout, "little", b"")


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
