"""Types in what they are packed in: compressed files, kernel images, modules beside kernels."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prettify
from btf_writer import BtfWriter
from conftest import examples
from elf_writer import elf
from packers import (
    PACKERS,
    bz_image,
    flat_image,
    lz4_block,
    lz4_frame,
    lz4_legacy,
    zboot_image,
)
from prettify.core import lz4
from prettify.errors import TypeInfoError, UsageError
from prettify.sources import compression, kernel_images, kernels, opening
from prettify.sources.opening import open_source

RELEASE = "6.1.0-test"
packer = pytest.mark.parametrize("packer", PACKERS)


def kernel_types(count: int = 1) -> BtfWriter:
    """A kernel's types: `struct point` of two integers, and so many more."""
    writer = BtfWriter()
    number = writer.int("int", 4, signed=True)
    writer.struct("point", 8, [("x", number, 0), ("y", number, 32)])
    for index in range(count):
        writer.struct(f"padding_{index}", 4, [(f"member_{index}", number, 0)])
    return writer


def kernel_elf() -> bytes:
    return elf({".text": bytes(3000), ".BTF": kernel_types().bytes()})


def module(kernel: BtfWriter, release: str = RELEASE) -> bytes:
    """A module with one type that holds one of its kernel's."""
    split = BtfWriter(base=kernel)
    split.struct("inner", 12, [("at", 2, 0), ("n", 1, 64)])
    information = f"license=MIT\0vermagic={release} SMP mod_unload \0name=inner".encode()
    return elf({".modinfo": information, ".BTF": split.bytes()})


def written(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def size_in(path: str, name: str, base: str | None = None) -> int:
    return prettify.load_types(path, base=base)[name].size


def container_of(path: str) -> str:
    [description] = prettify.load_types(path).describe()
    return description.container


@pytest.fixture(autouse=True)
def empty_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Nothing may stay in the folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert not list(folder.iterdir())


# Compressed files.


@packer
def test_a_compressed_file_is_known_by_its_first_bytes(packer: str, tmp_path: Path) -> None:
    data = PACKERS[packer](kernel_elf())
    path = written(tmp_path / "file.of_no_kind", data + (b"" if packer == "LZ4" else b"rest"))
    assert size_in(path, "point") == 8
    assert container_of(path) == f"ELF in {packer.removesuffix(' frame')}"


@packer
def test_raw_btf_may_be_compressed_too(packer: str, tmp_path: Path) -> None:
    path = written(tmp_path / "vmlinux.btf", PACKERS[packer](kernel_types(900).bytes()))
    assert size_in(path, "padding_899") == 4


def test_several_members_follow_each_other(tmp_path: Path) -> None:
    data = kernel_elf()
    for name in ("gzip", "xz", "bzip2", "zstd"):
        pack = PACKERS[name]
        path = written(tmp_path / name, pack(data[:100]) + pack(data[100:]))
        assert size_in(path, "point") == 8


@packer
def test_compressed_data_that_is_cut_short(packer: str, tmp_path: Path) -> None:
    whole = PACKERS[packer](kernel_types(400).bytes())
    for length in (len(whole) - 20, len(whole) // 2, 20, 7):
        path = written(tmp_path / "cut", whole[:length])
        with pytest.raises(TypeInfoError, match=r"cut: (damaged|not BTF|the |neither )") as failure:
            open_source(path)
        assert "\n" not in str(failure.value)


@settings(max_examples=examples(60), deadline=None)
@given(st.sampled_from(compression.CODECS), st.binary(max_size=200))
def test_compressed_nonsense_is_one_clear_error(codec: compression.Codec, rest: bytes) -> None:
    said = damaged = f"file: damaged {codec.name} data: "
    try:
        list(compression.unpacked(codec, codec.magic + rest, 0, "file"))
    except (TypeInfoError, UsageError) as error:
        said = str(error)
    assert said.startswith((damaged, f"file: what {codec.name} has compressed needs "))


@packer
def test_a_bomb_ends_at_the_limit(
    packer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "LARGEST_FILE", 1 << 21)
    path = written(tmp_path / "bomb", PACKERS[packer](bytes(3 << 20)))
    with pytest.raises(TypeInfoError, match=f"it holds more than {1 << 21} bytes"):
        open_source(path)


def test_a_file_that_is_too_large_to_be_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LARGEST_PACKED", 3 << 20)
    path = written(tmp_path / "large", PACKERS["gzip"](bytes(9)) + bytes(3 << 20))
    with pytest.raises(TypeInfoError, match="packed, and larger than 3 MiB"):
        open_source(path)


def test_wrappings_have_an_end(tmp_path: Path) -> None:
    data = kernel_elf()
    for depth in range(1, 7):
        data = PACKERS["gzip"](data)
        path = written(tmp_path / str(depth), data)
        if depth <= 4:
            assert container_of(path) == "ELF" + " in gzip" * depth
        else:
            with pytest.raises(TypeInfoError, match="nor an ELF file"):
                open_source(path)


def test_without_a_package_for_zstd_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("compression", "backports", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    path = written(tmp_path / "x.ko.zst", compression.ZSTD + bytes(20))
    with pytest.raises(UsageError, match=r"x\.ko\.zst: what zstd has compressed needs .*pip inst"):
        open_source(path)


def test_lzo_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = written(tmp_path / "vmlinux.lzo", b"\x89LZO\0\r\n\x1a\n" + bytes(30))
    with pytest.raises(TypeInfoError, match="LZO is not known here, decompress it with lzop -d"):
        open_source(path)


# LZ4.

texts = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from((b"aaaaaaaa", b"abcd" * 90, bytes(300)))),
    max_size=20,
).map(b"".join)


@settings(deadline=None)
@given(texts)
def test_lz4_blocks_are_what_they_were(data: bytes) -> None:
    block = lz4_block(data)
    target = bytearray(len(data))
    assert lz4.decode(block, 0, len(block), target, 0) == len(data)
    assert target == data
    if data:  # and a target that is too small is not written past its end
        assert lz4.decode(block, 0, len(block), bytearray(len(data) - 1), 0) == lz4.DAMAGED


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 80))
def test_lz4_nonsense_stays_within_its_target(block: bytes, room: int) -> None:
    target = bytearray(room)
    end = lz4.decode(block, 0, len(block), target, 0)
    assert end == lz4.DAMAGED or 0 <= end <= room
    assert len(target) == room
    assert lz4.decode(block, 0, len(block) + 1, target, 0) == lz4.DAMAGED


@pytest.mark.skipif(shutil.which("lz4") is None, reason="no lz4 to compare with")
@pytest.mark.parametrize("flags", [["-l"], ["-B4"], ["-B4", "-BD"], ["-B5", "-BX", "-9"], ["-1"]])
def test_lz4_reads_what_its_tool_writes(flags: list[str]) -> None:
    data = b"".join(b"%d, " % (i * i) for i in range(60_000)) + bytes(200_000)
    packed = subprocess.run(["lz4", *flags, "-c"], input=data, capture_output=True, check=True)
    codec = compression.codec_of(packed.stdout)
    assert codec is not None
    assert b"".join(compression.unpacked(codec, packed.stdout, 0, "file")) == data


@pytest.mark.skipif(shutil.which("lz4") is None, reason="no lz4 to compare with")
@pytest.mark.parametrize("pack", [lz4_legacy, lz4_frame])
def test_what_tests_pack_is_lz4(pack: object) -> None:
    data = b"".join(b"%d, " % (i * i) for i in range(20_000))
    assert callable(pack)
    done = subprocess.run(["lz4", "-dc"], input=pack(data), capture_output=True, check=False)
    if pack is lz4_legacy:  # the frame's header has no right checksum
        assert done.stdout == data


# Kernel images.


@packer
@pytest.mark.parametrize("sectors", [0, 2, 40])
def test_the_kernel_in_a_vmlinuz(packer: str, sectors: int, tmp_path: Path) -> None:
    path = written(tmp_path / "vmlinuz", bz_image(PACKERS[packer](kernel_elf()), sectors=sectors))
    assert size_in(path, "point") == 8
    assert container_of(path) == "ELF in a kernel image"


@packer
def test_a_vmlinuz_that_does_not_say_where_its_kernel_is(packer: str, tmp_path: Path) -> None:
    decoys = b"\x1f\x8b\x08 BZh1 \x5d\0\0 \xfd7zXZ\0 nothing"
    image = bz_image(decoys + PACKERS[packer](kernel_elf()), version=0x207)
    assert size_in(written(tmp_path / "vmlinuz", image), "point") == 8


def test_images_without_a_kernel(tmp_path: Path) -> None:
    for data in (b"MZ" + bytes(3000), bz_image(b"not compressed"), b"MZ", bz_image(b"")[:0x210]):
        with pytest.raises(TypeInfoError, match="no Linux kernel is in it"):
            open_source(written(tmp_path / "vmlinuz", data))
    image = bz_image(PACKERS["gzip"](kernel_elf())[:100])
    with pytest.raises(TypeInfoError, match="damaged gzip data"):
        open_source(written(tmp_path / "vmlinuz", image))


def test_flat_kernels_are_searched_for_their_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    btf = kernel_types(2500).bytes()
    assert len(btf) > kernel_images.SMALLEST_BTF
    decoy = kernel_images.BTF_START + b"\xff" * 40
    flat = flat_image(decoy + btf)
    for name, data in {
        "Image": flat,
        "Image.gz": PACKERS["gzip"](flat),
        "vmlinuz.efi": zboot_image(PACKERS["xz"](flat)),
    }.items():
        types = prettify.load_types(written(tmp_path / name, data))
        assert types["padding_2499"].size == 4
        [description] = types.describe()
        assert description.container.startswith("a kernel image")
        assert description.pointer_size == 8
    for data in (flat_image(b""), flat_image(decoy), flat_image(kernel_images.BTF_START)):
        with pytest.raises(TypeInfoError, match="a kernel without BTF"):
            open_source(written(tmp_path / "Image", data))


# Modules find their kernels.


@pytest.mark.parametrize("place", kernels.PLACES)
@pytest.mark.parametrize("below", ["", "usr/"])
def test_a_module_finds_the_kernel_of_its_system(place: str, below: str, tmp_path: Path) -> None:
    types = kernel_types()
    kernel = elf({".BTF": types.bytes()})
    if "vmlinuz" in place:
        kernel = bz_image(PACKERS["xz"](kernel))
    written(tmp_path / place.format(RELEASE), kernel)
    folder = tmp_path / below / "lib/modules" / RELEASE / "kernel"
    path = written(folder / "inner.ko", module(types))
    assert size_in(path, "inner") == 12
    assert size_in(path, "point") == 8
    packed = written(folder / "inner.ko.xz", PACKERS["xz"](module(types)))
    assert size_in(packed, "inner") == 12
    [description] = prettify.load_types(packed).describe()
    assert description.format == "split BTF"
    assert description.base == f"{tmp_path / place.format(RELEASE)}(.BTF)"
    assert description.types == 1


def test_a_kernel_without_types_is_passed_over(tmp_path: Path) -> None:
    types = kernel_types()
    written(tmp_path / f"boot/vmlinux-{RELEASE}", elf({".text": b"1"}))
    written(tmp_path / f"boot/vmlinuz-{RELEASE}", bz_image(PACKERS["gzip"](elf({".text": b"1"}))))
    path = written(tmp_path / f"lib/modules/{RELEASE}/inner.ko", module(types))
    with pytest.raises(TypeInfoError, match=f"a module of Linux {RELEASE}, whose kernel is not "):
        open_source(path)
    written(tmp_path / f"usr/lib/debug/lib/modules/{RELEASE}/vmlinux", kernel_elf())
    assert size_in(path, "inner") == 12


def test_the_running_kernel_is_a_modules_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    types = kernel_types()
    monkeypatch.setattr(kernels, "KERNEL", written(tmp_path / "running", types.bytes()))
    path = written(tmp_path / "inner.ko", module(types))
    with pytest.raises(TypeInfoError, match="name its vmlinux or vmlinuz with --btf-base"):
        open_source(path)
    monkeypatch.setattr(kernels, "running", lambda: RELEASE)
    assert size_in(path, "inner") == 12


def test_a_base_that_is_named_comes_first(tmp_path: Path) -> None:
    types = kernel_types()
    written(tmp_path / f"lib/modules/{RELEASE}/vmlinux", b"\x7fELF nonsense")
    path = written(tmp_path / f"lib/modules/{RELEASE}/inner.ko", module(types))
    image = written(tmp_path / "vmlinuz", bz_image(PACKERS["gzip"](kernel_elf())))
    assert size_in(path, "inner", base=image) == 12


@pytest.mark.parametrize("release", ["", "../../etc", "a/b"])
def test_a_module_does_not_choose_any_file(release: str, tmp_path: Path) -> None:
    path = written(tmp_path / "lib/modules/x/inner.ko", module(kernel_types(), release))
    with pytest.raises(TypeInfoError, match="--btf-base"):
        open_source(path)


def test_btf_that_is_split_is_told_from_what_is_not(tmp_path: Path) -> None:
    from prettify.sources.btf import is_split

    types = kernel_types()
    split = BtfWriter(base=types)
    split.struct("inner", 8, [("at", 2, 0)])
    assert is_split(split.bytes())
    assert not is_split(types.bytes())
    for length in (0, 3, 23, 24):
        assert not is_split(split.bytes()[:length])
    assert not is_split(b"\x7fELF" + bytes(40))
