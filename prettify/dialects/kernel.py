"""The kernel dialect: byte for byte what the kernel's bpf_snprintf_btf prints, quirks included.

VAR and DATASEC, which that helper cannot show, print as the kernel prints the values of a map. What
the kernel does not know prints in its manner: bytes of no type are hexadecimal digits, a section
that is a member is lines of variables in braces.
What decides whether a line has a label, the element mark (see `_Walk.mark`), depends on the type
alone and never on the data, so all labels are literals of the program.
"""

from __future__ import annotations

from prettify import model
from prettify.core import program as ops
from prettify.dialects.assembler import Assembler, Label
from prettify.dialects.kernel_labels import label
from prettify.dialects.options import Options
from prettify.dialects.scalars import (
    POINTER_KEY,
    encode,
    enumerators,
    load,
    put_bytes,
    put_located,
    put_located_bytes,
)
from prettify.errors import UsageError
from prettify.layout import NESTED, Layout, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.core.program import Program

SEPARATOR = b""  # between records; compact ones have no line end of their own
COMPACT_SEPARATOR = b"\n"
MAX_INDENT = 32

UNSUPPORTED = {
    model.FORWARD: 7,
    model.FUNCTION: 12,
    model.PROTOTYPE: 13,
    model.FLOAT: 16,
    model.DECL_TAG: 17,
    model.VOID: 0,
}
# What arrays step over by size; of other elements they show the first one again and again.
STEPPING = frozenset((model.INT, model.STRUCT, model.UNION, model.ENUM, model.FLOAT, model.BYTES))
WHOLE_WIDTHS = frozenset((8, 16, 32, 64, 128))


def compile_program(layout: Layout, options: Options) -> Program:
    """The program that prints records of that layout in this dialect."""
    walk = _Walk(layout, options)
    if layout.root.kind == model.SECTION:
        walk.section(layout.root)
    else:
        walk.show(layout.root, 0)
    return walk.to.finish(
        layout.size,
        big_endian=options.big_endian(layout),
        separator=COMPACT_SEPARATOR if options.compact else SEPARATOR,
        key=POINTER_KEY,
    )


def _enum_bytes(node: Node) -> int:
    """What the kernel reads of an enum: 8 bytes of a 64-bit one, else 4, whatever its size."""
    assert isinstance(node.type, model.Enum)
    return 8 if node.type.wide else 4


def _names_zero(node: Node) -> bool:
    assert isinstance(node.type, model.Enum)
    return 0 in node.type.values


def _names(enum: model.Enum) -> Iterator[tuple[int, bytes]]:
    return ((e.value, encode(e.name)) for e in enum.enumerators)


def _shows_nothing(node: Node) -> bool:
    """Whether a union has only members that cannot be shown, or none."""
    return all(child.kind in UNSUPPORTED for child in node.children)


def _is_text(node: Node) -> bool:
    """Whether an array is of one-byte integers."""
    element = node.element
    return element is not None and element.kind == model.INT and element.size == 1


def _is_odd(node: Node) -> bool:
    """Whether an integer prints its bits in hexadecimal, like a bitfield."""
    if node.bitfield:
        return True
    type_ = node.type
    return isinstance(type_, model.Integer) and (
        type_.bit_offset != 0 or type_.bits not in WHOLE_WIDTHS or type_.bits != 8 * type_.size
    )


def _step(node: Node) -> int:
    assert node.element is not None
    return node.stride if node.element.kind in STEPPING else 0


def _walks_elements(node: Node) -> bool:
    """Whether walking a node walks some array's element, which clears the element mark."""
    if node.element is not None:
        return node.count > 0
    return any(map(_walks_elements, node.children))


def _always_shown(node: Node) -> bool:
    """Whether some scalar below a node prints whatever the data: an enum whose 0 has a name."""
    if node.element is not None:
        return node.count > 0 and _always_shown(node.element)
    if node.kind == model.ENUM and not node.bitfield:
        return _names_zero(node)
    return any(map(_always_shown, node.children))


def _enums(node: Node, span: int = 0) -> Iterator[tuple[Node, int]]:
    """The enums below a node, and how far loops move them."""
    if node.element is not None:
        if node.count:
            yield from _enums(node.element, span + (node.count - 1) * _step(node))
    elif node.kind == model.ENUM:
        if not node.bitfield:
            yield node, span
    else:
        for child in node.children:
            yield from _enums(child, span)


class _Walk:
    """Walks a layout as the kernel does and puts down what it prints.

    mark: the element mark. Set before each element of an array and cleared after it, never saved:
    while it is set there are no labels.
    windowed: whether some small enum is read past the end of the record, where the kernel sees
    what its 32 byte window held before; then the window is moved as the kernel moves it.
    """

    __slots__ = ("compact", "eol", "mark", "options", "to", "windowed", "zero")

    def __init__(self, layout: Layout, options: Options) -> None:
        self.to = Assembler()
        self.options = options
        self.compact = options.compact
        self.zero = bool(options.zero)
        self.eol = b"" if options.compact else b"\n"
        self.mark = False
        self.windowed = any(
            node.offset + span + _enum_bytes(node) > layout.size
            for node, span in _enums(layout.root)
        )

    def section(self, node: Node) -> None:
        self.to.literal(b'section ("' + encode(node.type.name) + b'") = {')
        for index, child in enumerate(node.children):
            if index:
                self.to.literal(b",")
            self.show(child, 0)

    def show(self, node: Node, depth: int) -> None:
        """What the kernel prints for a node at that depth."""
        if node.kind in UNSUPPORTED:
            self.to.literal(b"<unsupported kind:%d>" % UNSUPPORTED[node.kind])
        elif node.kind in NESTED or node.kind == model.ARRAY:
            self._aggregate(node, depth)
        elif node.located is not None:
            self._located(node, node.located, depth)
        else:
            self._scalar(node, depth)

    # Lines.

    def _indent(self, depth: int) -> bytes:
        return b"" if self.compact else b" " * min(depth, MAX_INDENT)

    def _label(self, node: Node, depth: int) -> bytes:
        if self.mark:
            return b""
        declared = node.declared
        if declared.kind == model.VARIABLE:
            declared = node.type
        member = node.name if node.member and depth else ""
        return label(declared, member, self.options.noname)

    def _end(self, depth: int) -> bytes:
        return (b"," if depth else b"") + self.eol

    # Structs, unions, arrays.

    def _aggregate(self, node: Node, depth: int) -> None:
        done = Label()
        if depth and not self.zero:
            if self.windowed:
                self.to.add(ops.UNMARK)
                self._mark_shown(node)
                self.to.branch(ops.IF_UNMARKED, done)
            elif not _always_shown(node):
                show = Label()
                if self._branch_if_shown(node, show):
                    self.to.branch(ops.JUMP, done)
                    self.to.place(show)
                else:
                    self.mark = self.mark and not _walks_elements(node)
                    return
            # The kernel has walked all this once, silently, to find out.
            self.mark = self.mark and not _walks_elements(node)
        self._begin(node, depth)
        self.to.literal(self._indent(depth) + self._label(node, depth) + self.eol)
        if node.kind == model.ARRAY:
            self._elements(node, depth + 1)
            bracket = b"]"
        else:
            for child in node.children:
                self.show(child, depth + 1)
            bracket = b"}"
        end = self._end(depth)
        if depth and self.compact and node.kind == model.UNION and _shows_nothing(node):
            end = b"|"
        self.to.literal(self._indent(depth) + bracket + end)
        self.to.place(done)

    def _elements(self, node: Node, depth: int) -> None:
        assert node.element is not None
        if not node.count:
            return
        done = Label()
        start = self.to.loop(node.count, _step(node))
        self.mark = True
        if _is_text(node):
            self._begin(node.element, depth)
            self._load(node.element)
            leave = Label()
            self.to.branch(ops.IF_ZERO, done)
            self.to.literal(self._indent(depth))
            self.to.branch(ops.CHARACTER, leave)
            self.to.add(ops.DECIMAL)
            self.to.place(leave)
            self.to.literal(self._end(depth))
        else:
            self.show(node.element, depth)
        self.to.next(start)
        self.mark = False
        self.to.place(done)

    def _located(self, node: Node, element: Node, depth: int) -> None:
        """A located array as an array, as long as it is; text up to its NUL."""
        done = Label()
        if element.kind in NESTED:
            raise UsageError(
                f"member {node.name!r} is an array of structs that lies elsewhere in its record, "
                f"which the kernel dialect does not show; the default one does"
            )
        if depth and not self.zero and node.size:
            self.to.branch(ops.IF_BYTES_ZERO, done, node.offset, node.size)
        self.to.literal(self._indent(depth) + self._label(node, depth))
        if element.kind == model.BYTES:
            put_located_bytes(self.to, node)
            self.to.literal(b"]" + self._end(depth))
        else:
            self.to.literal(self.eol)
            behind = Label()
            put_located(self.to, node, lambda one: self._located_element(one, depth + 1, behind))
            self.to.place(behind)
            self.to.literal(self._indent(depth) + b"]" + self._end(depth))
        self.to.place(done)

    def _located_element(self, node: Node, depth: int, behind: Label) -> None:
        """An element, without a label; of text the NUL is what leaves the loop."""
        written = Label()
        if node.kind == model.FLOAT:
            self.to.literal(b"<unsupported kind:%d>" % UNSUPPORTED[model.FLOAT])
            return
        load(self.to, node)  # not as many bytes as the kernel: there need not be any behind it
        if node.kind == model.INT and node.size == 1:
            self.to.branch(ops.IF_ZERO, behind)
            self.to.literal(self._indent(depth))
            self.to.branch(ops.CHARACTER, written)
        else:
            self.to.literal(self._indent(depth))
        if isinstance(node.type, model.Enum):
            self.to.name(node.type, lambda: enumerators(node), node.bit_size, written)
        if node.kind == model.POINTER:
            self._value(node)
        else:
            self.to.add(ops.DECIMAL)
        self.to.place(written)
        self.to.literal(self._end(depth))

    # Scalars.

    def _scalar(self, node: Node, depth: int) -> None:
        done = Label()
        self._begin(node, depth)
        if node.kind == model.BYTES:
            self._bytes(node, depth)
            return
        self._load(node)
        names_zero = node.kind == model.ENUM and not node.bitfield and _names_zero(node)
        if depth and not self.zero and not names_zero:
            self.to.branch(ops.IF_ZERO, done)
        self.to.literal(self._indent(depth) + self._label(node, depth))
        self._value(node)
        self.to.literal(self._end(depth))
        self.to.place(done)

    def _bytes(self, node: Node, depth: int) -> None:
        done = Label()
        if depth and not self.zero:
            self.to.branch(ops.IF_BYTES_ZERO, done, node.offset, node.size)
        self.to.literal(self._indent(depth) + self._label(node, depth))
        put_bytes(self.to, node)
        self.to.literal(self._end(depth))
        self.to.place(done)

    def _load(self, node: Node) -> None:
        type_ = node.type
        if node.bitfield:
            self.to.add(ops.BITS, node.bit_offset, node.bit_size)
        elif isinstance(type_, model.Enum):
            size = _enum_bytes(node)
            if self.windowed:
                self.to.add(ops.WINDOWED, node.offset, size, int(type_.signed))
            else:
                self.to.add(ops.SIGNED if type_.signed else ops.UNSIGNED, node.offset, size)
        elif isinstance(type_, model.Integer):
            if _is_odd(node):
                self.to.add(ops.BITS, node.bit_offset + type_.bit_offset, type_.bits)
            else:
                self.to.add(ops.SIGNED if type_.signed else ops.UNSIGNED, node.offset, node.size)
        else:
            self.to.add(ops.UNSIGNED, node.offset, node.size)

    def _value(self, node: Node) -> None:
        if node.kind == model.POINTER:
            if not self.options.ptr_raw:
                self.to.add(ops.HASH)
            self.to.add(ops.HEX, 2 * node.size)
        elif _is_odd(node) or node.size == 16:
            self.to.add(ops.HEX)
        elif isinstance(node.type, model.Enum):
            named = Label()
            enum = node.type
            self.to.name(enum, lambda: _names(enum), 8 * _enum_bytes(node), named)
            self.to.add(ops.DECIMAL)
            self.to.place(named)
        else:
            self.to.add(ops.DECIMAL)

    # Whether anything below a node would print.

    def _branch_if_shown(self, node: Node, target: Label) -> bool:
        """Go to target if a scalar below a node is to be shown. False where none ever is."""
        if node.kind in UNSUPPORTED:
            return False
        if node.element is not None:
            return bool(node.count) and self._branch_if_element_shown(node, target)
        if node.kind in NESTED:
            # No short cut: every child has to put its test down.
            tests = [self._branch_if_shown(child, target) for child in node.children]
            return any(tests)
        if _is_odd(node):
            self._load(node)
            self.to.branch(ops.IF_SET, target)
        elif node.located is not None and not node.size:
            self.to.branch(ops.JUMP, target)
        else:
            size = _enum_bytes(node) if node.kind == model.ENUM else node.size
            self.to.branch(ops.IF_BYTES_SET, target, node.offset, size)
        return True

    def _branch_if_element_shown(self, node: Node, target: Label) -> bool:
        element = node.element
        assert element is not None
        if _is_text(node) or not _step(node) or node.count == 1:
            return self._branch_if_shown(element, target)
        if element.kind == model.INT and not _is_odd(element):
            self.to.branch(ops.IF_BYTES_SET, target, node.offset, node.count * node.stride)
            return True
        start = self.to.loop(node.count, node.stride)
        some = self._branch_if_shown(element, target)
        self.to.next(start)
        return some

    # The same with the window, step by step as the kernel goes.

    def _begin(self, node: Node, depth: int) -> None:
        if self.windowed:
            size = model.size_of(node.type)
            self.to.add(ops.WINDOW, node.offset, size, int(depth == 0))

    def _mark_shown(self, node: Node) -> None:
        """Walk a node silently, moving the window; set the mark if something would print."""
        if node.kind in UNSUPPORTED:
            return
        self._begin(node, 1)
        if node.element is not None:
            if node.count:
                done = Label()
                start = self.to.loop(node.count, _step(node))
                if _is_text(node):
                    self._begin(node.element, 1)
                    self._load(node.element)
                    self.to.branch(ops.IF_ZERO, done)
                    self.to.add(ops.MARK)
                else:
                    self._mark_shown(node.element)
                self.to.next(start)
                self.to.place(done)
        elif node.kind in NESTED:
            for child in node.children:
                self._mark_shown(child)
        elif node.kind in (model.BYTES, model.LOCATED):
            done = Label()
            if node.size or node.kind == model.BYTES:
                self.to.branch(ops.IF_BYTES_ZERO, done, node.offset, node.size)
            self.to.add(ops.MARK, 1)
            self.to.place(done)
        else:
            self._load(node)
            always = node.kind == model.ENUM and not node.bitfield and _names_zero(node)
            self.to.add(ops.MARK, int(always))
