"""Types by name, with an index or without one.

Without: only units in which the name's bytes are, or its offset among the strings, are walked.
"""

from __future__ import annotations

from prettify.core.dwarf_search import occurrences
from prettify.sources.dwarf import cache
from prettify.sources.dwarf.index import Damaged, Found, Index, in_order, load, made_of
from prettify.sources.dwarf.scanning import Scan
from prettify.sources.dwarf.units import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Literal

    from prettify.sources.dwarf.sections import Sections
    from prettify.sources.dwarf.units import Unit

CACHED = 16 << 20  # bytes of units from which on making an index takes longer than reading one
MANY = 3  # names that are looked for before an index is worth its time
MAX_NEEDLES = 8  # that units are searched for, before walking all of them is faster
MAX_PLACES = 4096  # of a string's offset in .debug_str_offsets
LONG = b"\xff\xff\xff\xff"  # a part's length, if 64 bits of it follow
VERSION = 4  # bytes of a part's version and of nothing, behind its length


class Lookup:
    """The named types of these units of a file.

    whole: they are all units of the file, so that its index may be kept in the user's cache.
    jobs: threads, 0: as many as there are processors. Raises TypeInfoError from everything that
    looks for names, where the first damaged unit might have had what is not found.
    """

    __slots__ = ("_asked", "_index", "_tried", "jobs", "sections", "units", "whole")

    def __init__(
        self, sections: Sections, units: Sequence[Unit], *, whole: bool = True, jobs: int = 0
    ) -> None:
        self.sections = sections
        self.units = units
        self.whole = whole
        self.jobs = jobs
        self._index: Index | None = None
        self._tried = False  # to find an index in the cache
        self._asked = 0

    def find(
        self,
        name: str,
        *,
        variables: bool = False,
        enough: Callable[[Found], bool] | None = None,
    ) -> list[Found]:
        """The types, or the variables, whose last component is `name`: definitions first.

        Of one kind, size and scope there is one. enough: says of a type that no other is needed;
        those before it are still found.
        """
        if not name or "\0" in name:
            return []
        index = self._index or self._cached()
        if index is None:
            self._asked += 1
            if self._asked <= MANY:
                return self._search(name, variables, enough)
            index = self.index()
        found = index.find(name, variables=variables)
        if not found and index.damaged_at >= 0:
            raise self._damaged(index.damaged_at)
        return found

    def index(self) -> Index:
        """Every named type. Taken from the cache, or made, and kept there if that pays."""
        if self._index is None and self._cached() is None:
            scan = Scan(self.sections, jobs=self.jobs)
            scan.run(self.units)
            try:
                self._index = made_of(scan.names, scan.damaged_at)
            except OverflowError:
                raise error(self.sections, "names of more than 4 GB", 0) from None
            if self._is_cached:
                key = self._key
                cache.write(key, self._index.dump(key))
        assert self._index is not None
        return self._index

    # The cache.

    @property
    def _is_cached(self) -> bool:
        size = len(self.sections.info) + len(self.sections.types)
        return self.whole and size >= CACHED and bool(self.sections.cache_key)

    @property
    def _key(self) -> bytes:
        return (b"split " if self.sections.split else b"") + self.sections.cache_key

    def _cached(self) -> Index | None:
        """The index that is in the cache."""
        if self._tried or not self._is_cached:
            return self._index
        self._tried = True
        key = self._key
        data = cache.read(key)
        if data:
            try:
                self._index = load(data, key)
            except Damaged:
                return None
        return self._index

    def _damaged(self, position: int) -> Exception:
        """What is wrong with the unit where a scan met damage."""
        first = next((unit for unit in self.units if unit.position <= position < unit.end), None)
        scan = Scan(self.sections, jobs=1)
        scan.run([first] if first is not None else [])
        return scan.damage or error(self.sections, "damaged DWARF", position)

    # One name, without an index.

    def _search(
        self, name: str, variables: bool, enough: Callable[[Found], bool] | None
    ) -> list[Found]:
        wanted = name.encode("utf-8", "surrogateescape")
        needles = needles_of(self.sections, wanted)
        scan = Scan(self.sections, wanted, self.jobs)
        scan.needles = tuple(needles) if len(needles) <= MAX_NEEDLES else ()
        found: list[Found] = []

        def done() -> bool:
            nonlocal found
            entries = made_of(scan.names, -1).entries(variables=variables)
            found = in_order(list(entries))
            return enough is not None and any(enough(one) for one in found)

        scan.run(self.units, done if enough is not None else None)
        done()
        if not found and scan.damage is not None:
            raise scan.damage
        return found


def needles_of(sections: Sections, wanted: bytes) -> list[bytes]:
    """Bytes of which some are in every unit that has this name.

    More than MAX_NEEDLES: every unit may have it.
    """
    order: Literal["little", "big"] = sections.byte_order
    ended = wanted + b"\0"
    most = MAX_NEEDLES + 1
    needles = [ended]
    offsets = occurrences(sections.str, ended, most)
    strings = list(offsets)
    strings += occurrences(sections.line_str, ended, most)
    if sections.supplement is not None:
        strings += occurrences(sections.supplement.str, ended, most)
    # Of offsets with 64 bits, too, the lower half is there.
    needles += [(offset & 0xFFFFFFFF).to_bytes(4, order) for offset in strings]
    if len(sections.str_offsets) and offsets:
        bases = _bases(sections, offsets, order)
        if bases is None:
            return [b""] * most
        needles += [base.to_bytes(4, order) for base in bases]
    return needles


def _bases(
    sections: Sections, offsets: list[int], order: Literal["little", "big"]
) -> list[int] | None:
    """Where the parts of .debug_str_offsets begin that one of these offsets is in.

    Units that use such a part name that place. None: they may not, or there are too many.
    """
    data = sections.str_offsets
    places: list[int] = []
    for offset in offsets:
        found = occurrences(data, offset.to_bytes(4, order), MAX_PLACES)
        if len(found) == MAX_PLACES:
            return None
        places += found
    if places and sections.split:
        return None
    bases: list[int] = []
    places.sort()
    parts = _parts(data, order)
    start = end = 0
    for place in places:
        while place >= end:
            following = next(parts, None)
            if following is None:
                return None
            start, end = following
        if start not in bases[-1:]:
            bases.append(start)
    return bases


def _parts(data: memoryview, order: Literal["little", "big"]) -> Iterator[tuple[int, int]]:
    """Where the parts of .debug_str_offsets begin, behind their headers, and end (7.26)."""
    at = 0
    while at < len(data):
        size = 4
        if bytes(data[at : at + 4]) == LONG:
            at += 4
            size = 8
        end = at + size + int.from_bytes(data[at : at + size], order)
        yield at + size + VERSION, end
        at = end
