"""From the maps that a user names to what a run goes over: each with its entries' layout."""

from __future__ import annotations

from errno import ENOENT

from prettify.errors import UsageError
from prettify.records.maps.live import held
from prettify.records.maps.live.entry_types import entry_of, variable_of
from prettify.records.maps.live.reading import Reader
from prettify.records.maps.live.system import CallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prettify.layout import Layout
    from prettify.records.maps.entry import Entry, Variable
    from prettify.records.maps.live.entry_types import Said
    from prettify.records.maps.live.held import LiveMap

MAX_INNER = 4096  # maps that are held open at a time because others hold them


class Part:
    """A live map, how its entries lie in records, and of which of the run's types these are."""

    __slots__ = ("entry", "index", "live")

    def __init__(self, live: LiveMap, entry: Entry | Variable, index: int) -> None:
        self.live = live
        self.entry = entry
        self.index = index


def parts_of(
    maps: Sequence[LiveMap],
    said: Said,
    *,
    variable: str | None = None,
    follow: bool = False,
    plain: bool = False,
) -> tuple[list[Part], list[Layout]]:
    """The parts of a run over maps, and the layouts of its types; maps of equal types share one.

    variable: of global data, which is shown alone. follow: whether maps that are held by others
    are shown behind them. Where there are several, records tell which map they are of. plain: as
    of `entry_of`. Raises UsageError, TypeInfoError.
    """
    whole = {one.info.id: one for one in maps}
    for outer in maps if follow else ():
        for inner in _inner(outer):
            if whole.setdefault(inner.info.id, inner) is not inner:
                inner.close()
    named = follow or len(whole) > 1
    known: dict[tuple[object, ...], Part] = {}
    parts: list[Part] = []
    for live in whole.values():
        info = live.info
        alike = (
            info.kind.number, info.key_size, info.value_size, info.btf_id, info.key_type_id,
            info.value_type_id, info.kernel_type_id,
        )  # fmt: skip
        if alike not in known:
            entry: Entry | Variable
            if variable is not None:
                entry = variable_of(live, said, variable)
            elif live in maps:
                entry = entry_of(live, said, named=named, plain=plain)
            else:  # what a user says is of the maps that they name
                entry = entry_of(live, type(said)(), named=named, plain=plain)
            known[alike] = Part(live, entry, len(known))
        first = known[alike]
        parts.append(Part(live, first.entry, first.index))
    return parts, [part.entry.layout for part in known.values()]


def _inner(outer: LiveMap) -> Iterator[LiveMap]:
    """The maps that a map of maps holds, each once, in the order of its entries."""
    if not outer.info.kind.of_maps:
        raise UsageError(f"--follow is for maps of maps, and {outer.info.title} is none")
    ids: dict[int, None] = {}
    for chunk in Reader(outer).chunks():
        values = memoryview(chunk.values)[: 4 * chunk.count].cast("I")
        ids.update(dict.fromkeys(values))
        if len(ids) > MAX_INNER:
            raise UsageError(f"--follow: {outer.info.title} holds more than {MAX_INNER} maps")
    for map_id in ids:
        try:
            yield held.open_id(map_id)
        except CallError as error:
            if error.number != ENOENT:
                raise
