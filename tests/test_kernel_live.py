"""The kernel dialect against the running kernel: every type of its BTF that has a size.

By default each type is compared under one flag word or two, which differ from run to run of the
loop and cover all sixteen; PRETTIFY_KERNEL_FULL=1 compares all sixteen with four sorts of data.
"""

from __future__ import annotations

import os
import random
import re
from typing import TYPE_CHECKING

import pytest

import kernel_helper
import prettify
from prettify import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.api import RecordType

REASON = kernel_helper.unavailable()
FULL = os.environ.get("PRETTIFY_KERNEL_FULL") == "1"
PARTS = 16
MOST_BYTES = 1 << 20
HASHED = re.compile(r"0x00000000[0-9a-f]{8}")
# Never a VAR or a DATASEC: asking the kernel for one can crash it.
KINDS = frozenset(
    (
        model.STRUCT,
        model.UNION,
        model.ENUM,
        model.TYPEDEF,
        model.INT,
        model.FLOAT,
        model.POINTER,
        model.ARRAY,
        model.CONST,
        model.VOLATILE,
        model.RESTRICT,
    )
)

pytestmark = pytest.mark.skipif(REASON is not None, reason=f"bpf_snprintf_btf: {REASON}")


def shown_types(types: prettify.Types, part: int) -> Iterator[RecordType]:
    graph = next(iter(types.sources))
    for type_id in graph.all_ids()[part::PARTS]:
        type_ = graph.by_id(type_id)
        if type_.kind in KINDS and model.strip(type_).kind in KINDS:
            found = types.by_id(type_id)
            if found.size <= MOST_BYTES:
                yield found


def random_data(source: random.Random, size: int) -> bytes:
    return source.randbytes(size)


def sparse_data(source: random.Random, size: int) -> bytes:
    data = bytearray(size)
    for _ in range(1 + size // 16):
        if size:
            data[source.randrange(size)] = source.choice((1, 0xFF, 0x41, source.getrandbits(8)))
    return bytes(data)


def character_data(source: random.Random, size: int) -> bytes:
    return bytes(source.choices(b"\0\0\0A '\xa5\x80\n\xff", k=size))


def zero_data(_source: random.Random, size: int) -> bytes:
    return bytes(size)


MAKERS = (random_data, sparse_data, character_data, zero_data)


def cases(source: random.Random, size: int) -> Iterator[tuple[int, bytes]]:
    """Flag words and data for one type."""
    if FULL:
        for flags in range(16):
            for make in MAKERS:
                yield flags, make(source, size)
    else:
        yield source.randrange(16), sparse_data(source, size)
        yield source.randrange(16) | 4, source.choice(MAKERS)(source, size)


@pytest.mark.slow_pure
@pytest.mark.parametrize("part", range(PARTS))
def test_every_type_prints_as_the_kernel_prints_it(part: int, record_property: object) -> None:
    types = prettify.load_types("/sys/kernel/btf/vmlinux")
    source = random.Random(part)
    compared = 0
    with kernel_helper.KernelPrinter() as printer:
        for found in shown_types(types, part):
            wanted = list(cases(source, found.size))
            theirs = printer.format_many([(found.type.id, data, f) for f, data in wanted])
            for (flags, data), text in zip(wanted, theirs, strict=True):
                ours = found.format(
                    data,
                    "kernel",
                    compact=bool(flags & 1),
                    noname=bool(flags & 2),
                    ptr_raw=bool(flags & 4),
                    zero=bool(flags & 8),
                )
                expected = text.decode("latin-1")
                if not flags & 4:
                    ours, expected = HASHED.sub("HASH", ours), HASHED.sub("HASH", expected)
                assert ours == expected, (found, flags, data[:256].hex())
                compared += 1
    assert compared > 1000
    print(f"{compared} texts compared")


def test_a_pointer_is_hashed_as_a_pointer_of_the_kernel_is() -> None:
    """The same pointer reads the same twice, null and errors are not hashed."""
    types = prettify.load_types("/sys/kernel/btf/vmlinux")
    node = types["struct hlist_node"]
    data = (0xFFFF888012345678).to_bytes(8, "little") * 2
    first, second = re.findall(r"0x[0-9a-f]{16}", node.format(data, "kernel"))
    assert first == second
    assert first.startswith("0x00000000")
    with kernel_helper.KernelPrinter() as printer:
        theirs = printer.format(node.type.id, data, 0).decode()
    assert HASHED.sub("HASH", theirs) == HASHED.sub("HASH", node.format(data, "kernel"))
