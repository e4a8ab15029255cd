"""The names of a tag: an integer member of a struct that gets the enumerators of some enums.

They belong to the struct: wherever it is nested, the member is as if it had been declared so.
"""

from __future__ import annotations

from prettify import model
from prettify.composed import Composed
from prettify.layout import Layout, is_signed
from prettify.paths import at_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.layout import Node
    from prettify.model import Enum, Type


class Naming:
    """A member of a struct, by its path there, and the enums that name its values, in order."""

    __slots__ = ("_enum", "_owner", "_path")

    def __init__(self, owner: Layout, path: str, enums: Sequence[Enum]) -> None:
        """Raises UsageError where the struct has no such member."""
        node = at_path(owner, path)
        graph = Composed(owner.type.graph)
        self._owner = owner.root.type
        self._path = path.split(".")
        self._enum = graph.enum(
            "+".join(dict.fromkeys(enum.name for enum in enums)),
            node.size,
            (enumerator for enum in enums for enumerator in enum.enumerators),
            signed=is_signed(node),
        )

    def of(self, layout: Layout) -> Layout:
        """The layout with the names wherever the struct is in it."""
        root = self._renamed(layout.root)
        return layout if root is layout.root else Layout(layout.type, root)

    def _renamed(self, node: Node) -> Node:
        """A node with names in it; the same one where there are none to be."""
        if node.element is not None:
            element = self._renamed(node.element)
            if element is node.element:
                return node
            node = node.copy()
            node.element = element
            return node
        if _same(node.type, self._owner):
            return self._member(node, self._path) or node
        children = tuple(map(self._renamed, node.children))
        if all(new is old for new, old in zip(children, node.children)):
            return node
        node = node.copy()
        node.children = children
        return node

    def _member(self, node: Node, path: Sequence[str]) -> Node | None:
        """A copy of a node with the member at a path below it renamed, None if it has none."""
        for at, child in enumerate(node.children):
            if child.name and child.name != path[0]:
                continue
            if not child.name:
                new = self._member(child, path)
            elif len(path) > 1:
                new = self._member(child, path[1:])
            else:
                new = self._named(child)
            if new is not None:
                copy = node.copy()
                copy.children = (*node.children[:at], new, *node.children[at + 1 :])
                return copy
        return None

    def _named(self, node: Node) -> Node | None:
        if node.kind not in (model.INT, model.ENUM):
            return None
        copy = node.copy()
        copy.kind = model.ENUM
        copy.type = copy.declared = self._enum
        return copy


def _same(type_: Type, other: Type) -> bool:
    """Whether two types are one; those of one name and size may be of two compile units."""
    if type_ is other:
        return True
    return (
        isinstance(type_, model.Aggregate)
        and isinstance(other, model.Aggregate)
        and (type_.kind, type_.name, type_.size) == (other.kind, other.name, other.size)
        and bool(type_.name)
    )
