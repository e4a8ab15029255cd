"""Finds types by name in a list of sources that are opened one after the other, as needed."""

from __future__ import annotations

from prettify import model
from prettify.errors import TypeInfoError, TypeNotFound, UsageError
from prettify.sources.opening import FORMATS, KERNEL, default_sources, open_default, open_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prettify.model import Type, TypeGraph

WORDS = {word: kind for kind, word in model.KIND_WORDS.items()}
# A bare name finds the first of these that has a size.
BARE_ORDER = (
    model.STRUCT,
    model.UNION,
    model.ENUM,
    model.TYPEDEF,
    model.INT,
    model.FLOAT,
    model.VARIABLE,
    model.SECTION,
)
LISTED = frozenset((*BARE_ORDER, model.FORWARD))
NEAREST = 3  # names suggested for one that is not found


class Sources:
    """Type graphs by the names of their sources, each opened when the search comes to it."""

    __slots__ = ("_base", "_graphs", "base", "formats", "is_default", "paths")

    def __init__(
        self, paths: Sequence[str] = (), formats: Sequence[str] = FORMATS, base: str | None = None
    ) -> None:
        if base is not None and not paths:
            raise UsageError("a base (--btf-base) is for split BTF, which no source (-t) names")
        self.is_default = not paths
        self.paths = tuple(paths or default_sources())
        self.formats = tuple(formats)
        self.base = base
        self._base: TypeGraph | None = None
        self._graphs: dict[str, TypeGraph] = {}

    def __iter__(self) -> Iterator[TypeGraph]:
        for path in self.paths:
            graph = self._graphs.get(path)
            if graph is None:
                graph = self._graphs[path] = self._open(path)
            yield graph

    def _open(self, path: str) -> TypeGraph:
        if self.is_default:
            return open_default(path)
        if self.base and self._base is None:
            self._base = open_source(self.base, self.formats)
        return open_source(path, self.formats, self._base)

    @property
    def described(self) -> str:
        """The sources in words, for messages."""
        if not self.is_default:
            return ", ".join(self.paths)
        if KERNEL in self.paths:
            return "the running kernel's BTF and the catalogue"
        return f"the catalogue (this kernel has no {KERNEL}; name a file with -t)"


def find(sources: Sources, name: str) -> Type:
    """The type of that name: `struct x`, `u32`, `#17` for the first source's type id 17.

    Raises TypeNotFound, with the nearest names, and TypeInfoError where a source is bad.
    """
    if name.startswith("#"):
        return _numbered(sources, name)
    word, bare = _split(name)
    declared = None
    for graph in sources:
        for type_ in _candidates(graph, word, bare):
            if type_.kind in model.UNSIZED and not word:
                declared = type_
            elif word or model.size_of(type_) >= 0:
                return type_
    if declared is not None:
        raise UsageError(
            f"{name!r} has no size in {declared.graph.path}: it is only declared there"
        )
    raise TypeNotFound(name, nearest(sources, bare), sources.described)


def find_in(graph: TypeGraph, name: str) -> Type:
    """The type of that name in one source, which has a size. Raises TypeNotFound."""
    for type_ in _candidates(graph, *_split(name)):
        if model.size_of(type_) >= 0:
            return type_
    names = {graph.summary(type_id)[1] for type_id in graph.all_ids()}
    raise TypeNotFound(name, closest(name, names), graph.path)


def find_all(sources: Sources, name: str) -> list[Type]:
    """Every type of that name, in all sources."""
    word, bare = _split(name)
    return [type_ for graph in sources for type_ in _candidates(graph, word, bare)]


def _split(name: str) -> tuple[str, str]:
    """A name as (kind word or "", the bare name), white space tidied."""
    words = name.split()
    if len(words) > 1 and words[0] in WORDS:
        return words[0], " ".join(words[1:])
    return "", " ".join(words)


def _candidates(graph: TypeGraph, word: str, bare: str) -> list[Type]:
    kinds = (WORDS[word],) if word else (*BARE_ORDER, model.FORWARD)
    found = [graph.by_id(i) for i in graph.ids(bare)]
    return sorted((t for t in found if t.kind in kinds), key=lambda t: kinds.index(t.kind))


def _numbered(sources: Sources, name: str) -> Type:
    if not name[1:].isdecimal() or len(name) > 11:
        raise UsageError(f"type {name!r}: '#' goes before a type id, a number")
    graph = next(iter(sources))
    known = graph.all_ids()
    if int(name[1:]) not in known:
        last = known[-1] if known else 0
        raise TypeNotFound(name, sources=f"{graph.path}, whose ids are 1 to {last}")
    return graph.by_id(int(name[1:]))


class Listed:
    """A type as a list shows it. `size` in bytes, None where it has none."""

    __slots__ = ("graph", "id", "kind", "name")

    def __init__(self, graph: TypeGraph, type_id: int, kind: str, name: str) -> None:
        self.graph = graph
        self.id = type_id
        self.kind = kind
        self.name = name

    @property
    def size(self) -> int | None:
        try:
            size = model.size_of(self.graph.by_id(self.id))
        except TypeInfoError:
            return None
        return None if size < 0 else size

    @property
    def word(self) -> str:
        """The kind as it goes before a name, or the model's word for it."""
        return model.KIND_WORDS.get(self.kind, self.kind)


def listed(sources: Sources, pattern: str = "*") -> list[Listed]:
    """The named types of all sources whose name (or `struct name`) matches a shell pattern.

    Sorted by name. Functions are no types of records and left out.
    """
    from fnmatch import translate
    from re import compile as compile_pattern

    match = compile_pattern(translate(" ".join(pattern.split()))).match
    found = []
    known: set[tuple[str, str]] = set()
    for graph in sources:
        own = []
        for type_id in graph.all_ids():
            kind, name = graph.summary(type_id)
            if name and kind in LISTED and (kind, name) not in known:
                word = model.KIND_WORDS.get(kind)
                if match(name) or (word and match(f"{word} {name}")):
                    own.append(Listed(graph, type_id, kind, name))
        # What an earlier source has is what a name finds.
        known.update((t.kind, t.name) for t in own)
        found += own
    return sorted(found, key=lambda t: (t.name, t.kind))


def nearest(sources: Sources, name: str) -> tuple[str, ...]:
    """The names of types most like one that was not found."""
    return closest(name, {t.name for t in listed(sources) if abs(len(t.name) - len(name)) <= 3})


def closest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Of these names the few most like one that was not found, the most like it first."""
    from difflib import get_close_matches

    return tuple(get_close_matches(name, sorted(names), NEAREST, 0.6))
