"""CSV (RFC 4180): a line of column names, then a line for each record.

Lines end in a line feed alone, as those of other Unix tools. Members of structs and unions are
columns of their own, `a.b`, and so are the elements of arrays, `a[0]`, `a[0].b`, `a[0][1]`, but
`char` arrays are text. A located array of scalars, as long as it is, is one column; of structs it
has none. A record that is no struct is the column `value`.
"""

from __future__ import annotations

from prettify import model
from prettify.core import program as ops
from prettify.core import shortest
from prettify.dialects.assembler import Assembler, Label
from prettify.dialects.options import Options
from prettify.dialects.scalars import (
    FLOAT_NUMBERS,
    enumerator_texts,
    enumerators,
    load,
    load_float,
    put_bool,
    put_bytes,
    put_elements,
    put_located,
    put_located_whole,
    put_number,
)
from prettify.errors import UsageError
from prettify.layout import NESTED, Layout, Node, is_bool, name_of, named_members
from prettify.paths import WHOLE, moved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prettify.core.program import Program

MAX_COLUMNS = 100_000
QUOTED = (",", '"', "\r", "\n")  # what only a field in quotes may hold


def compile_program(layout: Layout, options: Options) -> Program:
    """The program that prints each record as a line. Raises UsageError as `heading` does."""
    to = Assembler()
    walk = _Walk(to, options, alone=_checked_columns(layout) == 1)
    walk.value(layout.root)
    to.literal(b"\n")
    return to.finish(layout.size, big_endian=options.big_endian(layout))


def heading(layout: Layout, options: Options) -> bytes:
    """The line of column names. Raises UsageError where there are none, or absurdly many."""
    _checked_columns(layout)
    name = "" if layout.root.kind in NESTED else WHOLE
    return heading_of(_names(layout.root, name))


def field(text: str) -> bytes:
    """A text as a field, in quotes where it has to be."""
    if any(character in text for character in QUOTED):
        text = '"' + text.replace('"', '""') + '"'
    return text.encode()


def _checked_columns(layout: Layout) -> int:
    count = _columns(layout.root)
    if not count:
        raise UsageError(f"{model.spelled(layout.type)} has no members, so CSV has no columns")
    if count > MAX_COLUMNS:
        raise UsageError(
            f"{model.spelled(layout.type)} has {count} columns, over {MAX_COLUMNS}: choose some of "
            f"its members with --select"
        )
    return count


def _columns(node: Node) -> int:
    """How many columns a node takes."""
    if node.kind in NESTED:
        return sum(_columns(child) for _, child in named_members(node))
    if node.element is not None and not node.of_chars:
        return node.count * _columns(node.element)
    if node.located is not None:
        return int(node.located.kind in model.SCALARS)
    return int(node.kind in model.SIZED)


def columns_of(layout: Layout) -> dict[str, Node]:
    """By its name what is in each column, the elements of arrays at their own places."""
    return dict(_fields(layout.root, "" if layout.root.kind in NESTED else WHOLE))


def heading_of(names: Iterable[str]) -> bytes:
    """The line of these column names."""
    return b",".join(map(field, names)) + b"\n"


def compile_columns(layout: Layout, names: Sequence[str], options: Options) -> Program:
    """The program that prints each record as a line of these columns; empty is what it has not."""
    known = columns_of(layout)
    to = Assembler()
    walk = _Walk(to, options, alone=len(names) == 1)
    for at, name in enumerate(names):
        to.literal(b"," if at else b"")
        if name in known:
            walk.value(known[name])
        elif walk.alone:
            to.literal(b'""')
    to.literal(b"\n")
    return to.finish(layout.size, big_endian=options.big_endian(layout))


def _fields(node: Node, name: str) -> Iterator[tuple[str, Node]]:
    """(name, node) of a node's columns, as `_names` has them."""
    if node.kind in NESTED:
        before = f"{name}." if name else ""
        for _, child in named_members(node):
            yield from _fields(child, before + name_of(child.name))
    elif node.element is not None and not node.of_chars:
        for index in range(node.count if _columns(node.element) else 0):
            element = moved(node.element, 8 * node.stride * index)
            yield from _fields(element, f"{name}[{index}]")
    elif _columns(node):
        yield name, node


def _names(node: Node, name: str) -> Iterator[str]:
    """The names of a node's columns; of members of the whole, which has none, just their own."""
    if node.kind in NESTED:
        before = f"{name}." if name else ""
        for _, child in named_members(node):
            yield from _names(child, before + name_of(child.name))
    elif node.element is not None and not node.of_chars:
        if _columns(node.element):
            for index in range(node.count):
                yield from _names(node.element, f"{name}[{index}]")
    elif node.located is None or _columns(node):
        yield name


class _Walk:
    """Puts down one node after the other. alone: there is one column, which cannot be empty."""

    __slots__ = ("alone", "options", "to")

    def __init__(self, to: Assembler, options: Options, *, alone: bool) -> None:
        self.to = to
        self.options = options
        self.alone = alone

    def value(self, node: Node) -> None:
        """The columns of a node, which has some, with commas between them."""
        if node.kind in NESTED:
            before = b""
            for _, child in named_members(node):
                if _columns(child):
                    self.to.literal(before)
                    self.value(child)
                    before = b","
        elif node.of_chars:
            self._text(node)
        elif node.element is not None:
            put_elements(self.to, node, node.count, b",", self.value)
        elif node.located is not None:
            self._located(node, node.located)
        else:
            self._scalar(node)

    def _text(self, node: Node) -> None:
        done = Label()
        if self.alone:
            # Many readers skip an empty line.
            shown = Label()
            if node.count:
                self.to.branch(ops.IF_BYTES_SET, shown, node.offset, 1)
            self.to.literal(b'""')
            self.to.branch(ops.JUMP, done)
            self.to.place(shown)
        if node.count:
            self.to.add(ops.STRING, node.offset, node.count, ops.TEXT_CSV)
        self.to.place(done)

    def _located(self, node: Node, element: Node) -> None:
        """One column: text, or elements with blanks between them."""
        if node.locates_chars:
            put_located_whole(self.to, node, self._located_text)
        elif element.kind == model.BYTES:
            put_located_whole(self.to, node, self._located_bytes)
        else:
            put_located(self.to, node, self._scalar, b" ", b'""' if self.alone else b"")

    def _located_bytes(self, offset: int, length: int) -> None:
        shown = Label()
        if self.alone:
            self.to.branch(ops.IF_SET, shown)
            self.to.literal(b'""')
            self.to.place(shown)
        self.to.add(ops.BYTES, offset, length)

    def _located_text(self, offset: int, length: int) -> None:
        blank, shown, done = Label(), Label(), Label()
        if self.alone:
            self.to.branch(ops.IF_ZERO, blank)
            self.to.branch(ops.IF_BYTES_SET, shown, offset, 1)
            self.to.place(blank)
            self.to.literal(b'""')
            self.to.branch(ops.JUMP, done)
            self.to.place(shown)
        self.to.add(ops.STRING, offset, length, ops.TEXT_CSV)
        self.to.place(done)

    def _scalar(self, node: Node) -> None:
        if node.kind == model.BYTES:
            put_bytes(self.to, node)
            if self.alone and not node.size:
                self.to.literal(b'""')
        elif node.kind == model.FLOAT:
            form = load_float(self.to, node)
            self.to.add(ops.FLOAT, FLOAT_NUMBERS[form], shortest.PLAIN)
        elif node.kind == model.POINTER:
            named = Label()
            load(self.to, node)
            if enumerators(node):
                self.to.name(node.type, lambda: enumerators(node), node.bit_size, named)
            self.to.add(ops.HEX)
            self.to.place(named)
        elif is_bool(node):
            put_bool(self.to, node, b"true", b"false")
        else:
            named = Label()
            load(self.to, node)
            if node.kind == model.ENUM and self.options.enums == "name":
                names = ((value, field(text)) for value, text in enumerator_texts(node))
                self.to.name(node.type, lambda: names, node.bit_size, named)
            put_number(self.to, node)
            self.to.place(named)
