"""Key and value as the kernel writes those of a pinned map: its dialect, compact and nameless.

    {67305985,0x5,RED,0x0000000045adf1be,['a','b',],[1,2,],1,2,],],}

The way through a layout is that of `dialects.kernel`, with the flags COMPACT, NONAME and ZERO, so
that brackets and commas depend on the type alone. What that text does not tell:

pointers            hashes stand in their place; nothing and error values are themselves
floats              zero
arrays of arrays    the first row stands for all of them, the others are zero
and of pointers     so does the first pointer
one-byte integers   of an array of them, what is behind the first zero is zero
"""

from __future__ import annotations

import re

from prettify import model
from prettify.dialects.kernel_labels import label
from prettify.errors import UsageError, one_line
from prettify.layout import is_char
from prettify.records.maps.dumped.cells import (
    LONGEST_NUMBER,
    Cell,
    Untold,
    enumerators,
    number_of,
    order_of,
    step_to,
)
from prettify.records.maps.dumped.window import SHOWN, legible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.layout import Layout, Node
    from prettify.records.maps.dumped.cells import Order
    from prettify.records.maps.dumped.window import Window

    Lost = Callable[[str, str], object]
    """Told what is lost, and the path of a member of which it is."""

FLOAT = b"<unsupported kind:16>"
# Arrays go on by size over these; of other elements they show the first one again and again.
STEPPING = frozenset((model.INT, model.STRUCT, model.UNION, model.ENUM, model.FLOAT))
SCALARS = frozenset((model.INT, model.ENUM, model.POINTER))
WORD = re.compile(rb"[^,}\]:\n]*")
BYTE = re.compile(rb"(?:'(.)'|(-?\d{1,3})),", re.DOTALL)
LONGEST_BYTE = 5  # bytes of what that finds
HASH_MASK = 0xFFFFFFFF  # what a hash of a pointer has bits in
LONGEST_NAME = 512  # bytes of an enumerator, in BTF of the kernel

HASHED = "the kernel writes hashes in place of pointers"
UNSHOWN = "the kernel writes no floats: they are zero here"
REPEATED = "the kernel writes the first of these elements for all: the others are zero here"
CUT = "the kernel ends arrays of one-byte integers at the first zero: all behind it is zero here"


def compile_reader(layout: Layout, path: str, lost: Lost) -> Part:
    """What reads a key or value of that type, which messages call `path`.

    Raises UsageError for what has no members to read text as.
    """
    walk = _Walk(order_of(layout), lost)
    if layout.root.kind == model.SECTION:
        return walk.section(layout.root, path)
    return walk.part(layout.root, path, 0)


class Part:
    """Reads the text of one place of a layout into the record's bytes.

    path: of the member, for messages. longest: bytes that the text may have.
    """

    __slots__ = ("longest", "path")

    def __init__(self, path: str, longest: int) -> None:
        self.path = path
        self.longest = longest

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        """Go over the text that comes next; `shift` as of `Cell.put`.

        Raises Untold where it is none of this type, and Short.
        """
        raise NotImplementedError

    def take(self, window: Window, text: bytes) -> None:
        """Go over that text, which is to come next."""
        there = window.text[window.at : min(window.end, window.at + len(text))]
        if there != text:
            if len(there) < len(text) and text.startswith(there):
                window.more()
            raise self.untold(f"{window.shown()} where {text.decode('latin-1')!r} should be")
        window.at += len(text)

    def untold(self, what: str) -> Untold:
        """The error about this place."""
        untold = Untold(what)
        untold.steps.append(self.path)
        return untold


class _Scalar(Part):
    """An integer, enum or pointer, and what ends it."""

    __slots__ = (
        "_at", "_cell", "_end", "_lost", "_names", "_order", "_pointer", "_read_size", "_size",
    )  # fmt: skip

    def __init__(self, node: Node, path: str, order: Order, end: bytes, lost: Lost) -> None:
        self._cell = Cell(node, order)
        self._end = end
        self._order = order
        self._pointer = node.kind == model.POINTER
        self._lost = lost
        self._names: dict[bytes, int] = {}
        self._read_size = 0  # bytes that the kernel reads of an enum, whatever its size
        self._at, self._size = node.offset, node.size
        if isinstance(node.type, model.Enum) and not node.bitfield:
            self._names = enumerators(node)
            self._read_size = 8 if node.type.wide else 4
        super().__init__(path, (LONGEST_NAME if self._names else LONGEST_NUMBER) + len(end))

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        while True:
            found = WORD.match(window.text, window.at, window.end)
            assert found is not None  # it matches nothing at all, too
            if found.end() < window.end or not window.more():
                break
        word = found[0]
        number = self._names.get(word)
        if number is None:
            number = number_of(word)
        if self._pointer:
            self._put_pointer(out, shift, number, word)
        elif number is None:
            raise self.untold(f"{window.shown()} is no value of it")
        elif self._read_size:
            self._put_enum(out, shift, number)
        else:
            try:
                self._cell.put(out, shift, number, bits=word.startswith(b"0x"))
            except Untold as untold:
                raise self.untold(untold.what) from None
        window.at = found.end()
        self.take(window, self._end)

    def _put_pointer(self, out: bytearray, shift: int, number: int | None, word: bytes) -> None:
        if number is None or not word.startswith(b"0x"):
            if not word.startswith(b"("):  # (efault), (____ptrval____)
                raise self.untold(f"{legible(word, SHOWN)!r} is no pointer")
            number = 0
            self._lost(HASHED, self.path)
        if 0 < number <= HASH_MASK:
            self._lost(HASHED, self.path)
            if not self._cell.empty(out, shift):  # another member of a union has told it
                return
        self._cell.put_lowest(out, shift, number)

    def _put_enum(self, out: bytearray, shift: int, number: int) -> None:
        """The kernel reads so many bytes, whatever the size: of a small enum what follows too."""
        told = min(self._size, self._read_size)
        if self._order == "big":
            number >>= 8 * (self._read_size - told)
        at = self._at + shift
        out[at : at + told] = (number & (1 << 8 * told) - 1).to_bytes(told, self._order)


class _Float(Part):
    """A float: the kernel has no text for its value, and does not end it."""

    __slots__ = ("_lost",)

    def __init__(self, path: str, lost: Lost) -> None:
        super().__init__(path, len(FLOAT))
        self._lost = lost

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        self.take(window, FLOAT)
        self._lost(UNSHOWN, self.path)


class _Sequence(Part):
    """Parts, one behind the other, between texts that are always the same."""

    __slots__ = ("_after", "_before", "_between", "_parts")

    def __init__(
        self, path: str, before: bytes, parts: list[Part], after: bytes, between: bytes = b""
    ) -> None:
        inside = sum(part.longest + len(between) for part in parts)
        super().__init__(path, len(before) + inside + len(after))
        self._before = before
        self._parts = parts
        self._between = between
        self._after = after

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        self.take(window, self._before)
        for index, part in enumerate(self._parts):
            if index:
                self.take(window, self._between)
            part.read(window, out, shift)
        self.take(window, self._after)


class _Elements(Part):
    """An array; of what the kernel does not step over the same element is shown for all."""

    __slots__ = ("_after", "_before", "_count", "_element", "_lost", "_step")

    def __init__(
        self, node: Node, path: str, before: bytes, element: Part, after: bytes, lost: Lost
    ) -> None:
        assert node.element is not None
        super().__init__(path, len(before) + node.count * element.longest + len(after))
        self._before = before
        self._after = after
        self._count = node.count
        self._element = element
        self._step = node.stride if node.element.kind in STEPPING else 0
        self._lost = lost

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        self.take(window, self._before)
        for index in range(self._count):
            self._element.read(window, out, shift + index * self._step)
        if self._count > 1 and not self._step:
            self._lost(REPEATED, self.path)
        self.take(window, self._after)


class _Text(Part):
    """An array of one-byte integers, up to the first zero: characters, or else numbers."""

    __slots__ = ("_after", "_before", "_cell", "_count", "_lost", "_of_char")

    def __init__(
        self, node: Node, path: str, before: bytes, cell: Cell, after: bytes, lost: Lost
    ) -> None:
        assert node.element is not None
        super().__init__(path, len(before) + node.count * LONGEST_NUMBER + len(after))
        self._before = before
        self._after = after
        self._cell = cell
        self._count = node.count
        self._of_char = is_char(node.element)
        self._lost = lost

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        self.take(window, self._before)
        index = 0
        while True:
            while window.end - window.at < LONGEST_BYTE and not window.final:
                window.more()
            found = BYTE.match(window.text, window.at, window.end)
            if found is None:
                break
            if index == self._count:
                raise self.untold(f"more than {index} elements")
            number = found[1][0] if found[2] is None else int(found[2])
            if not number or not -0x80 <= number <= 0xFF:
                raise self.untold(f"{window.shown()} is none of its elements")
            self._cell.put_lowest(out, shift + index, number)
            window.at = found.end()
            index += 1
        # Behind the NUL of a text is nothing that one would look for.
        if index < self._count and not self._of_char:
            self._lost(CUT, self.path)
        self.take(window, self._after)


class _Walk:
    """Makes parts of nodes, in the order in which the kernel walks through a layout.

    mark: as in `dialects.kernel`: whether an element has begun and no array in it has ended, so
    that opening brackets are left out.
    """

    __slots__ = ("_lost", "_mark", "_order")

    def __init__(self, order: Order, lost: Lost) -> None:
        self._order = order
        self._lost = lost
        self._mark = False

    def section(self, node: Node, path: str) -> Part:
        """The part of a section, which has no bracket at its end."""
        before = b'section ("' + node.type.name.encode("utf-8", "surrogateescape") + b'") = {'
        parts = [self.part(child, path + step_to(child), 0) for child in node.children]
        return _Sequence(path, before, parts, b"", b",")

    def part(self, node: Node, path: str, depth: int) -> Part:
        """The part of a node at that depth."""
        end = b"," if depth else b""
        if node.kind == model.FLOAT:
            return _Float(path, self._lost)
        if node.kind in SCALARS:
            return _Scalar(node, path, self._order, end, self._lost)
        if node.kind not in model.AGGREGATES and node.element is None:
            what = one_line(model.spelled(node.declared))
            raise UsageError(f"{path}: {what} has no members to read text as")
        declared = node.type if node.declared.kind == model.VARIABLE else node.declared
        before = b"" if self._mark else label(declared, "", True)
        if node.element is not None:
            return self._array(node, path, depth, before, b"]" + end)
        parts = [self.part(child, path + step_to(child), depth + 1) for child in node.children]
        if depth and node.kind == model.UNION and not any(map(_is_shown, node.children)):
            end = b"|"
        return _Sequence(path, before, parts, b"}" + end)

    def _array(self, node: Node, path: str, depth: int, before: bytes, after: bytes) -> Part:
        assert node.element is not None
        if not node.count:
            return _Sequence(path, before, [], after)
        self._mark = True
        if node.element.kind == model.INT and node.element.size == 1:
            cell = Cell(node.element, self._order)
            self._mark = False
            return _Text(node, path, before, cell, after, self._lost)
        element = self.part(node.element, f"{path}[]", depth + 1)
        self._mark = False
        return _Elements(node, path, before, element, after, self._lost)


def _is_shown(node: Node) -> bool:
    return node.kind != model.FLOAT
