"""Members by their path, as `$header.a.b`, `--where` and `--select` name them."""

from __future__ import annotations

from prettify import model
from prettify.errors import UsageError, one_line
from prettify.layout import Layout, Node, is_signed, named_members
from prettify.sources.search import closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INTEGERS = frozenset((model.INT, model.ENUM, model.POINTER))
SHOWN = 12  # names in a message


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


def at_path(layout: Layout, path: str) -> Node:
    """The member at a dotted path, through anonymous structs and unions.

    Raises UsageError where there is none, naming those there are.
    """
    node = layout.root
    parts = path.split(".")
    while parts:
        found = first_member(node, parts)
        if found is None:
            raise UsageError(
                f"{path!r}: {model.spelled(node.declared)} has no member {parts[0]!r}; "
                f"{choices(parts[0], list(members_of(node)))}"
            )
        node, used = found
        parts = parts[used:]
    return node


def integer(node: Node, record: bytes, byte_order: str) -> int:
    """The integer of a node in a record. Raises UsageError where it is none."""
    if node.kind not in INTEGERS:
        raise UsageError(f"member {node.name!r} is no integer, but {model.spelled(node.declared)}")
    big = byte_order == "big"
    end = (node.bit_offset + node.bit_size + 7) >> 3
    value = int.from_bytes(record[node.offset : end], "big" if big else "little")
    before = node.bit_offset & 7
    value >>= 8 * (end - node.offset) - before - node.bit_size if big else before
    value &= (1 << node.bit_size) - 1
    if is_signed(node) and value >> (node.bit_size - 1):
        value -= 1 << node.bit_size
    return value
