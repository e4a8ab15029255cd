"""Values of enumerators by name: of the enums in a layout, then of all in its source of types."""

from __future__ import annotations

from prettify import model
from prettify.errors import TypeInfoError, UsageError
from prettify.layout import leaves

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.layout import Layout

    Meanings = dict[str, list[tuple[int, model.Enum]]]


class Enumerators:
    """The enumerators that an expression about a layout's records may name.

    shortened: enums of which they may be named without what all of one begin with, too.
    """

    __slots__ = ("_everywhere", "_layout", "_near", "_shortened")

    def __init__(self, layout: Layout, shortened: Sequence[model.Enum] = ()) -> None:
        self._layout = layout
        self._shortened = tuple(shortened)
        self._near: Meanings | None = None
        self._everywhere: Meanings | None = None

    @property
    def near(self) -> Meanings:
        """Those of the enums that members of the layout have."""
        if self._near is None:
            enums = (n.type for n in leaves(self._layout.root) if isinstance(n.type, model.Enum))
            self._near = _meanings(dict.fromkeys(enums))
        return self._near

    @property
    def everywhere(self) -> Meanings:
        """Those of all enums of the layout's source of types."""
        if self._everywhere is None:
            graph = self._layout.type.graph
            self._everywhere = _meanings(_enums(graph))
        return self._everywhere

    def value(self, name: str, compared: Iterable[model.Enum] = ()) -> int | None:
        """The value of an enumerator, or None where there is none of that name.

        compared: the enums of the members that it is compared with, which come first. Raises
        UsageError where it has several values.
        """
        of_compared = _meanings(dict.fromkeys(compared))
        for meanings in (of_compared, self.near):
            if name in meanings:
                return _only(name, meanings)
        for enum in self._shortened:
            prefix = common_prefix(enum)
            for enumerator in enum.enumerators if prefix else ():
                if enumerator.name == prefix + name:
                    return enumerator.value
        return _only(name, self.everywhere) if name in self.everywhere else None


def common_prefix(enum: model.Enum) -> str:
    """The longest text that all of an enum's enumerators begin with; of a single one nothing."""
    names = [enumerator.name for enumerator in enum.enumerators]
    if len(names) < 2:
        return ""
    first, last = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(first, last)) if a != b), len(first))
    return first[:same]


def _enums(graph: model.TypeGraph) -> Iterable[model.Enum]:
    for type_id in graph.all_ids():
        try:
            if graph.summary(type_id)[0] == model.ENUM:
                type_ = graph.by_id(type_id)
                if isinstance(type_, model.Enum):
                    yield type_
        except TypeInfoError:
            continue  # damage elsewhere is no concern of this layout's


def _meanings(enums: Iterable[model.Enum]) -> Meanings:
    found: Meanings = {}
    for enum in enums:
        for enumerator in enum.enumerators:
            found.setdefault(enumerator.name, []).append((enumerator.value, enum))
    return found


def _only(name: str, meanings: Meanings) -> int:
    """The one value that a name has. Raises UsageError where it has several."""
    value, enum = meanings[name][0]
    for other, another in meanings[name]:
        if other != value:
            raise UsageError(
                f"{name!r} is {value} in {_title(enum)} and {other} in {_title(another)}: compare "
                f"it with a member of one of them, or write the number"
            )
    return value


def _title(enum: model.Enum) -> str:
    return model.spelled(enum) if enum.name else f"enum #{enum.id}"
