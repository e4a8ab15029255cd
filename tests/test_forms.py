"""What the dialects and forms print, by example, where no vectors from elsewhere say it."""

from __future__ import annotations

import json
import struct
import sys
from typing import TYPE_CHECKING

import pytest

import prettify
from btf_writer import BtfWriter
from prettify.sources import opening, search

if TYPE_CHECKING:
    from pathlib import Path

    from prettify.api import RecordType, Types


def made(writer: BtfWriter, type_id: int) -> RecordType:
    """The type of that id of a writer."""
    from prettify.api import RecordType
    from prettify.sources.btf import Btf

    return RecordType(Btf(writer.bytes(), "made").by_id(type_id))


# JSON.


def test_json_shows_members_as_c_reads_them(zoo: Types) -> None:
    data = struct.pack("<I4xQQI4x", 7, 8, 9, 10)
    text = zoo["n_anon"].format(data, "json")
    assert text.startswith('[{"tag":7,"word":')
    assert list(json.loads(text)[0]) == [
        *("tag", "word", "lo", "hi", "b0", "b1", "b2", "b3", "left", "right", "end"),
    ]


def test_json_values(zoo: Types) -> None:
    bools = json.loads(zoo["s_bool"].format(bytes((1, 0, 200, 0, 1, 2)), "ndjson"))
    assert bools == {"b": True, "tb": False, "arr": [True, False, True], "bit": False, "bit2": True}
    pointers = json.loads(zoo["x_list"].format(struct.pack("<QQQ", 0, 0xABC, 1), "ndjson"))
    assert pointers == {"next": "0x0", "pprev": "0xabc", "v": 1}
    data = struct.pack("<f4xd3f4xdd", 0.1, float("nan"), 1, 2, 3, 4, -0.0)
    floats = zoo["s_float"].format(data, "ndjson")
    assert floats == '{"f":0.1,"d":null,"fa":[1.0,2.0,3.0],"da":[4.0,-0.0]}\n'


def test_json_of_wide_integers_is_exact(zoo: Types) -> None:
    data = bytes([255] * 16 + [255] * 16 + [0] * 15 + [128] + [1] + [0] * 15)
    values = json.loads(zoo["s_int128"].format(data, "ndjson"))
    assert values == {"s": -1, "u": 2**128 - 1, "arr": [2**127, 1]}


def test_json_of_text_is_always_valid(zoo: Types) -> None:
    for byte in range(1, 256):
        data = b"ab" + bytes([byte]) * 2 + b"\0rest of it, not shown"
        text = zoo["name16_t"].format(data, "ndjson")
        value = json.loads(text)
        assert value.startswith("ab")
        assert len(value) == 4
        assert ord(value[2]) == byte


def test_json_of_enums_is_a_name_or_a_number(zoo: Types) -> None:
    assert zoo["e_signed"].format(struct.pack("<i", -2), "ndjson") == '"EN_NEG"\n'
    assert zoo["e_signed"].format(struct.pack("<i", -3), "ndjson") == "-3\n"


def test_json_escapes_names() -> None:
    writer = BtfWriter()
    number = writer.int("int", 4, signed=True)
    odd = writer.struct("odd", 8, [('a"b\\', number, 0), (b"\xff\n", number, 32)])
    text = made(writer, odd).format(bytes(8), "ndjson")
    assert json.loads(text) == {'a"b\\': 0, "\xff\n": 0}


def test_json_integers_of_over_53_bits_as_strings(zoo: Types) -> None:
    data = bytes([255] * 32 + [0] * 15 + [128] + [1] + [0] * 15)
    values = json.loads(zoo["s_int128"].format(data, "ndjson", int64="string"))
    assert values == {"s": "-1", "u": str(2**128 - 1), "arr": [str(2**127), "1"]}
    # By type, not by value: the readers of a column see one type.
    anonymous = zoo["n_anon"].format(bytes(40), "json", int64="string")
    value = json.loads(anonymous)[0]
    assert (value["left"], value["word"]) == ("0", 0)


def wide_fields() -> RecordType:
    writer = BtfWriter()
    number = writer.int("u64", 8)
    large = writer.enum64("large", [("A", 1)], size=8)
    small = writer.enum("small", [("B", 2), ('"', 3)], size=4)
    members = [
        ("bits53", number, 0, 53),
        ("bits54", number, 64, 54),
        ("large", large, 128, 0),
        ("small", small, 192, 0),
        ("cut", small, 224, 2),
    ]
    return made(writer, writer.struct("wide", 32, members))


def test_json_bitfields_and_enums_as_strings_by_their_width() -> None:
    data = struct.pack("<QQQIB", 1, 2, 3, 4, 3) + bytes(3)
    text = wide_fields().format(data, "ndjson", int64="string")
    assert text == '{"bits53":1,"bits54":"2","large":"3","small":4,"cut":"\\""}\n'
    named = struct.pack("<QQQIB", 1, 2, 1, 2, 0) + bytes(3)
    text = wide_fields().format(named, "ndjson", int64="string")
    assert text == '{"bits53":1,"bits54":"2","large":"A","small":"B","cut":0}\n'


def test_json_enums_as_numbers_or_both() -> None:
    data = struct.pack("<QQQIB", 1, 2, 1, 5, 2) + bytes(3)
    text = wide_fields().format(data, "ndjson", enums="number")
    assert json.loads(text) == {"bits53": 1, "bits54": 2, "large": 1, "small": 5, "cut": 2}
    text = wide_fields().format(data, "json", enums="both", int64="string")
    values = json.loads(text)[0]
    assert list(values.values())[2:] == [
        {"name": "A", "value": "1"},
        {"name": None, "value": 5},
        {"name": "B", "value": 2},
    ]


@pytest.mark.parametrize(
    ("form", "options", "says"),
    [
        ("pahole", {"enums": "number"}, "enums means nothing in pahole, only in json, ndjson"),
        ("kernel", {"int64": "string"}, "int64 means nothing in kernel, only in json, ndjson"),
        ("json", {"enums": "numbers"}, "enums 'numbers': json takes name or number or both"),
        ("ndjson", {"int64": "text"}, "int64 'text': ndjson takes number or string"),
    ],
)
def test_options_that_a_form_does_not_take(
    zoo: Types, form: str, options: dict[str, str], says: str
) -> None:
    with pytest.raises(prettify.UsageError, match=f"^{says}"):
        zoo["h_none"].format(bytes(8), form, **options)
    with pytest.raises(prettify.UsageError, match=f"^{says}"):
        prettify.decode(bytes(8), zoo["h_none"], form, **options)


# The pahole dialect's flags, which pahole does not have.


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ({}, "{\n\t.a = 1,\n\t.e = {\n\t},\n\t.b = 0,\n},\n"),
        ({"compact": True}, "{ .a = 1, .e = { }, .b = 0, },\n"),
        ({"zero": False}, "{\n\t.a = 1,\n},\n"),
        ({"zero": True}, "{\n\t.a = 1,\n\t.e = {\n\t},\n\t.b = 0,\n},\n"),
        ({"noname": True, "compact": True}, "{ 1, { }, 0, },\n"),
        ({"hex": True, "compact": True}, "{ .a = 0x1, .e = { }, .b = 0, },\n"),
        ({"compact": True, "zero": False, "noname": True}, "{ 1, },\n"),
    ],
)
def test_flags_in_the_pahole_dialect(zoo: Types, flags: dict[str, bool], text: str) -> None:
    assert zoo["x_has_empty"].format(struct.pack("<II", 1, 0), **flags) == text


def test_hashed_pointers_in_every_c_dialect(zoo: Types) -> None:
    data = struct.pack("<QQQ", 0xFFFF888012345678, 0, 1)
    for dialect in ("pahole", "c"):
        raw = zoo["x_list"].format(data, dialect)
        hashed = zoo["x_list"].format(data, dialect, ptr_raw=False)
        assert "0xffff888012345678" in raw
        assert "0xffff888012345678" not in hashed
        assert raw == zoo["x_list"].format(data, dialect, ptr_raw=True)


def test_what_is_zero_is_judged_without_padding(zoo: Types) -> None:
    """Garbage in padding shows nothing; a negative zero is not zero."""
    padded = bytes([0] * 8 + [0] + [255] * 7)  # h_pad: u64 a; u8 b; 7 bytes of padding
    assert zoo["h_pad"].format(padded, zero=False, compact=True) == "{ },\n"
    assert zoo["h_pad"].format(padded, "c") == "(struct h_pad){ 0 }\n"
    minus = struct.pack("<f4xd", 0.0, -0.0) + bytes(32)
    assert zoo["s_float"].format(minus, zero=False, compact=True) == "{ .d = -0.0, },\n"


# Deep types, and types without records.


def nested(levels: int) -> tuple[BtfWriter, int]:
    writer = BtfWriter()
    inner = writer.int("int", 4, signed=True)
    for level in range(levels):
        inner = writer.struct(f"s{level}", 4, [("m", inner, 0)])
    return writer, inner


@pytest.mark.parametrize("form", ["pahole", "kernel", "c", "json", "ndjson"])
def test_a_hundred_levels(form: str) -> None:
    text = made(*nested(100)).format(struct.pack("<i", -5), form)
    assert text.count("{") == 100
    assert text.count("-5") == 1


def test_a_hundred_levels_in_python() -> None:
    deep = made(*nested(100))
    values = deep.unpack(struct.pack("<i", -5))
    assert deep.pack(values) == struct.pack("<i", -5)
    for _ in range(99):
        values = values["m"]
    assert values["m"] == -5
    array = deep.array(struct.pack("<ii", -5, 6))
    for _ in range(100):
        array = array["m"]
    assert array.tolist() == [-5, 6]


def test_too_many_levels_are_an_error() -> None:
    with pytest.raises(prettify.TypeInfoError, match="nests deeper than 200 levels"):
        _ = made(*nested(300)).layout


def test_short_data_is_a_data_error(zoo: Types) -> None:
    for use in (zoo["h_none"].format, zoo["h_none"].unpack):
        with pytest.raises(prettify.DataError, match="3 bytes left, 8 needed for struct h_none"):
            use(b"abc")


def test_unknown_dialects_and_orders_are_usage_errors(zoo: Types) -> None:
    with pytest.raises(prettify.UsageError, match="dialect 'yaml'"):
        zoo["h_none"].format(bytes(8), "yaml")
    with pytest.raises(prettify.UsageError, match="byte order 'middle'"):
        zoo["h_none"].with_byte_order("middle")
    with pytest.raises(prettify.UsageError, match="form 'yaml'"):
        prettify.decode(b"", zoo["h_none"], to="yaml")


# The library's streams.


def test_decode_gives_pieces_or_writes(zoo: Types, tmp_path: Path) -> None:
    data = struct.pack("<IIII", 1, 2, 3, 4)
    expected = b'{"a":1,"b":2}\n{"a":3,"b":4}\n'
    pieces = prettify.decode(data, zoo["h_none"])
    assert pieces is not None
    assert b"".join(pieces) == expected
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(data)
    assert prettify.decode(source, zoo["h_none"], out=target) is None
    assert target.read_bytes() == expected
    with open(source, "rb") as stream, open(target, "wb") as out:
        prettify.decode(stream, zoo["h_none"], "pahole", out, compact=True)
    assert target.read_bytes() == b"{ .a = 1, .b = 2, },\n{ .a = 3, .b = 4, },\n"


def test_decode_gives_whole_records_before_it_fails(zoo: Types) -> None:
    pieces = prettify.decode(bytes(12), zoo["h_none"])
    assert pieces is not None
    assert next(piece for piece in pieces if piece) == b'{"a":0,"b":0}\n'
    with pytest.raises(prettify.DataError, match="cut short at byte 8") as failure:
        list(pieces)
    assert failure.value.offset == 8


# Where types are looked for.


def test_without_kernel_btf_the_catalogue_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (opening, search):
        monkeypatch.setattr(module, "KERNEL", "/nonexistent/vmlinux")
    types = prettify.load_types()
    assert types["elf64_hdr"].size == 64
    with pytest.raises(prettify.TypeNotFound, match=r"has no /nonexistent/vmlinux; name a file"):
        _ = types["task_struct"]


def test_the_catalogue_is_found_whatever_the_current_folder_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elf").mkdir()
    monkeypatch.chdir(tmp_path)
    assert prettify.load_types()["elf64_rela"].size == 24


def test_the_formats_of_elf_files_are_those_that_can_be_read() -> None:
    from prettify.sources import elf

    assert tuple(elf.FORMATS) == opening.FORMATS


# The kernel dialect's window.


def test_a_small_enum_at_the_end_sees_what_the_kernel_s_window_held() -> None:
    """The kernel reads 4 bytes of it from a window of 32 that was filled anew at byte 24.

    Behind the object's last byte, 40, the window still holds what lay at 17 to 19.
    """
    writer = BtfWriter()
    number = writer.int("u64", 8)
    small = writer.enum("small", [("ONE", 1)], size=1)
    items = writer.array(number, 5)
    ends = writer.struct("ends", 41, [("items", items, 0), ("last", small, 320)])
    data = bytes(range(100, 141))
    text = made(writer, ends).format(data, "kernel", compact=True, noname=True, zero=True)
    seen = data[40:41] + data[17:20]
    numbers = struct.unpack("<5Q", data[:40])
    items_text = "".join(f"{n}," for n in numbers)
    assert text == f"{{[{items_text}],{int.from_bytes(seen, 'little')},}}"


def test_a_small_enum_alone_is_padded_with_zeroes() -> None:
    writer = BtfWriter()
    small = writer.enum("small", [("ONE", 1)], size=1)
    assert made(writer, small).format(b"\1", "kernel") == "(enum small)ONE\n"
    assert made(writer, small).format(b"\2", "kernel") == "(enum small)2\n"
