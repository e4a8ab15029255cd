"""The pahole dialect: what `pahole --prettify` prints, right where pahole is wrong."""

from __future__ import annotations

from prettify import model
from prettify.core import program as ops
from prettify.core import shortest
from prettify.dialects.assembler import Assembler, Label
from prettify.dialects.options import Options
from prettify.dialects.scalars import (
    FLOAT_NUMBERS,
    POINTER_KEY,
    encode,
    enumerators,
    load,
    load_float,
    put_bytes,
    put_elements,
    put_located,
    put_located_bytes,
    put_located_text,
    put_number,
    skip_if_zero,
)
from prettify.layout import NESTED, Layout, Node, innermost, room_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.core.program import Program

SEPARATOR = b""


def compile_program(layout: Layout, options: Options) -> Program:
    """The program that prints records of that layout in this dialect."""
    walk = _Walk(options)
    walk.value(layout.root, 0)
    walk.to.literal(b",\n")
    return walk.to.finish(
        layout.size,
        big_endian=options.big_endian(layout),
        separator=SEPARATOR,
        key=POINTER_KEY,
    )


class _Walk:
    """Puts down one node after the other. `depth` is the level of the line a node begins on."""

    __slots__ = ("options", "to", "zero")

    def __init__(self, options: Options) -> None:
        self.to = Assembler()
        self.options = options
        self.zero = options.zero is not False

    def value(self, node: Node, depth: int) -> None:
        """A node's value, without what comes before and behind it."""
        if node.kind in NESTED:
            self.to.literal(b"{")
            self._members(node, depth + 1)
            self.to.literal(self.options.line(depth) + b"}")
        elif node.kind == model.ARRAY:
            self._array(node, depth)
        elif node.located is not None:
            self._located(node, node.located, depth)
        else:
            self._scalar(node)

    def _members(self, node: Node, depth: int) -> None:
        for child in node.children:
            if child.kind == model.UNION and not child.name:
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
        count = room_for(node)
        if node.of_chars:
            self.to.literal(b'"')
            if count:
                self.to.add(ops.STRING, node.offset, count, ops.TEXT_PAHOLE)
            self.to.literal(b'"')
        elif count and innermost(node).kind in NESTED:
            self.to.literal(b"{")
            start = self.to.loop(count, node.stride)
            self._line(element, depth + 1)
            self.to.next(start)
            self.to.literal(self.options.line(depth) + b"}")
        else:
            self.to.literal(b"{ ")
            put_elements(self.to, node, count, b", ", lambda n: self.value(n, depth))
            self.to.literal(b" }")

    def _line(self, node: Node, depth: int) -> None:
        """An element on a line of its own."""
        self.to.literal(self.options.line(depth))
        self.value(node, depth)
        self.to.literal(b",")

    def _located(self, node: Node, element: Node, depth: int) -> None:
        if node.locates_chars:
            self.to.literal(b'"')
            put_located_text(self.to, node, ops.TEXT_PAHOLE)
            self.to.literal(b'"')
            return
        if element.kind in NESTED:
            self.to.literal(b"{")
            put_located(self.to, node, lambda one: self._line(one, depth + 1))
            self.to.literal(self.options.line(depth) + b"}")
            return
        self.to.literal(b"{ ")
        if element.kind == model.BYTES:
            put_located_bytes(self.to, node, ops.BYTES_C)
        else:
            put_located(self.to, node, self._scalar, b", ")
        self.to.literal(b" }")

    def _scalar(self, node: Node) -> None:
        if node.kind == model.BYTES:
            self.to.literal(b"{ ")
            put_bytes(self.to, node, ops.BYTES_C)
            self.to.literal(b" }")
            return
        if node.kind == model.FLOAT:
            form = load_float(self.to, node)
            if self.options.hex:
                self.to.add(ops.HEX, 0, 1)
            else:
                self.to.add(ops.FLOAT, FLOAT_NUMBERS[form], shortest.PLAIN)
            return
        load(self.to, node)
        if node.kind == model.POINTER:
            named = Label()
            if enumerators(node):
                self.to.name(node.type, lambda: enumerators(node), node.bit_size, named)
            if self.options.ptr_raw is False:
                self.to.add(ops.HASH)
            self.to.add(ops.HEX, 0, 1)
            self.to.place(named)
            return
        named = Label()
        if node.kind == model.ENUM:
            self.to.name(node.type, lambda: enumerators(node), node.bit_size, named)
        if self.options.hex:
            self.to.add(ops.HEX, 0, 1)
        else:
            put_number(self.to, node)
        self.to.place(named)
