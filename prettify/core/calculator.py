# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Runs the programs of `core.measure`: integers of single records."""

from __future__ import annotations

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.intrinsics import load

COMPILED: bool = cython.compiled


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def value(
    scanner: cython.pointer[cython.const[cython.longlong]],
    pc: cython.longlong,
    slots: cython.pointer[cython.const[cython.longlong]],
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    state: cython.pointer[cython.longlong],
) -> cython.longlong:
    """What the program there computes of the record at `at`; -MOST where it cannot.

    state: as of core.sized, which has room for the stack in it.
    """
    most: cython.longlong = scanner[13]
    big: cython.bint = scanner[7] != 0
    top: cython.Py_ssize_t = 23  # where in the state the number on top of the stack is
    op: cython.longlong
    place: cython.longlong
    size: cython.longlong
    width: cython.longlong
    a: cython.longlong
    b: cython.longlong
    word: cython.ulonglong
    mask: cython.ulonglong
    bound: cython.ulonglong = scanner[13]
    one: cython.ulonglong = 1
    unit: cython.longlong = 1
    while True:
        op = scanner[pc]
        if op == 0:  # END
            return state[top]
        elif op == 1:  # PUSH
            top += 1
            state[top] = scanner[pc + 1]
            pc += 2
            continue
        elif op == 2:  # LOAD
            place = at + scanner[pc + 1]
            size = scanner[pc + 2]
            width = scanner[pc + 4]
            if place + size > state[12]:
                return -most
            if cython.compiled:
                word = load(data + place, size, big)
            else:
                word = int.from_bytes(data[place : place + size], "big" if big else "little")
            mask = ((one << (width - 1)) - 1) << 1 | 1
            word = (word >> scanner[pc + 3]) & mask
            if scanner[pc + 5] != 0 and (word >> (width - 1)) != 0:
                word = word ^ mask
                if word >= bound - 1:
                    return -most
                a = word
                a = -1 - a
            else:
                if word >= bound:
                    return -most
                a = word
            top += 1
            state[top] = a
            pc += 6
            continue
        elif op == 3:  # OFFSET
            top += 1
            state[top] = at + state[13]
            pc += 1
            continue
        elif op == 4:  # READ
            place = state[top] - state[13]
            size = scanner[pc + 1]
            if place < 0 or place + size > state[12]:
                return -most
            if cython.compiled:
                word = load(data + place, size, big)
            else:
                word = int.from_bytes(data[place : place + size], "big" if big else "little")
            if word >= bound:
                return -most
            state[top] = word
            pc += 2
            continue
        elif op == 5:  # SLOT
            top += 1
            state[top] = slots[scanner[pc + 1]]
            pc += 2
            continue
        elif op == 6:  # JUMP
            pc += 2 + scanner[pc + 1]
            continue
        elif op == 7:  # UNLESS
            top -= 1
            pc += 2 if state[top + 1] != 0 else 2 + scanner[pc + 1]
            continue
        elif op < 12:  # NEGATE, INVERT, NOT, TRUTH
            a = state[top]
            if op == 8:
                a = -a
            elif op == 9:
                a = -1 - a
            elif op == 10:
                a = 1 if a == 0 else 0
            else:
                a = 1 if a != 0 else 0
        else:
            top -= 1
            a = state[top]
            b = state[top + 1]
            if op == 12:  # ADD
                a += b
            elif op == 13:  # SUBTRACT
                a -= b
            elif op == 14:  # MULTIPLY
                place = a if a >= 0 else -a
                size = b if b >= 0 else -b
                if place != 0 and size > (most - 1) // place:
                    return -most
                a *= b
            elif op == 15 or op == 16:  # DIVIDE, MODULO: rounded down
                if b == 0:
                    return -most
                if cython.compiled:
                    place = a // b
                    size = a - place * b
                    if size != 0 and (size < 0) != (b < 0):
                        place -= 1
                        size += b
                else:
                    place = a // b
                    size = a % b
                a = place if op == 15 else size
            elif op == 17:  # LEFT
                if b < 0 or b > 61:
                    return -most
                place = a if a >= 0 else -a
                if place > (most - 1) >> b:
                    return -most
                a = a * (unit << b)
            elif op == 18:  # RIGHT
                if b < 0 or b > 4096:
                    return -most
                a = a >> (b if b < 62 else 62)
            elif op == 19:
                a = a & b
            elif op == 20:
                a = a | b
            elif op == 21:
                a = a ^ b
            elif op == 22:
                a = 1 if a == b else 0
            elif op == 23:
                a = 1 if a != b else 0
            elif op == 24:
                a = 1 if a < b else 0
            elif op == 25:
                a = 1 if a <= b else 0
            elif op == 26:
                a = 1 if a > b else 0
            elif op == 27:
                a = 1 if a >= b else 0
            elif op == 28:  # ALIGN
                if b <= 0:
                    return -most
                place = a % b
                if place < 0:
                    place += b
                if place != 0:
                    a += b - place
            elif op == 29:
                a = a if a <= b else b
            else:  # GREATEST
                a = a if a >= b else b
        if a >= most or a <= -most:
            return -most
        state[top] = a
        pc += 1
