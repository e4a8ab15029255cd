"""Finds the files that debug information was moved to: separate ones, and what dwz shares.

The places are gdb's: "Debugging Information in Separate Files" of its manual.
"""

from __future__ import annotations

import os
import zlib

from prettify.errors import TypeInfoError
from prettify.sources.elf_image import open_elf_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.sources.elf_image import ElfImage

ROOTS = ("/usr/lib/debug",)
STEP = 1 << 22  # bytes of a file that are summed up at a time
SUPPLEMENT_VERSION = 5  # of .debug_sup


def find_debug_file(image: ElfImage) -> ElfImage | None:
    """The file that has the debug information of a file without it, or None."""
    build_id = image.build_id
    for path in _by_build_id(build_id):
        found = open_elf_image(path)
        if found is not None and found.build_id == build_id:
            return found
    link = _link(image)
    if link is None:
        return None
    name, checksum = link
    folder = os.path.dirname(os.path.realpath(image.path))
    folders = [folder, os.path.join(folder, ".debug")]
    folders += [os.path.join(root, folder.lstrip("/")) for root in ROOTS]
    for path in (os.path.join(folder, name) for folder in folders):
        found = open_elf_image(path)
        if found is None or _same_file(path, image.path):
            continue
        if build_id and found.build_id:
            if found.build_id == build_id:
                return found
        elif _checksum(found.data) == checksum:
            return found
    return None


def open_supplement(image: ElfImage) -> ElfImage | None:
    """The file that dwz moved common parts of this one's DWARF to, or None where it did not.

    Raises TypeInfoError where that file is not to be found.
    """
    named = _old_supplement(image) or _new_supplement(image)
    if named is None:
        return None
    name, build_id = named
    folder = os.path.dirname(os.path.realpath(image.path))
    paths = [os.path.join(folder, name), *_by_build_id(build_id)]
    paths += [os.path.join(root, ".dwz", os.path.basename(name)) for root in ROOTS]
    for path in paths:
        found = open_elf_image(path)
        if found is not None and (not build_id or found.build_id in (build_id, b"")):
            return found
    raise TypeInfoError(
        f"part of its DWARF is in {name} (build-id {build_id.hex() or 'none'}), which dwz made and "
        f"which is not there",
        image.path,
    )


def _by_build_id(build_id: bytes) -> Iterator[str]:
    text = build_id.hex()
    if len(text) > 2:
        for root in ROOTS:
            yield os.path.join(root, ".build-id", text[:2], f"{text[2:]}.debug")


def _link(image: ElfImage) -> tuple[str, int] | None:
    """The name of the separate file, and the checksum of its bytes."""
    name, end, rest = (image.bytes_of(".gnu_debuglink") or b"").partition(b"\0")
    if not end or len(rest) < 4 or not name:
        return None
    return os.fsdecode(name), int.from_bytes(rest[-4:], image.byte_order)


def _old_supplement(image: ElfImage) -> tuple[str, bytes] | None:
    name, end, build_id = (image.bytes_of(".gnu_debugaltlink") or b"").partition(b"\0")
    return (os.fsdecode(name), build_id) if end and name else None


def _new_supplement(image: ElfImage) -> tuple[str, bytes] | None:
    """What section .debug_sup says (DWARF 5, section 7.3.6)."""
    data = image.bytes_of(".debug_sup") or b""
    if len(data) < 4 or int.from_bytes(data[:2], image.byte_order) != SUPPLEMENT_VERSION or data[2]:
        return None
    name, end, rest = data[3:].partition(b"\0")
    if not end or not name or not rest:
        return None
    # The length is a LEB128; checksums are shorter than what takes its second byte.
    return os.fsdecode(name), rest[1 : 1 + rest[0]] if rest[0] < 0x80 else b""


def _checksum(data: memoryview) -> int:
    value = 0
    for start in range(0, len(data), STEP):
        value = zlib.crc32(data[start : start + STEP], value)
    return value


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
