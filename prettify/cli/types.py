"""`prettify types [GLOB]`: list types by name."""

from __future__ import annotations

import sys

from prettify.cli.parser import add_source_options, format_list, make_parser
from prettify.dialects.json import quoted
from prettify.errors import TypeNotFound
from prettify.sources.search import Sources, listed, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.sources.search import Listed

DESCRIPTION = """List types by name: their id, size in bytes, kind and name, one a line.

GLOB is a shell pattern for the name, or for the kind and the name: 'elf64*', 'union *'."""

EPILOG = """examples:
  prettify types 'elf64*'
  prettify types -t prog.bpf.o
  prettify types 'struct bpf_*' --to json | jq '.[] | select(.size > 1000) | .name'"""


def run(arguments: Sequence[str]) -> int:
    """List what the arguments ask for; returns the exit status."""
    parser = make_parser("prettify types", "prettify types [OPTIONS] [GLOB]", DESCRIPTION, EPILOG)
    parser.add_argument("glob", nargs="?", default="*", metavar="GLOB", help="which names")
    add_source_options(parser)
    parser.add_argument(
        "--to", choices=tuple(FORMS), default="text", help="form of the output (default: text)"
    )
    options = parser.parse_args(arguments)
    sources = Sources(options.types, format_list(options.format_path), options.btf_base)
    found = listed(sources, options.glob)
    if not found and options.glob != "*":
        raise TypeNotFound(options.glob, nearest(sources, options.glob), sources.described)
    before, form, between, after = FORMS[options.to]
    out = sys.stdout.buffer
    out.write(before)
    for index, type_ in enumerate(found):
        out.write((between if index else b"") + form(type_))
    out.write(after if found or before else b"")
    return 0


def _text(type_: Listed) -> bytes:
    size = "-" if type_.size is None else str(type_.size)
    line = f"{type_.id:>7} {size:>9} {type_.word:<8} {type_.name}"
    return line.encode("utf-8", "surrogateescape")


def _json(type_: Listed) -> bytes:
    size = b"null" if type_.size is None else b"%d" % type_.size
    return b'{"id":%d,"size":%s,"kind":%s,"name":%s}' % (
        type_.id,
        size,
        quoted(type_.word),
        quoted(type_.name),
    )


# What stands before all, how a type looks, what stands between two and behind the last.
FORMS = {
    "text": (b"", _text, b"\n", b"\n"),
    "json": (b"[", _json, b",\n", b"]\n"),
    "ndjson": (b"", _json, b"\n", b"\n"),
}
