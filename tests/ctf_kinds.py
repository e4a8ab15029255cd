"""One type of every kind of CTF, as the writer makes it and as it is to be read."""

from __future__ import annotations

from collections.abc import Callable

import ctf_writer as ctf
from ctf_writer import FORMS, CtfWriter, Endian, archive
from prettify import model

INT = 1  # the types that those below refer to: an int, and a struct of it
STRUCT = 2


class Kind:
    """A kind: how it is written, and what is read: its class and what that is made of."""

    def __init__(
        self,
        number: int,
        build: Callable[[CtfWriter], int],
        made: type[model.Type],
        **facts: object,
    ) -> None:
        self.number = number
        self.build = build
        self.made = made
        self.facts = facts

    def __repr__(self) -> str:
        return f"{self.number}-{self.made.__name__}"


KINDS = (
    Kind(0, lambda w: w.unknown(), model.Void, name=""),
    Kind(1, lambda w: w.int("void", 0, signed=True), model.Void, name="void"),
    Kind(
        1,
        lambda w: w.int("unsigned long", 8),
        model.Integer,
        name="unsigned long",
        size=8,
        bits=64,
        bit_offset=0,
        signed=False,
        character=False,
        boolean=False,
    ),
    Kind(
        1,
        lambda w: w.int("char", 1, signed=True, char=True),
        model.Integer,
        name="char",
        size=1,
        bits=8,
        signed=True,
        character=True,
        boolean=False,
    ),
    Kind(
        1,
        lambda w: w.int("_Bool", 1, boolean=True),
        model.Integer,
        name="_Bool",
        size=1,
        signed=False,
        boolean=True,
    ),
    Kind(
        1,
        lambda w: w.int("unsigned", 4, bits=5, offset=3, root=False),
        model.Integer,
        name="unsigned",
        size=4,
        bits=5,
        bit_offset=3,
    ),
    Kind(2, lambda w: w.float("double", 8, ctf.DOUBLE), model.Float, name="double", size=8),
    Kind(
        2,
        lambda w: w.float("long double", 16, ctf.LONG_DOUBLE),
        model.Float,
        name="long double",
        size=16,
    ),
    Kind(
        2,
        lambda w: w.float("_Imaginary", 4, ctf.IMAGINARY),
        model.Float,
        name="_Imaginary",
        size=4,
    ),
    Kind(
        2, lambda w: w.float("complex float", 8, ctf.COMPLEX), model.Typedef, name="complex float"
    ),
    Kind(2, lambda w: w.float("interval", 16, ctf.DOUBLE_INTERVAL), model.Typedef, name="interval"),
    Kind(3, lambda w: w.ptr(STRUCT), model.Pointer, name="", target_id=STRUCT),
    Kind(
        4, lambda w: w.array(INT, 7, INT), model.Array, name="", element_id=1, index_id=1, count=7
    ),
    Kind(5, lambda w: w.function(INT, [INT, STRUCT, 0]), model.Prototype, name="", return_id=INT),
    Kind(5, lambda w: w.function(0, [INT, INT]), model.Prototype, name="", return_id=0),
    Kind(
        6,
        lambda w: w.struct("pair", 8, [("a", INT, 0), ("b", INT, 32)]),
        model.Struct,
        name="pair",
        size=8,
    ),
    Kind(
        7,
        lambda w: w.union("either", 4, [("a", INT, 0), ("b", STRUCT, 0)]),
        model.Union,
        name="either",
        size=4,
    ),
    Kind(
        8,
        lambda w: w.enum("colour", [("RED", 0), ("GREEN", 5)]),
        model.Enum,
        name="colour",
        size=4,
        signed=False,
        wide=False,
        values=frozenset((0, 5)),
    ),
    Kind(
        8,
        lambda w: w.enum("sign", [("NEGATIVE", -1), ("ZERO", 0)], size=1),
        model.Enum,
        name="sign",
        size=1,
        signed=True,
        values=frozenset((-1, 0)),
    ),
    Kind(9, lambda w: w.forward("later"), model.Forward, name="later", union=False),
    Kind(9, lambda w: w.forward("later", ctf.KIND_UNION), model.Forward, name="later", union=True),
    Kind(
        9,
        lambda w: w.forward("later", ctf.KIND_ENUM),
        model.Enum,
        name="later",
        size=4,
        enumerators=(),
    ),
    Kind(10, lambda w: w.typedef("number", INT), model.Typedef, name="number", target_id=INT),
    Kind(11, lambda w: w.volatile(INT), model.Volatile, name="", target_id=INT),
    Kind(12, lambda w: w.const(INT), model.Const, name="", target_id=INT),
    Kind(13, lambda w: w.restrict(INT), model.Restrict, name="", target_id=INT),
    Kind(
        14,
        lambda w: w.slice(INT, 3, offset=2, size=1),
        model.Integer,
        name="",
        size=1,
        bits=3,
        bit_offset=2,
        signed=True,
    ),
)


def common(form: str, endian: Endian) -> CtfWriter:
    """A writer that has the types INT and STRUCT already."""
    writer = CtfWriter(form, endian)
    writer.int("int", 4, signed=True)
    writer.struct("s", 4, [("m", INT, 0)])
    return writer


def has_slices(form: str) -> bool:
    """Whether a version knows slices."""
    return form in ("libctf-2", "libctf-3")


def all_kinds(form: str, endian: Endian) -> CtfWriter:
    """A writer with a type of every kind, a struct that uses them, and variables."""
    writer = common(form, endian)
    made = {}
    for kind in KINDS:
        if kind.number != ctf.KIND_SLICE or has_slices(form):
            made[repr(kind), len(made)] = kind.build(writer)
    flags = [i for (name, _), i in made.items() if name.startswith(("2-", "3-", "4-", "6-", "8-"))]
    writer.struct("mixed", 512, [(f"m{i}", type_id, 256 * i) for i, type_id in enumerate(flags)])
    grid = writer.array(writer.array(INT, 2), 3)
    writer.struct("grid", 24, [("cells", grid, 0)])
    packed = writer.enum("packed", [("ONE", 1), ("MANY", 200)])
    writer.struct("tight", 2, [("p", packed, 0), ("q", packed, 8)])
    if has_slices(form):
        bits = [writer.slice(INT, 3, size=1), writer.slice(packed, 5, size=1)]
        writer.struct("bits", 4, [("a", bits[0], 0), ("b", bits[1], 3)])
    large = writer.form.threshold
    writer.struct("large", large, [("first", INT, 0), ("last", INT, 8 * large - 32)])
    if "variables" in FORMS[form].sections:
        writer.variable("counter", INT)
        writer.variable("corner", writer.next_id - 1)
    if "object_names" in FORMS[form].sections:
        writer.object("thing", STRUCT)
    return writer


def family(endian: Endian, form: str = "libctf-3", *, compress: bool = False) -> bytes:
    """An archive of a parent and two children with types of one name."""
    parent = common(form, endian)
    parent.forward("node")
    parts = {".ctf": parent.bytes(compress=compress)}
    for name, size in (("a.c", 8), ("b.c", 12)):
        child = CtfWriter(form, endian, parent_name=".ctf", unit_name=name)
        own = child.struct("node", size, [("m", INT, 0), ("n", STRUCT, 32)])
        child.ptr(own)
        child.typedef(f"{name[0]}_t", own)
        parts[name] = child.bytes(compress=compress)
    return archive(parts)
