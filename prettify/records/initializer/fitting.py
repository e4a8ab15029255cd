"""Constants as the values of places in a layout: in range, or refused with the range."""

from __future__ import annotations

import math

from prettify import model
from prettify.compilers import values
from prettify.layout import Node, float_format, is_bool, is_char, is_signed, name_of, room_for
from prettify.records.initializer import literals
from prettify.records.query.rules import ARITHMETIC, DIVISIONS, SHIFTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Literal

NUMBERS = frozenset((model.INT, model.ENUM, model.POINTER, model.FLOAT))
WORDS = {"true": 1, "false": 0, "NULL": 0, "nullptr": 0}  # that are numbers wherever they stand
REALS = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}  # in any case, of floats alone
# How a number is written: as one with its sign, as the bits of one (0xff), or with `~`, which of a
# number without a sign makes one that is negative here.
DECIMAL, BITS, INVERTED = "decimal", "bits", "inverted"
MAX_SHIFT = 256  # bits; the largest integers have half of them
MAX_NUMBER = 1 << 512  # what no integer is near to
MAX_SHOWN = 60  # characters of a word that messages repeat


class Misfit(Exception):
    """A value that a place does not take, and why."""


def zero(node: Node) -> Any:
    """The value of a place that is all zero; each time another one, of what can be changed."""
    if node.of_chars:
        return ""
    return _ZEROES[node.kind](node)


_ZEROES: dict[str, Callable[[Node], Any]] = {
    model.INT: lambda node: False if is_bool(node) else 0,
    model.ENUM: lambda node: 0,
    model.POINTER: lambda node: 0,
    model.FLOAT: lambda node: 0.0,
    model.BYTES: lambda node: bytes(node.size),
    model.ARRAY: lambda node: [],
    model.STRUCT: lambda node: {},
    model.UNION: lambda node: {},
    model.SECTION: lambda node: {},
}


# Numbers.


def bounds(node: Node) -> tuple[int, int]:
    """The least and the largest number that a place takes."""
    bits = node.bit_size
    if is_bool(node):
        return 0, (1 << bits) - 1  # as in C: any number but 0 is true
    if is_signed(node):
        return -(1 << bits - 1), (1 << bits - 1) - 1
    return 0, (1 << bits) - 1


def number(node: Node, value: int | float, spelling: str = DECIMAL) -> Any:
    """A number as the value of a scalar. Raises Misfit."""
    if node.kind == model.FLOAT:
        return _real(node, value)
    if isinstance(value, float):
        raise Misfit(f"{what_of(node)} takes no floating point number, {value!r}")
    bits = node.bit_size
    least, most = bounds(node)
    low, high = least, most
    if _has_either_sign(node):
        low, high = -(1 << bits - 1), (1 << bits) - 1
    elif spelling != DECIMAL:
        high = (1 << bits) - 1
        low = min(low, -(1 << bits) if spelling == INVERTED else 0)
    if not low <= value <= high:
        raise Misfit(f"{shown(value)} is out of the range of {what_of(node)}, {least} to {most}")
    if is_bool(node):
        return value != 0
    value &= (1 << bits) - 1
    return values.as_signed(value, bits) if is_signed(node) else value


def _has_either_sign(node: Node) -> bool:
    """Whether a place's sign is known to no one: of `char` it is the compiler's choice, and of
    enums not all compilers tell it.
    """
    if isinstance(node.type, model.Enum):
        return not node.type.signed and not node.type.wide
    return is_char(node)


def _real(node: Node, value: int | float) -> float:
    form = float_format(node)
    try:
        real = float(value)
        values.float_bits(real, form)
    except OverflowError:
        raise Misfit(
            f"{shown(value)} is out of the range of {what_of(node)}, {form} precision"
        ) from None
    return real


def enumerator(node: Node, name: str) -> int | None:
    """The value of an enum's enumerator of that name, None where it has none. Raises Misfit."""
    assert isinstance(node.type, model.Enum)
    named = [e.value for e in node.type.enumerators if name_of(e.name) == name]
    if not named:
        return None
    low, high = bounds(node)
    found = next((value for value in named if low <= value <= high), named[0])
    if found > high and not node.type.signed and not node.type.wide and found >> 31 == 1:
        found -= 1 << 32  # its source did not tell the sign
    return int(number(node, found))


def enumerators(node: Node) -> list[str]:
    """The names of an enum's enumerators."""
    assert isinstance(node.type, model.Enum)
    return [name_of(e.name) for e in node.type.enumerators]


def what_of(node: Node) -> str:
    """A place, as messages call its type."""
    named = node.declared if node.declared.kind != model.VARIABLE else node.type
    if not named.name:
        return f"the {node.kind}"
    title = values.title_of(named)
    return f"{title}:{node.bit_size}" if node.bitfield else title


def shown(value: int | float | str) -> str:
    """A constant as messages show it."""
    if isinstance(value, str):
        return repr(value) if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]!r}…"
    huge = isinstance(value, int) and abs(value) >= MAX_NUMBER
    return "a huge number" if huge else repr(value)


# Arithmetic on constants.


def calculated(symbol: str, left: int | float, right: int | float) -> int:
    """What C makes of two integers, which here have no size. Raises Misfit."""
    if isinstance(left, float) or isinstance(right, float):
        raise Misfit(f"{symbol!r} is for integers")
    if symbol in SHIFTS and not 0 <= right <= MAX_SHIFT:
        raise Misfit(f"a shift by {shown(right)}")
    if symbol in DIVISIONS and not right:
        raise Misfit("division by zero")
    result = _CALCULATE[symbol](left, right)
    if abs(result) >= MAX_NUMBER:
        raise Misfit("a number that is too large for any type")
    return result


def _quotient(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


_CALCULATE: Mapping[str, Callable[[int, int], int]] = {
    **ARITHMETIC,
    "/": _quotient,  # towards zero, as C's
    "%": lambda left, right: left - right * _quotient(left, right),
}


# Text, bytes and addresses.


def text(node: Node, content: str) -> str | bytes | list[int]:
    """A text as the value of an array of `char`, or of other single bytes. Raises Misfit.

    content: as `literals.string` gives it.
    """
    plain = content.rstrip("\0")
    room = room_for(node)
    try:
        raw = literals.raw_bytes(plain)
        # Without bytes and NULs in it, it is for `pack` to say which bytes it has.
        simple = node.of_chars and "\0" not in plain and plain.encode(errors="replace") == raw
        size = len(values.text_bytes(plain, room) if simple else raw)
    except UnicodeEncodeError:
        raise Misfit("a text that is not valid Unicode") from None
    if size > room:
        raise Misfit(f"a text of {size} bytes, where {what_of(node)} has {room}")
    if node.of_chars:
        return plain if simple else unpacked_text(node, raw)
    assert node.element is not None
    signed = is_signed(node.element)
    return [values.as_signed(byte, 8) if signed else byte for byte in raw]


def unpacked_text(node: Node, raw: bytes) -> str | bytes:
    """The bytes of an array of `char` as its value: text, if it stands for just these bytes."""
    plain = raw.rstrip(b"\0")
    found = values.text_of(plain)
    return found if values.text_bytes(found, room_for(node)) == plain else plain


def octets(node: Node, raw: bytes | None) -> bytes:
    """Bytes as the value of a place of no type. Raises Misfit."""
    if raw is None:
        raise Misfit("no bytes in hexadecimal, as in 01 00 ff or 0100ff")
    if len(raw) != node.size:
        raise Misfit(f"{len(raw)} bytes, where {node.size} are needed")
    return raw


def holds_bytes(node: Node) -> bool:
    """Whether a place is an array of single bytes, numbers or text."""
    element = node.element
    if element is None or element.kind != model.INT:
        return False
    return element.bit_size == 8 and not is_bool(element)


def network(node: Node, raw: bytes, byte_order: Literal["little", "big"]) -> Any:
    """The bytes of an address as the value of a place, None where it is for no such address.

    An address of IPv4 goes into an unsigned integer of 4 bytes; it, and those of Ethernet and IPv6,
    into as many unsigned bytes, and into structs and unions that are nothing else.
    """
    if node.kind == model.INT:
        fits = len(raw) == 4 == node.size and not node.bitfield
        if fits and not is_signed(node) and not is_bool(node):
            return int.from_bytes(raw, byte_order)
        return None
    if node.element is not None:
        unsigned = holds_bytes(node) and not node.of_chars and not is_signed(node.element)
        return list(raw) if unsigned and node.count == len(raw) else None
    if node.size != len(raw):
        return None
    for child in node.children:
        if child.size == node.size and not child.bitfield:
            found = network(child, raw, byte_order)
            if found is not None:
                return {name_of(child.name): found} if child.name else found
    return None
