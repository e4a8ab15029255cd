r"""Templates: a line of one's own for each record, as in `{st_name:08x} {st_value}`.

A field is `{path}` or `{path:specification}`; the rest is text, with `{{` and `}}` for braces and
the escapes `\n`, `\t`, `\\`, `\0` and `\xHH`. A line end follows each record. What a field without
a specification shows: names of enums, `true` and `false`, text as it is, pointers as `0x…`, floats
as their shortest text, bytes of no type as hexadecimal digits, structs and arrays as JSON.
"""

from __future__ import annotations

import re

from prettify import model
from prettify.core import program as ops
from prettify.core import shortest
from prettify.dialects import json
from prettify.dialects.assembler import Assembler, Label
from prettify.dialects.format_spec import FLOAT_TYPES, INTEGER_TYPES, TEXT_TYPES, Specification
from prettify.dialects.options import Options
from prettify.dialects.scalars import (
    FLOAT_NUMBERS,
    encode,
    enumerator_texts,
    load,
    load_float,
    put_bool,
    put_bytes,
    put_located_bytes,
    put_located_whole,
)
from prettify.errors import UsageError
from prettify.layout import BFLOAT, HALF, NESTED, SINGLE, Layout, Node, decimals, is_bool
from prettify.paths import at_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.core.program import Program

TOKEN = re.compile(
    r"(?P<plain>[^\\{}]+)|(?P<brace>\{\{|\}\})|\\x(?P<byte>[0-9a-fA-F]{2})|\\(?P<escape>[nt\\0])"
    r"|\{(?P<path>[^{}:!]+)(?::(?P<specification>[^{}]*))?\}",
)
ESCAPES = {"n": b"\n", "t": b"\t", "\\": b"\\", "0": b"\0"}
# What is wrong where no token begins, by what stands there; the first that matches counts.
FAULTS = (
    (r"\\", r"a backslash stands before n, t, \, 0 or xHH"),
    (r"\}", "a single '}': '}}' is the text"),
    (r"\{[:}]", "the name of a member is missing"),
    (r"\{[^{}:]*!", "there are no conversions: a name is followed by ':' or '}'"),
    (r"\{[^{}]*\{", "'{' within a field"),
    (r"\{", "'}' is missing"),
)

# Operands of INTEGER_FIELD.
STYLES = {"d": 0, "b": 1, "o": 3, "x": 4, "X": 5, "c": 6}
ALIGNS = {"<": 0, ">": 1, "^": 2, "=": 3}
SIGNS = {"": 0, "-": 0, "+": ord("+"), " ": ord(" ")}
PREFIXED = ("b", "o", "x", "X")
# And of PAD_TEXT: how much of what is missing goes before the text, and how much behind it.
ALL, HALF_OF_IT, OTHER_HALF = range(3)
PARTS_BEFORE = {">": ALL, "^": HALF_OF_IT}
PARTS_BEHIND = {"<": ALL, "^": OTHER_HALF}

# Floats whose shortest text is not that of the same number as a double.
SHORT = (HALF, BFLOAT, SINGLE)


class Field:
    """A field of a template: what it shows, and the columns where it says so, counted from 1."""

    __slots__ = ("column", "path", "specification", "specification_column")

    def __init__(
        self, path: str, column: int, specification: str, specification_column: int
    ) -> None:
        self.path = path
        self.column = column
        self.specification = specification
        self.specification_column = specification_column


def compile_program(layout: Layout, options: Options) -> Program:
    """The program that prints each record by `options.template`.

    Raises UsageError, naming the column, for what is no template, or does not fit the type.
    """
    template = options.template
    if template is None:
        raise UsageError("a template is missing: give one with --template TEXT")
    to = Assembler()
    for part in parsed(template):
        if isinstance(part, bytes):
            to.literal(part)
            continue
        column = part.column
        try:
            node = at_path(layout, part.path)
            column = part.specification_column
            _put(to, node, Specification(part.specification))
        except UsageError as error:
            raise _error(template, column, str(error)) from None
    to.literal(b"\n")
    return to.finish(layout.size, big_endian=options.big_endian(layout))


def parsed(template: str) -> Iterator[bytes | Field]:
    """The texts and fields of a template, in order. Raises UsageError."""
    position = 0
    while position < len(template):
        match = TOKEN.match(template, position)
        if match is None:
            what = next(what for fault, what in FAULTS if re.match(fault, template[position:]))
            raise _error(template, position + 1, what)
        if match["path"]:
            start = match.start("path") + 1
            specification = match["specification"] or ""
            yield Field(match["path"], start, specification, start + len(match["path"]) + 1)
        elif match["byte"]:
            yield bytes((int(match["byte"], 16),))
        elif match["escape"]:
            yield ESCAPES[match["escape"]]
        else:
            yield encode(match["plain"] or match["brace"][0])
        position = match.end()


def _error(template: str, column: int, what: str) -> UsageError:
    return UsageError(f"template {template!r}, column {column}: {what}")


def _put(to: Assembler, node: Node, specification: Specification) -> None:
    """Put down what prints one field. Raises UsageError where the specification does not fit."""
    if node.of_chars:
        _put_text(to, node.offset, node.count, specification)
    elif node.locates_chars:
        put_located_whole(to, node, lambda at, size: _put_text(to, at, size, specification))
    elif node.located is not None:
        if specification.text:
            raise UsageError("located arrays take no format specification")
        if node.located.kind == model.BYTES:
            put_located_bytes(to, node)
        else:
            json.put_value(to, node, Options())
    elif decimals(node):
        if specification.text:
            raise UsageError("numbers with a point take no format specification")
        load(to, node)
        to.add(ops.POINT, decimals(node))
    elif node.kind in NESTED or node.element is not None or node.kind not in model.SIZED:
        if specification.text:
            raise UsageError("structs, unions and arrays take no format specification")
        json.put_value(to, node, Options())
    elif node.kind == model.BYTES:
        if specification.text:
            raise UsageError("bytes of no type take no format specification")
        put_bytes(to, node)
    elif node.kind == model.FLOAT:
        _put_float(to, node, specification)
    elif specification.type not in INTEGER_TYPES and (is_bool(node) or node.kind == model.ENUM):
        _put_name(to, node, specification)
    else:
        _put_integer(to, node, specification)


def _put_text(to: Assembler, offset: int, length: int, specification: Specification) -> None:
    specification.check("text", TEXT_TYPES, "text")
    width, most = specification.width, specification.precision
    align = specification.aligned("<")

    def pad(parts: dict[str, int]) -> None:
        if width and align in parts:
            counted = width if most is None else min(width, most)
            filling = ord(specification.fill) << 2 | parts[align]
            to.add(ops.PAD_TEXT, offset, length, width << 10 | counted, filling)

    pad(PARTS_BEFORE)
    if length and most != 0:
        to.add(ops.STRING, offset, length, ops.TEXT_PLAIN, most or 0)
    pad(PARTS_BEHIND)


def _put_float(to: Assembler, node: Node, specification: Specification) -> None:
    specification.check("float", FLOAT_TYPES, "a floating point number")
    form = load_float(to, node)
    if not specification.text:
        to.add(ops.FLOAT, FLOAT_NUMBERS[form], shortest.PLAIN)
        return
    plain = not specification.type and specification.precision is None
    text = specification.text.encode()
    to.float_field(FLOAT_NUMBERS[form], text, short=plain and form in SHORT)


def _put_name(to: Assembler, node: Node, specification: Specification) -> None:
    """An enum or a bool by its name; a value that has none is a number, aligned as a name."""
    types = (*TEXT_TYPES, *INTEGER_TYPES)
    specification.check("text", types, "an enum" if node.kind == model.ENUM else "a bool")

    def formatted(text: str) -> bytes:
        return format(text, specification.text).encode()

    if is_bool(node):
        put_bool(to, node, formatted("true"), formatted("false"))
        return
    named = Label()
    load(to, node)
    names = ((value, formatted(text)) for value, text in enumerator_texts(node))
    to.name((node.type, specification.text), lambda: names, node.bit_size, named)
    _add_integer_field(to, specification, "d", "<")
    to.place(named)


def _put_integer(to: Assembler, node: Node, specification: Specification) -> None:
    pointer = node.kind == model.POINTER
    what = "a pointer" if pointer else "an integer"
    specification.check("integer", ("", *INTEGER_TYPES), what, "x" if pointer else "d")
    load(to, node)
    if not specification.text:
        to.add(ops.HEX if pointer else ops.DECIMAL)
    elif pointer and not specification.type:
        _add_integer_field(to, specification, "x", ">", prefixed=True)
    else:
        _add_integer_field(to, specification, specification.type or "d", ">")


def _add_integer_field(
    to: Assembler, specification: Specification, type_: str, align: str, *, prefixed: bool = False
) -> None:
    if not specification.text:
        to.add(ops.DECIMAL)
        return
    prefixed = prefixed or (specification.prefixed and type_ in PREFIXED)
    grouping = ord(specification.grouping) if specification.grouping else 0
    to.add(
        ops.INTEGER_FIELD,
        STYLES[type_],
        specification.width,
        ord(specification.fill) | ALIGNS[specification.aligned(align)] << 8,
        SIGNS[specification.sign] | grouping << 8 | prefixed << 16,
    )
