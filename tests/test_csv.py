"""CSV: read back by other readers, it holds the values that `unpack` gives."""

from __future__ import annotations

import csv
import io
import math
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import prettify
from btf_writer import BtfWriter
from conftest import examples
from prettify import layout as layouts
from prettify import model
from prettify.api import RecordType
from prettify.compilers import values
from prettify.core import emitter
from prettify.layout import Layout, Node
from prettify.sources.btf import Btf
from strategies import record_bytes, record_layouts

if TYPE_CHECKING:
    from prettify.api import Types

property_test = settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
WIDE = (layouts.X87, layouts.QUAD)  # whose text has more digits than a double


def made(writer: BtfWriter, type_id: int) -> RecordType:
    return RecordType(Btf(writer.bytes(), "made").by_id(type_id))


def decoded(data: bytes, record_type: RecordType, **options: str) -> str:
    pieces = prettify.decode(data, record_type, "csv", **options)
    assert pieces is not None
    return b"".join(pieces).decode()


def rows(text: str) -> list[list[str]]:
    csv.field_size_limit(1 << 30)
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def columns(node: Node, value: Any, name: str) -> Iterator[tuple[str, Node, Any]]:
    """(name, node, value) of each column that a value makes."""
    if node.kind in layouts.NESTED:
        for member, _, child in values.members(node):
            yield from columns(child, value[member], f"{name}.{member}" if name else member)
    elif node.element is not None and not node.of_chars:
        for index in range(node.count):
            yield from columns(node.element, value[index], f"{name}[{index}]")
    else:
        yield name, node, value


def shown(node: Node, value: Any) -> str:
    """A value that is no float as the text of its column."""
    if layouts.is_bool(node):
        return "true" if value else "false"
    if node.kind == model.BYTES:
        return str(value.hex())
    return hex(value) if node.kind == model.POINTER else str(value)


def same_float(node: Node, text: str, value: float) -> bool:
    number, form = float(text), layouts.float_format(node)
    if math.isnan(value):
        return text == "nan"
    if form in WIDE:
        return number == value or math.isclose(number, value, rel_tol=1e-15)
    return values.float_bits(number, form) == values.float_bits(value, form)


def check_row(found: list[str], expected: list[tuple[str, Node, Any]]) -> None:
    assert len(found) == len(expected)
    for text, (_, node, value) in zip(found, expected):
        if node.kind == model.FLOAT:
            assert same_float(node, text, value)
        else:
            assert text == shown(node, value)


@property_test
@given(record_layouts(), st.data())
def test_the_values_are_those_of_unpack(layout: Layout, data: st.DataObject) -> None:
    record_type = RecordType(layout.type)
    root = layout.root
    records = [data.draw(record_bytes(record_type.size)) for _ in range(3)]
    name = "" if root.kind in layouts.NESTED else "value"
    unpacked = [list(columns(root, record_type.unpack(record), name)) for record in records]
    if not unpacked[0]:
        with pytest.raises(prettify.UsageError, match="no members, so CSV has no columns"):
            record_type.format(records[0], "csv")
        return
    header = [name for name, _, _ in unpacked[0]]
    if record_type.size:
        text = decoded(b"".join(records), record_type)
        found = rows(text)
        assert found[0] == header
        assert len(found) == 4
        for row, expected in zip(found[1:], unpacked):
            check_row(row, expected)
        # Quotes stand where Python's writer puts them, which before 3.13 forgot some line ends.
        again = io.StringIO(newline="")
        csv.writer(again, lineterminator="\n").writerows(found)
        assert text == again.getvalue() or "\r" in text
    one = rows(record_type.format(records[0], "csv"))
    assert one[0] == header
    check_row(one[1], unpacked[0])


# Columns.


def test_members_elements_and_anonymous_members_are_columns(zoo: Types) -> None:
    text = decoded(struct.pack("<I4xQQI4x", 7, 0x01020304, 9, 10), zoo["n_anon"])
    assert text.startswith("tag,word,lo,hi,b0,b1,b2,b3,left,right,end\n7,")


def nested(count: int) -> RecordType:
    writer = BtfWriter()
    byte = writer.int("unsigned char", 1)
    char = writer.int("char", 1)
    grid = writer.array(writer.array(byte, 2), 2)
    empty = writer.struct("empty", 0, [])
    point = writer.struct("point", 4, [("x", byte, 0), ("name", writer.array(char, 3), 8)])
    points = writer.array(point, count)
    members = [("grid", grid, 0), ("none", empty, 32), ("e", byte, 32), ("p", points, 40)]
    return made(writer, writer.struct("nested", 5 + 4 * count, members))


def test_names_of_nested_columns() -> None:
    text = decoded(b"\1\2\3\4\5\6a,\0\7\0bc", nested(2))
    assert text == (
        "grid[0][0],grid[0][1],grid[1][0],grid[1][1],e,p[0].x,p[0].name,p[1].x,p[1].name\n"
        '1,2,3,4,5,6,"a,",7,\n'
    )


def test_arrays_without_elements_have_no_columns() -> None:
    header = "grid[0][0],grid[0][1],grid[1][0],grid[1][1],e\n"
    assert decoded(b"\1\2\3\4\5", nested(0)) == header + "1,2,3,4,5\n"


def test_names_that_need_quotes_have_them() -> None:
    writer = BtfWriter()
    byte = writer.int("unsigned char", 1)
    enum = writer.enum("e", [('a"b', 1), ("a,b", 2)], size=1)
    odd = writer.struct("odd", 3, [('a"b', byte, 0), (b"\xff,", enum, 8), ("c", enum, 16)])
    assert decoded(b"\0\1\2", made(writer, odd)) == '"a""b","\xff,",c\n0,"a""b","a,b"\n'


def test_what_is_no_struct_is_the_column_value(zoo: Types) -> None:
    assert zoo["e_signed"].format(struct.pack("<i", -2), "csv") == "value\nEN_NEG\n"
    assert zoo["name16_t"].format(b"a,b" + bytes(13), "csv") == 'value\n"a,b"\n'
    writer = BtfWriter()
    numbers = made(writer, writer.array(writer.int("unsigned char", 1), 2))
    assert numbers.format(b"\1\2", "csv") == "value[0],value[1]\n1,2\n"


def test_a_single_empty_text_is_no_empty_line(zoo: Types) -> None:
    text = decoded(bytes(16) + b"x" + bytes(15) + bytes(16), zoo["name16_t"])
    assert text == 'value\n""\nx\n""\n'


def test_too_many_columns_are_refused_before_they_are_made() -> None:
    writer = BtfWriter()
    many = writer.array(writer.array(writer.int("unsigned char", 1), 60_000), 60_000)
    record_type = made(writer, writer.struct("many", 3_600_000_000, [("m", many, 0)]))
    with pytest.raises(prettify.UsageError, match=r"3600000000 columns, over 100000.* --select"):
        prettify.decode(b"", record_type, "csv")


def test_as_many_columns_as_there_may_be() -> None:
    writer = BtfWriter()
    many = made(writer, writer.array(writer.int("unsigned char", 1), 100_000))
    header, row = rows(decoded(bytes(99_999) + b"\7", many))
    assert (len(header), header[-1]) == (100_000, "value[99999]")
    assert row == ["0"] * 99_999 + ["7"]


def test_the_header_stands_there_without_records(zoo: Types) -> None:
    assert decoded(b"", zoo["h_none"]) == "a,b\n"


# Values.


def test_enums_as_numbers(zoo: Types) -> None:
    data = struct.pack("<i", -2)
    assert decoded(data, zoo["e_signed"], enums="number") == "value\n-2\n"
    with pytest.raises(prettify.UsageError, match="enums 'both': csv takes name or number"):
        decoded(data, zoo["e_signed"], enums="both")


def test_floats_and_booleans(zoo: Types) -> None:
    data = struct.pack("<f4xd3f4xdd", 0.1, math.nan, math.inf, -math.inf, 3, 4, -0.0)
    line = decoded(data, zoo["s_float"]).splitlines()[1]
    assert line == "0.1,nan,inf,-inf,3.0,4.0,-0.0"
    bools = decoded(bytes((1, 0, 200, 0, 1, 2)), zoo["s_bool"]).splitlines()[1]
    assert bools == "true,false,true,false,true,false,true"


def texts(size: int) -> RecordType:
    writer = BtfWriter()
    array = writer.array(writer.int("char", 1), size)
    number = writer.int("unsigned char", 1)
    members = [("before", number, 0), ("text", array, 8), ("behind", number, 8 + 8 * size)]
    return made(writer, writer.struct("texts", size + 2, members))


@pytest.mark.parametrize("size", [1, emitter.BUFFER - 300, emitter.BUFFER, 600_000])
@pytest.mark.parametrize("pattern", [b"abcdefg", b'a"', b"\xff,", "é€".encode(), b'"'])
def test_text_longer_than_the_buffer_is_whole(size: int, pattern: bytes) -> None:
    raw = (pattern * (size // len(pattern) + 1))[:size]
    text = values.text_of(raw)
    found = rows(decoded(b"\1" + raw + b"\2", texts(size)))
    assert found == [["before", "text", "behind"], ["1", text, "2"]]


@pytest.mark.parametrize("offset", range(8))
def test_a_buffer_that_is_full_at_the_opening_quote(offset: int) -> None:
    """The machine stops at every place around the end of its buffer."""
    size = emitter.BUFFER - 256 - offset
    writer = BtfWriter()
    char = writer.int("char", 1)
    first, second = writer.array(char, size), writer.array(char, 8)
    members = [("first", first, 0), ("second", second, 8 * size)]
    both = made(writer, writer.struct("both", size + 8, members))
    found = rows(decoded(b"a" * size + b'"b,"\0\0\0\0', both))
    assert found[1] == ["a" * size, '"b,"']


# Other readers.


def sample() -> tuple[RecordType, bytes, list[dict[str, Any]]]:
    writer = BtfWriter()
    fields = [
        ("number", writer.int("int", 4, signed=True), 0),
        ("big", writer.int("long", 8), 64),
        ("name", writer.array(writer.int("char", 1), 8), 128),
        ("real", writer.float("double", 8), 192),
        ("truth", writer.int("_Bool", 1, boolean=True), 256),
    ]
    record_type = made(writer, writer.struct("sample", 40, fields))
    numbers = [(-5, 2**64 - 1, b'a,"b"\n', 0.1, 1), (7, 0, "é€".encode(), 1e300, 0)]
    data = b"".join(struct.pack("<i4xQ8sdB7x", *row) for row in numbers)
    return record_type, data, [record_type.unpack(data[at : at + 40]) for at in (0, 40)]


def test_pandas_reads_the_same() -> None:
    pandas = pytest.importorskip("pandas")
    record_type, data, expected = sample()
    frame = pandas.read_csv(
        io.StringIO(decoded(data, record_type), newline=""),
        dtype={"big": "uint64"},
    )
    assert frame.to_dict("records") == expected


def test_polars_reads_the_same() -> None:
    polars = pytest.importorskip("polars")
    record_type, data, expected = sample()
    frame = polars.read_csv(
        decoded(data, record_type).encode(), schema_overrides={"big": polars.UInt64}
    )
    assert frame.to_dicts() == expected
