"""Packs what types are in as distributions do: compressed files, kernel images."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable

import pytest

KERNEL_WINDOW = 27  # bits of history, of a kernel packed with zstd


def lz4_block(data: bytes) -> bytes:
    """An LZ4 block: each four bytes that were there before are taken from there."""
    out = bytearray()
    known: dict[bytes, int] = {}
    at = start = 0
    while at < len(data) - 12:  # the last bytes are always literals
        key = data[at : at + 4]
        before = known.get(key, -1)
        known[key] = at
        if before < 0 or at - before > 0xFFFF:
            at += 1
            continue
        length = 4
        while at + length < len(data) - 12 and data[before + length] == data[at + length]:
            length += 1
        out += _sequence(data[start:at], length - 4)
        out += struct.pack("<H", at - before) + _more(length - 4)
        at += length
        start = at
    return bytes(out + _sequence(data[start:], 0))


def _sequence(literals: bytes, match: int) -> bytes:
    token = min(len(literals), 15) << 4 | min(match, 15)
    return bytes((token,)) + _more(len(literals)) + literals


def _more(length: int) -> bytes:
    if length < 15:
        return b""
    return b"\xff" * ((length - 15) // 255) + bytes(((length - 15) % 255,))


def lz4_legacy(data: bytes) -> bytes:
    """As `lz4 -l` and the kernel's build do it."""
    out = bytearray(b"\x02\x21\x4c\x18")
    for start in range(0, len(data), 8 << 20):
        block = lz4_block(data[start : start + (8 << 20)])
        out += struct.pack("<I", len(block)) + block
    return bytes(out)


def lz4_frame(data: bytes) -> bytes:
    """A frame of blocks of 64 KiB, of which every other one is stored."""
    out = bytearray(b"\x04\x22\x4d\x18\x60\x40\0")
    for number, start in enumerate(range(0, len(data), 64 << 10)):
        piece = data[start : start + (64 << 10)]
        block = piece if number % 2 else lz4_block(piece)
        out += struct.pack("<I", len(block) | (number % 2) << 31) + block
    return bytes(out + bytes(4))


def zstd(data: bytes) -> bytes:
    """Skips the test where nothing is installed that writes zstd."""
    try:
        from compression.zstd import compress  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        package = pytest.importorskip("zstandard")
        compressed: bytes = package.ZstdCompressor().compress(data)
        return compressed
    return bytes(compress(data))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lambda data: lzma.compress(data, check=lzma.CHECK_CRC32),
    "zstd": zstd,
    "bzip2": bz2.compress,
    "LZ4": lz4_legacy,
    "LZ4 frame": lz4_frame,
    "LZMA": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}


def bz_image(payload: bytes, *, version: int = 0x20F, sectors: int = 2) -> bytes:
    """An x86 kernel image: setup code, then some code, the payload and its size."""
    code = bytes(716)
    setup = bytearray((sectors or 4) * 512 + 512)
    setup[:2] = b"MZ"
    setup[0x1F1] = sectors
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, version)
    if version >= 0x208:
        struct.pack_into("<II", setup, 0x248, len(code), len(payload) + 4)
    return bytes(setup) + code + payload + b"size" + bytes(100)


def zboot_image(payload: bytes) -> bytes:
    """An EFI zboot image."""
    head = b"MZ\0\0zimg" + struct.pack("<II", 64, len(payload)) + bytes(8) + b"gzip"
    return head.ljust(64, b"\0") + payload + bytes(100)


def flat_image(btf: bytes) -> bytes:
    """A kernel for arm64 as it lies in memory."""
    return b"MZ".ljust(0x38, b"\0") + b"ARM\x64" + bytes(5000) + btf + bytes(777)
