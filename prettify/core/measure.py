"""Small programs that compute an integer of a record: its length, its type, whether it is wanted.

A program is a flat sequence of operations, each with its operands behind it; it works on a stack.
`records.query.scalar` makes them of expressions, `core.calculator` runs them. Numbers are below
MOST in size: where one would not be, or there is none, the machine says so, and whoever runs it
computes the expression in some other way.
"""

from __future__ import annotations

MOST = 1 << 62
DEPTH = 32  # numbers on the stack

END = 0  # the value is what is on the stack
PUSH = 1  # number
LOAD = 2  # offset, size (1 to 8), shift, width, signed: of the integer there these bits
OFFSET = 3  # where the record begins in the input
READ = 4  # size: the unsigned integer at the byte of the input that is on the stack
SLOT = 5  # index: a number that is the same for all records of a run
JUMP = 6  # how many numbers of the program to leave out
UNLESS = 7  # the same, if what is on the stack is 0
NEGATE = 8
INVERT = 9
NOT = 10
TRUTH = 11  # 1 for what is not 0
ADD = 12  # this and the following: of two numbers, the upper one is the right operand
SUBTRACT = 13
MULTIPLY = 14
DIVIDE = 15  # rounded down, as MODULO goes with it
MODULO = 16
LEFT = 17
RIGHT = 18
AND = 19
OR = 20
XOR = 21
EQUAL = 22
UNEQUAL = 23
LESS = 24
LESS_EQUAL = 25
GREATER = 26
GREATER_EQUAL = 27
ALIGN = 28  # the left one rounded up to a multiple of the right one
LEAST = 29
GREATEST = 30

OPERANDS = {PUSH: 1, LOAD: 5, READ: 1, SLOT: 1, JUMP: 1, UNLESS: 1}

# What a program makes of the stack: how many numbers it has more behind an operation.
GROWTH = {
    END: 0, PUSH: 1, LOAD: 1, OFFSET: 1, READ: 0, SLOT: 1, JUMP: 0, UNLESS: -1, NEGATE: 0,
    INVERT: 0, NOT: 0, TRUTH: 0,
    **dict.fromkeys(range(ADD, GREATEST + 1), -1),
}  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Ops = tuple[int, ...]


def depth(ops: Sequence[int]) -> int:
    """The most numbers that a program may have on the stack."""
    most = now = at = 0
    while at < len(ops):
        op = ops[at]
        at += 1 + OPERANDS.get(op, 0)
        # One of the two ways of a branch is left out, so that this is more than there ever are.
        now += GROWTH[op]
        most = max(most, now)
    return most


def branch(condition: Ops, yes: Ops, no: Ops) -> Ops:
    """The program of `yes if condition else no`."""
    return (*condition, UNLESS, len(yes) + 2, *yes, JUMP, len(no), *no)
