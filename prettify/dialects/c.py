"""The C dialect: compound literals that a C compiler turns back into the same member values.

What C takes as zero is left out, of a union the one member that holds most of it is initialized,
and constants are spelled so that no compiler warns.

C has no constants for x87 numbers whose leading bit contradicts their exponent: they are printed as
the regular number of that value. And the text can be no better than the type information: BTF of
pahole has one dimension of arrays that have several, and such arrays do not compile. A full `char`
array is a literal whose NUL has no room, of which gcc tells from version 15 on, with `-Wextra`. Of
a located array, which C does not have, there is the word that locates it.
Without names (`noname`) the text is for people only.
"""

from __future__ import annotations

from prettify import model
from prettify.core import program as ops
from prettify.core import shortest
from prettify.dialects.assembler import Assembler, Label
from prettify.dialects.c_names import type_name
from prettify.dialects.options import Options
from prettify.dialects.scalars import (
    FLOAT_NUMBERS,
    POINTER_KEY,
    branch_if_set,
    encode,
    enumerators,
    load,
    load_float,
    put_bytes,
    put_elements,
    skip_if_zero,
    value_size,
)
from prettify.layout import (
    NESTED,
    QUAD,
    Layout,
    Node,
    innermost,
    is_bool,
    is_char,
    is_signed,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.core.program import Program

SEPARATOR = b",\n"


def compile_program(layout: Layout, options: Options) -> Program:
    """The program that prints records of that layout in this dialect."""
    big_endian = options.big_endian(layout)
    walk = _Walk(options, big_endian)
    walk.top(layout.root)
    return walk.to.finish(layout.size, big_endian=big_endian, separator=SEPARATOR, key=POINTER_KEY)


def pruned(node: Node) -> Node:
    """A copy of a layout without what an initializer cannot or need not say.

    Of a union stays the member that holds most of its bits, the first of several; members that
    hold nothing go.
    """
    copy = node.copy()
    if node.element is not None:
        copy.element = pruned(node.element)
    children = node.children
    if node.kind == model.UNION and children:
        children = (kept(node),)
    copy.children = tuple(pruned(child) for child in children if held_bits(child))
    return copy


def kept(union: Node) -> Node:
    """The member of a union that is printed."""
    return max(union.children, key=held_bits)


def held_bits(node: Node) -> int:
    """How many bits of a node an initializer can set."""
    if node.member and not node.name and node.kind not in NESTED:
        return 0
    if node.element is not None:
        return node.count * held_bits(node.element)
    if node.kind in NESTED:
        bits = map(held_bits, node.children)
        return max(bits, default=0) if node.kind == model.UNION else sum(bits)
    if is_bool(node):
        return 1
    return node.bit_size if node.bitfield else 8 * value_size(node)


def _zero(node: Node) -> bytes:
    """What initializes all of a struct, union or array, not pruned, as zero."""
    if not held_bits(node):
        return b"{}"
    if _first_is_printed(node):
        return b"{ 0 }"
    # A lone 0 would meet a member that takes none, or set as little of a union as its first member.
    path = ""
    node = pruned(node)
    while node.element is not None or node.kind in NESTED:
        if node.element is not None:
            path += "[0]"
            node = node.element
        else:
            node = node.children[0]
            path += f".{node.name}" if node.name else ""
    if node.kind == model.BYTES:
        path += "[0]"
    return b"{ " + encode(path) + b" = 0 }"


def _first_is_printed(node: Node) -> bool:
    """Whether the scalar that comes first in C is one that is printed."""
    while node.element is not None or node.kind in NESTED:
        inside = node.children
        if node.element is not None:
            inside = (node.element,) if node.count else ()
        if not inside or (node.kind == model.UNION and kept(node) is not inside[0]):
            return False
        type_, node = node.type, inside[0]
        if isinstance(type_, model.Aggregate):
            first = type_.members[0]
            if first.name != node.name or type_.graph.by_id(first.type_id) is not node.declared:
                return False  # a projection that begins with another member than the type
    return held_bits(node) > 0


def _names(node: Node) -> list[tuple[int, bytes]]:
    """(value, name) of the enumerators that stand for that value in C too."""
    assert isinstance(node.type, model.Enum)
    if node.type.size == 8 and not node.type.wide:
        return []  # its source has the lower half of their values
    if not _lost_its_sign(node):
        return enumerators(node)
    most = 1 << (node.bit_size - 1)
    signed = [(_with_sign(e.value), encode(e.name)) for e in node.type.enumerators]
    return [(value, name) for value, name in signed if -most <= value < most]


def _lost_its_sign(node: Node) -> bool:
    """Whether a bitfield of an enum is signed though the enum's source does not say so.

    Compilers wrote BTF without the sign before 2022. A field that holds an enumerator only if that
    is negative gives it away; other places need no sign to have the same bits.
    """
    type_ = node.type
    assert isinstance(type_, model.Enum)
    if type_.signed or type_.wide or not node.bitfield or node.bit_size >= 8 * type_.size:
        return False
    least = -1 << (node.bit_size - 1)
    return any(least <= _with_sign(e.value) < 0 for e in type_.enumerators)


def _with_sign(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


class _Walk:
    """Puts down one node after the other. `depth` is the level of the line a node begins on."""

    __slots__ = ("big_endian", "options", "signless", "to", "zero")

    def __init__(self, options: Options, big_endian: bool) -> None:
        self.to = Assembler()
        self.options = options
        self.big_endian = big_endian
        # By enum, width and whether it is a bitfield: whether it has lost its sign.
        self.signless: dict[tuple[model.Type, int, bool], bool] = {}
        # Without names every member has to be there, or the next would take its place.
        self.zero = bool(options.zero) or options.noname

    def top(self, whole: Node) -> None:
        """The whole: a compound literal, or a constant with a cast."""
        node = pruned(whole)
        name = None
        if node.kind in model.SIZED and not self.options.noname:
            name = type_name(node.declared)
        if name:
            self.to.literal(b"(" + encode(name) + b")")
        if node.of_chars and held_bits(node):
            self.to.literal(b"{ ")
            self.value(node, 0)
            self.to.literal(b" }")
        elif node.kind in NESTED or node.kind == model.BYTES or node.element is not None:
            done, shown = Label(), Label()
            if not self.zero or not held_bits(node):
                branch_if_set(self.to, node, shown)
                self.to.literal(_zero(whole))
                self.to.branch(ops.JUMP, done)
            self.to.place(shown)
            self.value(node, 0)
            self.to.place(done)
        else:
            self._scalar(node, cast=not name)

    def value(self, node: Node, depth: int) -> None:
        """A node's value as an initializer."""
        if node.kind in NESTED:
            self.to.literal(b"{")
            self._members(node, depth + 1)
            self.to.literal(self.options.line(depth) + b"}")
        elif node.of_chars:
            self.to.literal(b'"')
            if node.count:
                self.to.add(ops.STRING, node.offset, node.count, ops.TEXT_C)
            self.to.literal(b'"')
        elif node.element is not None:
            self._array(node, depth)
        elif node.kind == model.BYTES:
            self._bytes(node)
        else:
            self._scalar(node)

    def _members(self, node: Node, depth: int) -> None:
        for child in node.children:
            if not child.name and not self.options.noname:
                self._members(child, depth)
                continue
            hidden = Label() if self.zero else skip_if_zero(self.to, child)
            self.to.literal(self.options.line(depth))
            if child.name and not self.options.noname:
                self.to.literal(b"." + encode(child.name) + b" = ")
            self.value(child, depth)
            self.to.literal(b",")
            self.to.place(hidden)

    def _array(self, node: Node, depth: int) -> None:
        element = node.element
        assert element is not None
        if not node.count:
            self.to.literal(b"{}")
        elif innermost(node).kind in NESTED:
            self.to.literal(b"{")
            start = self.to.loop(node.count, node.stride)
            hidden = Label() if self.zero else skip_if_zero(self.to, element)
            self.to.literal(self.options.line(depth + 1))
            if not self.options.noname:
                self.to.literal(b"[")
                self.to.add(ops.INDEX)
                self.to.add(ops.DECIMAL)
                self.to.literal(b"] = ")
            self.value(element, depth + 1)
            self.to.literal(b",")
            self.to.place(hidden)
            self.to.next(start)
            self.to.literal(self.options.line(depth) + b"}")
        else:
            self.to.literal(b"{ ")
            put_elements(self.to, node, node.count, b", ", lambda n: self.value(n, depth))
            self.to.literal(b" }")

    def _bytes(self, node: Node) -> None:
        """Bytes of no type, as an array of unsigned char."""
        if node.size:
            self.to.literal(b"{ ")
            put_bytes(self.to, node, ops.BYTES_C)
            self.to.literal(b" }")
        else:
            self.to.literal(b"{}")

    # Scalars.

    def _scalar(self, node: Node, cast: bool = True) -> None:
        """A scalar, with the cast that its value needs unless there is one already."""
        if node.kind == model.FLOAT:
            form = load_float(self.to, node)
            quad = form == QUAD and "128" in node.type.name
            style = shortest.C_QUAD if quad else shortest.C
            self.to.add(ops.FLOAT, FLOAT_NUMBERS[form], style)
        elif node.kind == model.POINTER:
            load(self.to, node)
            if cast and not self.options.noname:
                name = type_name(model.unqualified(node.declared)) or "void *"
                self.to.literal(b"(" + encode(name) + b")")
            if self.options.ptr_raw is False:
                self.to.add(ops.HASH)
            self.to.add(ops.HEX, 0, 1)
        elif node.located is not None:
            load(self.to, node)  # the word: C has no such arrays
            self.to.add(ops.HEX)
        elif is_bool(node):
            self._boolean(node)
        elif node.kind == model.ENUM:
            self._enum(node, cast)
        else:
            self._integer(node)

    def _boolean(self, node: Node) -> None:
        false, done = Label(), Label()
        load(self.to, node)
        self.to.branch(ops.IF_ZERO, false)
        self.to.literal(b"1")
        self.to.branch(ops.JUMP, done)
        self.to.place(false)
        self.to.literal(b"0")
        self.to.place(done)

    def _enum(self, node: Node, cast: bool) -> None:
        named = Label()
        key = node.type, node.bit_size, node.bitfield
        if key not in self.signless:
            self.signless[key] = _lost_its_sign(node)
        signless = self.signless[key]
        if signless:
            self.to.add(ops.BITS, node.bit_offset, node.bit_size, 1)
        else:
            load(self.to, node)
        self.to.name(key, lambda: _names(node), node.bit_size, named)
        if cast and not self.options.noname:
            name = type_name(model.unqualified(node.declared))
            self.to.literal(b"(" + encode(name) + b")" if name else b"")
        if signless:
            self.to.add(ops.DECIMAL)
        else:
            self._integer(node)
        self.to.place(named)

    def _integer(self, node: Node) -> None:
        if node.bit_size > 64:
            self._wide(node)
        elif node.bit_size == 64:
            self._long(node)
        elif is_char(node):
            # Whether `char` is signed is the compiler's choice: only this form fits both.
            self.to.add(ops.BITS, node.bit_offset, node.bit_size, 1)
            self.to.add(ops.DECIMAL)
        else:
            load(self.to, node)
            self.to.add(ops.DECIMAL)

    def _part(self, node: Node, bit: int, width: int, signed: bool = False) -> None:
        """Load `width` bits of a node, from its bit number `bit` (0 is the lowest) on."""
        if self.big_endian:
            bit = node.bit_size - bit - width
        self.to.add(ops.BITS, node.bit_offset + bit, width, int(signed))

    def _long(self, node: Node) -> None:
        """64 bits: C has no constant for the lowest one, and none without U for the upper half."""
        plain, done = Label(), Label()
        if is_signed(node):
            self._part(node, 63, 1)
            self.to.branch(ops.IF_ZERO, plain)
            self._part(node, 0, 63)
            self.to.branch(ops.IF_SET, plain)
            self.to.literal(b"(-9223372036854775807 - 1)")
            self.to.branch(ops.JUMP, done)
            self.to.place(plain)
        load(self.to, node)
        self.to.add(ops.DECIMAL)
        if not is_signed(node):
            self._part(node, 63, 1)
            self.to.branch(ops.IF_ZERO, done)
            self.to.literal(b"U")
        self.to.place(done)

    def _wide(self, node: Node) -> None:
        """More than 64 bits, which C has no constants for: from two halves, where need be."""
        plain, done = Label(), Label()
        self._part(node, 63, node.bit_size - 63)
        self.to.branch(ops.IF_ZERO, plain)
        signed = is_signed(node)
        self.to.literal(b"(__int128)(" if signed else b"(")
        self.to.literal(b"(unsigned __int128)")
        # Of a signed bitfield the sign goes on above its bits, which a conversion does by itself.
        narrow = signed and node.bit_size < 128
        self._part(node, 64, node.bit_size - 64, narrow)
        self.to.add(ops.DECIMAL if narrow else ops.HEX)
        self.to.literal(b" << 64 | ")
        self._part(node, 0, 64)
        self.to.add(ops.HEX)
        self.to.literal(b")")
        self.to.branch(ops.JUMP, done)
        self.to.place(plain)
        load(self.to, node)
        self.to.add(ops.DECIMAL)
        self.to.place(done)
