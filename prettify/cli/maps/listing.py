"""`prettify map list [GLOB]`: the maps there are."""

from __future__ import annotations

import sys

from prettify.cli import complain
from prettify.cli.arguments import HELP, Command, Option
from prettify.cli.lists import OPTIONS, TEXT, put_list
from prettify.cli.output import note
from prettify.dialects.json import quoted
from prettify.errors import DataError, UsageError, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prettify.records.maps.dumped.listing import ListedMap
    from prettify.records.maps.live.held import MapInfo

DESCRIPTION = """List the BPF maps that the kernel holds: id, type, name, bytes of a key and of a
value, the most entries, the id of its BTF, where it is pinned, and which processes hold it.

GLOB is a shell pattern for the name."""

EPILOG = """examples:
  prettify map list
  prettify map list 'conn*' --type hash,lru_hash
  prettify map list --json | jq '.[] | select(.max_entries > 100000) | .name'"""

HEADINGS = ("id", "type", "name", "key", "value", "entries", "btf", "pinned", "pids")
RIGHT = frozenset(("id", "key", "value", "entries", "btf"))  # columns of numbers

COMMAND = Command(
    "prettify map list",
    "prettify map list [OPTIONS] [GLOB]",
    DESCRIPTION,
    EPILOG,
    (
        (
            "which maps",
            (
                Option("--type", "only of these types: hash,array", "TYPE[,TYPE]"),
                Option(
                    "--from",
                    "not the kernel's maps, but those of a list that bpftool map list printed, as "
                    "text or JSON; - is standard input",
                    "FILE",
                ),
            ),
        ),
        (
            "how it looks",
            (
                *OPTIONS,
                HELP,
            ),
        ),
    ),
)


def run(arguments: Sequence[str]) -> int:
    """List what the arguments ask for; returns the exit status."""
    options, patterns = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    if len(patterns) > 1:
        raise UsageError(f"one GLOB at most, but there are {len(patterns)}: quote it")
    fits = _filter(patterns[0] if patterns else "*", _kinds(options.text("type")))
    statuses = [0]
    path = options.text("from")
    if path is None:
        rows = list(_live(fits))
    else:
        rows = list(_dumped(path, fits, lambda error: statuses.append(complain(error))))
    form = options.text("to") or TEXT
    put_list(_table(rows) if form == TEXT else map(_object, rows), form)
    return max(statuses)


def _kinds(text: str | None) -> set[str] | None:
    """The types that --type names. Raises UsageError for one that is not known."""
    if text is None:
        return None
    from prettify.paths import choices
    from prettify.records.maps.kinds import NUMBERS

    names = {name.strip() for name in text.split(",")}
    for name in names:
        if name not in NUMBERS:
            raise UsageError(f"--type {name!r} is no type of maps; {choices(name, list(NUMBERS))}")
    return names


def _filter(pattern: str, kinds: set[str] | None) -> Callable[[str, str], bool]:
    """Whether a map of that name and type is wanted."""
    from fnmatch import fnmatchcase

    return lambda name, kind: fnmatchcase(name, pattern) and (kinds is None or kind in kinds)


def _live(fits: Callable[[str, str], bool]) -> Iterator[ListedMap]:
    """The maps of the kernel."""
    from prettify.records.maps.dumped.listing import ListedMap
    from prettify.records.maps.live import held
    from prettify.records.maps.live.proc import fdinfo

    found: list[tuple[MapInfo, dict[str, str]]] = []
    for one in held.all_maps():
        with one:
            if fits(one.info.name, one.info.kind.name):
                found.append((one.info, fdinfo(one.descriptor)))
    pinned, owners = (held.pins(), held.owners()) if found else ({}, {})
    for info, facts in found:
        row = ListedMap()
        row.id, row.type, row.name, row.flags = info.id, info.kind.name, info.name, info.flags
        row.key_size, row.value_size = info.key_size, info.value_size
        row.max_entries, row.btf_id = info.max_entries, info.btf_id
        row.memory = int(facts.get("memlock") or 0)
        row.frozen = facts.get("frozen") == "1"
        row.pinned = tuple(pinned.get(info.id, ()))
        row.owners = tuple(owners.get(info.id, ()))
        yield row


def _dumped(
    path: str, fits: Callable[[str, str], bool], report: Callable[[DataError], object]
) -> Iterator[ListedMap]:
    """The maps of a list that bpftool has written."""
    from prettify.records.input import Input
    from prettify.records.maps.dumped.opening import open_dump

    with Input(path) as data:
        try:
            for row in open_dump(data, report, note).listed():
                if fits(row.name, row.type):
                    yield row
        except DataError as error:
            report(error)


def _table(rows: Sequence[ListedMap]) -> Iterator[bytes]:
    """A line of headings and one for each map, in columns."""
    if not rows:
        return
    cells = [HEADINGS, *map(_cells, rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(HEADINGS))]
    for row in cells:
        columns = (
            text.rjust(width) if heading in RIGHT else text.ljust(width)
            for heading, text, width in zip(HEADINGS, row, widths)
        )
        yield "  ".join(columns).rstrip().encode("utf-8", "surrogateescape")


def _cells(row: ListedMap) -> tuple[str, ...]:
    owners = ", ".join(f"{one_line(name)}({process})" for process, name in row.owners)
    return (
        str(row.id),
        row.type,
        one_line(row.name) or "-",
        str(row.key_size),
        str(row.value_size),
        str(row.max_entries),
        str(row.btf_id) if row.btf_id else "-",
        ", ".join(map(one_line, row.pinned)) or "-",
        owners or "-",
    )


def _object(row: ListedMap) -> bytes:
    """A map as JSON, its members named as bpftool does."""
    numbers = {
        "flags": row.flags,
        "bytes_key": row.key_size,
        "bytes_value": row.value_size,
        "max_entries": row.max_entries,
        "bytes_memlock": row.memory,
        "frozen": row.frozen,
        "btf_id": row.btf_id,
    }
    shown = [
        b'"id":%d' % (row.id or 0),
        b'"type":' + quoted(row.type),
        b'"name":' + quoted(row.name),
        *(
            b'"%s":%d' % (name.encode(), number)
            for name, number in numbers.items()
            if number is not None
        ),
        b'"pinned":[%s]' % b",".join(map(quoted, row.pinned)),
        b'"pids":[%s]'
        % b",".join(b'{"pid":%d,"comm":%s}' % (pid, quoted(name)) for pid, name in row.owners),
    ]
    return b"{" + b",".join(shown) + b"}"
