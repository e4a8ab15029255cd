"""Bytes of which no type is known, and sections within structs: in every form, in every place."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import numpy
import pytest

from btf_writer import BtfWriter
from conftest import need
from conversions import converted
from prettify import layout as layouts
from prettify.api import RecordType
from prettify.compilers.arrow_columns import table
from prettify.compilers.construct_parser import pack, unpack
from prettify.compilers.numpy_dtype import compile_dtype, view
from prettify.composed import Composed
from prettify.errors import DataError, UsageError
from prettify.layout import Layout
from prettify.model import Type, spelled
from prettify.paths import at_path
from prettify.records.forms.sqlite import Sqlite
from prettify.records.maps.entry import Entry
from prettify.records.query.members import integer
from prettify.records.query.where import compile_where
from prettify.sources.btf import Btf

ENTRY = Entry(4, 3)
RECORDS = bytes.fromhex("010203ff 00000000 aabb00 0000000000") + bytes(16)


def types() -> Composed:
    return Composed(None)


def nested() -> Type:
    """Bytes as elements, of no size, and behind what is no multiple of anything."""
    made = types()
    inner = made.struct("i", 5, [("b", made.opaque(2), 3)])
    rows = made.array(made.array(made.opaque(2), 2), 2)
    return made.struct(
        "s", 18, [("none", made.opaque(0), 0), ("rows", rows, 0), ("i", made.array(inner, 2), 8)]
    )


NESTED = bytes(range(18))


@pytest.mark.parametrize(
    ("dialect", "flags", "text"),
    [
        ("pahole", {}, "{ .key = { 0x01, 0x02, 0x03, 0xff }, .value = { 0xaa, 0xbb, 0x00 }, },\n"),
        (
            "pahole",
            {"hex": True, "noname": True},
            "{ { 0x01, 0x02, 0x03, 0xff }, { 0xaa, 0xbb, 0x00 }, },\n",
        ),
        ("kernel", {}, "(struct map_entry){.key = 010203ff,.value = aabb00,}"),
        ("kernel", {"noname": True}, "{010203ff,aabb00,}"),
        (
            "c",
            {},
            "(struct map_entry){ .key = { 0x01, 0x02, 0x03, 0xff }, .value = { 0xaa, "
            "0xbb, 0x00 }, }\n",
        ),
    ],
)
def test_entries_as_c(dialect: str, flags: dict[str, Any], text: str) -> None:
    record_type = RecordType(ENTRY.layout.type)
    assert record_type.format(RECORDS, dialect, compact=True, **flags) == text


@pytest.mark.parametrize(
    ("dialect", "zero", "text"),
    [
        (
            "pahole",
            None,
            "{ .key = { 0x00, 0x00, 0x00, 0x00 }, .value = { 0x00, 0x00, 0x00 }, },\n",
        ),
        ("pahole", False, "{ },\n"),
        ("kernel", None, "(struct map_entry){}"),
        ("kernel", True, "(struct map_entry){.key = 00000000,.value = 000000,}"),
        ("c", None, "(struct map_entry){ 0 }\n"),
    ],
)
def test_zeroes(dialect: str, zero: bool | None, text: str) -> None:
    record_type = RecordType(ENTRY.layout.type)
    assert record_type.format(bytes(16), dialect, compact=True, zero=zero) == text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (
            "pahole",
            "{ .none = {  }, .rows = { { { 0x00, 0x01 }, { 0x02, 0x03 } }, { { 0x04, "
            "0x05 }, { 0x06, 0x07 } } }, .i = { { .b = { 0x0b, 0x0c }, }, { .b = { 0x10, "
            "0x11 }, }, }, },\n",
        ),
        # As the kernel shows arrays: of rows the first one over and over, elements without labels.
        (
            "kernel",
            "(struct s){.rows = [[0001,0203,],[0001,0203,],],.i = (struct i[])[0b0c,},1011,},],}",
        ),
        (
            "json",
            '[{"none":"","rows":[["0001","0203"],["0405","0607"]],"i":[{"b":"0b0c"},'
            '{"b":"1011"}]}]\n',
        ),
        (
            "csv",
            "none,rows[0][0],rows[0][1],rows[1][0],rows[1][1],i[0].b,i[1].b\n,0001,0203,"
            "0405,0607,0b0c,1011\n",
        ),
    ],
)
def test_in_any_place(form: str, text: str) -> None:
    flags = {"compact": True} if form in ("pahole", "kernel") else {}
    found = RecordType(nested()).format(NESTED, form, **flags)
    assert found == text


@pytest.mark.parametrize(
    ("form", "three", "none"),
    [
        ("pahole", "{ 0x01, 0x02, 0xff },\n", "{  },\n"),
        ("kernel", "0102ff\n", "\n"),
        ("c", "(unsigned char[3]){ 0x01, 0x02, 0xff }\n", "(unsigned char[0]){}\n"),
        ("json", '["0102ff"]\n', '[""]\n'),
        ("ndjson", '"0102ff"\n', '""\n'),
        ("csv", "value\n0102ff\n", 'value\n""\n'),
    ],
)
def test_as_the_whole_record(form: str, three: str, none: str) -> None:
    made = types()
    assert RecordType(made.opaque(3)).format(b"\1\2\xff", form) == three
    assert RecordType(made.opaque(0)).format(b"", form) == none


def test_what_is_zero_stays_hidden_beside_enums_at_the_end() -> None:
    """There the kernel looks past the record, and walks what it may hide once more."""
    w = BtfWriter()
    small = w.enum("small", [("ONE", 1)], size=1)
    made = Composed(Btf(w.bytes(), "made"))
    inner = made.struct("i", 2, [("b", made.opaque(2), 0)])
    outer = made.struct("o", 3, [("i", inner, 0), ("e", made.by_id(small), 2)])
    record_type = RecordType(outer)
    shown = record_type.format(b"\0\1\1", "kernel", compact=True)
    assert shown == "(struct o){.i = (struct i){.b = 0001,},.e = (enum small)ONE,}"
    assert record_type.format(b"\0\0\1", "kernel", compact=True) == (
        "(struct o){.e = (enum small)ONE,}"
    )


def test_templates() -> None:
    record_type = RecordType(ENTRY.layout.type)
    assert record_type.format(RECORDS, "template", template="<{key}>") == "<010203ff>\n"
    with pytest.raises(UsageError, match="column 6: bytes of no type take no format specification"):
        record_type.format(RECORDS, "template", template="{key:>20}")


def test_long_ones_go_through_small_buffers() -> None:
    made = types()
    data = bytes(at * 7 % 251 for at in range(600_000))
    record_type = RecordType(made.opaque(len(data)))
    assert json.loads(record_type.format(data, "ndjson")) == data.hex()
    shown = record_type.format(data, "c")
    assert bytes(int(digits, 16) for digits in re.findall("0x(..)", shown)) == data


@pytest.mark.parametrize("record", [NESTED, bytes(18), bytes(10) + b"\1" + bytes(7)])
def test_c_compiles(record: bytes, tmp_path: Path) -> None:
    need("gcc")
    text = RecordType(nested()).format(record, "c")
    source = tmp_path / "s.c"
    source.write_text(
        "struct __attribute__((packed)) i { unsigned char hole[3], b[2]; };\n"
        "struct s { unsigned char none[0], rows[2][2][2]; struct i i[2]; };\n"
        f"struct s s = {text};\n"
    )
    done = subprocess.run(
        ["gcc", "-Wall", "-Wextra", "-Werror", "-c", "s.c", "-o", "s.o"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + text


# Values.


def test_construct_has_bytes() -> None:
    layout = ENTRY.layout
    value = unpack(layout, "little", RECORDS[:16])
    assert value == {"key": b"\1\2\3\xff", "value": b"\xaa\xbb\0"}
    assert pack(layout, "little", value) == RECORDS[:16]
    assert (
        pack(layout, "little", {"key": "010203FF", "value": bytearray(b"\xaa\xbb\0")})
        == (RECORDS[:16])
    )
    assert unpack(layout, "big", RECORDS[:16]) == value


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("01", "key: '01' has 1 bytes, not 4"),
        (b"12345", "key: b'12345' has 5 bytes, not 4"),
        (5, "key: 5 is neither bytes nor hexadecimal digits"),
        ("0x010203", "key: '0x010203' is neither bytes nor hexadecimal digits"),
        ([1, 2, 3, 4], r"key: \[1, 2, 3, 4\] is neither bytes nor hexadecimal digits"),
    ],
)
def test_what_construct_does_not_take(value: Any, error: str) -> None:
    with pytest.raises(DataError, match=error):
        pack(ENTRY.layout, "little", {"key": value})


def test_a_union_is_built_from_the_member_that_changes() -> None:
    w = BtfWriter()
    number = w.int("unsigned int", 4)
    made = Composed(Btf(w.bytes(), "made"))
    union = made.struct("u", 4, [("raw", made.opaque(4), 0), ("n", made.by_id(number), 0)])
    layout = layouts.resolve(union)
    value = unpack(layout, "little", b"\1\0\0\0")
    value["raw"] = "00000001"
    assert pack(layout, "little", value) == b"\0\0\0\1"
    value = unpack(layout, "little", b"\1\0\0\0")
    value["n"] = 2
    assert pack(layout, "little", value) == b"\2\0\0\0"


def test_numpy_compares_them_as_a_whole() -> None:
    records = view(ENTRY.layout, "little", RECORDS)
    assert records.dtype["key"] == numpy.dtype("V4")
    assert (records["key"] == numpy.void(b"\1\2\3\xff")).tolist() == [True, False]
    assert records["value"].tolist() == [b"\xaa\xbb\0", bytes(3)]
    dtype = compile_dtype(layouts.resolve(nested()), "little")
    assert dtype.itemsize == 18
    rows = view(layouts.resolve(nested()), "little", NESTED)["rows"]
    assert rows.tolist() == [[[b"\0\1", b"\2\3"], [b"\4\5", b"\6\7"]]]


def test_none_of_them_in_numpy() -> None:
    made = types()
    empty = made.struct("e", 4, [("a", made.array(made.opaque(0), 3), 0), ("b", made.opaque(0), 2)])
    dtype = compile_dtype(layouts.resolve(empty), "little")
    assert dtype.itemsize == 4
    assert numpy.zeros(2, dtype)["a"].shape == (2, 3, 0)


def test_arrow_and_sqlite_hold_them(tmp_path: Path) -> None:
    found = table(ENTRY.layout, None, RECORDS)
    assert [str(field.type) for field in found.schema] == [
        "fixed_size_binary[4]",
        "fixed_size_binary[3]",
    ]
    assert found.to_pylist()[0] == {"key": b"\1\2\3\xff", "value": b"\xaa\xbb\0"}
    rows = table(layouts.resolve(nested()), None, NESTED)
    assert str(rows.schema.field("none").type) == "binary"
    assert rows.to_pylist()[0]["rows"] == [[b"\0\1", b"\2\3"], [b"\4\5", b"\6\7"]]
    file = tmp_path / "entries.db"
    file.write_bytes(converted(Sqlite([ENTRY.layout], None), [RECORDS]))
    database = sqlite3.connect(file)
    assert database.execute("SELECT * FROM map_entry").fetchall() == [
        (b"\1\2\3\xff", b"\xaa\xbb\0"),
        (bytes(4), bytes(3)),
    ]
    database.close()


# Queries.


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ('key == "010203ff"', [True, False]),
        ('key == "010203FF"', [True, False]),
        ('"010203ff" != key', [False, True]),
        ('key in ("00000000", "01020304")', [False, True]),
        ('key not in ("00000000", "01020304")', [True, False]),
        ('value like "aa*"', [True, False]),
        ("key == key", [True, True]),
        ("key == value", [False, False]),
        ('not key == "010203ff" or value == "aabb00"', [True, True]),
    ],
)
def test_where(text: str, mask: list[bool]) -> None:
    assert compile_where(text, ENTRY.layout, "little").mask(RECORDS).tolist() == mask


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('key == "01"', "'01' as bytes at column 8; 4 bytes are 8 hexadecimal digits"),
        ('key == "0x010203"', "'0x010203' as bytes at column 8; 4 bytes are 8 hexadecimal digits"),
        ('key == "0102 3ff"', "as bytes at column 8"),
        ("key == 1", "between text and an integer at column 5; bytes of no type are compared with"),
        ('key < "010203ff"', "between texts, which are equal or not, at column 5"),
        ("key", "a condition expected, not text"),
        ("key + 1 == 2", "a number expected, not text"),
        ('key[0] == "01"', "an index, but no array"),
    ],
)
def test_what_where_does_not_take(text: str, error: str) -> None:
    with pytest.raises(UsageError, match=error):
        compile_where(text, ENTRY.layout, "little")


def test_elements_and_what_has_no_size() -> None:
    layout = layouts.resolve(nested())
    for text in ('rows[1][0] == "0405"', 'i[1].b == "1011"', 'none == ""', 'none like ""'):
        assert compile_where(text, layout, "little").mask(NESTED).tolist() == [True], text


def test_they_are_no_integers_and_have_a_name_in_errors() -> None:
    node = at_path(ENTRY.layout, "key")
    with pytest.raises(UsageError, match="member 'key' is no integer, but 4 bytes"):
        integer(node, RECORDS, "little")
    with pytest.raises(UsageError, match="key is no array"):
        at_path(ENTRY.layout, "key[0]")
    assert spelled(node.type) == "4 bytes"


# Sections within structs: the values of maps of global data.


def global_data(order: Any = "little") -> Layout:
    w = BtfWriter(order)
    number = w.int("int", 4, signed=True)
    pair = w.struct("pair", 8, [("a", number, 0), ("b", number, 32)])
    small = w.enum("small", [("ONE", 1)], size=1)
    text = w.array(w.int("char", 1, signed=True), 3)
    variables = [
        (w.var("pair", pair), 4, 8),
        (w.var("name", text), 12, 3),
        (w.var("small", small), 15, 1),
    ]
    section = w.datasec(".data", 16, variables)
    return Entry(4, Btf(w.bytes(), "made").by_id(section)).layout


DATA = bytes.fromhex("00000000 00000000 00000000 05000000 ffffffff 6869 00 01")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (
            "pahole",
            "{ .key = { 0x00, 0x00, 0x00, 0x00 }, .value = { .pair = { .a = 5, .b = -1, "
            '}, .name = "hi", .small = ONE, }, },\n',
        ),
        (
            "c",
            '(struct map_entry){ .value = { .pair = { .a = 5, .b = -1, }, .name = "hi", '
            ".small = ONE, }, }\n",
        ),
        (
            "kernel",
            "(struct map_entry){.value = (.data){.pair = (struct pair){.a = (int)5,.b = "
            "(int)-1,},.name = (char[])['h','i',],.small = (enum small)ONE,},}",
        ),
        (
            "ndjson",
            '{"key":"00000000","value":{"pair":{"a":5,"b":-1},"name":"hi","small":"ONE"}}\n',
        ),
        ("csv", "key,value.pair.a,value.pair.b,value.name,value.small\n00000000,5,-1,hi,ONE\n"),
    ],
)
def test_a_section_is_a_member(form: str, text: str) -> None:
    flags = {"compact": True} if form in ("pahole", "kernel", "c") else {}
    record_type = RecordType(global_data().type)
    assert record_type.format(DATA, form, **flags) == text


def test_variables_of_a_member_have_their_places() -> None:
    layout = global_data("big")
    data = DATA[:12] + b"\0\0\0\5\xff\xff\xff\xfe" + DATA[20:]
    assert unpack(layout, "big", data)["value"]["pair"] == {"a": 5, "b": -2}
    assert view(layout, "big", data)["value.pair.b"].tolist() == [-2]
    assert compile_where("value.pair.b == -2", layout, "big").mask(data).tolist() == [True]
    assert at_path(layout, "value.small").offset == 23


def test_the_byte_order_is_that_of_the_types() -> None:
    assert global_data("big").byte_order == "big"
    assert Entry(4, 4, byte_order="big").layout.byte_order == "big"
