# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Entries of BPF maps out of the text that bpftool writes of them: lists of hex bytes to bytes.

Only regular entries are read here, of sizes that are known from the first one. A scan stops before
the entry that is not: of another shape or size, cut short, or not all there yet. What it is then is
found out elsewhere, and more slowly.

What stands beside the bytes (bpftool's own decoding of them) is passed over. It need not be JSON:
values that bpftool cannot show are missing, and quotes and backslashes that are the value of a
single `char` are not escaped.
"""

from __future__ import annotations

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.emitter import address
else:
    from prettify.core.emitter import address

DEEPEST = 250  # levels within each other that are passed over
STATE = 4 + DEEPEST  # numbers of the state that `pass_over` needs; all are 0 at the start
# What the state says: what is expected, from IN_STRING on more of a string; where it gave up.
MODE, IRREGULAR_AT = 0, 2
IN_STRING = 5
MORE, IRREGULAR = -1, -2  # what it returns if the text is at its end, or makes no sense


def json_entries(
    text: bytearray,
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    comma: cython.bint,
    sizes: memoryview,
    keys: bytearray,
    values: bytearray,
    first: cython.Py_ssize_t,
) -> tuple[int, int]:
    """Read entries of `bpftool -j map dump` from text[at:end] on.

    comma: whether one comes before the first of them. sizes: a table of `key_size`, `value_size`,
    the number of CPUs that have a value each (0: there is one for all), and how many entries keys
    and values have room for; the first one that is read is number `first` there.
    Returns the number of entries, and where the last one ends.
    """
    state = memoryview(bytearray(8 * STATE)).cast("q")
    if cython.compiled:
        text_at = cython.cast(
            cython.pointer[cython.const[cython.uchar]], cython.cast(cython.p_char, text)
        )
        keys_at = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, keys))
        values_at = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, values))
        state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    else:
        text_at, keys_at, values_at, state_at = text, keys, values, state
    key_size: cython.Py_ssize_t = sizes[0]
    value_size: cython.Py_ssize_t = sizes[1]
    cpus: cython.Py_ssize_t = sizes[2]
    room: cython.Py_ssize_t = sizes[3]
    each: cython.Py_ssize_t = value_size * (cpus if cpus > 0 else 1)
    count: cython.Py_ssize_t = first
    done: cython.Py_ssize_t = at
    place: cython.Py_ssize_t
    with cython.nogil:
        while count < room:
            place = _blank(text_at, done, end)
            if comma:
                if place >= end or text_at[place] != 44:
                    break
                place = _blank(text_at, place + 1, end)
            place = _json_entry(
                text_at, place, end, key_size, value_size, cpus,
                keys_at, count * key_size, values_at, count * each, state_at,
            )  # fmt: skip
            if place < 0:
                break
            done = place
            count += 1
            comma = True
    return count - first, done


def text_entries(
    text: bytearray,
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    sizes: memoryview,
    keys: bytearray,
    values: bytearray,
    first: cython.Py_ssize_t,
) -> tuple[int, int]:
    """Read entries of `bpftool map dump` without type information, as `json_entries` does.

    An entry counts when it is seen what follows: another one, or the number of entries.
    """
    if cython.compiled:
        text_at = cython.cast(
            cython.pointer[cython.const[cython.uchar]], cython.cast(cython.p_char, text)
        )
        keys_at = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, keys))
        values_at = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, values))
    else:
        text_at, keys_at, values_at = text, keys, values
    key_size: cython.Py_ssize_t = sizes[0]
    value_size: cython.Py_ssize_t = sizes[1]
    cpus: cython.Py_ssize_t = sizes[2]
    room: cython.Py_ssize_t = sizes[3]
    each: cython.Py_ssize_t = value_size * (cpus if cpus > 0 else 1)
    count: cython.Py_ssize_t = first
    done: cython.Py_ssize_t = at
    place: cython.Py_ssize_t
    with cython.nogil:
        while count < room:
            place = _text_entry(
                text_at, _blank(text_at, done, end), end, key_size, value_size, cpus,
                keys_at, count * key_size, values_at, count * each,
            )  # fmt: skip
            if place < 0:
                break
            place = _blank(text_at, place, end)
            if place >= end or (text_at[place] != 107 and text_at[place] != 70):  # key, Found
                break
            done = place
            count += 1
    return count - first, done


def hex_items(
    text: bytearray, at: cython.Py_ssize_t, end: cython.Py_ssize_t, out: bytearray
) -> tuple[int, int]:
    """Read items `"0x01",` of a list, with their commas, as many as there are and `out` has room.

    Returns their number, and where the last one ends.
    """
    if cython.compiled:
        text_at = cython.cast(
            cython.pointer[cython.const[cython.uchar]], cython.cast(cython.p_char, text)
        )
        out_at = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, out))
    else:
        text_at, out_at = text, out
    count: cython.Py_ssize_t = 0
    place: cython.Py_ssize_t
    for count in range(len(out)):
        place = _token(text_at, _hex_item(text_at, at, end, out_at, count), end, b",", 1)
        if place < 0:
            return count, at
        at = place
    return len(out), at


def pass_over(
    text: bytearray, at: cython.Py_ssize_t, end: cython.Py_ssize_t, state: memoryview
) -> int:
    """Where the JSON value ends that begins at text[at], the first bytes of it perhaps before.

    What bpftool leaves out or writes without quotes is let pass. Returns MORE where it goes on
    behind `end`: the next call, with the same state, is about what follows there. Returns IRREGULAR
    where it makes no sense, and state[IRREGULAR_AT] is that place: a quote that was not escaped was
    taken for the end or beginning of a string, at most one string ago.
    """
    if cython.compiled:
        text_at = cython.cast(
            cython.pointer[cython.const[cython.uchar]], cython.cast(cython.p_char, text)
        )
        state_at = cython.cast(cython.pointer[cython.longlong], address(state))
    else:
        text_at, state_at = text, state
    return _pass(text_at, at, end, state_at)


# JSON.


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _json_entry(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    key_size: cython.Py_ssize_t,
    value_size: cython.Py_ssize_t,
    cpus: cython.Py_ssize_t,
    keys: cython.pointer[cython.uchar],
    key_at: cython.Py_ssize_t,
    values: cython.pointer[cython.uchar],
    value_at: cython.Py_ssize_t,
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    """Where the entry ends that begins there, or -1."""
    name: cython.Py_ssize_t
    length: cython.Py_ssize_t
    part: cython.int
    seen: cython.int = 0  # 1: its key, 2: its value
    if at >= end or text[at] != 123:
        return -1
    while True:
        name = _blank(text, at + 1, end) + 1
        if name > end or text[name - 1] != 34:
            return -1
        at = name
        while at < end and text[at] != 34:
            at += 1
        length = at - name
        at = _blank(text, at + 1, end)
        if at >= end or text[at] != 58:
            return -1
        at = _blank(text, at + 1, end)
        if length == 3 and _follows(text, name, end, b"key", 3):
            part = 1
            at = _hex_list(text, at, end, key_size, keys, key_at)
        elif length == 5 and cpus == 0 and _follows(text, name, end, b"value", 5):
            part = 2
            at = _hex_list(text, at, end, value_size, values, value_at)
        elif length == 6 and cpus > 0 and _follows(text, name, end, b"values", 6):
            part = 2
            at = _cpu_values(text, at, end, value_size, cpus, values, value_at)
        else:
            part = 0
            state[0] = 0
            state[1] = 0
            at = _pass(text, at, end, state)
        if at < 0 or seen & part:
            return -1
        seen |= part
        at = _blank(text, at, end)
        if at >= end:
            return -1
        if text[at] == 125:
            return at + 1 if seen == 3 else -1
        if text[at] != 44:
            return -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _cpu_values(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    cpus: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    out_at: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Read `[{"cpu":0,"value":[…]},…]`; returns where it ends, or -1."""
    cpu: cython.Py_ssize_t
    number: cython.Py_ssize_t
    if at >= end or text[at] != 91:
        return -1
    for cpu in range(cpus):
        at = _token(text, at + 1, end, b"{", 1)
        at = _token(text, at, end, b'"cpu"', 5)
        at = _token(text, at, end, b":", 1)
        if at < 0:
            return -1
        at = _blank(text, at, end)
        number = 0
        while at < end and 48 <= text[at] <= 57 and number <= cpu:
            number = 10 * number + text[at] - 48
            at += 1
        if number != cpu:
            return -1
        at = _token(text, at, end, b",", 1)
        at = _token(text, at, end, b'"value"', 7)
        at = _token(text, at, end, b":", 1)
        if at < 0:
            return -1
        at = _hex_list(text, _blank(text, at, end), end, size, out, out_at + cpu * size)
        at = _token(text, at, end, b"}", 1)
        if at < 0:
            return -1
        at = _blank(text, at, end)
        if at >= end or text[at] != (93 if cpu == cpus - 1 else 44):
            return -1
    return at + 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _hex_list(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    out_at: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Read `["0x01","0x02"…]` of just so many bytes; returns where it ends, or -1."""
    i: cython.Py_ssize_t
    if at >= end or text[at] != 91:
        return -1
    at += 1
    for i in range(size):
        at = _hex_item(text, at, end, out, out_at + i)
        if at < 0 or i == size - 1:
            break
        if at < end and text[at] == 44:  # most often nothing stands between
            at += 1
        else:
            at = _token(text, at, end, b",", 1)
            if at < 0:
                break
    return _token(text, at, end, b"]", 1)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _hex_item(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    out_at: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Read `"0x01"`; returns where it ends, or -1."""
    high: cython.int
    low: cython.int
    at = _blank(text, at, end)
    if end - at < 6 or text[at] != 34 or text[at + 1] != 48 or text[at + 2] != 120:
        return -1
    high = _digit(text[at + 3])
    low = _digit(text[at + 4])
    if high < 0 or low < 0 or text[at + 5] != 34:
        return -1
    out[out_at] = high << 4 | low
    return at + 6


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _pass(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    state: cython.pointer[cython.longlong],
) -> cython.Py_ssize_t:
    """What `pass_over` does. state: what is expected, the depth, where it gave up, nothing, and for
    each level whether that is an object.
    """
    value: cython.longlong = 0  # expected: a value, or the end of an array
    after: cython.longlong = 1  # what comes behind a value
    name: cython.longlong = 2  # or the end of an object
    colon: cython.longlong = 3
    word: cython.longlong = 4  # more of what has no quotes
    in_name: cython.longlong = 5  # IN_STRING
    in_text: cython.longlong = 6
    escaped: cython.longlong = 2  # and what is added to these behind a backslash
    more: cython.Py_ssize_t = -1
    irregular: cython.Py_ssize_t = -2
    mode: cython.longlong = state[0]
    depth: cython.longlong = state[1]
    byte: cython.uchar
    while at < end:
        byte = text[at]
        if mode >= in_name:
            at += 1
            if mode > in_text:
                mode -= escaped
            elif byte == 92:
                mode += escaped
            elif byte == 34:
                mode = colon if mode == in_name else after
                if depth == 0:
                    return at
            continue
        if mode == word:
            if byte > 32 and not _delimits(byte):
                at += 1
                continue
            mode = after
            if depth == 0:
                return at
        if byte == 32 or byte == 10 or byte == 13 or byte == 9:
            at += 1
            continue
        if mode == value:
            if byte == 123 or byte == 91:
                depth += 1
                if depth > 250:  # DEEPEST
                    break
                state[3 + depth] = byte == 123
                mode = name if byte == 123 else value
                at += 1
                continue
            if byte == 34:
                mode = in_text
                at += 1
                continue
            mode = after
            if byte != 44 and byte != 125 and byte != 93:
                if byte == 58:
                    break
                mode = word
                continue
            if depth == 0:  # nothing at all
                return at
        if mode == name and byte == 34:
            mode = in_name
        elif mode == colon and byte == 58:
            mode = value
        elif mode == after and byte == 44:
            mode = name if state[3 + depth] else value
        elif (mode == after or mode == name) and byte == (125 if state[3 + depth] else 93):
            depth -= 1
            mode = after
            if depth == 0:
                return at + 1
        else:
            break
        at += 1
    state[0] = mode
    state[1] = depth
    state[2] = at
    return more if at >= end else irregular


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _delimits(byte: cython.uchar) -> cython.bint:
    """Whether a byte ends what has no quotes: one of "{}[],:"."""
    return (
        byte == 34
        or byte == 44
        or byte == 58
        or byte == 91
        or byte == 93
        or byte == 123
        or byte == 125
    )


# Plain text.


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _text_entry(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    key_size: cython.Py_ssize_t,
    value_size: cython.Py_ssize_t,
    cpus: cython.Py_ssize_t,
    keys: cython.pointer[cython.uchar],
    key_at: cython.Py_ssize_t,
    values: cython.pointer[cython.uchar],
    value_at: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Where the entry ends that begins there, or -1."""
    cpu: cython.Py_ssize_t
    number: cython.Py_ssize_t
    at = _token(text, at, end, b"key:", 4)
    at = _hex_words(text, at, end, key_size, keys, key_at)
    if cpus == 0:
        at = _token(text, at, end, b"value:", 6)
        return _hex_words(text, at, end, value_size, values, value_at)
    for cpu in range(cpus):
        at = _token(text, at, end, b"value (CPU ", 11)
        if at < 0:
            return -1
        number = 0
        while at < end and 48 <= text[at] <= 57 and number <= cpu:
            number = 10 * number + text[at] - 48
            at += 1
        if number != cpu or not _follows(text, at, end, b"):", 2):
            return -1
        at = _hex_words(text, at + 2, end, value_size, values, value_at + cpu * value_size)
    return at


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _hex_words(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    out: cython.pointer[cython.uchar],
    out_at: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Read so many bytes, each two digits and what is blank; returns where they end, or -1."""
    i: cython.Py_ssize_t
    high: cython.int
    low: cython.int
    if at < 0:
        return -1
    for i in range(size):
        at = _blank(text, at, end)
        if end - at < 3:
            return -1
        high = _digit(text[at])
        low = _digit(text[at + 1])
        if high < 0 or low < 0 or text[at + 2] > 32:
            return -1
        out[out_at + i] = high << 4 | low
        at += 2
    return at


# What both have.


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _digit(byte: cython.uchar) -> cython.int:
    """The number that a hexadecimal digit stands for; -1 if it is none."""
    if 48 <= byte <= 57:
        return byte - 48
    if 97 <= byte <= 102:
        return byte - 87
    if 65 <= byte <= 70:
        return byte - 55
    return -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _blank(
    text: cython.pointer[cython.const[cython.uchar]], at: cython.Py_ssize_t, end: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Where what is blank from there on ends."""
    while at < end and (text[at] == 32 or text[at] == 10 or text[at] == 13 or text[at] == 9):
        at += 1
    return at


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _follows(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    word: cython.pointer[cython.const[cython.char]],
    length: cython.Py_ssize_t,
) -> cython.bint:
    """Whether that word, of so many characters, is there."""
    i: cython.Py_ssize_t
    if end - at < length:
        return False
    for i in range(length):
        if text[at + i] != word[i]:
            return False
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _token(
    text: cython.pointer[cython.const[cython.uchar]],
    at: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    word: cython.pointer[cython.const[cython.char]],
    length: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Where that word ends, which comes next but for what is blank; -1 if not, or if `at` is."""
    if at < 0:
        return -1
    at = _blank(text, at, end)
    return at + length if _follows(text, at, end, word, length) else -1
