"""Our reader of ELF files against pyelftools: the same sections, the same contents."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conftest import VECTORS
from elf_writer import Section, elf
from prettify.errors import TypeInfoError
from prettify.sources.elf_image import SHT_NOBITS, ElfImage, open_elf_image

elffile = pytest.importorskip("elftools.elf.elffile")

FILES = [
    *sorted((VECTORS / "pahole").glob("*.o")),
    *(path for path in map(Path, ("/bin/true", "/proc/self/exe", sys.executable)) if path.exists()),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_sections_of_real_files(path: Path) -> None:
    if path.read_bytes()[:4] != b"\x7fELF":
        pytest.skip("no ELF file")
    image = open_elf_image(str(path))
    assert image is not None
    with path.open("rb") as stream:
        reference = elffile.ELFFile(stream)
        assert image.address_size == reference.elfclass // 8
        assert (image.byte_order == "little") == reference.little_endian
        theirs = list(reference.iter_sections())
        assert [s.name for s in image.sections] == [s.name for s in theirs]
        for ours, other in zip(image.sections, theirs):
            header = other.header
            assert (ours.offset, ours.size, ours.flags, ours.link, ours.info, ours.address) == (
                header.sh_offset,
                header.sh_size,
                header.sh_flags,
                header.sh_link,
                header.sh_info,
                header.sh_addr,
            )
            if ours.kind != SHT_NOBITS and ours.kind:
                assert bytes(image.contents(ours)) == other.data()


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["little", "big"])
def test_made_files_of_each_kind(bits: int, order: str) -> None:
    contents = {".BTF": b"one", ".BTF.base": b"two", ".text": b"\x90"}
    image = ElfImage(memoryview(elf(contents, bits=bits, endian=order)), "made")  # type: ignore[arg-type]
    assert (8 * image.address_size, image.byte_order) == (bits, order)
    assert {name: image.bytes_of(name) for name in contents} == contents
    assert image.bytes_of(".none") is None


def test_names_that_cannot_be_printed_are_escaped() -> None:
    image = ElfImage(memoryview(elf({"\1\n": Section(b"", size=1 << 40)})), "made")
    with pytest.raises(TypeInfoError, match=r"section \\x01\\n, 1099511627776 bytes at"):
        image.contents(image.sections[1])
