"""Members of a layout by their path: `a.b`, `a[0].b`, `a[0][1]`."""

from __future__ import annotations

from prettify.errors import UsageError
from prettify.layout import NESTED, Layout, Node, named_members
from prettify.model import spelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE = "value"  # what a record is called that is no struct, where it has to have a name
SHOWN = 12  # members that an error message names


def at_path(layout: Layout, path: str) -> Node:
    """The member at a path of names and indices, through anonymous structs and unions.

    Of a layout that is no struct, union or section, paths begin with `value`. The node of an
    element is at that element's own offsets. Raises UsageError where there is none, naming the
    members there are.
    """
    node = layout.root
    whole = node.kind not in NESTED
    for name, indices in _steps(path):
        if whole and name == WHOLE:
            whole = False
        else:
            node = _member(node, name, path)
        for index in indices:
            node = _element(node, index, path)
    return node


def moved(node: Node, bits: int) -> Node:
    """A copy of a node and all below it, that many bits further on."""
    copy = Node(
        node.kind, node.type, node.declared, node.name, node.bit_offset + bits, node.bit_size
    )
    copy.member, copy.bitfield = node.member, node.bitfield
    copy.count, copy.stride, copy.room = node.count, node.stride, node.room
    if node.element is not None:
        copy.element = moved(node.element, bits)
    copy.children = tuple(moved(child, bits) for child in node.children)
    return copy


def _steps(path: str) -> Iterator[tuple[str, list[str]]]:
    """(name, indices) of each part of a path."""
    for part in path.split("."):
        name, bracket, rest = part.partition("[")
        if not bracket:
            yield name, []
        elif rest.endswith("]"):
            yield name, rest[:-1].split("][")
        else:
            raise UsageError(f"{path!r}: ']' expected behind {part!r}")


def _member(node: Node, name: str, path: str) -> Node:
    if node.element is not None:
        raise UsageError(f"{path!r}: {node.name or WHOLE} is an array: [0] is its first element")
    names = []
    for _, child in named_members(node):
        if child.name == name:
            return child
        names.append(child.name)
    known = f"it has {', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''}"
    raise UsageError(
        f"{path!r}: {spelled(node.declared)} has no member {name!r}; "
        f"{known if names else 'it has none'}"
    )


def _element(node: Node, index: str, path: str) -> Node:
    if node.element is None:
        raise UsageError(f"{path!r}: {node.name or 'an element'} is no array")
    if not index.isdecimal() or not index.isascii():
        raise UsageError(f"{path!r}: {index!r} is no index")
    # Longer numbers are beyond any array, and may be beyond what int() takes.
    if len(index) > 20 or int(index) >= node.count:
        raise UsageError(f"{path!r}: an array of {node.count} has no element {index}")
    return moved(node.element, 8 * node.stride * int(index))
