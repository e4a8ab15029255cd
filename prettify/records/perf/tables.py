"""The tables by which `core.perf_records` goes through a recording, and the kinds in them."""

from __future__ import annotations

from prettify.core import perf_records as machine
from prettify.core.tables import table, zeroes
from prettify.records.perf import constants as c
from prettify.records.perf.records import record_kind
from prettify.records.perf.samples import id_place, partial_kind, sample_kind, trailer_place
from prettify.records.perf.vocabulary import Vocabulary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Any

    from prettify.layout import Layout
    from prettify.records.perf.kinds import Kind, Members
    from prettify.records.perf.raw import RawTypes
    from prettify.records.perf.recording import Event, Recording


NOT_SEEN = -1  # in the table of kinds
FIRST_ROOM = 1 << 12  # numbers of programs
BELOW = (1 << 63) - 1  # ids in tables have no sign
# What has to be looked at before one goes on: it says what comes behind it.
SPECIAL = (
    c.HEADER_ATTR, c.HEADER_TRACING_DATA, c.AUXTRACE, c.CPU_MAP, c.EVENT_UPDATE, c.HEADER_FEATURE,
    c.COMPRESSED, c.COMPRESSED2,
)  # fmt: skip


class Wanted:
    """Which records are wanted: of these types, and samples of these events; None is all."""

    __slots__ = ("events", "types")

    def __init__(
        self, types: frozenset[int] | None = None, events: frozenset[str] | None = None
    ) -> None:
        self.types = types
        self.events = events


class Tables:
    """The kinds of records of a recording, as far as its events are known.

    kinds: by number. layouts: theirs. made: what was compiled of them, by number. header, classes
    and programs: see `core.perf_records`. They are made anew for another version of the recording.
    """

    __slots__ = (
        "_extra", "_machine", "_numbers", "_raw", "_used", "classes", "events", "header", "kinds",
        "layouts", "made", "programs", "representatives", "version", "words",
    )  # fmt: skip

    def __init__(self, recording: Recording, wanted: Wanted, raw: RawTypes) -> None:
        """raw: what the raw data of events' samples has. Raises DataError where that is damaged."""
        self.version = recording.version
        self.events = recording.events
        self._machine = recording.machine
        names = [event.name for event in recording.events]
        self.words = Vocabulary(names, big_endian=recording.big_endian)
        self.kinds: list[Kind] = []
        self.layouts: list[Layout] = []
        self.made: dict[int, Any] = {}
        self._extra: dict[Hashable, int] = {}
        self._used = 0
        self.programs = zeroes("q", FIRST_ROOM)
        # Events whose records are alike are one class, which its first event stands for.
        self.representatives: list[Event] = []
        self._raw: list[Members | None] = []
        classes: dict[Hashable, int] = {}
        numbers = []
        for event in self.events:
            members = None
            if event.attr.sample_type & c.RAW:
                members = raw.members(recording, event, self.words)
            key = event.attr.shape, None if members is None else event.attr.config
            if key not in classes:
                classes[key] = len(classes)
                self.representatives.append(event)
                self._raw.append(members)
            numbers.append(classes[key])
        self._numbers = numbers
        many = max(len(classes), 1)
        self.classes = table("q", [NOT_SEEN] * (machine.TYPES * many))
        self.header = self._header(recording, wanted, numbers, many)

    def _header(
        self, recording: Recording, wanted: Wanted, classes: list[int], many: int
    ) -> memoryview:
        events = self.events
        rows = 16
        while rows < 2 * sum(len(event.ids) for event in events):
            rows *= 2
        ids = [0, -1] * rows
        for number, event in enumerate(events):
            for one in event.ids:
                one &= BELOW
                slot = (one ^ one >> 29) & (rows - 1)
                while ids[2 * slot + 1] >= 0 and ids[2 * slot] != one:
                    slot = (slot + 1) & (rows - 1)
                ids[2 * slot : 2 * slot + 2] = one, number
        types = wanted.types
        flags = [
            machine.WANTED if types is None or kind in types else 0 for kind in range(machine.TYPES)
        ]
        if types is not None and c.MMAP2 in types:
            flags[machine.MMAP2_BUILD_ID] = machine.WANTED
        if types is None or 0 not in types:
            flags[0] = int(types is None)
        for kind in SPECIAL:
            flags[kind] |= machine.SPECIAL
        header = [0] * machine.FLAGS
        header[machine.BIG] = int(recording.big_endian)
        header[machine.CLASSES] = many
        single = len(events) == 1
        first = events[0].attr if events else None
        header[machine.SAMPLE_ID] = -1 if first is None or single else id_place(first.sample_type)
        trailing = first is not None and not single and first.sample_id_all
        header[machine.TRAILER_ID] = (
            trailer_place(first.sample_type) if trailing and first is not None else -1
        )
        header[machine.ALONE] = 0 if events else -1
        header[machine.MASK] = rows - 1
        behind = machine.IDS + 2 * rows
        header[machine.EVENTS] = behind
        header[machine.WANTED_EVENTS] = -1 if wanted.events is None else behind + len(events)
        chosen = [int(wanted.events is None or event.name in wanted.events) for event in events]
        return table("q", [*header, *flags, *ids, *classes, *chosen])

    def look_at_all(self) -> None:
        """Let every record be looked at before one goes on."""
        for kind in range(machine.TYPES):
            self.header[machine.FLAGS + kind] |= machine.SPECIAL

    def ask(self, asked: int) -> None:
        """Make the kind of a type and class, type * classes + class."""
        type_, number = divmod(asked, self.header[machine.CLASSES])
        self.classes[asked] = self._add(self._made(type_, number))

    def _made(self, type_: int, number: int) -> Kind:
        words = self.words
        attr = self.representatives[number].attr if self.representatives else None
        if type_ == machine.PARTIAL or (type_ == c.SAMPLE and attr is None):
            return partial_kind(words)
        if type_ == c.SAMPLE:
            assert attr is not None
            kind = sample_kind(attr, words, self._machine, self._raw[number])
            names = {event.name for event, one in zip(self.events, self._numbers) if one == number}
            kind.title = names.pop() if len(names) == 1 else kind.title
            return kind
        return record_kind(type_, attr, words)

    def place_of(self, key: Hashable, make: Callable[[], Kind]) -> int:
        """Where the kind of that key is, which is made where there is none yet."""
        if key not in self._extra:
            self._extra[key] = self._add(make())
        return self._extra[key]

    def place_of_type(self, type_: int) -> int:
        """Where the kind of records of that type is, of those that have no sample id."""
        asked = type_ * self.header[machine.CLASSES]
        if self.classes[asked] == NOT_SEEN:
            self.ask(asked)
        return self.classes[asked]

    def kind_of_type(self, type_: int) -> Kind:
        """The kind of records of that type, which is not that of samples."""
        return self.kinds[self.programs[self.place_of_type(type_)]]

    def sample_kinds(self, events: frozenset[str] | None = None) -> list[Kind]:
        """The kinds of samples of events of these names, None being all; each kind once."""
        many = self.header[machine.CLASSES]
        wanted = {
            number
            for event, number in zip(self.events, self._numbers)
            if events is None or event.name in events
        }
        for number in sorted(wanted):
            if self.classes[c.SAMPLE * many + number] == NOT_SEEN:
                self.ask(c.SAMPLE * many + number)
        places = (self.classes[c.SAMPLE * many + number] for number in sorted(wanted))
        return [self.kinds[self.programs[place]] for place in places]

    def _add(self, kind: Kind) -> int:
        """Put a kind among the programs; returns where."""
        other = -1 if kind.fallback is None else self._add(kind.fallback)
        kind.number = len(self.kinds)
        self.kinds.append(kind)
        self.layouts.append(kind.layout)
        row = [kind.number, kind.head, kind.least, kind.trailer, other, 0]
        numbers = [*row, *(number for op in kind.ops for number in op)]
        at = self._used
        self._used += len(numbers)
        if self._used > len(self.programs):
            more = zeroes("q", 2 * self._used)
            more[:at] = self.programs[:at]
            self.programs = more
        for i, number in enumerate(numbers):
            self.programs[at + i] = number
        return at
