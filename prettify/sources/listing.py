"""Lists the types of sources, and says what the sources are."""

from __future__ import annotations

from prettify import model
from prettify.errors import TypeInfoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from prettify.model import TypeGraph

# What is listed: all that records can be of, and structs that are only declared.
LISTED = (
    model.STRUCT,
    model.UNION,
    model.ENUM,
    model.TYPEDEF,
    model.INT,
    model.FLOAT,
    model.VARIABLE,
    model.SECTION,
    model.FORWARD,
)


class Listed:
    """A type as a list shows it."""

    __slots__ = ("graph", "id", "kind", "name")

    def __init__(self, graph: TypeGraph, type_id: int, kind: str, name: str) -> None:
        self.graph = graph
        self.id = type_id
        self.kind = kind
        self.name = name

    @property
    def size(self) -> int | None:
        """In bytes, None where it has none."""
        try:
            size = self.graph.size(self.id)
        except TypeInfoError:
            return None
        return None if size < 0 else size

    @property
    def word(self) -> str:
        """The kind as it goes before a name, or the model's word for it."""
        return model.KIND_WORDS.get(self.kind, self.kind)


def listed(
    sources: Iterable[TypeGraph],
    pattern: str = "*",
    kinds: Collection[str] = LISTED,
    fits: Callable[[int], bool] | None = None,
) -> list[Listed]:
    """The named types of all sources whose name (or `struct name`) matches a shell pattern.

    kinds: only those, of LISTED. fits: whether a type of that many bytes is wanted; without it,
    those that have no size are too. Sorted by name. Of types of one kind and name there is the one
    that the name finds.
    """
    match = _matcher(" ".join(pattern.split()))
    wanted = frozenset(kinds)
    found = []
    known: set[tuple[str, str]] = set()
    for graph in sources:
        own = []
        summary = graph.summary
        for type_id in graph.all_ids():
            named = summary(type_id)
            kind, name = named
            if name and kind in wanted and named not in known and match(kind, name):
                own.append(Listed(graph, type_id, kind, name))
        # What an earlier source has is what a name finds.
        known.update((t.kind, t.name) for t in own)
        found += own
    found.sort(key=lambda t: (t.name, t.kind))
    if fits is None:
        return found
    return [t for t in found if (size := t.size) is not None and fits(size)]


def _matcher(pattern: str) -> Callable[[str, str], object]:
    """Whether a kind and a name match a pattern."""
    if pattern == "*":
        return lambda _kind, _name: True
    from fnmatch import translate
    from re import compile as compile_pattern

    match = compile_pattern(translate(pattern)).match
    words = model.KIND_WORDS
    return lambda kind, name: match(name) or (kind in words and match(f"{words[kind]} {name}"))
