"""`prettify types [GLOB]`: list types by name."""

from __future__ import annotations

import sys

from prettify.cli.arguments import HELP, SOURCES, Command, Option, format_list
from prettify.dialects.json import quoted
from prettify.errors import TypeNotFound, UsageError
from prettify.sources.opening import languages_of
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
    options, patterns = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    if len(patterns) > 1:
        raise UsageError(f"one GLOB at most, but there are {len(patterns)}: quote it")
    pattern = patterns[0] if patterns else "*"
    sources = Sources(
        options.texts("types"),
        format_list(options.text("format_path")),
        options.text("btf_base"),
        languages=languages_of(options.text("lang"), options.text("lang_exclude")),
    )
    found = listed(sources, pattern)
    if not found and patterns:
        raise TypeNotFound(pattern, nearest(sources, pattern), sources.described)
    before, form, between, after = FORMS[options.text("to") or "text"]
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

COMMAND = Command(
    "prettify types",
    "prettify types [OPTIONS] [GLOB]",
    DESCRIPTION,
    EPILOG,
    (
        ("where types come from", SOURCES),
        (
            "how it looks",
            (
                Option(
                    "--to",
                    f"form of the output: {', '.join(FORMS)} (default: text)",
                    "FORM",
                    choices=tuple(FORMS),
                ),
                HELP,
            ),
        ),
    ),
)
