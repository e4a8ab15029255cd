"""The size of a pointer, where a source of types does not say it: a guess from other types."""

from __future__ import annotations

from itertools import islice

from prettify import model
from prettify.errors import TypeInfoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from prettify.model import TypeGraph

MAX_GAPS = 1000  # structs that are searched for the size of a pointer
MAX_MODIFIERS = 8  # between a member and the pointer that it is, in that search
DEFAULT = 8

LONG_NAMES = frozenset(
    " ".join(words)
    for words in (
        ("long",),
        ("long", "int"),
        ("int", "long"),
        ("unsigned", "long"),
        ("long", "unsigned"),
        ("unsigned", "long", "int"),
        ("long", "unsigned", "int"),
        ("long", "int", "unsigned"),
    )
)


def guessed_pointer_size(graph: TypeGraph, integers: Iterable[int], structs: Iterable[int]) -> int:
    """That of `long`; else 4 where some struct leaves a pointer only that much room; else 8.

    integers, structs: the ids of types of these kinds, of which only the needed are asked for. Bad
    types are passed over: they may not be the ones that are asked for.
    """
    return _size_of_long(graph, integers) or _pointer_gap(graph, structs) or DEFAULT


def _size_of_long(graph: TypeGraph, integers: Iterable[int]) -> int:
    for type_id in integers:
        try:
            if graph.summary(type_id)[1] not in LONG_NAMES:
                continue
            size = model.size_of(graph.by_id(type_id))
        except TypeInfoError:
            continue
        if size in (4, 8):
            return size
    return 0


def _pointer_gap(graph: TypeGraph, structs: Iterable[int]) -> int:
    for type_id in islice(structs, MAX_GAPS):
        try:
            aggregate = graph.by_id(type_id)
        except TypeInfoError:
            continue
        assert isinstance(aggregate, model.Aggregate)
        bounds = [m.bit_offset for m in aggregate.members] + [8 * aggregate.size]
        for member, end in zip(aggregate.members, bounds[1:]):
            if end - member.bit_offset == 32 and _is_pointer(graph, member.type_id):
                return 4
    return 0


def _is_pointer(graph: TypeGraph, type_id: int) -> bool:
    """Whether a type is a pointer, behind a few typedefs and qualifiers at most."""
    for _ in range(MAX_MODIFIERS):
        try:
            type_ = graph.by_id(type_id)
        except TypeInfoError:
            return False
        if type_.kind not in model.MODIFIERS:
            return type_.kind == model.POINTER
        assert isinstance(type_, model.Reference)
        type_id = type_.target_id
    return False
