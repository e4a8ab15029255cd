# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The machine that runs programs over records: the one place where text is made.

Operations are literal numbers below, with their names from `core.program` behind them: only
literals become a C switch. The machine stops when its output buffer is full and goes on where it
stopped, so text of any length needs a fixed amount of memory. It looks at the buffer once for each
instruction: none but those that say otherwise writes more than MARGIN bytes.
"""

from __future__ import annotations

from prettify.core.numbers import put
from prettify.core.program import FIELD_ROOM, MARGIN, MAX_LOOPS
from prettify.core.tables import table, zeroes

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.cpython.buffer import (
        Py_buffer,
        PyBUF_SIMPLE,
        PyBuffer_Release,
        PyObject_GetBuffer,
    )
    from cython.cimports.prettify.core.fields import write_float_field, write_integer_field
    from cython.cimports.prettify.core.intrinsics import (
        copy16,
        eight_digits,
        four_digits,
        load1,
        load2,
        load4,
        load8,
        store8,
        zeroes_below,
    )
    from cython.cimports.prettify.core.kernel_state import hash_pointer, load_window, move_window
    from cython.cimports.prettify.core.numbers import write_decimal, write_hex
    from cython.cimports.prettify.core.shortest import write_float
    from cython.cimports.prettify.core.text import (
        is_text,
        write_octets,
        write_padding,
        write_plain_text,
        write_text,
    )
else:
    from prettify.core.fields import write_float_field, write_integer_field
    from prettify.core.kernel_state import hash_pointer, load_window, move_window
    from prettify.core.numbers import write_decimal, write_hex
    from prettify.core.shortest import write_float
    from prettify.core.text import (
        is_text,
        write_octets,
        write_padding,
        write_plain_text,
        write_text,
    )

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.core.program import Program

    Buffer = bytes | bytearray | memoryview

COMPILED: bool = cython.compiled
BUFFER = 1 << 18  # bytes of text made at a time: they stay in a processor's own cache

# What outlives a full buffer, in an array of integers. The numbers stand in `run` as they are.
# 0 place in the code   1 records done     2 base: offset of the record plus the loops' steps
# 3 loops running       4 cursor in a text or an array           5 width of the value
# 6 value is negative   7 mark             8 window's start      9 bytes of a located array
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


def render(
    program: Program, data: Buffer, start: int, count: int, size: int = BUFFER, length: int = 0
) -> Iterator[bytes]:
    """The text of `count` records that begin at data[start], in pieces of about `size` bytes.

    length: bytes of a single record, where it has more than its type: what is located in it lies
    behind that. Raises ValueError where the data does not hold them.
    """
    for out, written in fill(program, data, start, count, [], size, length=length):
        yield bytes(memoryview(out)[:written])


def fill(
    program: Program,
    data: Buffer,
    start: int,
    count: int,
    spare: list[bytearray],
    size: int = BUFFER,
    position: int = 0,
    length: int = 0,
) -> Iterator[tuple[bytearray, int]]:
    """The text as `render` makes it, as buffers and how many bytes of each are text.

    Buffers are taken from `spare` while there are any, else made; they are the caller's.
    position: where the first record begins in the input.
    """
    record_size = program.record_size
    length = max(length if count == 1 else 0, record_size)
    if start < 0 or count < 0 or start + count * record_size > len(data):
        raise ValueError(
            f"{len(data)} bytes do not hold {count} records of {record_size} at {start}"
        )
    if start + length > len(data) and count:
        raise ValueError(f"{len(data)} bytes do not hold a record of {length} at {start}")
    state, value = scratch(program.key)
    numbers = table("q", [start, count, record_size, program.big_endian, 0, position, length])
    written = 0 if count else -1
    while written >= 0:
        out = room(spare, size, program.longest_name)
        numbers[4] = len(out)
        written = _fill(program, data, numbers, state, value, out)
        yield out, written if written >= 0 else -written - 1


def scratch(key: bytes) -> tuple[memoryview, memoryview]:
    """The two arrays that `run` works in, for programs that hash pointers with that key."""
    value = table("Q", VALUES)
    value[2] = int.from_bytes(key[:8], "little")
    value[3] = int.from_bytes(key[8:], "little")
    return zeroes("q", STATE_SIZE), value


def room(spare: list[bytearray], size: int, longest_name: int) -> bytearray:
    """A buffer of that size at least, one of the spare ones if any; names are written whole."""
    least = max(size, longest_name + 2 * MARGIN, FIELD_ROOM + MARGIN)
    try:  # other threads may take from it as well: whether there are any is known afterwards
        out = spare.pop()
    except IndexError:
        return bytearray(least)
    return out if len(out) >= least else bytearray(least)


def _fill(
    program: Program,
    data: Buffer,
    numbers: memoryview,
    state: memoryview,
    value: memoryview,
    out: bytearray,
) -> int:
    """Run until all records are done (then -1 - bytes written) or the buffer is full (bytes)."""
    written: cython.Py_ssize_t
    if not cython.compiled:
        return run(
            program.code,
            program.literals,
            program.names,
            program.powers,
            data,
            numbers,
            state,
            value,
            out,
        )
    # Plain addresses: typed memoryviews would import `collections`, 3 ms at start-up.
    view = cython.declare(Py_buffer)
    code_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(program.code))
    pool: bytes = program.literals
    literals_at = cython.cast(cython.pointer[cython.const[cython.uchar]], pool)
    names_at = cython.cast(cython.pointer[cython.const[cython.ulonglong]], address(program.names))
    powers_at = cython.cast(cython.pointer[cython.const[cython.ulonglong]], address(program.powers))
    numbers_at = cython.cast(cython.pointer[cython.const[cython.longlong]], address(numbers))
    state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    value_at = cython.cast(cython.pointer[cython.ulonglong], address(value))
    out_at = cython.cast(cython.pointer[cython.uchar], out)
    PyObject_GetBuffer(data, cython.address(view), PyBUF_SIMPLE)
    data_at = cython.cast(cython.pointer[cython.const[cython.uchar]], view.buf)
    with cython.nogil:
        written = run(
            code_at,
            literals_at,
            names_at,
            powers_at,
            data_at,
            numbers_at,
            state_at,
            value_at,
            out_at,
        )
    PyBuffer_Release(cython.address(view))
    return written


@cython.cfunc
@cython.exceptval(check=False)
def address(of: memoryview) -> cython.size_t:
    """Where a table's numbers are."""
    owner: bytearray = of.obj  # type: ignore[assignment]
    return cython.cast(cython.size_t, cython.cast(cython.p_char, owner))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def run(
    code: cython.pointer[cython.const[cython.longlong]],
    literals: cython.pointer[cython.const[cython.uchar]],
    names: cython.pointer[cython.const[cython.ulonglong]],
    powers: cython.pointer[cython.const[cython.ulonglong]],
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
    capacity: cython.Py_ssize_t = numbers[4]
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
    end: cython.Py_ssize_t  # of a record
    taken: cython.bint
    if pc == 0 and done == 0:
        base = start
    while written <= limit:
        op = code[pc]
        a = code[pc + 1]
        b = code[pc + 2]
        taken = False
        if op == 0:  # END
            done += 1
            if done == count:
                return -1 - written
            base = start + done * record_size
            pc = 0
            continue
        elif op == 1:  # LITERAL
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
            if high == 0 and not negative:
                written = _digits(low, out, written)
            elif width <= 64:
                written = _signed_digits(low, width, out, written)
            else:
                written = write_decimal(low, high, width, negative, value, out, written)
        elif op == 6:  # HEX
            written = write_hex(low, high, a, b != 0, out, written)
        elif op == 7 or op == 26:  # NAME, NAME_DENSE
            i = _find(names, a, b, low) if op == 7 else _find_dense(names, a, b, low)
            if i >= 0:
                a = names[3 * i + 1]
                b = names[3 * i + 2]
                if written + b > limit:
                    break
                written = _copy(literals, a, b, out, written)
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
            i = code[pc + 3]
            if b < 0:
                b = state[9]
            if i < 4:
                written = write_text(data, base + a, b, i, state, out, written, limit)
            else:
                written = write_plain_text(
                    data, base + a, b, i, code[pc + 4], state, out, written, limit
                )
            if state[4] != 0:
                break
        elif op == 18:  # FLOAT
            written = write_float(low, high, a, b, powers, out, written)
        elif op == 19:  # HASH
            if low != 0 and low < value[4]:
                low = hash_pointer(low, value)
        elif op == 20:  # WINDOW
            move_window(
                data, start + done * record_size, record_size, base + a, b, code[pc + 3], state
            )
        elif op == 21:  # WINDOWED
            low = load_window(state, base + a, b)
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
                written = _copy(literals, a, b, out, written)
        elif op == 27:  # BITFIELD
            i = code[pc + 3]
            low = _field(_load(data, base + a, b, big), i, code[pc + 4])
            high = 0
            width = code[pc + 4]
            negative = i & 64 != 0 and _bit(low, high, width - 1)
            pc += 5
            continue
        elif op == 28:  # SEPARATOR
            if done != 0:
                written = _copy(literals, a, b, out, written)
        elif op == 29:  # NUMBERS
            written = _numbers(code, pc, literals, data, base, big, state, out, written, limit)
            if state[4] != 0:
                break
            pc += 10
            continue
        elif op == 30:  # LITERAL_UNSIGNED_1
            written = _copy(literals, a, b, out, written)
            low = _load(data, base + code[pc + 3], 1, big)
            written = _byte_digits(low, out, written)
            pc += 5
            continue
        elif op == 31:  # LITERAL_UNSIGNED_2
            written = _copy(literals, a, b, out, written)
            low = _load(data, base + code[pc + 3], 2, big)
            written = _digits(low, out, written)
            pc += 5
            continue
        elif op == 32:  # LITERAL_UNSIGNED_4
            written = _copy(literals, a, b, out, written)
            low = _load(data, base + code[pc + 3], 4, big)
            written = _digits(low, out, written)
            pc += 5
            continue
        elif op == 33:  # LITERAL_UNSIGNED_8
            written = _copy(literals, a, b, out, written)
            low = _load(data, base + code[pc + 3], 8, big)
            written = _digits(low, out, written)
            pc += 5
            continue
        elif op == 34:  # LITERAL_SIGNED_1
            written = _copy(literals, a, b, out, written)
            low = _load(data, base + code[pc + 3], 1, big)
            written = _signed_digits(low, 8, out, written)
            pc += 5
            continue
        elif op == 35:  # LITERAL_SIGNED_2
            written = _copy(literals, a, b, out, written)
            low = _load(data, base + code[pc + 3], 2, big)
            written = _signed_digits(low, 16, out, written)
            pc += 5
            continue
        elif op == 36:  # LITERAL_SIGNED_4
            written = _copy(literals, a, b, out, written)
            low = _load(data, base + code[pc + 3], 4, big)
            written = _signed_digits(low, 32, out, written)
            pc += 5
            continue
        elif op == 37:  # LITERAL_SIGNED_8
            written = _copy(literals, a, b, out, written)
            low = _load(data, base + code[pc + 3], 8, big)
            written = _signed_digits(low, 64, out, written)
            pc += 5
            continue
        elif op == 38:  # LITERAL_HEX
            written = _copy(literals, a, b, out, written)
            i = code[pc + 4]
            low = _load(data, base + code[pc + 3], i & 255, big)
            written = write_hex(low, 0, i >> 16, i & 256 != 0, out, written)
            pc += 5
            continue
        elif op == 44:  # BYTES
            if b < 0:
                b = state[9]
            written = write_octets(data, base + a, b, code[pc + 3], state, out, written, limit)
            if state[4] != 0:
                break
        elif op == 45:  # IF_TEXT
            taken = is_text(data, base + a, b)
        elif op == 46:  # LOCATE
            end = start + done * record_size + numbers[6]
            if b & 131072:  # REST
                a += base
                i = end - a
            else:
                low = _load(data, base + a, 4, big)
                a = base + (a + 4 if b & 65536 else b >> 18) + (low & 65535)  # RELATIVE, ORIGIN
                i = low >> 16
            if i < 0 or a + i > end:
                i = 0
            low = i
            high = 0
            width = 64
            negative = False
            b &= 65535
            taken = i < b
            if not taken:
                state[9] = i
                state[43 + 4 * depth] = 0
                state[44 + 4 * depth] = i // b if b != 0 else 1
                state[45 + 4 * depth] = b
                state[46 + 4 * depth] = base
                depth += 1
                base = a
        elif op == 47:  # POINT
            written = _pointed(low, width, negative, a, out, written)
        elif op == 43:  # POSITION
            low = numbers[5] + done * record_size
            high = 0
            width = 64
            negative = False
        elif op == 40:  # INTEGER_FIELD
            if written + 2048 > capacity:  # FIELD_ROOM
                break
            i = code[pc + 3]
            written = write_integer_field(
                low, high, width, negative, a, b, i, code[pc + 4], value, out, written
            )
        elif op == 41:  # FLOAT_FIELD
            if written + 2048 > capacity:  # FIELD_ROOM
                break
            i = code[pc + 3]
            written = write_float_field(low, high, a, literals, b, i, code[pc + 4], out, written)
        elif op == 42:  # PAD_TEXT
            if written + 2048 > capacity:  # FIELD_ROOM
                break
            if b < 0:
                b = state[9]
            written = write_padding(data, base + a, b, code[pc + 3], code[pc + 4], out, written)
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
    """Copy from the literals, which end in 15 bytes to spare, as the output does."""
    if cython.compiled:
        copy16(out + written, source + start, length)
    else:
        out[written : written + length] = source[start : start + length]
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
    if not cython.compiled:
        return int.from_bytes(data[at : at + size], "big" if big else "little")
    if size == 4:
        return load4(data + at, big)
    if size == 8:
        return load8(data + at, big)
    if size == 1:
        return load1(data + at)
    if size == 2:
        return load2(data + at, big)
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
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _field(
    unit: cython.ulonglong, shift: cython.Py_ssize_t, width: cython.Py_ssize_t
) -> cython.ulonglong:
    """`width` bits (1 to 64) of a unit, from bit `shift & 63` on."""
    ones: cython.ulonglong = 0
    if not cython.compiled:
        return unit >> (shift & 63) & ((1 << width) - 1)
    return unit >> (shift & 63) & (~ones >> (64 - width))


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
    """Whether all these bytes are 0, a word at a time."""
    rest: cython.ulonglong = 0
    if not cython.compiled:
        return not any(data[at : at + length])
    while length >= 8:
        if load8(data + at, False) != 0:
            return False
        at += 8
        length -= 8
    if length & 4:
        rest = load4(data + at, False)
        at += 4
    if length & 2:
        rest |= load2(data + at, False)
        at += 2
    if length & 1:
        rest |= load1(data + at)
    return rest == 0


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
def _find_dense(
    names: cython.pointer[cython.const[cython.ulonglong]],
    first: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
    wanted: cython.ulonglong,
) -> cython.Py_ssize_t:
    """The same where the table has a row for each value from the first one's on.

    Those of values that have no name are empty.
    """
    rows: cython.ulonglong = count
    i: cython.Py_ssize_t
    if wanted < names[3 * first] or wanted - names[3 * first] >= rows:
        return -1
    i = first + wanted - names[3 * first]
    return i if names[3 * i + 2] != 0 else -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _lead(
    number: cython.uint, out: cython.pointer[cython.uchar], written: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Decimal digits of a number below 10^8."""
    digits: cython.ulonglong = eight_digits(number)
    zeroes: cython.ulonglong = 0x3030303030303030
    last: cython.ulonglong = 1  # of 0, one digit stays
    skip: cython.int = zeroes_below(digits ^ zeroes | last << 56) & 56
    store8(out + written, digits >> skip)
    return written + 8 - (skip >> 3)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _byte_digits(
    number: cython.ulonglong, out: cython.pointer[cython.uchar], written: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Decimal digits of a number below 10^4."""
    if not cython.compiled:
        return put(b"%d" % number, out, written)
    digits: cython.ulonglong = four_digits(cython.cast(cython.uint, number))
    last: cython.ulonglong = 1
    skip: cython.int = zeroes_below(digits ^ 0x30303030 | last << 24) & 24
    store8(out + written, digits >> skip)
    return written + 4 - (skip >> 3)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _digits(
    number: cython.ulonglong, out: cython.pointer[cython.uchar], written: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Decimal digits: eight at a time."""
    upper: cython.ulonglong
    middle: cython.ulonglong
    if not cython.compiled:
        return put(b"%d" % number, out, written)
    if number < 100000000:
        return _lead(cython.cast(cython.uint, number), out, written)
    upper = number // 100000000
    if upper < 100000000:
        written = _lead(cython.cast(cython.uint, upper), out, written)
    else:
        middle = upper
        upper = middle // 100000000
        written = _lead(cython.cast(cython.uint, upper), out, written)
        middle -= upper * 100000000
        store8(out + written, eight_digits(middle))
        written += 8
        upper = number // 100000000
    store8(out + written, eight_digits(number - upper * 100000000))
    return written + 8


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _signed_digits(
    number: cython.ulonglong,
    width: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Decimal digits of a number of `width` bits, with its sign, without a branch on it."""
    sign: cython.ulonglong = (number >> (width - 1)) & 1
    if not cython.compiled:
        return put(b"%d" % (number - (sign << width)), out, written)
    if width < 64:
        number |= (0 - sign) << width
    out[written] = 45
    return _digits(
        (number ^ (0 - sign)) + sign, out, written + cython.cast(cython.Py_ssize_t, sign)
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _pointed(
    number: cython.ulonglong,
    width: cython.Py_ssize_t,
    negative: cython.bint,
    digits: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """A number of up to 64 bits with so many of its decimal digits, 1 to 18, behind a point."""
    unit: cython.ulonglong = 1
    rest: cython.ulonglong
    i: cython.Py_ssize_t
    if negative:
        # The two's complement has `width` bits.
        number = (((unit << (width - 1)) - 1) << 1 | 1) - number + 1
        out[written] = 45
        written += 1
    for i in range(digits):  # noqa: B007  # one that is compiled needs a declared name
        unit *= 10
    rest = number % unit
    written = _digits(number // unit, out, written)
    out[written] = 46
    written += digits + 1
    for i in range(digits):
        out[written - 1 - i] = 48 + rest % 10
        rest //= 10
    return written


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _numbers(
    code: cython.pointer[cython.const[cython.longlong]],
    pc: cython.Py_ssize_t,
    literals: cython.pointer[cython.const[cython.uchar]],
    data: cython.pointer[cython.const[cython.uchar]],
    base: cython.Py_ssize_t,
    big: cython.bint,
    state: cython.pointer[cython.longlong],
    out: cython.pointer[cython.uchar],
    written: cython.Py_ssize_t,
    limit: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write an array of integers from element state[4] on, as its two instructions say.

    Leaves 0 in state[4] when all are written, else how far it came before the buffer was full.
    """
    size: cython.Py_ssize_t = code[pc + 1]
    signed: cython.bint = code[pc + 2] != 0
    at: cython.Py_ssize_t = base + code[pc + 3]
    count: cython.Py_ssize_t = code[pc + 4]
    step: cython.Py_ssize_t = code[pc + 6]
    between: cython.Py_ssize_t = code[pc + 7]
    length: cython.Py_ssize_t = code[pc + 8]
    i: cython.Py_ssize_t
    number: cython.ulonglong
    for i in range(state[4], count):
        if written > limit:
            state[4] = i
            return written
        if i != 0:
            written = _copy(literals, between, length, out, written)
        number = _load(data, at + i * step, size, big)
        if signed:
            written = _signed_digits(number, 8 * size, out, written)
        else:
            written = _digits(number, out, written)
    state[4] = 0
    return written
