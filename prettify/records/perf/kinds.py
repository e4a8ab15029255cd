"""Kinds of records: for each its layout, and the program of `core.perf_records` that makes it so.

A record's members are its type, where it was and how long, and then those it has itself, in their
order. What is before the first array lies in the record, what is behind it in the head.
"""

from __future__ import annotations

from prettify import layout as layouts
from prettify import model
from prettify.core import perf_records as machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.layout import Layout
    from prettify.model import Type
    from prettify.records.perf.vocabulary import Vocabulary

    # (name, type, where it is, whether that is in the head rather than in the record)
    Placed = tuple[str, "Type | Elements | Group", int, bool]
    # Of a struct: (name, type, where it is).
    Members = list[tuple[str, Type, int]]
    # The same of one in the head: (name, type, where it is in the head).
    Parts = list[tuple[str, "Type | Elements", int]]

HEADER = 8  # bytes of a record's header


class Kind:
    """One kind of record. number: in rows. event: whether records say which event they are of.

    ops: for `core.perf_records`. head: bytes. least: of a record. trailer: of what is behind it.
    fallback: the kind of those that do not fit, None where there is none. time: the path of when
    it was. title: what a table of such records is called.
    """

    __slots__ = (
        "fallback",
        "head",
        "layout",
        "least",
        "name",
        "number",
        "ops",
        "time",
        "title",
        "trailer",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = -1
        self.ops: list[tuple[int, ...]] = []
        self.head = machine.HEAD
        self.least = HEADER
        self.trailer = 0
        self.fallback: Kind | None = None
        self.layout: Layout
        self.time = ""
        self.title = name.removeprefix("perf_record_")

    def __repr__(self) -> str:
        return f"<Kind {self.name}>"


class Elements:
    """An array of that type in the record, before it is known how large the head is."""

    __slots__ = ("type",)

    def __init__(self, type_: Type) -> None:
        self.type = type_


class Group:
    """A struct that is in the head from one byte on."""

    __slots__ = ("at", "name", "parts")

    def __init__(self, name: str, parts: Parts, at: int) -> None:
        self.name = name
        self.parts = parts
        self.at = at


class Maker:
    """Makes one kind, member by member, in the order of the record's bytes."""

    __slots__ = ("_behind", "_cursor", "_group", "_members", "_shown", "kind", "words")

    def __init__(self, name: str, words: Vocabulary, *, event: bool = False) -> None:
        self.words = words
        self.kind = Kind(name)
        self._cursor = HEADER
        self._behind = False  # whether an array came before, so that places are not known
        self._group: Parts | None = None
        self._members: list[Placed] = [
            ("type", words.record_type, 0, False),
            ("offset", words.u64, 0, True),
            ("size", words.u16, 6, False),
            ("misc", words.u16, 4, False),
        ]
        if event:
            self._members.append(("event", words.event, 8, True))

    def _op(self, *numbers: int) -> None:
        self.kind.ops.append((*numbers, *(0 for _ in range(machine.OP - len(numbers)))))

    def _room(self, size: int) -> int:
        """So many bytes more of the head; returns where."""
        at = self.kind.head
        self.kind.head += size
        return at

    def _add(self, name: str, type_: Type | Elements, at: int) -> None:
        """A member in the head."""
        if self._group is not None:
            self._group.append((name, type_, at))
        elif name:
            self._members.append((name, type_, at, True))

    def fixed(self, name: str, type_: Type) -> None:
        """A member of a size of its own; one without a name is not shown."""
        size = model.size_of(type_)
        if self._behind or self._group is not None:
            self._behind = True
            at = self._room(size)
            last = self.kind.ops[-1] if self.kind.ops else (machine.END,)
            if last[0] == machine.COPY and last[1] + last[2] == at:
                self.kind.ops[-1] = (machine.COPY, last[1] + size, last[2], 0)
            else:
                self._op(machine.COPY, size, at)
            self.kind.least += size
            self._add(name, type_, at)
            return
        last = self.kind.ops[-1] if self.kind.ops else (machine.END,)
        if last[0] == machine.SKIP:
            self.kind.ops[-1] = (machine.SKIP, last[1] + size, 0, 0)
        else:
            self._op(machine.SKIP, size)
        if name:
            self._members.append((name, type_, self._cursor, False))
        self._cursor += size
        self.kind.least += size

    def count(self, size: int) -> None:
        """An integer of that size, which says how many there are of what comes in a list."""
        self._op(machine.COUNT, size)
        self.kind.least += size
        self._behind = True

    def field(self, offset: int, size: int, *, add: bool = False) -> None:
        """The same, if it is a member that was there already; add: the sum with the one before."""
        self._op(machine.ADD if add else machine.FIELD, offset, size)

    def remember(self) -> None:
        """Keep the count for another list."""
        self._op(machine.VALUES)

    def again(self) -> None:
        """Take the count that was kept."""
        self._op(machine.AGAIN)

    def list(self, name: str, element: Type) -> None:
        """As many elements as were counted."""
        at = self._room(model.WORD)
        self._op(machine.LIST, model.size_of(element), at)
        self._behind = True
        self._add(name, Elements(element), at)

    def rest(self, name: str, element: Type) -> None:
        """As many elements as there are up to the end."""
        at = self._room(model.WORD)
        self._op(machine.REST, model.size_of(element), at)
        self._behind = True
        self._add(name, Elements(element), at)

    def text(self, name: str) -> None:
        """A text up to the end."""
        at = self._room(model.WORD)
        self._op(machine.TEXT, at)
        self._behind = True
        self._add(name, Elements(self.words.char), at)

    def registers(self, name: str, names: Sequence[str]) -> None:
        """What ABI, and unless that is none, these registers."""
        types = self.words
        members: list[tuple[str, Type, int]] = [("abi", types.abi, 0)]
        members += [(one, types.address, 8 + 8 * i) for i, one in enumerate(names)]
        size = 8 + 8 * len(names)
        at = self._room(size)
        self._op(machine.REGISTERS, size - 8, at)
        self.kind.least += 8
        self._behind = True
        self._add(name, types.struct(name, size, members), at)

    def stack(self, name: str) -> None:
        """A part of a stack, of which the bytes in use are shown."""
        at = self._room(8 + model.WORD)
        self._op(machine.STACK, at)
        self.kind.least += 8
        self._behind = True
        parts: Parts = [
            ("size", self.words.u64, at),
            ("data", Elements(self.words.byte), at + 8),
        ]
        self._members.append((name, Group(name, parts, at), at, True))

    def traced(self, name: str, members: Members) -> None:
        """Raw data of as many bytes as were counted, which has these members at least.

        Located arrays are in the raw data, wherever that is; a flexible one goes on to its end.
        """
        size = max(at + _inside(type_) for _, type_, at in members)
        place = self._room(size)
        self._op(machine.RAW, size, place)
        self._behind = True
        parts: Parts = []
        for member, declared, at in members:
            type_ = model.strip(declared)
            if isinstance(type_, model.Located):
                self._op(machine.TRACED, at, place + at, int(type_.relative))
                parts.append((member, Elements(type_.target), place + at))
            elif isinstance(type_, model.Array) and not type_.count:
                word = self._room(model.WORD)
                self._op(machine.RAW_REST, at, word, max(model.size_of(type_.element), 1))
                parts.append((member, Elements(type_.element), word))
            else:
                parts.append((member, declared, place + at))
        if len(parts) == 1 and not parts[0][0]:
            self._members.append((name, parts[0][1], place, True))
        else:
            self._members.append((name, Group(name, parts, place), place, True))

    def begin(self) -> None:
        """What follows, up to `end`, is in one struct."""
        self._group = []

    def end(self, name: str) -> None:
        """The struct of what there was since `begin`, if anything."""
        group, self._group = self._group or [], None
        if group:
            start = min(at for _, _, at in group)
            self._members.append((name, Group(name, group, start), start, True))

    def trailer(self, parts: Iterable[tuple[str, Type]]) -> None:
        """What is behind the record's end: the id of a sample."""
        found = list(parts)
        self.kind.trailer = sum(model.size_of(type_) for _, type_ in found)
        if found:
            self._op(machine.TRAILER)
            self.begin()
            for name, type_ in found:
                self.fixed(name, type_)
            self.end("sample_id")
            if any(name == "time" for name, _ in found):
                self.kind.time = "sample_id.time"

    def finish(self) -> Kind:
        """The kind."""
        kind = self.kind
        self._op(machine.END)
        kind.head += -kind.head % 8
        members = [
            (name, self._type(type_, 0), at if inside else kind.head + at)
            for name, type_, at, inside in self._members
        ]
        struct = self.words.struct(kind.name, kind.head + self._cursor, members)
        kind.layout = layouts.resolve(struct)
        if any(name == "time" for name, _, _ in members):
            kind.time = "time"
        return kind

    def _type(self, of: Type | Elements | Group, start: int) -> Type:
        """The type of a member of a struct that begins at that byte."""
        if isinstance(of, Elements):
            # Places of arrays are counted from where the record begins, behind the head.
            return self.words.located(of.type, origin=self.kind.head - start)
        if not isinstance(of, Group):
            return of
        members = [
            (name, self._type(type_, of.at), at - of.at) for name, type_, at in of.parts if name
        ]
        size = max(at + _size(type_) for _, type_, at in of.parts) - of.at
        return self.words.struct(of.name, size, members)


def _inside(type_: Type) -> int:
    """Bytes of a member of raw data."""
    return max(model.size_of(type_), 0)


def _size(of: Type | Elements) -> int:
    return model.WORD if isinstance(of, Elements) else model.size_of(of)
