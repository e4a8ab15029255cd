# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Walks the entries of DWARF units and keeps the named types.

An entry says nothing of its own length, so one has to step over all of them, attribute by
attribute (DWARF 5, sections 2.3 and 7.5.2). `core.dwarf_digest` has made that one addition for
most; only what may be a type, or have one inside, is looked at. Every read is within the unit.
"""

from __future__ import annotations

from prettify.core.tables import zeroes

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core.dwarf_digest import Digest
    from cython.cimports.prettify.core.dwarf_names import Names, address_of, start_of
    from cython.cimports.prettify.core.intrinsics import (
        leb128,
        leb128_end,
        load1,
        load2,
        load4,
        load8,
    )
else:
    from prettify.core.dwarf_digest import Digest
    from prettify.core.dwarf_names import Names
    from prettify.core.plain_bytes import leb128, leb128_end

COMPILED: bool = cython.compiled

# Columns of the table of units. All but RESULT_* are given; offsets are those in the section.
SECTION, START, FIRST, STOP, VERSION, OFFSET_SIZE, ADDRESS_SIZE, TABLE, STRING_BASE = range(9)
RESULT, RESULT_AT, RESULT_LANGUAGE, SKIPPED = 9, 10, 11, 12
UNIT_COLUMNS = 13

# Flags of what is found, above its tag.
DECLARED = 1 << 16
LOCAL = 1 << 17  # to a function

MAX_SCOPES = 1000  # within each other
# Of a scope that is open: depth of what is in it, name, tag, position, row (-2: not asked for yet),
# parent (-2: the scope below), whether it is a function.
_STACK_COLUMNS = 7


@cython.final
@cython.cclass
class Scanner:
    """Walks units of one file, for one thread. `names` is what it has found.

    sections: .debug_info, .debug_types, .debug_str_offsets. wanted: the one name to find, in bytes
    with a final NUL; empty: all.
    """

    def __init__(
        self,
        sections: tuple[memoryview, memoryview, memoryview],
        big_endian: bool,
        digest: Digest,
        names: Names,
        wanted: bytes,
    ) -> None:
        self._sections = sections
        self._wanted = wanted
        self.wanted_length = len(wanted)
        self.big = big_endian
        self.digest = digest
        self.names = names
        self._text_lengths = zeroes("q", 5)
        for index in range(5):
            self._text_lengths[index] = len(names.texts[index])
        self._stack = zeroes("q", MAX_SCOPES * _STACK_COLUMNS)
        self.offsets_length = len(sections[2])
        self.info_length = len(sections[0])
        self._declared = zeroes("q", 3 * 256)
        self.declared_room = 256
        self.declared_count = 0
        self.stack_count = 0
        self.functions = 0
        if cython.compiled:
            self.info_at = cython.cast(
                cython.pointer[cython.const[cython.uchar]], start_of(sections[0])
            )
            self.types_at = cython.cast(
                cython.pointer[cython.const[cython.uchar]], start_of(sections[1])
            )
            self.offsets_at = cython.cast(
                cython.pointer[cython.const[cython.uchar]], start_of(sections[2])
            )
            self.wanted_at = cython.cast(cython.pointer[cython.const[cython.uchar]], wanted)
            self.lengths_at = cython.cast(
                cython.pointer[cython.longlong], address_of(self._text_lengths)
            )
            self.stack_at = cython.cast(cython.pointer[cython.longlong], address_of(self._stack))
            self.declared_at = cython.cast(
                cython.pointer[cython.longlong], address_of(self._declared)
            )
        else:
            self.info_at, self.types_at, self.offsets_at = sections
            self.wanted_at = wanted
            self.lengths_at = self._text_lengths
            self.stack_at = self._stack
            self.declared_at = self._declared

    def scan(self, units: memoryview, first: cython.longlong, count: cython.longlong) -> None:
        """Walk `count` units of that table, from `first` on, and fill in their results."""
        index: cython.longlong = first
        if cython.compiled:
            units_at = cython.cast(cython.pointer[cython.longlong], address_of(units))
        else:
            units_at = units
        while index < first + count:
            with cython.nogil:
                while index < first + count:
                    self._unit(units_at, index * 13)
                    if units_at[index * 13 + 9] >= 8:
                        break
                    index += 1
            if index < first + count:  # what is found is found once: the unit is walked again
                if units[index * 13 + 9] == 9:
                    self.digest.grow()
                elif self.declared_count >= self.declared_room:
                    self._declare_more()
                else:
                    self.names.grow()

    def _declare_more(self) -> None:
        self.declared_room *= 4
        self._declared = zeroes("q", 3 * self.declared_room)
        if cython.compiled:
            self.declared_at = cython.cast(
                cython.pointer[cython.longlong], address_of(self._declared)
            )
        else:
            self.declared_at = self._declared

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _unit(self, units: cython.pointer[cython.longlong], unit: cython.longlong) -> cython.void:
        """Walk the unit whose row begins at units[unit]."""
        if units[unit + 12]:
            return
        status: cython.longlong = self.digest.load(
            units[unit + 7], units[unit + 5], units[unit + 6], units[unit + 4]
        )
        units[unit + 10] = -1
        if not status:
            self.declared_count = 0
            self.stack_count = 0
            self.functions = 0
            status = self._walk(units, unit)
        units[unit + 9] = status

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _walk(
        self, units: cython.pointer[cython.longlong], unit: cython.longlong
    ) -> cython.longlong:
        """Walk the entries. 0, or why that ended early, and where, in the unit's row."""
        section: cython.longlong = units[unit]
        data = self.types_at if section else self.info_at
        end: cython.longlong = units[unit + 3]
        at: cython.longlong = units[unit + 2]
        base: cython.longlong = units[unit + 8]
        big: cython.bint = self.big
        rows = self.digest.rows_at
        operations = self.digest.operations_at
        stack = self.stack_at
        dense: cython.longlong = self.digest.count if self.digest.dense else 0
        depth: cython.longlong = 0
        scope_depth: cython.longlong = -1  # of what is in the innermost scope
        start: cython.longlong
        code: cython.longlong
        row: cython.longlong
        flags: cython.longlong
        size: cython.longlong
        operation: cython.longlong
        operand: cython.longlong
        what: cython.longlong
        value: cython.longlong
        name: cython.longlong
        name_kind: cython.longlong
        size_value: cython.longlong
        declaration: cython.bint
        specification: cython.longlong
        sibling: cython.longlong
        next_at: cython.longlong
        step: cython.longlong
        status: cython.longlong
        while at < end:
            start = at
            code = data[at]
            at += 1
            if code == 0:
                depth -= 1
                if depth <= 0:
                    break
                if depth < scope_depth:
                    self.stack_count -= 1
                    row = self.stack_count * 7
                    self.functions -= stack[row + 6]
                    scope_depth = stack[row - 7] if self.stack_count else -1
                continue
            if code >= 0x80:
                at = leb128_end(data, start, end)
                if at < 0:
                    units[unit + 10] = start
                    return 5
                code = _leb128(data, start)
            if 0 < code <= dense:
                row = (code - 1) * 4
            else:
                row = self.digest.find(code) * 4
                if row < 0:
                    units[unit + 10] = start
                    return 3
            flags = rows[row]
            size = rows[row + 1]
            if size >= 0:
                if size > end - at:
                    units[unit + 10] = start
                    return 5
                if not flags & 126:
                    at += size
                    depth += flags & 1
                    continue
            name_kind = 0
            name = 0
            size_value = -1
            declaration = False
            specification = -1
            sibling = -1
            step = 2 * rows[row + 2]
            operation = operations[step]
            operand = operations[step + 1]
            while operation:
                code = operation & 15
                next_at = at
                if code == 1:
                    next_at = at + operand
                elif code == 2 or code == 8:
                    next_at = leb128_end(data, at, end)
                elif code == 3:
                    while next_at < end and data[next_at]:
                        next_at += 1
                    next_at += 1
                elif code == 4:
                    next_at = at + operand
                    if next_at <= end:
                        next_at += _number(data, at, operand, big)
                elif code == 5:
                    next_at = leb128_end(data, at, end)
                    if next_at >= 0:
                        value = _leb128(data, at)
                        next_at = next_at + value if value <= end - next_at else -1
                elif code == 6:
                    next_at = leb128_end(data, at, end)
                    if next_at >= 0:
                        value = _leb128(data, at)
                        if (
                            operand < 0
                            or value == 0x21
                            or not self.digest.operation_for(value, operation >> 8 & 0xFF)
                        ):
                            units[unit + 10] = start
                            return 4
                        at = next_at
                        operation = self.digest.code
                        operand = self.digest.operand
                        continue
                elif code == 7:
                    next_at = at + operand
                if next_at < 0 or next_at > end:
                    units[unit + 10] = start
                    return 5
                what = operation >> 8 & 0xFF
                if what:
                    if code == 7:
                        value = _number(data, at, operand, big)
                    elif code == 8:
                        value = _leb128(data, at)
                        if operation >> 16 == 2 and data[next_at - 1] & 0x40:
                            value = -1
                    elif code == 9:
                        value = operand
                    else:
                        value = at
                    if what == 1:
                        name_kind = operation >> 16 if code != 3 else 7
                        name = value
                    elif what == 2:
                        size_value = value
                    elif what == 3:
                        declaration = value != 0
                    elif what == 4 or what == 5:
                        if operation >> 16 == 8:
                            value += units[unit + 1]
                        if what == 4:
                            specification = value
                        else:
                            sibling = value
                    elif what == 6:
                        if base < 0:
                            base = value
                    elif depth == 0:
                        units[unit + 11] = value
                at = next_at
                step += 2
                operation = operations[step]
                operand = operations[step + 1]
            if flags & 126 == 0:
                depth += flags & 1
                continue
            if flags & 32 and base < 0:
                # Split units have no say in it: theirs is the only part, behind its header.
                base = 0 if units[unit + 4] < 5 else 8 if units[unit + 5] == 4 else 16
            if flags & 70:
                name = self._reference(name_kind, name, base, units[unit + 5], section)
                status = self._entry(
                    flags,
                    start + (self.info_length if section else 0),
                    name,
                    size_value,
                    declaration,
                    specification + (self.info_length if section and specification >= 0 else 0),
                    depth + 1,
                )
                if status:
                    units[unit + 10] = start
                    return status
            elif flags & 9 == 9 and not self.functions:
                if not self._push(depth + 1, -1, 0, -1, -1, -2, 1):
                    units[unit + 10] = start
                    return 6
            if flags & 16 and at < sibling <= end:
                at = sibling
                continue
            depth += flags & 1
            if self.stack_count:
                scope_depth = stack[(self.stack_count - 1) * 7]
        return 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _reference(
        self,
        kind: cython.longlong,
        value: cython.longlong,
        base: cython.longlong,
        offset_size: cython.longlong,
        section: cython.longlong,
    ) -> cython.longlong:
        """The name that an attribute's value stands for; -1: there is none."""
        text: cython.longlong
        if kind == 7:
            return value | (2 + section) << 56
        if kind == 5:
            # base + value * offset_size, without overflow
            if base < 0 or value < 0 or base > self.offsets_length:
                return -1
            if value >= (self.offsets_length - base) // offset_size:
                return -1
            value = _number(self.offsets_at, base + value * offset_size, offset_size, self.big)
            text = 0
        elif kind == 3:
            text = 0
        elif kind == 4:
            text = 1
        elif kind == 6:
            text = 4
        else:
            return -1
        if value < 0 or value >= self.lengths_at[text]:
            return -1
        return value | text << 56

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _entry(
        self,
        flags: cython.longlong,
        position: cython.longlong,
        name: cython.longlong,
        size: cython.longlong,
        declaration: cython.bint,
        specification: cython.longlong,
        depth: cython.longlong,
    ) -> cython.longlong:
        """Keep a type, open a scope. `depth` is that of what is inside. 0, or TOO_DEEP or FULL."""
        parent: cython.longlong = -2
        scope: cython.longlong
        kind: cython.longlong
        row: cython.longlong
        if specification >= 0:
            row = self._find_declared(specification)
            if row >= 0:
                if name < 0:
                    name = self.declared_at[row + 1]
                parent = self.declared_at[row + 2]
        if name < 0:
            return 0
        if flags & 66 and (flags & 2 or not self.functions):
            if declaration or self.wanted_length == 0 or self._is_wanted(name):
                if parent != -2:
                    scope = parent
                else:
                    scope = self._scope()
                    if scope == -2:
                        return 8
                if declaration:
                    if self.declared_count >= self.declared_room:
                        return 8
                    row = self.declared_count * 3
                    self.declared_at[row] = position
                    self.declared_at[row + 1] = name
                    self.declared_at[row + 2] = scope
                    self.declared_count += 1
                if self.wanted_length == 0 or self._is_wanted(name):
                    kind = flags >> 16
                    if declaration:
                        kind |= 0x10000
                    if self.functions:
                        kind |= 0x20000
                    if not self.names.insert(position, name, size, kind, scope, -1):
                        return 8
        if flags & 5 == 5 and not self._push(depth, name, flags >> 16, position, -2, parent, 0):
            return 6
        return 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _push(
        self,
        depth: cython.longlong,
        name: cython.longlong,
        tag: cython.longlong,
        position: cython.longlong,
        row: cython.longlong,
        parent: cython.longlong,
        function: cython.longlong,
    ) -> cython.bint:
        """Open a scope or, to what is outside of it, close all of them."""
        if self.stack_count >= 1000:
            return False
        at: cython.longlong = self.stack_count * 7
        self.stack_at[at] = depth
        self.stack_at[at + 1] = name
        self.stack_at[at + 2] = tag
        self.stack_at[at + 3] = position
        self.stack_at[at + 4] = row
        self.stack_at[at + 5] = parent
        self.stack_at[at + 6] = function
        self.functions += function
        self.stack_count += 1
        return True

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _scope(self) -> cython.longlong:
        """The row of the innermost scope; -1: there is none, -2: there is no room."""
        if not self.stack_count:
            return -1
        index: cython.longlong = self.stack_count - 1
        at: cython.longlong = index * 7
        # Most scopes are the program's own, in which nothing is declared: they get no row.
        while index > 0 and self.stack_at[at + 4] == -2 and self.stack_at[at + 5] == -2:
            index -= 1
            at -= 7
        row: cython.longlong = -1
        while index < self.stack_count:
            at = index * 7
            if self.stack_at[at + 4] == -2:
                if self.stack_at[at + 5] != -2:
                    row = self.stack_at[at + 5]
                row = self.names.scope_row(
                    row, self.stack_at[at + 1], self.stack_at[at + 2], self.stack_at[at + 3]
                )
                if row == -1:
                    return -2
                if row == -2:
                    row = -1
                self.stack_at[at + 4] = row
            row = self.stack_at[at + 4]
            index += 1
        return row

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _is_wanted(self, name: cython.longlong) -> cython.bint:
        """Whether a name is the one to find."""
        text = self.names.text_of(name)
        offset: cython.longlong = 0xFFFFFFFFFFFFFF
        at: cython.longlong = name & offset
        index: cython.longlong = 0
        while index < self.wanted_length:
            if text[at + index] != self.wanted_at[index]:
                return False
            index += 1
        return True

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _find_declared(self, position: cython.longlong) -> cython.longlong:
        """Where the declaration at a position is in the table of them; -1: it is not."""
        low: cython.longlong = 0
        high: cython.longlong = self.declared_count
        middle: cython.longlong
        while low < high:
            middle = (low + high) >> 1
            if self.declared_at[3 * middle] < position:
                low = middle + 1
            else:
                high = middle
        if low < self.declared_count and self.declared_at[3 * low] == position:
            return 3 * low
        return -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _number(
    data: cython.pointer[cython.const[cython.uchar]],
    at: cython.longlong,
    size: cython.longlong,
    big: cython.bint,
) -> cython.longlong:
    """The lowest 63 bits of the unsigned number of `size` bytes there."""
    if not cython.compiled:
        order = "big" if big else "little"
        return int.from_bytes(data[at : at + size], order) & (1 << 63) - 1  # type: ignore[arg-type]
    if size == 4:
        return load4(data + at, big)
    if size == 1:
        return load1(data + at)
    if size == 2:
        return load2(data + at, big)
    if size == 8:
        return load8(data + at, big) << 1 >> 1
    value: cython.longlong = 0
    index: cython.longlong
    for index in range(size):
        value = value << 8 | data[at + (index if big else size - 1 - index)]
    return value


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _leb128(
    data: cython.pointer[cython.const[cython.uchar]], at: cython.longlong
) -> cython.longlong:
    return leb128(data + at) if cython.compiled else leb128(data, at)
