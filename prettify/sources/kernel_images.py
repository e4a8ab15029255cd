"""Finds the kernel in a kernel image, what a boot loader loads: vmlinuz, bzImage, Image, zboot.

Formats: the kernel's documentation, "The Linux/x86 Boot Protocol", "Booting AArch64 Linux",
"Boot image header in RISC-V Linux"; the EFI zboot header is drivers/firmware/efi/libstub/zboot.
"""

from __future__ import annotations

import struct

from prettify.errors import TypeInfoError
from prettify.sources.compression import CODECS, as_file, codec_of, unpacked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

HEAD = 0x250  # bytes of a file that tell whether it is an image

# x86's setup header: "HdrS", from version 2.08 on with the payload's place behind the setup code.
X86_MAGIC, X86_MAGIC_AT, X86_VERSION_AT = b"HdrS", 0x202, 0x206
X86_SECTORS_AT, X86_PAYLOAD_AT = 0x1F1, 0x248
X86_WITH_PAYLOAD = 0x208
SECTOR = 512
DEFAULT_SECTORS = 4  # what 0 stands for

ZBOOT_MAGIC, ZBOOT_MAGIC_AT, ZBOOT_PAYLOAD_AT = b"zimg", 4, 8
ARM_MAGIC, ARM_MAGIC_AT = b"\x18\x28\x6f\x01", 0x24  # 32-bit zImage, little-endian
DOS_MAGIC = b"MZ"  # what EFI starts

# Kernels that are flat memory images, without ELF headers: their magics, at FLAT_MAGIC_AT.
FLAT_MAGICS = (b"ARM\x64", b"RSC\x05")
FLAT_MAGIC_AT = 0x38
ELF_MAGIC = b"\x7fELF"

BTF_HEADER = struct.Struct("<HBBIIIII")
BTF_START = bytes.fromhex("9feb 01 00 18000000")  # magic, version, flags, header length
SMALLEST_BTF = 1 << 16  # bytes: a kernel's has megabytes, the name of the magic alone nothing
TRIES = 64  # of what looks like the start of compressed data in an image


def is_image(head: bytes) -> bool:
    """Whether a file of these first bytes may be a kernel image with a compressed kernel in it."""
    return (
        head.startswith(DOS_MAGIC)
        or head.startswith(X86_MAGIC, X86_MAGIC_AT)
        or head.startswith(ARM_MAGIC, ARM_MAGIC_AT)
    ) and not is_flat(head)


def is_flat(head: bytes) -> bool:
    """Whether a file of these first bytes is a kernel as it lies in memory."""
    return head[FLAT_MAGIC_AT:].startswith(FLAT_MAGICS) and not head.startswith(
        ZBOOT_MAGIC, ZBOOT_MAGIC_AT
    )


def kernel_in(data: bytes, path: str) -> BinaryIO:
    """The kernel in an image, as a file without a name.

    The header says where it is; where it does not, whatever in the image looks compressed is tried.
    Raises TypeInfoError where there is none.
    """
    failure: TypeInfoError | None = None
    for at in _places(data):
        codec = codec_of(data, at)
        if codec is None:
            continue
        parts = unpacked(codec, data, at, path)
        try:
            first = next(parts, b"")
            if first.startswith(ELF_MAGIC) or is_flat(first):
                return as_file(_chained(first, parts))
        except TypeInfoError as error:
            failure = failure or error
    raise failure or TypeInfoError("no Linux kernel is in it, or one that is not compressed", path)


def btf_of(data: bytes, path: str) -> bytes:
    """The BTF in a flat kernel, which no table tells the place of.

    Raises TypeInfoError where there is none.
    """
    at = data.find(BTF_START)
    while 0 <= at <= len(data) - BTF_HEADER.size:
        *_, header, types_at, types, strings_at, strings = BTF_HEADER.unpack_from(data, at)
        length = header + max(types_at + types, strings_at + strings)
        if types and strings_at == types and SMALLEST_BTF <= length <= len(data) - at:
            return data[at : at + length]
        at = data.find(BTF_START, at + 1)
    raise TypeInfoError("a kernel without BTF", path)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _places(data: bytes) -> Iterator[int]:
    """Where in an image the kernel may begin: where the header says, then every likely place."""
    said = _said(data)
    if said is not None:
        yield said
    found: list[int] = []
    for codec in CODECS:
        at = data.find(codec.magic)
        while at >= 0 and len(found) < TRIES:
            found.append(at)
            at = data.find(codec.magic, at + 1)
    yield from sorted(at for at in found if at != said)


def _said(data: bytes) -> int | None:
    """Where the header puts the compressed kernel."""
    if data.startswith(ZBOOT_MAGIC, ZBOOT_MAGIC_AT):
        return int(struct.unpack_from("<I", data, ZBOOT_PAYLOAD_AT)[0])
    if not data.startswith(X86_MAGIC, X86_MAGIC_AT) or len(data) < HEAD:
        return None
    if struct.unpack_from("<H", data, X86_VERSION_AT)[0] < X86_WITH_PAYLOAD:
        return None
    sectors = data[X86_SECTORS_AT] or DEFAULT_SECTORS
    payload = struct.unpack_from("<I", data, X86_PAYLOAD_AT)[0]
    return (sectors + 1) * SECTOR + int(payload)
