"""What a file's DWARF is: its versions, who made it, in which languages, and how many types."""

from __future__ import annotations

from prettify import model
from prettify.description import Description
from prettify.errors import one_line
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.languages import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeVar

    from prettify.sources.dwarf.graph import Dwarf

    Thing = TypeVar("Thing", int, str)


def describe(graph: Dwarf) -> Description:
    """Of the named types, each once, and of all units, those of other files too."""
    versions: dict[int, int] = {}
    producers: dict[str, int] = {}
    languages: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for part in graph.parts:
        for unit in part.units:
            _count(versions, unit.version)
            root = part.entry(unit.first_entry, unit)
            # Behind its name and version gcc puts the flags that it was called with.
            _count(producers, one_line(root.text(dw.DW_AT_producer).partition(" -")[0]))
            code = root.number(dw.DW_AT_language)
            _count(languages, "" if code is None else NAMES.get(code, f"{code:#x}"))
    for type_id in graph.all_ids():
        _count(kinds, graph.summary(type_id)[0])
    return Description(
        graph.path,
        f"DWARF {', '.join(map(str, sorted(versions)))}",
        graph.origin,
        byte_order=graph.byte_order,
        pointer_size=graph.pointer_size,
        kinds=model.count_by_word(kinds.items()),
        languages=_by_number(languages),
        producers=_by_number(producers),
    )


def _count(numbers: dict[Thing, int], thing: Thing) -> None:
    if thing:  # units that hold what others share name neither producer nor language
        numbers[thing] = numbers.get(thing, 0) + 1


def _by_number(numbers: dict[str, int]) -> Iterable[str]:
    return sorted(numbers, key=lambda thing: (-numbers[thing], thing))
