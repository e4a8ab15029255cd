"""The text of a `format` file: an event's name, its number and its members, as a type.

    name: sched_switch
    ID: 372
    format:
            field:unsigned short common_type;   offset:0;   size:2; signed:0;
            …
    print fmt: "prev_comm=%s …", REC->prev_comm, …

The kernel's Documentation/trace/events.rst, section 3, describes it; kernels before 2.6.32 say
nothing of signs. perf.data and trace.dat hold the same texts.
"""

from __future__ import annotations

import re

from prettify.errors import TypeInfoError, one_line
from prettify.sources.tracefs.declarations import Declaration, member_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from prettify.composed import Composed
    from prettify.model import Type

    Field = tuple[Declaration, int, int, bool | None]
    """(declaration, offset, size, whether it is signed where the text says so)"""

MAX_EVENT = 1 << 22  # bytes of an event: those of the largest buffer page
MAX_FIELDS = 4096
COMMON = "common_"  # what the names of members that all events have begin with
PRINT = "print fmt:"
FIELD = re.compile(
    r"\s*field:(?P<declaration>[^;]*);\s*offset:(?P<offset>\d{1,9});\s*size:(?P<size>\d{1,9});"
    r"(?:\s*signed:(?P<signed>[01]);)?\s*"
)
HEADING = re.compile(r"(?P<key>name|ID):\s*(?P<value>\S*)\s*")
# An event whose text says less than the kernel writes: as many callers as the stack has, not 8.
STACK, CALLERS = "kernel_stack", "caller"


class Event:
    """A trace event: what its records are.

    id        its number, which records have as `common_type`
    name      as it is called within its system
    system    as `sched`; empty where nobody said
    type      the struct of its members, called as the event, `common_*` ones first
    print_format  how the kernel prints it, as the text has it
    """

    __slots__ = ("id", "name", "print_format", "system", "type")

    def __init__(
        self, event_id: int, name: str, system: str, type_: Type, print_format: str
    ) -> None:
        self.id = event_id
        self.name = name
        self.system = system
        self.type = type_
        self.print_format = print_format

    def __repr__(self) -> str:
        return f"<Event {self.title} id={self.id}>"

    @property
    def title(self) -> str:
        """System and name, `sched:sched_switch`."""
        return f"{self.system}:{self.name}" if self.system else self.name


class Format:
    """A text taken apart: the event's number and name, its members' (name, type, offset), the bytes
    up to the end of the last, and the print format.
    """

    __slots__ = ("id", "members", "name", "print_format", "size")

    def __init__(
        self,
        event_id: int,
        name: str,
        members: list[tuple[str, Type, int]],
        size: int,
        print_format: str,
    ) -> None:
        self.id = event_id
        self.name = name
        self.members = members
        self.size = size
        self.print_format = print_format


def parse_format(text: bytes | str, types: Composed, system: str = "", where: str = "") -> Event:
    """The event that a `format` text describes, its types made in that graph.

    system: what it belongs to, which the text does not say. where: what errors call the text, if
    not as the graph. Raises TypeInfoError, naming the line, where it is no such text.
    """
    found = read_format(text, types, where)
    struct = types.struct(found.name, found.size, found.members)
    return Event(found.id, found.name, system, struct, found.print_format)


def read_format(text: bytes | str, types: Composed, where: str = "") -> Format:
    """The same without the struct."""
    if not isinstance(text, str):
        text = text.decode("utf-8", "surrogateescape")
    return _Reader(text, types, where or types.path).format()


def text_fields(text: str, where: str) -> list[tuple[int, Field]]:
    """(line, field) of each field of a text that has nothing else, as `header_page`.

    Raises TypeInfoError.
    """
    reader = _Reader(text, None, where)
    return [(number, reader.field(number, line)) for number, line in reader.lines if line.strip()]


class _Reader:
    """Reads one text. What is wrong is said with the line that it is in."""

    __slots__ = ("_types", "_where", "lines", "print_format")

    def __init__(self, text: str, types: Composed | None, where: str) -> None:
        before, mark, behind = text.partition("\n" + PRINT)
        self._types = types
        self._where = where
        self.lines = list(enumerate(before.split("\n"), 1))
        self.print_format = behind.strip() if mark else ""

    def format(self) -> Format:
        headings: dict[str, str] = {}
        fields: list[tuple[int, Field]] = []
        for number, line in self.lines:
            heading = HEADING.fullmatch(line)
            if heading:
                headings.setdefault(heading["key"], heading["value"])
            elif line.lstrip().startswith("field:"):
                fields.append((number, self.field(number, line)))
            elif line.strip() not in ("", "format:"):
                raise self._error(number, f"{line.strip()[:40]!r} is no field")
        name, event_id = headings.get("name", ""), headings.get("ID", "")
        if not name:
            raise self._error(0, "it has no 'name:', so it describes no event")
        if not event_id.isdecimal() or len(event_id) > 9:
            raise self._error(0, f"its 'ID:' is no number, but {event_id!r}")
        if not fields:
            raise self._error(0, f"event {name!r} has no fields")
        if len(fields) > MAX_FIELDS:
            raise self._error(0, f"event {name!r} has {len(fields)} fields, over {MAX_FIELDS}")
        last = fields[-1][1]
        open_ended = last[0] if name == STACK and last[0].name == CALLERS else None
        members = list(self._members(fields, open_ended))
        ends = (at + (0 if one is open_ended else size) for _, (one, at, size, _) in fields)
        return Format(int(event_id), name, members, max(ends), self.print_format)

    def field(self, number: int, line: str) -> Field:
        match = FIELD.fullmatch(line)
        if match is None:
            raise self._error(number, "a field is 'field:TYPE NAME; offset:N; size:N; signed:N;'")
        offset, size = int(match["offset"]), int(match["size"])
        if offset + size > MAX_EVENT:
            raise self._error(number, f"a field ends at byte {offset + size}, over {MAX_EVENT}")
        try:
            declaration = Declaration(match["declaration"])
        except ValueError as error:
            raise self._error(number, str(error)) from None
        signed = None if match["signed"] is None else match["signed"] == "1"
        return declaration, offset, size, signed

    def _members(
        self, fields: list[tuple[int, Field]], open_ended: Declaration | None
    ) -> Iterable[tuple[str, Type, int]]:
        assert self._types is not None
        for number, (declaration, offset, size, signed) in fields:
            flexible = declaration is open_ended
            try:
                type_ = member_type(self._types, declaration, size, signed, flexible=flexible)
            except ValueError as error:
                raise self._error(number, str(error)) from None
            yield declaration.name, type_, offset

    def _error(self, line: int, what: str) -> TypeInfoError:
        place = f"line {line}: " if line else ""
        return TypeInfoError(one_line(place + what), self._where)
