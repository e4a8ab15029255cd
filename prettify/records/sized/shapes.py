"""Layouts of records of one type that end at different places."""

from __future__ import annotations

from prettify.layout import Layout, flexible_tail
from prettify.model import ARRAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from prettify.layout import Node
    from prettify.records.sized.dispatch import Kind

MAX_SHAPES = 4096  # layouts of records with flexible arrays that are kept at a time


class Shapes:
    """The layouts of a table's records: those of its types, and for each number of elements that a
    flexible array was found to have, one more.

    which: the kind of each. made: what was compiled from them, by place; it is kept with them.
    """

    __slots__ = ("_by_count", "_kinds", "layouts", "made", "which")

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._by_count: dict[tuple[int, int], int] = {}
        self.layouts: list[Layout] = [kind.layout for kind in kinds]
        self.which = list(range(len(kinds)))
        self.made: dict[int, Any] = {}

    @property
    def full(self) -> bool:
        """Whether it is time for new ones."""
        return len(self._by_count) >= MAX_SHAPES

    def of(self, kind: int, length: int) -> int:
        """Which layout a record of that kind and that many bytes has."""
        tail = self._kinds[kind].tail
        if tail is None:
            return kind
        count = (length - tail.offset) // tail.stride
        if not count:
            return kind
        found = self._by_count.get((kind, count))
        if found is None:
            found = self._by_count[kind, count] = len(self.layouts)
            self.layouts.append(_shape(self._kinds[kind].layout, count))
            self.which.append(kind)
        return found


def _shape(layout: Layout, count: int) -> Layout:
    """The layout where the flexible array that ends it has that many elements."""
    return Layout(layout.type, _stretched(layout.root, count))


def without_tail(layout: Layout) -> Layout:
    """The layout without the array of no size that ends it, if one does."""
    if flexible_tail(layout.root) is None:
        return layout
    return Layout(layout.type, _cut(layout.root))


def _cut(node: Node) -> Node:
    copy = node.copy()
    last = node.children[-1]
    rest = () if last.kind == ARRAY else (_cut(last),)
    copy.children = (*node.children[:-1], *rest)
    return copy


def _stretched(node: Node, count: int) -> Node:
    """A copy of a node that ends with a flexible array, which has that many elements."""
    copy = node.copy()
    if node.kind == ARRAY:
        copy.count = count
        copy.bit_size = 8 * count * node.stride
        copy.room = 0
        return copy
    last = _stretched(node.children[-1], count)
    copy.children = (*node.children[:-1], last)
    copy.bit_size = max(node.bit_size, last.bit_offset + last.bit_size - node.bit_offset)
    return copy
