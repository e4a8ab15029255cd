"""What a recording is of, and what is in it, as text and as JSON."""

from __future__ import annotations

from prettify.errors import one_line
from prettify.records.perf.raw import RawTypes
from prettify.records.perf.reader import Reader
from prettify.records.perf.recording import Recording
from prettify.records.perf.run import Records
from prettify.records.perf.tables import Wanted
from prettify.records.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from prettify.records.conversion import Conversion, Piece
    from prettify.records.input import Input
    from prettify.records.perf.run import Choice
    from prettify.records.run import Report

INDENT = "  "
SHORT = 72  # characters of a list on one line


def header_of(data: Input) -> dict[str, Any]:
    """What a recording is of, as JSON has it. Of a stream all records are read for it.

    Raises DataError.
    """
    recording = Recording(data)
    if recording.pipe:
        nothing = Wanted(frozenset())
        for _ in Reader(recording, data, nothing, RawTypes()).batches():
            pass
    found: dict[str, Any] = {
        "file": data.name,
        "form": "stream" if recording.pipe else "file",
        "byte_order": recording.order,
        "events": [
            {"name": event.name, "ids": event.ids, **event.attr.values()}
            for event in recording.events
        ],
    }
    if not recording.pipe:
        found["data"] = {"offset": recording.data_at, "size": recording.data_size}
    features = {name: value for name, value in recording.features.items() if name != "event_desc"}
    if recording.formats is not None:
        features["tracing_data"] = {"formats": len(recording.formats)}
    return {**found, **features}


def text_of(values: dict[str, Any]) -> str:
    """The same for people to read: a line for each thing, what is in it further in."""
    return "".join(_lines(values, ""))


def _lines(values: dict[str, Any], indent: str) -> Iterator[str]:
    width = min(max(map(len, values), default=0), 24)
    for name, value in values.items():
        short = _short(value)
        if short is not None:
            yield f"{indent}{name:{width}}  {short}\n".replace(" \n", "\n")
        elif isinstance(value, dict):
            yield f"{indent}{name}\n"
            yield from _lines(value, indent + INDENT)
        else:
            yield f"{indent}{name}\n"
            for one in value:
                yield from _item(one, indent + INDENT)


def _item(value: Any, indent: str) -> Iterator[str]:
    short = _short(value)
    if short is not None:
        yield f"{indent}{short}\n"
    elif isinstance(value, dict):
        yield from _lines(value, indent)
        yield "\n"


def _short(value: Any) -> str | None:
    """A value on one line, None where it is too much for that."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return str(value)
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        parts = [f"{name} {_short(one)}" for name, one in value.items()]
        plain = all(isinstance(one, (int, str)) for one in value.values())
    else:
        parts = [str(_short(one)) for one in value]
        plain = all(isinstance(one, (int, str)) for one in value)
    text = ", ".join(parts)
    listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return text if listed or (plain and len(text) <= SHORT) else None


class Plain:
    """A conversion that hands on what is made already. JSON of several files is an array."""

    __slots__ = ("_listed", "_several", "_started")

    def __init__(self, *, listed: bool, several: bool) -> None:
        self._listed = listed
        self._several = several
        self._started = False

    def before(self) -> Iterable[Piece]:
        """What comes before everything."""
        return (b"[",) if self._listed and self._several else ()

    def between(self) -> Iterable[Piece]:
        """What comes before one file's."""
        if self._started:
            yield b",\n" if self._listed else b"\n"
        self._started = True

    def after(self) -> Iterable[Piece]:
        """What comes behind everything."""
        if self._listed:
            yield b"]\n" if self._several else b"\n"

    def close(self) -> None:
        """Nothing is held."""


class AboutRun(Run):
    """The headers or summaries of recordings. what: which of the two. form: text or json."""

    __slots__ = ("_choice", "_form", "_plain", "_raw", "_what")

    def __init__(self, what: str, form: str, choice: Choice, raw: RawTypes) -> None:
        super().__init__()
        self._what = what
        self._form = form
        self._choice = choice
        self._raw = raw
        self._plain: Any = None

    def run(self, sources: Sequence[Any], report: Report) -> Iterator[Piece]:
        self._plain = Plain(listed=self._form == "json", several=len(sources) > 1)
        yield from super().run(sources, report)

    def _begin(self, inputs: int) -> Conversion:
        conversion: Conversion = self._plain
        return conversion

    def _output(self, data: Input, report: Report) -> Iterator[Piece]:
        if self._what == "header":
            values = header_of(data)
            text = text_of(values)
        else:
            from prettify.records.perf.summary import Summary

            summary = Summary()
            for batch in Records(data, self._choice, self._raw).batches():
                if batch is not None:
                    summary.add(batch)
                yield b""
            values = {"file": data.name, **summary.values()}
            text = f"{data.name}: {summary.text()}"
        if self._form == "json":
            import json

            text = json.dumps(values, indent=2)
        yield from self._plain.between()
        yield text.encode("utf-8", "surrogateescape")
