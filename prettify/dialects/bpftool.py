r"""The form of `bpftool map dump -j`: each entry of a map as raw bytes, and as its types show it.

It is what bpftool 7.1 prints, found by experiment, byte for byte where that is JSON. Where it is
not, this is: floats, which bpftool does not know, are numbers as in the form `json`, and a quote or
a backslash that is a character by itself is escaped. What is odd and yet JSON stays as it is, such
as a backslash in a text, which becomes `\n`: `tests/quirks.toml` has it all.
"""

from __future__ import annotations

from prettify import model
from prettify.composed import ENTRY, KEY, VALUE, VALUES
from prettify.core import program as ops
from prettify.core import shortest
from prettify.dialects.assembler import Assembler, Label
from prettify.dialects.json import quoted
from prettify.dialects.scalars import (
    FLOAT_NUMBERS,
    encode,
    load,
    load_float,
    put_bool,
    put_bytes,
    put_elements,
)
from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.core.program import Program
    from prettify.dialects.options import Options
    from prettify.layout import Layout, Node

    Put = Callable[[Assembler, Node], None]

SEPARATOR = b","
MAP_END = b"]}"  # what stands behind a map's entries where `map_start` stands before them

WORDS = frozenset((8, 16, 32, 64))  # bits of the integers that are decimal numbers
WIDEST = 128  # bits of an integer
BYTE_BITS = 8
SHORT_BITS = 32  # of an enumerator that is not wide
CHARACTERS = tuple(
    (byte, quoted(chr(byte)) if 0x20 <= byte < 0x7F else b'"\\u%04x"' % byte) for byte in range(256)
)


def compile_program(layout: Layout, options: Options) -> Program:
    """The program that prints entries of that layout, one of `records.maps.entry.Entry` or a part.

    Raises UsageError for all others.
    """
    _check(layout)
    to = Assembler()
    parts = [child for child in layout.root.children if child.name in (KEY, VALUE, VALUES)]
    before = b"{"
    if _has_no_key(layout):
        to.literal(b'{"key":[]')
        before = b","
    for node in parts:
        to.literal(before)
        _put_part(to, node, _put_raw)
        before = b","
    before = b',"formatted":{'
    for node in parts:
        if _is_typed(node):
            to.literal(before)
            _put_part(to, node, _put_value)
            before = b","
    to.literal(b"}}" if before == b"," else b"}")
    return to.finish(layout.size, big_endian=options.big_endian(layout), separator=SEPARATOR)


def entry_error(key: bytes, message: str) -> bytes:
    """What stands in place of an entry whose value the kernel does not tell, for that reason."""
    digits = ",".join(f'"0x{byte:02x}"' for byte in key)
    return b'{"key":[%s],"value":{"error":%s}}' % (digits.encode(), _string(message))


def map_start(map_id: int, kind: str, name: str, flags: int) -> bytes:
    """What stands before a map's entries where those of several are shown; MAP_END is behind them.

    kind: the map's type, as bpftool calls it.
    """
    return b'{"id":%d,"type":%s,"name":%s,"flags":%d,"elements":[' % (
        map_id,
        _string(kind),
        _string(name),
        flags,
    )


def _check(layout: Layout) -> None:
    names = {child.name for child in layout.root.children}
    if layout.root.type.name != ENTRY or not names.intersection((KEY, VALUE, VALUES)):
        raise UsageError(
            f"the form bpftool is for entries of BPF maps, which {model.spelled(layout.type)} is "
            f"not: prettify map dump"
        )


def _has_no_key(layout: Layout) -> bool:
    """Whether a map has no keys at all, rather than that they are not shown."""
    type_ = layout.root.type
    return isinstance(type_, model.Struct) and all(m.name != KEY for m in type_.members)


def _string(text: str) -> bytes:
    """A name as bpftool writes it."""
    return quoted(text).replace(b"\\\\", b"\\n")


# The parts of an entry.


def _is_typed(node: Node) -> bool:
    """Whether more is known of a key or value, or of the values of all CPUs, than its bytes."""
    if node.name == VALUES and node.element is not None:
        node = node.element
    return node.kind != model.BYTES


def _put_part(to: Assembler, node: Node, put: Put) -> None:
    """Put down a key or value with its name, or the values of all CPUs with theirs."""
    to.literal(b'"' + encode(node.name) + b'":')
    if node.name != VALUES:
        put(to, node)
        return

    def put_cpu(element: Node) -> None:
        to.literal(b'{"cpu":')
        to.add(ops.INDEX)
        to.add(ops.DECIMAL)
        to.literal(b',"value":')
        put(to, element)
        to.literal(b"}")

    to.literal(b"[")
    put_elements(to, node, node.count, SEPARATOR, put_cpu)
    to.literal(b"]")


def _put_raw(to: Assembler, node: Node) -> None:
    if isinstance(node.type, model.Integer) and node.bitfield:
        # All bytes of an integer of which fewer bits count.
        whole = node.copy()
        whole.bit_offset -= node.type.bit_offset
        whole.bit_size = BYTE_BITS * node.type.size
        node = whole
    to.literal(b"[")
    put_bytes(to, node, ops.BYTES_JSON)
    to.literal(b"]")


# Values.


def _put_value(to: Assembler, node: Node) -> None:
    """Put down what prints a node as its type says."""
    _PUTS[node.kind](to, node)


def _put_members(to: Assembler, node: Node) -> None:
    """All members of a struct or union, also those that C cannot reach, and have no name."""
    before = b"{"
    for child in node.children:
        to.literal(before + _string(child.name) + b":")
        _put_value(to, child)
        before = b","
    to.literal(b"{}" if before == b"{" else b"}")


def _put_section(to: Assembler, node: Node) -> None:
    """A section by its name, and each variable in it as an object of its own."""
    to.literal(b"{" + _string(node.type.name) + b":[")
    before = b"{"
    for child in node.children:
        to.literal(before + _string(child.name) + b":")
        _put_value(to, child)
        to.literal(b"}")
        before = b",{"
    to.literal(b"]}")


def _put_array(to: Assembler, node: Node) -> None:
    if not _may_be_text(node):
        _put_list(to, node)
        return
    text, done = Label(), Label()
    to.branch(ops.IF_TEXT, text, node.offset, node.count)
    _put_list(to, node)
    to.branch(ops.JUMP, done)
    to.place(text)
    to.literal(b'"')
    to.add(ops.STRING, node.offset, node.count, ops.TEXT_BPFTOOL)
    to.literal(b'"')
    to.place(done)


def _put_list(to: Assembler, node: Node) -> None:
    to.literal(b"[")
    put_elements(to, node, node.count, b",", lambda element: _put_value(to, element))
    to.literal(b"]")


def _may_be_text(node: Node) -> bool:
    """Whether an array is text if a NUL ends it: of `char`, qualified or not, but of no typedef."""
    assert node.element is not None
    element = model.unqualified(node.element.declared)
    return (
        node.count > 0
        and isinstance(element, model.Integer)
        and element.size == 1
        and (element.name == "char" or _is_character(element))
    )


def _is_character(type_: model.Integer) -> bool:
    # BTF has one of these encodings, or none.
    return type_.character and not type_.signed


def _put_integer(to: Assembler, node: Node) -> None:
    type_ = node.type
    assert isinstance(type_, model.Integer)
    if _is_bits(node):
        _put_bits(to, node)
        return
    # The bits that count may be fewer than the type has: they are the first ones.
    first = node.copy()
    first.bitfield = False
    first.bit_size = type_.bits
    if type_.boolean:
        first.bit_size = BYTE_BITS
        put_bool(to, first, b"true", b"false")
    elif _is_character(type_):
        first.bit_size = BYTE_BITS
        done = Label()
        load(to, first)
        to.name("character", lambda: CHARACTERS, BYTE_BITS, done)
        to.place(done)
    elif type_.bits in WORDS:
        load(to, first)
        to.add(ops.DECIMAL)
    else:
        _put_bits(to, node)


def _is_bits(node: Node) -> bool:
    """Whether an integer is shown as bits, whatever it stands for."""
    type_ = node.type
    assert isinstance(type_, model.Integer)
    if type_.bit_offset or type_.bits % BYTE_BITS or type_.bits == WIDEST:
        return True
    if node.bit_offset % BYTE_BITS:  # in a struct whose bitfields have no flag
        return True
    # A bitfield because its type has few bits, as before BTF had a flag for them, is none here.
    whole = type_.bits == BYTE_BITS * type_.size
    return node.bitfield and (whole or node.bit_size != type_.bits)


def _put_bits(to: Assembler, node: Node) -> None:
    """A number's bits, unsigned."""
    start, width = node.bit_offset, node.bit_size
    if isinstance(node.type, model.Integer) and not node.bitfield:
        start += node.type.bit_offset
        width = node.type.bits
    to.add(ops.BITS, start, width)
    to.literal(b'"')
    to.add(ops.HEX)
    to.literal(b'"')


def _put_enum(to: Assembler, node: Node) -> None:
    if node.bitfield:
        _put_bits(to, node)
        return
    type_ = node.type
    assert isinstance(type_, model.Enum)
    named = Label()
    signed = not type_.wide or node.size == 8
    to.add(ops.SIGNED if signed else ops.UNSIGNED, node.offset, node.size)
    to.name(type_, lambda: _names(node), node.bit_size, named)
    to.add(ops.DECIMAL)
    to.place(named)


def _names(node: Node) -> Iterator[tuple[int, bytes]]:
    """(value, name) of the enumerators that a node's bits can hold.

    Those of 32 bits have a sign, whatever the type says, and are held by what has their value.
    Those of 64 bits have none.
    """
    type_ = node.type
    assert isinstance(type_, model.Enum)
    bits = 64 if type_.wide else SHORT_BITS
    for enumerator in type_.enumerators:
        value = enumerator.value & ((1 << bits) - 1)
        low, high = 0, 1 << node.bit_size
        if not type_.wide:
            value -= (value >> (bits - 1)) << bits
            low, high = -high >> 1, high >> 1
        if low <= value < high:
            yield value, _string(enumerator.name)


def _put_pointer(to: Assembler, node: Node) -> None:
    load(to, node)
    to.add(ops.DECIMAL)


def _put_float(to: Assembler, node: Node) -> None:
    form = load_float(to, node)
    to.add(ops.FLOAT, FLOAT_NUMBERS[form], shortest.JSON)


_PUTS: dict[str, Put] = {
    model.INT: _put_integer,
    model.ENUM: _put_enum,
    model.POINTER: _put_pointer,
    model.FLOAT: _put_float,
    model.BYTES: _put_raw,
    model.ARRAY: _put_array,
    model.STRUCT: _put_members,
    model.UNION: _put_members,
    model.SECTION: _put_section,
}
