"""Hypothesis strategies: random C types as BTF of both byte orders, and random records of them.

    @given(record_layouts(), st.data())
    def test(layout, data):
        records = data.draw(record_bytes(layout.size))

Types are what compilers make and a little more: bitfields lie at any bit, also across the units
that a compiler would give them, structs may be packed, and members may overlap in unions only.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from btf_writer import BtfWriter
from prettify import layout as layouts
from prettify.composed import Composed
from prettify.layout import Layout
from prettify.records.maps.entry import Entry
from prettify.sources.btf import Btf

ORDERS = ("little", "big")
INT_SIZES = (*range(1, 9), 16, 11, 13)
MAX_BYTES = 2048  # of one type, so that random records of it stay cheap

Type = tuple[int, int, int]
"""(type id, bytes, alignment)"""


class _Types:
    """Draws types into one writer. Sizes are kept by hand, as BTF has none for arrays."""

    least_wide = 1  # bytes of an enum of 64-bit values

    def __init__(self, draw: st.DrawFn, order: str, pointer_size: int = 0) -> None:
        self.draw = draw
        self.writer = BtfWriter(order)  # type: ignore[arg-type]
        self.named = 0
        # What fixes the size of pointers, which BTF does not hold.
        self.pointer_size = pointer_size or self.choose(4, 8)
        self.writer.int("long", self.pointer_size, signed=True)

    def choose(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def upto(self, most: int, least: int = 0) -> int:
        return self.draw(st.integers(least, most))

    def maybe(self) -> bool:
        return self.draw(st.booleans())

    def name(self, stem: str) -> str:
        self.named += 1
        return f"{stem}{self.named}"

    # Scalars.

    def integer(self) -> Type:
        size = self.choose(*INT_SIZES)
        signed = self.maybe()
        return self.writer.int(self.name("int"), size, signed=signed), size, _alignment(size)

    def boolean(self) -> Type:
        size = self.choose(1, 1, 1, 4)
        return self.writer.int("_Bool", size, boolean=True), size, size

    def char(self) -> Type:
        return self.writer.int("char", 1, signed=self.maybe(), char=self.maybe()), 1, 1

    def enum(self) -> Type:
        size, signed = self.choose(1, 2, 4, 8), self.maybe()
        wide = self.maybe() and size >= self.least_wide
        bits = 64 if wide else 32
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        value = st.one_of(st.integers(max(low, -2), 5), st.integers(low, high))
        rows = [
            (self.name("E"), self.draw(value)) for _ in range(self.upto(5))
        ]  # some values twice, some too large for the size
        make = self.writer.enum64 if wide else self.writer.enum
        return make(self.name("enum"), rows, size=size, signed=signed), size, size

    def floating(self) -> Type:
        name, size = self.choose(
            ("_Float16", 2), ("__bf16", 2), ("float", 4), ("double", 8), ("long double", 16),
            ("long double", 12), ("long double", 10), ("_Float128", 16),
        )  # fmt: skip
        return self.writer.float(name, size), size, _alignment(size)

    def pointer(self) -> Type:
        return self.writer.ptr(0), self.pointer_size, self.pointer_size

    def scalar(self) -> Type:
        makers = (
            self.integer, self.integer, self.boolean, self.char, self.enum, self.floating,
            self.pointer,
        )  # fmt: skip
        return self.choose(*makers)()

    # What is made of other types.

    def anything(self, depth: int) -> Type:
        kind = self.choose("scalar", "scalar", "text", "array", "struct", "union")
        if kind == "scalar" or not depth:
            made = self.scalar()
        elif kind == "text":
            made = self.array(self.char(), self.upto(9))
        elif kind == "array":
            made = self.array(self.anything(depth - 1), self.upto(3))
        else:
            made = self.aggregate(depth - 1, kind == "union")
        return self.dressed(made)

    def array(self, element: Type, count: int) -> Type:
        type_id, size, alignment = element
        if size * count > MAX_BYTES // 4:
            count = 1
        return self.writer.array(type_id, count), size * count, alignment

    def dressed(self, made: Type) -> Type:
        """The same under typedefs and qualifiers."""
        type_id, size, alignment = made
        for _ in range(self.choose(0, 0, 0, 1, 2)):
            layer = self.choose("typedef", "const", "volatile")
            if layer == "typedef":
                type_id = self.writer.typedef(self.name("t"), type_id)
            else:
                type_id = getattr(self.writer, layer)(type_id)
        return type_id, size, alignment

    def aggregate(self, depth: int, union: bool, name: str | None = None) -> Type:
        packed = self.choose(False, False, True)
        members: list[tuple[str, int, int, int]] = []
        end = alignment = 0  # end: the first free bit
        bitfields = False
        for _ in range(self.upto(6)):
            if union:
                cursor = 0
            else:
                cursor = end + self.choose(0, 0, 0, 8, 3, 32)
            if self.choose(False, False, True):
                member, width = self.bitfield(cursor)
                bitfields = bitfields or member[3] > 0
            else:
                member, width, aligned = self.plain(cursor, depth, packed)
                alignment = max(alignment, aligned)
            members.append(member)
            end = max(end, member[2] + width)
        if not union and not packed and self.choose(False, False, True):
            type_id, _, aligned = self.scalar()
            flexible = self.writer.array(type_id, 0)
            end = _up(end, 8 * aligned)
            members.append((self.name("m"), flexible, end, 0))
        size = _up((end + 7) // 8, 1 if packed else max(alignment, 1)) + self.choose(0, 0, 0, 5)
        make = self.writer.union if union else self.writer.struct
        rows: list[Any] = members if bitfields else [member[:3] for member in members]
        label = self.name("union" if union else "struct") if name is None else name
        return make(label, size, rows), size, 1 if packed else max(alignment, 1)

    def plain(
        self, cursor: int, depth: int, packed: bool
    ) -> tuple[tuple[str, int, int, int], int, int]:
        """(member, its bits, its alignment): a member that is no bitfield, or an anonymous one."""
        name = self.name("m")
        if depth and self.choose(False, False, False, True):
            name = ""
            type_id, size, alignment = self.aggregate(depth - 1, self.maybe(), name="")
        else:
            type_id, size, alignment = self.anything(depth)
        if packed:
            alignment = 1
        return (name, type_id, _up(cursor, 8 * alignment), 0), 8 * size, alignment

    def bitfield(self, cursor: int) -> tuple[tuple[str, int, int, int], int]:
        """(member, bits it takes up): a bitfield that begins at that bit."""
        type_id, size, _ = self.dressed(
            self.choose(self.integer, self.integer, self.boolean, self.enum)()
        )
        name = self.name("m")
        width = self.draw(st.one_of(st.integers(1, min(8 * size, 9)), st.integers(1, 8 * size)))
        if self.choose(False, False, False, True):
            # As before kind_flag: the type itself says how many bits, and from which on.
            shift = self.upto(8 * size - width)
            type_id = self.writer.int(
                self.name("bits"), size, signed=self.maybe(), bits=width, offset=shift
            )
            return (name, type_id, _up(cursor, 8), 0), shift + width
        return (name, type_id, cursor, width), width


class _KernelTypes(_Types):
    """The same, but only what the kernel loads, and with a map's key beside it.

    flagged: whether bitfields of the struct that is being drawn are as they are since kind_flag.
    """

    least_wide = 8  # of smaller ones bpftool reads more than they have
    widest = 120  # bits: bpftool shifts by 64, which C does not define, where they reach bit 128

    def __init__(self, draw: st.DrawFn) -> None:
        super().__init__(draw, "little", 8)
        self.flagged = False
        self.key = self.writer.int("unsigned int", 4)

    def encoding(self) -> dict[str, bool]:
        """One of the encodings of an integer, or none."""
        name = self.choose("", "", "signed", "signed", "char", "boolean")
        return {name: True} if name else {}

    def integer(self) -> Type:
        size = self.choose(1, 2, 4, 8, 16)
        return self.writer.int(self.name("int"), size, **self.encoding()), size, size

    def boolean(self) -> Type:
        size = self.choose(1, 1, 4)
        return self.writer.int("_Bool", size, boolean=True), size, size

    def char(self) -> Type:
        return self.writer.int(self.choose("char", "char", "i8"), 1, **self.encoding()), 1, 1

    def floating(self) -> Type:
        name, size = self.choose(("float", 4), ("double", 8), ("long double", 16))
        return self.writer.float(name, size), size, size

    def aggregate(self, depth: int, union: bool, name: str | None = None) -> Type:
        before, self.flagged = self.flagged, self.maybe()
        made = super().aggregate(depth, union, name)
        self.flagged = before
        return made

    def bitfield(self, cursor: int) -> tuple[tuple[str, int, int, int], int]:
        name = self.choose("", self.name("m"), self.name("m"))
        if self.flagged:
            type_id, size, _ = self.dressed(self.choose(self.integer, self.enum)())
            width = self.upto(min(8 * size, self.widest), 1)
            return (name, type_id, cursor, width), width
        size = self.choose(1, 2, 3, 4, 8, 16)
        shift = self.choose(0, 0, self.upto(8 * size - 1))
        room = min(8 * size - shift, self.widest)
        width = self.choose(room, self.upto(room, 1))
        type_id = self.writer.int(
            self.name("bits"), size, bits=width, offset=shift, **self.encoding()
        )
        return (name, type_id, self.choose(cursor, _up(cursor, 8)), 0), 8 * size


def _alignment(size: int) -> int:
    return size & -size  # 12 bytes at 4, 10 at 2, odd sizes at 1


def _up(number: int, step: int) -> int:
    return -(-number // step) * step


@st.composite
def c_types(
    draw: st.DrawFn, depth: int = 3, order: str | None = None, pointer_size: int = 0
) -> tuple[bytes, int]:
    """(BTF, type id) of a type of at most `depth` levels, of that byte order or of either."""
    types = _Types(draw, order or draw(st.sampled_from(ORDERS)), pointer_size)
    if draw(st.sampled_from((True, True, True, False))):
        made = types.dressed(types.aggregate(depth, types.choose(False, False, True)))
    else:
        made = types.anything(depth)
    return types.writer.bytes(), made[0]


@st.composite
def global_data(draw: st.DrawFn) -> tuple[bytes, int]:
    """(BTF, id of a section): for maps of global data that the kernel may take."""
    types = _KernelTypes(draw)
    variables = []
    end = 0
    for _ in range(types.upto(3, 1)):
        type_id, size, alignment = types.dressed(types.anything(2))
        if size:
            start = _up(end, max(alignment, 1)) + types.choose(0, 0, 8)
            variables.append((types.writer.var(types.name("v"), type_id, 1), start, size))
            end = start + size
    name = types.choose(".data", ".bss", ".rodata.str")
    section = types.writer.datasec(name, end, variables)
    return types.writer.bytes(), section


@st.composite
def record_layouts(draw: st.DrawFn, depth: int = 3, order: str | None = None) -> Layout:
    """The layout of such a type; or of an entry of a map, or another struct, with one in it, and
    bytes of no type or a type of another file.
    """
    blob, type_id = draw(c_types(depth, order))
    type_ = Btf(blob, "drawn").by_id(type_id)
    kind = draw(st.sampled_from(("plain", "plain", "entry", "composed")))
    if kind == "plain":
        return layouts.resolve(type_)
    sizes = st.integers(0, 20)
    if kind == "entry":
        other: Any = draw(sizes)
        if draw(st.booleans()):
            graph = type_.graph
            blob, type_id = draw(c_types(1, graph.byte_order, graph.pointer_size))
            other = Btf(blob, "other").by_id(type_id)
        parts = draw(st.permutations([type_, other]))
        cpus = draw(st.sampled_from((0, 0, 1, 3)))
        return Entry(*parts, cpus=cpus, named=draw(st.booleans())).layout
    types = Composed(type_.graph)
    members = []
    end = 0
    for index in range(draw(st.integers(1, 4))):
        made = type_
        if draw(st.booleans()):
            made = types.opaque(draw(sizes))
            for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
                made = types.array(made, draw(st.integers(0, 3)))
        end += draw(st.sampled_from((0, 0, 1, 8)))
        members.append((f"c{index}", made, end))
        end += max(types.size(types.use(made)), 0)
    return layouts.resolve(types.struct("composed", end + draw(st.sampled_from((0, 3))), members))


@st.composite
def map_types(draw: st.DrawFn) -> tuple[bytes, int, int]:
    """(BTF, id of a key of 4 bytes, id of a value): for maps that the kernel may take."""
    types = _KernelTypes(draw)
    if draw(st.sampled_from((True, True, True, False))):
        made = types.dressed(types.aggregate(2, types.choose(False, False, True)))
    else:
        made = types.anything(2)
    return types.writer.bytes(), types.key, made[0]


def record_bytes(size: int) -> st.SearchStrategy[bytes]:
    """That many bytes: random, all zero but for some, all zero, all one, or text."""
    return st.one_of(
        st.integers(0, 1 << 32).map(lambda seed: random.Random(seed).randbytes(size)),
        st.just(bytes(size)),
        st.just(b"\xff" * size),
        _sparse(size),
        st.integers(0, 1 << 32).map(lambda seed: _texts(size, seed)),
    )


@st.composite
def _sparse(draw: st.DrawFn, size: int) -> bytes:
    record = bytearray(size)
    if size:
        places = st.tuples(st.integers(0, size - 1), st.integers(1, 255))
        for place, byte in draw(st.lists(places, max_size=8)):
            record[place] = byte
    return bytes(record)


def _texts(size: int, seed: int) -> bytes:
    """Bytes as they stand in `char` arrays: ASCII, UTF-8, parts of it, NULs."""
    pieces = ["a", "B", '"', "\\", "\n", "\0", "\x7f", "\x80", "\xe9", "\u20ac", "\U0001f600"]
    chooser = random.Random(seed)
    text = bytearray()
    while len(text) < size:
        piece = chooser.choice(pieces).encode()
        text += piece[: chooser.choice((1, 2, 3, 4, 4))]
    return bytes(text[:size])
