"""`prettify formats [NAME]`: what formats there are, and what one of them has."""

from __future__ import annotations

import sys

from prettify.cli.arguments import HELP, Command, Option
from prettify.dialects.json import quoted
from prettify.errors import UsageError
from prettify.records.catalogue.information import formats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.records.catalogue.information import FormatInfo

DESCRIPTION = """List the formats of the catalogue, one a line; of one that is named, its variants,
its tables with their types, and where its notes are."""

EPILOG = """examples:
  prettify formats
  prettify formats elf
  prettify formats --to json | jq -r '.[].name'"""

COMMAND = Command(
    "prettify formats",
    "prettify formats [OPTIONS] [NAME]",
    DESCRIPTION,
    EPILOG,
    (
        (
            "how it looks",
            (
                Option(
                    "--to",
                    "form of the output: text or json (default: text)",
                    "FORM",
                    choices=("text", "json"),
                ),
                HELP,
            ),
        ),
    ),
)


def run(arguments: Sequence[str]) -> int:
    """List what the arguments ask for; returns the exit status."""
    options, names = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    if len(names) > 1:
        raise UsageError(f"one NAME at most, but there are {len(names)}")
    found = formats(*names)
    out = sys.stdout.buffer
    if options.text("to") == "json":
        objects = b",\n".join(map(_json, found))
        out.write((objects if names else b"[" + objects + b"]") + b"\n")
    elif names:
        out.write(_details(found[0]).encode("utf-8", "surrogateescape"))
    else:
        width = max((len(format.name) for format in found), default=0)
        for format in found:
            line = f"{format.name:{width}}  {format.summary}\n"
            out.write(line.encode("utf-8", "surrogateescape"))
    return 0


def _details(format: FormatInfo) -> str:
    """All that there is to say of a format."""
    lines = [f"{format.name}: {format.summary}", ""]
    if format.specification:
        lines.append(f"specification  {format.specification}")
    for name, orders in format.variants.items():
        lines.append(f"variant        {name}, {' or '.join(orders)}-endian")
    lines += [f"path           {pattern}" for pattern in format.paths]
    if format.notes is not None:
        lines.append(f"notes          {format.notes}")
    lines += ["", "tables:"]
    width = max(len(table.name) for table in format.tables)
    for table in format.tables:
        of = f" ({', '.join(table.variants)})" if table.variants else ""
        hidden = "" if table.shown else ", not shown by itself"
        lines.append(f"  {table.name:{width}}  {', '.join(table.types)}{of}{hidden}")
    return "\n".join(lines) + "\n"


def _texts(texts: Iterable[str]) -> bytes:
    return b"[" + b",".join(map(quoted, texts)) + b"]"


def _json(format: FormatInfo) -> bytes:
    variants = b",".join(
        b'{"name":%s,"endian":%s}' % (quoted(name), quoted(order))
        for name, orders in format.variants.items()
        for order in orders
    )
    tables = b",".join(
        b'{"name":%s,"types":%s,"variants":%s,"shown":%s}'
        % (
            quoted(table.name),
            _texts(table.types),
            _texts(table.variants or format.variants),
            b"true" if table.shown else b"false",
        )
        for table in format.tables
    )
    return (
        b'{"name":%s,"summary":%s,"specification":%s,"paths":%s,"variants":[%s],"tables":[%s],'
        b'"notes":%s}'
    ) % (
        quoted(format.name),
        quoted(format.summary),
        quoted(format.specification),
        _texts(format.paths),
        variants,
        tables,
        b"null" if format.notes is None else quoted(format.notes),
    )
