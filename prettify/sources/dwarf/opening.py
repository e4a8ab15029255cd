"""Opens the DWARF of a file, wherever that is."""

from __future__ import annotations

from prettify.sources.dwarf.debug_files import find_debug_file
from prettify.sources.dwarf.graph import Dwarf
from prettify.sources.dwarf.languages import ALL
from prettify.sources.dwarf.sections import sections_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.sources.dwarf.languages import Languages
    from prettify.sources.elf_image import ElfImage


def open_dwarf(image: ElfImage, languages: Languages | None = None) -> Dwarf | None:
    """The DWARF of an ELF file, or of the separate file that it was moved to.

    None where there is neither. Raises TypeInfoError where it is damaged.
    """
    sections = sections_of(image)
    if sections is None:
        separate = find_debug_file(image)
        sections = sections_of(separate) if separate is not None else None
    if sections is None:
        return None
    return Dwarf(sections, f"{sections.path}(.debug_info)", languages or ALL)
