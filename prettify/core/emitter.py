# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The machine that runs programs over records: the one place where text is made.

Operations are literal numbers below, with their names from `core.program` behind them: only
literals become a C switch. The machine stops when its output buffer is full and goes on where it
stopped, so text of any length needs a fixed amount of memory.
"""

from __future__ import annotations

from prettify.core.program import MARGIN, MAX_LOOPS
from prettify.core.shortest import float_field, float_text
from prettify.core.tables import table, zeroes

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.core.program import Program

COMPILED: bool = cython.compiled
BUFFER = 1 << 18  # bytes of text made at a time

# What outlives a full buffer, in an array of integers. The numbers stand in `_run` as they are.
# 0 place in the code   1 records done     2 base: offset of the record plus the loops' steps
# 3 loops running       4 cursor in a text 5 width of the value   6 value is negative   7 mark
# 8 window's start      9 within a record  10 a separator is due before the next record
# 11 to 42 the window's bytes   43 and on: index, count, step, outer base of each loop
STATE_SIZE = 43 + 4 * MAX_LOOPS

# Another one, of unsigned integers, for what C has no literal for, and for scratch.
# 0, 1 the value, low and high half   2, 3 key of the hash   4 lowest error pointer   5 all ones
# 6 SipHash's last block for 8 bytes   8 to 16 scratch       20 to 23 SipHash's initial state
VALUES = [0] * 24
VALUES[4] = 0xFFFFFFFFFFFFF001
VALUES[5] = 0xFFFFFFFFFFFFFFFF
VALUES[6] = 8 << 56
VALUES[20:24] = [
    int.from_bytes(b"somepseudorandomlygeneratedbytes"[8 * i : 8 * i + 8], "big") for i in range(4)
]


def render(program: Program, data: bytes, start: int, count: int, first: bool) -> Iterator[bytes]:
    """The text of `count` records that begin at data[start], in pieces of at most BUFFER bytes.

    `first`: no record came before, so no separator is due before the first one.
    Raises ValueError where the data does not hold them.
    """
    size = program.record_size
    if start < 0 or count < 0 or start + count * size > len(data):
        raise ValueError(f"{len(data)} bytes do not hold {count} records of {size} at {start}")
    out = bytearray(max(BUFFER, len(program.literals) + 2 * MARGIN))
    state = zeroes("q", STATE_SIZE)
    value = table("Q", VALUES)
    value[2] = int.from_bytes(program.key[:8], "little")
    value[3] = int.from_bytes(program.key[8:], "little")
    state[10] = not first
    numbers = table("q", [start, count, size, program.big_endian, *program.separator, len(out)])
    while True:
        written = _fill(
            program.code, program.literals, program.names, data, numbers, state, value, out
        )
        if written < 0:
            yield bytes(out[: -written - 1])
            return
        yield bytes(out[:written])


def _fill(
    code: memoryview,
    literals: bytes,
    names: memoryview,
    data: bytes,
    numbers: memoryview,
    state: memoryview,
    value: memoryview,
    out: bytearray,
) -> int:
    """Run until all records are done (then -1 - bytes written) or the buffer is full (bytes)."""
    written: cython.Py_ssize_t
    if cython.compiled:
        # Plain addresses: typed memoryviews would import `collections`, 3 ms at start-up.
        code_at = cython.cast(cython.pointer[cython.const[cython.longlong]], _address(code))
        literals_at = cython.cast(cython.pointer[cython.const[cython.uchar]], literals)
        names_at = cython.cast(cython.pointer[cython.const[cython.ulonglong]], _address(names))
        data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], data)
        numbers_at = cython.cast(cython.pointer[cython.const[cython.longlong]], _address(numbers))
        state_at = cython.cast(cython.pointer[cython.longlong], _address(state))
        value_at = cython.cast(cython.pointer[cython.ulonglong], _address(value))
        out_at = cython.cast(cython.pointer[cython.uchar], out)
    else:
        code_at, literals_at, names_at, data_at = code, literals, names, data
        numbers_at, state_at, value_at, out_at = numbers, state, value, out
    with cython.nogil:
        written = _run(
            code_at, literals_at, names_at, data_at, numbers_at, state_at, value_at, out_at
        )
    return written


@cython.cfunc
@cython.exceptval(check=False)
def _address(of: memoryview) -> cython.size_t:
    """Where a table's numbers are."""
    owner: bytearray = of.obj  # type: ignore[assignment]
    return cython.cast(cython.size_t, cython.cast(cython.p_char, owner))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _run(
    code: cython.pointer[cython.const[cython.longlong]],
    literals: cython.pointer[cython.const[cython.uchar]],
    names: cython.pointer[cython.const[cython.ulonglong]],
    data: cython.pointer[cython.const[cython.uchar]],
    numbers: cython.pointer[cython.const[cython.longlong]],
    state: cython.pointer[cython.longlong],
    value: cython.pointer[cython.ulonglong],
    out: cython.pointer[cython.uchar],
) -> cython.Py_ssize_t:
    start: cython.Py_ssize_t = numbers[0]
    count: cython.Py_ssize_t = numbers[1]
    record_size: cython.Py_ssize_t = numbers[2]
    big: cython.bint = numbers[3] != 0
    capacity: cython.Py_ssize_t = numbers[6]
    limit: cython.Py_ssize_t = capacity - 256  # MARGIN
    pc: cython.Py_ssize_t = state[0]
    done: cython.Py_ssize_t = state[1]
    base: cython.Py_ssize_t = state[2]
    depth: cython.Py_ssize_t = state[3]
    written: cython.Py_ssize_t = 0
    low: cython.ulonglong = value[0]
    high: cython.ulonglong = value[1]
    width: cython.Py_ssize_t = state[5]
    negative: cython.bint = state[6] != 0
    op: cython.longlong
    a: cython.Py_ssize_t
    b: cython.Py_ssize_t
    i: cython.Py_ssize_t
    taken: cython.bint
    while True:
        if state[9] == 0:
            if done == count:
                return -1 - written
            if state[10] != 0:
                if written + numbers[5] > limit:
                    break
                written = _copy(literals, numbers[4], numbers[5], out, written)
            state[10] = 1
            state[9] = 1
            pc = 0
            depth = 0
            base = start + done * record_size
        if written > limit:
            break
        op = code[pc]
        a = code[pc + 1]
        b = code[pc + 2]
        taken = False
        if op == 1:  # LITERAL
            if written + b > capacity:
                break
            written = _copy(literals, a, b, out, written)
        elif op == 2 or op == 3:  # UNSIGNED, SIGNED
            if b <= 8:
                low = _load(data, base + a, b, big)
                high = 0
            elif big:
                high = _load(data, base + a, b - 8, big)
                low = _load(data, base + a + b - 8, 8, big)
            else:
                low = _load(data, base + a, 8, big)
                high = _load(data, base + a + 8, b - 8, big)
            width = 8 * b
            negative = op == 3 and _bit(low, high, width - 1)
        elif op == 4:  # BITS
            _bits(data, 8 * base + a, b, big, value)
            low = value[0]
            high = value[1]
            width = b
            negative = code[pc + 3] != 0 and _bit(low, high, width - 1)
        elif op == 5:  # DECIMAL
            written = _decimal(low, high, width, negative, value, out, written)
        elif op == 6:  # HEX
            written = _hex(low, high, a, b != 0, out, written)
        elif op == 7:  # NAME
            i = _find(names, a, b, low)
            if i >= 0:
                if written + names[3 * i + 2] > capacity:
                    break
                written = _copy(literals, names[3 * i + 1], names[3 * i + 2], out, written)
                taken = True
        elif op == 8:  # JUMP
            taken = True
        elif op == 9:  # IF_ZERO
            taken = low == 0 and high == 0
        elif op == 10:  # IF_SET
            taken = low != 0 or high != 0
        elif op == 11:  # IF_BYTES_ZERO
            taken = _is_zero(data, base + a, b)
        elif op == 12:  # IF_BYTES_SET
            taken = not _is_zero(data, base + a, b)
        elif op == 13:  # LOOP
            i = 43 + 4 * depth
            state[i] = 0
            state[i + 1] = a
            state[i + 2] = b
            state[i + 3] = base
            depth += 1
        elif op == 14:  # NEXT
            i = 39 + 4 * depth
            state[i] += 1
            if state[i] < state[i + 1]:
                base += state[i + 2]
                pc = code[pc + 3]
                continue
            base = state[i + 3]
            depth -= 1
        elif op == 15:  # INDEX
            low = state[39 + 4 * depth]
            high = 0
            width = 64
            negative = False
        elif op == 16:  # CHARACTER
            if 0x20 <= low <= 0x7E or low >= 0xA0:
                out[written] = 39
                out[written + 1] = low
                out[written + 2] = 39
                written += 3
                taken = True
        elif op == 17:  # STRING
            if code[pc + 3] < 3:
                written = _text(data, base + a, b, code[pc + 3], state, out, written, limit)
            else:
                written = _plain_text(
                    data, base + a, b, code[pc + 3], code[pc + 4], state, out, written, limit
                )
            if state[4] != 0:
                break
        elif op == 18:  # FLOAT
            written = _float(low, high, a, b, out, written)
        elif op == 19:  # HASH
            if low != 0 and low < value[4]:
                low = _siphash(low, value) & (value[5] >> 32)
        elif op == 20:  # WINDOW
            _move_window(
                data, start + done * record_size, record_size, base + a, b, code[pc + 3], state
            )
        elif op == 21:  # WINDOWED
            low = _load_window(state, base + a, b)
            high = 0
            width = 8 * b
            negative = code[pc + 3] != 0 and _bit(low, high, width - 1)
        elif op == 22:  # UNMARK
            state[7] = 0
        elif op == 23:  # MARK
            if low != 0 or high != 0 or a != 0:
                state[7] = 1
        elif op == 24:  # IF_UNMARKED
            taken = state[7] == 0
        elif op == 25:  # BETWEEN
            if state[39 + 4 * depth] != 0:
                if written + b > capacity:
                    break
                written = _copy(literals, a, b, out, written)
        elif op == 40:  # INTEGER_FIELD
            if written + 2048 > capacity:  # FIELD_ROOM
                break
            written = _integer_field(
                low, high, width, negative, a, b, code[pc + 3], code[pc + 4], value, out, written
            )
        elif op == 41:  # FLOAT_FIELD
            if written + 2048 > capacity:  # FIELD_ROOM
                break
            written = _float_field(
                low, high, a, literals, b, code[pc + 3], code[pc + 4], out, written
            )
        elif op == 42:  # PAD_TEXT
            if written + 2048 > capacity:  # FIELD_ROOM
                break
            written = _pad_text(data, base + a, b, code[pc + 3], code[pc + 4], out, written)
        else:  # END
            done += 1
            state[9] = 0
            continue
        if taken:
            i = code[pc + 4]
            if i != 0:
                depth -= i
                base = state[46 + 4 * depth]
            pc = code[pc + 3]
        else:
            pc += 5  # WORDS
    state[0] = pc
    state[1] = done
    state[2] = base
    state[3] = depth
    state[5] = width
    state[6] = negative
    value[0] = low
    value[1] = high
    return written


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _copy(
    source: cython.pointer[cython.const[cython.uchar]],
    start: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    i: cython.Py_ssize_t
    for i in range(length):
        out[written + i] = source[start + i]
    return written + length


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _load(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    big: cython.bint,
) -> cython.ulonglong:
    """The unsigned integer of up to 8 bytes there."""
    result: cython.ulonglong = 0
    i: cython.Py_ssize_t
    if big:
        for i in range(size):
            result = result << 8 | data[at + i]
    else:
        for i in range(size):
            result = result << 8 | data[at + size - 1 - i]
    return result


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _bit(low: cython.ulonglong, high: cython.ulonglong, number: cython.Py_ssize_t) -> cython.bint:
    if number < 64:
        return (low >> number) & 1 != 0
    return (high >> (number - 64)) & 1 != 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _bits(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    width: cython.Py_ssize_t,
    big: cython.bint,
    value: cython.pointer[cython.ulonglong],
) -> cython.void:
    """`width` bits from bit `at` into value[0] (low) and value[1] (high).

    Bit 0 of a byte is its lowest in little endian data, its highest in big endian data, where the
    first bit of a field is its most significant one.
    """
    low: cython.ulonglong = 0
    high: cython.ulonglong = 0
    part: cython.ulonglong
    one: cython.ulonglong = 1  # C would shift a literal 1 as an int
    ones: cython.ulonglong
    left: cython.Py_ssize_t = width
    place: cython.Py_ssize_t = 0  # little endian: where in the result the next bits go
    skip: cython.Py_ssize_t
    take: cython.Py_ssize_t
    while left > 0:
        skip = at & 7
        take = 8 - skip
        if take > left:
            take = left
        ones = (one << take) - 1
        if big:
            part = (data[at >> 3] >> (8 - skip - take)) & ones
            # The value so far moves up by `take` bits, 128 wide, without running over 64.
            high = high << take | low >> (64 - take)
            low = (low & ((one << (64 - take)) - 1)) << take | part
        else:
            part = (data[at >> 3] >> skip) & ones
            if place >= 64:
                high |= part << (place - 64)
            elif place + take <= 64:
                low |= part << place
            else:
                low |= (part & ((one << (64 - place)) - 1)) << place
                high |= part >> (64 - place)
        at += take
        place += take
        left -= take
    value[0] = low
    value[1] = high


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _is_zero(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
) -> cython.bint:
    i: cython.Py_ssize_t
    for i in range(length):
        if data[at + i] != 0:
            return False
    return True


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _find(
    names: cython.pointer[cython.const[cython.ulonglong]],
    first: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
    wanted: cython.ulonglong,
) -> cython.Py_ssize_t:
    """The row of that value in the table of `count` rows from `first`, or -1."""
    below: cython.Py_ssize_t = first
    above: cython.Py_ssize_t = first + count
    middle: cython.Py_ssize_t
    while below < above:
        middle = (below + above) >> 1
        if names[3 * middle] < wanted:
            below = middle + 1
        else:
            above = middle
    if below < first + count and names[3 * below] == wanted:
        return below
    return -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _digits(
    number: cython.ulonglong,
    least: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Decimal digits, at least that many."""
    length: cython.Py_ssize_t = 1
    rest: cython.ulonglong = number
    i: cython.Py_ssize_t
    while rest >= 10:
        rest = rest // 10
        length += 1
    if length < least:
        length = least
    rest = number
    for i in range(length):
        out[written + length - 1 - i] = 48 + rest % 10
        rest = rest // 10
    return written + length


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _decimal(
    low: cython.ulonglong,
    high: cython.ulonglong,
    width: cython.Py_ssize_t,
    negative: cython.bint,
    value: cython.pointer[cython.ulonglong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    # Four parts of 32 bits, most significant first, so that nothing here needs more than 64.
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    rest: cython.ulonglong
    one: cython.ulonglong = 1
    ones: cython.ulonglong = 0xFFFFFFFF
    groups: cython.Py_ssize_t = 0
    if negative:
        out[written] = 45
        written += 1
    elif high == 0:
        return _digits(low, 1, out, written)
    value[8] = high >> 32
    value[9] = high & ones
    value[10] = low >> 32
    value[11] = low & ones
    if negative:  # two's complement: 2^width - value
        rest = 1
        for i in range(4):
            rest += ones - value[11 - i]
            j = width - 32 * i  # bits of this part that belong to the value
            value[11 - i] = rest & ones
            if j < 32:
                value[11 - i] = rest & ((one << j) - 1) if j > 0 else 0
            rest = rest >> 32
    while value[8] != 0 or value[9] != 0 or value[10] != 0 or value[11] != 0:
        rest = 0
        for i in range(8, 12):
            rest = rest << 32 | value[i]
            value[i] = rest // 1000000000
            rest = rest % 1000000000
        value[12 + groups] = rest
        groups += 1
    if groups == 0:
        return _digits(0, 1, out, written)
    for i in range(groups):
        written = _digits(value[11 + groups - i], 9 if i else 1, out, written)
    return written


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _hex_digit(number: cython.ulonglong) -> cython.uchar:
    if number < 10:
        return 48 + number
    return 87 + number


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _hex(
    low: cython.ulonglong,
    high: cython.ulonglong,
    least: cython.Py_ssize_t,
    plain_zero: cython.bint,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    length: cython.Py_ssize_t = 1
    i: cython.Py_ssize_t
    if plain_zero and low == 0 and high == 0:
        out[written] = 48
        return written + 1
    while length < 16 and low >> (4 * length) != 0:
        length += 1
    if high != 0:
        length = 17
        while length < 32 and high >> (4 * (length - 16)) != 0:
            length += 1
    if length < least:
        length = least
    out[written] = 48
    out[written + 1] = 120
    written += 2
    for i in range(length - 1, -1, -1):
        if i < 16:
            out[written] = _hex_digit((low >> (4 * i)) & 15)
        else:
            out[written] = _hex_digit((high >> (4 * (i - 16))) & 15)
        written += 1
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _float(
    low: cython.ulonglong,
    high: cython.ulonglong,
    form: cython.Py_ssize_t,
    style: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    i: cython.Py_ssize_t
    with cython.gil:
        text: bytes = float_text(low, high, form, style)
        for i in range(len(text)):
            out[written + i] = text[i]
        written += len(text)
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _utf8(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    left: cython.Py_ssize_t,
    least: cython.uint,
) -> cython.Py_ssize_t:
    """The bytes of the UTF-8 sequence there, or 0 where none stands for a character >= `least`."""
    first: cython.uint = data[at]
    size: cython.Py_ssize_t
    character: cython.uint
    i: cython.Py_ssize_t
    if 0xC2 <= first <= 0xDF:
        size = 2
        character = first & 0x1F
    elif 0xE0 <= first <= 0xEF:
        size = 3
        character = first & 0x0F
    elif 0xF0 <= first <= 0xF4:
        size = 4
        character = first & 0x07
    else:
        return 0
    if size > left:
        return 0
    for i in range(1, size):
        if data[at + i] & 0xC0 != 0x80:
            return 0
        character = character << 6 | (data[at + i] & 0x3F)
    if character < least or 0xD800 <= character <= 0xDFFF or character > 0x10FFFF:
        return 0
    if (size == 3 and character < 0x800) or (size == 4 and character < 0x10000):
        return 0
    return size


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _text(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    style: cython.longlong,
    state: cython.pointer[cython.longlong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
    limit: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write the text there as the styles of `core.program` say, from state[4] on.

    Leaves 0 in state[4] when all is written, else how far it came before the buffer was full.
    """
    done: cython.Py_ssize_t = state[4]
    i: cython.Py_ssize_t
    size: cython.Py_ssize_t
    byte: cython.uint
    short: cython.uchar
    if style == 2:  # TEXT_C
        while length > 0 and data[at + length - 1] == 0:
            length -= 1
    while done < length:
        if written > limit:
            state[4] = done
            return written
        byte = data[at + done]
        if byte == 0 and style != 2:
            break
        short = _short_escape(byte, style)
        if short != 0:
            out[written] = 92
            out[written + 1] = short
            written += 2
        elif 0x20 <= byte < 0x7F:
            # A second question mark in a row is escaped in C, where two begin a trigraph.
            if style == 2 and byte == 63 and done > 0 and data[at + done - 1] == 63:
                out[written] = 92
                written += 1
            out[written] = byte
            written += 1
        else:
            size = 0
            if byte == 0x7F and style == 1:
                size = 1
            elif style != 2:
                size = _utf8(data, at + done, length - done, 0x80 if style == 1 else 0xA0)
            if size > 0:
                for i in range(size):
                    out[written + i] = data[at + done + i]
                written += size
                done += size
                continue
            if style == 1:  # TEXT_JSON
                out[written] = 92
                out[written + 1] = 117
                out[written + 2] = 48
                out[written + 3] = 48
                out[written + 4] = _hex_digit(byte >> 4)
                out[written + 5] = _hex_digit(byte & 15)
                written += 6
            else:
                out[written] = 92
                out[written + 1] = 48 + (byte >> 6)
                out[written + 2] = 48 + ((byte >> 3) & 7)
                out[written + 3] = 48 + (byte & 7)
                written += 4
        done += 1
    state[4] = 0
    return written


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _short_escape(byte: cython.uint, style: cython.longlong) -> cython.uchar:
    """The letter behind a backslash that stands for that byte, or 0."""
    if byte == 34 or byte == 92:
        return byte
    if byte == 10:
        return 110
    if byte == 9:
        return 116
    if byte == 13:
        return 114
    if style == 1 and byte == 8:
        return 98
    if style == 1 and byte == 12:
        return 102
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _rotate(number: cython.ulonglong, by: cython.int, ones: cython.ulonglong) -> cython.ulonglong:
    return (number << by | number >> (64 - by)) & ones


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _siphash(
    message: cython.ulonglong, value: cython.pointer[cython.ulonglong]
) -> cython.ulonglong:
    """SipHash-2-4 (Aumasson and Bernstein, 2012) of 8 bytes under the key in value[2] and [3].

    What else it needs of `value` stands at VALUES.
    """
    ones: cython.ulonglong = value[5]
    a: cython.ulonglong = value[2] ^ value[20]
    b: cython.ulonglong = value[3] ^ value[21]
    c: cython.ulonglong = value[2] ^ value[22]
    d: cython.ulonglong = value[3] ^ value[23]
    word: cython.ulonglong = message
    block: cython.int
    turns: cython.int = 2
    _turn: cython.int
    for block in range(3):
        if block == 1:
            word = value[6]  # the length, 8, in the top byte of the last word
        if block == 2:
            word = 0
            c ^= 0xFF
            turns = 4
        d ^= word
        for _turn in range(turns):
            a = (a + b) & ones
            b = _rotate(b, 13, ones) ^ a
            a = _rotate(a, 32, ones)
            c = (c + d) & ones
            d = _rotate(d, 16, ones) ^ c
            a = (a + d) & ones
            d = _rotate(d, 21, ones) ^ a
            c = (c + b) & ones
            b = _rotate(b, 17, ones) ^ c
            c = _rotate(c, 32, ones)
        a ^= word
    return a ^ b ^ c ^ d


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _move_window(
    data: cython.pointer[cython.const[cython.uchar]],
    record: cython.Py_ssize_t,
    record_size: cython.Py_ssize_t,
    at: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    top: cython.longlong,
    state: cython.pointer[cython.longlong],
) -> cython.void:
    """The kernel copies an object 32 bytes at a time; what a copy does not overwrite stays."""
    i: cython.Py_ssize_t
    if top != 0:
        for i in range(32):
            state[11 + i] = 0
    elif at >= state[8] and at + (size if size < 16 else 16) < state[8] + 32:
        return
    state[8] = at
    for i in range(32):
        if at + i >= record + record_size:
            return
        state[11 + i] = data[at + i]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _load_window(
    state: cython.pointer[cython.longlong], at: cython.Py_ssize_t, size: cython.Py_ssize_t
) -> cython.ulonglong:
    """The little endian integer there as the window shows it; 0 past the window's end."""
    result: cython.ulonglong = 0
    i: cython.Py_ssize_t
    for i in range(size - 1, -1, -1):
        result = result << 8
        if at - state[8] + i < 32:
            result = result | state[11 + at - state[8] + i]
    return result


# Fields of templates, and text without escapes.


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _repeat(
    byte: cython.longlong,
    count: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write a byte that often, where `count` is over 0."""
    i: cython.Py_ssize_t
    for i in range(count):
        out[written + i] = byte
    return written + count if count > 0 else written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _count(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    most: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """How many characters the text there has, up to `most`; a byte that is no UTF-8 is one."""
    done: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t = 0
    size: cython.Py_ssize_t
    while done < length and count < most and data[at + done] != 0:
        size = 1
        if data[at + done] >= 0x80:
            size = _utf8(data, at + done, length - done, 0x80)
        done += size if size > 0 else 1
        count += 1
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _needs_quotes(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
) -> cython.bint:
    """Whether a comma, a double quote or a line end is in the text there."""
    i: cython.Py_ssize_t
    byte: cython.uint
    for i in range(length):
        byte = data[at + i]
        if byte == 0:
            return False
        if byte == 44 or byte == 34 or byte == 10 or byte == 13:
            return True
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _plain_text(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    style: cython.longlong,
    most: cython.Py_ssize_t,
    state: cython.pointer[cython.longlong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
    limit: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write the text there, up to its first NUL, from state[4] on; as `_text` does otherwise."""
    done: cython.Py_ssize_t = state[4]
    seen: cython.Py_ssize_t = _count(data, at, done, most) if most > 0 else 0
    quoted: cython.bint = style == 3 and _needs_quotes(data, at, length)  # TEXT_CSV
    byte: cython.uint
    size: cython.Py_ssize_t
    i: cython.Py_ssize_t
    if quoted and done == 0:
        out[written] = 34
        written += 1
    while done < length and data[at + done] != 0 and (most == 0 or seen < most):
        # Not before the first byte: what state[4] keeps would say that nothing is left.
        if written > limit and done > 0:
            state[4] = done
            return written
        byte = data[at + done]
        seen += 1
        size = 1 if byte < 0x80 else _utf8(data, at + done, length - done, 0x80)
        if size == 0:
            out[written] = 0xC0 | byte >> 6
            out[written + 1] = 0x80 | (byte & 0x3F)
            written += 2
            done += 1
            continue
        if quoted and byte == 34:
            out[written] = 34
            written += 1
        for i in range(size):
            out[written + i] = data[at + done + i]
        written += size
        done += size
    if quoted:
        out[written] = 34
        written += 1
    state[4] = 0
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _pad_text(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    sizes: cython.Py_ssize_t,
    filling: cython.longlong,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """PAD_TEXT: what the text there lacks, or half of it."""
    missing: cython.Py_ssize_t = (sizes >> 10) - _count(data, at, length, sizes & 1023)
    part: cython.longlong = filling & 3
    if part != 0 and missing > 0:
        missing = missing >> 1 if part == 1 else missing - (missing >> 1)
    return _repeat(filling >> 2, missing, out, written)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _character(
    low: cython.ulonglong,
    high: cython.ulonglong,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """UTF-8 of the character of that number, or of U+FFFD where there is none."""
    number: cython.ulonglong = low
    if high != 0 or low > 0x10FFFF or 0xD800 <= low <= 0xDFFF:
        number = 0xFFFD
    if number < 0x80:
        out[written] = number
        return written + 1
    if number < 0x800:
        out[written] = 0xC0 | number >> 6
        out[written + 1] = 0x80 | (number & 0x3F)
        return written + 2
    if number < 0x10000:
        out[written] = 0xE0 | number >> 12
        out[written + 1] = 0x80 | ((number >> 6) & 0x3F)
        out[written + 2] = 0x80 | (number & 0x3F)
        return written + 3
    out[written] = 0xF0 | number >> 18
    out[written + 1] = 0x80 | ((number >> 12) & 0x3F)
    out[written + 2] = 0x80 | ((number >> 6) & 0x3F)
    out[written + 3] = 0x80 | (number & 0x3F)
    return written + 4


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _radix(
    low: cython.ulonglong,
    high: cython.ulonglong,
    style: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Binary, octal or hexadecimal digits, by the styles 1, 3, 4 and 5 of INTEGER_FIELD."""
    bits: cython.Py_ssize_t = 4 if style == 5 else style
    place: cython.Py_ssize_t = 0
    part: cython.ulonglong
    digit: cython.uchar
    length: cython.Py_ssize_t = 1
    i: cython.Py_ssize_t
    while length * bits < 64 and low >> (length * bits) != 0:
        length += 1
    if high != 0:
        while length * bits < 64:
            length += 1
        while length * bits < 128 and high >> (length * bits - 64) != 0:
            length += 1
    for i in range(length):
        place = i * bits
        if place >= 64:
            part = high >> (place - 64)
        elif place + bits > 64:
            part = low >> place | high << (64 - place)
        else:
            part = low >> place
        digit = _hex_digit(part & ((1 << bits) - 1))
        if style == 5 and digit >= 97:
            digit -= 32
        out[written + length - 1 - i] = digit
    return written + length


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _integer_field(
    low: cython.ulonglong,
    high: cython.ulonglong,
    bits: cython.Py_ssize_t,
    negative: cython.bint,
    style: cython.Py_ssize_t,
    width: cython.Py_ssize_t,
    filling: cython.longlong,
    marks: cython.longlong,
    value: cython.pointer[cython.ulonglong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """INTEGER_FIELD: the value in that style, filled up to the width."""
    one: cython.ulonglong = 1
    digits: cython.Py_ssize_t = written + 1024  # where they are made, behind all that is written
    size: cython.Py_ssize_t
    count: cython.Py_ssize_t
    total: cython.Py_ssize_t
    missing: cython.Py_ssize_t
    separators: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    fill: cython.longlong = filling & 255
    align: cython.longlong = filling >> 8
    sign: cython.longlong = marks & 255
    group: cython.longlong = marks >> 8 & 255
    each: cython.Py_ssize_t = 3 if style == 0 else 4
    prefixed: cython.bint = marks >> 16 != 0
    if negative and style == 6:
        high = 1  # no character has a negative number
    elif negative:
        sign = 45
        # Two's complement of `bits` bits.
        high = (value[5] - high + (1 if low == 0 else 0)) & value[5]
        low = (value[5] - low + 1) & value[5]
        if bits < 64:
            low &= (one << bits) - 1
        if bits <= 64:
            high = 0
        elif bits < 128:
            high &= (one << (bits - 64)) - 1
    if style == 6:
        size = _character(low, high, out, digits) - digits
        count = 1
    elif style == 0:
        size = _decimal(low, high, bits, False, value, out, digits) - digits
        count = size
    else:
        size = _radix(low, high, style, out, digits) - digits
        count = size
    width -= (1 if sign != 0 else 0) + (2 if prefixed else 0)
    total = count
    if group != 0:
        separators = (total - 1) // each
    if fill == 48 and align == 3:
        # Zeroes are digits, which are grouped too; a separator does not come first.
        while total + separators < width:
            total += 1
            if group != 0:
                separators = (total - 1) // each
    missing = width - total - separators
    if missing > 0 and align == 1:
        written = _repeat(fill, missing, out, written)
    elif missing > 0 and align == 2:
        written = _repeat(fill, missing >> 1, out, written)
    if sign != 0:
        out[written] = sign
        written += 1
    if prefixed:
        out[written] = 48
        # b, o, x and X
        out[written + 1] = 98 if style == 1 else 111 if style == 3 else 120 if style == 4 else 88
        written += 2
    if missing > 0 and align == 3:
        written = _repeat(fill, missing, out, written)
    for i in range(total - count, 0, -1):
        out[written] = 48
        written += 1
        if group != 0 and (count + i - 1) % each == 0:
            out[written] = group
            written += 1
    for i in range(size):
        out[written] = out[digits + i]
        written += 1
        if group != 0 and i + 1 < size and (size - 1 - i) % each == 0:
            out[written] = group
            written += 1
    if missing > 0 and align == 0:
        written = _repeat(fill, missing, out, written)
    elif missing > 0 and align == 2:
        written = _repeat(fill, missing - (missing >> 1), out, written)
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _float_field(
    low: cython.ulonglong,
    high: cython.ulonglong,
    form: cython.Py_ssize_t,
    literals: cython.pointer[cython.const[cython.uchar]],
    start: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    short: cython.longlong,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    i: cython.Py_ssize_t
    with cython.gil:
        text: bytes = float_field(low, high, form, literals[start : start + length], short != 0)
        for i in range(len(text)):
            out[written + i] = text[i]
        written += len(text)
    return written
