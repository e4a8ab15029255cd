"""Runs `core.dwarf_scan` over units, in threads, and gives memory back on the way."""

from __future__ import annotations

import os

from prettify.core import dwarf_digest as digest
from prettify.core import dwarf_scan
from prettify.core.dwarf_digest import Digest
from prettify.core.dwarf_names import Names
from prettify.core.dwarf_scan import Scanner
from prettify.core.tables import table
from prettify.errors import TypeInfoError
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.units import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.sources.dwarf.sections import Sections
    from prettify.sources.dwarf.units import Unit

BATCH = 1 << 22  # bytes of units that a thread takes at a time, and has in memory
MAX_JOBS = 16
BUDGET = 8  # how often each byte may be read as an abbreviation, one with another
SPARE = 1 << 20  # bytes of abbreviations that may be read in any case
BYTES_PER_NAME = 1024  # of .debug_info for each name that is new, about
MIN_ROOM, MAX_ROOM = 64, 1 << 16  # names that there is room for at first

NAMED = {
    dw.DW_TAG_base_type: digest.TYPE,
    dw.DW_TAG_unspecified_type: digest.TYPE,
    dw.DW_TAG_typedef: digest.TYPE,
    dw.DW_TAG_template_alias: digest.TYPE,
    dw.DW_TAG_enumeration_type: digest.TYPE | digest.LEAF,
    dw.DW_TAG_structure_type: digest.TYPE | digest.SCOPE,
    dw.DW_TAG_class_type: digest.TYPE | digest.SCOPE,
    dw.DW_TAG_union_type: digest.TYPE | digest.SCOPE,
    dw.DW_TAG_interface_type: digest.TYPE | digest.SCOPE,
    dw.DW_TAG_variable: digest.VARIABLE,
    dw.DW_TAG_namespace: digest.SCOPE,
    dw.DW_TAG_module: digest.SCOPE,
    dw.DW_TAG_subprogram: digest.FUNCTION,
    dw.DW_TAG_lexical_block: digest.FUNCTION,
    # No type has its name in one of these, so what is in them is stepped over at once.
    dw.DW_TAG_array_type: digest.LEAF,
    dw.DW_TAG_subroutine_type: digest.LEAF,
    dw.DW_TAG_call_site: digest.LEAF,
    dw.DW_TAG_compile_unit: digest.UNIT,
    dw.DW_TAG_partial_unit: digest.UNIT,
    dw.DW_TAG_type_unit: digest.UNIT,
    dw.DW_TAG_skeleton_unit: digest.UNIT,
}

# Kinds of values, of the forms of which something is wanted.
VALUES = {
    dw.DW_FORM_flag_present: digest.PRESENT,
    dw.DW_FORM_implicit_const: digest.CONSTANT,
    dw.DW_FORM_sdata: digest.SIGNED,
    dw.DW_FORM_string: digest.TEXT,
    dw.DW_FORM_strp: digest.STRING,
    dw.DW_FORM_line_strp: digest.LINE_STRING,
    dw.DW_FORM_ref_addr: digest.REFERENCE,
    **{
        form: digest.NUMBER
        for form in (
            dw.DW_FORM_data1,
            dw.DW_FORM_data2,
            dw.DW_FORM_data4,
            dw.DW_FORM_data8,
            dw.DW_FORM_udata,
            dw.DW_FORM_flag,
            dw.DW_FORM_sec_offset,
        )
    },
    **{form: digest.INDEXED_STRING for form in dw.STRING_INDEX_FORMS},
    **{form: digest.SUPPLEMENT_STRING for form in dw.SUPPLEMENT_STRING_FORMS},
    **{form: digest.UNIT_REFERENCE for form in dw.UNIT_REFERENCE_FORMS},
}
LENGTHS = {
    dw.DW_FORM_string: digest.NUL,
    dw.DW_FORM_indirect: digest.ANY,
    dw.DW_FORM_ref_addr: digest.ADDRESS_OR_OFFSET,
    **dw.FIXED_FORMS,
    **{form: digest.OFFSET for form in dw.OFFSET_FORMS},
    **{form: digest.ADDRESS for form in dw.ADDRESS_FORMS},
    **{form: digest.LEB128 for form in dw.LEB128_FORMS},
    **{
        form: digest.BLOCK + size if size else digest.BLOCK_LEB128
        for form, size in dw.BLOCK_FORMS.items()
    },
}
# GNU's forms have rows behind the standard's.
ROWS = {
    dw.DW_FORM_GNU_addr_index: 64,
    dw.DW_FORM_GNU_str_index: 65,
    dw.DW_FORM_GNU_ref_alt: 66,
    dw.DW_FORM_GNU_strp_alt: 67,
}
DAMAGE = {
    digest.NO_TABLE: "its abbreviations are past the end of .debug_abbrev",
    digest.BAD_TABLE: "its abbreviations are cut short",
    digest.NO_CODE: "an entry has an abbreviation that does not exist",
    digest.BAD_FORM: "an entry has an attribute of unknown form",
    digest.CUT_SHORT: "an entry runs past the end of its unit",
    digest.TOO_DEEP: f"more than {dwarf_scan.MAX_SCOPES} scopes within each other",
    digest.TOO_MUCH: "too many long tables of abbreviations",
}


def _forms() -> memoryview:
    numbers = [digest.UNKNOWN, 0] * digest.FORMS
    for form, length in LENGTHS.items():
        row = 2 * ROWS.get(form, form)
        numbers[row] = length
        numbers[row + 1] = VALUES.get(form, 0)
    return table("q", numbers)


def _tags() -> memoryview:
    return table("q", [NAMED.get(tag, 0) for tag in range(max(NAMED) + 1)])


class Scan:
    """A scan of units of one file: all names, or the one that is wanted (its bytes).

    jobs: threads, 0: as many as there are processors. `damage` is an error about the first
    damaged unit, if any.
    """

    __slots__ = ("damage", "jobs", "names", "sections", "wanted")

    def __init__(self, sections: Sections, wanted: bytes = b"", jobs: int = 0) -> None:
        self.sections = sections
        self.wanted = wanted + b"\0" if wanted else b""
        self.jobs = jobs or min(len(os.sched_getaffinity(0)), MAX_JOBS)
        self.damage: TypeInfoError | None = None
        length = len(sections.info) + len(sections.types)
        room = max(MIN_ROOM, min(length // BYTES_PER_NAME, MAX_ROOM))
        self.names = Names(_texts(sections), MIN_ROOM if wanted else room)

    def _scanner(self, names: Names) -> Scanner:
        sections = self.sections
        length = len(sections.info) + len(sections.types) + len(sections.abbrev)
        return Scanner(
            (sections.info, sections.types, sections.str_offsets),
            sections.byte_order == "big",
            Digest(sections.abbrev, _forms(), _tags(), BUDGET * length + SPARE),
            names,
            self.wanted,
        )

    def run(self, units: Sequence[Unit]) -> None:
        """Walk these units."""
        if not units:
            return
        rows = unit_table(units)
        batches = list(_batches(units))
        jobs = min(self.jobs, len(batches))
        if jobs <= 1:
            self._work(self.names, units, rows, iter(batches))
        else:
            self._in_threads(units, rows, batches, jobs)
        self._note_damage(units, rows)

    def _in_threads(
        self,
        units: Sequence[Unit],
        rows: memoryview,
        batches: list[tuple[int, int]],
        jobs: int,
    ) -> None:
        from threading import Thread

        # Getting the next one of a list is one step to all threads.
        left = iter(batches)
        parts = [self.names, *(Names(self.names.texts, self.names.room) for _ in range(1, jobs))]
        failed: list[BaseException] = []

        def work(names: Names) -> None:
            try:
                self._work(names, units, rows, left)
            except BaseException as error:
                failed.append(error)

        threads = [Thread(target=work, args=(part,)) for part in parts[1:]]
        for thread in threads:
            thread.start()
        work(parts[0])
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        for part in parts[1:]:
            self.names.merge(part)

    def _work(self, names: Names, units: Sequence[Unit], rows: memoryview, batches: object) -> None:
        scanner = self._scanner(names)
        for first, count in batches:  # type: ignore[attr-defined]
            scanner.scan(rows, first, count)
            if not units[first].in_types:
                self.sections.release(units[first].position, units[first + count - 1].end)

    def _note_damage(self, units: Sequence[Unit], rows: memoryview) -> None:
        if self.damage is not None:
            return
        columns = dwarf_scan.UNIT_COLUMNS
        for index, unit in enumerate(units):
            status = rows[index * columns + dwarf_scan.RESULT]
            if status:
                offset = rows[index * columns + dwarf_scan.RESULT_AT]
                where = offset + unit.origin if offset >= 0 else unit.position
                self.damage = error(
                    self.sections,
                    f"damaged DWARF: the unit at {unit.position - unit.origin:#x}: {DAMAGE[status]}",
                    where,
                )
                return


def _texts(sections: Sections) -> tuple[memoryview, ...]:
    """What names may be in. Strings end in a NUL, so what is behind the last one is left out."""
    supplement = sections.supplement
    texts = [sections.str, sections.line_str, sections.info, sections.types]
    texts.append(supplement.str if supplement is not None else memoryview(b""))
    for index in (0, 1, 4):
        texts[index] = texts[index][: _last_nul(texts[index]) + 1]
    return tuple(texts)


def _last_nul(text: memoryview) -> int:
    """Where the last NUL is; -1 where there is none."""
    end = len(text)
    while end > 0:
        start = max(0, end - 4096)
        found = bytes(text[start:end]).rfind(b"\0")
        if found >= 0:
            return start + found
        end = start
    return -1


def unit_table(units: Sequence[Unit]) -> memoryview:
    """The rows for the scanner."""
    numbers: list[int] = []
    for unit in units:
        numbers += (
            int(unit.in_types),
            unit.position - unit.origin,
            unit.first_entry - unit.origin,
            unit.end - unit.origin,
            unit.version,
            unit.offset_size,
            unit.address_size,
            unit.abbreviations_offset & 0x7FFFFFFFFFFFFFFF,
            unit.string_offsets_base,
            0,
            -1,
            -1,
        )
    return table("q", numbers)


def _batches(units: Sequence[Unit]) -> list[tuple[int, int]]:
    """(first, count) of units of about BATCH bytes."""
    result = []
    first = 0
    for index, unit in enumerate(units):
        if unit.end - units[first].position >= BATCH or index == len(units) - 1:
            result.append((first, index + 1 - first))
            first = index + 1
    return result
