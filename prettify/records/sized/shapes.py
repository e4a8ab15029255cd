"""Layouts of records that end elsewhere than their type does, made when they are met."""

from __future__ import annotations

from prettify import model
from prettify.composed import Composed
from prettify.core.sized import BY_TYPE, slot_of
from prettify.core.tables import zeroes
from prettify.layout import Layout, Node, flexible_tail
from prettify.model import ARRAY, STRUCT, UNION
from prettify.paths import members_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from prettify.records.sized.dispatch import Dispatch

MAX_SHAPES = 4096  # layouts that are kept at a time, besides those of whole types
MAX_ROWS = 1 << 16  # lengths of which it is known which layout they have
MAX_LENGTH = 1 << 32  # bytes of a record
FIRST = 64  # rows of a table, at first
REST = "tail"  # the member that is what no other covers


class Shapes:
    """The layouts of a stream's records: of its own type, and of all others that were met.

    which: the kind of each. made, filters: what was compiled from them, by place; it is kept with
    them. table: where the machine of `core.sized` finds them.
    """

    __slots__ = ("_dispatch", "_known", "_rows", "filters", "layouts", "made", "table", "which")

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._known: dict[tuple[int, int, int], int] = {}
        self._rows: dict[tuple[int, int], int] = {}  # what the table has
        self.layouts: list[Layout] = [dispatch.layout]
        self.which = [0]
        self.made: dict[int, Any] = {}
        self.filters: dict[int, Any] = {}
        self.table = _empty(FIRST)

    @property
    def full(self) -> bool:
        """Whether it is time for new ones."""
        many = len(self.layouts) >= MAX_SHAPES + len(self._dispatch.kinds)
        return many or len(self._rows) >= MAX_ROWS

    def of(self, kind: int, length: int) -> int:
        """Which layout a record of that kind has, if that is to cover `length` bytes."""
        asked = kind, length
        known = self._rows.get(asked)
        if known is not None:
            return known
        found = self._rows[asked] = self._find(kind, length)
        if 2 * len(self._rows) > self.table[0]:
            self.table = _empty(2 * (self.table[0] + 1))
            for row, shape in self._rows.items():
                _insert(self.table, (*row, shape))
        else:
            _insert(self.table, (kind, length, found))
        return found

    def _find(self, place: int, length: int) -> int:
        kind = self._dispatch.kinds[place]
        layout, tail = kind.layout, kind.tail
        if kind.mode == BY_TYPE and length >= layout.size:
            key = place, 0, 0
        elif tail is not None and length >= tail.offset and not self._dispatch.rest:
            # What is left behind the last element makes no other layout.
            count = (length - tail.offset) // tail.stride
            if length >= layout.size:
                key = place, 1, count
            else:  # where the type has padding behind the array's place
                key = place, 2, count
                length = tail.offset + count * tail.stride
        else:
            key = place, 3, length
        found = self._known.get(key)
        if found is None:
            fit = layout
            if key[1]:
                rest, empty = self._dispatch.rest, self._dispatch.rest_always
                fit = fitted(layout, length, rest=rest, empty=empty)
            found = 0 if fit is self.layouts[0] else len(self.layouts)
            if found:  # other threads look from the layouts to what is made of them
                self.which.append(place)
                self.layouts.append(fit)
            self._known[key] = found
        return found


def _empty(rows: int) -> memoryview:
    """A table of shapes with room for less than that many."""
    table = zeroes("q", 1 + 3 * rows)
    table[0] = rows - 1
    for row in range(rows):
        table[1 + 3 * row] = -1
    return table


def _insert(table: memoryview, row: tuple[int, int, int]) -> None:
    mask = table[0]
    at = slot_of(row[0], row[1], mask)
    while table[1 + 3 * at] >= 0:
        at = (at + 1) & mask
    for i in range(3):
        table[1 + 3 * at + i] = row[i]


def fitted(layout: Layout, length: int, *, rest: bool = False, empty: bool = False) -> Layout:
    """The layout of a record of that many bytes: the same one where it is as its type says.

    A flexible array at the end goes on to the record's end. Where that comes before the type's, a
    member that begins behind it is left out, and one that is partly outside: an array has the
    elements that are inside, a struct its members that are. rest: the bytes at the end that no
    member covers are the last member, `tail`, if there are any or if it may be empty.
    """
    root = layout.root
    if length < layout.size or _is_open(root):
        root = _fit(root, 8 * length, last=True) or root
    if rest:
        root = _with_rest(layout, root, length, empty=empty)
    return layout if root is layout.root else Layout(layout.type, root)


def _is_open(node: Node) -> bool:
    """Whether a node ends with an array of no size, or one of its alternatives does."""
    if node.kind == ARRAY:
        return not node.count and node.stride > 0
    if node.kind == STRUCT:
        return bool(node.children) and _is_open(node.children[-1])
    return node.kind == UNION and any(map(_is_open, node.children))


def _fit(node: Node, end: int, *, last: bool) -> Node | None:
    """What of a node is before that bit, None if nothing is.

    last: whether nothing of the record is behind it, so that what is open in it ends there.
    """
    behind = node.bit_offset + node.bit_size
    opens = last and _is_open(node)
    if behind <= end and not opens:
        return node
    if node.bit_offset > end or (node.bit_offset == end and not opens):
        return None
    if node.kind == ARRAY:
        return _cut_array(node, end)
    if node.kind not in (STRUCT, UNION):
        return None
    copy = node.copy()
    copy.children = tuple(
        child
        for at, one in enumerate(node.children, 1)
        if (child := _fit(one, end, last=last and _may_be_last(node, at))) is not None
    )
    ends = [child.bit_offset + child.bit_size for child in copy.children]
    copy.bit_size = max([min(behind, end), *ends]) - node.bit_offset
    return copy


def _may_be_last(node: Node, number: int) -> bool:
    """Whether the member of that number is what a struct or union may end with."""
    return node.kind == UNION or number == len(node.children)


def _cut_array(node: Node, end: int) -> Node:
    copy = node.copy()
    copy.count = (end - node.bit_offset) // (8 * node.stride) if node.stride else 0
    if node.count:
        copy.count = min(copy.count, node.count)
    copy.bit_size = 8 * copy.count * node.stride
    copy.room = 0
    return copy


def _with_rest(layout: Layout, root: Node, length: int, *, empty: bool) -> Node:
    """A node with what is behind its last member as one more, if there is anything."""
    start = max((_end(child) for child in root.children), default=0)
    if length >= layout.size:
        start = max(start, layout.size)
    if root.kind not in (STRUCT, UNION) or (start >= length and not empty):
        return root
    length = max(length, start)
    type_ = Composed(layout.type.graph).opaque(length - start)
    name = REST
    while name in members_of(root):
        name += "_"
    node = Node(model.BYTES, type_, type_, name, 8 * start, 8 * (length - start))
    node.member = True
    copy = root.copy()
    copy.children = (*root.children, node)
    copy.bit_size = 8 * length - root.bit_offset
    return copy


def _end(node: Node) -> int:
    """The byte behind the last one that a member of a node covers."""
    if node.kind in (STRUCT, UNION):
        return max(map(_end, node.children), default=node.offset)
    return (node.bit_offset + node.bit_size + 7) >> 3


def longest(layout: Layout, *, rest: bool = False) -> Layout:
    """The layout where what is open at its end has more elements than there ever are.

    rest: as of `fitted`.
    """
    if rest or _is_open(layout.root):
        return fitted(layout, MAX_LENGTH, rest=rest, empty=rest)
    return layout


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
