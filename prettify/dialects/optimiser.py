"""Makes programs shorter: instructions that often stand together become one.

What is printed stays the same. Rules see a stretch of instructions that nothing jumps into, but to
its first one.
"""

from __future__ import annotations

from prettify.core import program as ops
from prettify.core.program import WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Instruction = tuple[int, int, int, int, int]
    Code = list[Instruction]
    # What is to stand there, and how many instructions that replaces; 0 where a rule has nothing.
    Match = tuple[Code, int]
    Rule = Callable[[Code, int, set[int]], Match]

BRANCHES = frozenset(
    (
        ops.NAME,
        ops.NAME_DENSE,
        ops.JUMP,
        ops.IF_ZERO,
        ops.IF_SET,
        ops.IF_BYTES_ZERO,
        ops.IF_BYTES_SET,
        ops.NEXT,
        ops.CHARACTER,
        ops.IF_UNMARKED,
        ops.IF_TEXT,
        ops.LOCATE,
    )
)
LOADS = frozenset((ops.UNSIGNED, ops.SIGNED))
# LOADS, and how many bytes, to what prints them with a literal before.
PRINTS = {
    (ops.UNSIGNED, 1): ops.LITERAL_UNSIGNED_1,
    (ops.UNSIGNED, 2): ops.LITERAL_UNSIGNED_2,
    (ops.UNSIGNED, 4): ops.LITERAL_UNSIGNED_4,
    (ops.UNSIGNED, 8): ops.LITERAL_UNSIGNED_8,
    (ops.SIGNED, 1): ops.LITERAL_SIGNED_1,
    (ops.SIGNED, 2): ops.LITERAL_SIGNED_2,
    (ops.SIGNED, 4): ops.LITERAL_SIGNED_4,
    (ops.SIGNED, 8): ops.LITERAL_SIGNED_8,
}
OPPOSITES = {ops.IF_SET: ops.IF_ZERO, ops.IF_BYTES_SET: ops.IF_BYTES_ZERO}
NOTHING: Match = ([], 0)


def optimise(code: list[int], separator: tuple[int, int], *, big_endian: bool) -> list[int]:
    """The same program, shorter: WORDS integers an instruction, targets as indices in the code.

    separator: the literal that comes before each record but the first. Its length may be 0.
    """
    instructions = [
        (code[at], code[at + 1], code[at + 2], code[at + 3], code[at + 4])
        for at in range(0, len(code), WORDS)
    ]
    if separator[1]:
        instructions = [
            (op, a, b, c + WORDS if op in BRANCHES else c, d) for op, a, b, c, d in instructions
        ]
        instructions.insert(0, (ops.SEPARATOR, *separator, 0, 0))
    for rules in PASSES:
        instructions = _rewritten(instructions, rules)
    instructions = [_bitfield(instruction, big_endian) for instruction in instructions]
    return [word for instruction in instructions for word in instruction]


def _rewritten(code: Code, rules: tuple[Rule, ...]) -> Code:
    """The code with every rule tried at each place, and branches to where targets are then."""
    targets = {c // WORDS for op, _, _, c, _ in code if op in BRANCHES}
    moved = {}
    made: Code = []
    at = 0
    while at < len(code):
        moved[at] = len(made)
        for rule in rules:
            new, length = rule(code, at, targets)
            if length and not targets.intersection(range(at + 1, at + length)):
                break
        else:
            new, length = [code[at]], 1
        made += new
        at += length
    return [
        (op, a, b, moved[c // WORDS] * WORDS if op in BRANCHES else c, d) for op, a, b, c, d in made
    ]


def _inverted(code: Code, at: int, targets: set[int]) -> Match:
    """IF_SET over a JUMP: IF_ZERO to where that jumps."""
    op, a, b, c, d = code[at]
    if op in OPPOSITES and not d and c == WORDS * (at + 2):
        follower = code[at + 1]
        if follower[0] == ops.JUMP:
            return [(OPPOSITES[op], a, b, follower[3], follower[4])], 2
    return NOTHING


def _printed(code: Code, at: int, targets: set[int]) -> Match:
    """A literal or none, a load, DECIMAL or HEX."""
    literal = (0, 0)
    length = 2
    if code[at][0] == ops.LITERAL:
        literal = code[at][1], code[at][2]
        length = 3
    if at + length > len(code):
        return NOTHING
    op, offset, size, _, _ = code[at + length - 2]
    made = PRINTS.get((op, size))
    print_, least, plain, _, _ = code[at + length - 1]
    if made is None or print_ not in (ops.DECIMAL, ops.HEX):
        return NOTHING
    if print_ == ops.HEX:
        return [(ops.LITERAL_HEX, *literal, offset, size | plain << 8 | least << 16)], length
    return [(made, *literal, offset, 0)], length


def _printed_unless_zero(code: Code, at: int, targets: set[int]) -> Match:
    """A load, IF_ZERO, a literal, DECIMAL."""
    op, offset, size, _, _ = code[at]
    if (op, size) not in PRINTS or at + 4 > len(code):
        return NOTHING
    test, literal, decimal = code[at + 1 : at + 4]
    if (test[0], literal[0], decimal[0]) != (ops.IF_ZERO, ops.LITERAL, ops.DECIMAL):
        return NOTHING
    return [
        (ops.IF_BYTES_ZERO, offset, size, test[3], test[4]),
        (PRINTS[op, size], literal[1], literal[2], offset, 0),
    ], 4


def _array(code: Code, at: int, targets: set[int]) -> Match:
    """A loop over nothing but a literal between its rounds, a load and DECIMAL."""
    if code[at][0] != ops.LOOP or at + 5 > len(code):
        return NOTHING
    between, load, decimal, end = code[at + 1 : at + 5]
    if (between[0], decimal[0], end[0]) != (ops.BETWEEN, ops.DECIMAL, ops.NEXT):
        return NOTHING
    if (load[0], load[2]) not in PRINTS or end[3] != WORDS * (at + 1):
        return NOTHING
    _, count, step, _, _ = code[at]
    op, offset, size, _, _ = load
    return [
        (ops.NUMBERS, size, int(op == ops.SIGNED), offset, count),
        (ops.END, step, between[1], between[2], 0),
    ], 5


PASSES: tuple[tuple[Rule, ...], ...] = (
    (_inverted,),
    (_array, _printed_unless_zero, _printed),
)


def _bitfield(instruction: Instruction, big_endian: bool) -> Instruction:
    """BITS within 8 bytes: one integer, shifted."""
    op, bit, width, signed, _ = instruction
    if op != ops.BITS or width > 64:
        return instruction
    end = (bit + width + 7) >> 3
    size = end - (bit >> 3)
    if size > 8:
        return instruction
    # An integer that processors have, where there are bytes before: behind them may be none.
    size = next((s for s in (1, 2, 4, 8) if size <= s <= end), size)
    shift = bit - 8 * (end - size)
    if big_endian:
        shift = 8 * size - shift - width
    return ops.BITFIELD, end - size, size, shift + 64 * signed, width
