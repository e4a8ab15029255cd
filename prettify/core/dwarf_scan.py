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
    from cython.cimports.prettify.core import dwarf_codes as codes
    from cython.cimports.prettify.core.dwarf_digest import Digest
    from cython.cimports.prettify.core.dwarf_names import Names, address_of, start_of
    from cython.cimports.prettify.core.dwarf_recorder import Recorder
    from cython.cimports.prettify.core.intrinsics import (
        leb128,
        leb128_end,
        load1,
        load2,
        load4,
        load8,
    )
else:
    from prettify.core import dwarf_codes as codes
    from prettify.core.dwarf_digest import Digest
    from prettify.core.dwarf_names import Names
    from prettify.core.dwarf_recorder import Recorder
    from prettify.core.plain_bytes import leb128, leb128_end

COMPILED: bool = cython.compiled


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
        self.big = big_endian
        self.digest = digest
        self.names = names
        self.recorder = Recorder(names, wanted)
        self._text_lengths = zeroes("q", codes.TEXTS)
        for index in range(codes.TEXTS):
            self._text_lengths[index] = len(names.texts[index])
        self.offsets_length = len(sections[2])
        self.info_length = len(sections[0])
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
            self.lengths_at = cython.cast(
                cython.pointer[cython.longlong], address_of(self._text_lengths)
            )
        else:
            self.info_at, self.types_at, self.offsets_at = sections
            self.lengths_at = self._text_lengths

    def scan(self, units: memoryview, first: cython.longlong, count: cython.longlong) -> None:
        """Walk `count` units of that table, from `first` on, and fill in their results."""
        index: cython.longlong = first
        result: cython.longlong = codes.FINE
        if cython.compiled:
            units_at = cython.cast(cython.pointer[cython.longlong], address_of(units))
        else:
            units_at = units
        while index < first + count:
            with cython.nogil:
                while index < first + count:
                    self._unit(units_at, index * codes.UNIT_COLUMNS)
                    result = units_at[index * codes.UNIT_COLUMNS + codes.UNIT_RESULT]
                    if result >= codes.FULL:
                        break
                    index += 1
            if index < first + count:  # what is found is found once: the unit is walked again
                if result == codes.NEED_ROOM:
                    self.digest.grow()
                else:
                    self.recorder.grow()

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _unit(self, units: cython.pointer[cython.longlong], unit: cython.longlong) -> cython.void:
        """Walk the unit whose row begins at units[unit]."""
        if units[unit + codes.UNIT_SKIPPED]:
            return
        status: cython.longlong = self.digest.load(
            units[unit + codes.UNIT_TABLE],
            units[unit + codes.UNIT_OFFSET_SIZE],
            units[unit + codes.UNIT_ADDRESS_SIZE],
            units[unit + codes.UNIT_VERSION],
        )
        units[unit + codes.UNIT_RESULT_AT] = codes.NONE
        if status == codes.FINE:
            self.recorder.begin()
            status = self._walk(units, unit)
        units[unit + codes.UNIT_RESULT] = status

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _walk(
        self, units: cython.pointer[cython.longlong], unit: cython.longlong
    ) -> cython.longlong:
        """Walk the entries. FINE, or why that ended early, and where, in the unit's row."""
        section: cython.longlong = units[unit + codes.UNIT_SECTION]
        data = self.types_at if section else self.info_at
        end: cython.longlong = units[unit + codes.UNIT_STOP]
        at: cython.longlong = units[unit + codes.UNIT_FIRST]
        base: cython.longlong = units[unit + codes.UNIT_STRING_BASE]
        offset_size: cython.longlong = units[unit + codes.UNIT_OFFSET_SIZE]
        in_front: cython.longlong = self.info_length if section else 0
        big: cython.bint = self.big
        rows = self.digest.rows_at
        operations = self.digest.operations_at
        dense: cython.longlong = self.digest.count if self.digest.dense else 0
        depth: cython.longlong = 0
        scope_depth: cython.longlong = codes.NONE  # of what is in the innermost scope
        start: cython.longlong
        code: cython.longlong
        row: cython.longlong
        flags: cython.longlong
        size: cython.longlong
        operation: cython.longlong
        operand: cython.longlong
        action: cython.longlong
        what: cython.longlong
        kind: cython.longlong
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
                    self.recorder.close()
                    scope_depth = self.recorder.depth
                continue
            if code >= codes.LEB128_MORE:
                at = leb128_end(data, start, end)
                if at < 0:
                    return _ended(units, unit, start, codes.CUT_SHORT)
                code = leb128(data, start)
            if 0 < code <= dense:
                row = (code - 1) * codes.ROW_COLUMNS
            else:
                row = self.digest.find(code) * codes.ROW_COLUMNS
                if row < 0:
                    return _ended(units, unit, start, codes.NO_CODE)
            flags = rows[row + codes.ROW_FLAGS]
            size = rows[row + codes.ROW_SIZE]
            if size >= 0:
                if size > end - at:
                    return _ended(units, unit, start, codes.CUT_SHORT)
                if not flags & codes.LOOKED_AT:
                    at += size
                    depth += flags & codes.CHILDREN
                    continue
            name_kind = 0
            name = 0
            size_value = codes.NONE
            declaration = False
            specification = codes.NONE
            sibling = codes.NONE
            step = rows[row + codes.ROW_FIRST] * codes.OPERATION_COLUMNS
            operation = operations[step + codes.OPERATION]
            operand = operations[step + codes.OPERAND]
            while operation:
                action = operation & codes.ACTION
                next_at = at
                if action == codes.SKIP:
                    next_at = at + operand
                elif action == codes.SKIP_LEB128 or action == codes.READ_LEB128:
                    next_at = leb128_end(data, at, end)
                elif action == codes.SKIP_STRING:
                    while next_at < end and data[next_at]:
                        next_at += 1
                    next_at += 1
                elif action == codes.SKIP_BLOCK:
                    next_at = at + operand
                    if next_at <= end:
                        next_at += _number(data, at, operand, big)
                elif action == codes.SKIP_LEB128_BLOCK:
                    next_at = leb128_end(data, at, end)
                    if next_at >= 0:
                        value = leb128(data, at)
                        next_at = next_at + value if value <= end - next_at else -1
                elif action == codes.INDIRECT:
                    next_at = leb128_end(data, at, end)
                    if next_at >= 0:
                        value = leb128(data, at)
                        if (
                            operand < 0
                            or value == codes.DW_FORM_implicit_const
                            or not self.digest.operation_for(
                                value, operation >> codes.WHAT_SHIFT & codes.WHAT
                            )
                        ):
                            return _ended(units, unit, start, codes.BAD_FORM)
                        at = next_at
                        operation = self.digest.code
                        operand = self.digest.operand
                        continue
                elif action == codes.READ:
                    next_at = at + operand
                if next_at < 0 or next_at > end:
                    return _ended(units, unit, start, codes.CUT_SHORT)
                what = operation >> codes.WHAT_SHIFT & codes.WHAT
                if what:
                    kind = operation >> codes.KIND_SHIFT
                    if action == codes.READ:
                        value = _number(data, at, operand, big)
                    elif action == codes.READ_LEB128:
                        value = leb128(data, at)
                        if kind == codes.SIGNED and data[next_at - 1] & codes.LEB128_NEGATIVE:
                            value = -1
                    elif action == codes.READ_CONSTANT:
                        value = operand
                    else:
                        value = at
                    if what == codes.NAME:
                        name_kind = kind if action != codes.SKIP_STRING else codes.TEXT
                        name = value
                    elif what == codes.SIZE:
                        size_value = value
                    elif what == codes.DECLARATION:
                        declaration = value != 0
                    elif what == codes.STRING_BASE:
                        if base < 0:
                            base = value
                    else:
                        if kind == codes.UNIT_REFERENCE:
                            value += units[unit + codes.UNIT_START]
                        if what == codes.SPECIFICATION:
                            specification = value
                        else:
                            sibling = value
                at = next_at
                step += codes.OPERATION_COLUMNS
                operation = operations[step + codes.OPERATION]
                operand = operations[step + codes.OPERAND]
            if not flags & codes.LOOKED_AT:
                depth += flags & codes.CHILDREN
                continue
            if flags & codes.UNIT and base < 0:
                base = _first_base(units[unit + codes.UNIT_VERSION], offset_size)
            if flags & codes.NAMED:
                if specification >= 0:
                    specification += in_front
                name = self._reference(name_kind, name, base, offset_size, section)
                status = self.recorder.entry(
                    flags,
                    start + in_front,
                    name,
                    size_value,
                    declaration,
                    specification,
                    depth + 1,
                )
                if status:
                    return _ended(units, unit, start, status)
            elif flags & codes.FUNCTION and not self.recorder.functions:
                status = self.recorder.function(depth + 1)
                if status:
                    return _ended(units, unit, start, status)
            if flags & codes.LEAF and at < sibling <= end:
                at = sibling
                continue
            depth += flags & codes.CHILDREN
            scope_depth = self.recorder.depth
        return codes.FINE

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
        """The name that an attribute's value stands for, or NONE."""
        text: cython.longlong
        if kind == codes.TEXT:
            text = codes.IN_TYPES if section else codes.IN_INFO
            return value | text << codes.TEXT_SHIFT
        if kind == codes.INDEXED_STRING:
            # base + value * offset_size, without overflow
            if base < 0 or value < 0 or base > self.offsets_length:
                return codes.NONE
            if value >= (self.offsets_length - base) // offset_size:
                return codes.NONE
            value = _number(self.offsets_at, base + value * offset_size, offset_size, self.big)
            text = codes.IN_STRINGS
        elif kind == codes.STRING:
            text = codes.IN_STRINGS
        elif kind == codes.LINE_STRING:
            text = codes.IN_LINE_STRINGS
        elif kind == codes.SUPPLEMENT_STRING:
            text = codes.IN_SUPPLEMENT
        else:
            return codes.NONE
        if value < 0 or value >= self.lengths_at[text]:
            return codes.NONE
        return value | text << codes.TEXT_SHIFT


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _ended(
    units: cython.pointer[cython.longlong],
    unit: cython.longlong,
    at: cython.longlong,
    why: cython.longlong,
) -> cython.longlong:
    """Note where a unit's walk ended early, and give the reason back."""
    units[unit + codes.UNIT_RESULT_AT] = at
    return why


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _first_base(version: cython.longlong, offset_size: cython.longlong) -> cython.longlong:
    """Where the strings' offsets of a split unit begin: it has the only part, and names none."""
    if version < codes.FIRST_WITH_HEADER:
        return 0
    return codes.LONG_OFFSETS_HEADER if offset_size == codes.LONG_OFFSET else codes.OFFSETS_HEADER


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
