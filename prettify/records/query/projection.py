"""Projections: a layout of which only some members are left, as `--select` asks for them.

A path is a member's, as in `a` or `b.c`, members of anonymous structs and unions by their plain
name. `arr.x` is the member of every element. Each name may be a shell pattern: `st_*`, `*.pid`.
"""

from __future__ import annotations

from prettify.errors import UsageError
from prettify.layout import Layout, Node, innermost
from prettify.paths import choices, first_member, members_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    # By member what is wanted of it, in order: None is all.
    Wanted = dict[Node, "Wanted | None"]

WILD = frozenset("*?")


def select(layout: Layout, paths: Sequence[str] | str, option: str = "--select") -> Layout:
    """The layout with only these members, in this order.

    paths: one after the other, or one text with commas between them. A struct, union or array is
    where its first member is asked for; what is asked for twice is there once, and a member asked
    for as a whole is whole. The size, and all offsets, are those of the whole type.

    Raises UsageError, naming the option and the path, where there is no such member.
    """
    wanted: Wanted = {}
    for path in paths.split(",") if isinstance(paths, str) else paths:
        path = path.strip()
        parts = path.split(".")
        if not all(parts):
            raise UsageError(f"{option} {path!r}: a member's name expected")
        if not _want(innermost(layout.root), parts, wanted):
            raise UsageError(f"{option} {path!r}: {_missing(layout.root, parts)}")
    return Layout(layout.type, _projected(layout.root, wanted))


def _want(node: Node, parts: Sequence[str], wanted: Wanted) -> bool:
    """Add the members at a path below a node to what is wanted of it. False if there are none."""
    found = False
    for child, used in _matching(node, parts):
        if used == len(parts):
            wanted[child] = None
            found = True
            continue
        below = wanted.get(child, {})
        # Of what is wanted as a whole nothing more can be, but the path may be wrong.
        if _want(innermost(child), parts[used:], {} if below is None else below):
            wanted.setdefault(child, below)
            found = True
    return found


def _matching(node: Node, parts: Sequence[str]) -> Iterator[tuple[Node, int]]:
    """(member, how many parts that takes) of the members that a path begins with."""
    literal = first_member(node, parts)
    if literal is not None:
        yield literal
    elif WILD.intersection(parts[0]):
        from fnmatch import fnmatchcase

        for name, child in members_of(node).items():
            if fnmatchcase(name, parts[0]):
                yield child, 1


def _missing(node: Node, parts: Sequence[str]) -> str:
    """What a message says of a path that leads to no member."""
    way: list[str] = []
    while True:
        node = innermost(node)
        found = first_member(node, parts)
        if found is None:
            break
        node, used = found
        way += parts[:used]
        parts = parts[used:]
    name = parts[0]
    known = list(members_of(node))
    within = f" in {'.'.join(way)!r}" if way else ""
    if WILD.intersection(name):
        return f"no member matches {'.'.join(parts)!r}{within}; {choices('', known)}"
    if name.partition("[")[0] in known:
        return f"an index at {name!r}: of an array's elements all are selected, or none"
    return f"no member {name!r}{within}; {choices(name, known)}"


def _projected(node: Node, wanted: Wanted) -> Node:
    """A copy of a node with what is wanted of it."""
    copy = node.copy()
    if node.element is not None:
        copy.element = _projected(node.element, wanted)
        return copy
    places = {child: place for place, child in enumerate(wanted)}
    copy.children = tuple(child for _, child in _chosen(node, wanted, places))
    return copy


def _chosen(node: Node, wanted: Wanted, places: dict[Node, int]) -> list[tuple[int, Node]]:
    """(place in the order that was asked for, copy) of the members that are left."""
    chosen = []
    for child in node.children:
        if child.name:
            if child in wanted:
                below = wanted[child]
                chosen.append((places[child], child if below is None else _projected(child, below)))
            continue
        inner = _chosen(child, wanted, places)
        if inner:
            copy = child.copy()
            copy.children = tuple(member for _, member in inner)
            chosen.append((inner[0][0], copy))
    return sorted(chosen, key=lambda pair: pair[0])
