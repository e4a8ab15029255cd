"""Members of a layout by their path: `a.b`, `a[0].b`, `a[0][1]`."""

from __future__ import annotations

from prettify.errors import UsageError, one_line
from prettify.layout import NESTED, Layout, Node, named_members
from prettify.model import spelled
from prettify.sources.search import closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WHOLE = "value"  # what a record is called that is no struct, where it has to have a name
SHOWN = 12  # members that an error message names


def at_path(layout: Layout, path: str) -> Node:
    """The member at a path of names and indices, through anonymous structs and unions.

    Of a layout that is no struct, union or section, paths begin with `value`. The node of an
    element is at that element's own offsets. Raises UsageError where there is none, naming the
    members there are.
    """
    node = layout.root
    steps = _steps(path)
    if node.kind not in NESTED and steps[0][0] == WHOLE:
        node = _elements(node, steps.pop(0)[1], path)
    while steps:
        # Names with dots take several steps; none but the last of them has indices.
        plain = next((i for i, (_, indices) in enumerate(steps) if indices), len(steps) - 1)
        node, used = _member(node, [name for name, _ in steps[: plain + 1]], path)
        node = _elements(node, steps[used - 1][1], path)
        steps = steps[used:]
    return node


def members_of(node: Node) -> dict[str, Node]:
    """The members of a struct, union or section by name, those of anonymous ones too, in order.

    Of two of one name the first one counts.
    """
    found: dict[str, Node] = {}
    for _, child in named_members(node):
        found.setdefault(child.name, child)
    return found


def first_member(node: Node, parts: Sequence[str]) -> tuple[Node, int] | None:
    """(member, how many parts its name takes) that the parts of a path begin with, None if none.

    Not all names are C's: one with dots goes before a path, and a long one first.
    """
    known = members_of(node)
    for used in range(len(parts), 0, -1):
        child = known.get(".".join(parts[:used]))
        if child is not None:
            return child, used
    return None


def choices(name: str, known: Sequence[str], also: Iterable[str] = ()) -> str:
    """What a message says behind a name that is none of those known: which there are.

    also: further names that could be meant.
    """
    if not known:
        there = "it has none"
    else:
        there = f"it has {', '.join(known[:SHOWN])}{', …' if len(known) > SHOWN else ''}"
    near = closest(name, {*known, *also})
    hint = f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
    return one_line(there + hint)


def moved(node: Node, bits: int) -> Node:
    """A copy of a node and all below it, that many bits further on."""
    copy = node.copy()
    copy.bit_offset += bits
    if node.located is not None:
        copy.origin += bits >> 3
    if node.element is not None:
        copy.element = moved(node.element, bits)
    copy.children = tuple(moved(child, bits) for child in node.children)
    return copy


def _steps(path: str) -> list[tuple[str, list[str]]]:
    """(name, indices) of each part of a path."""
    steps: list[tuple[str, list[str]]] = []
    for part in path.split("."):
        name, bracket, rest = part.partition("[")
        if bracket and not rest.endswith("]"):
            raise UsageError(f"{path!r}: ']' expected behind {part!r}")
        steps.append((name, rest[:-1].split("][") if bracket else []))
    return steps


def _member(node: Node, names: Sequence[str], path: str) -> tuple[Node, int]:
    found = first_member(node, names)
    if found is not None:
        return found
    if node.element is not None:
        raise UsageError(f"{path!r}: {node.name or WHOLE} is an array: [0] is its first element")
    raise UsageError(
        f"{path!r}: {spelled(node.declared)} has no member {names[0]!r}; "
        f"{choices(names[0], list(members_of(node)))}"
    )


def _elements(node: Node, indices: Sequence[str], path: str) -> Node:
    for index in indices:
        node = _element(node, index, path)
    return node


def _element(node: Node, index: str, path: str) -> Node:
    if node.element is None:
        raise UsageError(f"{path!r}: {node.name or 'an element'} is no array")
    if not index.isdecimal() or not index.isascii():
        raise UsageError(f"{path!r}: {index!r} is no index")
    # Longer numbers are beyond any array, and may be beyond what int() takes.
    if len(index) > 20 or int(index) >= node.count:
        raise UsageError(f"{path!r}: an array of {node.count} has no element {index}")
    return moved(node.element, 8 * node.stride * int(index))
