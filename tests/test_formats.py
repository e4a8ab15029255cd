"""Files of formats: what a declaration says is what is read; what is said where it cannot be."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import prettify
from conftest import COMMAND
from format_maker import MAGIC, Maker, table
from prettify.errors import DataError, TypeInfoError, UsageError
from prettify.records.catalogue.information import formats
from prettify.records.sized import reader
from prettify.records.sized.shapes import MAX_SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRUCTS = {
    "head": "u32 magic, u16 where, u16 many",
    "item": "u16 kind, u16 size",
    "point": "u16 kind, u16 size, s32 x, s32 y",
    "name": "u16 kind, u16 size, char text[]",
    "words": "u16 kind, u16 size, u32 values[]",
    "pair": "u16 start, u16 length",
    "letters": "char text[4]",
    "byte": "u8 value",
    "rest": "char text[]",
    "real": "double number",
}
HEAD = table("head", "head", 'seek = "0"', 'count = "1"')
ITEMS = table(
    "item",
    "item",
    'count = "$head.many"',
    'sizeof = "$item.size"',
    'tag = "$item.kind"',
    casts=['DEMO_POINT = "point"', '2 = "name"', '0x3 = "words"'],
)


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Maker]:
    made = Maker(tmp_path)
    made.use(monkeypatch)
    return made


def head(where: int = 0, many: int = 0) -> bytes:
    return b"demo" + struct.pack("<HH", where, many)


def item(kind: int, rest: bytes, size: int | None = None) -> bytes:
    return struct.pack("<HH", kind, 4 + len(rest) if size is None else size) + rest


def everything(source: Any, **options: Any) -> tuple[list[tuple[str, int, Any]], str]:
    """(table, offset, values) of all records, and what is wrong with the data."""
    found = []
    try:
        for record in prettify.read(source, **options):
            found.append((record.table, record.offset, record.values))
    except DataError as error:
        return found, str(error)
    return found, ""


def records(maker: Maker, declaration: str, data: bytes, **options: Any) -> list[Any]:
    """The same, of a format that is added first; nothing may be wrong."""
    maker.add("demo", STRUCTS, MAGIC + declaration)
    found, wrong = everything(data, **options)
    assert not wrong
    return found


def wrong_with(maker: Maker, declaration: str, data: bytes) -> tuple[list[Any], str]:
    maker.add("demo", STRUCTS, MAGIC + declaration)
    found, wrong = everything(data)
    assert wrong
    return [(name, offset) for name, offset, _ in found], wrong


# Where records are.


def test_a_table_follows_the_one_before(maker: Maker) -> None:
    declared = HEAD + table("pair", "pair", 'count = "$head.many"') + table("byte", "byte")
    data = head(many=2) + bytes((1, 0, 2, 0, 3, 0, 4, 0)) + b"\5\6"
    assert records(maker, declared, data)[1:] == [
        ("pair", 8, {"start": 1, "length": 2}),
        ("pair", 12, {"start": 3, "length": 4}),
        ("byte", 16, {"value": 5}),
        ("byte", 17, {"value": 6}),
    ]


def test_a_table_is_where_its_seek_says(maker: Maker) -> None:
    declared = HEAD + table("pair", "pair", 'seek = "$head.where * 2 + 1"', 'size = "8"')
    data = head(where=8) + bytes(9) + struct.pack("<4H", 1, 2, 3, 4) + b"xx"
    assert [offset for _, offset, _ in records(maker, declared, data)[1:]] == [17, 21]


def test_range_is_an_offset_and_a_size(maker: Maker) -> None:
    structs = {"area": "u32 offset, u32 size", **STRUCTS}
    structs["header"] = "u32 magic, area data"
    with pytest.raises(TypeInfoError, match="no table \\$header before it"):
        records(maker, HEAD + table("byte", "byte", 'range = "data"'), head())
    declared = table("header", "header", "count = 1") + table("byte", "byte", 'range = "data"')
    maker.add("demo", structs, MAGIC + declared)
    found, _ = everything(b"demo" + struct.pack("<II", 13, 2) + b"_ab_")
    assert found[1:] == [("byte", 13, {"value": 97}), ("byte", 14, {"value": 98})]


def test_a_stride_may_be_more_than_the_type(maker: Maker) -> None:
    declared = HEAD + table("pair", "pair", "count = 3", 'sizeof = "$head.where"')
    data = head(where=6) + b"".join(struct.pack("<HHH", n, n, 9) for n in range(3))
    assert [(o, v["start"]) for _, o, v in records(maker, declared, data)[1:]] == [
        (8, 0),
        (14, 1),
        (20, 2),
    ]


def test_skip_and_where_leave_records_out(maker: Maker) -> None:
    declared = HEAD + table("byte", "byte", "skip = 2", 'where = "value & 1"')
    data = head() + bytes(range(10, 20))
    found = records(maker, declared, data)[1:]
    assert [(o, v["value"]) for _, o, v in found] == [(11, 13), (13, 15), (15, 17), (17, 19)]


def test_where_goes_with_records_of_their_own_length(maker: Maker) -> None:
    declared = HEAD + table("item", "item", 'sizeof = "$item.size"', 'where = "kind == 7"')
    data = head() + item(6, b"abc") + item(7, b"d") + item(7, b"")
    assert [o for _, o, _ in records(maker, declared, data)[1:]] == [15, 20]


def test_a_table_may_be_there_or_not(maker: Maker) -> None:
    declared = HEAD + table("byte", "byte", 'when = "$head.many > 5"')
    assert len(records(maker, declared, head(many=5) + b"x")) == 1
    assert len(records(maker, declared, head(many=6) + b"x")) == 2


def test_what_refers_to_an_absent_table_is_absent(maker: Maker) -> None:
    declared = (
        HEAD
        + table("pair", "pair", 'when = "$head.many"', "count = 1")
        + table("byte", "byte", 'seek = "$pair.start"', 'count = "$pair.length"')
        + table("last", "byte", 'seek = "$size - 1"')
    )
    found = records(maker, declared, head() + b"abcd")
    assert [name for name, _, _ in found] == ["head", "last"]


def test_until_is_the_last_and_while_the_one_behind_it(maker: Maker) -> None:
    data = head() + bytes((5, 6, 0, 7))
    declared = HEAD + table("byte", "byte", 'until = "$byte.value == 0"')
    assert [v["value"] for _, _, v in records(maker, declared, data)[1:]] == [5, 6, 0]
    declared = HEAD + table("byte", "byte", 'while = "$byte.value"') + table("last", "byte")
    found = records(maker, declared, data)[1:]
    assert [v["value"] for _, _, v in found] == [5, 6, 0, 7]
    assert [name for name, _, _ in found] == ["byte", "byte", "last", "last"]


# Records of records.


def test_a_table_for_each_record_of_another(maker: Maker) -> None:
    declared = (
        HEAD
        + table("pair", "pair", 'count = "$head.many"')
        + table("byte", "byte", 'for = "pair"', 'seek = "$pair.start"', 'size = "$pair.length"')
    )
    data = head(many=3) + struct.pack("<6H", 20, 2, 0, 0, 22, 1) + b"abc"
    found = records(maker, declared, data)
    assert [(n, o) for n, o, _ in found if n == "byte"] == [
        ("byte", 20),
        ("byte", 21),
        ("byte", 22),
    ]


def test_chains_of_tables_know_all_their_parents(maker: Maker) -> None:
    declared = (
        HEAD
        + table("outer", "pair", "count = 2", "shown = false")
        + table(
            "inner",
            "pair",
            'for = "outer"',
            'seek = "$outer.start"',
            'count = "$outer.length"',
            "shown = false",
        )
        + table(
            "byte",
            "byte",
            'for = "inner"',
            'when = "$inner.length != 0"',
            'seek = "$outer.start - 1 + $inner.start + $offset * 0"',
            'count = "$inner.length"',
        )
    )
    inner = struct.pack("<4H", 9, 1, 10, 0), struct.pack("<2H", 5, 2)
    data = head() + struct.pack("<4H", 16, 2, 24, 1) + b"".join(inner) + bytes(range(28, 40))
    found = records(maker, declared, data)
    assert [(n, o) for n, o, _ in found] == [("head", 0), ("byte", 24), ("byte", 28), ("byte", 29)]


def test_the_offset_of_a_parent(maker: Maker) -> None:
    declared = (
        HEAD
        + table("pair", "pair", "count = 2")
        + table("byte", "byte", 'for = "pair"', 'seek = "$offset + 1"', "count = 1")
    )
    found = records(maker, declared, head() + bytes(8))
    assert [o for n, o, _ in found if n == "byte"] == [9, 13]


# Records that say what they are.


def test_casts_by_number_and_by_enumerator(maker: Maker) -> None:
    data = head(many=5)
    data += item(1, struct.pack("<ii", -3, 4)) + item(2, b"Paul\0?") + item(9, b"12")
    data += item(3, struct.pack("<II", 5, 6) + b"x") + item(2, b"")
    found = records(maker, HEAD + ITEMS, data)[1:]
    assert [values for _, _, values in found] == [
        {"kind": 1, "size": 12, "x": -3, "y": 4},
        {"kind": 2, "size": 10, "text": "Paul"},
        {"kind": 9, "size": 6},
        {"kind": 3, "size": 13, "values": [5, 6]},
        {"kind": 2, "size": 4, "text": ""},
    ]


def test_casts_say_their_own_length(maker: Maker) -> None:
    declared = HEAD + table(
        "item",
        "item",
        'tag = "$item.kind"',
        casts=['1 = "point"', '2 = { type = "name", sizeof = "4 + $item.size" }'],
    )
    data = head() + item(1, bytes(8)) + item(2, b"ab", 2) + item(5, b"")
    assert [o for _, o, _ in records(maker, declared, data)[1:]] == [8, 20, 26]


def test_a_last_array_ends_where_tail_says(maker: Maker) -> None:
    tail = table("item", "name", 'tail = "$item.size"', 'align = "4"')
    data = head() + item(2, b"abcdef", 6) + b"__" + item(2, b"ghi", 3)
    found = records(maker, HEAD + tail, data)[1:]
    assert [(o, v["text"]) for _, o, v in found] == [(8, "abcdef"), (20, "ghi")]
    both = table("item", "name", 'sizeof = "$item.size"', 'tail = "min(3, $item.size - 4)"')
    data = head() + item(2, b"abcdef") + item(2, b"gh")
    found = records(maker, HEAD + both, data)[1:]
    assert [(o, v["text"]) for _, o, v in found] == [(8, "abc"), (18, "gh")]


def test_lengths_are_rounded_up(maker: Maker) -> None:
    declared = HEAD + table("item", "item", 'sizeof = "$item.size"', 'align = "8"')
    data = head() + item(1, b"a") + b"___" + item(1, b"bcde") + item(1, b"f")
    assert [o for _, o, _ in records(maker, declared, data)[1:]] == [8, 16, 24]


def test_functions_read_the_file(maker: Maker) -> None:
    declared = (
        HEAD
        + table("letters", "letters", "count = 1")
        + table("a", "byte", 'seek = "octal($letters.text)"', "count = 1")
        + table("b", "byte", "seek = 9", "when = \"$letters.text == '12'\"", "count = 1")
        + table("c", "byte", "seek = 9", "when = \"text(13) == 'xyz' and text(13) like 'x*'\"")
        + table("d", "byte", 'seek = "min(u8(16), max(1, u16(12)))"', "count = 1")
        + table("e", "byte", "seek = \"find(0, 'yz')\"", 'count = "1 if $size > 10 else 2"')
    )
    data = head() + b"12\0\0" + b"\xffxyz\0" + bytes(4)
    found = records(maker, declared, data)
    assert [(n, o) for n, o, _ in found if n != "c"][2:] == [
        ("a", 10),
        ("b", 9),
        ("d", 0),
        ("e", 14),
    ]
    assert [n for n, _, _ in found].count("c") == len(data) - 9


def test_the_other_byte_order(maker: Maker) -> None:
    variants = MAGIC + MAGIC.replace("64 65 6d 6f", "6f 6d 65 64") + 'endian = "big"\n'
    maker.add("demo", STRUCTS, variants + HEAD + ITEMS)
    data = b"omed" + struct.pack(">HHHHii", 0, 1, 1, 12, -1, 2)
    found, wrong = everything(data)
    assert not wrong
    assert found[1][2] == {"kind": 1, "size": 12, "x": -1, "y": 2}


def test_many_lengths_of_one_type(maker: Maker) -> None:
    count = MAX_SHAPES + 50
    maker.add("demo", STRUCTS, MAGIC + HEAD + table("item", "name", 'sizeof = "$item.size"'))
    data = head() + b"".join(item(2, b"n" * (n % count)) for n in range(0, 2 * count, 7))
    lines = b"".join(prettify.decode(data, table="item") or ()).splitlines()
    texts = [json.loads(line)["record"]["text"] for line in lines]
    assert texts == ["n" * (n % count) for n in range(0, 2 * count, 7)]


KINDS = st.sampled_from((1, 2, 3, 9))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(KINDS, st.binary(max_size=40))), st.sampled_from((16, 64, 1 << 19)))
def test_blocks_are_not_seen(maker: Maker, given: list[tuple[int, bytes]], chunk: int) -> None:
    """However much is read at a time, the records are the same, in all forms."""
    maker.add("demo", STRUCTS, MAGIC + HEAD + ITEMS)
    given = [(kind, rest.ljust(8, b"x") if kind == 1 else rest) for kind, rest in given]
    data = head(many=len(given)) + b"".join(item(kind, rest) for kind, rest in given)
    offsets = [8 + sum(4 + len(r) for _, r in given[:n]) for n in range(len(given))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "CHUNK", chunk)
        found, wrong = everything(data, table="item")
        forms = {
            form: b"".join(prettify.decode(data, to=form) or ())
            for form in ("pahole", "c", "kernel", "json", "ndjson")
        }
        # The same from a stream, which can only be read forward.
        with os.fdopen(_pipe(data), "rb", buffering=0) as stream:
            streamed = b"".join(prettify.decode(stream, to="pahole") or ())
    assert not wrong
    assert [(o, v["kind"], v["size"]) for _, o, v in found] == [
        (offset, kind, 4 + len(rest)) for offset, (kind, rest) in zip(offsets, given)
    ]
    lines = [json.loads(line) for line in forms["ndjson"].splitlines()][1:]
    assert [(d["offset"], d["record"]) for d in lines] == [(o, v) for _, o, v in found]
    assert json.loads(forms["json"])["item"] == [v for _, _, v in found]
    assert streamed == forms["pahole"]
    patterns = {form: forms[form].count(b"/* item at 0x") for form in ("pahole", "c", "kernel")}
    runs = sum(1 for n in range(len(given)) if not n or given[n - 1][0] != given[n][0])
    assert set(patterns.values()) == {runs}


def _pipe(data: bytes) -> int:
    """The end of a pipe to read these bytes from, which it can hold."""
    end, start = os.pipe()
    os.write(start, data)
    os.close(start)
    return end


# What is wrong with a file.


@pytest.mark.parametrize(
    ("data", "there", "said"),
    [
        (
            head(many=2) + item(9, b"", 0),
            [8][:0],
            "item: record at byte 8 says it is 0 bytes long, 4",
        ),
        (
            head(many=1) + item(1, bytes(9), 4),
            [],
            "says it is 4 bytes long, 12 needed for struct point",
        ),
        (
            head(many=2) + item(9, b"x") + item(9, b"", 9),
            [8],
            "cut short at byte 13: 4 bytes left, 9",
        ),
        (head(many=3) + item(9, b"x") + b"ab", [8], "cut short at byte 13: 2 bytes left, 4 needed"),
        (head(many=3) + item(9, b"x"), [8], "ends at byte 13, 1 of 3 records are there"),
    ],
)
def test_a_bad_length_is_an_error_of_the_table(
    maker: Maker, data: bytes, there: list[int], said: str
) -> None:
    declared = HEAD + ITEMS + table("end", "byte", 'seek = "0"', "count = 1")
    found, wrong = wrong_with(maker, declared, data)
    assert found == [("head", 0), *(("item", offset) for offset in there), ("end", 0)]
    assert said in wrong


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (['seek = "100"'], "data: x: byte 100 is past the end, 12"),
        (['seek = "8"', "count = 5"], "ends at byte 12, 16 bytes short"),
        (['seek = "8"', "size = 6"], "ends at byte 12, 2 bytes short"),
        (['seek = "9"', "size = 3"], "x: record cut short at byte 9: 3 bytes left, 4 needed"),
        (['seek = "9"'], "x: record cut short at byte 9: 3 bytes left, 4 needed"),
        (['seek = "$head.many - 1"'], "x: its seek is -1"),
        (['seek = "8 / $head.many"'], "x: division by zero"),
        (['seek = "octal(text(8))"'], "x: 'abcd' is no number in base 8"),
        (['seek = "u32(10)"'], "x: nothing to read at byte 10"),
        (['seek = "1 << $head.where - 1"'], "x: a shift by -1"),
        (['seek = "8"', 'sizeof = "$head.many"'], "says it is 0 bytes long, 4 needed"),
        (['seek = "8"', 'sizeof = "$x.start << 4000"'], "cut short at byte 8: 4 bytes left"),
        (['seek = "$size << 60"'], "past the end"),
        (['seek = "8"', 'size = "1 << 70"'], "bytes short of what the format says"),
    ],
)
def test_a_bad_place_is_an_error_of_the_table(maker: Maker, keys: list[str], said: str) -> None:
    declared = HEAD + table("x", "pair", *keys) + table("end", "byte", 'seek = "0"', "count = 1")
    found, wrong = wrong_with(maker, declared, head() + b"abcd")
    assert (found[0], found[-1]) == (("head", 0), ("end", 0))
    assert said in wrong


def test_one_error_for_each_table(maker: Maker, tmp_path: Path) -> None:
    declared = HEAD + table("pair", "pair", "count = 50", "shown = false")
    declared += table("byte", "byte", 'for = "pair"', 'seek = "$pair.start"', "count = 1")
    maker.add("demo", STRUCTS, MAGIC + declared)
    data = head() + struct.pack("<HH", 900, 0) * 50
    errors: list[Exception] = []
    from prettify.dialects.options import Options
    from prettify.records.catalogue.reading import Choice, Reading

    b"".join(Reading("ndjson", Options(), Choice()).run([data], errors.append))
    assert [str(error) for error in errors] == ["data: byte: byte 900 is past the end, 208"]


# How it looks.


def shown(data: bytes, **options: Any) -> str:
    return b"".join(prettify.decode(data, **options) or ()).decode()


TWO = HEAD + table("pair", "pair", "count = 2") + table("none", "byte", "when = 0") + ITEMS


def test_c_text_has_a_heading_for_each_part(maker: Maker) -> None:
    maker.add("demo", STRUCTS, MAGIC + TWO)
    data = head(many=3) + bytes(8) + item(2, b"a") + item(2, b"b") + item(7, b"")
    assert shown(data, to="pahole", compact=True) == (
        "/* head at 0x0: head */\n"
        "{ .magic = 1869440356, .where = 0, .many = 3, },\n"
        "/* pair at 0x8: pair */\n"
        "{ .start = 0, .length = 0, },\n"
        "{ .start = 0, .length = 0, },\n"
        "/* item at 0x10: name */\n"
        '{ .kind = 2, .size = 5, .text = "a", },\n'
        '{ .kind = 2, .size = 5, .text = "b", },\n'
        "/* item at 0x1a: item */\n"
        "{ .kind = 7, .size = 4, },\n"
    )
    assert shown(data, to="c", compact=True, table=["pair", "item"]) == (
        "/* pair at 0x8: pair */\n"
        "(struct pair){},\n"
        "(struct pair){},\n"
        "/* item at 0x10: name */\n"
        '(struct name){ .kind = 2, .size = 5, .text = "a", },\n'
        '(struct name){ .kind = 2, .size = 5, .text = "b", },\n'
        "/* item at 0x1a: item */\n"
        "(struct item){ .kind = 7, .size = 4, }\n"
    ).replace("(struct pair){},", "(struct pair){ 0 },")


def test_json_is_an_object_of_tables(maker: Maker) -> None:
    maker.add("demo", STRUCTS, MAGIC + TWO)
    data = head(many=1) + bytes(8) + item(2, b"a")
    pair = {"start": 0, "length": 0}
    expected = {
        "head": {"magic": 1869440356, "where": 0, "many": 1},
        "pair": [pair, pair],
        "none": [],
        "item": [{"kind": 2, "size": 5, "text": "a"}],
    }
    assert json.loads(shown(data, to="json")) == expected
    assert json.loads(shown(data, to="json", table="none")) == {"none": []}
    lines = shown(data, to="ndjson").splitlines()
    assert json.loads(lines[1]) == {"table": "pair", "offset": 8, "record": pair}
    assert json.loads(lines[-1]) == {
        "table": "item",
        "type": "name",
        "offset": 16,
        "record": expected["item"][0],  # type: ignore[index]
    }


def test_a_single_record_that_is_not_there_is_null(maker: Maker) -> None:
    maker.add("demo", STRUCTS, MAGIC + HEAD + table("x", "byte", "when = 0", "count = 1"))
    assert json.loads(shown(head(), to="json"))["x"] is None


@pytest.mark.parametrize("form", ["pahole", "c", "json", "ndjson", "csv"])
def test_threads_change_nothing(maker: Maker, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "CHUNK", 64)
    each = table("byte", "byte", 'for = "pair"', 'seek = "$pair.start"', 'count = "$pair.length"')
    maker.add("demo", STRUCTS, MAGIC + TWO.replace("count = 2", "count = 40") + each)
    data = head(many=300) + struct.pack("<HH", 20, 9) * 40
    data += b"".join(item(n % 5 % 4, b"n" * (8 + n % 7)) for n in range(300))
    options: dict[str, Any] = {"to": form, "table": "byte" if form == "csv" else ()}
    assert shown(data, jobs=3, **options) == shown(data, **options)


def test_columns_are_of_one_table(maker: Maker) -> None:
    maker.add("demo", STRUCTS, MAGIC + TWO)
    data = head(many=1) + bytes(8) + item(2, b"a")
    assert shown(data, to="csv", table="pair") == "start,length\n0,0\n0,0\n"
    assert shown(data, to="template", table="pair", template="{start}-") == "0-\n0-\n"
    with pytest.raises(
        UsageError, match=r"--to csv holds one table: .* \(head, pair, none, item\)"
    ):
        shown(data, to="csv")
    with pytest.raises(UsageError, match="those of item are of 4; --to ndjson"):
        shown(data, to="csv", table="item")


def test_text_of_any_length_is_a_column(maker: Maker, tmp_path: Path) -> None:
    maker.add("demo", STRUCTS, MAGIC + HEAD + table("name", "name", 'sizeof = "$name.size"'))
    data = head() + item(2, b"Paul") + item(2, b"") + item(2, b"a,b\0c")
    assert shown(data, to="csv", table="name") == 'kind,size,text\n2,8,Paul\n2,4,\n2,9,"a,b"\n'
    assert (
        shown(data, to="template", table="name", template="{text:>4}|") == "Paul|\n    |\n a,b|\n"
    )
    # Where each column has one size it is left out, rather than empty.
    path = tmp_path / "x.db"
    prettify.decode(data, to="sqlite", table="name", out=path)
    database = sqlite3.connect(path)
    assert database.execute("SELECT * FROM name").fetchall() == [(2, 8), (2, 4), (2, 9)]
    database.close()
    maker.add("demo", STRUCTS, MAGIC + HEAD + table("words", "words", 'sizeof = "$words.size"'))
    data = head() + item(3, bytes(8)) + item(3, b"")
    assert shown(data, to="csv", table="words") == "kind,size\n3,12\n3,4\n"


def test_a_database_has_a_table_for_each(maker: Maker, tmp_path: Path) -> None:
    maker.add("demo", STRUCTS, MAGIC + TWO)
    data = head(many=2) + bytes(8) + item(2, b"a") + item(7, b"")
    path = tmp_path / "x.db"
    prettify.decode(data, to="sqlite", out=path)
    database = sqlite3.connect(path)
    names = database.execute("SELECT name FROM sqlite_master ORDER BY rowid").fetchall()
    assert [name for (name,) in names][:4] == ["head", "pair", "none", "item"]
    assert database.execute("SELECT * FROM pair").fetchall() == [(0, 0), (0, 0)]
    assert database.execute("SELECT kind FROM item_name").fetchall() == [(2,)]
    assert database.execute("SELECT kind FROM item").fetchall() == [(7,)]
    database.close()


# What of it.


def test_filters_are_of_one_table(maker: Maker) -> None:
    maker.add("demo", STRUCTS, MAGIC + TWO)
    data = head(many=4) + bytes(8)
    data += item(2, b"a") + item(1, struct.pack("<ii", 1, 2)) + item(1, bytes(8)) + item(7, b"x")
    options = {"table": "item", "to": "ndjson"}

    def offsets(**more: Any) -> list[int]:
        return [json.loads(line)["offset"] for line in shown(data, **options, **more).splitlines()]

    assert offsets(where="kind > 1") == [16, 45]
    assert offsets(where="x == 1") == [21]  # the others have no such member
    assert offsets(skip=1, count=2) == [21, 33]
    assert offsets(where="kind == 1", skip=1) == [33]
    assert offsets(count=0) == [16, 21, 33, 45]
    with pytest.raises(UsageError, match="no member 'z'"):
        offsets(where="z == 1")
    with pytest.raises(UsageError, match=r"--where is of one table: .*\(head, pair, none, item\)"):
        shown(data, where="kind > 1")
    assert shown(data, table="pair", select="length", to="ndjson").count('{"length":0}') == 2
    assert shown(data, select="x,size", **options).splitlines()[0].endswith('{"size":5}}')
    assert json.loads(shown(data, select="x", **options).splitlines()[1])["record"] == {"x": 1}
    with pytest.raises(UsageError, match="--select 'z': no member 'z'"):
        shown(data, select="x,z", **options)
    # Headings are of what is shown.
    text = shown(data, table="item", where="kind == 1", to="pahole", compact=True)
    assert text.splitlines()[0] == "/* item at 0x15: point */"


def test_tables_by_name(maker: Maker) -> None:
    declared = HEAD + table("pair", "pair", "count = 1", "shown = false") + table("byte", "byte")
    maker.add("demo", STRUCTS, MAGIC + declared)
    data = head() + bytes(4) + b"xy"
    assert [n for n, _, _ in everything(data)[0]] == ["head", "byte", "byte"]
    assert everything(data, table="pair")[0] == [("pair", 8, {"start": 0, "length": 0})]
    assert [o for _, o, _ in everything(data, table="byte")[0]] == [12, 13]
    with pytest.raises(UsageError, match="no table 'pairs'; it has head, pair, byte; did you mean"):
        everything(data, table="pairs")


# Which format it is.


def test_the_longest_magic_wins(maker: Maker) -> None:
    one = table("one", "byte", "count = 1")
    maker.add("longer", STRUCTS, MAGIC.replace("64 65 6d 6f", "64 65 6d 6f 21") + one)
    maker.add("demo", STRUCTS, MAGIC + HEAD)
    maker.add("later", STRUCTS, MAGIC.replace("at = 0", "at = 9") + one)
    assert everything(head())[0][0][0] == "head"
    assert everything(b"demo!")[0][0][0] == "one"
    assert everything(bytes(9) + b"demo")[0][0][0] == "one"


def test_a_path_may_tell(maker: Maker, tmp_path: Path) -> None:
    maker.add("demo", STRUCTS, 'paths = ["*/x.log"]\n' + table("byte", "byte"))
    (tmp_path / "x.log").write_bytes(b"ab")
    assert len(everything(tmp_path / "x.log")[0]) == 2
    with pytest.raises(UsageError, match="data: of no known format, it begins with 61 62: say of"):
        everything(b"ab")
    with pytest.raises(UsageError, match="it is empty, so there is nothing"):
        everything(b"")


def test_a_format_by_name(maker: Maker) -> None:
    maker.add("demo", STRUCTS, MAGIC + '[[variant]]\nname = "other"\n' + MAGIC[-1:] + HEAD)
    assert everything(head(), format="demo")[0]
    assert everything(bytes(8), format="demo")[0]  # the variant without a magic
    assert everything(bytes(8), format="demo:demo")[0]
    with pytest.raises(UsageError, match="format demo has no variant 'x'; it has demo, other"):
        everything(head(), format="demo:x")
    with pytest.raises(UsageError, match="no format 'dema'; did you mean 'demo'"):
        everything(head(), format="dema")
    maker.add("strict", STRUCTS, MAGIC + HEAD)
    with pytest.raises(UsageError, match=r"not of format strict, .*: --format strict:demo"):
        everything(bytes(8), format="strict")


# What is wrong with a declaration.


@pytest.mark.parametrize(
    ("declaration", "said"),
    [
        ("[[table", "format.toml: no TOML: "),
        ('color = "red"', "unknown key 'color'; it has summary, specification"),
        ("", "it has no key 'table'"),
        ('[[table]]\nname = "x"', "table 1: it has no key 'type'"),
        (table("x", "byte", "seek = true"), "table 1: key 'seek': an expression, as text expected"),
        (table("x y", "byte"), "table 'x y': its name 'x y' is no word"),
        (
            table("x", "bite"),
            "table 'x', key 'type': type 'bite' not found in formats/demo; did you",
        ),
        (table("x", "byte", 'for = "y"', "seek = 0"), "key 'for': no table 'y' before it"),
        (HEAD + table("x", "byte", 'for = "head"'), "such a table needs the key 'seek'"),
        (HEAD + HEAD, "table 'head': variant 'demo' has two tables of that name"),
        (
            table("x", "byte", 'variant = "z"'),
            "key 'variant': no variant 'z'; the format: it has demo",
        ),
        (table("x", "byte", 'tag = "1"'), "'tag' and 'cast' go together"),
        (table("x", "byte", 'tag = "1"', casts=["a-b = 'byte'"]), "neither a number nor an enum"),
        (
            table("x", "byte", 'tag = "1"', casts=["ABC = 'byte'"]),
            "cast ABC: neither a number nor an",
        ),
        (
            table("x", "pair", 'tag = "1"', casts=["1 = 'byte'"]),
            "byte is shorter than pair, its beg",
        ),
        (table("x", "byte", 'tag = "1"', casts=["1 = {}"]), "cast 1: it has no key 'type'"),
        (table("x", "byte", 'seek = "1 +"'), "key 'seek': '1 +': a value expected at column 4"),
        (table("x", "byte", 'seek = "$y.z"'), "no table $y before it; it has $offset, $size"),
        (table("x", "byte", 'seek = "$x.value"'), "no table $x before it"),
        (
            HEAD + table("x", "byte", 'seek = "$head.mony"'),
            "no member 'mony'; it has magic, where, many",
        ),
        (HEAD + table("x", "byte", 'seek = "$head"'), "$head is a record, not a number"),
        (table("x", "byte", 'seek = "y"'), "'y' is neither an enumerator nor $TABLE.MEMBER"),
        (
            table("x", "letters", 'tag = "$x.text"', casts=["1 = 'letters'"]),
            "a number expected, not text",
        ),
        (table("x", "words", 'until = "$x.values"'), "$x.values is no number, but"),
        (table("x", "real", 'sizeof = "$x.number"'), "an integer expected, not a float"),
        (table("x", "byte", 'seek = "foo(1)"'), "no function 'foo' at column 1"),
        (table("x", "byte", 'seek = "align(1)"'), "align() of 1 values, not 2, at column 1"),
        (table("x", "byte", 'seek = "octal(1)"'), "text expected, not an integer, at column 7"),
        (table("x", "byte", 'seek = "1 / 0"'), "division by zero at column 3"),
        (table("x", "byte", 'seek = "1 if 2"'), "'else' expected at column 7"),
        (table("x", "rest"), "table 'x', key 'type': rest has no bytes"),
        (table("x", "byte", 'tail = "1"'), "key 'tail': struct byte does not end with an array"),
        ("paths = [1]\n" + HEAD, "key 'paths': texts expected, not 1"),
        (MAGIC.replace("64", "zz") + HEAD, "'zz' is no byte: 7f, or ?? for any"),
        (
            MAGIC.replace("at = 0", "at = 70000") + HEAD,
            "key 'magic': bytes from 0 to 65536 expected",
        ),
        (table("x", "byte") + MAGIC, "its variants have to stand before its tables"),
        (MAGIC + 'endian = "middle"\n' + HEAD, "little or big expected, not 'middle'"),
    ],
)
def test_what_is_wrong_with_a_declaration(maker: Maker, declaration: str, said: str) -> None:
    paths = "" if "paths" not in declaration else declaration.partition("\n")[0] + "\n"
    rest = declaration[len(paths) :]
    magic = "" if rest.startswith(("[[variant", "color")) else MAGIC
    maker.add("demo", STRUCTS, paths + magic + rest)
    with pytest.raises(TypeInfoError) as failure:
        list(prettify.read(head(), format="demo"))
    assert said in str(failure.value)
    assert "format.toml: " in str(failure.value)
    assert "\n" not in str(failure.value)


def test_information(maker: Maker) -> None:
    maker.add("demo", STRUCTS, MAGIC + HEAD + ITEMS)
    [format] = formats()
    assert (format.name, format.summary, format.variants) == ("demo", "demo", {"demo": ["little"]})
    assert format.tables[1].types == ("item", "point", "name", "words")
    with pytest.raises(UsageError, match="no format 'dem'; did you mean 'demo'"):
        formats("dem")


# The command.


def run(*arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], input=data, capture_output=True, check=False, timeout=60
    )


ELF = "formats/elf/samples/elf64.bin"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "elf", "-C", "u32"], "--type with --format: the format has types of its own"),
        (["--format", "elf", "--header", "u32"], "--header with --format: the format has a header"),
        (
            ["--format", "elf", "-t", "elf"],
            "--types with --format: the format has types of its own",
        ),
        (
            ["--format", "elf", "--define", "struct x { int a; };"],
            "--define with --format: it is about where types come from",
        ),
        (["--format", "elf", "--target-flags=-m32"], "--target-flags with --format: it is about"),
        (["--format", "elf", "--seek", "1"], "--seek with --format: the format says where"),
        (["--table", "x", "-C", "u32"], "--table is for --format, not for records of -C"),
        (["--format", "elf", "--table", "a,,b"], "--table 'a,,b': a table's name is empty"),
        (["--format", "elf", "--where", "1", ELF], "--where is of one table: name it with --table"),
        (["--format", "elf", "--count", "x"], "'x' at column 1 is no number"),
        (
            ["--format", "elf", "--table", "symbol", "--skip", "$header.e_shnum"],
            "--skip '$header.e_shnum': of a format's table it is a number, without $header",
        ),
        (
            ["--format", "elf", "--to", "json", "README.md"],
            "README.md: not of format elf, it begins",
        ),
        (["--to", "csv", "/dev/null"], "/dev/null: it is empty, so there is nothing"),
        (["--format", "pcap", "/"], "/ is a directory: name the files in it"),
    ],
)
def test_wrong_use_of_the_command(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


def test_no_output_of_a_file_of_another_format(tmp_path: Path) -> None:
    for form in ("parquet", "sqlite", "json"):
        path = tmp_path / f"out.{form}"
        done = run("--table", "symbol", "--to", form, "-o", str(path), "README.md")
        assert (done.returncode, path.exists()) == (2, False)
    done = run("--table", "type", "--to", "csv", ELF, "formats/btf/samples/big.bin")
    first, second = done.stderr.decode().splitlines()
    assert first.startswith(f"prettify: {ELF}: format elf has no table 'type'; it has header, ")
    assert second.startswith("prettify: formats/btf/samples/big.bin: --to csv holds records of one")
    done = run("--table", "header", "--where", "e_type == 3", "--to", "ndjson",
               "formats/btf/samples/big.bin", ELF)  # fmt: skip
    assert done.stderr.startswith(b"prettify: formats/btf/samples/big.bin: --where 'e_type == 3'")
    assert json.loads(done.stdout)["file"] == ELF


def test_several_files_are_named(tmp_path: Path) -> None:
    done = run(
        "--table", "header", "--to", "ndjson", ELF, "formats/btf/samples/big.bin", "README.md"
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == [ELF, "formats/btf/samples/big.bin"]
    assert done.returncode == 2
    assert done.stderr.startswith(b"prettify: README.md: of no known format")
    text = run("--table", "header", "--compact", ELF, ELF).stdout.decode()
    assert text.splitlines()[0] == f"/* {ELF}: header at 0x0: elf64_hdr */"
    objects = json.loads(run("--table", "header", "--to", "json", ELF, ELF).stdout)
    assert [list(found) for found in objects] == [["file", "format", "tables"]] * 2


def test_a_damaged_file_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    damaged = tmp_path / "x"
    with open(ELF, "rb") as file:
        damaged.write_bytes(file.read()[:600])
    done = run(str(damaged), "--to", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["header"]["e_type"] == 3
    assert b"section" in done.stderr


def test_a_pipe_is_as_good_as_a_file() -> None:
    with open(ELF, "rb") as file:
        data = file.read()
    from_file = run(ELF)
    from_pipe = run(data=data)
    assert from_pipe.stdout == from_file.stdout
    assert from_pipe.returncode == 0
    with open(ELF, "rb") as file:
        done = subprocess.run(COMMAND, stdin=file, capture_output=True, check=False, timeout=60)
    assert done.stdout == from_file.stdout


def test_records_of_a_pipe_are_shown_as_they_come(tmp_path: Path) -> None:
    header = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    packet = struct.pack("<IIII", 1, 2, 4, 4) + b"abcd"
    process = subprocess.Popen(
        [*COMMAND, "--to", "ndjson"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(header)
        process.stdin.flush()
        assert b'"table":"header"' in process.stdout.readline()
        for _ in range(2):
            process.stdin.write(packet)
            process.stdin.flush()
            assert b'"table":"packet"' in process.stdout.readline()
        process.stdin.close()
    assert process.returncode == 0


def test_the_list_of_formats() -> None:
    lines = run("formats").stdout.decode().splitlines()
    assert any(line.startswith("elf ") for line in lines)
    found = json.loads(run("formats", "--to", "json").stdout)
    assert [format["name"] for format in found] == [line.split()[0] for line in lines]
    details = run("formats", "elf").stdout.decode()
    assert "elf64, little or big-endian" in details
    assert "  symbol        elf64_sym (elf64)\n" in details
    done = run("formats", "efl")
    assert (done.returncode, done.stderr.count(b"did you mean 'elf'")) == (2, 1)
