"""Live maps of each type: made, filled, and read back as they are, and as bpftool reads them."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import bpf_maps
from btf_writer import BtfWriter
from conftest import COMMAND, need

pytestmark = pytest.mark.usefixtures("maps")

WORDS = struct.Struct("=II")
STATS = struct.Struct("=QQ")
ORDER = "little" if sys.byteorder == "little" else "big"


class Types:
    """BTF of the tests' own that the kernel holds, and the ids in it."""

    def __init__(self) -> None:
        w = BtfWriter(ORDER)  # type: ignore[arg-type]
        self.u32 = w.int("unsigned int", 4)
        self.u64 = w.int("unsigned long long", 8)
        self.char = w.int("char", 1, signed=True)
        self.flow = w.struct("flow", 8, [("saddr", self.u32, 0), ("dport", self.u32, 32)])
        self.stats = w.struct("stats", 16, [("packets", self.u64, 0), ("bytes", self.u64, 64)])
        self.state = w.enum("state", [("IDLE", 0), ("BUSY", 1)], size=4)
        comm = w.array(self.char, 8, index=self.u32)
        self.named = w.struct("named", 12, [("comm", comm, 0), ("state", self.state, 64)])
        self.prefix = w.struct("prefix", 8, [("bits", self.u32, 0), ("addr", self.u32, 32)])
        hits = w.var("hits", self.u64, linkage=1)
        last = w.var("last", self.named, linkage=1)
        self.bss = w.datasec(".bss", 24, [(hits, 0, 8), (last, 8, 12)])
        self.data = w.bytes()
        self.descriptor = bpf_maps.load_btf(self.data)


@pytest.fixture(scope="session")
def types() -> Iterator[Types]:
    bpf_maps.need_maps()
    found = Types()
    yield found
    os.close(found.descriptor)


@pytest.fixture
def maps() -> Iterator[ExitStack]:
    """Closes the maps of a test at its end."""
    bpf_maps.need_maps()
    with ExitStack() as stack:
        yield stack


def made(maps: ExitStack, *given: Any, **options: Any) -> int:
    descriptor = bpf_maps.create(*given, **options)
    maps.callback(os.close, descriptor)
    return descriptor


def typed(maps: ExitStack, types: Types, kind: str, key: int, value: int, *sizes: int) -> int:
    return made(
        maps, kind, *sizes, name=f"t_{kind}"[:15], btf=types.descriptor, key_type=key,
        value_type=value, flags=1 if kind == "lpm_trie" else 0,
    )  # fmt: skip


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "map", *arguments], capture_output=True, text=True, check=False
    )


def dumped(descriptor: int, *more: str) -> list[Any]:
    """The objects that a map is dumped as."""
    done = command("dump", "--id", str(bpf_maps.id_of(descriptor)), "--to", "ndjson", *more)
    assert not done.stderr
    assert done.returncode == 0
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_bpftool(descriptor: int) -> list[Any]:
    need("bpftool")
    done = subprocess.run(
        ["bpftool", "-j", "map", "dump", "id", str(bpf_maps.id_of(descriptor))],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def in_order(entries: list[Any]) -> list[Any]:
    return sorted(entries, key=json.dumps)


KEYED = ["hash", "lru_hash", "array", "lpm_trie"]


@pytest.mark.parametrize("kind", KEYED)
def test_entries_of_maps_with_keys(maps: ExitStack, types: Types, kind: str) -> None:
    keys = {
        "array": (types.u32, [struct.pack("=I", n) for n in range(3)], [0, 1, 2]),
        "lpm_trie": (
            types.prefix,
            [WORDS.pack(24, n) for n in range(3)],
            [{"bits": 24, "addr": n} for n in range(3)],
        ),
    }
    key, raw, shown = keys.get(
        kind,
        (
            types.flow,
            [WORDS.pack(n, 80) for n in range(3)],
            [{"saddr": n, "dport": 80} for n in range(3)],
        ),
    )
    descriptor = typed(maps, types, kind, key, types.stats, len(raw[0]), 16, 3)
    for n, one in enumerate(raw):
        bpf_maps.update(descriptor, one, STATS.pack(n, 1000 * n))
    expected = [
        {"key": one, "value": {"packets": n, "bytes": 1000 * n}} for n, one in enumerate(shown)
    ]
    assert in_order(dumped(descriptor)) == in_order(expected)
    assert in_order([e["formatted"] for e in by_bpftool(descriptor)]) == in_order(expected)


@pytest.mark.parametrize("kind", ["percpu_hash", "percpu_array", "lru_percpu_hash"])
def test_each_cpu_s_value(maps: ExitStack, types: Types, kind: str) -> None:
    """Values of 12 bytes, which the kernel hands out 16 apart."""
    descriptor = typed(maps, types, kind, types.u32, types.named, 4, 12, 2)
    cpus = len(by_cpu := range(possible()))
    value = b"".join(struct.pack("=8sI4x", b"cpu%d" % cpu, cpu & 1) for cpu in by_cpu)
    bpf_maps.update(descriptor, struct.pack("=I", 1), value)
    shown = [{"comm": f"cpu{cpu}", "state": ["IDLE", "BUSY"][cpu & 1]} for cpu in by_cpu]
    found = {entry["key"]: entry["values"] for entry in dumped(descriptor)}
    assert found[1] == shown
    if kind == "percpu_array":
        assert found[0] == [{"comm": "", "state": "IDLE"}] * cpus
    theirs = {e["formatted"]["key"]: e["formatted"]["values"] for e in by_bpftool(descriptor)}
    assert [v["value"] for v in theirs[1]] == shown


def possible() -> int:
    text = Path("/sys/devices/system/cpu/possible").read_text()
    return sum(
        int(last or first) - int(first) + 1
        for first, _, last in (part.partition("-") for part in text.split(","))
    )


@pytest.mark.parametrize(("kind", "first"), [("queue", 1), ("stack", 3)])
def test_queues_and_stacks_are_seen_or_taken(
    maps: ExitStack, types: Types, kind: str, first: int
) -> None:
    # The kernel takes no BTF for them: they print as bytes, unless a user says what they hold.
    descriptor = made(maps, kind, 0, 4, 10, name=kind)
    for n in (1, 2, 3):
        bpf_maps.update(descriptor, b"", struct.pack("=I", n))
    typed = ("-C", "u32", "--define", "typedef unsigned int u32;")
    raw = struct.pack("=I", first).hex()
    assert dumped(descriptor) == [{"value": raw}]
    assert dumped(descriptor) == [{"value": raw}]
    order = [1, 2, 3] if kind == "queue" else [3, 2, 1]
    need("gcc")
    assert dumped(descriptor, "--consume", "--count", "1", *typed) == [{"value": order[0]}]
    where = ("--where", f"value != {order[1]}", "--count", "1")
    assert dumped(descriptor, "--consume", *where, *typed) == [{"value": order[2]}]
    assert dumped(descriptor) == []


@pytest.mark.parametrize("kind", ["array_of_maps", "hash_of_maps"])
def test_maps_of_maps(maps: ExitStack, types: Types, kind: str) -> None:
    inner = typed(maps, types, "hash", types.flow, types.stats, 8, 16, 4)
    bpf_maps.update(inner, WORDS.pack(1, 2), STATS.pack(3, 4))
    outer = made(maps, kind, 4, 4, 2, name="outer", inner=inner)
    # Without BTF only the index of an array is known to be a number.
    key = 1 if kind == "array_of_maps" else struct.pack("=I", 1).hex()
    bpf_maps.update(outer, struct.pack("=I", 1), struct.pack("=I", inner))
    number, own = bpf_maps.id_of(inner), bpf_maps.id_of(outer)
    assert dumped(outer) == [{"key": key, "value": number}]
    assert dumped(outer, "--follow") == [
        {"map": own, "key": key, "value": number},
        {"map": number, "key": {"saddr": 1, "dport": 2}, "value": {"packets": 3, "bytes": 4}},
    ]
    done = command("dump", "--id", str(number), "--follow")
    assert done.returncode == 2
    assert "--follow is for maps of maps" in done.stderr


def test_global_data_by_its_variables(maps: ExitStack, types: Types) -> None:
    descriptor = made(
        maps, "array", 4, 24, 1, name="prog.bss", btf=types.descriptor, value_type=types.bss
    )
    value = struct.pack("=Q8sI4x", 7, b"bash", 1)
    bpf_maps.update(descriptor, bytes(4), value)
    shown = {"hits": 7, "last": {"comm": "bash", "state": "BUSY"}}
    assert dumped(descriptor) == [{"key": 0, "value": shown}]
    assert dumped(descriptor, "--var", "hits") == [7]
    assert dumped(descriptor, "--var", "last", "--where", "state == BUSY") == [shown["last"]]
    theirs = by_bpftool(descriptor)[0]["formatted"]["value"][".bss"]
    assert {k: v for variable in theirs for k, v in variable.items()} == shown
    done = command("dump", "--name", "prog.bss", "--var", "hit")
    assert done.returncode == 2
    assert "did you mean 'hits'" in done.stderr


def test_without_btf_it_is_hexadecimal(maps: ExitStack) -> None:
    descriptor = made(maps, "hash", 4, 6, 4, name="plain")
    bpf_maps.update(descriptor, b"\x01\x02\x03\xff", b"abcdef")
    assert dumped(descriptor) == [{"key": "010203ff", "value": b"abcdef".hex()}]
    [theirs] = by_bpftool(descriptor)
    assert theirs["key"] == ["0x01", "0x02", "0x03", "0xff"]
    done = command("dump", "--name", "plain")
    assert done.stdout == (
        "{\n\t.key = { 0x01, 0x02, 0x03, 0xff },\n"
        "\t.value = { 0x61, 0x62, 0x63, 0x64, 0x65, 0x66 },\n},\n"
    )


def test_types_may_be_said(maps: ExitStack) -> None:
    need("gcc")
    descriptor = made(maps, "hash", 4, 8, 4, name="plain")
    bpf_maps.update(descriptor, struct.pack("=I", 5), WORDS.pack(6, 7))
    snippet = "struct pair { unsigned int a, b; }; typedef unsigned int u32;"
    typed = ("--define", snippet, "-C", "key:u32,value:struct pair")
    assert dumped(descriptor, *typed) == [{"key": 5, "value": {"a": 6, "b": 7}}]
    assert dumped(descriptor, "--define", snippet, "-C", "pair") == [
        {"key": struct.pack("=I", 5).hex(), "value": {"a": 6, "b": 7}}
    ]
    done = command("dump", "--name", "plain", "--define", snippet, "-C", "value:u32")
    assert done.returncode == 2
    assert "its values have 8 bytes, u32 has 4" in done.stderr


def test_values_of_programs_and_interfaces(maps: ExitStack) -> None:
    devices = made(maps, "devmap", 4, 4, 2, name="devices")
    bpf_maps.update(devices, struct.pack("=I", 1), struct.pack("=I", 1))
    assert dumped(devices) == [{"key": 1, "value": 1}]
    assert dumped(made(maps, "prog_array", 4, 4, 2, name="programs")) == []
    assert dumped(made(maps, "stack_trace", 4, 80, 2, name="stacks")) == []


def test_struct_ops(maps: ExitStack, types: Types) -> None:
    """The value is of the kernel's own type; of one that nobody has registered all is zero."""
    import prettify

    name = "struct bpf_struct_ops_tcp_congestion_ops"
    try:
        ours = prettify.load_types()[name]
    except prettify.PrettifyError as error:
        pytest.skip(f"this kernel has no struct_ops: {error}")
    descriptor = made(
        maps, "struct_ops", 4, ours.size, 1, name="ops", btf=types.descriptor,
        kernel_value_type=ours.type.id,
    )  # fmt: skip
    [entry] = dumped(descriptor)
    assert entry["key"] == 0
    assert entry["value"]["common"]["state"] == "BPF_STRUCT_OPS_STATE_INIT"
    assert entry["value"]["data"]["ssthresh"] == "0x0"
    number = str(bpf_maps.id_of(descriptor))
    need("bpftool")
    theirs = subprocess.run(
        ["bpftool", "-j", "map", "dump", "id", number], capture_output=True, text=True, check=True
    )
    assert command("dump", "--id", number, "--to", "bpftool").stdout == theirs.stdout


@pytest.mark.parametrize("options", [("-j",), ("-p",), ()], ids=["json", "pretty", "text"])
@pytest.mark.parametrize("kind", ["hash", "array", "percpu_hash", "percpu_array", "lpm_trie"])
def test_live_and_dumped_agree(
    maps: ExitStack, types: Types, kind: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    need("bpftool")
    cpus = possible() if kind.startswith("percpu") else 1
    keys = {"array": types.u32, "percpu_array": types.u32, "lpm_trie": types.prefix}
    key = keys.get(kind, types.flow)
    size = 4 if key == types.u32 else 8
    descriptor = typed(maps, types, kind, key, types.stats, size, 16, 3)
    for n in range(3):
        raw = struct.pack("=I", 32 if kind == "lpm_trie" else n).ljust(size - 4, b"\0")
        raw = struct.pack("=I", n) if size == 4 else raw + struct.pack("=I", n)
        value = b"".join(STATS.pack(n + cpu, 1 << (20 + n)) for cpu in range(cpus))
        bpf_maps.update(descriptor, raw, value)
    number = str(bpf_maps.id_of(descriptor))
    btf = tmp_path / "types.btf"
    btf.write_bytes(types.data)
    names = {types.u32: "unsigned int", types.flow: "struct flow", types.prefix: "struct prefix"}
    dump = subprocess.run(
        ["bpftool", *options, "map", "dump", "id", number], capture_output=True, check=True
    )
    done = subprocess.run(
        [*COMMAND, "map", "dump", "-t", str(btf), "-C", f"key:{names[key]},value:struct stats",
         "--to", "ndjson", "-"],
        input=dump.stdout,
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert not done.stderr
    live = command("dump", "--id", number, "--to", "ndjson")
    assert done.stdout.decode() == live.stdout
    assert len(live.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("kind", "sizes", "why"),
    [
        ("bloom_filter", (0, 4, 10), "does not keep its values"),
        ("ringbuf", (0, 0, 4096), "prettify map read"),
        ("user_ringbuf", (0, 0, 4096), "user space sends"),
        ("perf_event_array", (4, 4, 2), "prettify map read"),
        ("cgroup_array", (4, 4, 2), "not look at it"),
        ("xskmap", (4, 4, 2), "not look at it"),
    ],
)
def test_what_cannot_be_dumped_says_why(
    maps: ExitStack, kind: str, sizes: tuple[int, int, int], why: str
) -> None:
    descriptor = made(maps, kind, *sizes)
    done = command("dump", "--id", str(bpf_maps.id_of(descriptor)))
    assert done.returncode == 2
    assert not done.stdout
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


def test_storage_of_tasks(maps: ExitStack, types: Types) -> None:
    descriptor = made(
        maps, "task_storage", 4, 16, 0, flags=1, btf=types.descriptor, key_type=types.u32,
        value_type=types.stats,
    )  # fmt: skip
    own = os.pidfd_open(os.getpid())
    with bpf_maps.closing(own):
        bpf_maps.update(descriptor, struct.pack("=I", own), STATS.pack(1, 2))
    assert dumped(descriptor) == [{"key": os.getpid(), "value": {"packets": 1, "bytes": 2}}]


def test_storage_of_sockets(maps: ExitStack, types: Types) -> None:
    descriptor = made(
        maps, "sk_storage", 4, 16, 0, flags=1, btf=types.descriptor, key_type=types.u32,
        value_type=types.stats,
    )  # fmt: skip
    with socket.socket() as own:
        bpf_maps.update(descriptor, struct.pack("=I", own.fileno()), STATS.pack(1, 2))
        inode = os.fstat(own.fileno()).st_ino
        assert dumped(descriptor) == [{"key": inode, "value": {"packets": 1, "bytes": 2}}]


def test_storage_of_control_groups(maps: ExitStack, types: Types) -> None:
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    folder = next((mount[1] for mount in mounts if mount[2] == "cgroup2"), None)
    if folder is None:
        pytest.skip("no control groups of version 2 are mounted")
    descriptor = made(
        maps, "cgrp_storage", 4, 16, 0, flags=1, btf=types.descriptor, key_type=types.u32,
        value_type=types.stats,
    )  # fmt: skip
    own = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    with bpf_maps.closing(own):
        bpf_maps.update(descriptor, struct.pack("=I", own), STATS.pack(1, 2))
    number = Path(folder).stat().st_ino
    assert dumped(descriptor) == [{"key": number, "value": {"packets": 1, "bytes": 2}}]


def test_storage_of_files_wants_one_named(maps: ExitStack, types: Types) -> None:
    descriptor = made(
        maps, "inode_storage", 4, 16, 0, flags=1, btf=types.descriptor, key_type=types.u32,
        value_type=types.stats,
    )  # fmt: skip
    done = command("dump", "--id", str(bpf_maps.id_of(descriptor)))
    assert done.returncode == 2
    assert "prettify map get FILE" in done.stderr


@pytest.mark.slow_pure
def test_a_large_map_comes_in_batches_and_whole(maps: ExitStack, types: Types) -> None:
    count = 20_000
    descriptor = typed(maps, types, "hash", types.flow, types.stats, 8, 16, count)
    for n in range(count):
        bpf_maps.update(descriptor, WORDS.pack(n, n), STATS.pack(n, 2 * n))
    found = dumped(descriptor)
    assert {e["key"]["saddr"]: e["value"]["bytes"] for e in found} == {
        n: 2 * n for n in range(count)
    }
    threads = dumped(descriptor, "-j", "2")
    assert in_order(threads) == in_order(found)
    some = dumped(descriptor, "--where", "value.packets % 1000 == 7", "--skip", "5", "--count", "9")
    assert len(some) == 9
    assert {e["value"]["packets"] % 1000 for e in some} == {7}


def test_one_by_one_agrees_with_batches(
    maps: ExitStack, types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prettify.records.maps.live import system
    from prettify.records.maps.live.held import open_id
    from prettify.records.maps.live.reading import Reader

    descriptor = typed(maps, types, "hash", types.flow, types.stats, 8, 16, 3000)
    for n in range(3000):
        bpf_maps.update(descriptor, WORDS.pack(n, n), STATS.pack(n, 2 * n))

    def read() -> set[tuple[bytes, bytes]]:
        found = set()
        with open_id(bpf_maps.id_of(descriptor)) as live:
            for chunk in Reader(live).chunks():
                for n in range(chunk.count):
                    key = bytes(chunk.keys[8 * n : 8 * n + 8])
                    found.add((key, bytes(chunk.values[16 * n : 16 * n + 16])))
        return found

    batched = read()
    real = system.bpf

    def without_batches(number: int, attributes: bytes | bytearray) -> int:
        return -524 if number == system.MAP_LOOKUP_BATCH else real(number, attributes)

    monkeypatch.setattr(system, "bpf", without_batches)
    assert read() == batched
    assert len(batched) == 3000


def test_entries_that_vanish_are_no_error(
    maps: ExitStack, types: Types, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each key that is listed goes before it is looked up."""
    from prettify.records.maps.live import system
    from prettify.records.maps.live.held import open_id
    from prettify.records.maps.live.reading import Reader

    descriptor = typed(maps, types, "hash", types.flow, types.stats, 8, 16, 50)
    for n in range(50):
        bpf_maps.update(descriptor, WORDS.pack(n, n), STATS.pack(n, n))
    left = set(range(50))
    real = system.bpf

    def vanishing(number: int, attributes: bytes | bytearray) -> int:
        if number == system.MAP_LOOKUP_BATCH:
            return -524
        result = real(number, attributes)
        if number == system.MAP_GET_NEXT_KEY and left:
            gone = left.pop()
            bpf_maps.delete(descriptor, WORDS.pack(gone, gone))
        return result

    monkeypatch.setattr(system, "bpf", vanishing)
    with open_id(bpf_maps.id_of(descriptor)) as live:
        assert sum(chunk.count for chunk in Reader(live).chunks()) < 50


def test_pinned_maps(maps: ExitStack, types: Types, tmp_path: Path) -> None:
    descriptor = typed(maps, types, "hash", types.flow, types.stats, 8, 16, 4)
    bpf_maps.update(descriptor, WORDS.pack(1, 2), STATS.pack(3, 4))
    with bpf_maps.bpf_file_system(tmp_path / "bpf fs") as folder:
        path = str(folder / "conns")
        bpf_maps.pin(descriptor, path)
        done = command("dump", "--pinned", path, "--to", "ndjson")
        assert json.loads(done.stdout)["value"] == {"packets": 3, "bytes": 4}
        [row] = [
            row
            for row in json.loads(command("list", "--json").stdout)
            if row["id"] == bpf_maps.id_of(descriptor)
        ]
        assert row["pinned"] == [path]
        assert os.getpid() in [process["pid"] for process in row["pids"]]
        missing = command("dump", "--pinned", str(folder / "con"))
        assert missing.returncode == 2
        assert "no map is pinned" in missing.stderr


def test_the_list_is_bpftool_s(maps: ExitStack, types: Types) -> None:
    need("bpftool")
    descriptor = typed(maps, types, "percpu_hash", types.u32, types.stats, 4, 16, 7)
    own = bpf_maps.id_of(descriptor)
    theirs = subprocess.run(
        ["bpftool", "-j", "map", "show", "id", str(own)], capture_output=True, check=True
    )
    wanted = json.loads(theirs.stdout)
    [ours] = [row for row in json.loads(command("list", "--json").stdout) if row["id"] == own]
    assert {name: ours[name] for name in wanted if name in ours} == {
        name: value for name, value in wanted.items() if name in ours
    }
    assert set(wanted) - {"pids"} <= set(ours)
    text = command("list", "t_percpu*", "--type", "percpu_hash").stdout.splitlines()
    assert text[0].split()[:3] == ["id", "type", "name"]
    assert str(own) in [line.split()[0] for line in text]


def test_names_longer_than_the_kernel_keeps(maps: ExitStack, types: Types) -> None:
    descriptor = made(maps, "hash", 4, 4, 2, name="a_rather_long_n")
    done = command("dump", "--name", "a_rather_long_name_of_a_map", "--to", "ndjson")
    assert not done.stderr
    assert bpf_maps.id_of(descriptor)


def test_several_maps_of_one_name(maps: ExitStack, types: Types) -> None:
    pair = [typed(maps, types, "hash", types.flow, types.stats, 8, 16, 4) for _ in range(2)]
    for n, one in enumerate(pair):
        bpf_maps.update(one, WORDS.pack(n, 0), STATS.pack(n, 0))
    ids = [bpf_maps.id_of(one) for one in pair]
    done = command("dump", "--id", str(ids[0]), "--id", str(ids[1]), "--to", "csv")
    lines = done.stdout.splitlines()
    assert lines[0] == "map,key.saddr,key.dport,value.packets,value.bytes"
    assert lines[1:] == [f"{ids[0]},0,0,0,0", f"{ids[1]},1,0,1,0"]


@pytest.mark.parametrize(
    "key",
    ["{.saddr = 2, .dport = 80}", "{2, 80}", '{"saddr":2,"dport":80}', "hex 02000000 50000000"],
)
def test_the_entry_of_one_key(maps: ExitStack, types: Types, key: str) -> None:
    descriptor = typed(maps, types, "hash", types.flow, types.stats, 8, 16, 8)
    for n in range(4):
        bpf_maps.update(descriptor, WORDS.pack(n, 80), STATS.pack(n, n * n))
    if sys.byteorder == "big" and key.startswith("hex"):
        key = "hex 00000002 00000050"
    own = str(bpf_maps.id_of(descriptor))
    done = command("get", "--id", own, key, "--to", "ndjson", "--select", "value")
    assert done.stdout == '{"value":{"packets":2,"bytes":4}}\n'
    missing = command("get", "--id", own, key, "{9, 9}", "--to", "ndjson", "--select", "value")
    assert missing.stdout == done.stdout
    assert missing.returncode == 1
    assert missing.stderr.endswith("has no entry {9, 9}\n")


def test_keys_that_make_no_sense(maps: ExitStack, types: Types) -> None:
    descriptor = typed(maps, types, "hash", types.flow, types.stats, 8, 16, 8)
    own = str(bpf_maps.id_of(descriptor))
    for key, said in (
        ("{.sadr = 1}", "did you mean 'saddr'"),
        ("{.saddr = 4294967296}", "saddr"),
        ("{1, 2, 3}", "key"),
    ):
        done = command("get", "--id", own, key)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert command("get", "--id", own).returncode == 2


def test_owners_of_storage_are_named(maps: ExitStack, types: Types, tmp_path: Path) -> None:
    file = tmp_path / "owner"
    file.write_text("")
    for kind, key, own in (
        ("task_storage", str(os.getpid()), os.pidfd_open(os.getpid())),
        ("inode_storage", str(file), os.open(file, os.O_RDONLY)),
    ):
        descriptor = made(
            maps, kind, 4, 16, 0, flags=1, btf=types.descriptor, key_type=types.u32,
            value_type=types.stats,
        )  # fmt: skip
        number = os.getpid() if kind == "task_storage" else file.stat().st_ino
        with bpf_maps.closing(own):
            bpf_maps.update(descriptor, struct.pack("=I", own), STATS.pack(5, 6))
        done = command("get", "--id", str(bpf_maps.id_of(descriptor)), key, "--to", "ndjson")
        assert json.loads(done.stdout) == {"key": number, "value": {"packets": 5, "bytes": 6}}


def test_a_bloom_filter_is_asked(maps: ExitStack) -> None:
    descriptor = made(maps, "bloom_filter", 0, 4, 100, name="bloom")
    bpf_maps.update(descriptor, b"", struct.pack("=I", 7))
    own = str(bpf_maps.id_of(descriptor))
    there = struct.pack("=I", 7).hex()
    assert command("get", "--id", own, f"hex {there}").stdout == "true\n"
    done = command("get", "--id", own, f"hex {there}", "hex ffeeddcc")
    assert done.stdout == "true\nfalse\n"
    assert done.returncode == 1


# Becomes a process that keeps all capabilities but CAP_SYS_ADMIN (21), CAP_PERFMON and CAP_BPF.
WITHOUT = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
for capability in (21, 38, 39):
    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to drop")
@pytest.mark.parametrize("job", [["list"], ["dump", "--id", "1"], ["dump", "--name", "x"]])
def test_without_permission_one_line_says_what_is_needed(job: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *COMMAND, "map", *job],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "CAP_BPF" in done.stderr
    assert done.stderr.count("\n") == 1


def test_wrong_use() -> None:
    for arguments, said in (
        ([], "usage: prettify map"),
        (["dmp"], "did you mean dump"),
        (["dump"], "which map?"),
        (["dump", "--id", "x"], "a number expected"),
        (["dump", "--id", "4000000000"], "no map has the id"),
        (["dump", "--id", "1", "--watch", "0"], "seconds from"),
        (["dump", "--id", "1", "--watch", "1", "--skip", "2"], "--watch shows"),
        (["dump", "--id", "1", "--cpus", "2"], "that were dumped"),
        (["get", "--id", "1", "-j", "x", "7"], "a number of threads"),
        (["list", "--type", "hsh"], "did you mean 'hash'"),
    ):
        done = command(*arguments)
        assert done.returncode == 2
        assert said in done.stdout + done.stderr


def test_watching_shows_what_changes(maps: ExitStack, types: Types) -> None:
    descriptor = typed(maps, types, "hash", types.flow, types.stats, 8, 16, 8)
    for n in range(4):
        bpf_maps.update(descriptor, WORDS.pack(n, 0), STATS.pack(10, 10))
    own = str(bpf_maps.id_of(descriptor))
    process = subprocess.Popen(
        [*COMMAND, "map", "dump", "--id", own, "--watch", "0.2", "--count", "3"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    import threading
    import time

    def change() -> None:
        # Until the first look is done nothing is a change: one goes on until all has been seen.
        for turn in range(1, 100):
            time.sleep(0.1)
            if process.poll() is not None:
                return
            bpf_maps.update(descriptor, WORDS.pack(1, 0), STATS.pack(10 + turn, 10))

    worker = threading.Thread(target=change)
    worker.start()
    lines = process.stdout.read().splitlines()
    worker.join()
    process.stdout.close()
    assert process.wait(10) == 0
    assert len(lines) == 3
    for line in lines:
        assert 'key {"saddr":1,"dport":0}: packets ' in line
        assert "(+" in line
        assert "bytes" not in line


def test_maps_in_python(maps: ExitStack, types: Types) -> None:
    import prettify

    descriptor = typed(maps, types, "hash", types.flow, types.stats, 8, 16, 8)
    for n in range(4):
        bpf_maps.update(descriptor, WORDS.pack(n, 80), STATS.pack(n, n * n))
    number = bpf_maps.id_of(descriptor)
    assert number in [info.id for info in prettify.list_maps()]
    with prettify.open_map(number) as found:
        assert {key["saddr"]: value["bytes"] for key, value in found} == {
            n: n * n for n in range(4)
        }
        assert found[{"saddr": 3, "dport": 80}] == {"packets": 3, "bytes": 9}
        assert found[WORDS.pack(2, 80)]["bytes"] == 4
        assert found.get({"saddr": 9}) is None
        with pytest.raises(KeyError):
            found[{"saddr": 9}]
        assert sorted(found.array()["value"]["bytes"]) == [0, 1, 4, 9]
        lines = b"".join(found.decode(where="value.packets == 3", select="value.bytes") or ())
        assert lines == b'{"value":{"bytes":9}}\n'
    with pytest.raises(prettify.UsageError, match="no map has the id"):
        prettify.open_map(4_000_000_000)
    with pytest.raises(prettify.UsageError, match="one of"):
        prettify.open_map()


def test_the_memory_of_an_arena(maps: ExitStack) -> None:
    import mmap

    need("gcc")
    try:
        descriptor = made(maps, "arena", 0, 0, 4, flags=1 << 10, name="arena")
    except OSError as error:
        pytest.skip(f"no arenas here: {error}")
    with mmap.mmap(descriptor, 4 * mmap.PAGESIZE) as memory:
        memory[4096 : 4096 + 16] = struct.pack("=4I", 1, 2, 3, 4)
        snippet = ("--define", "struct pair { unsigned int a, b; };")
        records = ("-C", "pair", "--seek", "4096", "--count")
        assert dumped(descriptor, *snippet, *records, "2") == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
        done = command("dump", "--name", "arena")
        assert done.returncode == 2
        assert "without entries" in done.stderr


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("prog_array", (4, 4, 3)),
        ("perf_event_array", (4, 4, 3)),
        ("cgroup_array", (4, 4, 3)),
        ("devmap", (4, 4, 3)),
        ("cpumap", (4, 4, 3)),
        ("xskmap", (4, 4, 3)),
        ("sockmap", (4, 4, 3)),
        ("sockmap", (4, 8, 3)),
        ("reuseport_sockarray", (4, 8, 3)),
        ("stack_trace", (4, 80, 3)),
        ("queue", (0, 4, 3)),
        ("ringbuf", (0, 0, 4096)),
        ("bloom_filter", (0, 4, 3)),
    ],
)
def test_bpftool_s_shape_of_maps_with_little_to_see(
    maps: ExitStack, kind: str, sizes: tuple[int, int, int]
) -> None:
    need("bpftool")
    descriptor = made(maps, kind, *sizes)
    if kind == "devmap":
        bpf_maps.update(descriptor, struct.pack("=I", 1), struct.pack("=I", 1))
    if kind == "queue":
        bpf_maps.update(descriptor, b"", b"abcd")
    number = str(bpf_maps.id_of(descriptor))
    theirs = subprocess.run(
        ["bpftool", "-j", "map", "dump", "id", number], capture_output=True, text=True, check=False
    )
    assert command("dump", "--id", number, "--to", "bpftool").stdout == theirs.stdout


def test_several_maps_in_bpftool_s_shape(maps: ExitStack, types: Types) -> None:
    need("bpftool")
    for n in range(2):
        one = made(maps, "hash", 4, 4, 4, name="prettify_twin")
        bpf_maps.update(one, struct.pack("=I", n), b"abcd")
    theirs = subprocess.run(
        ["bpftool", "-j", "map", "dump", "name", "prettify_twin"],
        capture_output=True,
        text=True,
        check=True,
    )
    done = command("dump", "--name", "prettify_twin", "--to", "bpftool")
    assert done.stdout == theirs.stdout
    assert len(json.loads(done.stdout)) == 2
