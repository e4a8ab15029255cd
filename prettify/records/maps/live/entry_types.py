"""What the keys and values of a live map are: as it says itself, or as a user says."""

from __future__ import annotations

import sys

from prettify import model
from prettify.composed import KEY, VALUE, Composed
from prettify.errors import UsageError
from prettify.layout import resolve
from prettify.paths import choices
from prettify.records.maps.entry import Entry, Variable
from prettify.records.maps.kinds import COOKIE, OWNERS
from prettify.records.maps.live.reading import possible_cpus
from prettify.records.maps.live.storage import OWNER_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.model import Type
    from prettify.records.maps.live.held import LiveMap

NUMBER_SIZE, COOKIE_SIZE = 4, 8  # bytes of an index or id, and of a socket's cookie


class Said:
    """The types of key and value that a user names; None is what the map itself says."""

    __slots__ = ("key", "value")

    def __init__(self, key: Type | None = None, value: Type | None = None) -> None:
        self.key = key
        self.value = value


def entry_of(live: LiveMap, said: Said, *, named: bool = False, plain: bool = False) -> Entry:
    """How an entry of a map lies in a record.

    named: with the map's id. plain: what only the type of the map tells (that a key is an index)
    is left as bytes, as bpftool has it. Raises UsageError where a type is not of the size that the
    map has, TypeInfoError where the map's own are bad.
    """
    info = live.info
    own_key, own_value = live.types()
    key = said.key or _sized(own_key)
    value = said.value or _sized(own_value)
    order = sys.byteorder
    if not plain:
        numbers = Composed(None, path=info.title, byte_order=order)
        if info.kind.way == OWNERS:
            key = numbers.integer("unsigned long", OWNER_SIZE)
        elif key is None and info.kind.key and info.key_size == NUMBER_SIZE:
            key = numbers.integer("unsigned int", NUMBER_SIZE)
        if value is None and info.kind.value:
            size = COOKIE_SIZE if info.kind.value == COOKIE else NUMBER_SIZE
            if info.value_size == size:
                value = numbers.integer("unsigned long" if size == 8 else "unsigned int", size)
    if info.kind.way != OWNERS:
        _check(live, KEY, key, info.key_size)
    _check(live, VALUE, value, info.value_size)
    return Entry(
        info.key_size if key is None else key,
        info.value_size if value is None else value,
        cpus=possible_cpus() if info.kind.per_cpu else 0,
        named=named,
        byte_order=order,
    )


def variable_of(live: LiveMap, said: Said, name: str) -> Variable:
    """One variable of a map of global data. Raises UsageError where there is none of that name."""
    return variable_in(said.value or live.types()[1], name)


def variable_in(section: Type | None, name: str) -> Variable:
    """A variable of a section. Raises UsageError where there is none of that name."""
    if not isinstance(section, model.Section):
        raise UsageError(f"--var {name}: this map has no variables: it is no global data")
    known = [section.graph.by_id(entry.type_id) for entry in section.entries]
    for entry, variable in zip(section.entries, known):
        if variable.name == name:
            return Variable(resolve(variable), entry.offset)
    there = choices(name, [variable.name for variable in known])
    raise UsageError(f"--var {name}: {model.spelled(section)} has no such variable; {there}")


def _sized(type_: Type | None) -> Type | None:
    """A type, but none that has no size."""
    return None if type_ is None or model.size_of(type_) <= 0 else type_


def _check(live: LiveMap, what: str, type_: Type | None, size: int) -> None:
    if type_ is not None and model.size_of(type_) != size:
        raise UsageError(
            f"{live.info.title}: its {what}s have {size} bytes, {model.spelled(type_)} has "
            f"{model.size_of(type_)}"
        )
