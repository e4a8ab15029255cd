"""What names mean in a declaration's expressions: members of records of its tables."""

from __future__ import annotations

from prettify.compilers import values
from prettify.core import measure
from prettify.errors import UsageError
from prettify.paths import WHOLE, choices, members_of
from prettify.records.query.rules import INTEGER, TEXT
from prettify.records.query.scalar import Code, Function, NoValueError, value
from prettify.records.sized.frame import CODES, member

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prettify.layout import Layout
    from prettify.records.query.enumerators import Enumerators
    from prettify.records.query.parser import Name, Reference
    from prettify.records.sized.frame import Frame

OFFSET, SIZE = "offset", "size"  # $offset, $size
MAX_TEXT = 4096  # bytes that text() looks at
MAX_FIND = 1 << 16  # and find()


class Scope:
    """The scope of one expression.

    tables: by name, (index, layout) of those it may refer to. own: the index of the table that it
    is of, where it is about single records of that. members: whether plain names are members of
    these. slots: what gives numbers that are the same for all records of that table; what is met
    here is added. Afterwards `reads_own` and `reads_anywhere` say whether it did refer to the
    record it is of, and to bytes anywhere in the file.
    """

    __slots__ = (
        "byte_order", "enumerators", "members", "own", "reads_anywhere", "reads_own", "slots",
        "tables",
    )  # fmt: skip

    def __init__(
        self,
        tables: Mapping[str, tuple[int, Layout]],
        byte_order: str,
        enumerators: Enumerators,
        own: str | None = None,
        slots: list[Callable[[Frame], int]] | None = None,
        *,
        members: bool = False,
    ) -> None:
        self.tables = tables
        self.byte_order = byte_order
        self.enumerators = enumerators
        self.own = own
        self.slots = [] if slots is None else slots
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
            return Code(INTEGER, lambda frame: frame.offset, (measure.OFFSET,))
        if not tree.path and tree.name == SIZE:
            self.reads_anywhere = True
            return self._slot(Code(INTEGER, lambda frame: frame.data.size))
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
        code = member(layout, path, index, self.byte_order, f"${table}.{path}")
        return code if table == self.own else self._slot(code)

    def _slot(self, code: Code) -> Code:
        """The same for a program about the records of this table: a number in a slot."""
        code.ops = None
        if code.kind == INTEGER:
            code.ops = (measure.SLOT, len(self.slots))
            self.slots.append(code.run)
        return code

    def function(self, name: str) -> Function | None:
        """The functions that read the file."""
        found = FILE_FUNCTIONS.get(name)
        if found is not None:
            self.reads_anywhere = True
        return found


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
        f"u{8 * size}": Function(
            (INTEGER,), INTEGER, _unsigned_at(size), (measure.READ, size), own=True
        )
        for size in CODES
    },
}
