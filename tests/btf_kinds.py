"""Every kind of BTF: how the writer adds it, and what is then read. Also whole files of all kinds.

KINDS is a table of cases; a new kind is new rows, and tests go over all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from btf_writer import (
    EXTERN,
    GLOBAL,
    KIND_ARRAY,
    KIND_CONST,
    KIND_DATASEC,
    KIND_DECL_TAG,
    KIND_ENUM,
    KIND_ENUM64,
    KIND_FLOAT,
    KIND_FUNC,
    KIND_FUNC_PROTO,
    KIND_FWD,
    KIND_INT,
    KIND_PTR,
    KIND_RESTRICT,
    KIND_STRUCT,
    KIND_TYPE_TAG,
    KIND_TYPEDEF,
    KIND_UNION,
    KIND_VAR,
    KIND_VOLATILE,
    BtfWriter,
    Endian,
    Member,
)

Build = Callable[[BtfWriter], int]


class Kind:
    """A type of a kind, as the writer adds it behind `int` (1) and `struct s` (2), and as read."""

    def __init__(self, number: int, flag: bool | None, build: Build, **read: Any) -> None:
        self.number = number
        self.flag = flag  # None where it means nothing
        self.build = build
        self.read = read

    def __repr__(self) -> str:
        flag = "" if self.flag is None else f"-flag{int(self.flag)}"
        return f"{self.number}-{self.read['class']}{flag}"


def reference(number: int, flag: bool | None, build: Build, class_: str, name: str = "") -> Kind:
    return Kind(number, flag, build, **{"class": class_, "name": name, "target_id": 1})


# The members' slots are bit_offset, bit_size, name, type_id.
MEMBERS: list[Member] = [("a", 1, 0), ("", 1, 32)]
READ_MEMBERS = [(0, 0, "a", 1), (32, 0, "", 1)]
FIELDS: list[Member] = [("a", 1, 0, 3), ("b", 1, 3, 29), ("c", 1, 32)]
READ_FIELDS = [(0, 3, "a", 1), (3, 29, "b", 1), (32, 0, "c", 1)]
PLAIN = {"signed": False, "character": False, "boolean": False, "bit_offset": 0, "decimals": 0}

KINDS = [
    Kind(
        KIND_INT,
        None,
        lambda w: w.int("long", 8, signed=True),
        **{**PLAIN, "class": "Integer", "name": "long", "size": 8, "bits": 64, "signed": True},
    ),
    Kind(
        KIND_INT,
        None,
        lambda w: w.int("char", 1, char=True),
        **{**PLAIN, "class": "Integer", "name": "char", "size": 1, "bits": 8, "character": True},
    ),
    Kind(
        KIND_INT,
        None,
        lambda w: w.int("_Bool", 1, boolean=True),
        **{**PLAIN, "class": "Integer", "name": "_Bool", "size": 1, "bits": 8, "boolean": True},
    ),
    Kind(
        KIND_INT,
        None,
        lambda w: w.int("wide", 16, bits=100, offset=28),
        **{**PLAIN, "class": "Integer", "name": "wide", "size": 16, "bits": 100, "bit_offset": 28},
    ),
    Kind(
        KIND_PTR,
        None,
        lambda w: w.ptr(1),
        **{"class": "Pointer", "name": "", "target_id": 1, "enumerators": []},
    ),
    Kind(
        KIND_ARRAY,
        None,
        lambda w: w.array(2, 7, index=1),
        **{"class": "Array", "name": "", "element_id": 2, "index_id": 1, "count": 7},
    ),
    Kind(
        KIND_STRUCT,
        False,
        lambda w: w.struct("t", 8, MEMBERS),
        **{"class": "Struct", "name": "t", "size": 8, "members": READ_MEMBERS},
    ),
    Kind(
        KIND_STRUCT,
        True,
        lambda w: w.struct("t", 8, FIELDS),
        **{"class": "Struct", "name": "t", "size": 8, "members": READ_FIELDS},
    ),
    Kind(
        KIND_UNION,
        False,
        lambda w: w.union("t", 8, MEMBERS),
        **{"class": "Union", "name": "t", "size": 8, "members": READ_MEMBERS},
    ),
    Kind(
        KIND_UNION,
        True,
        lambda w: w.union("t", 8, FIELDS),
        **{"class": "Union", "name": "t", "size": 8, "members": READ_FIELDS},
    ),
    Kind(
        KIND_ENUM,
        False,
        lambda w: w.enum("e", [("A", 0), ("B", 0xFFFFFFFF)]),
        **{
            "class": "Enum",
            "name": "e",
            "size": 4,
            "enumerators": [("A", 0), ("B", 0xFFFFFFFF)],
            "signed": False,
            "wide": False,
        },
    ),
    Kind(
        KIND_ENUM,
        True,
        lambda w: w.enum("e", [("A", -1), ("B", 0x7FFFFFFF)], size=1, signed=True),
        **{
            "class": "Enum",
            "name": "e",
            "size": 1,
            "enumerators": [("A", -1), ("B", 0x7FFFFFFF)],
            "signed": True,
            "wide": False,
        },
    ),
    Kind(
        KIND_FWD,
        False,
        lambda w: w.fwd("f"),
        **{"class": "Forward", "name": "f", "union": False},
    ),
    Kind(
        KIND_FWD,
        True,
        lambda w: w.fwd("f", union=True),
        **{"class": "Forward", "name": "f", "union": True},
    ),
    reference(KIND_TYPEDEF, None, lambda w: w.typedef("u", 1), "Typedef", "u"),
    reference(KIND_VOLATILE, None, lambda w: w.volatile(1), "Volatile"),
    reference(KIND_CONST, None, lambda w: w.const(1), "Const"),
    reference(KIND_RESTRICT, None, lambda w: w.restrict(1), "Restrict"),
    Kind(
        KIND_FUNC,
        None,
        lambda w: w.func("main", w.func_proto(1), EXTERN),
        **{"class": "Function", "name": "main", "target_id": 3, "linkage": EXTERN},
    ),
    Kind(
        KIND_FUNC_PROTO,
        None,
        lambda w: w.func_proto(1, [("format", 2), ("", 0)]),
        **{
            "class": "Prototype",
            "name": "",
            "return_id": 1,
            "parameters": [("format", 2), ("", 0)],
        },
    ),
    Kind(
        KIND_VAR,
        None,
        lambda w: w.var("v", 1, GLOBAL),
        **{"class": "Variable", "name": "v", "target_id": 1, "linkage": GLOBAL},
    ),
    Kind(
        KIND_DATASEC,
        None,
        lambda w: w.datasec(".bss", 12, [(w.var("v", 1), 4, 8)]),
        **{"class": "Section", "name": ".bss", "size": 12, "entries": [(4, 8, 3)]},
    ),
    Kind(
        KIND_FLOAT,
        None,
        lambda w: w.float("long double", 16),
        **{"class": "Float", "name": "long double", "size": 16},
    ),
    Kind(
        KIND_DECL_TAG,
        False,
        lambda w: w.decl_tag("user", 1),
        **{"class": "DeclTag", "name": "user", "target_id": 1, "component": -1},
    ),
    Kind(
        KIND_DECL_TAG,
        True,
        lambda w: w.decl_tag("aligned(8)", 1, 2, kind_flag=True),
        **{"class": "DeclTag", "name": "aligned(8)", "target_id": 1, "component": 2},
    ),
    reference(KIND_TYPE_TAG, False, lambda w: w.type_tag("rcu", 1), "TypeTag", "rcu"),
    reference(
        KIND_TYPE_TAG,
        True,
        lambda w: w.type_tag("address_space(1)", 1, kind_flag=True),
        "TypeTag",
        "address_space(1)",
    ),
    Kind(
        KIND_ENUM64,
        False,
        lambda w: w.enum64("e", [("A", 1 << 63), ("B", 5)]),
        **{
            "class": "Enum",
            "name": "e",
            "size": 8,
            "enumerators": [("A", 1 << 63), ("B", 5)],
            "signed": False,
            "wide": True,
        },
    ),
    Kind(
        KIND_ENUM64,
        True,
        lambda w: w.enum64("e", [("A", -(1 << 63)), ("B", -1)], size=4, signed=True),
        **{
            "class": "Enum",
            "name": "e",
            "size": 4,
            "enumerators": [("A", -(1 << 63)), ("B", -1)],
            "signed": True,
            "wide": True,
        },
    ),
]
# Those whose kind_flag says something (BTF documentation, section 2.2).
FLAGGED = {
    KIND_STRUCT,
    KIND_UNION,
    KIND_ENUM,
    KIND_FWD,
    KIND_DECL_TAG,
    KIND_TYPE_TAG,
    KIND_ENUM64,
}


def all_kinds(order: Endian) -> bytes:
    """A file with every row of KINDS, a struct of most of them, nested arrays, old bitfields."""
    writer = BtfWriter(order)
    number = writer.int("int", 4, signed=True)
    writer.struct("s", 4, [("m", number, 0)])
    for kind in KINDS:
        if kind.number not in (KIND_FUNC, KIND_DATASEC):  # these count on being third
            kind.build(writer)
    char = writer.int("char", 1, signed=True)
    few = writer.int("unsigned int", 4, bits=5)
    text = writer.array(char, 16)
    matrix = writer.array(writer.array(number, 3), 2)
    link = writer.ptr(writer.next_id + 1)
    node = writer.struct(
        "node", 48, [("next", link, 0), ("name", text, 64), ("matrix", matrix, 192)]
    )
    inner = writer.union(
        "", 4, [("bits", number, 0, 7), ("float", writer.float("float", 4), 0)], kind_flag=True
    )
    colour = writer.enum("colour", [("RED", 0), ("GREEN", 1)])
    members = [("few", few, 0), ("more", few, 5), ("", inner, 32), ("colour", colour, 64)]
    old = writer.struct("old", 16, [*members, ("none", writer.array(char, 0), 96)])
    nodes = writer.typedef("nodes", writer.const(writer.array(node, 2)))
    variables = [writer.var("v", nodes, GLOBAL), writer.var("w", old)]
    writer.datasec(".data", 112, [(variables[0], 0, 96), (variables[1], 96, 16)])
    writer.func("main", writer.func_proto(number, [("v", link), ("", 0)]), EXTERN)
    return writer.bytes()


def split_btf(order: Endian) -> tuple[bytes, bytes]:
    """A base, and split BTF on it."""
    base = BtfWriter(order)
    number = base.int("int", 4, signed=True)
    base.int("long", 8, signed=True)
    base.struct("node", 16, [("next", base.next_id + 1, 0), ("value", number, 64)])
    base.ptr(3)
    split = BtfWriter(base=base)
    split.struct("value", 16, [("node", 3, 0)])
    split.struct("added", 24, [("value", 5, 0), ("extra", number, 128)])
    split.struct("node", 4, [("low", number, 0, 5), ("high", number, 5, 27)])
    split.typedef("nodes", split.array(7, 3, index=number))
    split.enum("state", [("int", 0), ("ON", 1)])
    return base.bytes(), split.bytes()
