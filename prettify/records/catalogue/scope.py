"""What names mean in a declaration's expressions: members of records of its tables."""

from __future__ import annotations

import struct

from prettify import model
from prettify.compilers import values
from prettify.errors import UsageError
from prettify.layout import NESTED, flexible_tail, float_format, is_bool, is_signed
from prettify.paths import WHOLE, at_path, choices, members_of
from prettify.records.query.members import integer
from prettify.records.query.rules import FLOAT, INTEGER, TEXT
from prettify.records.query.scalar import Code, Function, NoValueError, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Literal

    from prettify.layout import Layout, Node
    from prettify.records.input import Input
    from prettify.records.query.enumerators import Enumerators
    from prettify.records.query.parser import Name, Reference

    Record = bytes | memoryview

OFFSET, SIZE = "offset", "size"  # $offset, $size
CODES = {1: "b", 2: "h", 4: "i", 8: "q"}  # struct's, of signed integers of that size
MAX_TEXT = 4096  # bytes that text() looks at
MAX_FIND = 1 << 16  # and find()


class AbsentError(Exception):
    """An expression refers to a record that the file does not have."""


class Frame(dict[int, "Record"]):
    """What expressions read from: by a table's index the current record of it.

    A table that has none gets its first one, through `first`. offset: where the current record
    begins. byte_order: of the data.
    """

    __slots__ = ("byte_order", "data", "first", "offset")

    def __init__(
        self, data: Input, byte_order: Literal["little", "big"], first: Callable[[int], Record]
    ) -> None:
        super().__init__()
        self.data = data
        self.byte_order = byte_order
        self.first = first
        self.offset = 0

    def __missing__(self, index: int) -> Record:
        return self.first(index)


class Scope:
    """The scope of one expression.

    tables: by name, (index, layout) of those it may refer to. own: the index of the table that it
    is of, where it is about single records of that. members: whether plain names are members of
    these. Afterwards `reads_own` and `reads_anywhere` say whether it did refer to the record it is
    of, and to bytes anywhere in the file.
    """

    __slots__ = (
        "byte_order", "enumerators", "members", "own", "reads_anywhere", "reads_own", "tables",
    )  # fmt: skip

    def __init__(
        self,
        tables: Mapping[str, tuple[int, Layout]],
        byte_order: str,
        enumerators: Enumerators,
        own: str | None = None,
        *,
        members: bool = False,
    ) -> None:
        self.tables = tables
        self.byte_order = byte_order
        self.enumerators = enumerators
        self.own = own
        self.members = members
        self.reads_own = False
        self.reads_anywhere = False

    def name(self, tree: Name) -> Code:
        """A member of the record itself, where those are meant, or an enumerator."""
        path = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s, _ in tree.steps)[1:]
        if self.members and self.own is not None:
            layout = self.tables[self.own][1]
            first = tree.steps[0][0]
            if first in members_of(layout.root) or first == WHOLE or not tree.alone:
                return self._member(self.own, path)
        number = self.enumerators.value(tree.alone) if tree.alone else None
        if number is None:
            raise UsageError(f"{path!r} is neither an enumerator nor $TABLE.MEMBER")
        return value(INTEGER, number)

    def reference(self, tree: Reference) -> Code:
        """`$TABLE.member`, `$offset`, `$size`."""
        if not tree.path and tree.name == OFFSET:
            self.reads_own = True
            return Code(INTEGER, lambda frame: frame.offset)
        if not tree.path and tree.name == SIZE:
            self.reads_anywhere = True
            return Code(INTEGER, lambda frame: frame.data.size)
        if tree.name not in self.tables:
            known = [f"${name}" for name in (*self.tables, OFFSET, SIZE)]
            raise UsageError(f"no table ${tree.name} before it; {choices('$' + tree.name, known)}")
        if not tree.path:
            raise UsageError(f"${tree.name} is a record, not a number: ${tree.name}.MEMBER is one")
        return self._member(tree.name, tree.path)

    def _member(self, table: str, path: str) -> Code:
        index, layout = self.tables[table]
        if table == self.own:
            self.reads_own = True
        node = at_path(layout, path)
        if node.of_chars:
            return _text(node, index, to_end=node is flexible_tail(layout.root))
        if node.kind in NESTED or node.element is not None:
            raise UsageError(f"${table}.{path} is no number, but {model.spelled(node.declared)}")
        if node.kind == model.BYTES:
            return _digits(node, index)
        if node.kind == model.FLOAT:
            return _float(node, index, self.byte_order)
        return _integer(node, index, self.byte_order)

    def function(self, name: str) -> Function | None:
        """The functions that read the file."""
        found = FILE_FUNCTIONS.get(name)
        if found is not None:
            self.reads_anywhere = True
        return found


def _integer(node: Node, index: int, byte_order: str) -> Code:
    size = node.size
    if is_bool(node):
        return Code(INTEGER, lambda frame: int(integer(node, frame[index], byte_order) != 0))
    if size not in CODES or node.bitfield:
        return Code(INTEGER, lambda frame: integer(node, frame[index], byte_order))
    code = CODES[size] if is_signed(node) else CODES[size].upper()
    unpack = struct.Struct((">" if byte_order == "big" else "<") + code).unpack_from
    offset = node.offset
    return Code(INTEGER, lambda frame: unpack(frame[index], offset)[0])


def _float(node: Node, index: int, byte_order: str) -> Code:
    order: Any = byte_order
    form, start = float_format(node), node.offset
    end = start + min(node.size, values.X87_SIZE if form == "x87" else node.size)
    return Code(
        FLOAT,
        lambda frame: values.float_of(int.from_bytes(frame[index][start:end], order), form),
    )


def _text(node: Node, index: int, *, to_end: bool) -> Code:
    start = node.offset
    end = None if to_end else start + node.count
    return Code(TEXT, lambda frame: values.text_of(bytes(frame[index][start:end])))


def _digits(node: Node, index: int) -> Code:
    start, end = node.offset, node.offset + node.size
    return Code(TEXT, lambda frame: bytes(frame[index][start:end]).hex())


# Functions that read the file.


def _text_at(frame: Frame, offset: int) -> str:
    if offset < 0:
        raise NoValueError(f"text({offset})")
    return values.text_of(frame.data.at(offset, MAX_TEXT))


def _found(frame: Frame, offset: int, text: str) -> int:
    """Where the text, of characters that are bytes, first stands from the offset on."""
    try:
        wanted = text.encode("latin-1")
    except UnicodeEncodeError:
        wanted = text.encode()
    raw = frame.data.at(offset, MAX_FIND) if offset >= 0 else b""
    place = raw.find(wanted)
    if place < 0:
        raise NoValueError(f"no {text!r} within {len(raw)} bytes of byte {offset}")
    return offset + place


def _unsigned_at(size: int) -> Callable[[Frame, int], int]:
    def read(frame: Frame, offset: int) -> int:
        raw = frame.data.at(offset, size) if offset >= 0 else b""
        if len(raw) < size:
            raise NoValueError(f"nothing to read at byte {offset}")
        return int.from_bytes(raw, frame.byte_order)

    return read


FILE_FUNCTIONS = {
    "text": Function((INTEGER,), TEXT, _text_at, own=True),
    "find": Function((INTEGER, TEXT), INTEGER, _found, own=True),
    **{
        f"u{8 * size}": Function((INTEGER,), INTEGER, _unsigned_at(size), own=True)
        for size in CODES
    },
}
