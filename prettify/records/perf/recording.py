"""A recording: its header, the events in it, and what its feature sections say.

Linux, tools/perf/Documentation/perf.data-file-format.txt. A file has its attrs and features in
sections, a stream in records among the others.
"""

from __future__ import annotations

from prettify.errors import DataError
from prettify.records.perf import constants as c
from prettify.records.perf.attributes import ATTR_OLDEST, Attr, generic_name, parse_attr
from prettify.records.perf.features import decoded, read_feature
from prettify.records.perf.tracing import Formats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from prettify.records.input import Input

MAGICS = {b"PERFILE2": "little", b"2ELIFREP": "big"}
OLD_MAGIC = b"PERFFILE"
FILE_HEADER = 104  # bytes
PIPE_HEADER = 16
SECTION = 16  # of an offset and a size
MAX_SECTION = 1 << 28  # bytes of a section that is taken into memory
MAX_EVENTS = 1 << 16


class Event:
    """An event of a recording. ids: what tells in records that they are of it."""

    __slots__ = ("attr", "ids", "name", "named")

    def __init__(self, attr: Attr, ids: list[int], name: str = "") -> None:
        self.attr = attr
        self.ids = ids
        self.name = name
        self.named = bool(name)

    def __repr__(self) -> str:
        return f"<Event {self.name!r}, {len(self.ids)} ids>"


class Recording:
    """What is known of a recording beside its records.

    pipe: whether it is a stream, whose records tell the rest. data_at, data_size: where records
    are, in bytes; the size is None where they go on to the end. version: grows when events come,
    or get names.
    """

    __slots__ = (
        "attr_size", "big_endian", "data_at", "data_size", "events", "features", "formats", "name",
        "order", "pipe", "version",
    )  # fmt: skip

    def __init__(self, data: Input) -> None:
        """Read what is before the records, and in a file what is behind them.

        A pipe that a file comes through is kept in a temporary file. Raises DataError.
        """
        self.name = data.name
        self.events: list[Event] = []
        self.features: dict[str, Any] = {}
        self.formats: Formats | None = None
        self.version = 0
        self.attr_size = 0
        head = self._head(data)
        self.order: Literal["little", "big"] = (
            "big" if MAGICS[bytes(head[:8])] == "big" else "little"
        )
        self.big_endian = self.order == "big"
        size = self._u64(head, 8)
        self.pipe = size == PIPE_HEADER
        self.data_at = PIPE_HEADER
        self.data_size: int | None = None
        if self.pipe:
            data.skip(PIPE_HEADER)
            return
        if size != FILE_HEADER:
            raise self._error(f"its header says that it has {size} bytes, not {FILE_HEADER}", 8)
        data.spool()
        self._read_file(data)

    def _head(self, data: Input) -> bytes:
        head = data.peek(PIPE_HEADER)
        while len(head) < PIPE_HEADER:  # of a pipe a few bytes may come at a time
            more = data.peek(PIPE_HEADER)
            if len(more) == len(head):
                break
            head = more
        magic = head[:8]
        if magic == OLD_MAGIC:
            raise self._error("a recording of perf before 2010, whose format is another", 0)
        if magic not in MAGICS:
            raise self._error(
                "no recording of perf: it does not begin with PERFILE2 (perf record makes one)", 0
            )
        if len(head) < PIPE_HEADER:
            raise self._error(f"cut short: {len(head)} bytes, {PIPE_HEADER} needed", 0)
        return head

    def _error(self, what: str, place: int) -> DataError:
        return DataError(f"{self.name}: byte {place}: {what}", place)

    def _u64(self, data: bytes | memoryview, at: int) -> int:
        return int.from_bytes(data[at : at + 8], self.order)

    # Files.

    def _read_file(self, data: Input) -> None:
        head = data.at(0, FILE_HEADER)
        if len(head) < FILE_HEADER:
            raise self._error(f"header cut short: {len(head)} bytes, {FILE_HEADER} needed", 0)
        self.attr_size = self._u64(head, 16)
        self.data_at = self._u64(head, 40)
        size = self._u64(head, 48)
        whole = data.size or 0
        if self.data_at > whole:
            raise self._error(f"records are said to begin at byte {self.data_at} of {whole}", 40)
        # A recording that was not ended has no size yet, nor features.
        self.data_size = size or None
        self._read_attrs(data, self._u64(head, 24), self._u64(head, 32), whole)
        if size:
            words = (self._u64(head, 72 + 8 * i) for i in range(4))
            bits = sum(word << 64 * i for i, word in enumerate(words))
            self._read_features(data, bits, self.data_at + size, whole)
        self._name_events()

    def _read_attrs(self, data: Input, at: int, size: int, whole: int) -> None:
        least = ATTR_OLDEST + SECTION
        if self.attr_size < least:
            raise self._error(f"attrs of {self.attr_size} bytes, {least} needed", 16)
        if at + size > whole:
            raise self._error(f"attrs end at byte {at + size}, the file at {whole}", 24)
        if size // self.attr_size > MAX_EVENTS:
            raise self._error(f"more than {MAX_EVENTS} events", 32)
        for place in range(at, at + size - self.attr_size + 1, self.attr_size):
            raw = data.at(place, self.attr_size)
            ids_at, ids_size = self._u64(raw, self.attr_size - 16), self._u64(raw, len(raw) - 8)
            if ids_at + ids_size > whole or ids_size > MAX_SECTION:
                raise self._error(
                    f"ids of an event are said to be {ids_size} bytes at byte {ids_at} of {whole}",
                    place + self.attr_size - 16,
                )
            ids = data.at(ids_at, ids_size)
            self.add_event(raw[: self.attr_size - SECTION], ids)

    def _read_features(self, data: Input, bits: int, at: int, whole: int) -> None:
        if at > whole:  # it is cut short, which shows behind the last record that is there
            return
        for number in range(bits.bit_length()):
            if not bits >> number & 1:
                continue
            section = data.at(at, SECTION)
            if len(section) < SECTION:
                raise self._error("cut short where it says where features are", at)
            place, size = self._u64(section, 0), self._u64(section, 8)
            if place + size > whole:
                raise self._error(
                    f"feature {feature_name(number)} is said to be {size} bytes at byte {place} of "
                    f"{whole}",
                    at,
                )
            at += SECTION
            if place:  # perf leaves an empty one where it could not write it
                self._read_section(data, number, place, size)

    def _read_section(self, data: Input, number: int, place: int, size: int) -> None:
        if size > MAX_SECTION:
            raise self._error(
                f"feature {feature_name(number)} of {size} bytes, over {MAX_SECTION}", place
            )
        raw = data.at(place, size)
        if number == c.TRACING_DATA:
            self.add_formats(raw, place)
        else:
            self.add_feature(number, raw, place)

    # What both have.

    def add_event(self, attr: bytes | memoryview, ids: bytes | memoryview) -> None:
        """One more event, with the ids that are in these bytes."""
        numbers = [self._u64(ids, at) for at in range(0, len(ids) - 7, 8)]
        self.events.append(Event(parse_attr(attr, self.big_endian), numbers))
        self.version += 1

    def add_feature(self, number: int, raw: bytes | memoryview, place: int) -> None:
        """What the feature of that number says, which is so many bytes there."""
        cpus = self.features.get("nrcpus", {}).get("available")
        found = read_feature(number, raw, self.big_endian, place, cpus)
        if number < len(c.FEATURES) or raw:  # streams end the features with an empty one
            self.features[feature_name(number)] = found

    def add_formats(self, raw: bytes, place: int) -> None:
        """The formats of trace events, which are there."""
        self.formats = Formats(raw, self.name, place)
        self.version += 1
        self._name_events()

    def _name_events(self) -> None:
        described = self.features.get("event_desc", ())
        by_id = {number: row["name"] for row in described for number in row["ids"]}
        pmus = self.features.get("pmu_mappings", {})
        for at, event in enumerate(self.events):
            if event.named:
                continue
            name = next((by_id[number] for number in event.ids if number in by_id), "")
            if not name and not event.ids and len(described) == len(self.events):
                name = described[at]["name"]  # a lone event has no ids
            if not name and self.formats is not None and event.attr.type == c.TRACEPOINT:
                name = self.formats.title(event.attr.config)
            event.name = name or generic_name(event.attr, pmus)
            event.named = bool(name)

    def named(self) -> None:
        """Give events the names that are known by now."""
        before = [event.name for event in self.events]
        self._name_events()
        if before != [event.name for event in self.events]:
            self.version += 1

    def rename(self, number: int, raw: bytes | memoryview) -> None:
        """The event of that id is called so."""
        for event in self.events:
            if number in event.ids:
                event.name, event.named = decoded(raw), True
                self.version += 1

    @property
    def machine(self) -> str:
        """The machine that it was made on, as uname(1) names it; the empty string if unknown."""
        arch = self.features.get("arch", "")
        return arch if isinstance(arch, str) else ""


def feature_name(number: int) -> str:
    """What the feature of that number is called, the number itself where it is not known."""
    return c.FEATURES[number] if number < len(c.FEATURES) else str(number)
