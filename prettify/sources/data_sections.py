"""The data sections of BPF objects, laid out: how large they are, where their variables are.

Compilers leave that out of BTF, and who loads an object adds it from the ELF file. Rules: what the
kernel has of an object that libbpf loaded.
"""

from __future__ import annotations

from prettify import model
from prettify.errors import TypeInfoError
from prettify.sources.elf_image import RELOCATABLE, SHT_NULL
from prettify.sources.elf_symbols import symbols_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.sources.btf import Btf
    from prettify.sources.elf_image import ElfImage

MACHINE = 247  # EM_BPF
STATIC = 0  # linkage of variables
# Variables that the loader sets to what the kernel is configured with; no section of the ELF file.
CONFIGURATION = ".kconfig"


def is_bpf_object(image: ElfImage) -> bool:
    """Whether an ELF file is BPF that no one has loaded yet."""
    return (image.kind, image.machine) == (RELOCATABLE, MACHINE)


def completed(btf: Btf, image: ElfImage) -> Btf:
    """The BTF of an ELF file with its data sections laid out, if these are of a BPF object.

    A section that contradicts itself stays as it is, which whoever asks for it is told. Raises
    TypeInfoError where the file's symbols are damaged.
    """
    if not is_bpf_object(image):
        return btf
    sections = list(_bare_sections(btf))
    variables = [btf.by_id(entry.type_id) for section in sections for entry in section.entries]
    places = _places(image, {variable.name for variable in variables}) if sections else {}
    done = []
    for section in sections:
        index, size = _in_file(image, section.name)
        if section.name == CONFIGURATION:
            done.append(_configuration(btf, section))
        elif size:
            entries = [_placed(btf, entry, index, places) for entry in section.entries]
            done.append(_section(section, size, entries))
    done = [section for section in done if section.size <= model.MAX_SIZE]
    return btf.with_sections(done) if done else btf


def _bare_sections(btf: Btf) -> Iterator[model.Section]:
    """The sections that have variables and no size."""
    for type_id in btf.sections():
        try:
            section = btf.by_id(type_id)
            assert isinstance(section, model.Section)
            if section.entries and not section.size:
                for entry in section.entries:
                    model.size_of(btf.by_id(entry.type_id))
                yield section
        except TypeInfoError:
            continue


def _in_file(image: ElfImage, name: str) -> tuple[int, int]:
    """(index, bytes) of the section of that name, 0 bytes where there is none."""
    for section in image.sections:
        if section.name == name and section.kind != SHT_NULL:
            return section.index, section.size
    return 0, 0


def _places(image: ElfImage, names: set[str]) -> dict[tuple[int, str], int]:
    """Where variables of these names are in their sections, by the section's index and the name."""
    found = ((s.section, s.name, s.value) for s in symbols_of(image) if s.name in names)
    return {(index, name): value for index, name, value in found if value <= model.MAX_SIZE}


def _placed(
    btf: Btf, entry: model.SectionEntry, index: int, places: dict[tuple[int, str], int]
) -> model.SectionEntry:
    """A variable where it is. Of static ones, of which there may be two of a name, BTF knows."""
    variable = btf.by_id(entry.type_id)
    offset = entry.offset
    if isinstance(variable, model.Variable) and variable.linkage != STATIC:
        offset = places.get((index, variable.name), offset)
    return model.SectionEntry(entry.type_id, offset, entry.size)


def _configuration(btf: Btf, section: model.Section) -> model.Section:
    """The largest alignments first, of these the smallest variables, of these by their names."""

    def order(entry: model.SectionEntry) -> tuple[int, int, bytes]:
        variable = btf.by_id(entry.type_id)
        name = variable.name.encode("utf-8", "surrogateescape")
        return -_alignment(variable), entry.size, name

    end = 0
    entries = []
    for entry in sorted(section.entries, key=order):
        end += -end % _alignment(btf.by_id(entry.type_id))
        entries.append(model.SectionEntry(entry.type_id, end, entry.size))
        end += entry.size
    return _section(section, end, entries)


def _alignment(type_: model.Type) -> int:
    """Bytes that a variable of this type begins at a multiple of: scalars, and arrays of them."""
    for _ in range(model.MAX_DEPTH):
        type_ = model.strip(type_)
        if not isinstance(type_, (model.Variable, model.Array)):
            break
        type_ = type_.element if isinstance(type_, model.Array) else type_.target
    return min(max(model.size_of(type_), 1), 8)


def _section(section: model.Section, size: int, entries: list[model.SectionEntry]) -> model.Section:
    ordered = tuple(sorted(entries, key=lambda entry: entry.offset))
    return model.Section(section.graph, section.id, section.name, size, ordered)
