"""`prettify map list [GLOB]`: the maps there are."""

from __future__ import annotations

import sys

from prettify.cli.arguments import HELP, Command, Option
from prettify.dialects.json import quoted
from prettify.errors import UsageError, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prettify.records.maps.live import MapInfo

DESCRIPTION = """List the BPF maps that the kernel holds: id, type, name, bytes of a key and of a
value, the most entries, the id of its BTF, where it is pinned, and which processes hold it.

GLOB is a shell pattern for the name."""

EPILOG = """examples:
  prettify map list
  prettify map list 'conn*' --type hash,lru_hash
  prettify map list --json | jq '.[] | select(.max_entries > 100000) | .name'"""

HEADINGS = ("id", "type", "name", "key", "value", "entries", "btf", "pinned", "pids")
RIGHT = frozenset(("id", "key", "value", "entries", "btf"))  # columns of numbers

# What stands before all, between two and behind the last.
FORMS = {"text": (b"", b"\n", b"\n"), "json": (b"[", b",\n", b"]\n"), "ndjson": (b"", b"\n", b"\n")}

COMMAND = Command(
    "prettify map list",
    "prettify map list [OPTIONS] [GLOB]",
    DESCRIPTION,
    EPILOG,
    (
        ("which maps", (Option("--type", "only of these types: hash,array", "TYPE[,TYPE]"),)),
        (
            "how it looks",
            (
                Option(
                    "--to",
                    f"form of the output: {', '.join(FORMS)} (default: text)",
                    "FORM",
                    choices=tuple(FORMS),
                ),
                Option("--json", "the same as --to json", name="to", value="json"),
                HELP,
            ),
        ),
    ),
)


class Row:
    """A map, and who has it."""

    __slots__ = ("frozen", "info", "memory", "owners", "pinned")

    def __init__(
        self,
        info: MapInfo,
        facts: dict[str, str],
        pinned: Sequence[str],
        owners: Sequence[tuple[int, str]],
    ) -> None:
        """facts: what /proc says of a descriptor of it."""
        self.info = info
        self.memory = int(facts.get("memlock") or 0)
        self.frozen = int(facts.get("frozen") or 0)
        self.pinned = pinned
        self.owners = owners


def run(arguments: Sequence[str]) -> int:
    """List what the arguments ask for; returns the exit status."""
    options, patterns = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    if len(patterns) > 1:
        raise UsageError(f"one GLOB at most, but there are {len(patterns)}: quote it")
    rows = list(_rows(patterns[0] if patterns else "*", _kinds(options.text("type"))))
    form = options.text("to") or "text"
    before, between, after = FORMS[form]
    lines = _table(rows) if form == "text" else map(_object, rows)
    text = between.join(lines)
    sys.stdout.buffer.write(before + text + (after if text or before else b""))
    return 0


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


def _rows(pattern: str, kinds: set[str] | None) -> Iterator[Row]:
    from fnmatch import fnmatchcase

    from prettify.records.maps import live
    from prettify.records.maps.proc import fdinfo

    found = []
    for one in live.all_maps():
        with one:
            info = one.info
            if fnmatchcase(info.name, pattern) and (kinds is None or info.kind.name in kinds):
                found.append((info, fdinfo(one.descriptor)))
    pinned, owners = (live.pins(), live.owners()) if found else ({}, {})
    for info, facts in found:
        yield Row(info, facts, pinned.get(info.id, ()), owners.get(info.id, ()))


def _table(rows: Sequence[Row]) -> Iterator[bytes]:
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


def _cells(row: Row) -> tuple[str, ...]:
    info = row.info
    owners = ", ".join(f"{one_line(name)}({process})" for process, name in row.owners)
    return (
        str(info.id),
        info.kind.name,
        one_line(info.name) or "-",
        str(info.key_size),
        str(info.value_size),
        str(info.max_entries),
        str(info.btf_id) if info.btf_id else "-",
        ", ".join(map(one_line, row.pinned)) or "-",
        owners or "-",
    )


def _object(row: Row) -> bytes:
    """A map as JSON, its members named as bpftool does."""
    info = row.info
    members = {
        "id": info.id,
        "type": quoted(info.kind.name),
        "name": quoted(info.name),
        "flags": info.flags,
        "bytes_key": info.key_size,
        "bytes_value": info.value_size,
        "max_entries": info.max_entries,
        "bytes_memlock": row.memory,
        "frozen": row.frozen,
        "btf_id": info.btf_id,
        "pinned": b"[" + b",".join(map(quoted, row.pinned)) + b"]",
        "pids": b"["
        + b",".join(b'{"pid":%d,"comm":%s}' % (pid, quoted(name)) for pid, name in row.owners)
        + b"]",
    }
    shown = (
        b'"%s":%s' % (name.encode(), value if isinstance(value, bytes) else b"%d" % value)
        for name, value in members.items()
    )
    return b"{" + b",".join(shown) + b"}"
