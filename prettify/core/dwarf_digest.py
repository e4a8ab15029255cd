# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Abbreviations of DWARF (version 5, section 7.5.3) digested into how to step over an entry.

An entry whose attributes all have a fixed size is one addition. The others, and those of which
something is wanted, have operations: what to add, what to skip, what to read.

rows: flags (and the tag above them), size of the attributes or -1, first operation, code
operations: code (above it: what is read, and what kind of value that is), operand
"""

from __future__ import annotations

from prettify.core.tables import zeroes

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.dwarf_names import address_of, start_of
    from cython.cimports.prettify.core.intrinsics import leb128, leb128_end
else:
    from prettify.core.plain_bytes import leb128, leb128_end

COMPILED: bool = cython.compiled

# Flags of rows; from TYPE on they are those in the table of tags.
CHILDREN, TYPE, SCOPE, FUNCTION, LEAF, UNIT, VARIABLE = 1, 2, 4, 8, 16, 32, 64
TAG_SHIFT = 16
# What an operation does.
END, SKIP, SKIP_LEB128, SKIP_STRING, SKIP_BLOCK, SKIP_LEB128_BLOCK, INDIRECT = range(7)
READ, READ_LEB128, READ_CONSTANT = 7, 8, 9
# What is read.
NAME, SIZE, DECLARATION, SPECIFICATION, SIBLING, STRING_BASE, LANGUAGE = range(1, 8)
# Kinds of values, in the table of forms, behind how long they are.
NUMBER, SIGNED, STRING, LINE_STRING, INDEXED_STRING, SUPPLEMENT_STRING, TEXT = range(1, 8)
UNIT_REFERENCE, REFERENCE, PRESENT, CONSTANT = range(8, 12)
# How long: so many bytes up to 16, or one of these.
OFFSET, ADDRESS, ADDRESS_OR_OFFSET, LEB128, NUL, BLOCK_LEB128, ANY, UNKNOWN = range(32, 40)
BLOCK = 40  # and 1, 2 or 4 for the bytes of the length in front
FORMS = 72  # rows in the table of forms: those of the standard, and from 64 on GNU's

# Why a unit's walk ended early.
FINE, NO_TABLE, BAD_TABLE, NO_CODE, BAD_FORM, CUT_SHORT, TOO_DEEP, TOO_MUCH, FULL, NEED_ROOM = (
    range(10)
)


@cython.final
@cython.cclass
class Digest:
    """One table of abbreviations at a time, digested. The last one is kept for the next unit."""

    def __init__(self, abbrev: memoryview, forms: memoryview, tags: memoryview, budget: int):
        """forms: (length, kind of value) of each form; tags: flags of each tag.

        budget: bytes of tables that may be read in all, or a file of small units that each name
        another place in a long table would take forever.
        """
        self._abbrev = abbrev
        self._forms = forms
        self._tags = tags
        self.abbrev_length = len(abbrev)
        self.tags_length = len(tags)
        self.budget = budget
        self.offset = -1
        self.offset_size = self.address_size = self.version = 0
        self.count = self.operation_count = 0
        self.reached = 0
        self.dense = True
        self.code = self.operand = 0
        self.row_room = self.operation_room = 0
        if cython.compiled:
            self.abbrev_at = cython.cast(
                cython.pointer[cython.const[cython.uchar]], start_of(abbrev)
            )
            self.forms_at = cython.cast(cython.pointer[cython.longlong], address_of(forms))
            self.tags_at = cython.cast(cython.pointer[cython.longlong], address_of(tags))
        else:
            self.abbrev_at, self.forms_at, self.tags_at = abbrev, forms, tags
        self._resize(512, 4096)

    def grow(self) -> None:
        """Make room for a longer table."""
        self._resize(self.row_room * 4, self.operation_room * 4)

    def _resize(self, rows: int, operations: int) -> None:
        self.row_room, self.operation_room = rows, operations
        self._rows = zeroes("q", rows * 4)
        self._operations = zeroes("q", operations * 2)
        self._slots = zeroes("I", rows * 2)
        self.offset = -1
        if cython.compiled:
            self.rows_at = cython.cast(cython.pointer[cython.longlong], address_of(self._rows))
            self.operations_at = cython.cast(
                cython.pointer[cython.longlong], address_of(self._operations)
            )
            self.slots_at = cython.cast(cython.pointer[cython.uint], address_of(self._slots))
        else:
            self.rows_at, self.operations_at = self._rows, self._operations
            self.slots_at = self._slots

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def load(
        self,
        offset: cython.longlong,
        offset_size: cython.longlong,
        address_size: cython.longlong,
        version: cython.longlong,
    ) -> cython.longlong:
        """Digest the table at an offset, for units written like that. FINE or why not."""
        if (
            offset == self.offset
            and offset_size == self.offset_size
            and address_size == self.address_size
            and version == self.version
        ):
            return 0
        self.offset_size = offset_size
        self.address_size = address_size
        self.version = version
        self.offset = offset
        if self.budget < 0:
            self.offset = -1
            return 7
        self.reached = offset
        status: cython.longlong = self._read()
        self.budget -= self.reached - offset
        if status:
            self.offset = -1
        return status

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _read(self) -> cython.longlong:
        data = self.abbrev_at
        end: cython.longlong = self.abbrev_length
        at: cython.longlong = self.offset
        self.count = 0
        self.operation_count = 0
        self.dense = True
        if at < 0 or at >= end:
            return 1
        code: cython.longlong
        tag: cython.longlong
        flags: cython.longlong
        attribute: cython.longlong
        form: cython.longlong
        what: cython.longlong
        size: cython.longlong
        pending: cython.longlong
        named: cython.bint
        sibling: cython.bint
        row: cython.longlong
        first: cython.longlong
        next_at: cython.longlong
        while True:
            self.reached = at
            next_at = leb128_end(data, at, end)
            if next_at < 0:
                return 2
            code = _leb128(data, at)
            if code == 0:
                break
            at = next_at
            next_at = leb128_end(data, at, end)
            if next_at < 0 or next_at >= end:
                return 2
            tag = _leb128(data, at)
            if tag < 0 or tag > 0xFFFF:
                tag = 0xFFFF
            flags = self.tags_at[tag] if tag < self.tags_length else 0
            at = next_at
            if data[at]:
                flags |= 1
            at += 1
            if self.count >= self.row_room:
                return 9
            first = self.operation_count
            size = 0
            pending = 0
            named = False
            sibling = False
            while True:
                self.reached = at
                next_at = leb128_end(data, at, end)
                if next_at < 0:
                    return 2
                attribute = _leb128(data, at)
                at = next_at
                next_at = leb128_end(data, at, end)
                if next_at < 0:
                    return 2
                form = _leb128(data, at)
                at = next_at
                if attribute == 0 and form == 0:
                    break
                what = _wanted(attribute, flags)
                if what == 1 or what == 4:
                    named = True
                elif what == 5:
                    sibling = True
                if not self.operation_for(form, what):
                    self.code = 6  # a form that is not known: met in an entry, it is damage
                    self.operand = -1
                elif form == 0x21:  # implicit_const
                    next_at = leb128_end(data, at, end)
                    if next_at < 0:
                        return 2
                    if self.code & 15 == 9:
                        self.operand = _signed(data, at, next_at)
                    at = next_at
                if self.code == 1:
                    pending += self.operand
                    if size >= 0:
                        size += self.operand
                    continue
                if self.code & 15 == 7:
                    if size >= 0:
                        size += self.operand
                elif self.code & 15 != 9:
                    size = -1
                form = self.code
                what = self.operand
                if pending:
                    if not self._add(1, pending):
                        return 9
                    pending = 0
                if not self._add(form, what):
                    return 9
            if pending and not self._add(1, pending):
                return 9
            if not self._add(0, 0):
                return 9
            if not named:
                flags &= ~(2 | 4 | 64)
            if not flags & 1:
                flags &= ~(4 | 8 | 16)
            if not sibling:
                flags &= ~16
            row = self.count * 4
            self.rows_at[row] = flags | tag << 16
            self.rows_at[row + 1] = size
            self.rows_at[row + 2] = first
            self.rows_at[row + 3] = code
            self.count += 1
            if code != self.count:
                self.dense = False
        if not self.dense:
            self._index()
        return 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _add(self, code: cython.longlong, operand: cython.longlong) -> cython.bint:
        if self.operation_count >= self.operation_room:
            return False
        self.operations_at[2 * self.operation_count] = code
        self.operations_at[2 * self.operation_count + 1] = operand
        self.operation_count += 1
        return True

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _index(self) -> cython.void:
        """Make the slots by which codes are found that do not count up from 1."""
        mask: cython.longlong = 2 * self.row_room - 1
        slot: cython.longlong
        row: cython.longlong
        for slot in range(mask + 1):
            self.slots_at[slot] = 0
        for row in range(self.count):
            slot = self.rows_at[4 * row + 3] & mask
            while self.slots_at[slot]:
                if self.rows_at[4 * (self.slots_at[slot] - 1) + 3] == self.rows_at[4 * row + 3]:
                    break  # the first of several with one code counts
                slot = (slot + 1) & mask
            else:
                self.slots_at[slot] = row + 1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def find(self, code: cython.longlong) -> cython.longlong:
        """The row of a code; -1 where there is none."""
        if self.dense:
            return code - 1 if 0 < code <= self.count else -1
        mask: cython.longlong = 2 * self.row_room - 1
        slot: cython.longlong = code & mask
        row: cython.longlong
        while True:
            row = self.slots_at[slot]
            if not row:
                return -1
            if self.rows_at[4 * (row - 1) + 3] == code:
                return row - 1
            slot = (slot + 1) & mask

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def operation_for(self, form: cython.longlong, what: cython.longlong) -> cython.bint:
        """Leave the operation for a value of that form in `code` and `operand`.

        False: the form is not known.
        """
        if 0x1F00 < form < 0x1F03:
            form = 64 + (form - 0x1F01)
        elif 0x1F1F < form < 0x1F22:
            form = 66 + (form - 0x1F20)
        elif form < 0 or form >= 64:
            return False
        length: cython.longlong = self.forms_at[2 * form]
        kind: cython.longlong = self.forms_at[2 * form + 1]
        if length == 39:
            return False
        if length == 32:
            length = self.offset_size
        elif length == 33:
            length = self.address_size
        elif length == 34:
            length = self.address_size if self.version < 3 else self.offset_size
        if what and length != 38 and not _suits(what, kind):
            what = 0
        if length == 38:
            self.code = 6 | what << 8
            self.operand = 0
        elif length == 35:
            self.code = 8 | what << 8 | kind << 16 if what else 2
            self.operand = 0
        elif length == 36:
            self.code = 3 | what << 8
            self.operand = 0
        elif length == 37:
            self.code = 5
            self.operand = 0
        elif length >= 40:
            self.code = 4
            self.operand = length - 40
        elif what and (kind == 10 or kind == 11):
            self.code = 9 | what << 8
            self.operand = 1
        elif what:
            self.code = 7 | what << 8 | kind << 16
            self.operand = length
        else:
            self.code = 1
            self.operand = length
        return True


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _wanted(attribute: cython.longlong, flags: cython.longlong) -> cython.longlong:
    """What is read of an attribute, in an entry of these flags; 0: nothing."""
    if flags & (2 | 4 | 64):
        if attribute == 0x03:  # DW_AT_name
            return 1
        if attribute == 0x47:  # DW_AT_specification
            return 4
        if flags & (2 | 64):
            if attribute == 0x0B:  # DW_AT_byte_size
                return 2
            if attribute == 0x3C:  # DW_AT_declaration
                return 3
    if flags & 16 and attribute == 0x01:  # DW_AT_sibling
        return 5
    if flags & 32:
        if attribute == 0x72:  # DW_AT_str_offsets_base
            return 6
        if attribute == 0x13:  # DW_AT_language
            return 7
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _suits(what: cython.longlong, kind: cython.longlong) -> cython.bint:
    """Whether a value of that kind can be what is wanted."""
    if what == 1:
        return 3 <= kind <= 7
    if what == 4 or what == 5:
        return kind == 8 or kind == 9
    return kind == 1 or kind == 2 or kind == 10 or kind == 11


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _leb128(
    data: cython.pointer[cython.const[cython.uchar]], at: cython.longlong
) -> cython.longlong:
    return leb128(data + at) if cython.compiled else leb128(data, at)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _signed(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    end: cython.longlong,
) -> cython.longlong:
    """The signed LEB128 number in data[at:end]; -1 where it needs more than 62 bits."""
    bits: cython.longlong = 7 * (end - at)
    value: cython.longlong = _leb128(data, at)
    if bits > 56:
        return -1
    if data[end - 1] & 0x40:
        value -= cython.cast(cython.longlong, 1) << bits if cython.compiled else 1 << bits
    return value
