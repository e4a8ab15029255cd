"""Key and value as `bpftool map dump` shows them where it has their types: members and values.

    {"key": 5, "value": {"a": 1, "flags": 0x3, "p": (nil), "name": "abc", "": {"x": 1}}}

It looks like JSON and is none: bitfields, pointers and 128-bit integers are bare hexadecimal
numbers, a `char` may be a quote or backslash between quotes. Of a struct that has a float there is
nothing from that on. Bytes are made of it again with the same types. What is behind the NUL that
ends a text, and between members, is not told, and zero.

Observed with bpftool 7.1. Its `formatted`, and what other programs make of that, reads as well.
"""

from __future__ import annotations

import re

from prettify import model
from prettify.compilers.values import X87_SIZE, float_bits
from prettify.errors import UsageError, one_line
from prettify.layout import NESTED, X87, float_format, is_bool
from prettify.records.maps.dumped.cells import (
    Cell,
    Untold,
    enumerators,
    number_of,
    order_of,
    step_to,
)
from prettify.records.maps.dumped.tokens import (
    CLOSE,
    CLOSE_LIST,
    COMMA,
    OPEN,
    OPEN_LIST,
    QUOTE,
    look,
    take_if,
    take_name,
    take_string,
    take_word,
)
from prettify.records.maps.dumped.window import SHOWN, legible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.layout import Layout, Node
    from prettify.records.maps.dumped.cells import Order
    from prettify.records.maps.dumped.window import Window

WORDS = {b"true": 1, b"false": 0, b"(nil)": 0}
# Most of the text is of these: the number of a member, and what is before it.
NUMBER = re.compile(rb"(-?\d{1,40})(?=[ \t\r\n,}\]])")
BEFORE_VALUE = rb'[ \t\r\n]*"%b"[ \t\r\n]*:[ \t\r\n]*(?=[^ \t\r\n])'
# One character between quotes, whatever it is, and what must follow it.
CHARACTER = re.compile(rb'"(.)"[ \t\r\n,}\]]', re.DOTALL)
ESCAPE = re.compile(rb"\\(?:u00([0-9a-fA-F]{2})|(.))", re.DOTALL)
# A backslash is written as if it were a line's end, which is in no text: what has a byte that is
# not printable is written as an array of numbers.
ESCAPES = {b"n": b"\\", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}
UNTOLD = "it is not in this text; `bpftool -j map dump` has its bytes"
SPARE = 4096  # bytes of names and blanks around a value, at most


def compile_reader(layout: Layout) -> Reader:
    """What reads a value of that type. Raises UsageError where the type has no members to read."""
    return _reader(layout.root, order_of(layout))


class Reader:
    """Reads the text of one place of a layout into the record's bytes.

    longest: bytes that the text may have.
    """

    __slots__ = ("longest",)

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        """Go over the text that comes next; `shift` as of `Cell.put`.

        Raises Untold where it does not tell the value, and what `tokens` does.
        """
        raise NotImplementedError


class _Scalar(Reader):
    """An integer, enum or pointer."""

    __slots__ = ("_cell", "_names", "_of_byte", "_truth")

    def __init__(self, node: Node, order: Order) -> None:
        super().__init__(SPARE)
        self._cell = Cell(node, order)
        self._of_byte = node.kind == model.INT and node.size == 1
        self._truth = is_bool(node)
        self._names = enumerators(node) if node.kind == model.ENUM else {}

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        usual = NUMBER.match(window.text, window.at, window.end)
        if usual is not None:
            window.at = usual.end()
            self._cell.put(out, shift, int(usual[1]), bits=self._truth)
            return
        if look(window) != QUOTE:
            word = take_word(window)
            truth = WORDS.get(word)
            if truth is not None:
                # All but 0 is true. Which number it is, another member of a union may have told.
                if not truth or self._cell.empty(out, shift):
                    self._cell.put_lowest(out, shift, truth)
                return
        else:
            if self._of_byte and (byte := _character(window)) is not None:
                self._cell.put_lowest(out, shift, byte)
                return
            word = take_string(window)
            if word in self._names:
                self._cell.put_lowest(out, shift, self._names[word])
                return
        number = number_of(word)
        if number is None:
            raise Untold(f"{legible(word, SHOWN)!r} is no value of it" if word else UNTOLD)
        self._cell.put(out, shift, number, bits=self._truth or word.startswith(b"0x"))


class _Float(Reader):
    """A float: bpftool shows none, others may."""

    __slots__ = ("_at", "_form", "_order", "_size")

    def __init__(self, node: Node, order: Order) -> None:
        super().__init__(SPARE)
        self._at = node.offset
        self._form = float_format(node)
        self._size = X87_SIZE if self._form == X87 else node.size
        self._order = order

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        look(window)
        try:
            bits = float_bits(float(take_word(window)), self._form)
        except (ValueError, OverflowError):
            raise Untold(UNTOLD) from None
        at = self._at + shift
        out[at : at + self._size] = bits.to_bytes(self._size, self._order)


class _Array(Reader):
    """Elements, or a text of one-byte integers."""

    __slots__ = ("_at", "_count", "_element", "_of_bytes", "_stride")

    def __init__(self, node: Node, order: Order) -> None:
        assert node.element is not None
        self._element = _reader(node.element, order)
        super().__init__(SPARE + node.count * self._element.longest)
        self._at = node.offset
        self._count = node.count
        self._stride = node.stride
        self._of_bytes = node.element.kind == model.INT and node.element.size == 1

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        if self._of_bytes and look(window) == QUOTE:
            text = _unescaped(take_string(window))
            if len(text) > self._count:
                raise Untold(f"a text of {len(text)} bytes, the array has {self._count}")
            out[self._at + shift : self._at + shift + len(text)] = text
            return
        _take(window, OPEN_LIST)
        index = 0
        try:
            going_on = not take_if(window, CLOSE_LIST)
            while going_on:
                if index == self._count:
                    raise Untold(f"the array has {index} elements")
                self._element.read(window, out, shift + index * self._stride)
                index += 1
                going_on = _goes_on(window, CLOSE_LIST)
            if index < self._count:
                raise Untold(UNTOLD)
        except Untold as untold:
            untold.steps.append(f"[{index}]")
            raise


class _Members(Reader):
    """A struct or union, members in their order; anonymous ones have an empty name."""

    __slots__ = ("_names", "_parts", "_steps", "_usual")

    def __init__(self, node: Node, order: Order) -> None:
        self._parts = [_reader(child, order) for child in node.children]
        super().__init__(SPARE + sum(part.longest + SPARE for part in self._parts))
        self._names = [child.name.encode("utf-8", "surrogateescape") for child in node.children]
        self._steps = [step_to(child) for child in node.children]
        self._usual = [re.compile(BEFORE_VALUE % re.escape(name)) for name in self._names]

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        _take(window, OPEN)
        left = list(range(len(self._parts)))
        going_on = not take_if(window, CLOSE)
        while going_on:
            self._member(window, out, shift, left)
            going_on = _goes_on(window, CLOSE)
        self._check(left)

    def _check(self, left: list[int]) -> None:
        """Raise Untold if members are left."""
        if left:
            untold = Untold(UNTOLD)
            untold.steps.append(self._steps[left[0]])
            raise untold

    def _member(self, window: Window, out: bytearray, shift: int, left: list[int]) -> None:
        """Read one of the members that are left."""
        usual = self._usual[left[0]].match(window.text, window.at, window.end) if left else None
        if usual is not None:
            window.at = usual.end()
            index = left.pop(0)
        else:
            name = take_name(window)
            names = self._names
            index = next((index for index in left if names[index] == name), -1)
            if index < 0:
                raise Untold(f"{legible(name, SHOWN)!r} is no member of it, or comes twice")
            left.remove(index)
        try:
            self._parts[index].read(window, out, shift)
        except Untold as untold:
            untold.steps.append(self._steps[index])
            raise


class _Section(_Members):
    """A section: its name, and a list of variables, each an object."""

    __slots__ = ()

    def read(self, window: Window, out: bytearray, shift: int) -> None:
        _take(window, OPEN)
        take_name(window)
        _take(window, OPEN_LIST)
        left = list(range(len(self._parts)))
        going_on = not take_if(window, CLOSE_LIST)
        while going_on:
            _take(window, OPEN)
            self._member(window, out, shift, left)
            _take(window, CLOSE)
            going_on = _goes_on(window, CLOSE_LIST)
        _take(window, CLOSE)
        self._check(left)


def _take(window: Window, byte: int) -> None:
    """Go over that byte, which is to come next. Raises Untold."""
    if not take_if(window, byte):
        raise Untold(f"{window.shown()} where {chr(byte)!r} should be")


def _goes_on(window: Window, close: int) -> bool:
    """Whether a comma comes next, or else that bracket. Raises Untold."""
    byte = window.text[window.at] if window.at < window.end else -1
    if byte not in (COMMA, close):
        byte = look(window)
    if byte in (COMMA, close):
        window.at += 1
        return byte == COMMA
    raise Untold(f"{window.shown()} where ',' or {chr(close)!r} should be")


def _character(window: Window) -> int | None:
    """The byte that stands between quotes alone, escaped or not; else None."""
    while window.end - window.at < 4 and not window.final:
        window.more()
    found = CHARACTER.match(window.text, window.at, window.end)
    if found is not None:
        window.at += 3
        return found[1][0]
    start = window.offset
    text = take_string(window)
    if text.startswith(b"\\") and len(plain := _unescaped(text)) == 1:
        return plain[0]
    window.at = window.index(start)
    return None


def _unescaped(text: bytes) -> bytes:
    """What a string stands for."""
    if b"\\" not in text:
        return text
    return ESCAPE.sub(
        lambda m: ESCAPES.get(m[2], m[2]) if m[1] is None else bytes.fromhex(m[1].decode()), text
    )


def _reader(node: Node, order: Order) -> Reader:
    make = _READERS.get(node.kind)
    if make is None:
        raise UsageError(f"{one_line(model.spelled(node.declared))} has no members to read text as")
    return make(node, order)


_READERS: dict[str, Callable[[Node, Order], Reader]] = {
    model.INT: _Scalar,
    model.ENUM: _Scalar,
    model.POINTER: _Scalar,
    model.FLOAT: _Float,
    model.ARRAY: _Array,
    **dict.fromkeys(NESTED - {model.SECTION}, _Members),
    model.SECTION: _Section,
}
