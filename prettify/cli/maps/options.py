"""Options that the jobs of `prettify map` share: which map, and what its keys and values are."""

from __future__ import annotations

from prettify.cli.arguments import Option
from prettify.cli.output import to_option
from prettify.dialects import C_DIALECTS
from prettify.errors import UsageError
from prettify.records.forms import FORMS
from prettify.records.maps.live.entry_types import Said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.api import Types
    from prettify.cli.arguments import Values
    from prettify.layout import Layout
    from prettify.model import Type
    from prettify.records.maps.live.held import LiveMap

WHICH = (
    Option("--id", "the map of that id; repeatable", "N"),
    Option(
        "--name",
        "all maps of that name, or of a shell pattern ('conn*'); repeatable",
        "NAME",
    ),
    Option("--pinned", "the map that is pinned there; repeatable", "PATH"),
)

TYPED = (
    Option(
        "-C --type",
        "the types of keys and values, instead of those that the map says: key:TYPE, value:TYPE, "
        "or key:TYPE,value:TYPE; a TYPE alone is the value's",
        "TYPES",
    ),
    Option(
        "--map",
        "the types of the map of that name in the BPF object of -t",
        "NAME",
    ),
    Option("--btf", "the same as -t", "FILE", name="types"),
)

FORMS_SHOWN = ("c", *(form for form in FORMS if form not in C_DIALECTS))
TO = to_option(FORMS_SHOWN)


def chosen(options: Values, *, writing: bool = False) -> list[LiveMap]:
    """The maps that --id, --name and --pinned name, open. Raises UsageError."""
    from prettify.records.maps.live import held

    found = [held.open_id(_number(text, "--id"), writing=writing) for text in options.texts("id")]
    for name in options.texts("name"):
        found += held.open_named(name, writing=writing)
    found += [held.open_pinned(path, writing=writing) for path in options.texts("pinned")]
    known: dict[int, LiveMap] = {}
    for one in found:
        known.setdefault(one.info.id, one)
    return list(known.values())


def one_chosen(options: Values, *, writing: bool = False) -> LiveMap:
    """The one map that the options name. Raises UsageError for none or several."""
    found = chosen(options, writing=writing)
    if not found:
        raise UsageError("which map? --id N, --name NAME or --pinned PATH; prettify map list")
    if len(found) > 1:
        titles = ", ".join(one.info.title for one in found)
        raise UsageError(f"several maps fit, and one is wanted: --id tells them apart: {titles}")
    return found[0]


def said_types(options: Values, types: Types) -> Said:
    """What -C, else --map, says of keys and values. Raises UsageError."""
    text = options.text("type")
    found: dict[str, Type | None] = {}
    for part in [] if text is None else text.split(","):
        what, colon, name = part.partition(":")
        what, name = (what.strip(), name.strip()) if colon else ("value", part.strip())
        if what not in ("key", "value") or not name:
            raise UsageError(f"--type {text!r}: key:TYPE and value:TYPE expected, not {part!r}")
        if what in found:
            raise UsageError(f"--type {text!r}: it says twice what the {what} is")
        found[what] = types[name].type
    defined = _defined(options)
    return Said(found.get("key", defined.key), found.get("value", defined.value))


def _defined(options: Values) -> Said:
    """The types of the map that --map names. Raises UsageError."""
    name, objects = options.text("map"), options.texts("types")
    if name is None:
        return Said()
    if not objects:
        raise UsageError(f"--map {name}: of which BPF object? -t prog.bpf.o")
    from prettify.sources.bpf_objects import find_map

    failures = []
    for path in objects:
        try:
            definition = find_map(path, name)
        except UsageError as error:
            failures.append(error)
        else:
            return Said(definition.key, definition.value)
    raise failures[0]


def selected(layouts: Sequence[Layout], paths: str | None) -> Sequence[Layout]:
    """The members of each layout that --select names, all of them where it is not given."""
    if paths is None:
        return layouts
    from prettify.records.query.projection import select

    return [select(layout, paths) for layout in layouts]


def _number(text: str, option: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{option} {text!r}: a number expected")
    return int(text)
