"""SQLite databases hold what `unpack` says."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from btf_writer import BtfWriter
from conftest import examples
from conversions import converted, converted_all, projection, same, unpacked
from prettify.compilers import columns, values
from prettify.errors import DataError, UsageError
from prettify.layout import Layout, Node
from prettify.paths import WHOLE
from small_types import ORDERS, Ints, laid_out
from strategies import record_bytes, record_layouts

sqlite3 = pytest.importorskip("sqlite3", reason="this Python lacks sqlite3")

from prettify.records.forms.sqlite import PIECE, Sqlite  # noqa: E402
from prettify.records.forms.sqlite_columns import MAX_COLUMNS  # noqa: E402

MAX_INTEGER = (1 << 63) - 1


@pytest.fixture(params=ORDERS)
def ints(request: pytest.FixtureRequest) -> Ints:
    return Ints(request.param)


class Database:
    """A database in memory, for questions."""

    def __init__(self, content: bytes) -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            on_disk = sqlite3.connect(file.name)
            self.connection = sqlite3.connect(":memory:")
            on_disk.backup(self.connection)
            on_disk.close()
        assert self.rows("PRAGMA integrity_check") == [("ok",)]

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(question).fetchall()

    def column(self, question: str) -> list[Any]:
        return [value for (value,) in self.rows(question)]

    def records(self, table: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(f'SELECT * FROM "{table}"')
        names = [row[0] for row in cursor.description]
        return [dict(zip(names, row)) for row in cursor]

    def declared(self, table: str) -> list[tuple[str, str]]:
        return [row[1:3] for row in self.rows(f'PRAGMA table_info("{table}")')]


def database(layout: Layout, data: bytes, order: str | None = None) -> Database:
    return Database(converted(Sqlite([layout], order), [data]))


def test_each_kind_of_member(ints: Ints) -> None:
    w = ints.w
    inner = w.struct("i", 2, [("x", ints.u8, 0), ("y", ints.u8, 8)])
    layout = ints.struct(
        44,
        [
            ("n", ints.i32, 0),
            ("bits", ints.u32, 32, 5),
            ("b", ints.bool, 40),
            ("c", ints.color, 48),
            ("d", ints.double, 64),
            ("p", w.ptr(0), 128),
            ("text", w.array(ints.char, 4), 192),
            ("octets", w.array(ints.u8, 4), 224),
            ("numbers", w.array(ints.u16, 2), 256),
            ("i", w.array(inner, 2), 288),
            ("none", w.array(ints.u32, 0), 320),
            ("huge", ints.u16, 336),
        ],
    )
    data = bytes(range(1, 89))
    found = database(layout, data)
    assert found.declared("s") == [
        ("n", "INTEGER"),
        ("bits", "INTEGER"),
        ("b", "INTEGER"),
        ("c", ""),
        ("d", "REAL"),
        ("p", ""),
        ("text", "TEXT"),
        ("octets", "BLOB"),
        ("numbers[0]", "INTEGER"),
        ("numbers[1]", "INTEGER"),
        ("i[0].x", "INTEGER"),
        ("i[0].y", "INTEGER"),
        ("i[1].x", "INTEGER"),
        ("i[1].y", "INTEGER"),
        ("huge", "INTEGER"),
    ]
    expected = [flattened(layout.root, value) for value in unpacked(layout, ints.order, data)]
    assert same(found.records("s"), expected)
    assert found.column('SELECT "numbers[1]" FROM s') == [row["numbers[1]"] for row in expected]


def test_integers_beyond_sqlites_are_texts_that_sort(ints: Ints) -> None:
    order: Any = ints.order
    numbers = [(1 << 64) - 1, 1 << 63, 10**19, 5, MAX_INTEGER, 0, (1 << 63) + 1]
    layout = ints.struct(16, [("n", ints.u64, 0), ("p", ints.w.ptr(0), 64)])
    found = database(layout, b"".join(2 * n.to_bytes(8, order) for n in numbers))
    assert found.column("SELECT n FROM s ORDER BY n") == [
        0,
        5,
        MAX_INTEGER,
        "09223372036854775808",
        "09223372036854775809",
        "10000000000000000000",
        "18446744073709551615",
    ]
    assert found.column("SELECT p FROM s ORDER BY p") == [
        0,
        5,
        MAX_INTEGER,
        "0x8000000000000000",
        "0x8000000000000001",
        "0x8ac7230489e80000",
        "0xffffffffffffffff",
    ]
    assert found.column("SELECT n FROM s WHERE n > 4 AND n < 6") == [5]


def test_wide_integers(ints: Ints) -> None:
    order: Any = ints.order
    w = ints.w
    layout = ints.struct(
        32, [("u", w.int("u128", 16), 0), ("s", w.int("s128", 16, signed=True), 128)]
    )
    numbers = [0, 7, 1 << 63, (1 << 127) - 1]
    rows = b"".join(n.to_bytes(16, order) + (-n).to_bytes(16, order, signed=True) for n in numbers)
    found = database(layout, rows + b"\xff" * 16 + bytes(16))
    assert found.column("SELECT u FROM s ORDER BY u") == [
        0,
        7,
        "000000000000000000009223372036854775808",
        "170141183460469231731687303715884105727",
        "340282366920938463463374607431768211455",
    ]
    assert found.column("SELECT s FROM s") == [
        0,
        -7,
        -1 << 63,
        "-170141183460469231731687303715884105727",
        0,
    ]


@pytest.mark.filterwarnings("error")
def test_floats_that_are_no_numbers_are_null() -> None:
    ints = Ints("little")
    w = ints.w
    layout = ints.struct(2, [("h", w.float("_Float16", 2), 0)])
    found = database(layout, b"\x00\x7e\x00\x7c\x00\xfc\x00\x3e")
    assert found.column("SELECT h FROM s") == [None, math.inf, -math.inf, 1.5]
    signaling = b"\x01\x00\x80\x7f"
    layout = ints.struct(4, [("f", w.float("float", 4), 0)])
    assert database(layout, signaling).column("SELECT f FROM s") == [None]


def test_names_of_enums_and_numbers_without(ints: Ints) -> None:
    enum = ints.w.enum64("e", [("LOW", -5), ("9", 3)], size=8, signed=True)
    order: Any = ints.order
    layout = ints.struct(8, [("e", enum, 0)])
    data = b"".join(n.to_bytes(8, order, signed=True) for n in (-5, 3, 9, -(1 << 63)))
    found = database(layout, data)
    assert found.column("SELECT e FROM s") == ["LOW", "9", 9, -(1 << 63)]
    unsigned = ints.struct(8, [("e", ints.w.enum64("f", [("A", 1)]), 0)], "t")
    assert database(unsigned, b"\xff" * 8).column("SELECT e FROM t") == ["18446744073709551615"]


def test_texts(ints: Ints) -> None:
    layout = ints.struct(4, [("t", ints.w.array(ints.char, 4), 0)])
    for texts in ([b"abcd", b"", b"a\0bc"], [b"\xc3\xa9\0x", b"\xe9", b"b\xc3", b"\xa9"]):
        found = database(layout, b"".join(text.ljust(4, b"\0") for text in texts))
        assert found.column("SELECT t FROM s") == [values.text_of(text) for text in texts]


def test_a_table_for_each_type(ints: Ints) -> None:
    w = ints.w
    first = ints.struct(4, [("n", ints.u32, 0)], "one")
    second = ints.struct(2, [("n", ints.u16, 0)], "ONE")
    third = laid_out(w, w.typedef("sqlite_thing", ints.u8))
    fourth = laid_out(w, w.array(ints.u16, 2))
    sqlite = Sqlite([first, second, third, fourth], None)
    blocks = [(1, b"\1\1"), (0, b"\2" * 8), (1, b"\3\3\4\4"), (2, b"\5"), (3, b"\6\6\7\7")]
    found = Database(converted_all(sqlite, blocks))
    assert found.records("one") == [{"n": 0x02020202}] * 2
    assert found.records("ONE_2") == [{"n": 0x101}, {"n": 0x303}, {"n": 0x404}]
    assert found.records("_sqlite_thing") == [{"value": 5}]
    assert found.records("record") == [{"value[0]": 0x606, "value[1]": 0x707}]
    assert found.column("SELECT name FROM sqlite_master") == [
        "one", "ONE_2", "_sqlite_thing", "record",
    ]  # fmt: skip


def test_names_that_sql_has_other_plans_for(ints: Ints) -> None:
    members = ["select", "a b", 'quo"te', "'", "A", "a", "a_2", b"caf\xe9", ";--", "[0]"]
    rows = [(name, ints.u8, 8 * at) for at, name in enumerate(members)]
    layout = ints.struct(len(rows), rows, 'dr"op')
    found = database(layout, bytes(range(len(rows))))
    assert [name for name, _ in found.declared('dr""op')] == [
        "select", "a b", 'quo"te', "'", "A", "a_2", "a_2_2", "caf\xe9", ";--", "[0]",
    ]  # fmt: skip
    assert found.rows('SELECT * FROM "dr""op"') == [tuple(range(len(rows)))]


def test_large_arrays_are_json(ints: Ints) -> None:
    w = ints.w
    inner = w.struct(
        "i", 16, [("p", w.ptr(0), 0), ("c", ints.color, 64), ("t", w.array(ints.char, 7), 72)]
    )
    layout = ints.struct(
        5 + 2 * MAX_COLUMNS + 16 * 900,
        [
            ("n", w.array(ints.u8, 2), 0),
            ("few", w.array(ints.i8, 3), 16),
            ("many", w.array(ints.u16, MAX_COLUMNS), 40),
            ("structs", w.array(inner, 900), 40 + 16 * MAX_COLUMNS),
        ],
    )
    data = bytes(at % 120 for at in range(2 * layout.size))
    found = database(layout, data)
    assert found.declared("s") == [
        ("n", "BLOB"),
        ("few[0]", "INTEGER"),
        ("few[1]", "INTEGER"),
        ("few[2]", "INTEGER"),
        ("many", "TEXT"),
        ("structs", "TEXT"),
    ]
    for row, expected in zip(found.records("s"), unpacked(layout, ints.order, data)):
        assert json.loads(row["many"]) == expected["many"]
        structs = [{**one, "p": hex(one["p"])} for one in expected["structs"]]
        assert json.loads(row["structs"]) == structs
    total = "SELECT sum(value) FROM s, json_each(s.many) WHERE s.rowid = 1"
    assert found.column(total) == [sum(unpacked(layout, ints.order, data)[0]["many"])]


def test_as_many_columns_as_sqlite_has() -> None:
    ints = Ints("little")
    w = ints.w
    layout = ints.struct(MAX_COLUMNS, [("a", w.array(ints.i8, MAX_COLUMNS), 0)])
    found = database(layout, bytes(at % 100 for at in range(MAX_COLUMNS)))
    assert found.rows("SELECT * FROM s") == [tuple(at % 100 for at in range(MAX_COLUMNS))]
    too_many = [(f"m{at}", ints.u8, 8 * at) for at in range(MAX_COLUMNS + 1)]
    layout = ints.struct(MAX_COLUMNS + 1, too_many)
    with pytest.raises(UsageError, match=f"{MAX_COLUMNS + 1} members, an SQLite table at most"):
        Sqlite([layout], None)
    part = projection(layout, ["m7", "m3"])
    data = bytes(at % 200 for at in range(layout.size))
    assert database(part, data).records("s") == [{"m7": 7, "m3": 3}]


def test_projections(ints: Ints) -> None:
    w = ints.w
    inner = w.struct("i", 4, [("x", ints.u16, 0), ("t", w.array(ints.char, 2), 16)])
    layout = ints.struct(
        12, [("a", ints.u32, 0, 7), ("b", ints.u32, 32), ("c", inner, 64)], "whole"
    )
    part = projection(layout, ["c", "a"])
    data = bytes(range(48, 48 + 24))
    found = database(part, data).records("whole")
    expected = [flattened(layout.root, value) for value in unpacked(layout, ints.order, data)]
    assert found == [{name: row[name] for name in ("c.x", "c.t", "a")} for row in expected]


def test_no_records(ints: Ints) -> None:
    layout = ints.struct(4, [("n", ints.u32, 0)])
    for blocks in ([], [b""]):
        found = Database(converted(Sqlite([layout], None), blocks))
        assert found.records("s") == []
        assert found.declared("s") == [("n", "INTEGER")]


def test_the_byte_order_asked_for() -> None:
    ints = Ints("little")
    layout = ints.struct(4, [("n", ints.u32, 0), ("a", ints.w.array(ints.u16, 2), 0)])
    assert database(layout, b"\0\0\0\1", "big").records("s") == [
        {"n": 1, "a[0]": 0, "a[1]": 1}
    ]  # fmt: skip
    with pytest.raises(UsageError, match="byte order 'middle'"):
        Sqlite([layout], "middle")


def test_what_cannot_be_a_table() -> None:
    ints = Ints("little")
    w = ints.w
    with pytest.raises(UsageError, match="fwd f is a forward, which has no size"):
        Sqlite([laid_out(w, w.fwd("f"))], None)
    with pytest.raises(UsageError, match="struct e has no members"):
        Sqlite([ints.struct(4, [("x", w.array(ints.u32, 0), 0)], "e")], None)
    conversion = Sqlite([ints.struct(4, [("n", ints.u32, 0)])], None)
    with pytest.raises(DataError, match="left over"):
        conversion.convert(0, memoryview(bytes(7)))


def test_the_file_has_no_name_and_comes_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ints = Ints("little")
    conversion = Sqlite([laid_out(ints.w, ints.w.array(ints.u8, 1000))], None)
    assert not list(conversion.before())
    for _ in range(3):
        part = conversion.convert(0, memoryview(bytes(1_000_000)))
        assert not list(conversion.pieces(part))
        assert not list(tmp_path.iterdir())
    sizes = [len(piece) for piece in conversion.after()]
    assert len(sizes) > 2
    assert set(sizes[:-1]) == {PIECE}
    conversion.close()
    conversion.close()


def test_closed_before_the_end() -> None:
    ints = Ints("little")
    conversion = Sqlite([ints.struct(4, [("n", ints.u32, 0)])], None)
    conversion.close()
    conversion.before()
    conversion.pieces(conversion.convert(0, memoryview(bytes(8))))
    conversion.close()
    assert not list(conversion.after())


def test_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ints = Ints("little")
    conversion = Sqlite([ints.struct(4, [("n", ints.u32, 0)])], None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="cannot write the SQLite database, which needs room in"):
        conversion.before()
    conversion.close()


def test_a_full_disk() -> None:
    ints = Ints("little")
    conversion = Sqlite([ints.struct(4, [("n", ints.u32, 0)])], None)
    conversion.before()
    conversion._database.execute("PRAGMA max_page_count = 3")  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="database or disk is full"):
        conversion.pieces(conversion.convert(0, memoryview(bytes(1 << 20))))
    conversion.close()


def test_without_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    monkeypatch.delitem(sys.modules, "prettify.records.forms.sqlite")
    with pytest.raises(UsageError, match="this Python lacks"):
        __import__("prettify.records.forms.sqlite")


def flattened(node: Node, value: Any, name: str = "") -> dict[str, Any]:
    """The row of what `unpack` gives."""
    kind = columns.leaf_of(node)
    if kind is not None:
        return {name or WHOLE: _in_sql(node, kind, value)}
    found: dict[str, Any] = {}
    if node.element is not None:
        for index, element in enumerate(value):
            found.update(flattened(node.element, element, f"{name or WHOLE}[{index}]"))
    else:
        for member, (_, child) in values.table(node).items():
            found.update(flattened(child, value[member], f"{name}.{member}" if name else member))
    return found


def _in_sql(node: Node, kind: str, value: Any) -> Any:
    if kind == columns.OCTETS:
        return bytes(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, int) and not -(1 << 63) <= value <= MAX_INTEGER:
        if kind == columns.POINTER:
            return f"0x{value:016x}"
        digits = 39 if kind == columns.WIDE else 20
        return f"{'-' if value < 0 else ''}{abs(value):0{digits}}"
    return value


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(record_layouts(), st.data())
def test_sqlite_and_construct_agree(layout: Layout, data: st.DataObject) -> None:
    assume(layout.size)
    count = data.draw(st.integers(1, 3))
    records = [data.draw(record_bytes(layout.size)) for _ in range(count)]
    expected = [
        flattened(layout.root, value)
        for value in unpacked(layout, layout.byte_order, b"".join(records))
    ]
    assume(0 < len(expected[0]) <= MAX_COLUMNS)
    found = Database(converted(Sqlite([layout], None), records))
    [table] = found.column("SELECT name FROM sqlite_master")
    assert same(found.records(table), expected)


def test_a_32_bit_machine_has_short_pointers() -> None:
    w = BtfWriter("little")
    w.int("long", 4, signed=True)
    layout = laid_out(w, w.struct("s", 4, [("p", w.ptr(0), 0)]))
    assert database(layout, b"\xff" * 4).records("s") == [{"p": 0xFFFFFFFF}]
