"""What a program for the emitter is: instructions, literals, enumerator tables.

A program is data. `dialects.assembler` makes it, `core.emitter` runs it over records. Each
instruction is WORDS integers: the operation and up to four operands. "The value" is the machine's
one register: up to 128 bits, a width and a sign. Offsets are in bytes from the record's start
plus the sum of the running loops' steps; targets are indices in the code; `pops` is how many loops
a taken branch leaves.
"""

from __future__ import annotations

WORDS = 5
MAX_LOOPS = 208  # nested loops; layouts nest less deeply
MARGIN = 256  # bytes that any one instruction may write but NAME, STRING, BYTES, NUMBERS and those
# from INTEGER_FIELD to PAD_TEXT
MAX_LITERAL = 128  # bytes of one literal: with a number behind it and room to spare in MARGIN
FIELD_ROOM = 2048  # bytes that each of those may write
MOST_WIDE = 999  # characters that such a field is padded to at most, and its most precision

END = 0  # the record is done
LITERAL = 1  # offset and length in the literals: write them
UNSIGNED = 2  # offset, size (1 to 16): the value is that unsigned integer
SIGNED = 3  # the same, signed
BITS = 4  # bit offset, width (1 to 128), signed: the value is that bitfield
DECIMAL = 5  # write the value
HEX = 6  # least digits, zero plain: write the value's bits as 0x…; plain: 0 as "0"
NAME = 7  # first, count, target: write the value's name and go to target, or go on
JUMP = 8  # -, -, target, pops
IF_ZERO = 9  # -, -, target, pops: where the value is 0
IF_SET = 10  # -, -, target, pops: where it is not
IF_BYTES_ZERO = 11  # offset, length, target, pops: where all these bytes are 0
IF_BYTES_SET = 12  # offset, length, target, pops: where one of them is not
LOOP = 13  # count, step in bytes: what is between here and NEXT that often
NEXT = 14  # -, -, target: the instruction behind LOOP
INDEX = 15  # the value is the innermost loop's index
CHARACTER = 16  # -, -, target: write the value as 'c' and go to target, if it is printable
STRING = 17  # offset, length, style, most: write the text there, without quotes; the last operand
# is how many characters of it at most, of TEXT_PLAIN alone, 0: all
FLOAT = 18  # format, style (both of core.shortest): write the value's bits as that number
HASH = 19  # the value, a pointer, becomes its keyed 32-bit hash; null and errors stay
WINDOW = 20  # offset, size, top: the kernel's 32 byte window moves as for that object
WINDOWED = 21  # offset, size, signed: the value is that integer as seen in the window
UNMARK = 22  # clear the mark
MARK = 23  # always: set the mark if that or the value is not 0
IF_UNMARKED = 24  # -, -, target, pops
BETWEEN = 25  # as LITERAL, but not in the innermost loop's first round
SEPARATOR = 28  # as LITERAL, but not before the first record
BYTES = 44  # offset, length, style: write the digits of the bytes there
IF_TEXT = 45  # offset, length, target, pops: where there is a NUL, only printable ASCII before it
LOCATE = 46  # offset, element, target, pops: a loop, as LOOP, over the array that the word there
# locates; offsets in it count from an element. The value is how many bytes the array has: 0 where
# it is not within the record. element: bytes of one | RELATIVE | REST | origin << ORIGIN. Where
# there is none it goes to target; but if one has 0 bytes there is always one round, for all of it
POINT = 47  # digits: write the value with the last so many of its digits behind a point

# Of LOCATE: the word counts from its own end, not from the origin, a byte of the record; or there
# is no word, and the array goes from there to the record's end.
RELATIVE = 1 << 16
REST = 1 << 17
ORIGIN = 18
# The length, of STRING, PAD_TEXT and BYTES: all of what LOCATE has found.
LOCATED = -1

# What the optimiser makes of the ones above.
NAME_DENSE = 26  # as NAME, where the table has a row for each value from the first one's on
BITFIELD = 27  # offset, size (1 to 8), shift + 64 if signed, width: as BITS, from one integer
NUMBERS = 29  # size, signed, offset, count; -, step, literal: an array with the literal between
LITERAL_UNSIGNED_1 = 30  # offset and length in the literals, offset: LITERAL, UNSIGNED, DECIMAL
LITERAL_UNSIGNED_2 = 31
LITERAL_UNSIGNED_4 = 32
LITERAL_UNSIGNED_8 = 33
LITERAL_SIGNED_1 = 34
LITERAL_SIGNED_2 = 35
LITERAL_SIGNED_4 = 36
LITERAL_SIGNED_8 = 37
LITERAL_HEX = 38  # the same for HEX; size | plain << 8 | least << 16

# Fields as Python's format() writes them. `fill` is a byte; `align` is where what is missing to the
# width goes: 0 behind, 1 before, 2 on both sides, 3 between the sign and the digits.
INTEGER_FIELD = 40  # style, width, fill | align << 8, sign | grouping << 8 | prefixed << 16: write
# the value; style: 0 decimal, 1 binary, 3 octal, 4 and 5 hexadecimal, small and capital, 6 the
# character of that number; sign: the byte before what is not negative, or 0; grouping: the byte
# between groups of digits, or 0
FLOAT_FIELD = (
    41  # format, offset and length of a format specification in the literals, short: write
)
# the value's bits as that number; short: of the shortest text, not the number itself
PAD_TEXT = 42  # offset, length, width << 10 | most, fill << 2 | part: fill up what the first `most`
# characters of the text there lack; part: 0 all of it, 1 half of it, 2 the other half
POSITION = 43  # the value is where the record begins in the input

# Styles of STRING. The text ends at the first NUL, but for TEXT_C, where it ends behind the last
# byte that is not NUL.
TEXT_PAHOLE = 0  # C escapes, valid UTF-8 as it is, other bytes as \ooo
TEXT_JSON = 1  # JSON escapes, valid UTF-8 as it is, other bytes as \u00XX
TEXT_C = 2  # C escapes, every byte that is not ASCII as \ooo
TEXT_BPFTOOL = 3  # of IF_TEXT, as bpftool writes it in JSON: a backslash becomes a line end, \n
TEXT_CSV = 4  # RFC 4180: in double quotes where it has to be, other bytes as UTF-8 of U+0080 and on
TEXT_PLAIN = 5  # as it is, other bytes as UTF-8 of U+0080 and on

# Styles of BYTES.
BYTES_PLAIN = 0  # 01ff00
BYTES_C = 1  # 0x01, 0xff, 0x00
BYTES_JSON = 2  # "0x01","0xff","0x00"
BYTES_SPACED = 3  # 01 ff 00

SLACK = bytes(16)  # behind the literals, for copies of whole blocks


class Program:
    """Instructions for one type in one dialect, and what they refer to.

    code: a table of WORDS integers an instruction. names: a table of value, literal offset and
    literal length for each enumerator, sorted by value within one enum. literals: bytes, with
    SLACK behind them. powers: of ten, for floats. `separator` is the text between two records,
    which the code writes only between those of one run.
    """

    __slots__ = (
        "big_endian",
        "code",
        "key",
        "literals",
        "longest_name",
        "names",
        "powers",
        "record_size",
        "separator",
    )

    def __init__(
        self,
        code: memoryview,
        literals: bytes,
        names: memoryview,
        record_size: int,
        *,
        big_endian: bool,
        powers: memoryview,
        separator: bytes = b"",
        key: bytes = bytes(16),
    ) -> None:
        self.code = code
        self.literals = literals
        self.names = names
        self.record_size = record_size
        self.big_endian = big_endian
        self.powers = powers
        self.separator = separator
        self.key = key
        self.longest_name = max(names[2::3], default=0)

    def __repr__(self) -> str:
        return (
            f"<Program of {len(self.code) // WORDS} instructions, {len(self.literals)} bytes of "
            f"literals, for records of {self.record_size} bytes>"
        )
