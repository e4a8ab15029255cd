"""Values from text: what people write, what prettify prints, and what is refused."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btf_writer import BtfWriter
from c_compilers import Compiler, can
from conftest import examples
from prettify import layout as layouts
from prettify import model
from prettify.compilers import construct_parser
from prettify.composed import Composed
from prettify.core.emitter import render
from prettify.dialects import FORMS
from prettify.dialects.options import Options
from prettify.errors import UsageError
from prettify.layout import QUAD, X87, Layout
from prettify.records.initializer.reader import bytes_of, value_of
from prettify.sources.btf import Btf
from strategies import record_bytes, record_layouts
from test_agreement import nodes, plain, property_test, same

ORDERS = ["little", "big"]


@lru_cache
def types(order: str) -> dict[str, Layout]:
    """What most tests write values of."""
    w = BtfWriter(order)  # type: ignore[arg-type]
    char = w.int("char", 1, signed=True)
    schar = w.int("signed char", 1, signed=True)
    u8 = w.typedef("u8", w.int("unsigned char", 1))
    u16 = w.typedef("u16", w.int("unsigned short", 2))
    u32 = w.typedef("u32", w.int("unsigned int", 4))
    s32 = w.int("int", 4, signed=True)
    s64 = w.int("long", 8, signed=True)
    u128 = w.int("unsigned __int128", 16)
    boolean = w.int("_Bool", 1, boolean=True)
    single, double = w.float("float", 4), w.float("double", 8)
    pointer = w.ptr(0)
    color = w.enum("color", [("RED", 0), ("GREEN", 5), ("LAST", 0xFFFFFFFF)])
    signed_enum = w.enum("sign", [("MINUS", -3), ("PLUS", 3)], signed=True)
    w.enum("elsewhere", [("TCP", 6), ("UDP", 17), ("BOTH", 1)])
    w.enum("other", [("BOTH", 2)])
    mac = w.array(u8, 6)
    ip6 = w.struct(
        "in6_addr", 16,
        [("u", w.union("", 16, [("u8", w.array(u8, 16), 0), ("u32", w.array(u32, 4), 0)]), 0)],
    )  # fmt: skip
    ip4 = w.struct("in_addr", 4, [("s_addr", u32, 0)])
    pair = w.struct("pair", 8, [("x", s32, 0), ("y", s32, 32)])
    key = w.struct("key", 8, [("saddr", u32, 0), ("dport", u16, 32), ("proto", u8, 48)])
    inner = w.struct("", 4, [("c", u16, 0), ("d", u16, 16)])
    choice = w.union("", 4, [("whole", u32, 0), ("parts", w.array(u8, 4), 0), ("", inner, 0)])
    lone = w.struct("", 4, [("e", u32, 0)])
    text = w.array(char, 8)
    members: list[Any] = [
        ("a", s32, 0), ("p", pair, 32), ("", choice, 96), ("", lone, 128),
        ("list", w.array(s32, 3), 160), ("comm", text, 256), ("color", color, 320),
        ("f", double, 384), ("ptr", pointer, 448), ("flag", boolean, 512), ("bits", u32, 520, 3),
        ("sign", s32, 523, 5), ("pairs", w.array(pair, 2), 544), ("names", w.array(text, 2), 672),
        ("mac", mac, 800), ("end", u16, 848),
    ]  # fmt: skip
    members = [(*m, 0)[:4] for m in members]
    big = w.struct("big", 112, members)
    flexible = w.struct("flexible", 8, [("n", u32, 0), ("data", w.array(u16, 0), 32)])
    dotted = w.datasec(".bss", 8, [(w.var("main.calls", u32), 0, 4), (w.var("hits", u32), 4, 4)])
    ids = {
        "char": char, "signed char": schar, "u8": u8, "u16": u16, "u32": u32, "int": s32,
        "long": s64, "u128": u128, "_Bool": boolean, "float": single, "double": double,
        "void *": pointer, "color": color, "sign": signed_enum, "mac": mac, "in6_addr": ip6,
        "in_addr": ip4, "pair": pair, "key": key, "char[8]": text, "big": big,
        "flexible": flexible, ".bss": dotted, "u8[4]": w.array(u8, 4), "u8[16]": w.array(u8, 16),
        "char[2][8]": w.array(text, 2), "int[2][2]": w.array(w.array(s32, 2), 2),
        "char[4]": w.array(char, 4), "char[6]": w.array(char, 6), "u32[4]": w.array(u32, 4),
        "bool[4]": w.array(boolean, 4), "signed char[4]": w.array(schar, 4),
    }  # fmt: skip
    graph = Btf(w.bytes(), "test")
    found = {name: layouts.resolve(graph.by_id(type_id)) for name, type_id in ids.items()}
    composed = Composed(graph)
    found["opaque"] = layouts.resolve(composed.opaque(4))
    found["entry"] = layouts.resolve(
        composed.struct(
            "map_entry", 8, [("key", composed.opaque(4), 0), ("value", graph.by_id(u32), 4)]
        )
    )
    return found


def read(name: str, text: str, order: str = "little") -> Any:
    """The value of a text; its bytes have to be what construct makes of the value."""
    layout = types(order)[name]
    value = value_of(text, layout, order)
    data = bytes_of(text, layout, order)
    assert len(data) == layout.size
    assert construct_parser.pack(layout, order, value) == data
    return value


def refused(name: str, text: str) -> str:
    layout = types("little")[name]
    with pytest.raises(UsageError) as raised:
        value_of(text, layout, "little", "--key")
    message = str(raised.value)
    with pytest.raises(UsageError, match=re.escape(message)):
        bytes_of(text, layout, "little", "--key")
    assert message.isprintable()
    assert message.startswith("--key ")
    return message


# --- Scalars ---

SCALARS: list[tuple[str, str, Any]] = [
    ("u32", "7", 7),
    ("u32", " 7 ", 7),
    ("u32", "0x10", 16),
    ("u32", "0b101", 5),
    ("u32", "017", 15),
    ("u32", "1u", 1),
    ("u32", "0xFFUL", 255),
    ("int", "10LL", 10),
    ("int", "-1", -1),
    ("int", "- 1", -1),
    ("int", "+1", 1),
    ("int", "(1)", 1),
    ("int", "{ 1 }", 1),
    ("int", "{ 1, }", 1),
    ("int", "{}", 0),
    ("int", "1,\n", 1),
    ("int", "1;", 1),
    ("int", "[3]", 3),
    ("int", '"3"', 3),
    ("int", "'a'", 97),
    ("int", r"'\n'", 10),
    ("int", r"'\''", 39),
    ("int", r"'\x41'", 65),
    ("int", r"'\101'", 65),
    ("int", "'\"'", 34),
    ("int", "true", 1),
    ("int", "NULL", 0),
    ("int", "RED", 0),
    ("int", "GREEN | UDP", 21),
    ("int", "1 << 4 | 3", 19),
    ("int", "2 + 3 * 4 - 1", 13),
    ("int", "(2 + 3) * 4", 20),
    ("int", "-7 / 2", -3),
    ("int", "-7 % 2", -1),
    ("int", "7 / -2", -3),
    ("int", "6 ^ 3 & 1", 7),
    ("int", "(u8)(int)-5", -5),
    ("int", "-(u8)5", -5),
    ("int", "(RED) - 1", -1),
    ("int", "(unsigned long long)1 + (long)2", 3),
    ("int", "/* one */ 1 // and no more", 1),
    ("int", "~0", -1),
    ("u32", "~0", 0xFFFFFFFF),
    ("u32", "~0xffU", 0xFFFFFF00),
    ("u16", "0xffff & ~1", 0xFFFE),
    ("long", "(-9223372036854775807 - 1)", -(1 << 63)),
    ("u128", "(unsigned __int128)0x1 << 64 | 0x2", (1 << 64) + 2),
    ("u128", "340282366920938463463374607431768211455", (1 << 128) - 1),
    ("char", "-128", -128),
    ("char", "255", -1),
    ("char", "'\\377'", -1),
    ("signed char", "'\\377'", -1),
    ("u8", "'\\377'", 255),
    ("_Bool", "true", True),
    ("_Bool", "0", False),
    ("_Bool", "5", True),
    ("color", "GREEN", 5),
    ("color", '"GREEN"', 5),
    ("color", "(enum color)GREEN", 5),
    ("color", "7", 7),
    ("color", "TCP", 6),
    ("color", "LAST", 0xFFFFFFFF),
    ("color", "-1", 0xFFFFFFFF),
    ("color", '{"name":"GREEN","value":5}', 5),
    ("color", '{"name":null,"value":9}', 9),
    ("sign", "MINUS", -3),
    ("sign", "-7", -7),
    ("void *", "NULL", 0),
    ("void *", "nullptr", 0),
    ("void *", "null", 0),
    ("void *", "0xffff888000000000", 0xFFFF888000000000),
    ("void *", '"0x1f"', 31),
    ("void *", "(int (*)(void *, long))0x10", 16),
    ("void *", "(const struct x *)0x10", 16),
    ("double", "1.5", 1.5),
    ("double", "-0.0", -0.0),
    ("double", ".5", 0.5),
    ("double", "1.", 1.0),
    ("double", "1e3", 1000.0),
    ("double", "1", 1.0),
    ("double", "0x1.8p1", 3.0),
    ("double", "-inf", -math.inf),
    ("double", "INFINITY", math.inf),
    ("double", "__builtin_inf()", math.inf),
    ("double", "null", None),
    ("double", '"1.5"', 1.5),
    ("float", "1.5f", 1.5),
    ("float", "1.5L", 1.5),
    ("float", "-__builtin_inff()", -math.inf),
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("name", "text", "expected"), SCALARS)
def test_scalars(name: str, text: str, expected: Any, order: str) -> None:
    value = read(name, text, order)
    assert (type(value), repr(value)) == (type(expected), repr(expected))


@pytest.mark.parametrize(
    "text", ["nan", "-nan", "NAN", '__builtin_nan("0x123")', '-__builtin_nanf("")']
)
def test_not_a_number(text: str) -> None:
    assert math.isnan(read("double", text))


# --- Structs, unions and arrays ---

VALUES: list[tuple[str, str, Any]] = [
    ("key", "{}", {}),
    ("key", "{.saddr = 1, .dport = 80}", {"saddr": 1, "dport": 80}),
    ("key", "{.dport=80,.saddr=1,}", {"dport": 80, "saddr": 1}),
    ("key", "{1, 80}", {"saddr": 1, "dport": 80}),
    ("key", "{.dport = 80, 6}", {"dport": 80, "proto": 6}),
    ("key", "(struct key){ .proto = TCP }", {"proto": 6}),
    ("key", "(const struct key){1},\n", {"saddr": 1}),
    ("key", '{"saddr":1,"dport":80}', {"saddr": 1, "dport": 80}),
    ("key", '[{"saddr":1}]\n', {"saddr": 1}),
    ("key", '{"saddr":1,"saddr":2}', {"saddr": 2}),
    ("key", "{.saddr = 1, .saddr = 2}", {"saddr": 2}),
    ("key", "{.saddr = 10.0.0.1}", {"saddr": 0x0100000A}),
    ("key", '{"saddr":"10.0.0.1"}', {"saddr": 0x0100000A}),
    ("key", "{10.0.0.1, 80}", {"saddr": 0x0100000A, "dport": 80}),
    ("big", "{1, {2, 3}, 4}", {"a": 1, "p": {"x": 2, "y": 3}, "whole": 4}),
    ("big", "{1, 2, 3, 4, 5, 6, 7}", {
        "a": 1, "p": {"x": 2, "y": 3}, "whole": 4, "e": 5, "list": [6, 7],
    }),
    ("big", "{.p.y = 3, 4}", {"p": {"y": 3}, "whole": 4}),
    ("big", "{.p = {.x = 1}, .p.y = 2}", {"p": {"x": 1, "y": 2}}),
    ("big", "{.p.y = 2, .p = {.x = 1}}", {"p": {"x": 1}}),
    ("big", "{.list = {1, 2, 3}}", {"list": [1, 2, 3]}),
    ("big", "{.list = {[2] = 5}}", {"list": [0, 0, 5]}),
    ("big", "{.list = {[1] = 5, 6}}", {"list": [0, 5, 6]}),
    ("big", "{.list[1] = 5, 6}", {"list": [0, 5, 6]}),
    ("big", "{.list[2] = 5, \"hey\"}", {"list": [0, 0, 5], "comm": "hey"}),
    ("big", "{.list[1 + 1] = 5, .list[0] = 4}", {"list": [4, 0, 5]}),
    ("big", "{.pairs[1].x = 3}", {"pairs": [{}, {"x": 3}]}),
    ("big", "{.pairs = {{1}, {.y = 2}}}", {"pairs": [{"x": 1}, {"y": 2}]}),
    ("big", "{.pairs = {1, 2, 3}}", {"pairs": [{"x": 1, "y": 2}, {"x": 3}]}),
    ("big", "{.pairs = {[1].y = 3, [0] = {1}}}", {"pairs": [{"x": 1}, {"y": 3}]}),
    ("big", '{"pairs":[{},{"x":3}]}', {"pairs": [{}, {"x": 3}]}),
    ("big", "{.whole = 5}", {"whole": 5}),
    ("big", "{.parts = {1, 2}}", {"parts": [1, 2]}),
    ("big", "{.parts[3] = 9, 7}", {"parts": [0, 0, 0, 9], "e": 7}),
    ("big", "{.parts = 10.0.0.1}", {"parts": [10, 0, 0, 1]}),
    ("big", "{.d = 5, .e = 6}", {"d": 5, "e": 6}),
    ("big", "{.c = 5, 6}", {"c": 5, "d": 6}),
    ("big", '{"c":5,"e":6}', {"c": 5, "e": 6}),
    # Unnamed structs in braces, as the pahole dialect has them.
    ("big", "{.whole = 1, .parts = {1}, {.c = 1, .d = 0}, {.e = 6}, .list = {}}", {
        "whole": 1, "parts": [1], "c": 1, "d": 0, "e": 6, "list": [],
    }),
    ("big", "{.a = 1, .p = {}, {.e = 3}}", {"a": 1, "p": {}, "e": 3}),
    ("big", "{.p = {}, {1}}", {"p": {}, "whole": 1}),
    ("big", "{.end = 5, {}}", {"end": 5}),
    ("big", '{.comm = "hi"}', {"comm": "hi"}),
    ("big", '{.comm = {"hi"}}', {"comm": "hi"}),
    ("big", '{.comm = "12345678"}', {"comm": "12345678"}),
    ("big", "{.comm = {'h', 'i', 0}}", {"comm": "hi"}),
    ("big", '{.comm = "h" "i"}', {"comm": "hi"}),
    ("big", "{.comm[1] = 'x'}", {"comm": bytearray(b"\0x\0\0\0\0\0\0")}),
    ("big", '{.comm = "abc", .comm[1] = \'x\'}', {"comm": bytearray(b"axc\0\0\0\0\0")}),
    ("big", r'{.comm = "a\tb\"\\\x41\101"}', {"comm": 'a\tb"\\AA'}),
    ("big", r'{.comm = "a\0b"}', {"comm": b"a\0b"}),
    ("big", r'{.comm = "\377"}', {"comm": b"\xff"}),
    ("big", r'{.comm = "caf\303\251"}', {"comm": "café"}),
    ("big", '{"comm":"caf\\u00e9"}', {"comm": "café"}),
    ("big", '{.comm = "😀😀"}', {"comm": "😀😀"}),
    ("big", r'{"comm":"\ud83d\ude00\/"}', {"comm": "😀/"}),
    ("big", '{.names = {"ab", [1] = "cd"}}', {"names": ["ab", "cd"]}),
    ("big", '{.names[1] = "cd"}', {"names": ["", "cd"]}),
    ("big", '{.names = "ab", "cd"}', {"names": ["ab", "cd"]}),
    ("big", '{"names":["ab"]}', {"names": ["ab"]}),
    ("big", "{.mac = aa:bb:cc:dd:ee:f, 80}", {
        "mac": [0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xF], "end": 80,
    }),
    ("big", '{"mac":"aa:bb:cc:dd:ee:ff"}', {"mac": [0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF]}),
    ("big", '{.mac = "eth0"}', {"mac": [0x65, 0x74, 0x68, 0x30]}),
    ("big", "{.color = GREEN, .f = -1.5, .ptr = (void *)0x10, .flag = true}", {
        "color": 5, "f": -1.5, "ptr": 16, "flag": True,
    }),
    ("big", "{.bits = 7, .sign = -16}", {"bits": 7, "sign": -16}),
    ("big", '{"color":"GREEN","f":null,"ptr":"0x10","flag":true,"bits":"7"}', {
        "color": 5, "f": None, "ptr": 16, "flag": True, "bits": 7,
    }),
    ("big", "{\n\t.a = 1, // first\n\t.p = { /* of\n two */ 1 },\n},\n", {"a": 1, "p": {"x": 1}}),
    (".bss", "{.main.calls = 3, .hits = 4}", {"main.calls": 3, "hits": 4}),
    (".bss", '{"main.calls":3}', {"main.calls": 3}),
    ("flexible", "{2, {1, 2}}", {"n": 2, "data": [1, 2]}),
    ("flexible", "{.data[1] = 7}", {"data": [0, 7]}),
    ("int[2][2]", "{{1, 2}, {3}}", [[1, 2], [3]]),
    ("int[2][2]", "{1, 2, 3}", [[1, 2], [3]]),
    ("int[2][2]", "{[1][0] = 3, [0] = {1}}", [[1], [3]]),
    ("int[2][2]", "[[1,2],[3]]", [[1, 2], [3]]),
    ("char[2][8]", '{"a", "b"}', ["a", "b"]),
    ("u32[4]", "{10.0.0.1, 1}", [0x0100000A, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), VALUES)
def test_what_holds_values(name: str, text: str, expected: Any) -> None:
    value = read(name, text)
    assert value == expected
    assert list(value) == list(expected)  # members in the order that they were given last


def test_members_of_a_union_keep_each_others_bits() -> None:
    assert read("big", "{.parts = {0, 0, 0, 1}, .whole = 0}")["whole"] == 0
    layout = types("little")["big"]
    data = bytes_of("{.parts = {0, 0, 0, 1}, .whole = 0}", layout, "little")
    assert data[12:16] == bytes((0, 0, 0, 1))


DECLARATIONS = """
#define true 1
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;
enum color { RED, GREEN = 5, LAST = 0xffffffff }; enum elsewhere { TCP = 6, UDP = 17 };
struct pair { int x, y; };
struct key { u32 saddr; u16 dport; u8 proto; };
struct big {
	int a; struct pair p; union { u32 whole; u8 parts[4]; struct { u16 c, d; }; };
	struct { u32 e; }; int list[3]; char comm[8]; enum color color; double f; void *ptr;
	_Bool flag; u32 bits : 3; int sign : 5; struct pair pairs[2]; char names[2][8]; u8 mac[6];
	u16 end;
};
"""
# What is no C, or another C than that of the declarations.
NOT_C = re.compile(r"\.\d+\.|:|\[\{|\{\.(main|data)|\{\.(c = 1|p = \{\}, \{1|end = 5)|, \{\.e|😀😀")


@pytest.mark.parametrize("command", ["gcc", "clang"])
def test_c_compilers_read_the_same(command: str) -> None:
    flags = ("-w", "-m64") if command == "gcc" else ("-w", "--target=x86_64")
    if not can(command, flags, "__x86_64__"):
        pytest.skip(f"no {command} for x86-64")
    names = {"big": "struct big", "key": "struct key", "pair": "struct pair"}
    rows = [
        (name, text.rstrip(",\n"))
        for name, text, _ in VALUES
        if name in names and not NOT_C.search(text) and text.startswith(("{", "("))
        # A string behind the last element of an array is too much for gcc 12.
        if command != "gcc" or '5, "hey"' not in text
    ]
    assert len(rows) > 35
    source = [f"{names[name]} v{i} = {text};" for i, (name, text) in enumerate(rows)]
    objects = Compiler(command, *flags).objects(DECLARATIONS + "\n".join(source))
    for i, (name, text) in enumerate(rows):
        ours = bytes_of(text, types("little")[name], "little")
        assert ours == objects[f"v{i}"], text


# --- Addresses, text and bytes as the whole value ---


@pytest.mark.parametrize("order", ORDERS)
def test_addresses_are_in_network_order(order: str) -> None:
    four, six = bytes((10, 0, 0, 1)), bytes.fromhex("fe80" + "00" * 13 + "01")
    ethernet = bytes.fromhex("aabbccddee0f")
    for name in ("u32", "u8[4]", "in_addr"):
        for text in ("10.0.0.1", '"10.0.0.1"'):
            assert bytes_of(text, types(order)[name], order) == four
    for name in ("u8[16]", "in6_addr"):
        for text in ("fe80::1", "FE80:0:0:0:0:0:0:1", '"fe80::1"'):
            assert bytes_of(text, types(order)[name], order) == six
    assert bytes_of("aa:bb:cc:dd:ee:f", types(order)["mac"], order) == ethernet
    assert bytes_of("::ffff:1.2.3.4", types(order)["in6_addr"], order)[10:] == bytes(
        (255, 255, 1, 2, 3, 4)
    )
    assert read("in6_addr", "::1", order) == {"u": {"u8": [0] * 15 + [1]}}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("int", "10.0.0.1"),
        ("u16", "10.0.0.1"),
        ("u8[16]", "10.0.0.1"),
        ("bool[4]", "10.0.0.1"),
        ("signed char[4]", "10.0.0.1"),
        ("char[4]", "{10.0.0.1}"),
        ("u32[4]", "fe80::1"),
        ("u128", "fe80::1"),
        ("u8[4]", "aa:bb:cc:dd:ee:ff"),
        ("double", "10.0.0.1"),
        ("key", "10.0.0.1"),
    ],
)
def test_addresses_are_for_no_other_places(name: str, text: str) -> None:
    assert "address of" in refused(name, text)


def test_text_needs_no_quotes_where_it_is_the_whole() -> None:
    assert read("char[8]", "bash") == "bash"
    assert read("char[8]", "a b.c:d") == "a b.c:d"
    assert read("char[8]", "caf\u00e9") == "café"
    assert read("char[8]", " bash") == " bash"
    assert read("char[8]", '"bash"') == "bash"
    assert read("char[8]", '(char[8]){ "bash" },') == "bash"
    assert read("char[8]", "{ 'b', 'a' }") == "ba"
    assert read("char[8]", "") == ""
    assert read("char[8]", "0x41") == "0x41"
    assert read("char[8]", "10.0.0.1") == "10.0.0.1"
    assert read("char[8]", "hexen") == "hexen"
    assert read("char[8]", "hex xyz") == "hex xyz"
    assert read("char[6]", '"10.0.1"') == "10.0.1"
    # What the terminal could not make characters of.
    assert bytes_of("a\udce9", types("little")["char[8]"], "little") == b"a\xe9".ljust(8, b"\0")
    assert bytes_of('"a\udce9"', types("little")["char[8]"], "little") == b"a\xe9".ljust(8, b"\0")


RAW = ["hex 01 00 00 00 02 00 03 00", "hex:0100000002000300", "hex: 1 0 0 0 2 0 3 0",
       " hex 01000000 02000300 ", "hex 0x01 0x00 0x00 0x00 0x02 0x00 0x03 0x00",
       "hex 01:00:00:00:02:00:03:00", "hex 1,0,0,0,2,0,3,0"]  # fmt: skip


@pytest.mark.parametrize("text", RAW)
def test_raw_bytes_of_any_type(text: str) -> None:
    raw = bytes((1, 0, 0, 0, 2, 0, 3, 0))
    for name in ("key", "pair", "long", "void *", "double", "char[8]"):
        assert bytes_of(text, types("little")[name], "little") == raw
    layout = types("little")["key"]
    value = value_of(text, layout, "little")
    assert value == {"saddr": 1, "dport": 2, "proto": 3}
    assert construct_parser.pack(layout, "little", value) == raw  # padding too
    # Bytes are in the order they are written in, whatever the record's.
    assert bytes_of(text, types("big")["key"], "big") == raw


@pytest.mark.parametrize(
    "text",
    ["01 00 ff 02", "0100ff02", '"01 00 ff 02"', '"0100ff02"', "hex 01 00 ff 02",
     "0x1 0x0 0xff 0x2", "01:00:ff:02",
     "{ 0x01, 0x00, 0xff, 0x02 }", '["0x01","0x00","0xff","0x02"]', "[1,0,255,2]",
     "(unsigned char[4]){ 1, 0, 255, 2 }", "{ 1, [2] = 255, 2 }"],
)  # fmt: skip
def test_bytes_of_no_type(text: str) -> None:
    raw = bytes((1, 0, 255, 2))
    assert read("opaque", text) == raw
    if not text.startswith("(") and " 0x" not in text.removeprefix("{") and "hex" not in text:
        quoted = text if text[0] in '"{[' else f'"{text}"'
        assert read("entry", f'{{"key":{quoted},"value":7}}') == {"key": raw, "value": 7}


def test_single_bytes_of_no_type() -> None:
    assert read("entry", "{.key[1] = 5, 6, .value = 1}")["key"] == bytes((0, 5, 6, 0))
    assert read("entry", "{1, 2, 3, 4, 5}") == {"key": bytes((1, 2, 3, 4)), "value": 5}
    assert read("opaque", "{}") == bytes(4)
    assert read("opaque", "{ [0] = 0 }") == bytes(4)


# --- What is refused ---

REFUSED: list[tuple[str, str, str]] = [
    ("u32", "-1", "--key '-1': -1 is out of the range of u32, 0 to 4294967295, at column 1"),
    ("u8", "256", "256 is out of the range of u8, 0 to 255, at column 1"),
    ("int", "2147483648", "out of the range of int, -2147483648 to 2147483647, at column 1"),
    ("char", "256", "256 is out of the range of char, -128 to 127, at column 1"),
    ("color", "4294967296", "4294967296 is out of the range of enum color, 0 to 4294967295, at"),
    ("_Bool", "256", "256 is out of the range of _Bool, 0 to 255, at column 1"),
    ("void *", "-1", "-1 is out of the range of the pointer, 0 to "),
    ("float", "1e300", "1e+300 is out of the range of float, single precision, at column 1"),
    ("int", "9" * 300, "a huge number is out of the range of int, "),
    ("int", "1 << 999", "a shift by 999, at column 3"),
    ("int", "1 / 0", "division by zero, at column 3"),
    ("int", "1 | 2.5", "'|' is for integers, at column 3"),
    ("int", "<<".join(["1", *["256"] * 9]), "a number that is too large for any type, at column"),
    ("int", "1.5", "int takes no floating point number, 1.5, at column 1"),
    ("int", "~1.5", "'~' is for integers at column 1"),
    ("double", "1e999 x", "the end of the value expected at column 7"),
    ("int", "089", "'089' is no number at column 1"),
    ("int", "0x", "'0x' is no number at column 1"),
    ("int", "1ulx", "'1ulx' is no number at column 1"),
    ("double", "1.5x", "'1.5x' is no number at column 1"),
    ("double", "1.0_0", "'1.0_0' is no number at column 1"),
    ("double", "__builtin_huge()", "'__builtin_huge' is no number at column 1"),
    ("int", "", "a number expected for int at column 1"),
    ("int", "null", "'null' is neither a number nor an enumerator at column 1"),
    ("int", "1 2", "the end of the value expected at column 3"),
    ("int", "(1", "')' expected at column 3"),
    ("int", "(" * 50 + "1", "more than 40 parentheses at column 41"),
    ("int", "'ab'", "'ab' is 2 bytes, not one, at column 1"),
    ("int", "'é'", "'é' is 2 bytes, not one, at column 1"),
    ("int", r"'\q'", r"'\\q' is no escape at column 2"),
    ("int", '"1 2"', "the end of the string expected at column 4"),
    ("int", '"\'"', "a string without its end at column 2"),
    ("int", '"x"', "'x' is neither a number nor an enumerator at column 2"),
    ("int", "{{1}}", "a number expected for int at column 2"),
    ("int", "{1, 2}", "'}' expected at column 5"),
    ("int", "[1, 2]", "']' expected at column 5"),
    ("int", '{"x":1}', "an object, which int is not, at column 2"),
    ("int", "@", "'@' means nothing at column 1"),
    ("int", '"abc', "a string without its end at column 1"),
    ("int", "1 /* x", "a comment without its end at column 3"),
    ("int", "BOTH", "'BOTH' is 1 in enum elsewhere and 2 in enum other"),
    ("color", "GREN", "enum color has no 'GREN' at column 1; it has RED, GREEN, LAST; did you mean "
     "'GREEN'?"),
    ("color", '{"name":"GREEN","value":"x"}', "enum color has no 'x' at column 26; it has"),
    ("key", "5", "'{' expected for struct key at column 1"),
    ("key", "[1]", "'{' expected for struct key at column 2"),
    ("key", '"text"', "a string, which struct key is not, at column 1"),
    ("key", "{.sadr = 1}", "struct key has no member 'sadr' at column 3; it has saddr, dport, "
     "proto; did you mean 'saddr'?"),
    ("key", '{"sadr":1}', "struct key has no member 'sadr' at column 2; it has"),
    ("key", "{saddr: 1}", "saddr: 'saddr' is neither a number nor an enumerator at column 2"),
    ("key", "{.saddr 1}", "saddr: '=' expected at column 9"),
    ("key", "{.saddr = 1 .dport = 2}", "saddr: ',' or '}' expected at column 13"),
    ("key", "{.saddr = 1", "saddr: ',' or '}' expected at column 12"),
    ("key", "{.saddr.x = 1}", "saddr: '=' expected for u32 at column 8"),
    ("key", "{.saddr = 1}}", "the end of the value expected at column 13"),
    ("key", "{. = 1}", "a member's name expected at column 4"),
    ("key", "{[0] = 1}", "struct key has no elements at column 3"),
    ("key", "{1, 2, 3, 4}", "more values than struct key has places for at column 11"),
    ("key", "{.dport = 65536}", "dport: 65536 is out of the range of u16, 0 to 65535, at column "),
    ("key", "{.saddr = {1, 2}}", "saddr: '}' expected at column 15"),
    ("key", "{.saddr = 10.0.0.300}", "saddr: '10.0.0.300' is no address at column 11"),
    ("key", "{.saddr = 1,\n .dport = x}", "dport: 'x' is neither a number nor an enumerator at "
     "line 2, column 11"),
    ("key", '{"saddr":1 "dport":2}', "',' or '}' expected at column 12"),
    ("key", '{"saddr":1, 5}', "a string, the name of a member, expected at column 13"),
    ("key", "hex 01", "--key 'hex 01': 1 bytes, where 8 are needed"),
    ("key", "hex 010", "no bytes in hexadecimal, as in 01 00 ff or 0100ff"),
    ("big", "{.pairs[1].z = 1}", "pairs[1]: struct pair has no member 'z' at column 12; it has x"),
    ("big", "{.pairs[2].x = 1}", "pairs: an array of 2 has no element 2 at column 9"),
    ("big", "{.pairs[-1].x = 1}", "pairs: an array of 2 has no element -1 at column 9"),
    ("big", "{.pairs[1.5].x = 1}", "pairs: an array of 2 has no element 1.5 at column 9"),
    ("big", "{.pairs.x = 1}", "pairs: the array has no members at column 9"),
    ("big", "{.list = 5.5}", "list[0]: int takes no floating point number, 5.5, at column 10"),
    ("big", "{.list = {1, 2, 3, 4}}", "list: more values than the array has places for at column "),
    ("big", '{"list":5}', "list: '{' expected for the array at column 9"),
    ("big", '{"comm":5}', "comm: a string or '{' expected for the array at column 9"),
    ("big", '{"p":[1]}', "p: a list, which struct pair is not, at column 6"),
    ("big", "{.bits = 8}", "bits: 8 is out of the range of u32:3, 0 to 7, at column 10"),
    ("big", "{.sign = -17}", "sign: -17 is out of the range of int:5, -16 to 15, at column 10"),
    ("big", '{.comm = "123456789"}', "comm: a text of 9 bytes, where the array has 8, at column "),
    ("big", '{"comm":"\\ud800"}', r"comm: '\\ud800' is no escape at column 10"),
    ("big", '{.comm = "\ud800"}', "comm: a text that is not valid Unicode, at column 10"),
    ("big", '{.mac = "1234567"}', "mac: a text of 7 bytes, where the array has 6, at column 9"),
    ("big", "{.c = 1, {.nothing = 1}}", "d: a number expected for u16 at column 11"),
    ("flexible", "{2, {1, 2, 3}}", "data: more values than the array has places for at column 12"),
    ("char[8]", "123456789", "a text of 9 bytes, where the array has 8, at column 1"),
    ("opaque", "01 02", "2 bytes, where 4 are needed"),
    ("opaque", "hello", "a string or '{' expected for the bytes at column 1"),
    ("opaque", '"xyz"', "no bytes in hexadecimal, as in 01 00 ff or 0100ff, at column 1"),
    ("opaque", "{256}", "256 is out of the range of unsigned char, 0 to 255, at column 2"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), REFUSED)
def test_what_is_refused(name: str, text: str, expected: str) -> None:
    assert expected in refused(name, text)


def test_types_that_no_text_is_for() -> None:
    w = BtfWriter()
    huge = w.array(w.int("int", 4), 1 << 28)
    void, large = w.func_proto(0), w.array(w.int("char", 1), 1 << 24)
    graph = Btf(w.bytes(), "test")
    with pytest.raises(
        UsageError, match=r"key: #.* has 1073741824 bytes, and values of more than 16"
    ):
        bytes_of("{}", layouts.resolve(graph.by_id(huge)), "little", "key")
    with pytest.raises(UsageError, match=r"key: #.* is a prototype, which has no size"):
        bytes_of("{}", layouts.resolve(graph.by_id(void)), "little", "key")
    with pytest.raises(UsageError, match="byte order 'middle' is neither"):
        bytes_of("{}", layouts.resolve(graph.by_id(large)), "middle")
    assert not any(bytes_of("{}", layouts.resolve(graph.by_id(large)), "little"))


def test_deep_types_and_long_texts() -> None:
    w = BtfWriter()
    type_id = w.int("int", 4)
    for _ in range(model.MAX_DEPTH - 1):
        type_id = w.struct("s", 4, [("m", type_id, 0)])
    layout = layouts.resolve(Btf(w.bytes(), "test").by_id(type_id))
    depth = model.MAX_DEPTH - 1
    for text in ("{" * depth + "7" + "}" * depth, "{" + ".m" * depth + " = 7}", "{7}",
                 '{"m":' * depth + "7" + "}" * depth):  # fmt: skip
        assert bytes_of(text, layout, "little") == bytes((7, 0, 0, 0))
    numbers = BtfWriter()
    array = numbers.array(numbers.int("int", 4), 50_000)
    layout = layouts.resolve(Btf(numbers.bytes(), "test").by_id(array))
    assert bytes_of("{" + "1," * 50_000 + "}", layout, "little") == bytes((1, 0, 0, 0)) * 50_000
    with pytest.raises(UsageError):
        bytes_of("{" * 50_000, layout, "little")
    with pytest.raises(UsageError):
        bytes_of("{" + "-" * 50_000 + "x", layout, "little")


# --- What prettify prints is read back ---


def printed(layout: Layout, form: str, record: bytes, **options: Any) -> str:
    program = FORMS[form].compile(layout, Options(byte_order=layout.byte_order, **options))
    return b"".join(render(program, record, 0, 1)).decode("utf-8", "surrogateescape")


def options_of(form: str, data: st.DataObject, layout: Layout) -> dict[str, Any]:
    """Options that leave a text that says all of its record."""
    flag = st.booleans()
    if form == "ndjson":
        return {
            "int64": data.draw(st.sampled_from(("number", "string"))),
            "enums": data.draw(st.sampled_from(("name", "number", "both"))),
        }
    floats = any(node.kind == model.FLOAT for node in nodes(layout.root))
    chosen: dict[str, Any] = {"compact": data.draw(flag), "zero": data.draw(flag)}
    if form == "pahole" and not floats:  # of which it prints the bits
        chosen["hex"] = data.draw(flag)
    return chosen


@property_test
@given(record_layouts(), st.data())
def test_what_prettify_prints_is_read_back(layout: Layout, data: st.DataObject) -> None:
    order = layout.byte_order
    record = data.draw(record_bytes(layout.size))
    form = data.draw(st.sampled_from(("pahole", "c", "ndjson")))
    text = printed(layout, form, record, **options_of(form, data, layout))
    built = bytes_of(text, layout, order)
    parser = construct_parser.compile_construct(layout, order)
    assert parser.build(value_of(text, layout, order)) == built
    inside = list(nodes(layout.root))
    floats = [node for node in inside if node.kind == model.FLOAT]
    if any(layouts.float_format(node) in (X87, QUAD) for node in floats):
        return  # Python has no such numbers
    if form == "ndjson" and "null" in text and floats:
        return  # NaN and infinities
    value = parser.parse(record)
    if not any(node.kind == model.UNION for node in inside):
        # Values are alike, though padding, what is behind a text and the like are gone.
        assert same(parser.parse(built), value)
    elif form == "c" and not floats:
        # One member of each union, which is all that the text shows.
        assert printed(layout, form, built) == printed(layout, form, record)
    elif form != "c" and not (floats and "nan" in text) and parser.build(plain(value)) == record:
        # Values tell all of this record, and texts no less: of NaN they do not tell all bits.
        assert built == record


@property_test
@given(record_layouts(), st.data())
def test_json_of_one_record_is_that_record(layout: Layout, data: st.DataObject) -> None:
    order = layout.byte_order
    record = data.draw(record_bytes(layout.size))
    if layout.root.kind == model.ARRAY:
        return  # which a list is of more than one way
    line = printed(layout, "ndjson", record)
    assert bytes_of(f"[{line}]\n", layout, order) == bytes_of(line, layout, order)


@property_test
@given(record_layouts(), st.data())
def test_raw_bytes_are_any_types(layout: Layout, data: st.DataObject) -> None:
    order = layout.byte_order
    record = data.draw(record_bytes(layout.size))
    text = f"hex {record.hex(' ')}"
    assert bytes_of(text, layout, order) == record
    if layout.root.kind in layouts.NESTED:
        assert construct_parser.pack(layout, order, value_of(text, layout, order)) == record


# --- Whatever is written ---

PIECES = ["{", "}", "[", "]", "(", ")", ",", ".", "=", ":", '"', "'", "\\", "-", "~", "<<", "/*",
          "*/", "//", "\n", " ", "a", "p", "x", ".a = ", ".pairs[1]", "0", "1", "0x", "1.5", "1e9",
          "RED", "GREEN", '"a":', '"comm"', "hex ", "01", "aa:", "::", "10.0.0.1", "(int)",
          "(struct x *)", "null", "nan", "\udce9", "é", "\0", "...", "%", "$",
          "__builtin_nan("]  # fmt: skip


@settings(max_examples=examples(400), deadline=None)
@given(
    st.sampled_from(sorted(types("little"))),
    st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
        st.text(max_size=20),
        st.builds(
            lambda row, at, piece: row[1][:at] + piece + row[1][at + 1 :],
            st.sampled_from(VALUES), st.integers(0, 99), st.sampled_from(PIECES),
        ),
    ),
)  # fmt: skip
def test_any_text_is_a_value_or_refused_in_a_line(name: str, text: str) -> None:
    layout = types("big")[name]
    refusal = None
    try:
        value = value_of(text, layout, "big", "--key")
    except UsageError as error:
        refusal = str(error)
    if refusal is not None:
        assert refusal.isprintable()
        assert refusal.startswith("--key ")
        return
    data = bytes_of(text, layout, "big", "--key")
    assert len(data) == layout.size
    assert construct_parser.pack(layout, "big", value) == data


def test_bytes_need_no_package() -> None:
    """As in prettify.pyz, where there is no construct."""
    script = """
import sys
from prettify import layout, load_types
from prettify.records.initializer.reader import bytes_of
sys.modules["construct"] = sys.modules["numpy"] = None
header = load_types("elf")["elf64_sym"]
print(bytes_of("{.st_name = 1, .st_value = 0x10}", header.layout, "little").hex())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "010000000000000010000000000000000000000000000000"
