"""Assembles DWARF in memory, so that a test can say in a few lines which entries it reads.

    w = DwarfWriter(version=4)
    w.unit(
        die("base_type", label="int", name="int", byte_size=4, encoding=5),
        die("structure_type", name="node", byte_size=16, children=[
            die("member", name="next", type=ref("int"), data_member_location=0),
        ]),
    )
    blob = w.elf()          # or w.sections(): {".debug_info": ..., ...}

Attributes and tags are named as in the standard, without DW_AT_ and DW_TAG_; attributes may also be
given by number, in `more`. A plain value gets a usual form; `form` says another. Almost nothing
is checked: a test may well want entries that make no sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import elf_writer
from prettify.sources.dwarf import constants

Endian = Literal["little", "big"]

SIZES = {1: "data1", 2: "data2", 4: "data4", 8: "data8"}


class Form:
    """A value in a form of one's choice; `raw` bytes are written as they are."""

    def __init__(self, name: str | int, value: Value = 0, raw: bytes | None = None) -> None:
        self.number = name if isinstance(name, int) else getattr(constants, f"DW_FORM_{name}")
        self.value = value
        self.raw = raw


class Ref:
    """A reference to the entry of that label; with another form than ref4, perhaps."""

    def __init__(self, label: str, name: str = "ref4") -> None:
        self.label = label
        self.number: int = getattr(constants, f"DW_FORM_{name}")


Value: TypeAlias = "int | str | bool | bytes | Form | Ref"

form = Form
ref = Ref


class Die:
    """An entry, made by `die`."""

    def __init__(
        self,
        tag: int,
        label: str,
        attributes: Sequence[tuple[int, Value]],
        children: Sequence[Die] | None,
        sibling: bool,
    ) -> None:
        self.tag = tag
        self.label = label
        self.attributes = attributes
        self.children = children
        self.sibling = sibling


def die(
    tag: str | int,
    *,
    label: str = "",
    children: Sequence[Die] | None = None,
    sibling: bool = False,
    more: Mapping[int, Value] | None = None,
    **attributes: Value,
) -> Die:
    """An entry. An empty list of children: it may have some, but has none.

    sibling: DW_AT_sibling leads to the entry behind its children.
    """
    number = tag if isinstance(tag, int) else getattr(constants, f"DW_TAG_{tag}")
    pairs = [(getattr(constants, f"DW_AT_{name}"), value) for name, value in attributes.items()]
    return Die(number, label, [*pairs, *(more or {}).items()], children, sibling)


def uleb128(value: int, size: int = 1) -> bytes:
    """An unsigned LEB128 number, padded to `size` bytes at least."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    while len(out) < size:
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def sleb128(value: int) -> bytes:
    """A signed LEB128 number."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


class DwarfWriter:
    """Collects units. All have this version and these sizes unless `unit` says otherwise.

    merge: a name that ends another, longer one which is there already has no string of its own, as
    linkers do it. first_code: of each unit's abbreviations, which count up by `code_step`.
    """

    def __init__(
        self,
        version: int = 5,
        *,
        endian: Endian = "little",
        offset_size: int = 4,
        address_size: int = 8,
        merge: bool = False,
        first_code: int = 1,
        code_step: int = 1,
    ) -> None:
        self.version = version
        self.endian: Endian = endian
        self.offset_size = offset_size
        self.address_size = address_size
        self.merge = merge
        self.first_code = first_code
        self.code_step = code_step
        self.info = bytearray()
        self.types = bytearray()
        self.abbrev = bytearray()
        self.str = bytearray()
        self.line_str = bytearray()
        self.str_offsets = bytearray()
        self.supplement_str = bytearray()
        self.labels: dict[str, int] = {}
        """Where labelled entries are in their section."""
        self._patches: list[tuple[bytearray, int, int, str, int]] = []

    # --- Numbers and strings ---

    def number(self, value: int, size: int) -> bytes:
        """An integer of that size in this writer's byte order; negative ones wrap around."""
        return (value & ((1 << 8 * size) - 1)).to_bytes(size, self.endian)

    def offset(self, value: int) -> bytes:
        """An offset, of 4 or 8 bytes."""
        return self.number(value, self.offset_size)

    def string(self, name: str | bytes, pool: bytearray | None = None) -> int:
        """The offset of a name in .debug_str or another pool; equal names share one."""
        pool = self.str if pool is None else pool
        raw = (name.encode() if isinstance(name, str) else name) + b"\0"
        if pool.startswith(raw):
            return 0
        found = pool.find(raw if self.merge else b"\0" + raw)
        if found >= 0:
            return found if self.merge else found + 1
        pool += raw
        return len(pool) - len(raw)

    # --- Units ---

    def unit(
        self,
        *children: Die,
        version: int = 0,
        kind: str = "compile",
        signature: int = 0,
        type_label: str = "",
        strings: Sequence[str] = (),
        root: Mapping[str, Value] | None = None,
        table: int | None = None,
    ) -> int:
        """Add a unit of these entries; its offset in its section.

        kind: as in DW_UT; type units before DWARF 5 go to .debug_types. type_label: what such a
        unit is for. strings: those that form("strx…", index) means; they get a part of
        .debug_str_offsets, and the root says where. root: its attributes. table: the offset of the
        abbreviations, for a unit that brings none of its own.
        """
        version = version or self.version
        out = self.types if kind == "type" and version < 5 else self.info
        tag = {"type": "type_unit", "partial": "partial_unit", "skeleton": "skeleton_unit"}
        attributes = dict(root or {})
        if strings:
            base = self._string_offsets(strings, version)
            if version >= 5:
                attributes["str_offsets_base"] = Form("sec_offset", base)
        top = die(tag.get(kind, "compile_unit"), children=children, **attributes)
        start = len(out)
        codes: dict[object, int] = {}
        header = self._header(version, kind, len(self.abbrev) if table is None else table)
        length_size = 4 if self.offset_size == 4 else 12
        typed = kind.endswith("type")
        if typed or (version >= 5 and kind in ("skeleton", "split_compile")):
            header += self.number(signature, 8)
        first = start + length_size + len(header) + (self.offset_size if typed else 0)
        body = bytearray()
        patches: list[tuple[int, int, str]] = []
        self._write(top, version, body, first, codes, patches)
        if typed:
            header += self.offset(self.labels.get(type_label, start) - start)
        size = self.offset(len(header) + len(body))
        out += (b"\xff\xff\xff\xff" if length_size == 12 else b"") + size + header + body
        for at, number, label in patches:
            self._patches.append((out, first + at, number, label, start))
        if table is None:
            self._write_abbreviations(codes)
        return start

    def _header(self, version: int, kind: str, table: int) -> bytes:
        if version >= 5:
            number = getattr(constants, f"DW_UT_{kind}")
            return self.number(version, 2) + bytes((number, self.address_size)) + self.offset(table)
        return self.number(version, 2) + self.offset(table) + bytes((self.address_size,))

    def _string_offsets(self, strings: Sequence[str], version: int) -> int:
        offsets = b"".join(self.offset(self.string(name)) for name in strings)
        if version >= 5:
            length = self.offset(len(offsets) + 4)
            long = b"\xff\xff\xff\xff" if self.offset_size == 8 else b""
            self.str_offsets += long + length + self.number(5, 2) + self.number(0, 2)
        base = len(self.str_offsets)
        self.str_offsets += offsets
        return base

    def _write(
        self,
        entry: Die,
        version: int,
        out: bytearray,
        first: int,
        codes: dict[object, int],
        patches: list[tuple[int, int, str]],
    ) -> None:
        """Write an entry and what is below it; `first` is where `out` will be."""
        if entry.label:
            self.labels[entry.label] = first + len(out)
        attributes = list(entry.attributes)
        end_label = f"end {first + len(out)}"
        if entry.sibling:
            attributes.insert(0, (constants.DW_AT_sibling, Ref(end_label)))
        values = [
            (attribute, value if isinstance(value, (Form, Ref)) else self._usual(value, version))
            for attribute, value in attributes
        ]
        shape = []
        for attribute, value in values:
            constant = value.value if value.number == constants.DW_FORM_implicit_const else None  # type: ignore[union-attr]
            shape.append((attribute, value.number, constant))
        key = (entry.tag, entry.children is not None, tuple(shape))
        code = codes.setdefault(key, self.first_code + self.code_step * len(codes))
        out += uleb128(code)
        for _, value in values:
            if isinstance(value, Ref):
                size = self._reference_size(value.number, version)
                patches.append((len(out), value.number, value.label))
                out += bytes(size)
            else:
                out += self._value(value, version)
        if entry.children is not None:
            for child in entry.children:
                self._write(child, version, out, first, codes, patches)
            out += b"\0"
        if entry.sibling:
            self.labels[end_label] = first + len(out)

    def _usual(self, value: int | str | bool | bytes, version: int) -> Form:
        if isinstance(value, bool):
            return Form("flag_present") if value and version >= 4 else Form("flag", int(value))
        if isinstance(value, str):
            return Form("strp", value)
        if isinstance(value, bytes):
            return Form("exprloc" if version >= 4 else "block1", value)
        if value < 0:
            return Form("sdata", value)
        size = next(size for size in SIZES if value < 1 << 8 * size)
        return Form(SIZES[size], value)

    def _reference_size(self, number: int, version: int) -> int:
        if number == constants.DW_FORM_ref_addr:
            return self.address_size if version < 3 else self.offset_size
        if number == constants.DW_FORM_ref_udata:
            return 5
        if number in constants.OFFSET_FORMS:
            return self.offset_size
        return constants.FIXED_FORMS[number]

    def _value(self, value: Form, version: int) -> bytes:
        number, what = value.number, value.value
        if value.raw is not None:
            return value.raw
        text = what.encode() if isinstance(what, str) else what if isinstance(what, bytes) else b""
        if number == constants.DW_FORM_string:
            return text + b"\0"
        if number in constants.OFFSET_FORMS and not isinstance(what, int):
            pools = {
                constants.DW_FORM_line_strp: self.line_str,
                constants.DW_FORM_strp_sup: self.supplement_str,
                constants.DW_FORM_GNU_strp_alt: self.supplement_str,
            }
            return self.offset(self.string(text, pools.get(number, self.str)))
        if number in constants.BLOCK_FORMS:
            size = constants.BLOCK_FORMS[number]
            return (self.number(len(text), size) if size else uleb128(len(text))) + text
        if number == constants.DW_FORM_indirect:
            assert isinstance(what, Form)
            return uleb128(what.number) + self._value(what, version)
        assert isinstance(what, int)
        if number == constants.DW_FORM_sdata:
            return sleb128(what)
        if number in constants.LEB128_FORMS:
            return uleb128(what)
        if number in constants.ADDRESS_FORMS:
            return self.number(what, self.address_size)
        if number in constants.OFFSET_FORMS:
            return self.offset(what)
        if number == constants.DW_FORM_ref_addr:
            return self.number(what, self._reference_size(number, version))
        if number == constants.DW_FORM_implicit_const:
            return b""
        return self.number(what, constants.FIXED_FORMS[number])

    def _write_abbreviations(self, codes: Mapping[object, int]) -> None:
        for (tag, children, shape), code in codes.items():  # type: ignore[misc]
            self.abbrev += uleb128(code) + uleb128(tag) + bytes((children,))
            for attribute, number, constant in shape:
                self.abbrev += uleb128(attribute) + uleb128(number)
                if constant is not None:
                    self.abbrev += sleb128(constant)
            self.abbrev += b"\0\0"
        self.abbrev += b"\0"

    def _patch(self) -> None:
        for out, at, number, label, start in self._patches:
            target = self.labels[label]
            if number == constants.DW_FORM_ref_udata:
                out[at : at + 5] = uleb128(target - start, 5)
                continue
            local = number in constants.UNIT_REFERENCE_FORMS
            size = self._reference_size(number, self.version)
            out[at : at + size] = self.number(target - start if local else target, size)
        self._patches.clear()

    # --- The whole ---

    def sections(self) -> dict[str, bytes]:
        """The sections that are not empty, by name."""
        self._patch()
        parts: Iterator[tuple[str, bytearray]] = iter(
            (
                (".debug_info", self.info),
                (".debug_types", self.types),
                (".debug_abbrev", self.abbrev),
                (".debug_str", self.str),
                (".debug_line_str", self.line_str),
                (".debug_str_offsets", self.str_offsets),
            )
        )
        return {name: bytes(part) for name, part in parts if part}

    def elf(self, *, split: bool = False, more: Mapping[str, bytes] | None = None) -> bytes:
        """An ELF file of them. split: the sections are those of a .dwo file."""
        end = ".dwo" if split else ""
        sections = {name + end: part for name, part in self.sections().items()}
        return elf_writer.elf(
            {**sections, **(more or {})},
            bits=64 if self.address_size == 8 else 32,
            endian=self.endian,
        )
