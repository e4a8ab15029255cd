"""What bpftool 7.1 prints for values of maps: BTF of each kind, bytes, and the text in `formatted`.

Every text here was printed by bpftool, and is checked against it where it is installed.
`quirks` is the BTF of the rows of quirks.toml that are about bpftool: run this file to write it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from btf_writer import GLOBAL, STATIC, BtfWriter
from conftest import VECTORS

QUIRKS = VECTORS / "bpftool" / "quirks.btf"

Build = Callable[[BtfWriter], int]


class Case:
    """A type as the writer adds it, and values of it in hexadecimal with their texts."""

    def __init__(self, name: str, build: Build, shown: dict[str, str]) -> None:
        self.name = name
        self.build = build
        self.shown = shown

    def __repr__(self) -> str:
        return self.name

    def btf(self) -> tuple[bytes, int, int]:
        """BTF, the id of a key of 4 bytes, the id of the value."""
        w = BtfWriter()
        w.int("long", 8, signed=True)
        key = w.int("unsigned int", 4)
        value = self.build(w)
        return w.bytes(), key, value


def char(w: BtfWriter, **encoding: Any) -> int:
    return w.int("char", 1, **(encoding or {"signed": True}))


def chars(count: int, **encoding: Any) -> Build:
    return lambda w: w.array(char(w, **encoding), count)


def integer(size: int, bits: int | None = None, offset: int = 0, **encoding: Any) -> Build:
    return lambda w: w.int("x", size, bits=bits, offset=offset, **encoding)


def flagged(**encoding: Any) -> Build:
    """Bitfields, one without a name, and a member that is none."""

    def build(w: BtfWriter) -> int:
        i = w.int("x", 4, **encoding)
        return w.struct(
            "s",
            12,
            [("a", i, 0, 3), ("", i, 3, 5), ("b", i, 8, 24), ("c", i, 32, 32), ("d", i, 64, 0)],
        )

    return build


def old_bitfields(w: BtfWriter) -> int:
    few = w.int("few", 4, bits=5)
    moved = w.int("moved", 4, bits=5, offset=3, signed=True)
    two = w.int("two", 4, bits=16, signed=True)
    whole = w.int("whole", 4)
    members = [("a", few, 0), ("b", few, 5), ("c", moved, 8), ("d", two, 16), ("e", two, 36)]
    return w.struct("s", 12, [*members, ("f", whole, 61)])


def enumeration(size: int, signed: bool) -> Build:
    return lambda w: w.enum(
        "e", [("ONE", 1), ("MINUS", -1), ("AGAIN", 1), ("HIGH", 0x80000000)], size=size,
        signed=signed,
    )  # fmt: skip


def wide_enumeration(signed: bool) -> Build:
    return lambda w: w.enum64("e", [("ONE", 1), ("BIG", 1 << 63), ("MINUS", -1)], signed=signed)


def pointers(w: BtfWriter) -> int:
    members = [
        ("void", w.ptr(0), 0),
        ("fwd", w.const(w.ptr(w.fwd("f"))), 64),
        ("function", w.ptr(w.func_proto(0)), 128),
        ("tagged", w.ptr(w.type_tag("rcu", 1)), 192),
    ]
    return w.struct("s", 32, members)


def nested(w: BtfWriter) -> int:
    i, s = w.int("int", 4, signed=True), w.int("short", 2)
    inner = w.struct("", 4, [("c", s, 0), ("d", s, 16)])
    union = w.union("", 4, [("b", i, 0), ("", inner, 0)])
    pair = w.struct("pair", 4, [("x", s, 0), ("y", s, 16)])
    members = [
        ("a", w.const(w.typedef("i_t", w.volatile(i))), 0),
        ("", union, 32),
        ("pairs", w.array(pair, 2), 64),
        ("rows", w.array(w.array(s, 2), 2), 128),
        ("none", w.array(pair, 0), 192),
    ]
    return w.struct("s", 24, members)


def empties(w: BtfWriter) -> int:
    nothing = w.struct("nothing", 0, [])
    members = [
        ("e", w.array(nothing, 2), 0),
        ("u", w.union("u", 0, []), 0),
        ("t", w.array(char(w), 0), 0),
        ("n", w.int("int", 4), 0),
        ("flexible", w.array(char(w), 0), 32),
    ]
    return w.struct("s", 8, members)


def union(w: BtfWriter) -> int:
    return w.union("u", 4, [("i", w.int("int", 4), 0), ("t", w.array(char(w), 4), 0)])


def section(name: str) -> Build:
    def build(w: BtfWriter) -> int:
        i = w.int("int", 4, signed=True)
        pair = w.struct("pair", 8, [("a", i, 0), ("b", i, 32)])
        first = w.var("cfg", pair, GLOBAL)
        return w.datasec(name, 16, [(first, 0, 8), (w.var("x", w.const(i), STATIC), 12, 4)])

    return build


CASES = [
    Case("char", char, {"78": "120", "ff": "-1", "00": "0"}),
    Case("unsigned char", integer(1), {"ff": "255"}),
    Case("bool", integer(1, boolean=True), {"00": "false", "01": "true", "80": "true"}),
    Case("character", integer(1, char=True), {
        "41": '"A"', "27": '"\'"', "2f": '"/"', "00": '"\\u0000"', "0a": '"\\u000a"',
        "7f": '"\\u007f"', "ff": '"\\u00ff"',
    }),
    Case("wide character", integer(4, char=True), {"41424344": '"A"', "00424344": '"\\u0000"'}),
    Case("wide bool", integer(4, boolean=True), {"00010000": "false", "01000000": "true"}),
    Case("int", integer(4, signed=True), {"ffffffff": "-1", "00000080": "-2147483648"}),
    Case("unsigned", integer(4), {"ffffffff": "4294967295"}),
    Case("long", integer(8, signed=True), {"ff" * 8: "-1"}),
    Case("unsigned long", integer(8), {"ff" * 8: "18446744073709551615"}),
    Case("int128", integer(16, signed=True), {"ff" * 16: f'"0x{"f" * 32}"', "00" * 16: '"0x0"'}),
    Case("wide as bool", integer(16, boolean=True), {"05" + "00" * 15: '"0x5"'}),
    Case("three bytes", integer(3, signed=True), {"fffeff": '"0xfffeff"'}),
    Case("three bytes as bool", integer(3, boolean=True), {"000100": "false"}),
    Case("five bits", integer(4, 5, signed=True), {"ff000000": '"0x1f"'}),
    Case("five bits, moved", integer(4, 5, 3, boolean=True), {"f0000000": '"0x1e"'}),
    Case("16 of 32 bits", integer(4, 16, signed=True), {"feff0000": "-2"}),
    Case("24 of 32 bits", integer(4, 24, signed=True), {"feffff00": '"0xfffffe"'}),
    Case("a byte, moved", integer(2, 8, 8), {"00ff": '"0xff"'}),
    Case("text", chars(6), {
        "68656c6c6f00": '"hello"', "686900ff0a80": '"hi"', "000000000000": '""',
        "22272f3c2600": '"\\"\'/<&"', "205c7e000000": '" \\n~"',
        "68656c6c6f6f": "[104,101,108,108,111,111]", "610a62000000": "[97,10,98,0,0,0]",
        "7f0000000000": "[127,0,0,0,0,0]", "e90000000000": "[-23,0,0,0,0,0]",
    }),
    Case("unsigned text", chars(3, signed=False), {"e90000": "[233,0,0]", "610000": '"a"'}),
    Case("characters", lambda w: w.array(w.int("x", 1, char=True), 3), {
        "616200": '"ab"', "616263": '["a","b","c"]', "610a00": '["a","\\u000a","\\u0000"]',
    }),
    Case("bools called char", chars(3, boolean=True), {
        "616200": '"ab"', "ff0001": "[true,false,true]",
    }),
    Case("qualified text", lambda w: w.array(w.const(w.volatile(char(w))), 3), {"616200": '"ab"'}),
    Case("tagged text", lambda w: w.array(w.type_tag("t", char(w)), 3), {"616200": '"ab"'}),
    Case("typedef of char", lambda w: w.array(w.typedef("t", char(w)), 3), {"616200": "[97,98,0]"}),
    Case("bytes", lambda w: w.array(w.int("unsigned char", 1), 3), {"616200": "[97,98,0]"}),
    Case("long chars", lambda w: w.array(w.int("char", 2), 2), {"61000000": "[97,0]"}),
    Case("texts", lambda w: w.array(w.array(char(w), 3), 2), {
        "616200636465": '["ab",[99,100,101]]',
    }),
    Case("long text", chars(40), {
        "61" * 30 + "00" * 10: f'"{"a" * 30}"', "61" * 40: f"[{','.join(['97'] * 40)}]",
        "61" * 9 + "80" + "00" * 30: f"[{','.join(['97'] * 9 + ['-128'] + ['0'] * 30)}]",
        "61" * 15 + "5c" * 17 + "00" * 8: '"' + "a" * 15 + "\\n" * 17 + '"',
    }),
    Case("bitfields", flagged(), {
        "e5cdab89ffffffff05000000": '{"a":"0x5","":"0x1c","b":"0x89abcd","c":"0xffffffff","d":5}',
        "00" * 12: '{"a":"0x0","":"0x0","b":"0x0","c":"0x0","d":0}',
    }),
    Case("signed bitfields", flagged(signed=True), {
        "ff" * 12: '{"a":"0x7","":"0x1f","b":"0xffffff","c":"0xffffffff","d":-1}',
    }),
    Case("bool bitfields", flagged(boolean=True), {
        "ff" * 12: '{"a":"0x7","":"0x1f","b":"0xffffff","c":"0xffffffff","d":true}',
    }),
    Case("bitfields without the flag", old_bitfields, {
        "ff" * 12: '{"a":"0x1f","b":"0x1f","c":"0x1f","d":-1,"e":"0xffff","f":"0xffffffff"}',
        "4321fedcba98765432100123":
            '{"a":"0x3","b":"0xa","c":"0x4","d":-8962,"e":"0x698b","f":"0x18088192"}',
    }),
    Case("enum", enumeration(4, True), {
        "01000000": '"ONE"', "ffffffff": '"MINUS"', "00000080": '"HIGH"', "02000000": "2",
        "feffffff": "-2",
    }),
    Case("unsigned enum", enumeration(4, False), {
        "01000000": '"ONE"', "ffffffff": '"MINUS"', "00000080": '"HIGH"', "feffffff": "-2",
    }),
    Case("enum of a byte", enumeration(1, False), {"01": '"ONE"', "ff": '"MINUS"', "80": "-128"}),
    Case("enum of 8 bytes", enumeration(8, False), {
        "ff" * 8: '"MINUS"', "0000008000000000": "2147483648", "00000080ffffffff": '"HIGH"',
    }),
    Case("enum64", wide_enumeration(False), {
        "0100000000000000": '"ONE"', "0000000000000080": '"BIG"', "ff" * 8: '"MINUS"',
        "feffffffffffffff": "-2",
    }),
    Case("signed enum64", wide_enumeration(True), {"ff" * 8: '"MINUS"', "feffffffffffffff": "-2"}),
    Case("pointers", pointers, {
        "ff" * 8 + "01" + "00" * 23:
            '{"void":18446744073709551615,"fwd":1,"function":0,"tagged":0}',
    }),
    Case("nested", nested, {
        "01000000feffffff" + "0100020003000400" * 2:
            '{"a":1,"":{"b":-2,"":{"c":65534,"d":65535}},"pairs":[{"x":1,"y":2},{"x":3,"y":4}],'
            '"rows":[[1,2],[3,4]],"none":[]}',
    }),
    Case("union", union, {"61620000": '{"i":25185,"t":"ab"}'}),
    Case("empties", empties, {
        "0500000061620000": '{"e":[{},{}],"u":{},"t":[],"n":5,"flexible":[]}',
    }),
    Case("two of one name", lambda w: w.struct("s", 2, [("a", char(w), 0), ("a", char(w), 8)]), {
        "0102": '{"a":1,"a":2}',
    }),
]  # fmt: skip


def quirks() -> bytes:
    """BTF of the rows of quirks.toml, one type of each name."""
    w = BtfWriter()
    w.int("long", 8, signed=True)
    i = w.int("int", 4, signed=True)
    unsigned = w.int("unsigned int", 4)
    huge = w.int("unsigned __int128", 16)
    letter = w.int("char", 1, signed=True)
    character = w.int("character", 1, char=True)
    single = w.float("float", 4)
    colour = w.enum("colour", [("RED", 0), ("GREEN", 1)])
    fields = [("number", i, 0, 4), ("colour", colour, 4, 4)]
    w.typedef("text", w.array(letter, 4))
    w.typedef("letters", w.array(w.typedef("letter", letter), 4))
    w.int("wide_bool", 4, boolean=True)
    w.int("wide_character", 4, char=True)
    w.struct("fields", 4, fields)
    w.int("three_bytes", 3, signed=True)
    w.ptr(0)
    w.struct("addressed", 8, [("to", w.ptr(i), 0)])
    w.enum("unknown", [("ONE", 1)])
    w.enum64("unknown_wide", [("ONE", 1)])
    inner = w.union("", 4, [("a", i, 0), ("b", unsigned, 0)])
    w.struct("anonymous", 8, [("first", i, 0), ("", inner, 32)])
    w.struct("floats", 12, [("n", i, 0), ("f", single, 32), ("after", i, 64)])
    w.struct("characters", 2, [("a", character, 0), ("b", character, 8)])
    w.struct("tagged", 4, [("n", w.type_tag("user", i), 0)])
    w.struct("filled", 16, [("all", huge, 0, 128)])
    small = w.enum64("small", [("ONE", 1)], size=1)
    w.struct("enums", 2, [("first", small, 0), ("second", small, 8)])
    return w.bytes()


SECTION = Case("section", section(".rodata"), {
    "0100000002000000ffffffff03000000": '{".rodata":[{"cfg":{"a":1,"b":2}},{"x":3}]}',
})  # fmt: skip
ODD_SECTION = Case("section of an odd name", section('.a"b\\c'), {
    "00" * 16: '{".a\\"b\\nc":[{"cfg":{"a":0,"b":0}},{"x":0}]}',
})  # fmt: skip

if __name__ == "__main__":
    QUIRKS.parent.mkdir(exist_ok=True)
    QUIRKS.write_bytes(quirks())
