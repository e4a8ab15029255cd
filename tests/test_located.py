"""Arrays that a word in their record locates, and numbers with a point: in every form."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import sqlite3
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples, need
from conversions import converted
from event_formats import layout_of
from prettify import layout as layouts
from prettify import model
from prettify.api import RecordType
from prettify.compilers import values
from prettify.compilers.arrow_columns import ArrowColumns
from prettify.compilers.columns import Rows
from prettify.compilers.construct_parser import pack, unpack
from prettify.compilers.numpy_dtype import view
from prettify.composed import Composed
from prettify.core.emitter import fill
from prettify.core.rows import fill_rows, gather
from prettify.core.tables import table
from prettify.dialects import json as json_dialect
from prettify.dialects.options import Options
from prettify.errors import DataError, TypeInfoError, UsageError
from prettify.layout import Layout, Node
from prettify.model import Type
from prettify.records.forms.sqlite import Sqlite
from prettify.records.query.where import compile_where

LAYOUT = layout_of(
    ("__data_loc char[] name", 8, 4, 0),
    ("__rel_loc u16[] nums", 12, 4, 0),
    ("__data_loc u8[] raw", 16, 4, 0),
    ("__data_loc void *[] ptrs", 20, 4, 0),
    ("__data_loc struct x[] op", 24, 4, 0),
    ("int end", 28, 4, 1),
)
SIZE = 32
PARTS = (
    b'a,"b"\0',
    struct.pack("<3H", 1, 2, 65535),
    b"\1\2\xff",
    struct.pack("<2Q", 0, 0xFFFF888800001234),
    b"\xde\xad",
)


def record(*parts: bytes) -> bytes:
    """A record of LAYOUT with these arrays behind its members."""
    tail, words = b"", []
    for index, part in enumerate(parts):
        start = SIZE + len(tail) - (16 if index == 1 else 0)
        words.append(start | len(part) << 16)
        tail += part
    return struct.pack("<HBBi5Ii", 7, 1, 2, 3, *words, -5) + tail


FULL = record(*PARTS)
EMPTY = record(b"", b"", b"", b"", b"")
COMMON = ".common_type = 7, .common_flags = 1, .common_preempt_count = 2, .common_pid = 3, "
COMMON_JSON = '"common_type":7,"common_flags":1,"common_preempt_count":2,"common_pid":3,'
KERNEL = (
    "(struct made_up){.common_type = (unsigned short)7,.common_flags = (unsigned char)1,"
    ".common_preempt_count = (unsigned char)2,.common_pid = (int)3,"
)


@pytest.mark.parametrize(
    ("form", "full", "empty"),
    [
        (
            "pahole",
            "{ " + COMMON + '.name = "a,\\"b\\"", .nums = { 1, 2, 65535 }, .raw = { 1, 2, 255 }, '
            ".ptrs = { 0, 0xffff888800001234 }, .op = { 0xde, 0xad }, .end = -5, },\n",
            "{ " + COMMON + '.name = "", .nums = {  }, .raw = {  }, .ptrs = {  }, .op = {  }, '
            ".end = -5, },\n",
        ),
        (
            "kernel",
            KERNEL + ".name = (char[])['a',',','\"','b','\"',],.nums = (u16[])[1,2,65535,],"
            ".raw = (u8[])[1,2,'\xff',],.ptrs = ( *[])0x0000000000000000,0xffff888800001234,],"
            ".op = [dead],.end = (int)-5,}",
            KERNEL + ".name = (char[])[],.nums = (u16[])[],.raw = (u8[])[],.ptrs = ( *[])],"
            ".op = [],.end = (int)-5,}",
        ),
        (
            "c",
            "(struct made_up){ " + COMMON + ".name = 0x60020, .nums = 0x60016, .raw = 0x3002c, "
            ".ptrs = 0x10002f, .op = 0x2003f, .end = -5, }\n",
            "(struct made_up){ " + COMMON + ".name = 0x20, .nums = 0x10, .raw = 0x20, "
            ".ptrs = 0x20, .op = 0x20, .end = -5, }\n",
        ),
        (
            "ndjson",
            "{" + COMMON_JSON + '"name":"a,\\"b\\"","nums":[1,2,65535],"raw":[1,2,255],'
            '"ptrs":["0x0","0xffff888800001234"],"op":"dead","end":-5}\n',
            "{" + COMMON_JSON + '"name":"","nums":[],"raw":[],"ptrs":[],"op":"","end":-5}\n',
        ),
        (
            "csv",
            "common_type,common_flags,common_preempt_count,common_pid,name,nums,raw,ptrs,op,end\n"
            '7,1,2,3,"a,""b""",1 2 65535,1 2 255,0x0 0xffff888800001234,dead,-5\n',
            "common_type,common_flags,common_preempt_count,common_pid,name,nums,raw,ptrs,op,end\n"
            "7,1,2,3,,,,,,-5\n",
        ),
    ],
)
def test_every_form(form: str, full: str, empty: str) -> None:
    flags = {"compact": True} if form in ("pahole", "kernel", "c") else {}
    flags |= {"ptr_raw": True} if form == "kernel" else {}
    record_type = RecordType(LAYOUT.type)
    assert record_type.format(FULL, form, **flags) == full
    assert record_type.format(EMPTY, form, **flags) == empty


def test_words_of_zero_are_hidden_where_zeroes_are() -> None:
    record_type = RecordType(LAYOUT.type)
    assert record_type.format(bytes(SIZE), "pahole", compact=True, zero=False) == "{ },\n"
    assert record_type.format(bytes(SIZE), "kernel", compact=True) == "(struct made_up){}"
    assert record_type.format(bytes(SIZE), "c", compact=True) == "(struct made_up){ 0 }\n"


def test_templates() -> None:
    record_type = RecordType(LAYOUT.type)
    for template, text in (
        ("<{name:>8}>", '<   a,"b">'),
        ("<{name:^9}>", '<  a,"b"  >'),
        ("<{name:.2}>", "<a,>"),
        ("{nums} {raw} {ptrs} {op}", '[1,2,65535] [1,2,255] ["0x0","0xffff888800001234"] dead'),
    ):
        assert record_type.format(FULL, "template", template=template) == text + "\n"
    assert record_type.format(EMPTY, "template", template="<{name:>4}>{op}") == "<    >\n"
    with pytest.raises(UsageError, match="located arrays take no format specification"):
        record_type.format(FULL, "template", template="{nums:>20}")


@pytest.mark.parametrize("name", ["name", "nums", "raw", "op"])
def test_an_only_column_is_never_an_empty_line(name: str) -> None:
    record_type = RecordType(LAYOUT.type).select(name)
    assert record_type.format(EMPTY, "csv") == f'{name}\n""\n'
    if name == "name":
        nul = record(b"\0", *PARTS[1:])
        assert record_type.format(nul, "csv") == f'{name}\n""\n'


def test_a_word_that_leads_out_of_its_record_locates_nothing() -> None:
    record_type = RecordType(LAYOUT.type)
    shown = json.loads(record_type.format(FULL[:-1], "ndjson"))
    assert (shown["name"], shown["op"]) == ('a,"b"', "")
    shown = json.loads(record_type.format(FULL[:SIZE], "ndjson"))
    assert [shown[name] for name in ("name", "nums", "raw", "ptrs", "op")] == ["", [], [], [], ""]
    # Its last byte may be the record's.
    word = struct.pack("<I", 0 | len(FULL) << 16)
    assert json.loads(record_type.format(FULL[:16] + word + FULL[20:], "ndjson"))["raw"] == list(
        FULL[:16] + word + FULL[20:]
    )


def test_what_is_no_whole_element_is_left_out() -> None:
    odd = record(PARTS[0], PARTS[1] + b"\1", *PARTS[2:])
    assert json.loads(RecordType(LAYOUT.type).format(odd, "ndjson"))["nums"] == [1, 2, 65535]
    assert unpack(LAYOUT, "little", odd)["nums"] == [1, 2, 65535]
    assert ArrowColumns(LAYOUT).batch(rows_of(odd)).to_pylist()[0]["nums"] == [1, 2, 65535]


def test_records_side_by_side_have_nothing_behind_them() -> None:
    """Where there is no telling how long each is, all are as long as their type."""
    pieces = fill(json_dialect.compile_lines(LAYOUT, Options()), FULL[:SIZE] * 2, 0, 2, [])
    lines = b"".join(bytes(out[:written]) for out, written in pieces).splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["", ""]
    with pytest.raises(ValueError, match="64 bytes do not hold a record of 65"):
        list(fill(json_dialect.compile_lines(LAYOUT, Options()), bytes(64), 0, 1, [], length=65))


def test_c_compiles(tmp_path: Path) -> None:
    need("gcc")
    layout = layout_of(("int n", 8, 4, 1), ("__data_loc char[] name", 12, 4, 0))
    text = RecordType(layout.type).format(
        struct.pack("<HBBiiI", 7, 1, 2, 3, 4, 16 | 6 << 16) + b"hello\0", "c"
    )
    source = tmp_path / "s.c"
    source.write_text(
        "struct made_up { unsigned short common_type; unsigned char common_flags, "
        "common_preempt_count; int common_pid, n, name; };\n"
        f"struct made_up s = {text};\n"
    )
    done = subprocess.run(
        ["gcc", "-Wall", "-Werror", "-c", "s.c", "-o", "s.o"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + text


# Values.


def test_construct_builds_in_place() -> None:
    value = unpack(LAYOUT, "little", FULL)
    assert value["name"] == 'a,"b"'
    assert value["op"] == b"\xde\xad"
    assert pack(LAYOUT, "little", value) == FULL
    value |= {"name": "xyz", "nums": [9], "op": "0102", "end": 1}
    again = unpack(LAYOUT, "little", pack(LAYOUT, "little", value))
    assert again == {**value, "nums": [9, 2, 65535], "op": b"\1\2"}
    fresh = pack(LAYOUT, "little", {"end": 2, "name": ""})
    assert fresh == bytes(28) + b"\2\0\0\0"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": "1234567"}, "name: '1234567' has 7 bytes, the array 6"),
        ({"nums": [1, 2, 3, 4]}, "nums: 4 elements, the array has 3"),
        ({"op": b"1"}, "op: b'1' has 1 bytes, not 2"),
    ],
)
def test_what_has_no_room_is_not_built(change: dict[str, Any], error: str) -> None:
    value = unpack(LAYOUT, "little", FULL)
    value.update(change)
    with pytest.raises(DataError, match=re.escape(error)):
        pack(LAYOUT, "little", value)


def rows_of(*records: bytes) -> Rows:
    """Records as rows of one length, with their own."""
    lengths = list(map(len, records))
    width, numbers, at = max(lengths), [], 0
    for length in lengths:
        numbers += [0, at, 0, length << 1]
        at += length
    rows = gather(b"".join(records), table("q", numbers), table("q", [0]), width, whole=True)
    return Rows(memoryview(rows).cast("B", (len(records), width)), numpy.array(lengths, "i8"))


def test_columns(tmp_path: Path) -> None:
    rows = rows_of(FULL, EMPTY)
    columns = ArrowColumns(LAYOUT)
    types = [str(field.type) for field in columns.schema][4:]
    assert types == [
        "string", "list<item: uint16>", "binary", "list<item: uint64>", "binary", "int32",
    ]  # fmt: skip
    first, second = columns.batch(rows).to_pylist()
    assert first["name"] == 'a,"b"'
    assert first["ptrs"] == [0, 0xFFFF888800001234]
    assert first["raw"] == b"\1\2\xff"
    assert (second["name"], second["nums"], second["op"]) == ("", [], b"")
    file = tmp_path / "located.db"
    sqlite = Sqlite([LAYOUT], None)
    assert not list(sqlite.before())
    assert not list(sqlite.pieces(sqlite.convert(0, rows)))
    file.write_bytes(b"".join(sqlite.after()))
    sqlite.close()
    database = sqlite3.connect(file)
    found = database.execute("SELECT name, nums, raw, ptrs, op, end FROM made_up").fetchall()
    assert found == [
        ('a,"b"', "[1,2,65535]", b"\1\2\xff", '["0x0","0xffff888800001234"]', b"\xde\xad", -5),
        ("", "[]", b"", "[]", b"", -5),
    ]
    database.close()


def test_numpy_has_words() -> None:
    records = view(LAYOUT, "little", FULL[:SIZE])
    assert records["name"].tolist() == [SIZE | len(PARTS[0]) << 16]


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ('name == "a,\\"b\\""', [True, False]),
        ('name != ""', [True, False]),
        ('name like "a*"', [True, False]),
        ("name == name", [True, True]),
        ('name in ("x", "")', [False, True]),
        ("end == -5", [True, True]),
    ],
)
def test_where(text: str, mask: list[bool]) -> None:
    where = compile_where(text, LAYOUT, "little")
    assert where.mask(rows_of(FULL, EMPTY)).tolist() == mask


def test_where_takes_texts_alone() -> None:
    with pytest.raises(UsageError, match="'nums' is no number, but a located array"):
        compile_where("nums == 1", LAYOUT, "little")
    assert compile_where('name == ""', LAYOUT, "little").mask(FULL[:SIZE]).tolist() == [True]


def test_what_no_located_array_can_be_of() -> None:
    made = Composed(None)
    pair = made.struct("pair", 2, [("a", made.integer("u8", 1), 0)])
    many = made.array(pair, 2)
    inner = made.struct("inner", 4, [("y", made.located(made.integer("u8", 1)), 0)])
    for element, error in (
        (many, "cannot be of kind array"),
        (made.opaque(0), "of 0 bytes"),
        (inner, "located arrays in each other"),
    ):
        whole = made.struct("s", 4, [("x", made.located(element), 0)])
        with pytest.raises(TypeInfoError, match=error):
            layouts.resolve(whole)
    number = made.located(made.integer("u8", 1))
    with pytest.raises(TypeInfoError, match="cannot be an array of"):
        layouts.resolve(made.struct("s", 8, [("x", made.array(number, 2), 0)]))


# Random types and records, against another reader.

OFFSET, RELATIVE, REST = LOCATORS = "offset", "relative", "rest"

ELEMENTS = {
    "char": ("c", 1), "u8": ("B", 1), "s8": ("b", 1), "u16": ("H", 2), "s32": ("i", 4),
    "u64": ("Q", 8), "s64": ("q", 8), "bool": ("?", 1), "bytes": ("s", 1),
}  # fmt: skip


def element_of(made: Composed, name: str) -> Type:
    if name == "bytes":
        return made.opaque(1)
    size = ELEMENTS[name][1]
    return made.integer(
        name, size, signed=name[0] == "s", character=name == "char", boolean=name == "bool"
    )


class Case:
    """A random struct with located arrays, perhaps in a struct or array of structs within."""

    def __init__(self, seed: int, order: str) -> None:
        self.random = random.Random(seed)
        self.order: Any = order
        made = self.made = Composed(None, byte_order=order)
        self.members = [
            (f"m{at}", self.random.choice(list(ELEMENTS)), self.random.choice(LOCATORS))
            for at in range(self.random.randint(1, 4))
        ]
        self.origin = self.random.choice((0, 0, 3))
        parts, at = [], 0
        for name, element, locator in self.members:
            at += self.random.choice((0, 0, 1))
            type_ = made.located(
                element_of(made, element),
                relative=locator == RELATIVE,
                rest=locator == REST,
                origin=self.origin,
            )
            parts.append((name, type_, at))
            at += 0 if locator == REST else 4
        self.inner = made.struct("inner", at, parts)
        self.places = {name: offset for name, _, offset in parts}
        self.lead = self.random.choice((1, 2))
        self.count = self.random.choice((0, 0, 1, 3))
        if self.count:
            many = made.array(self.inner, self.count)
            self.type = made.struct("outer", self.lead + at * self.count, [("a", many, self.lead)])
        else:
            self.type = made.struct("outer", self.lead + at, [("a", self.inner, self.lead)])
        self.size = at
        self.layout = layouts.resolve(self.type)

    def record(self) -> bytes:
        """Bytes some of whose words lead to arrays within them."""
        length = self.layout.size + self.random.randint(0, 40)
        out = bytearray(
            self.random.choice(b"\0ab\"\\\n\x7f\xc3\xa9\xff") if self.random.random() < 0.8
            else self.random.randrange(256)
            for _ in range(length)
        )  # fmt: skip
        for each in range(max(self.count, 1)):
            for name, _, locator in self.members:
                where = self.lead + each * self.size + self.places[name]
                start = self.start(each, where, locator)
                room = length - start
                if self.random.random() < 0.8 and room > 0:
                    offset = self.random.randint(0, room)
                    size = self.random.randint(0, room - offset + (self.random.random() < 0.2))
                    if locator != REST:
                        out[where : where + 4] = (offset | size << 16).to_bytes(4, self.order)
        return bytes(out)

    def start(self, each: int, where: int, locator: str) -> int:
        """Where a locator counts from."""
        if locator == OFFSET:
            return self.lead + each * self.size + self.origin
        return where + 4 if locator == RELATIVE else where

    def expected(self, data: bytes) -> Any:
        """The value as JSON has it, read here and now."""
        found = []
        for each in range(max(self.count, 1)):
            base = self.lead + each * self.size
            one: dict[str, Any] = {}
            for name, element, locator in self.members:
                where = base + self.places[name]
                start = self.start(each, where, locator)
                number = int.from_bytes(data[where : where + 4], self.order)
                offset, length = number % 65536, number // 65536
                if locator == REST:
                    offset, length = 0, len(data) - where
                raw = data[start + offset : start + offset + length]
                one[name] = self.value(raw if len(raw) == length else b"", element)
            found.append(one)
        return {"a": found if self.count else found[0]}

    def value(self, raw: bytes, element: str) -> Any:
        code, size = ELEMENTS[element]
        if element == "char":
            return values.text_of(raw)
        if element == "bytes":
            return raw.hex()
        count = len(raw) // size
        mark = "<" if self.order == "little" else ">"
        return list(struct.unpack(f"{mark}{count}{code}", raw[: count * size]))


QUOTED = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}
property_test = settings(max_examples=examples(200), deadline=None)
cases = st.builds(Case, st.integers(0, 1 << 32), st.sampled_from(("little", "big")))


def without_bytes(value: Any) -> Any:
    """A value with digits for bytes, as JSON has it."""
    if isinstance(value, dict):
        return {name: without_bytes(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_bytes(element) for element in value]
    return value.hex() if isinstance(value, bytes) else value


@property_test
@given(cases)
def test_all_readers_agree(case: Case) -> None:
    records = [case.record() for _ in range(3)]
    expected = [case.expected(data) for data in records]
    layout = case.layout
    record_type = RecordType(case.type)
    # One by one, and by rows, through a buffer so small that it is full time and again.
    assert [json.loads(record_type.format(r, "ndjson")) for r in records] == expected
    program = json_dialect.compile_lines(layout, Options())
    data, numbers = b"", []
    for one in records:
        data += b"\xee" * case.random.randint(0, 3)
        numbers += [0, len(data), 0, len(one) << 1]
        data += one
    pieces = fill_rows([program], data, table("q", numbers), [], 1)
    text = b"".join(bytes(out[:written]) for out, written in pieces)
    assert [json.loads(line) for line in text.splitlines()] == expected
    parsed = [record_type.unpack(one) for one in records]
    assert [without_bytes(value) for value in parsed] == expected
    assert [record_type.pack(value) for value in parsed] == records
    columns = ArrowColumns(layout).batch(rows_of(*records)).to_pylist()
    assert columns == [octets(value, case) for value in expected]


def octets(value: Any, case: Case) -> Any:
    """What JSON has as Arrow has it: unsigned bytes and bytes of no type are binary."""
    kinds = {name: element for name, element, _ in case.members}

    def one(inner: dict[str, Any]) -> dict[str, Any]:
        return {
            name: bytes.fromhex(found) if kinds[name] == "bytes"
            else bytes(found) if kinds[name] == "u8" else found
            for name, found in inner.items()
        }  # fmt: skip

    inner = value["a"]
    return {"a": [one(each) for each in inner] if case.count else one(inner)}


@property_test
@given(cases)
def test_csv_has_one_column_for_each(case: Case) -> None:
    data = case.record()
    text = RecordType(case.type).format(data, "csv")
    heading, line = list(csv.reader(io.StringIO(text, newline="")))
    expected = case.expected(data)["a"]
    flat = [v for one in (expected if case.count else [expected]) for v in one.values()]
    assert len(heading) == len(line) == len(flat)
    for shown, value in zip(line, flat):
        if isinstance(value, list):
            words = [str(v).lower() if isinstance(v, bool) else str(v) for v in value]
            assert shown.split() == words
        else:
            assert shown == value


@property_test
@given(cases)
def test_text_filters_read_the_same(case: Case) -> None:
    texts = [name for name, element, _ in case.members if element == "char"]
    data = case.record()
    expected = case.expected(data)["a"]
    rows = rows_of(data)
    for name in texts:
        for index in range(max(case.count, 1)):
            path = f"a[{index}].{name}" if case.count else f"a.{name}"
            value = expected[index][name] if case.count else expected[name]
            quoted = "".join(QUOTED.get(character, character) for character in value)
            where = compile_where(f'{path} == "{quoted}"', case.layout, case.order)
            assert where.mask(rows).tolist() == [True], (path, value)


# Numbers with a point.


def times(signed: bool = False, size: int = 8) -> Layout:
    made = Composed(None)
    number = made.integer("time", size, signed=signed, decimals=9)
    return layouts.resolve(made.struct("s", size, [("t", number, 0)]))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0.000000000"),
        (1, "0.000000001"),
        (999_999_999, "0.999999999"),
        (1_000_000_000, "1.000000000"),
        (2945_123456789, "2945.123456789"),
        ((1 << 64) - 1, "18446744073.709551615"),
    ],
)
def test_points(number: int, text: str) -> None:
    record_type = RecordType(times().type)
    data = number.to_bytes(8, "little")
    assert record_type.format(data, "ndjson") == f'{{"t":{text}}}\n'
    assert record_type.format(data, "csv") == f"t\n{text}\n"
    assert record_type.format(data, "pahole", compact=True) == f"{{ .t = {text}, }},\n"
    assert record_type.format(data, "template", template="<{t}>") == f"<{text}>\n"
    assert record_type.format(data, "ndjson", int64="string") == f'{{"t":"{text}"}}\n'
    # What C and the kernel make of the member is the integer that it is.
    assert record_type.format(data, "kernel", compact=True, zero=True) == (
        f"(struct s){{.t = (time){number},}}"
    )
    assert f"{number}" in record_type.format(data, "c", zero=True)
    assert record_type.unpack(data) == {"t": float(text)}
    assert record_type.pack(record_type.unpack(data)) == data
    assert f"{ArrowColumns(times()).batch(data).to_pylist()[0]['t']:f}" == text
    assert record_type.array(data)["t"].tolist() == [number]
    with pytest.raises(UsageError, match="numbers with a point take no format specification"):
        record_type.format(data, "template", template="{t:>20}")


@pytest.mark.parametrize("size", [4, 8])
def test_negative_points(size: int) -> None:
    record_type = RecordType(times(signed=True, size=size).type)
    for number, text in ((-1, "-0.000000001"), (-1_500_000_000, "-1.500000000")):
        data = number.to_bytes(size, "little", signed=True)
        assert record_type.format(data, "ndjson") == f'{{"t":{text}}}\n'
        [shown] = ArrowColumns(record_type.layout).batch(data).to_pylist()
        assert f"{shown['t']:f}" == text


def test_points_in_filters_and_sqlite(tmp_path: Path) -> None:
    data = b"".join(n.to_bytes(8, "little") for n in (1_500_000_000, 2_000_000_000))
    assert compile_where("t > 1.6", times(), "little").mask(data).tolist() == [False, True]
    assert compile_where("t == 1.5", times(), "little").mask(data).tolist() == [True, False]
    file = tmp_path / "times.db"
    file.write_bytes(converted(Sqlite([times()], None), [data]))
    database = sqlite3.connect(file)
    assert database.execute("SELECT t FROM s").fetchall() == [(1.5,), (2.0,)]
    database.close()


def test_nodes_know_what_they_are() -> None:
    nodes: dict[str, Node] = {node.name: node for node in LAYOUT.root.children}
    assert nodes["name"].locates_chars
    assert not nodes["nums"].locates_chars
    assert layouts.locates(LAYOUT)
    assert not layouts.locates(times())
    assert model.spelled(nodes["nums"].type) == "u16[]"


# Arrays of structs.


def pairs() -> Layout:
    """A struct with an array of structs elsewhere, and text to the record's end."""
    made = Composed(None)
    pair = made.struct(
        "pair", 6, [("a", made.integer("int", 4, signed=True), 0), ("b", made.integer("u16", 2), 4)]
    )
    text = made.integer("char", 1, character=True)
    return layouts.resolve(
        made.struct(
            "s",
            4,
            [("p", made.located(pair), 0), ("t", made.located(text, rest=True), 4)],
        )
    )


PAIRS = struct.pack("<I", 4 | 12 << 16) + struct.pack("<iHiH", -1, 2, 3, 4) + b"x"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (
            "ndjson",
            '{"p":[{"a":-1,"b":2},{"a":3,"b":4}],"t":"\\u00ff\\u00ff\\u00ff\\u00ff\\u0002"}\n',
        ),
        ("csv", "t\n\xff\xff\xff\xff\x02\n"),
        (
            "pahole",
            "{ .p = { { .a = -1, .b = 2, }, { .a = 3, .b = 4, }, }, "
            '.t = "\\377\\377\\377\\377\\002", },\n',
        ),
        ("c", "(struct s){ .p = 0xc0004, }\n"),
    ],
)
def test_arrays_of_structs(form: str, text: str) -> None:
    flags = {"compact": True} if form in ("pahole", "c") else {}
    assert RecordType(pairs().type).format(PAIRS, form, **flags) == text


def test_arrays_of_structs_as_columns() -> None:
    [found] = ArrowColumns(pairs()).batch(rows_of(PAIRS)).to_pylist()
    assert found == {
        "p": [{"a": -1, "b": 2}, {"a": 3, "b": 4}],
        "t": "\xff\xff\xff\xff\x02",
    }
    assert unpack(pairs(), "little", PAIRS)["p"] == found["p"]
    with pytest.raises(UsageError, match="member 'p' is an array of structs that lies elsewhere"):
        RecordType(pairs().type).format(PAIRS, "kernel")


def test_what_is_to_the_end_is_never_hidden() -> None:
    layout = RecordType(pairs().type).select("t")
    data = bytes(4) + b"hi"
    assert layout.format(data, "pahole", compact=True, zero=False) == '{ .t = "hi", },\n'
    assert layout.format(data, "kernel", compact=True) == "(struct s){.t = (char[])['h','i',],}"
