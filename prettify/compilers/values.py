"""What the bits of a layout's places are as Python values: members, names, text, odd floats.

Both compilers of this package share it. It knows neither construct nor numpy.
"""

from __future__ import annotations

import math

from prettify import layout, model
from prettify.core import shortest
from prettify.errors import one_line
from prettify.layout import name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.layout import Node

X87_SIZE = 10  # bytes of value, of the 10 to 16 that such a number has room in

# The number in `core.shortest` of a float format of layout.
FLOAT_NUMBERS = {
    layout.HALF: shortest.HALF,
    layout.BFLOAT: shortest.BFLOAT,
    layout.SINGLE: shortest.SINGLE,
    layout.DOUBLE: shortest.DOUBLE,
    layout.X87: shortest.X87,
    layout.QUAD: shortest.QUAD,
}
# And bits of fraction, bits of exponent, bits of a stored leading one.
FLOATS = {
    name: (*shortest.FORMATS[number], int(number == shortest.X87))
    for name, number in FLOAT_NUMBERS.items()
}


def title_of(type_: model.Type) -> str:
    """What error messages call a type."""
    return one_line(model.spelled(type_))


def members(node: Node) -> Iterator[tuple[str, Node, Node]]:
    """(name, owner, member) of what `layout.named_members` gives, names as valid Unicode."""
    for owner, child in layout.named_members(node):
        yield name_of(child.name), owner, child


def table(node: Node) -> dict[str, tuple[Node, Node]]:
    """(owner, member) of each of `members`, by name. Of two of one name the last one counts."""
    return {name: (owner, child) for name, owner, child in members(node)}


def names(node: Node) -> dict[int, str]:
    """The name of each value that an enum, or bitfield of one, can hold: its first enumerator's."""
    assert isinstance(node.type, model.Enum)
    bits = node.bit_size
    low, high = (-(1 << bits - 1), 1 << bits - 1) if node.type.signed else (0, 1 << bits)
    found: dict[int, str] = {}
    for enumerator in node.type.enumerators:
        if low <= enumerator.value < high:
            found.setdefault(enumerator.value, name_of(enumerator.name))
    return found


def bit_span(bit_offset: int, bits: int) -> tuple[int, int, int]:
    """(first byte, bytes, bit within the first byte) of a bitfield."""
    shift = bit_offset & 7
    return bit_offset >> 3, (shift + bits + 7) >> 3, shift


def bits_down(size: int, shift: int, bits: int, byte_order: str) -> int:
    """How far to shift the integer of `size` bytes right so that a bitfield in it is lowest.

    `shift` is the field's first bit, counted from the lowest in little endian data and from the
    highest in big endian data.
    """
    return shift if byte_order == "little" else 8 * size - shift - bits


def as_signed(number: int, bits: int) -> int:
    """The two's complement number that those bits, an unsigned integer, stand for."""
    return number - (1 << bits) if number >> (bits - 1) else number


# Located arrays.


def before_word(node: Node) -> int:
    """Bytes from where the word of a located array counts to the word; its end is behind it."""
    assert isinstance(node.type, model.Located)
    return -model.WORD if node.type.relative else node.offset - node.origin


# Text.


def text_of(raw: bytes) -> str:
    """The text of a `char` array: up to its first NUL, UTF-8, other bytes as U+0080 to U+00FF."""
    raw = raw.partition(b"\0")[0]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return name_of(raw.decode("utf-8", "surrogateescape"))


def text_bytes(text: str, room: int) -> bytes:
    """The bytes that `text_of` reads as that text; more than `room` where there are none so short.

    UTF-8 where it fits. Where it does not, U+0080 to U+00FF become single bytes, which they came
    from if the text was made of bytes that are no UTF-8. Raises UnicodeEncodeError.
    """
    raw = text.encode()
    return raw if len(raw) <= room else _short_text_bytes(text)


def _short_text_bytes(text: str) -> bytes:
    backwards = bytearray()
    for character in reversed(text):
        if "\x80" <= character <= "\xff":
            # One byte, unless with those behind it that makes a UTF-8 sequence.
            byte, behind = ord(character), bytes(backwards[:-4:-1])
            if text_of(bytes((byte,)) + behind) == character + text_of(behind):
                backwards.append(byte)
                continue
        backwards += character.encode()[::-1]
    return bytes(backwards[::-1])


# Floating point formats that `struct` does not have.


def float_of(bits: int, form: str) -> float:
    """The double nearest to the number of those bits; infinity beyond the largest."""
    return shortest.float_value(bits, FLOAT_NUMBERS[form])


def float_bits(value: float, form: str) -> int:
    """The bits of the number nearest to a double, ties to even.

    Raises OverflowError where that is beyond the largest.
    """
    fraction_bits, exponent_bits, explicit = FLOATS[form]
    largest = (1 << exponent_bits) - 1
    negative = math.copysign(1.0, value) < 0
    if math.isnan(value):
        exponent, mantissa = largest, 3 << fraction_bits - 1
    elif math.isinf(value):
        exponent, mantissa = largest, 1 << fraction_bits
    else:
        exponent, mantissa = _rounded(abs(value), fraction_bits, largest)
    if not explicit:
        mantissa &= (1 << fraction_bits) - 1
    return (negative << exponent_bits | exponent) << (fraction_bits + explicit) | mantissa


def _rounded(value: float, fraction_bits: int, largest: int) -> tuple[int, int]:
    """(biased exponent, mantissa with its leading one) of a number that is not negative."""
    precise, power = math.frexp(value)
    mantissa, scale = int(math.ldexp(precise, 53)), power - 53
    least = 1 - (largest >> 1) - fraction_bits  # the scale of the smallest numbers
    drop = max(mantissa.bit_length() - fraction_bits - 1, least - scale)
    if drop > 0:
        rest, half = mantissa & ((1 << drop) - 1), 1 << (drop - 1)
        mantissa >>= drop
        mantissa += rest > half or (rest == half and mantissa & 1)
    else:
        mantissa <<= -drop
    scale += drop
    if mantissa >> (fraction_bits + 1):
        mantissa >>= 1
        scale += 1
    exponent = scale - least + 1 if mantissa >> fraction_bits else 0
    if exponent >= largest:
        raise OverflowError(f"{value!r} is beyond the largest number")
    return exponent, mantissa
