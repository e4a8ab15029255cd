"""Events of a trace as records: which are wanted, and what each is with its head.

A record is an event behind a head that `core.trace_pages` writes: its time, its processor. Members
are the event's name, these two, and then the event's own. What goes on to the event's end, as the
text of `ftrace:print`, is an array to the record's end.
"""

from __future__ import annotations

from prettify import model
from prettify.core.tables import zeroes
from prettify.core.trace_pages import HEAD
from prettify.errors import TypeInfoError, UsageError
from prettify.layout import Layout, resolve
from prettify.model import Enumerator
from prettify.paths import choices
from prettify.records.sized.dispatch import UNRESOLVED, Dispatch
from prettify.records.sized.frame import member

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from prettify.model import Type
    from prettify.sources.tracefs.formats import Event
    from prettify.sources.tracefs.graph import Tracefs

NUMBER = "common_type"  # the member of all events that says which it is
NUMBERS = 1 << 16  # that there may be
NUMBER_SIZE = 2  # bytes
EVENT, TIME, CPU = "event", "time", "cpu"
AT_TIME, AT_CPU, AT_EVENT = 0, 8, 12  # where these are in the head; the last two have WORD bytes
WORD = 4
INTERNAL = "ftrace"  # the system of what tracers write, which cannot be switched on by name
NANOSECONDS = 9  # decimals of a second


class Chosen:
    """The events of a graph that some patterns are of, by their ids there; all for no pattern.

    A pattern is SYSTEM:EVENT, or a name alone, a system's or else an event's; each may be a shell
    pattern.
    """

    __slots__ = ("graph", "ids")

    def __init__(self, graph: Tracefs, patterns: Sequence[str], *, internal: bool = True) -> None:
        """internal: whether what tracers write counts, unless a pattern names it.

        Raises UsageError for a pattern that no event fits.
        """
        self.graph = graph
        self.ids: list[int] = []
        names = list(enumerate(graph.names(), 1))
        for pattern in patterns or ("*:*",):
            found = _matching(pattern, names)
            if not internal and not pattern.startswith(INTERNAL):
                found = [at for at in found if names[at - 1][1][0] != INTERNAL]
            if not found:
                raise UsageError(f"no event {pattern!r} in {graph.path}{_near(pattern, names)}")
            self.ids += found
        self.ids = sorted(set(self.ids))

    def __repr__(self) -> str:
        return f"<Chosen, {len(self.ids)} events of {self.graph.path}>"

    def titles(self) -> list[str]:
        """System and name of each."""
        names = self.graph.names()
        return [":".join(names[at - 1]) for at in self.ids]


def _matching(pattern: str, names: Iterable[tuple[int, tuple[str, str]]]) -> list[int]:
    from fnmatch import fnmatchcase

    system, mark, event = pattern.replace("/", ":", 1).partition(":")
    known = list(names)
    if mark:
        return [
            at for at, (of, name) in known if fnmatchcase(of, system) and fnmatchcase(name, event)
        ]
    found = [at for at, (of, _) in known if fnmatchcase(of, pattern)]
    return found or [at for at, (_, name) in known if fnmatchcase(name, pattern)]


def _near(pattern: str, names: Sequence[tuple[int, tuple[str, str]]]) -> str:
    system, mark, event = pattern.replace("/", ":", 1).partition(":")
    systems = sorted({of for _, (of, _) in names if of})
    if mark and system in systems:
        inside = [name for _, (of, name) in names if of == system]
        return f"; {choices(event, inside)}"
    also = [] if mark else [name for _, (_, name) in names]
    return f"; of systems {choices(system, systems, also)}"


class TraceTypes:
    """What records of a trace may be: a dispatch by their numbers.

    dispatch: its kind 0 is what is known of events of which nothing is. wanted: the table that
    `core.trace_pages` takes; numbers of which nothing is known are counted there, from 2 on.
    number: where in an event its number is.
    """

    __slots__ = ("_head", "_ids", "_names", "dispatch", "graph", "number", "wanted")

    def __init__(
        self,
        chosen: Chosen,
        byte_order: str,
        *,
        others: bool,
        present: Collection[int] | None = None,
        decimals: int = NANOSECONDS,
    ) -> None:
        """others: whether events of numbers that nothing is known of are shown too. present: the
        numbers of those that there are, where that is known. decimals: digits of times behind the
        point.

        Raises UsageError, TypeInfoError for events that have no numbers.
        """
        graph = self.graph = chosen.graph
        known = graph.numbers(chosen.ids)
        if present is not None:
            known = {number: at for number, at in known.items() if number in present}
            others = others and not known.keys() >= set(present)
        self._ids = known
        self.number = _place_of_number(graph.event(chosen.ids[0]))
        names = graph.names()
        self._names = {number: names[at - 1][1] for number, at in known.items()}
        self._head: list[tuple[str, Type, int]] = [
            (TIME, graph.integer("u64", 8, decimals=decimals), AT_TIME),
            (CPU, graph.integer("unsigned int", WORD), AT_CPU),
        ]
        self.wanted = zeroes("q", NUMBERS)
        if others:
            for number in range(NUMBERS):
                self.wanted[number] = 2
        for number in known:
            self.wanted[number] = 1
        self.dispatch = self._dispatch(others, byte_order)

    def _dispatch(self, others: bool, byte_order: str) -> Dispatch:
        known = self._ids
        if others or not known:
            own, tags = self._unknown(), dict.fromkeys(known, UNRESOLVED)
        else:
            first = min(known)
            own, tags = self.layout(first), {**dict.fromkeys(known, UNRESOLVED), first: 0}
        dispatch = Dispatch("trace", 0, own, least=HEAD, cut=True)
        if len(tags) > 1 or others:
            dispatch.codes["tag"] = member(own, EVENT, 0, byte_order, EVENT)
            dispatch.tags = tags
            dispatch.resolve = self.layout
        return dispatch

    def layout(self, number: int) -> Layout:
        """The layout of records of an event. Raises TypeInfoError where its format is wrong."""
        event = self.graph.event(self._ids[number])
        struct = event.type
        assert isinstance(struct, model.Struct)
        name = self.graph.enum(EVENT, WORD, [Enumerator(event.name, number)])
        members = [(EVENT, name, AT_EVENT), *self._head]
        for one in struct.members:
            type_ = self._moved(self.graph.by_id(one.type_id))
            members.append((one.name, type_, HEAD + (one.bit_offset >> 3)))
        return resolve(self.graph.struct(event.name, HEAD + struct.size, members))

    def _moved(self, type_: Type) -> Type:
        """A member's type in a record, where the event is behind the head."""
        if isinstance(type_, model.Located):
            origin = HEAD + type_.origin
            return self.graph.located(type_.target, relative=type_.relative, origin=origin)
        if not isinstance(type_, model.Array) or type_.count:
            return type_
        if model.strip(type_.element).kind not in model.SCALARS:
            return type_
        return self.graph.located(type_.element, rest=True)

    def _unknown(self) -> Layout:
        """The layout of records of which only the number is known: their bytes."""
        types = self.graph
        members = [
            (EVENT, types.integer("unsigned int", WORD), AT_EVENT),
            *self._head,
            ("data", types.located(types.opaque(1), rest=True), HEAD),
        ]
        return resolve(types.struct(EVENT, HEAD, members))

    def with_names(self, layout: Layout) -> Layout:
        """The layout of records whose event may be called by any of the names that there are."""
        root = layout.root.copy()
        first = root.children[0].copy()
        names = [Enumerator(name, number) for number, name in self._names.items()]
        first.type = first.declared = self.graph.enum(EVENT, WORD, names)
        first.kind = model.ENUM
        root.children = (first, *root.children[1:])
        return Layout(layout.type, root)

    def all_kinds(self) -> list[Layout]:
        """The layouts of all events that there may be. Raises TypeInfoError."""
        self.dispatch.resolve_all()
        return [kind.layout for kind in self.dispatch.kinds]

    def unknown(self) -> dict[int, int]:
        """By number how many events there were of which nothing is known."""
        return {number: count - 2 for number, count in enumerate(self.wanted) if count > 2}


def _place_of_number(event: Event) -> int:
    struct = event.type
    assert isinstance(struct, model.Struct)
    for one in struct.members:
        if one.name == NUMBER and model.size_of(event.type.graph.by_id(one.type_id)) == NUMBER_SIZE:
            return one.bit_offset >> 3
    raise TypeInfoError(
        f"event {event.title} has no {NUMBER} of {NUMBER_SIZE} bytes, by which events are told "
        f"apart",
        event.type.graph.path,
    )
