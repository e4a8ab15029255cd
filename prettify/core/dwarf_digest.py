# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Abbreviations of DWARF (version 5, section 7.5.3) digested into how to step over an entry.

An entry whose attributes all have a fixed size is one addition. The others, and those of which
something is wanted, have operations: what to add, what to skip, what to read.

The columns of both tables are in `core.dwarf_codes`.
"""

from __future__ import annotations

from prettify.core.tables import zeroes

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core import dwarf_codes as codes
    from cython.cimports.prettify.core.dwarf_names import address_of, start_of
    from cython.cimports.prettify.core.intrinsics import leb128, leb128_end
else:
    from prettify.core import dwarf_codes as codes
    from prettify.core.plain_bytes import leb128, leb128_end

COMPILED: bool = cython.compiled

_ROWS, _OPERATIONS = 512, 4096  # that there is room for at first


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
        self._resize(_ROWS, _OPERATIONS)

    def grow(self) -> None:
        """Make room for a longer table."""
        self._resize(self.row_room * 4, self.operation_room * 4)

    def _resize(self, rows: int, operations: int) -> None:
        self.row_room, self.operation_room = rows, operations
        self._rows = zeroes("q", rows * codes.ROW_COLUMNS)
        self._operations = zeroes("q", operations * codes.OPERATION_COLUMNS)
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
            return codes.FINE
        self.offset_size = offset_size
        self.address_size = address_size
        self.version = version
        self.offset = offset
        if self.budget < 0:
            self.offset = -1
            return codes.TOO_MUCH
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
            return codes.NO_TABLE
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
                return codes.BAD_TABLE
            code = leb128(data, at)
            if code == 0:
                break
            at = next_at
            next_at = leb128_end(data, at, end)
            if next_at < 0 or next_at >= end:
                return codes.BAD_TABLE
            tag = leb128(data, at)
            if tag < 0 or tag > codes.TAG:
                tag = codes.TAG
            flags = self.tags_at[tag] if tag < self.tags_length else 0
            at = next_at
            if data[at]:
                flags |= codes.CHILDREN
            at += 1
            if self.count >= self.row_room:
                return codes.NEED_ROOM
            first = self.operation_count
            size = 0
            pending = 0
            named = False
            sibling = False
            while True:
                self.reached = at
                next_at = leb128_end(data, at, end)
                if next_at < 0:
                    return codes.BAD_TABLE
                attribute = leb128(data, at)
                at = next_at
                next_at = leb128_end(data, at, end)
                if next_at < 0:
                    return codes.BAD_TABLE
                form = leb128(data, at)
                at = next_at
                if attribute == 0 and form == 0:
                    break
                what = _wanted(attribute, flags)
                if what == codes.NAME or what == codes.SPECIFICATION:
                    named = True
                elif what == codes.SIBLING:
                    sibling = True
                if not self.operation_for(form, what):
                    self.code = (
                        codes.INDIRECT
                    )  # a form that is not known: met in an entry, it is damage
                    self.operand = -1
                elif form == codes.DW_FORM_implicit_const:
                    next_at = leb128_end(data, at, end)
                    if next_at < 0:
                        return codes.BAD_TABLE
                    if self.code & codes.ACTION == codes.READ_CONSTANT:
                        self.operand = _signed(data, at, next_at)
                    at = next_at
                if self.code == codes.SKIP:
                    pending += self.operand
                    if size >= 0:
                        size += self.operand
                    continue
                if self.code & codes.ACTION == codes.READ:
                    if size >= 0:
                        size += self.operand
                elif self.code & codes.ACTION != codes.READ_CONSTANT:
                    size = codes.NONE
                form = self.code
                what = self.operand
                if pending:
                    if not self._add(codes.SKIP, pending):
                        return codes.NEED_ROOM
                    pending = 0
                if not self._add(form, what):
                    return codes.NEED_ROOM
            if pending and not self._add(codes.SKIP, pending):
                return codes.NEED_ROOM
            if not self._add(codes.END, 0):
                return codes.NEED_ROOM
            if not named:
                flags &= ~codes.NAMED
            if not flags & codes.CHILDREN:
                flags &= ~codes.PARENTS
            if not sibling:
                flags &= ~codes.LEAF
            row = self.count * codes.ROW_COLUMNS
            self.rows_at[row + codes.ROW_FLAGS] = flags | tag << codes.TAG_SHIFT
            self.rows_at[row + codes.ROW_SIZE] = size
            self.rows_at[row + codes.ROW_FIRST] = first
            self.rows_at[row + codes.ROW_CODE] = code
            self.count += 1
            if code != self.count:
                self.dense = False
        if not self.dense:
            self._index()
        return codes.FINE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _add(self, code: cython.longlong, operand: cython.longlong) -> cython.bint:
        if self.operation_count >= self.operation_room:
            return False
        at: cython.longlong = self.operation_count * codes.OPERATION_COLUMNS
        self.operations_at[at + codes.OPERATION] = code
        self.operations_at[at + codes.OPERAND] = operand
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
        code: cython.longlong
        for slot in range(mask + 1):
            self.slots_at[slot] = 0
        for row in range(self.count):
            code = self._code_of(row)
            slot = code & mask
            while self.slots_at[slot]:
                if self._code_of(self.slots_at[slot] - 1) == code:
                    break  # the first of several with one code counts
                slot = (slot + 1) & mask
            else:
                self.slots_at[slot] = row + 1

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _code_of(self, row: cython.longlong) -> cython.longlong:
        return self.rows_at[row * codes.ROW_COLUMNS + codes.ROW_CODE]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def find(self, code: cython.longlong) -> cython.longlong:
        """The row of a code; NONE where there is none."""
        if self.dense:
            return code - 1 if 0 < code <= self.count else codes.NONE
        mask: cython.longlong = 2 * self.row_room - 1
        slot: cython.longlong = code & mask
        row: cython.longlong
        while True:
            row = self.slots_at[slot]
            if not row:
                return codes.NONE
            if self._code_of(row - 1) == code:
                return row - 1
            slot = (slot + 1) & mask

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def operation_for(self, form: cython.longlong, what: cython.longlong) -> cython.bint:
        """Leave the operation for a value of that form in `code` and `operand`.

        False: the form is not known.
        """
        if codes.DW_FORM_GNU_addr_index <= form <= codes.DW_FORM_GNU_str_index:
            form += codes.GNU_INDEX_FORMS - codes.DW_FORM_GNU_addr_index
        elif codes.DW_FORM_GNU_ref_alt <= form <= codes.DW_FORM_GNU_strp_alt:
            form += codes.GNU_ALT_FORMS - codes.DW_FORM_GNU_ref_alt
        elif form < 0 or form >= codes.STANDARD_FORMS:
            return False
        row: cython.longlong = form * codes.FORM_COLUMNS
        length: cython.longlong = self.forms_at[row + codes.FORM_LENGTH]
        kind: cython.longlong = self.forms_at[row + codes.FORM_KIND]
        if length == codes.UNKNOWN:
            return False
        if length == codes.OFFSET:
            length = self.offset_size
        elif length == codes.ADDRESS:
            length = self.address_size
        elif length == codes.ADDRESS_OR_OFFSET:
            length = (
                self.address_size
                if self.version < codes.FIRST_REF_ADDR_OF_OFFSETS
                else self.offset_size
            )
        if what and length != codes.ANY and not _suits(what, kind):
            what = codes.NOTHING
        read: cython.longlong = what << codes.WHAT_SHIFT
        if length == codes.ANY:
            self.code = codes.INDIRECT | read
            self.operand = 0
        elif length == codes.LEB128:
            self.code = codes.SKIP_LEB128
            if what:
                self.code = codes.READ_LEB128 | read | kind << codes.KIND_SHIFT
            self.operand = 0
        elif length == codes.NUL:
            self.code = codes.SKIP_STRING | read
            self.operand = 0
        elif length == codes.BLOCK_LEB128:
            self.code = codes.SKIP_LEB128_BLOCK
            self.operand = 0
        elif length >= codes.BLOCK:
            self.code = codes.SKIP_BLOCK
            self.operand = length - codes.BLOCK
        elif what and (kind == codes.PRESENT or kind == codes.CONSTANT):
            self.code = codes.READ_CONSTANT | read
            self.operand = 1
        elif what:
            self.code = codes.READ | read | kind << codes.KIND_SHIFT
            self.operand = length
        else:
            self.code = codes.SKIP
            self.operand = length
        return True


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _wanted(attribute: cython.longlong, flags: cython.longlong) -> cython.longlong:
    """What is read of an attribute, in an entry of these flags."""
    if flags & codes.NAMED:
        if attribute == codes.DW_AT_name:
            return codes.NAME
        if attribute == codes.DW_AT_specification:
            return codes.SPECIFICATION
        if flags & codes.KEPT:
            if attribute == codes.DW_AT_byte_size:
                return codes.SIZE
            if attribute == codes.DW_AT_declaration:
                return codes.DECLARATION
    if flags & codes.LEAF and attribute == codes.DW_AT_sibling:
        return codes.SIBLING
    if flags & codes.UNIT and attribute == codes.DW_AT_str_offsets_base:
        return codes.STRING_BASE
    return codes.NOTHING


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _suits(what: cython.longlong, kind: cython.longlong) -> cython.bint:
    """Whether a value of that kind can be what is wanted."""
    if what == codes.NAME:
        return codes.STRING <= kind <= codes.TEXT
    if what == codes.SPECIFICATION or what == codes.SIBLING:
        return kind == codes.UNIT_REFERENCE or kind == codes.REFERENCE
    return (
        kind == codes.NUMBER
        or kind == codes.SIGNED
        or kind == codes.PRESENT
        or kind == codes.CONSTANT
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _signed(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    end: cython.longlong,
) -> cython.longlong:
    """The signed LEB128 number in data[at:end]; -1 where it is too long."""
    bits: cython.longlong = codes.LEB128_BITS * (end - at)
    value: cython.longlong = leb128(data, at)
    if end - at > codes.SIGNED_BYTES:
        return -1
    if data[end - 1] & codes.LEB128_NEGATIVE:
        value -= cython.cast(cython.longlong, 1) << bits if cython.compiled else 1 << bits
    return value
