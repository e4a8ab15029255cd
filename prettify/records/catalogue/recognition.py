"""Which format a file is of: by bytes at known places, else by its path."""

from __future__ import annotations

import os

from prettify.errors import UsageError
from prettify.paths import choices
from prettify.records.catalogue.declaration import Format, Variant, parse, parse_head
from prettify.sources import catalogue
from prettify.sources.search import closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.records.input import Input

SHOWN = 8  # bytes that a message shows


def load_format(name: str) -> Format:
    """A format's declaration by name.

    Raises UsageError, with the nearest names, where there is none, TypeInfoError where it is wrong.
    """
    found = catalogue.read_declaration(name)
    if found is None:
        near = closest(name, format_names())
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UsageError(f"no format {name!r}{hint} (prettify formats lists them)")
    return parse(name, *found)


def format_names() -> list[str]:
    """The names of all formats that say where records are, sorted."""
    return [name for name in catalogue.names() if catalogue.read_declaration(name) is not None]


def load_formats() -> list[Format]:
    """All formats, by name."""
    return [load_format(name) for name in format_names()]


def load_heads() -> list[Format]:
    """All formats without their tables: enough to recognise a file."""
    found = ((name, catalogue.read_declaration(name)) for name in catalogue.names())
    return [parse_head(name, *declared) for name, declared in found if declared is not None]


def recognise(formats: Iterable[Format], data: Input) -> tuple[Format, Variant]:
    """The format and variant of an input: the longest magic wins, then come patterns of paths.

    Of a pipe, as much is read as it takes until some magic is there. Raises UsageError where it is
    none of them.
    """
    formats = list(formats)
    pairs = [(f, v) for f in formats for v in f.variants if v.magic]
    found = _by_magic(pairs, data)
    if found is not None:
        return found
    for format in formats:
        if _has_path(format, data.name):
            return format, next((v for v in format.variants if not v.magic), format.variants[0])
    raise UsageError(
        f"{data.name}: of no known format, it {_beginning(data)}: say of what type its records are "
        f"with -C, or its format with --format (prettify formats lists them)"
    )


def variant_of(format: Format, name: str, data: Input, byte_order: str | None) -> Variant:
    """The variant of a format that an input is, or that of the name, where there is one.

    byte_order: the one asked for, if any. Raises UsageError where it is none of them.
    """
    variants = [v for v in format.variants if name in ("", v.name)]
    if not variants:
        names = format.variant_names
        raise UsageError(f"format {format.name} has no variant {name!r}; {choices(name, names)}")
    found = _by_magic([(format, v) for v in variants if v.magic], data)
    if found is not None:
        return found[1]
    ordered = [v for v in variants if v.endian == byte_order] or variants
    plain = ordered if name else [v for v in ordered if not v.magic]
    if plain:
        return plain[0]
    ways = " or ".join(f"--format {format.name}:{n}" for n in format.variant_names)
    raise UsageError(
        f"{data.name}: not of format {format.name}, it {_beginning(data)}; to read it so all the "
        f"same: {ways}"
    )


def _beginning(data: Input) -> str:
    """What there is to say of how an input begins. Raises UsageError where it does not."""
    start = data.peek(SHOWN)
    if not start:
        raise UsageError(f"{data.name}: it is empty, so there is nothing to recognise or to show")
    return f"begins with {start[:SHOWN].hex(' ')}"


def _by_magic(
    pairs: Sequence[tuple[Format, Variant]], data: Input
) -> tuple[Format, Variant] | None:
    """The pair whose magic the input has, the longest one."""
    if not pairs:
        return None
    wanted = max(variant.end for _, variant in pairs)
    known = -1
    while True:
        start = data.peek(wanted)
        matching = [(f, v) for f, v in pairs if v.matches(start)]
        if matching:
            return max(matching, key=lambda pair: pair[1].weight)
        if len(start) >= wanted or len(start) == known:
            return None
        known = len(start)


def _has_path(format: Format, name: str) -> bool:
    from fnmatch import fnmatchcase

    path = os.path.abspath(name)
    return any(fnmatchcase(path, pattern) for pattern in format.paths)
