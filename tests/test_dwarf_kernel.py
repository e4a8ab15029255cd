"""A whole kernel: its types from its DWARF and from its BTF have equal layouts.

PRETTIFY_VMLINUX names a vmlinux that has both (Debian: package linux-image-*-dbg).
"""

from __future__ import annotations

import glob
import os
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from prettify import layout as layouts
from prettify import model
from prettify.sources.opening import open_source

if TYPE_CHECKING:
    from prettify.layout import Node
    from prettify.model import TypeGraph

INSTALLED = ("/usr/lib/debug/boot/vmlinux-*", "/usr/lib/debug/lib/modules/*/vmlinux")
MEMORY = 280 << 20  # bytes for a single type
# Types of one name and size, in different units: what names are found by has one of each.
NAMESAKES = 10
DECODE = """
import re, sys
from prettify.cli import main
status = main(sys.argv[1:])
sys.stdout.flush()
# What getrusage has to say counts the parent, too.
peak = re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())
print(status, int(peak[1]) << 10, file=sys.stderr)
"""


def kernel() -> str:
    named = os.environ.get("PRETTIFY_VMLINUX")
    found = [named] if named else sorted(path for p in INSTALLED for path in glob.glob(p))
    if not found:
        pytest.skip("no vmlinux with DWARF here (PRETTIFY_VMLINUX=FILE)")
    return found[-1]


def shape(node: Node) -> object:
    """A layout's bytes and names. BTF made by pahole has one dimension of arrays that have more."""
    type_ = node.type
    own: list[object] = [node.kind, node.name, node.bit_offset, node.bit_size, node.bitfield]
    if node.element is not None:
        inner, count = node.element, node.count
        while inner.element is not None:
            inner, count = inner.element, count * inner.count
        return (*own, count, node.room, shape(inner))
    if isinstance(type_, model.Enum):
        own.append((type_.signed, [(e.name, e.value) for e in type_.enumerators]))
    elif isinstance(type_, model.Integer):
        own.append((type_.signed, type_.boolean, layouts.is_char(node)))
    return (*own, *map(shape, node.children))


def differing(dwarf: TypeGraph, btf: TypeGraph) -> list[tuple[str, str]]:
    """(kind, name) of the named structs, unions and enums of BTF with no equal in DWARF."""
    by_name = defaultdict(list)
    for type_id in dwarf.all_ids():
        by_name[dwarf.summary(type_id)].append(type_id)
    found = []
    for type_id in btf.all_ids():
        key = btf.summary(type_id)
        if key[1] and key[0] in (model.STRUCT, model.UNION, model.ENUM):
            wanted = shape(layouts.resolve(btf.by_id(type_id)).root)
            same = (shape(layouts.resolve(dwarf.by_id(i)).root) == wanted for i in by_name[key])
            # BTF has no declarations of enums: they are enums without enumerators.
            declared = key[0] == model.ENUM and (model.FORWARD, key[1]) in by_name
            if not any(same) and not declared:
                found.append(key)
    return found


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.slow_pure
def test_dwarf_and_btf_of_a_kernel_have_equal_layouts() -> None:
    path = kernel()
    btf = open_source(path, ("btf",))
    different = differing(open_source(path, ("dwarf",)), btf)
    assert len(different) <= NAMESAKES, different
    for key in different:
        assert sum(btf.summary(i) == key for i in btf.ids(key[1])) > 1, key


@pytest.mark.slow_pure
@pytest.mark.parametrize("name", ["struct list_head", "struct task_struct", "zone_type"])
def test_one_type_of_a_kernel_takes_little_memory(name: str) -> None:
    command = ["-t", kernel(), "-F", "dwarf", "-C", name, "--count", "1", "/dev/zero"]
    done = subprocess.run(
        [sys.executable, "-c", DECODE, *command], capture_output=True, text=True, check=True
    )
    status, memory = map(int, done.stderr.split())
    assert status == 0
    assert memory < MEMORY
