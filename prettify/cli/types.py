"""`prettify types [GLOB]`: list types by name, or say what their sources are."""

from __future__ import annotations

import sys

from prettify.cli.arguments import HELP, SOURCES, Command, Option, sources
from prettify.cli.lists import OPTIONS, TEXT, put_list
from prettify.dialects.json import quoted
from prettify.errors import TypeNotFound, UsageError
from prettify.records.query.type_filter import BETWEEN, WORDS, parse_kinds, parse_sizes
from prettify.sources.listing import listed
from prettify.sources.search import describe, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from prettify.cli.arguments import Values
    from prettify.description import Description
    from prettify.sources.listing import Listed

DESCRIPTION = """List types by name: their id, size in bytes, kind and name, one a line.

GLOB is a shell pattern for the name, or for the kind and the name: 'elf64*', 'union *'."""

EPILOG = """examples:
  prettify types 'elf64*'
  prettify types -t prog.bpf.o
  prettify types --kind struct,union --size 4096..
  prettify types --sources -t vmlinux
  prettify types 'struct bpf_*' --json | jq '.[] | select(.size > 1000) | .name'"""


def run(arguments: Sequence[str]) -> int:
    """List what the arguments ask for; returns the exit status."""
    options, patterns = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    if len(patterns) > 1:
        raise UsageError(f"one GLOB at most, but there are {len(patterns)}: quote it")
    if options.given("sources"):
        lines = _sources(options, patterns)
    else:
        lines = _types(options, patterns[0] if patterns else None)
    put_list(lines, options.text("to") or TEXT)
    return 0


def _types(options: Values, pattern: str | None) -> Iterator[bytes]:
    """The types, each in the form that is asked for. Raises TypeNotFound where a name has none."""
    opened = sources(options)
    kinds = parse_kinds(options.text("kind"), "--kind")
    fits = parse_sizes(options.text("size"), "--size")
    found = listed(opened, pattern or "*", kinds, fits)
    if not found and pattern and not listed(opened, pattern):
        raise TypeNotFound(pattern, nearest(opened, pattern), opened.described)
    return map(_type_text if options.text("to") in (None, TEXT) else _type_json, found)


def _sources(options: Values, patterns: Sequence[str]) -> Iterator[bytes]:
    """What the sources are, each in the form that is asked for."""
    if patterns or options.text("kind") or options.text("size"):
        raise UsageError("--sources is about whole sources: no GLOB, --kind or --size goes with it")
    found = describe(sources(options))
    return map(_source_text if options.text("to") in (None, TEXT) else _source_json, found)


def _type_text(type_: Listed) -> bytes:
    size = "-" if type_.size is None else str(type_.size)
    line = f"{type_.id:>7} {size:>9} {type_.word:<8} {type_.name}"
    return line.encode("utf-8", "surrogateescape")


def _type_json(type_: Listed) -> bytes:
    size = b"null" if type_.size is None else b"%d" % type_.size
    return b'{"id":%d,"size":%s,"kind":%s,"name":%s}' % (
        type_.id,
        size,
        quoted(type_.word),
        quoted(type_.name),
    )


def _source_text(source: Description) -> bytes:
    kinds = ", ".join(f"{count} {kind}" for kind, count in source.kinds.items())
    rows = {
        "format": source.format,
        "container": source.container,
        "base": source.base,
        "producer": "; ".join(source.producers),
        "language": ", ".join(source.languages),
        "types": f"{source.types}" + (f": {kinds}" if kinds else ""),
        "byte order": source.byte_order,
        "pointers": f"{source.pointer_size} bytes",
        "build-id": source.build_id,
    }
    lines = [source.path, *(f"  {name:<10} {text}" for name, text in rows.items() if text)]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _source_json(source: Description) -> bytes:
    rows = {
        "path": quoted(source.path),
        "format": quoted(source.format),
        "container": quoted(source.container),
        "base": quoted(source.base) if source.base else b"null",
        "producers": _list(source.producers),
        "languages": _list(source.languages),
        "types": b"%d" % source.types,
        "kinds": _object({kind: b"%d" % count for kind, count in source.kinds.items()}),
        "byte_order": quoted(source.byte_order),
        "pointer_size": b"%d" % source.pointer_size,
        "build_id": quoted(source.build_id) if source.build_id else b"null",
    }
    return _object(rows)


def _list(texts: Sequence[str]) -> bytes:
    return b"[" + b",".join(map(quoted, texts)) + b"]"


def _object(rows: Mapping[str, bytes]) -> bytes:
    return b"{" + b",".join(quoted(name) + b":" + value for name, value in rows.items()) + b"}"


COMMAND = Command(
    "prettify types",
    "prettify types [OPTIONS] [GLOB]",
    DESCRIPTION,
    EPILOG,
    (
        ("where types come from", SOURCES),
        (
            "which types",
            (
                Option("--kind", f"only these: {', '.join(WORDS)}", "KIND[,KIND]"),
                Option(
                    "--size",
                    f"only those of N bytes, N{BETWEEN}M, N{BETWEEN} or {BETWEEN}M",
                    "SIZE",
                ),
                Option(
                    "--sources",
                    "no types, but what each source is: its format, the compiler and the language, "
                    "how many types, byte order, build-id",
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
