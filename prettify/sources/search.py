"""Finds types by name in a list of sources that are opened one after the other, as needed."""

from __future__ import annotations

import os

from prettify import model
from prettify.errors import TypeNotFound, UsageError
from prettify.sources.kernels import KERNEL, KERNEL_FOLDER, running_build_id
from prettify.sources.listing import LISTED, listed
from prettify.sources.opening import default_sources, open_default, open_source
from prettify.sources.request import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from prettify.description import Description
    from prettify.model import Type, TypeGraph
    from prettify.sources.dwarf.languages import Languages
    from prettify.sources.request import CompilerOptions

WORDS = {word: kind for kind, word in model.KIND_WORDS.items()}
BARE_ORDER = LISTED  # a bare name finds the first of these that has a size
SNIPPETS = "--define"  # the path of snippets of C
NEAREST = 3  # names suggested for one that is not found


class Sources:
    """Type graphs by the names of their sources, each opened when the search comes to it.

    define: snippets of C, which are searched first. paths: files and formats; by default the
    running kernel's BTF and the catalogue. options: for what is C. languages: of the compile units
    of DWARF.
    """

    __slots__ = (
        "_base",
        "_graphs",
        "base",
        "define",
        "formats",
        "is_default",
        "languages",
        "options",
        "paths",
    )

    def __init__(
        self,
        paths: Sequence[str] = (),
        formats: Sequence[str] = FORMATS,
        base: str | None = None,
        define: Sequence[str] = (),
        options: CompilerOptions | None = None,
        languages: Languages | None = None,
    ) -> None:
        if base is not None and not paths:
            raise UsageError("a base (--btf-base) is for split BTF, which no source (-t) names")
        if languages is not None and not paths:
            raise UsageError("languages (--lang) are of DWARF, which no source (-t) names")
        if options is not None and not define and not _any_c(paths):
            raise UsageError(
                "what the compiler is told (-I, -D, --target-flags) is for C, which no source "
                "names (-t x.h, --define)"
            )
        self.is_default = not paths
        self.paths = tuple(paths or default_sources())
        self.formats = tuple(formats)
        self.base = base
        self.define = tuple(define)
        self.options = options
        self.languages = languages
        self._base: TypeGraph | None = None
        self._graphs: dict[str, TypeGraph] = {}

    def __iter__(self) -> Iterator[TypeGraph]:
        return (graph for _, graph in self.named())

    def named(self) -> Iterator[tuple[str, TypeGraph]]:
        """The graphs in order, each behind the name of its source."""
        if self.define:
            yield SNIPPETS, self._kept("", self._open_snippets)
        for path in self.paths:
            yield path, self._kept(path, self._open)

    def _kept(self, path: str, open_path: Callable[[str], TypeGraph]) -> TypeGraph:
        graph = self._graphs.get(path)
        if graph is None:
            graph = self._graphs[path] = open_path(path)
        return graph

    def _open_snippets(self, _path: str) -> TypeGraph:
        from prettify.sources.headers import open_snippets

        return open_snippets(SNIPPETS, self.define, self.options)

    def _open(self, path: str) -> TypeGraph:
        if self.is_default:
            return open_default(path)
        if self.base and self._base is None:
            self._base = open_source(self.base, self.formats)
        return open_source(path, self.formats, self._base, self.options, self.languages)

    @property
    def described(self) -> str:
        """The sources in words, for messages."""
        snippets = [SNIPPETS] if self.define else []
        if not self.is_default:
            return ", ".join((*snippets, *self.paths))
        if KERNEL in self.paths:
            return ", ".join((*snippets, "the running kernel's BTF and the catalogue"))
        default = f"the catalogue (this kernel has no {KERNEL}; name a file with -t)"
        return ", ".join((*snippets, default))


def _any_c(paths: Sequence[str]) -> bool:
    """Whether one of the sources may be C."""
    from prettify.sources.headers import LANGUAGES

    return any(os.path.splitext(path)[1] in LANGUAGES for path in paths)


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
    kinds = (WORDS[word],) if word else BARE_ORDER
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


def describe(sources: Sources) -> list[Description]:
    """What each source is, by the name that it was given."""
    found = []
    for name, graph in sources.named():
        folder, file = os.path.split(os.path.abspath(name))
        if folder == KERNEL_FOLDER:  # raw BTF, without a note of its own
            graph.origin.build_id = running_build_id(file, graph.byte_order)
        description = graph.describe()
        description.path = name
        found.append(description)
    return found


def nearest(sources: Sources, name: str) -> tuple[str, ...]:
    """The names of types most like one that was not found."""
    return closest(name, {t.name for t in listed(sources) if abs(len(t.name) - len(name)) <= 3})


def closest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Of these names the few most like one that was not found, the most like it first."""
    from difflib import get_close_matches

    return tuple(get_close_matches(name, sorted(names), NEAREST, 0.6))
