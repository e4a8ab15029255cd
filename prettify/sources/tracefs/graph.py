"""The events of some `format` files as a source of types: structs by name, read when asked for."""

from __future__ import annotations

import os
import re
import sys

from prettify import model
from prettify.composed import Composed
from prettify.description import Description, Origin
from prettify.errors import TypeInfoError, UsageError
from prettify.sources.request import TRACEFS
from prettify.sources.tracefs.formats import FIELD, Event, read_format, text_fields
from prettify.sources.tracefs.mounts import FORMAT, files_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.model import Type
    from prettify.sources.tracefs.mounts import File

LONGEST = 1 << 20  # bytes of a format file
POINTER = 8  # bytes, unless the texts tell otherwise
HEADER = "header_page"
UP = 3  # folders of a format file in which that may be: its own, its system's, that of events
COUNTERS = frozenset(("local_t",))
LONGS = frozenset(("long", "unsigned long", "size_t"))
ID = re.compile(rb"^ID:\s*(\d{1,9})\s*$", re.MULTILINE)


class Tracefs(Composed):
    """A type graph whose types of ids 1, 2 … are the structs of events.

    What their members are has negative ids, as types that are made always have.
    """

    __slots__ = ("_events", "_files", "live")

    def __init__(
        self, path: str, files: Sequence[File], *, live: bool = False, pointer_size: int = POINTER
    ) -> None:
        """live: whether these are of the kernel that runs."""
        order = sys.byteorder if live else "little"
        super().__init__(None, path=path, byte_order=order, pointer_size=pointer_size)
        self.live = live
        self.origin = Origin("raw")
        self._files = files
        self._events: dict[int, Event] = {}

    def __repr__(self) -> str:
        return f"<Tracefs {self.path}, {len(self._files)} events>"

    def event(self, type_id: int) -> Event:
        """The event whose struct has that id, from 1 on. Raises TypeInfoError."""
        found = self._events.get(type_id)
        if found is None:
            found = self._events[type_id] = self._read(type_id)
        return found

    def _read(self, type_id: int) -> Event:
        system, _, path = self._files[type_id - 1]
        text = read_text(path)
        form = read_format(text, self, path)
        struct = model.Struct(self, type_id, form.name, form.size, self.members(form.members))
        return Event(form.id, form.name, system, struct, form.print_format)

    def names(self) -> list[tuple[str, str]]:
        """(system, event) of each id, from 1 on."""
        return [(system, self._name(at)) for at, (system, _, _) in enumerate(self._files, 1)]

    def _name(self, type_id: int) -> str:
        """The name of an event, which a copied file that is called otherwise says itself."""
        return self._files[type_id - 1][1] or self.event(type_id).name

    def numbers(self, ids: Iterable[int] | None = None) -> dict[int, int]:
        """By the number that records have as `common_type` the id of each event here, or of these.

        Raises UsageError, TypeInfoError.
        """
        return {_number(self.file(at)): at for at in (self.all_ids() if ids is None else ids)}

    def file(self, type_id: int) -> str:
        """The path of an event's format file."""
        return self._files[type_id - 1][2]

    # What a graph is asked for.

    def by_id(self, type_id: int) -> Type:
        """The type of that id; 0 is void. Raises TypeInfoError."""
        if 0 < type_id <= len(self._files):
            return self.event(type_id).type
        return super().by_id(type_id)

    def all_ids(self) -> Sequence[int]:
        """The ids of the events."""
        return range(1, len(self._files) + 1)

    def ids(self, name: str) -> list[int]:
        """The ids of the events of that name, which may have the system's before it."""
        system, mark, event = name.replace(":", "/").partition("/")
        wanted = (system, event) if mark else ("", name)
        return [
            at
            for at, (of, named) in enumerate(self.names(), 1)
            if named == wanted[1] and wanted[0] in ("", of)
        ]

    def summary(self, type_id: int) -> tuple[str, str]:
        """(kind, name) of a type."""
        if type_id > 0:
            return model.STRUCT, self._name(type_id)
        return super().summary(type_id)

    def describe(self) -> Description:
        """What this is: as many structs as events."""
        return Description(
            self.path,
            "trace events",
            self.origin,
            byte_order=self.byte_order,
            pointer_size=self.pointer_size,
            kinds={model.KIND_WORDS[model.STRUCT]: len(self._files)},
        )

    def error(self, what: str, type_id: int) -> TypeInfoError:
        """An error about that type, naming its file."""
        found = super().error(what, 0)
        if 0 < type_id <= len(self._files):
            return TypeInfoError(found.what, self._files[type_id - 1][2])
        return found


def open_tracefs(path: str) -> Tracefs:
    """The events that a source `tracefs:…` names, or those of one copied file.

    Raises UsageError, TypeInfoError.
    """
    if path.startswith(TRACEFS):
        files, live = files_of(path.removeprefix(TRACEFS))
    else:
        files, live = [("", "", path)], False
    return Tracefs(path, files, live=live, pointer_size=_pointer_size(files[0][2]))


def read_text(path: str) -> str:
    """A format file's text, or another of the kind. Raises UsageError, TypeInfoError."""
    try:
        with open(path, "rb") as file:
            text = file.read(LONGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot open {path!r}: {error.strerror}") from error
    if len(text) > LONGEST:
        raise TypeInfoError(f"longer than {LONGEST} bytes, no format of an event", path)
    return text.decode("utf-8", "surrogateescape")


def header_page(path: str) -> str | None:
    """The file that says what a page of the buffer is, in a folder that a format file is in."""
    folder = os.path.abspath(path)
    for _ in range(UP):
        folder = os.path.dirname(folder)
        found = os.path.join(folder, HEADER)
        if os.path.exists(found):
            return found
    return None


def _pointer_size(path: str) -> int:
    """Bytes of a pointer of the kernel that a format file is of.

    A `long` is as large, and the counter in a page's header is one. Where that is not there, the
    event itself may have such members.
    """
    header = header_page(path)
    where = header or path
    text = read_text(where)
    names = COUNTERS if header is not None else LONGS
    lines = [line for line in text.split("\n") if FIELD.fullmatch(line)]
    sizes = [
        size
        for _, (declaration, _, size, _) in text_fields("\n".join(lines), where)
        if not declaration.counts and (declaration.base in names or declaration.stars)
    ]
    return 4 if sizes and max(sizes) == 4 else POINTER


def _number(path: str) -> int:
    """An event's number, from the file beside its format that has nothing else if there is one."""
    beside = os.path.join(os.path.dirname(path), "id")
    if os.path.basename(path) == FORMAT and os.path.exists(beside):
        text = read_text(beside).strip()
        if text.isdecimal() and len(text) < 10:
            return int(text)
        raise TypeInfoError(f"no number, but {text[:20]!r}", beside)
    found = ID.search(read_text(path).encode("utf-8", "surrogateescape"))
    if found is None:
        raise TypeInfoError("it has no 'ID:', so it describes no event", path)
    return int(found[1])
