"""JSON: one record is one object, its members in order, those of anonymous ones in their parent.

`json` is the elements of one array, `ndjson` a line each. With `int64="string"` integers are
strings where their type has more bits than the numbers of JavaScript hold, whatever their value.
"""

from __future__ import annotations

from prettify import model
from prettify.core import program as ops
from prettify.core import shortest
from prettify.dialects.assembler import Assembler, Label
from prettify.dialects.options import Options
from prettify.dialects.scalars import (
    FLOAT_NUMBERS,
    encode,
    enumerators,
    load,
    load_float,
    put_bool,
    put_bytes,
    put_elements,
    put_located,
    put_located_bytes,
    put_located_text,
    put_number,
)
from prettify.layout import NESTED, Layout, Node, is_bool, named_members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.core.program import Program

EXACT_BITS = 53  # of integers that a double holds, which is what many readers make of a number
ESCAPES = {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x09: b"\\t", 0x0D: b"\\r"}


def compile_program(layout: Layout, options: Options) -> Program:
    """The program that prints each record as an element of one array."""
    return _compile(layout, options, b"", b",\n")


def compile_lines(layout: Layout, options: Options) -> Program:
    """The program that prints each record as a line."""
    return _compile(layout, options, b"\n", b"")


def compile_placed_lines(layout: Layout, options: Options, before: bytes) -> Program:
    """The program that prints each record as a line that says where it is in the input.

    before: what such an object begins with, `"table":"x",` or the like.
    """
    to = Assembler()
    to.literal(b"{" + before + b'"offset":')
    to.add(ops.POSITION)
    to.add(ops.DECIMAL)
    to.literal(b',"record":')
    put_value(to, layout.root, options)
    to.literal(b"}\n")
    return to.finish(layout.size, big_endian=options.big_endian(layout))


def _compile(layout: Layout, options: Options, end: bytes, separator: bytes) -> Program:
    to = Assembler()
    put_value(to, layout.root, options)
    to.literal(end)
    return to.finish(
        layout.size,
        big_endian=options.big_endian(layout),
        separator=separator,
    )


def quoted(text: str) -> bytes:
    """A name as a JSON string; bytes that are not UTF-8 become the character of that number."""
    out = bytearray(b'"')
    for character in text:
        code = ord(character)
        if code in ESCAPES:
            out += ESCAPES[code]
        elif code < 0x20 or 0xDC80 <= code <= 0xDCFF:
            out += b"\\u00%02x" % (code & 0xFF)
        else:
            out += encode(character)
    return bytes(out + b'"')


def put_value(to: Assembler, node: Node, options: Options) -> None:
    """Put down what prints a node's value as JSON."""
    if node.kind in NESTED:
        before = b"{"
        for _, child in named_members(node):
            to.literal(before + quoted(child.name) + b":")
            put_value(to, child, options)
            before = b","
        to.literal(b"{}" if before == b"{" else b"}")
    elif node.of_chars:
        to.literal(b'"')
        if node.count:
            to.add(ops.STRING, node.offset, node.count, ops.TEXT_JSON)
        to.literal(b'"')
    elif node.element is not None:
        to.literal(b"[")
        put_elements(to, node, node.count, b",", lambda element: put_value(to, element, options))
        to.literal(b"]")
    elif node.located is not None:
        _located(to, node, node.located, options)
    else:
        _scalar(to, node, options)


def _located(to: Assembler, node: Node, element: Node, options: Options) -> None:
    if node.locates_chars:
        to.literal(b'"')
        put_located_text(to, node, ops.TEXT_JSON)
        to.literal(b'"')
    elif element.kind == model.BYTES:
        to.literal(b'"')
        put_located_bytes(to, node)
        to.literal(b'"')
    else:
        to.literal(b"[")
        put_located(to, node, lambda one: put_value(to, one, options), b",")
        to.literal(b"]")


def _scalar(to: Assembler, node: Node, options: Options) -> None:
    if node.kind not in model.SIZED:
        to.literal(b"null")
    elif node.kind == model.BYTES:
        to.literal(b'"')
        put_bytes(to, node)
        to.literal(b'"')
    elif node.kind == model.FLOAT:
        form = load_float(to, node)
        to.add(ops.FLOAT, FLOAT_NUMBERS[form], shortest.JSON)
    elif node.kind == model.POINTER:
        _pointer(to, node)
    elif is_bool(node):
        put_bool(to, node, b"true", b"false")
    elif node.kind == model.ENUM and options.enums != "number":
        load(to, node)
        _enum(to, node, options)
    else:
        load(to, node)
        _integer(to, node, options)


def _pointer(to: Assembler, node: Node) -> None:
    named = Label()
    if enumerators(node):
        load(to, node)
        to.name(node.type, lambda: _names(node), node.bit_size, named)
    to.literal(b'"')
    load(to, node)  # behind the literal, with which it is one instruction
    to.add(ops.HEX)
    to.literal(b'"')
    to.place(named)


def _integer(to: Assembler, node: Node, options: Options) -> None:
    mark = b'"' if options.int64 == "string" and node.bit_size > EXACT_BITS else b""
    to.literal(mark)
    put_number(to, node)
    to.literal(mark)


def _enum(to: Assembler, node: Node, options: Options) -> None:
    named = Label()
    both = options.enums == "both"
    to.literal(b'{"name":' if both else b"")
    to.name(node.type, lambda: _names(node), node.bit_size, named)
    if both:
        to.literal(b"null")
        to.place(named)
        to.literal(b',"value":')
        _integer(to, node, options)
        to.literal(b"}")
    else:
        _integer(to, node, options)
        to.place(named)


def _names(node: Node) -> Iterator[tuple[int, bytes]]:
    for value, name in enumerators(node):
        yield value, quoted(name.decode("utf-8", "surrogateescape"))
