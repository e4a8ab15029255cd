"""Templates: fields are formatted as Python's format() does it."""

from __future__ import annotations

import contextlib
import json
import math
import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import prettify
from btf_writer import BtfWriter
from conftest import examples
from prettify.api import RecordType
from prettify.compilers import values
from prettify.core import emitter
from prettify.sources.btf import Btf

if TYPE_CHECKING:
    from prettify.api import Types

ORDERS = ("little", "big")
FILLS = ("", "*", "0", " ", "-", "x", "<")
WIDTHS = ("", "1", "2", "7", "8", "9", "10", "23", "40", "200", "999")


def made(writer: BtfWriter, type_id: int) -> RecordType:
    return RecordType(Btf(writer.bytes(), "made").by_id(type_id))


def shown(record_type: RecordType, data: bytes, template: str) -> str:
    """One record's line without its end."""
    text = record_type.format(data, "template", template=template)
    assert text.endswith("\n")
    return text[:-1]


@st.composite
def specifications(
    draw: st.DrawFn, types: tuple[str, ...], *, numbers: bool = True, precision: bool = True
) -> str:
    """Specifications, right ones and some that Python refuses."""

    def one(*parts: str) -> str:
        return draw(st.sampled_from(parts))

    align = one("", "<", ">", "^", "=") if numbers else one("", "<", ">", "^")
    text = (one(*FILLS) if align else "") + align
    if numbers:
        text += one("", "", "+", "-", " ") + one("", "", "#")
    text += one("", "0") + one(*WIDTHS)
    if numbers:
        text += one("", "", ",", "_")
    if precision:
        text += one("", "", ".0", ".1", ".3", ".10", ".50")
    return text + one(*types)


def check(record_type: RecordType, data: bytes, specification: str, value: Any) -> None:
    """A field shows what format() makes of the value, and both refuse the same."""
    template = f"{{value:{specification}}}"
    try:
        expected = format(value, specification)
    except ValueError:
        with pytest.raises(prettify.UsageError, match=r"^template .*, column 8: "):
            shown(record_type, data, template)
    else:
        assert shown(record_type, data, template) == expected


# Integers.


@settings(max_examples=examples(600), deadline=None)
@given(
    specifications(("", "d", "b", "o", "x", "X"), precision=False),
    st.integers(1, 16),
    st.booleans(),
    st.sampled_from(ORDERS),
    st.data(),
)
def test_integers_are_formatted_as_python_does(
    specification: str, size: int, signed: bool, order: Any, data: st.DataObject
) -> None:
    bits = 8 * size
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    value = data.draw(
        st.one_of(
            st.integers(low, high),
            st.sampled_from((low, high, 0)),
            st.integers(max(low, -1000), min(high, 10**7)),
        )
    )
    writer = BtfWriter(order)
    record_type = made(writer, writer.int("number", size, signed=signed))
    check(record_type, value.to_bytes(size, order, signed=signed), specification, value)


@given(st.integers(-999, 999), st.integers(0, 40), st.sampled_from(",_"), st.sampled_from("dx"))
def test_zeroes_are_grouped_as_digits(value: int, width: int, grouping: str, letter: str) -> None:
    writer = BtfWriter()
    record_type = made(writer, writer.int("int", 4, signed=True))
    raw = value.to_bytes(4, "little", signed=True)
    check(record_type, raw, f"0{width}{grouping}{letter}", value)


@given(specifications(("c",), precision=False), st.integers(0, 0x10FFFF))
def test_characters_of_numbers(specification: str, value: int) -> None:
    assume(not 0xD800 <= value <= 0xDFFF)
    writer = BtfWriter()
    record_type = made(writer, writer.int("unsigned int", 4))
    check(record_type, value.to_bytes(4, "little"), specification, value)


@pytest.mark.parametrize("value", [0x110000, 0xD800, 0xDFFF, 2**32 - 1])
def test_numbers_of_no_character(value: int) -> None:
    for signed in (False, True):
        writer = BtfWriter()
        record_type = made(writer, writer.int("int", 4, signed=signed))
        assert shown(record_type, value.to_bytes(4, "little"), "{value:c}") == "\ufffd"


@pytest.mark.parametrize("order", ORDERS)
def test_signed_bitfields(order: Any) -> None:
    writer = BtfWriter(order)
    number = writer.int("long long", 8, signed=True)
    record_type = made(writer, writer.struct("s", 8, [("a", number, 0, 5), ("b", number, 5, 59)]))
    bits = (0b10101 << 59 | 1) if order == "big" else (1 << 63 | 0b10101)
    low = 1 if order == "big" else -(1 << 58)
    line = shown(record_type, bits.to_bytes(8, order), "{a:+d} {a:x} {b:#x} {b}")
    assert line == f"-11 -b {low:#x} {low}"


# Floats.


@settings(max_examples=examples(300), deadline=None)
@given(
    specifications(("e", "E", "f", "F", "g", "G", "%")),
    st.sampled_from((("_Float16", 2), ("__bf16", 2), ("float", 4), ("double", 8))),
    st.sampled_from(ORDERS),
    st.integers(0, (1 << 64) - 1),
)
def test_floats_are_formatted_as_python_does(
    specification: str, type_: tuple[str, int], order: Any, bits: int
) -> None:
    writer = BtfWriter(order)
    record_type = made(writer, writer.float(*type_))
    raw = (bits & (1 << 8 * type_[1]) - 1).to_bytes(type_[1], order)
    check(record_type, raw, specification, record_type.unpack(raw))


@settings(max_examples=examples(300), deadline=None)
@given(specifications(("",)), st.floats())
def test_doubles_without_a_type_of_their_own(specification: str, value: float) -> None:
    writer = BtfWriter()
    check(made(writer, writer.float("double", 8)), struct.pack("<d", value), specification, value)


def test_the_shortest_text_of_small_floats_stays_short() -> None:
    writer = BtfWriter()
    single = made(writer, writer.float("float", 4))
    raw = struct.pack("<f", 0.1)
    assert (
        shown(single, raw, "{value} {value:8} {value:+09} {value:.3}")
        == "0.1      0.1 +000000.1 0.1"
    )
    assert shown(single, raw, "{value:.12f}") == f"{struct.unpack('<f', raw)[0]:.12f}"


def test_long_doubles_with_a_specification_are_the_nearest_double() -> None:
    writer = BtfWriter()
    extended = made(writer, writer.float("long double", 16))
    third = struct.pack("<QH6x", 0xAAAAAAAAAAAAAAAB, 0x3FFD)
    assert shown(extended, third, "{value}") == "0.33333333333333333334"
    assert shown(extended, third, "{value:25}|{value:.3e}") == f"{1 / 3:25}|{1 / 3:.3e}"
    quad = made(writer, writer.float("_Float128", 16))
    huge = (0x7FFE << 112).to_bytes(16, "little")
    assert shown(quad, huge, "{value:.1f}") == "inf"


# Text.


def texts(size: int) -> RecordType:
    writer = BtfWriter()
    array = writer.array(writer.int("char", 1), size)
    return made(writer, writer.struct("texts", size, [("t", array, 0)]))


@settings(max_examples=examples(300), deadline=None)
@given(specifications(("", "s"), numbers=False), st.binary(max_size=60))
def test_text_is_formatted_as_python_does(specification: str, raw: bytes) -> None:
    """Width and precision count characters, however many bytes these have."""
    text = shown(texts(60), raw.ljust(60, b"\0"), f"{{t:{specification}}}")
    assert text == format(values.text_of(raw), specification)


@pytest.mark.parametrize("specification", ["=5", "+5", "#s", ",", "d", "x", ".2f"])
def test_what_is_not_for_text(specification: str) -> None:
    with pytest.raises(prettify.UsageError, match=r"column 4: .* does not fit text"):
        shown(texts(4), bytes(4), f"{{t:{specification}}}")


def test_text_without_room_is_filled_up() -> None:
    assert shown(texts(0), b"", "{t}|{t:*>3}|{t:.0}") == "|***|"


@pytest.mark.parametrize("pattern", [b"abcdefg", "é€".encode(), b"\xff"])
def test_text_longer_than_the_buffer_is_whole(pattern: bytes) -> None:
    size = emitter.BUFFER * 2 + 7
    raw = (pattern * size)[:size]
    expected = values.text_of(raw)
    line = shown(texts(size), raw, "<{t}|{t:>20}|{t:.999}|{t:1.5}>")
    assert line == f"<{expected}|{expected:>20}|{expected:.999}|{expected:1.5}>"


@pytest.mark.parametrize("width", [997, 998, 999])
def test_fields_at_the_end_of_the_buffer_are_whole(width: int) -> None:
    writer = BtfWriter()
    number, real = writer.int("unsigned int", 4), writer.float("double", 8)
    name = writer.array(writer.int("char", 1), 4)
    members = [("n", number, 0), ("t", name, 32), ("r", real, 64)]
    record_type = made(writer, writer.struct("s", 16, members))
    data = b"".join(struct.pack("<I4sd", i, b"ab", i / 2) for i in range(300))
    template = f"{{n:0{width},}};{{t:>{width}}};{{t:^{width}}};{{r:{width}.3f}}"
    pieces = prettify.decode(data, record_type, "template", template=template)
    assert pieces is not None
    expected = [
        f"{format(i, f'0{width},')};{'ab':>{width}};{'ab':^{width}};{i / 2:{width}.3f}\n"
        for i in range(300)
    ]
    assert b"".join(pieces).decode() == "".join(expected)


# Names.


def colored() -> RecordType:
    writer = BtfWriter()
    enum = writer.enum("color", [("RED", 1), (b"gr\xfcn", 2), ("MINUS", -3)], size=2, signed=True)
    return made(writer, enum)


@pytest.mark.parametrize(
    ("value", "template", "line"),
    [
        (1, "{value}", "RED"),
        (2, "{value}", "grün"),
        (5, "{value}", "5"),
        (1, "{value:>6}|{value:-^6}|{value:.2}|{value:6s}|", "   RED|-RED--|RE|RED   |"),
        (2, "{value:>6}|", "  grün|"),
        (500, "{value:>6}|{value:-^6}|{value:.2}|{value:6s}|", "   500|-500--|500|500   |"),
        (-3, "{value} {value:d} {value:#06x} {value:+}" , None),
        (-3, "{value} {value:d} {value:#06x}", "MINUS -3 -0x003"),
        (1, "{value:c}{value:b}", "\x011"),
    ],
)  # fmt: skip
def test_enums_are_names_or_numbers(value: int, template: str, line: str | None) -> None:
    data = struct.pack("<h", value)
    if line is None:
        with pytest.raises(prettify.UsageError, match=r"'\+' does not fit an enum"):
            shown(colored(), data, template)
    else:
        assert shown(colored(), data, template) == line


def test_bools_are_true_or_false_or_what_they_hold(zoo: Types) -> None:
    data = bytes((1, 0, 200, 0, 1, 2))
    line = shown(zoo["s_bool"], data, "{b} {tb:>6} {arr[0]:^7}|{arr[0]:d} {b:03d} {bit2:x}")
    assert line == "true  false  true  |200 001 1"


def test_pointers_are_hexadecimal(zoo: Types) -> None:
    data = struct.pack("<QQQ", 0, 0xABC, 1)
    assert shown(zoo["x_list"], data, "{next} {pprev}") == "0x0 0xabc"
    line = shown(
        zoo["x_list"], data, "{pprev:8}|{pprev:<8}|{pprev:012}|{pprev:x}|{pprev:d}|{pprev:_}"
    )
    assert line == "   0xabc|0xabc   |0x0000000abc|abc|2748|0xabc"
    with pytest.raises(prettify.UsageError, match="',' does not fit a pointer"):
        shown(zoo["x_list"], data, "{next:,}")


# Paths, and what is no scalar.


def nested() -> tuple[RecordType, bytes]:
    writer = BtfWriter()
    byte = writer.int("unsigned char", 1)
    name = writer.array(writer.int("char", 1), 2)
    grid = writer.array(writer.array(byte, 2), 2)
    inner = writer.struct("inner", 4, [("x", byte, 0, 3), ("y", byte, 3, 5), ("n", name, 8, 0)])
    anonymous = writer.union("", 1, [("one", byte, 0), ("other", byte, 0)])
    members = [("g", grid, 0), ("i", writer.array(inner, 2), 32), ("", anonymous, 96)]
    data = bytes((1, 2, 3, 4)) + b"\x2bab\0" + b"\x4dcd\0" + b"\7"
    return made(writer, writer.struct("outer", 13, members)), data


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("{g[0][1]} {g[1][0]}", "2 3"),
        ("{i[0].x} {i[1].x} {i[1].y:02d}", "3 5 09"),
        ("{i[1].n}{i[0].n:>4}", "cd  ab"),
        ("{one}{other}", "77"),
        ("{g} {g[1]}", "[[1,2],[3,4]] [3,4]"),
        ("{i[1]}", '{"x":5,"y":9,"n":"cd"}'),
        ("{i}", '[{"x":3,"y":5,"n":"ab"},{"x":5,"y":9,"n":"cd"}]'),
        ("", ""),
        ("{{{one}}} {{}}", "{7} {}"),
        (r"a\tb\\n\x41\0\n", "a\tb\\nA\0\n"),
        ("é:!", "é:!"),
    ],
)
def test_templates(template: str, line: str) -> None:
    assert shown(*nested(), template) == line


def test_a_byte_that_is_no_character() -> None:
    record_type, data = nested()
    pieces = prettify.decode(data, record_type, "template", template=r"\xff")
    assert pieces is not None
    assert b"".join(pieces) == b"\xff\n"


def test_json_in_templates_is_that_of_ndjson(zoo: Types) -> None:
    data = struct.pack("<f4xd3f4xdd", 0.1, math.nan, 1, 2, 3, 4, -0.0)
    line = shown(zoo["s_float"], data, '{{"fa":{fa},"d":{d}}}')
    assert json.loads(line.replace("nan", "null")) == {"fa": [1.0, 2.0, 3.0], "d": None}


@pytest.mark.parametrize(
    ("template", "column", "what"),
    [
        ("{nope}", 2, "'nope': struct outer has no member 'nope'; it has g, i, one, other"),
        ("{one} {i[0].z}", 8, r"struct inner has no member 'z'; it has x, y, n"),
        ("{i.x}", 2, "'i.x': i is an array: [0] is its first element"),
        ("{one.x}", 2, "unsigned char has no member 'x'; it has none"),
        ("{i[2]}", 2, "an array of 2 has no element 2"),
        ("{i[99999999999999999999999]}", 2, "an array of 2 has no element 99999"),
        ("{i[-1]}", 2, "'-1' is no index"),
        ("{i[0}", 2, "']' expected behind 'i[0'"),
        ("{i[]}", 2, "'' is no index"),
        ("{one[0]}", 2, "one is no array"),
        ("{one.}", 2, "has no member ''"),
        ("{value}", 2, "has no member 'value'"),
        ("a{one", 2, "'}' is missing"),
        ("one}", 4, "a single '}'"),
        ("{}", 1, "the name of a member is missing"),
        ("{:5}", 1, "the name of a member is missing"),
        ("{one!r}", 1, "there are no conversions"),
        ("{one:{other}}", 1, "'{' within a field"),
        ("a\\q", 2, "a backslash stands before"),
        ("a\\x4", 2, "a backslash stands before"),
        ("a\\", 2, "a backslash stands before"),
        ("{one:z}", 6, "'z' does not fit an integer, which takes b, c, d, o, x, X"),
        ("{one:.2f}", 6, "'.2f' does not fit an integer"),
        ("{one:s}", 6, "'s' does not fit an integer"),
        ("{one:5d5}", 6, "'5d5' is no format specification"),
        ("{one:é>5}", 6, "fills up with 'é', which is no ASCII character"),
        ("{one:1000}", 6, "width 1000 is over 999"),
        ("{i[0].n:.1000}", 9, "precision 1000 is over 999"),
        ("{one:" + "9" * 5000 + "}", 6, "is over 999"),
        ("{i:5}", 4, "structs, unions and arrays take no format specification"),
    ],
)  # fmt: skip
def test_errors_name_the_column(template: str, column: int, what: str) -> None:
    with pytest.raises(prettify.UsageError) as failure:
        shown(*nested(), template)
    assert str(failure.value).startswith(f"template {template!r}, column {column}: ")
    assert what in str(failure.value)


@given(st.text(alphabet='{}:!\\[].onei01x"é=+#,_<s', max_size=12))
def test_no_template_gives_a_traceback(template: str) -> None:
    with contextlib.suppress(prettify.UsageError):
        shown(*nested(), template)


def test_a_template_is_for_templates_and_they_need_one(zoo: Types) -> None:
    with pytest.raises(prettify.UsageError, match="a template is missing"):
        zoo["h_none"].format(bytes(8), "template")
    with pytest.raises(
        prettify.UsageError, match="template means nothing in csv, only in template"
    ):
        zoo["h_none"].format(bytes(8), "csv", template="{a}")
