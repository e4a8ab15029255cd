"""The places of a layout that values are for, one after the other, and what they are put into."""

from __future__ import annotations

from prettify import model
from prettify.compilers import values
from prettify.layout import Node, name_of, room_for
from prettify.records.initializer import fitting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Place:
    """A place in a struct, union or array: the one of number `index` in `node`.

    holder: the value of the node: a dict, a list, or a bytearray for `char` and what has no type.
    That of a struct without a name is the one of the struct around it.
    """

    __slots__ = ("holder", "index", "inside", "node")

    def __init__(self, node: Node, holder: Any, inside: tuple[Node, ...]) -> None:
        """inside: the members that have places, none for arrays."""
        self.node = node
        self.holder = holder
        self.inside = inside
        self.index = -1

    @property
    def end(self) -> int:
        """How many places values without designators have here."""
        if self.node.element is not None:
            return room_for(self.node)
        return min(len(self.inside), 1) if self.node.kind == model.UNION else len(self.inside)

    @property
    def child(self) -> Node:
        """The node of the place."""
        return self.node.element if self.node.element is not None else self.inside[self.index]

    @property
    def step(self) -> str:
        """The place in a path."""
        if self.index < 0:
            return ""
        if self.node.element is not None:
            return f"[{self.index}]"
        name = self.child.name
        return f".{name_of(name)}" if name else ""

    def value(self) -> Any:
        """What is there; None where nothing is."""
        if isinstance(self.holder, dict):
            return self.holder.get(name_of(self.child.name))
        return self.holder[self.index] if self.index < len(self.holder) else None

    def put(self, value: Any) -> None:
        """Put a value there, in front of which all places are filled."""
        if isinstance(self.holder, bytearray):
            self.holder[self.index] = value & 0xFF
        elif isinstance(self.holder, list):
            missing = self.index + 1 - len(self.holder)
            self.holder += [fitting.zero(self.child) for _ in range(missing)]
            self.holder[self.index] = value
        elif self.child.name:
            name = name_of(self.child.name)
            self.holder.pop(name, None)  # what is given last comes last
            self.holder[name] = value
        else:
            self.holder.update(value)


def is_text(node: Node) -> bool:
    """Whether a value of a node is bytes: text, or of no type."""
    return node.of_chars or node.kind == model.BYTES


def as_array(node: Node) -> Node:
    """Bytes of no type as an array of them, so that single ones can be given; else the same."""
    if node.kind != model.BYTES:
        return node
    byte = model.Integer(node.type.graph, 0, "unsigned char", 1, 8)
    array = node.copy()
    array.kind, array.count, array.stride = model.ARRAY, node.size, 1
    array.element = Node(model.INT, byte, byte, "", node.bit_offset, 8)
    return array


def advance(stack: list[Place]) -> bool:
    """Go to the place behind the one where the stack is; False where all is full."""
    while stack[-1].index + 1 >= stack[-1].end:
        if len(stack) == 1:
            return False
        stack.pop()
    stack[-1].index += 1
    return True


def holder_of(node: Node, value: Any = None) -> Any:
    """A value that others can be put into: the one there is, if it is such a value."""
    if not is_text(node):
        kind: type = list if node.element is not None else dict
        return value if type(value) is kind else kind()
    if isinstance(value, bytearray):
        return value
    size = room_for(node) if node.of_chars else node.size
    raw = values.text_bytes(value, size) if isinstance(value, str) else value or b""
    return bytearray(raw.ljust(size, b"\0"))
