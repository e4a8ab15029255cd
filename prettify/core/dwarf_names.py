# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What a scan of DWARF finds: named types, each once, and the scopes they are in.

A program's headers are compiled a thousand times, so nearly everything that is found is known
already. What counts as the same: name, kind, size, scope. Rows are 64-bit numbers in tables,
whose columns are in `core.dwarf_codes`:

entries: position, name, size (-1 unknown), kind (the tag, and above it the flags), scope, hash
scopes: the scope around it, name, tag, position, hash

A name is an offset in one of the texts: .debug_str, .debug_line_str, .debug_info, .debug_types and
the supplement's .debug_str, whose index stands in the highest byte. Every text ends in a NUL, and
so do names within .debug_info and .debug_types: who finds them has looked.
"""

from __future__ import annotations

from prettify.core.tables import zeroes

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
    from cython.cimports.prettify.core import dwarf_codes as codes
else:
    from prettify.core import dwarf_codes as codes

COMPILED: bool = cython.compiled


@cython.final
@cython.cclass
class Names:
    """Tables of what has been found; room for some, which `grow` doubles."""

    def __init__(self, texts: tuple[memoryview, ...], room: int) -> None:
        """texts: the five that names are in."""
        self.texts = texts
        if cython.compiled:
            self.text0 = cython.cast(cython.pointer[cython.const[cython.uchar]], start_of(texts[0]))
            self.text1 = cython.cast(cython.pointer[cython.const[cython.uchar]], start_of(texts[1]))
            self.text2 = cython.cast(cython.pointer[cython.const[cython.uchar]], start_of(texts[2]))
            self.text3 = cython.cast(cython.pointer[cython.const[cython.uchar]], start_of(texts[3]))
            self.text4 = cython.cast(cython.pointer[cython.const[cython.uchar]], start_of(texts[4]))
        self.count = 0
        self.scope_count = 0
        self.room = 0
        self.scope_room = 0
        self.entries = self.scopes = zeroes("q", 0)
        self._recent = zeroes("I", codes.RECENT)
        if cython.compiled:
            self.recent_at = cython.cast(cython.pointer[cython.uint], address_of(self._recent))
        else:
            self.recent_at = self._recent
        self._resize(room, room >> 3 or 1)

    def grow(self) -> None:
        """Double the room where there is little left."""
        entries = self.room * 2 if self.count >= self.room else self.room
        scopes = self.scope_room * 2 if self.scope_count >= self.scope_room else self.scope_room
        self._resize(entries, scopes)

    def _resize(self, room: int, scope_room: int) -> None:
        room, scope_room = _power(room), _power(scope_room)
        if room > self.room:
            self.entries = _longer(self.entries, room * codes.ENTRY_COLUMNS)
            self._entry_slots = zeroes("I", 2 * room)
            self.room = room
        if scope_room > self.scope_room:
            self.scopes = _longer(self.scopes, scope_room * codes.SCOPE_COLUMNS)
            self._scope_slots = zeroes("I", 2 * scope_room)
            self.scope_room = scope_room
        if cython.compiled:
            self.entries_at = cython.cast(cython.pointer[cython.longlong], address_of(self.entries))
            self.scopes_at = cython.cast(cython.pointer[cython.longlong], address_of(self.scopes))
            self.entry_slots_at = cython.cast(
                cython.pointer[cython.uint], address_of(self._entry_slots)
            )
            self.scope_slots_at = cython.cast(
                cython.pointer[cython.uint], address_of(self._scope_slots)
            )
        else:
            self.entries_at, self.scopes_at = self.entries, self.scopes
            self.entry_slots_at, self.scope_slots_at = self._entry_slots, self._scope_slots
        self._rehash()

    def _rehash(self) -> None:
        """Find a slot for each row anew."""
        row: cython.longlong
        slot: cython.longlong
        at: cython.longlong
        if cython.compiled:
            entries = self.entries_at
            scopes = self.scopes_at
        else:
            entries, scopes = self.entries, self.scopes
        for slot in range(2 * self.room):
            self.entry_slots_at[slot] = 0
        for slot in range(2 * self.scope_room):
            self.scope_slots_at[slot] = 0
        for row in range(self.count):
            at = row * codes.ENTRY_COLUMNS
            slot = _mixed(
                entries[at + codes.ENTRY_HASH],
                entries[at + codes.ENTRY_KIND],
                entries[at + codes.ENTRY_SIZE],
                entries[at + codes.ENTRY_SCOPE],
            ) & (2 * self.room - 1)
            while self.entry_slots_at[slot]:
                slot = (slot + 1) & (2 * self.room - 1)
            self.entry_slots_at[slot] = row + 1
        for row in range(self.scope_count):
            at = row * codes.SCOPE_COLUMNS
            slot = _mixed(
                scopes[at + codes.SCOPE_HASH],
                scopes[at + codes.SCOPE_TAG],
                0,
                scopes[at + codes.SCOPE_PARENT],
            ) & (2 * self.scope_room - 1)
            while self.scope_slots_at[slot]:
                slot = (slot + 1) & (2 * self.scope_room - 1)
            self.scope_slots_at[slot] = row + 1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def text_of(self, reference: cython.longlong) -> cython.pointer[cython.const[cython.uchar]]:
        """The text that a name is in."""
        which: cython.longlong = reference >> codes.TEXT_SHIFT
        if not cython.compiled:
            return self.texts[which]
        if which == codes.IN_STRINGS:
            return self.text0
        if which == codes.IN_LINE_STRINGS:
            return self.text1
        if which == codes.IN_INFO:
            return self.text2
        if which == codes.IN_TYPES:
            return self.text3
        return self.text4

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def hash_of(self, reference: cython.longlong) -> cython.longlong:
        """A name's hash; -1 where the name is empty or too long."""
        text = self.text_of(reference)
        return _hash(text, reference & codes.TEXT_OFFSET)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def same(self, a: cython.longlong, b: cython.longlong) -> cython.bint:
        """Whether two names are equal."""
        if a == b:
            return True
        text = self.text_of(a)
        other = self.text_of(b)
        at: cython.longlong = a & codes.TEXT_OFFSET
        to: cython.longlong = b & codes.TEXT_OFFSET
        while text[at] == other[to]:
            if not text[at]:
                return True
            at += 1
            to += 1
        return False

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def insert(
        self,
        position: cython.longlong,
        reference: cython.longlong,
        size: cython.longlong,
        kind: cython.longlong,
        scope: cython.longlong,
        known: cython.longlong,
    ) -> cython.bint:
        """Add an entry unless it is there; of two the first stays. False: there is no room.

        known: the name's hash, or -1 where that is still to be made.
        """
        recent: cython.longlong = (
            reference
            ^ (reference >> codes.FAST_SHIFT)
            ^ (kind * codes.FAST_KIND)
            ^ (scope * codes.FAST_SCOPE)
        ) & (codes.RECENT - 1)
        row: cython.longlong = self.recent_at[recent]
        at: cython.longlong
        entries = self.entries_at
        if row:
            at = (row - 1) * codes.ENTRY_COLUMNS
            if (
                entries[at + codes.ENTRY_NAME] == reference
                and entries[at + codes.ENTRY_KIND] == kind
                and entries[at + codes.ENTRY_SIZE] == size
                and entries[at + codes.ENTRY_SCOPE] == scope
            ):
                if position < entries[at + codes.ENTRY_POSITION]:
                    entries[at + codes.ENTRY_POSITION] = position
                return True
        hashed: cython.longlong = known
        if hashed < 0:
            hashed = self.hash_of(reference)
            if hashed < 0:
                return True
        mask: cython.longlong = 2 * self.room - 1
        slot: cython.longlong = _mixed(hashed, kind, size, scope) & mask
        while True:
            row = self.entry_slots_at[slot]
            if not row:
                break
            at = (row - 1) * codes.ENTRY_COLUMNS
            if (
                entries[at + codes.ENTRY_HASH] == hashed
                and entries[at + codes.ENTRY_KIND] == kind
                and entries[at + codes.ENTRY_SIZE] == size
                and entries[at + codes.ENTRY_SCOPE] == scope
                and self.same(entries[at + codes.ENTRY_NAME], reference)
            ):
                if position < entries[at + codes.ENTRY_POSITION]:
                    entries[at + codes.ENTRY_POSITION] = position
                if reference >> codes.TEXT_SHIFT == codes.IN_STRINGS:
                    entries[at + codes.ENTRY_NAME] = reference
                    self.recent_at[recent] = row
                return True
            slot = (slot + 1) & mask
        if self.count >= self.room:
            return False
        at = self.count * codes.ENTRY_COLUMNS
        entries[at + codes.ENTRY_POSITION] = position
        entries[at + codes.ENTRY_NAME] = reference
        entries[at + codes.ENTRY_SIZE] = size
        entries[at + codes.ENTRY_KIND] = kind
        entries[at + codes.ENTRY_SCOPE] = scope
        entries[at + codes.ENTRY_HASH] = hashed
        self.count += 1
        self.entry_slots_at[slot] = self.count
        self.recent_at[recent] = self.count
        return True

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def scope_row(
        self,
        parent: cython.longlong,
        reference: cython.longlong,
        tag: cython.longlong,
        position: cython.longlong,
    ) -> cython.longlong:
        """The row of a scope, which is added where it is new, or NO_ROOM.

        A scope whose name is too long is the one around it, which may be NONE.
        """
        hashed: cython.longlong = self.hash_of(reference)
        if hashed < 0:
            return parent
        scopes = self.scopes_at
        mask: cython.longlong = 2 * self.scope_room - 1
        slot: cython.longlong = _mixed(hashed, tag, 0, parent) & mask
        row: cython.longlong
        at: cython.longlong
        while True:
            row = self.scope_slots_at[slot]
            if not row:
                break
            at = (row - 1) * codes.SCOPE_COLUMNS
            if (
                scopes[at + codes.SCOPE_HASH] == hashed
                and scopes[at + codes.SCOPE_PARENT] == parent
                and scopes[at + codes.SCOPE_TAG] == tag
                and self.same(scopes[at + codes.SCOPE_NAME], reference)
            ):
                if position < scopes[at + codes.SCOPE_POSITION]:
                    scopes[at + codes.SCOPE_POSITION] = position
                return row - 1
            slot = (slot + 1) & mask
        if self.scope_count >= self.scope_room:
            return codes.NO_ROOM
        at = self.scope_count * codes.SCOPE_COLUMNS
        scopes[at + codes.SCOPE_PARENT] = parent
        scopes[at + codes.SCOPE_NAME] = reference
        scopes[at + codes.SCOPE_TAG] = tag
        scopes[at + codes.SCOPE_POSITION] = position
        scopes[at + codes.SCOPE_HASH] = hashed
        self.scope_count += 1
        self.scope_slots_at[slot] = self.scope_count
        return self.scope_count - 1

    def merge(self, other: Names) -> None:
        """Add what another scan of the same file has found."""
        rows = zeroes("q", other.scope_count + 1)
        index: cython.longlong = 0
        at: cython.longlong
        scope: cython.longlong
        while index < other.scope_count:
            at = index * codes.SCOPE_COLUMNS
            scope = other.scopes[at + codes.SCOPE_PARENT]
            if scope >= 0:
                scope = rows[scope]
            scope = self.scope_row(
                scope,
                other.scopes[at + codes.SCOPE_NAME],
                other.scopes[at + codes.SCOPE_TAG],
                other.scopes[at + codes.SCOPE_POSITION],
            )
            if scope == codes.NO_ROOM:
                self.grow()
                continue
            rows[index] = scope
            index += 1
        if cython.compiled:
            entries = other.entries_at
            rows_at = cython.cast(cython.pointer[cython.longlong], address_of(rows))
        else:
            entries, rows_at = other.entries, rows
        index = 0
        while index < other.count:
            at = index * codes.ENTRY_COLUMNS
            scope = entries[at + codes.ENTRY_SCOPE]
            if scope >= 0:
                scope = rows_at[scope]
            if self.insert(
                entries[at + codes.ENTRY_POSITION],
                entries[at + codes.ENTRY_NAME],
                entries[at + codes.ENTRY_SIZE],
                entries[at + codes.ENTRY_KIND],
                scope,
                entries[at + codes.ENTRY_HASH],
            ):
                index += 1
            else:
                self.grow()


def name_hash(name: bytes) -> int:
    """The hash of a name, which ends in a NUL; -1 where it is empty or too long."""
    if cython.compiled:
        text = cython.cast(cython.pointer[cython.const[cython.uchar]], name)
    else:
        text = name
    return _hash(text, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _hash(text: cython.pointer[cython.const[cython.uchar]], at: cython.longlong) -> cython.longlong:
    """FNV-1a, 64 bits of which 62 are kept; -1 where the name is empty or too long."""
    value: cython.ulonglong = 0xCBF29CE484222325
    prime: cython.ulonglong = 0x100000001B3
    kept: cython.ulonglong = 0xFFFFFFFFFFFFFFFF
    end: cython.longlong = at + codes.MAX_NAME
    if not text[at]:
        return -1
    while text[at]:
        value = ((value ^ text[at]) * prime) & kept
        at += 1
        if at > end:
            return -1
    value ^= value >> 29
    result: cython.longlong = value >> 2
    return result


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _mixed(
    hashed: cython.longlong,
    kind: cython.longlong,
    size: cython.longlong,
    scope: cython.longlong,
) -> cython.longlong:
    """A hash of a row, of which the lowest bits are used."""
    value: cython.ulonglong = hashed
    value += (kind & codes.MIX_BITS) * codes.MIX_KIND
    value ^= (size & codes.MIX_BITS) * codes.MIX_SIZE
    value += (scope & codes.MIX_BITS) * codes.MIX_SCOPE
    value ^= value >> 31
    result: cython.longlong = value >> 1
    return result


def _power(number: int) -> int:
    """The next power of two."""
    return 1 << max(number - 1, 1).bit_length()


def _longer(old: memoryview, size: int) -> memoryview:
    new = zeroes("q", size)
    new[: len(old)] = old
    return new


@cython.cfunc
@cython.exceptval(check=False)
def start_of(buffer: object) -> cython.size_t:
    """Where the bytes of a buffer are; whoever asks keeps the buffer."""
    view = cython.declare(Py_buffer)
    PyObject_GetBuffer(buffer, cython.address(view), PyBUF_SIMPLE)
    start = cython.cast(cython.size_t, view.buf)
    PyBuffer_Release(cython.address(view))
    return start


@cython.cfunc
@cython.exceptval(check=False)
def address_of(of: object) -> cython.size_t:
    """Where a table's numbers are."""
    owner: bytearray = of.obj  # type: ignore[attr-defined]
    return cython.cast(cython.size_t, cython.cast(cython.p_char, owner))
