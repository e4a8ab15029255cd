"""Records to try C initializers with, and the values of their members, bit by bit.

Nothing here goes through the emitter: places and widths are those of the layout.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from prettify import model
from prettify.dialects.c import pruned
from prettify.layout import (
    BFLOAT,
    DOUBLE,
    HALF,
    QUAD,
    SINGLE,
    X87,
    Layout,
    Node,
    float_format,
    is_bool,
    is_char,
)

# (bits of fraction, bits of exponent); the fraction of x87 has the leading one that others imply.
FLOATS = {
    HALF: (10, 5),
    BFLOAT: (7, 8),
    SINGLE: (23, 8),
    DOUBLE: (52, 11),
    X87: (64, 15),
    QUAD: (112, 15),
}

# What C escapes, digits that an octal escape must not swallow, trigraphs, bytes beyond ASCII.
CHARACTERS = b"\"\\'?????==/<(0179aZ %\n\t\r\a\x1b\x7f\x80\xc3\xa9\xff\0\0\0"


class Leaf:
    """A scalar of a record: its place as C names it, what it is, and where its bits are."""

    __slots__ = ("boolean", "node", "path", "shift", "width")

    def __init__(self, path: str, node: Node, shift: int, width: int) -> None:
        self.path = path
        self.node = node
        self.shift = shift  # from the lowest bit of the record as one number
        self.width = width
        self.boolean = is_bool(node)

    def read(self, number: int) -> int:
        """The bits in a record that is read as one number."""
        return number >> self.shift & ((1 << self.width) - 1)

    def write(self, number: int, value: int) -> int:
        """The record with other bits there."""
        ones = (1 << self.width) - 1
        return number & ~(ones << self.shift) | (value & ones) << self.shift

    @property
    def extended(self) -> bool:
        """Whether it is an x87 number, which has bits that stand for no number."""
        return self.node.kind == model.FLOAT and float_format(self.node) == X87


class Shape:
    """The scalars of a layout that an initializer sets: of a union, those of one member."""

    __slots__ = ("leaves", "order", "size")

    def __init__(self, layout: Layout, order: str) -> None:
        self.size = layout.size
        self.order = order
        self.leaves = [
            Leaf(path, node, self._shift(bit_offset, width), width)
            for path, node, bit_offset, width in _scalars(pruned(layout.root), "", 0)
        ]

    def _shift(self, bit_offset: int, width: int) -> int:
        return bit_offset if self.order == "little" else 8 * self.size - bit_offset - width

    def number(self, record: bytes) -> int:
        """A record as one number, the first byte lowest or highest as in its integers."""
        return int.from_bytes(record, "little" if self.order == "little" else "big")

    def record(self, number: int) -> bytes:
        """The record that a number stands for."""
        return number.to_bytes(self.size, "little" if self.order == "little" else "big")

    def values(self, record: bytes) -> list[int]:
        """The bits of each scalar; a `_Bool` is true or false."""
        number = self.number(record)
        return [
            leaf.read(number) if not leaf.boolean else int(leaf.read(number) != 0)
            for leaf in self.leaves
        ]

    def differences(self, one: bytes, other: bytes) -> list[str]:
        """The scalars that are not the same in two records, with their bits."""
        pairs = zip(self.leaves, self.values(one), self.values(other))
        return [f"{leaf.path}: {a:#x}, {b:#x}" for leaf, a, b in pairs if a != b]

    def expressible(self, record: bytes) -> bytes:
        """The record with x87 numbers that have the leading bit that their exponent wants.

        With the other one (pseudo-denormals, unnormals, pseudo-NaNs) no constant says them.
        """
        number = self.number(record)
        for leaf in self.leaves:
            if leaf.extended:
                value = leaf.read(number)
                leading = 1 << 63
                normal = value >> 64 & 0x7FFF
                number = leaf.write(number, value | leading if normal else value & ~leading)
        return self.record(number)

    def records(self, chooser: random.Random, chosen: int = 4) -> Iterator[bytes]:
        """Records of all sorts; `chosen` of them with the values that are hard to write down."""
        size = self.size
        yield bytes(size)
        if not self.leaves:
            return
        yield self.expressible(b"\xff" * size)
        yield self.expressible(chooser.randbytes(size))
        sparse = bytearray(size)
        for _ in range(chooser.randint(1, 3)):
            sparse[chooser.randrange(size)] = chooser.randint(1, 255)
        yield self.expressible(bytes(sparse))
        lone = chooser.choice(self.leaves)
        yield self.expressible(self.record(lone.write(0, chooser.choice(edge_values(lone)))))
        for turn in range(chosen):
            # What lies between the members is noise every other time.
            number = self.number(chooser.randbytes(size) if turn & 1 else bytes(size))
            for leaf in self.leaves:
                number = leaf.write(number, chooser.choice(edge_values(leaf)))
            yield self.expressible(self.record(number))


def _scalars(node: Node, path: str, moved: int) -> Iterator[tuple[str, Node, int, int]]:
    """(path, node, bit offset, width) of each scalar; `moved` bits by the arrays around it."""
    if node.element is not None:
        for index in range(node.count):
            yield from _scalars(node.element, f"{path}[{index}]", moved + 8 * index * node.stride)
    elif node.kind in (model.STRUCT, model.UNION, model.SECTION):
        for child in node.children:
            yield from _scalars(child, f"{path}.{child.name}" if child.name else path, moved)
    else:
        extended = node.kind == model.FLOAT and float_format(node) == X87
        yield path, node, node.bit_offset + moved, 80 if extended else node.bit_size


def edge_values(leaf: Leaf) -> list[int]:
    """Bits worth trying: extremes, enumerators and what is none, all sorts of floats."""
    node, width = leaf.node, leaf.width
    ones = (1 << width) - 1
    if node.kind == model.FLOAT:
        return _float_edges(*FLOATS[float_format(node)])
    if is_char(node):
        return list(CHARACTERS)
    if is_bool(node):
        return [0, 1, ones]
    values = [0, 1, ones, ones - 1, ones >> 1, (ones >> 1) + 1, 0x5A5A5A5A5A5A5A5A & ones]
    if width > 64:
        values += [(1 << 64) - 1, 1 << 64, 1 << 63, (1 << 63) - 1, ones << 63, ones << 64]
        values += [0x0123456789ABCDEFFEDCBA9876543210]
    if isinstance(node.type, model.Enum):
        values += [e.value for e in node.type.enumerators] * 2
    return [value & ones for value in values]


def _float_edges(fraction_bits: int, exponent_bits: int) -> list[int]:
    largest = ((1 << exponent_bits) - 1) << fraction_bits
    # x87 states its leading one, so quiet is its bit below that.
    explicit = fraction_bits == 64
    leading = 1 << 63 if explicit else 0
    quiet = 1 << (62 if explicit else fraction_bits - 1)
    one = ((1 << (exponent_bits - 1)) - 1) << fraction_bits
    unit = 1 << fraction_bits
    magnitudes = [
        0,
        1,  # the least denormal
        quiet - 1 if explicit else unit - 1,  # a large one
        unit | leading,  # the least normal number
        largest - 1,  # the largest
        one | leading,
        one - 1 | leading,
        (one | leading) + 1,
        one ^ 0x2AAAAAAAAA & (unit - 1) | leading,
        largest | leading,  # infinity
        largest | leading | quiet,  # NaN as processors make it
        largest | leading | quiet | 1,
        largest | leading | (2 * quiet - 1),
        largest | leading | 1,  # signalling
        largest | leading | (quiet - 1),
        largest | leading | quiet >> 1,
    ]
    sign = 1 << (fraction_bits + exponent_bits)
    return magnitudes + [sign | magnitude for magnitude in magnitudes]
