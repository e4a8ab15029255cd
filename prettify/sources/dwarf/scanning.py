"""Runs `core.dwarf_scan` over units, in threads, and gives memory back on the way."""

from __future__ import annotations

import os

from prettify.core import dwarf_codes as codes
from prettify.core.dwarf_digest import Digest
from prettify.core.dwarf_names import Names
from prettify.core.dwarf_scan import Scanner
from prettify.core.dwarf_search import mark
from prettify.core.tables import table
from prettify.errors import TypeInfoError
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.units import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prettify.sources.dwarf.sections import Sections
    from prettify.sources.dwarf.units import Unit

BATCH = 1 << 22  # bytes of units that a thread takes at a time, and has in memory
MAX_JOBS = 16
BUDGET = 4  # how often each byte may be read as an abbreviation, one with another
SPARE = 1 << 18  # bytes of abbreviations that may be read in any case
BYTES_PER_NAME = 1024  # of .debug_info for each name that is new, about
POSITIVE = (1 << 63) - 1  # the bits of a 64-bit number without its sign
MIN_ROOM, MAX_ROOM = 64, 1 << 16  # names that there is room for at first

NAMED = {
    dw.DW_TAG_base_type: codes.TYPE,
    dw.DW_TAG_unspecified_type: codes.TYPE,
    dw.DW_TAG_typedef: codes.TYPE,
    dw.DW_TAG_template_alias: codes.TYPE,
    dw.DW_TAG_enumeration_type: codes.TYPE | codes.LEAF,
    dw.DW_TAG_structure_type: codes.TYPE | codes.SCOPE,
    dw.DW_TAG_class_type: codes.TYPE | codes.SCOPE,
    dw.DW_TAG_union_type: codes.TYPE | codes.SCOPE,
    dw.DW_TAG_interface_type: codes.TYPE | codes.SCOPE,
    dw.DW_TAG_variable: codes.VARIABLE,
    dw.DW_TAG_namespace: codes.SCOPE,
    dw.DW_TAG_module: codes.SCOPE,
    dw.DW_TAG_subprogram: codes.FUNCTION,
    dw.DW_TAG_lexical_block: codes.FUNCTION,
    # No type has its name in one of these, so what is in them is stepped over at once.
    dw.DW_TAG_array_type: codes.LEAF,
    dw.DW_TAG_subroutine_type: codes.LEAF,
    dw.DW_TAG_call_site: codes.LEAF,
    dw.DW_TAG_compile_unit: codes.UNIT,
    dw.DW_TAG_partial_unit: codes.UNIT,
    dw.DW_TAG_type_unit: codes.UNIT,
    dw.DW_TAG_skeleton_unit: codes.UNIT,
}

# Kinds of values, of the forms of which something is wanted.
VALUES = {
    dw.DW_FORM_flag_present: codes.PRESENT,
    dw.DW_FORM_implicit_const: codes.CONSTANT,
    dw.DW_FORM_sdata: codes.SIGNED,
    dw.DW_FORM_string: codes.TEXT,
    dw.DW_FORM_strp: codes.STRING,
    dw.DW_FORM_line_strp: codes.LINE_STRING,
    dw.DW_FORM_ref_addr: codes.REFERENCE,
    **dict.fromkeys(
        (
            dw.DW_FORM_data1,
            dw.DW_FORM_data2,
            dw.DW_FORM_data4,
            dw.DW_FORM_data8,
            dw.DW_FORM_udata,
            dw.DW_FORM_flag,
            dw.DW_FORM_sec_offset,
        ),
        codes.NUMBER,
    ),
    **dict.fromkeys(dw.STRING_INDEX_FORMS, codes.INDEXED_STRING),
    **dict.fromkeys(dw.SUPPLEMENT_STRING_FORMS, codes.SUPPLEMENT_STRING),
    **dict.fromkeys(dw.UNIT_REFERENCE_FORMS, codes.UNIT_REFERENCE),
}
LENGTHS = {
    dw.DW_FORM_string: codes.NUL,
    dw.DW_FORM_indirect: codes.ANY,
    dw.DW_FORM_ref_addr: codes.ADDRESS_OR_OFFSET,
    **dw.FIXED_FORMS,
    **dict.fromkeys(dw.OFFSET_FORMS, codes.OFFSET),
    **dict.fromkeys(dw.ADDRESS_FORMS, codes.ADDRESS),
    **dict.fromkeys(dw.LEB128_FORMS, codes.LEB128),
    **{
        form: codes.BLOCK + size if size else codes.BLOCK_LEB128
        for form, size in dw.BLOCK_FORMS.items()
    },
}
# GNU's forms have rows behind the standard's.
ROWS = {
    dw.DW_FORM_GNU_addr_index: codes.GNU_INDEX_FORMS,
    dw.DW_FORM_GNU_str_index: codes.GNU_INDEX_FORMS + 1,
    dw.DW_FORM_GNU_ref_alt: codes.GNU_ALT_FORMS,
    dw.DW_FORM_GNU_strp_alt: codes.GNU_ALT_FORMS + 1,
}
DAMAGE = {
    codes.NO_TABLE: "its abbreviations are past the end of .debug_abbrev",
    codes.BAD_TABLE: "its abbreviations are cut short",
    codes.NO_CODE: "an entry has an abbreviation that does not exist",
    codes.BAD_FORM: "an entry has an attribute of unknown form",
    codes.CUT_SHORT: "an entry runs past the end of its unit",
    codes.TOO_DEEP: f"more than {codes.MAX_SCOPES} scopes within each other",
    codes.TOO_MUCH: "too many long tables of abbreviations",
}


def _forms() -> memoryview:
    numbers = [codes.UNKNOWN, 0] * codes.FORMS
    for form, length in LENGTHS.items():
        row = ROWS.get(form, form) * codes.FORM_COLUMNS
        numbers[row + codes.FORM_LENGTH] = length
        numbers[row + codes.FORM_KIND] = VALUES.get(form, 0)
    return table("q", numbers)


def _tags() -> memoryview:
    return table("q", [NAMED.get(tag, 0) for tag in range(max(NAMED) + 1)])


class Scan:
    """A scan of units of one file: all names, or the one that is wanted (its bytes).

    jobs: threads, 0: as many as there are processors. needles: bytes of which some are in every
    unit that can matter; none: all units do. `damage` is an error about the first damaged unit, if
    any, which is at `damaged_at`, else -1.
    """

    __slots__ = ("damage", "damaged_at", "jobs", "names", "needles", "sections", "wanted")

    def __init__(self, sections: Sections, wanted: bytes = b"", jobs: int = 0) -> None:
        self.sections = sections
        self.wanted = wanted + b"\0" if wanted else b""
        self.jobs = jobs or min(_processors(), MAX_JOBS)
        self.needles: tuple[bytes, ...] = ()
        self.damage: TypeInfoError | None = None
        self.damaged_at = -1
        length = len(sections.info) + len(sections.types)
        room = max(MIN_ROOM, min(length // BYTES_PER_NAME, MAX_ROOM))
        self.names = Names(_texts(sections), MIN_ROOM if wanted else room)

    def run(self, units: Sequence[Unit], done: Callable[[], bool] | None = None) -> None:
        """Walk these units, until it is done, which is asked now and then, if ever."""
        rows = unit_table(units)
        batches = _batches(units)
        jobs = min(self.jobs, len(batches)) or 1
        scanners = [self._scanner(self.names)]
        while len(scanners) < jobs:
            scanners.append(self._scanner(Names(self.names.texts, self.names.room)))
        at, wave = 0, jobs if done is not None else len(batches)
        while at < len(batches):
            self._walk(scanners, units, rows, batches[at : at + wave])
            at += wave
            wave *= 2
            if done is not None and done():
                break
        self._note_damage(units, rows)

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

    def _walk(
        self,
        scanners: list[Scanner],
        units: Sequence[Unit],
        rows: memoryview,
        batches: list[tuple[int, int]],
    ) -> None:
        """Walk these batches, each scanner in a thread of its own."""
        left = iter(batches)  # getting the next one of a list is one step to all threads
        if len(scanners) == 1 or len(batches) == 1:
            self._work(scanners[0], units, rows, left)
            return
        from threading import Thread

        failed: list[BaseException] = []

        def work(scanner: Scanner) -> None:
            try:
                self._work(scanner, units, rows, left)
            except BaseException as error:
                failed.append(error)

        threads = [Thread(target=work, args=(scanner,)) for scanner in scanners[1:]]
        for thread in threads:
            thread.start()
        work(scanners[0])
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        for scanner in scanners[1:]:
            self.names.merge(scanner.names)

    def _work(
        self,
        scanner: Scanner,
        units: Sequence[Unit],
        rows: memoryview,
        batches: Iterator[tuple[int, int]],
    ) -> None:
        """What each thread does until nothing is left."""
        sections = self.sections
        for first, count in batches:
            if self.needles:
                mark((sections.info, sections.types), rows, first, count, self.needles)
            scanner.scan(rows, first, count)
            if not units[first].in_types:
                sections.release(units[first].position, units[first + count - 1].end)

    def _note_damage(self, units: Sequence[Unit], rows: memoryview) -> None:
        for index, unit in enumerate(units):
            row = index * codes.UNIT_COLUMNS
            status = rows[row + codes.UNIT_RESULT]
            if status:
                offset = rows[row + codes.UNIT_RESULT_AT]
                start = unit.position - unit.origin
                self.damaged_at = offset + unit.origin if offset >= 0 else unit.position
                self.damage = error(
                    self.sections,
                    f"damaged DWARF: the unit at {start:#x}: {DAMAGE[status]}",
                    self.damaged_at,
                )
                return


def _processors() -> int:
    """How many there are for this process, where the system says so."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _texts(sections: Sections) -> tuple[memoryview, ...]:
    """What names may be in. Strings end in a NUL, so what is behind the last one is left out."""
    supplement = sections.supplement
    texts = [sections.str, sections.line_str, sections.info, sections.types]
    texts.append(supplement.str if supplement is not None else memoryview(b""))
    for index in (codes.IN_STRINGS, codes.IN_LINE_STRINGS, codes.IN_SUPPLEMENT):
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
        columns = {
            codes.UNIT_SECTION: int(unit.in_types),
            codes.UNIT_START: unit.position - unit.origin,
            codes.UNIT_FIRST: unit.first_entry - unit.origin,
            codes.UNIT_STOP: unit.end - unit.origin,
            codes.UNIT_VERSION: unit.version,
            codes.UNIT_OFFSET_SIZE: unit.offset_size,
            codes.UNIT_ADDRESS_SIZE: unit.address_size,
            codes.UNIT_TABLE: unit.abbreviations_offset & POSITIVE,
            codes.UNIT_STRING_BASE: unit.string_offsets_base,
            codes.UNIT_RESULT: codes.FINE,
            codes.UNIT_RESULT_AT: codes.NONE,
            codes.UNIT_SKIPPED: 0,
        }
        numbers += map(columns.__getitem__, range(codes.UNIT_COLUMNS))
    return table("q", numbers)


def _batches(units: Sequence[Unit]) -> list[tuple[int, int]]:
    """(first, count) of units of about BATCH bytes, of one section each."""
    result = []
    first = 0
    for index, unit in enumerate(units, 1):
        if (
            index == len(units)
            or unit.in_types != units[index].in_types
            or unit.end - units[first].position >= BATCH
        ):
            result.append((first, index - first))
            first = index
    return result
