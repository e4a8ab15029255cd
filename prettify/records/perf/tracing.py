"""The formats of trace events that are in a recording: HEADER_TRACING_DATA.

What perf writes there is the beginning of a trace.dat file, trace-cmd.dat.v6(5): the formats of
pages and of events, then symbols, texts of trace_printk and names of tasks.
"""

from __future__ import annotations

import re

from prettify.errors import DataError, TypeInfoError, one_line
from prettify.records.perf.features import Reader
from prettify.sources.tracefs.formats import read_format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.model import Type
    from prettify.records.perf.vocabulary import Vocabulary

MAGIC = b"\x17\x08\x44tracing"
EVENT_ID = re.compile(rb"^ID:\s*(\d{1,9})\s*$", re.MULTILINE)
EVENT_NAME = re.compile(rb"^name:\s*(\S+)\s*$", re.MULTILINE)
LONGEST_WORD = 256  # bytes of a name


class Formats:
    """The formats of trace events, by the number that attr.config has.

    position: where in the input they begin.
    """

    __slots__ = ("_texts", "name", "position")

    def __init__(self, data: bytes | memoryview, name: str, position: int) -> None:
        """Raises DataError where the data is damaged."""
        self.name = name
        self.position = position
        self._texts: dict[int, tuple[str, bytes]] = {}
        head = bytes(data[: len(MAGIC)])
        what = f"{name}: the formats of events"
        if head != MAGIC:
            raise DataError(f"{what} at byte {position} do not begin as they should", position)
        version = Reader(data, False, position, what)
        version.take(len(MAGIC))
        _word(version)
        big = bool(version.number(1))
        reader = Reader(data, big, position, what)
        reader.at = version.at
        reader.take(1)  # bytes of a long
        reader.u32()  # bytes of a page
        for _ in ("header_page", "header_event"):
            _word(reader)
            reader.take(reader.u64())
        for _ in reader.count(8):  # formats of the tracers themselves
            self._add("ftrace", bytes(reader.take(reader.u64())))
        for _ in reader.count(5):
            system = _word(reader)
            for _ in reader.count(8):
                self._add(system, bytes(reader.take(reader.u64())))

    def _add(self, system: str, text: bytes) -> None:
        found = EVENT_ID.search(text)
        if found:
            self._texts[int(found[1])] = system, text

    def __len__(self) -> int:
        return len(self._texts)

    def title(self, number: int) -> str:
        """System and name of an event, as sched:sched_switch; the empty string if unknown."""
        system, text = self._texts.get(number, ("", b""))
        name = EVENT_NAME.search(text)
        return f"{system}:{name[1].decode('utf-8', 'replace')}" if name else ""

    def members(self, number: int, words: Vocabulary) -> list[tuple[str, Type, int]] | None:
        """(name, type, offset) of the members of an event; None where it is not known.

        Raises DataError where its format is damaged.
        """
        if number not in self._texts:
            return None
        _, text = self._texts[number]
        where = f"{self.name}: the format of event {self.title(number) or number}"
        try:
            return read_format(text, words, where).members
        except TypeInfoError as error:
            raise DataError(one_line(str(error)), self.position) from None


def _word(reader: Reader) -> str:
    """A name that ends with a NUL. Raises DataError where it does not."""
    found = bytes(reader.data[reader.at : reader.at + LONGEST_WORD])
    length = found.find(b"\0")
    reader.take(length + 1 if length >= 0 else len(found) + 1)
    return found[: max(length, 0)].decode("utf-8", "replace")
