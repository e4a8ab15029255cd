"""The form of `bpftool map dump -j`: what bpftool printed, and where it is installed, prints.

Entries of real maps go through both; of some, types and bytes are drawn.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import bpf_maps
from bpftool_cases import CASES, ODD_SECTION, QUIRKS, SECTION, Case, char, quirks
from btf_writer import BtfWriter
from conftest import COMMAND, PATH, ROOT, VECTORS, examples
from prettify import model
from prettify.api import RecordType
from prettify.composed import Composed
from prettify.core.emitter import render
from prettify.dialects import FORMS, MAP_FORMS, bpftool
from prettify.dialects.options import Options
from prettify.errors import UsageError
from prettify.layout import Layout, resolve
from prettify.records.maps.entry import Chunk, Entry
from prettify.records.maps.live.reading import possible_cpus
from prettify.records.query.projection import select
from prettify.sources.btf import Btf
from strategies import global_data, map_types, record_bytes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORM = FORMS["bpftool"]
REFERENCE = "bpftool v7.1.0"
NATIVE = sys.byteorder == "little"  # what all is written down for


@functools.lru_cache(maxsize=1)
def reference() -> str:
    """Why bpftool is not to be asked here, or nothing."""
    if shutil.which("bpftool", path=PATH) is None:
        return "bpftool is not installed"
    done = subprocess.run(
        ["bpftool", "version"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": PATH},
    )
    version = done.stdout.partition("\n")[0].strip()
    return "" if version == REFERENCE else f"{version} is not {REFERENCE}"


def need_reference() -> None:
    """Skip the test where there are no maps, or bpftool is missing or another one."""
    bpf_maps.need_maps()
    if reference() or not NATIVE:
        pytest.skip(reference() or "this machine is big endian")


def dumped(descriptor: int) -> bytes:
    """What bpftool prints of a map."""
    done = subprocess.run(
        ["bpftool", "-j", "map", "dump", "id", str(bpf_maps.id_of(descriptor))],
        capture_output=True,
        check=False,
        env={**os.environ, "PATH": PATH},
    )
    assert not done.stderr
    return done.stdout


def shown(made: Entry, keys: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    """What we print of these entries; of values of all CPUs, as many as there are."""
    records = bytearray(len(keys) * made.size)
    step = len(values[0]) // max(made.cpus, 1)
    made.fill(Chunk(len(keys), b"".join(keys), b"".join(values), step), 0, len(keys), records)
    return printed(made.layout, bytes(records))


def printed(layout: Layout, records: bytes) -> bytes:
    program = FORM.compile(layout, Options())
    count = len(records) // layout.size
    return FORM.before + b"".join(render(program, records, 0, count)) + FORM.after


def made_by_bpftool(
    kind: str, blob: bytes, key: int, value: int, values: Sequence[bytes], size: int
) -> bytes:
    """What bpftool prints of a map, filled from key 0 on; BTF of key 0 for data. Raises OSError."""
    btf = bpf_maps.load_btf(blob) if blob else 0
    with bpf_maps.closing(*[btf] * bool(btf)):
        descriptor = bpf_maps.create(
            kind, 4, size, len(values), btf=btf, key_type=key, value_type=value
        )
        with bpf_maps.closing(descriptor):
            for key_bytes, value_bytes in zip(numbered(len(values)), values):
                bpf_maps.update(descriptor, key_bytes, value_bytes)
            return dumped(descriptor)


def numbered(count: int) -> list[bytes]:
    """The keys of an array."""
    return [struct.pack("<I", number) for number in range(count)]


def digits(data: bytes) -> str:
    return f"[{','.join(f'{chr(34)}0x{byte:02x}{chr(34)}' for byte in data)}]"


def expected(case: Case, *, keys: bool) -> str:
    """The document of a case."""
    entries = []
    for number, (data, text) in enumerate(case.shown.items()):
        key = f'"key":{number},' if keys else ""
        entries.append(
            f'{{"key":{digits(struct.pack("<I", number))},"value":{digits(bytes.fromhex(data))},'
            f'"formatted":{{{key}"value":{text}}}}}'
        )
    return f"[{','.join(entries)}]\n"


def case_of(case: Case) -> tuple[Btf, int, int, list[bytes]]:
    blob, key, value = case.btf()
    return Btf(blob, "case"), key, value, [bytes.fromhex(data) for data in case.shown]


# What bpftool printed.


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_what_bpftool_printed(case: Case) -> None:
    graph, key, value, values = case_of(case)
    made = Entry(graph.by_id(key), graph.by_id(value))
    found = shown(made, numbered(len(values)), values)
    assert found.decode() == expected(case, keys=True)
    json.loads(found)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_what_bpftool_prints(case: Case) -> None:
    need_reference()
    blob, key, value = case.btf()
    values = [bytes.fromhex(data) for data in case.shown]
    found = made_by_bpftool("array", blob, key, value, values, len(values[0]))
    assert found.decode() == expected(case, keys=True)


@pytest.mark.parametrize("case", [SECTION, ODD_SECTION], ids=repr)
def test_global_data(case: Case) -> None:
    graph, _, value, values = case_of(case)
    found = shown(Entry(4, graph.by_id(value)), numbered(1), values)
    assert found.decode() == expected(case, keys=False)
    need_reference()
    blob = case.btf()[0]
    assert found == made_by_bpftool("array", blob, 0, value, values, len(values[0]))


def test_bytes_of_no_type() -> None:
    values = [b"\0\1\xff", b"abc"]
    found = shown(Entry(4, 3), numbered(2), values)
    entries = (
        f'{{"key":{digits(key)},"value":{digits(value)}}}'
        for key, value in zip(numbered(2), values)
    )
    assert found.decode() == f"[{','.join(entries)}]\n"
    need_reference()
    assert found == made_by_bpftool("array", b"", 0, 0, values, 3)


def test_a_type_for_one_of_the_two() -> None:
    w = BtfWriter()
    graph = Btf(w.bytes() if w.int("int", 4, signed=True) else b"", "made")
    number = graph.by_id(1)
    key, value = b"\1\0\0\0", b"\2\0\0\0"
    both = f'"key":{digits(key)},"value":{digits(value)}'
    for made, formatted in (
        (Entry(number, 4), '{"key":1}'),
        (Entry(4, number), '{"value":2}'),
        (Entry(number, number), '{"key":1,"value":2}'),
    ):
        found = shown(made, [key], [value]).decode()
        assert found == f'[{{{both},"formatted":{formatted}}}]\n'


# Values of every CPU.


def pair_of_chars() -> Case:
    """A struct of 5 bytes, which per-CPU maps pad."""

    def build(w: BtfWriter) -> int:
        letter = char(w)
        return w.struct("s", 5, [("a", letter, 0), ("b", w.array(letter, 4), 8)])

    return Case("per CPU", build, {})


def test_values_of_every_cpu() -> None:
    graph, key, value, _ = case_of(pair_of_chars())
    made = Entry(graph.by_id(key), graph.by_id(value), cpus=2)
    padded = b"Aabc\0___" + b"Babcd___"
    found = shown(made, numbered(1), [padded]).decode()
    assert found == (
        '[{"key":["0x00","0x00","0x00","0x00"],"values":['
        '{"cpu":0,"value":["0x41","0x61","0x62","0x63","0x00"]},'
        '{"cpu":1,"value":["0x42","0x61","0x62","0x63","0x64"]}],'
        '"formatted":{"key":0,"values":['
        '{"cpu":0,"value":{"a":65,"b":"abc"}},{"cpu":1,"value":{"a":66,"b":[97,98,99,100]}}]}}]\n'
    )
    untyped = shown(Entry(4, 5, cpus=2), numbered(1), [padded]).decode()
    assert untyped == found.partition(',"formatted"')[0] + "}]\n"


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("kind", ["percpu_array", "percpu_hash"])
def test_values_of_every_cpu_as_bpftool_prints_them(kind: str, typed: bool) -> None:
    need_reference()
    blob, key, value = pair_of_chars().btf()
    graph, cpus = Btf(blob, "made"), possible_cpus()
    padded = b"".join(bytes([65 + cpu] * 4) + bytes(4) for cpu in range(cpus))
    if typed:
        found = made_by_bpftool(kind, blob, key, value, [padded], 5)
        made = Entry(graph.by_id(key), graph.by_id(value), cpus=cpus)
    else:
        found = made_by_bpftool(kind, b"", 0, 0, [padded], 5)
        made = Entry(4, 5, cpus=cpus)
    assert found == shown(made, numbered(1), [padded])


# Any type.


@settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
@given(map_types(), st.data())
def test_any_type_is_as_bpftool_prints_it(drawn: tuple[bytes, int, int], data: Any) -> None:
    need_reference()
    blob, key, value = drawn
    graph = Btf(blob, "drawn")
    made = Entry(graph.by_id(key), graph.by_id(value))
    assume(made.value_size)
    values = [data.draw(record_bytes(made.value_size)) for _ in range(3)]
    try:
        theirs = made_by_bpftool("array", blob, key, value, values, made.value_size)
    except OSError:  # the kernel has its own ideas of which types there may be
        assume(False)
        raise
    ours = shown(made, numbered(3), values)
    if FLAWS.search(theirs) is None:
        assert ours == theirs
    entries = json.loads(ours)
    assert [bytes(int(d, 16) for d in e["value"]) for e in entries] == values


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(global_data(), st.data())
def test_any_variables_are_as_bpftool_prints_them(drawn: tuple[bytes, int], data: Any) -> None:
    need_reference()
    blob, section = drawn
    type_ = Btf(blob, "drawn").by_id(section)
    assert isinstance(type_, model.Section)
    assume(type_.size)
    value = data.draw(record_bytes(type_.size))
    try:
        theirs = made_by_bpftool("array", blob, 0, section, [value], type_.size)
    except OSError:
        assume(False)
        raise
    ours = shown(Entry(4, type_), numbered(1), [value])
    if FLAWS.search(theirs) is None:
        assert ours == theirs
    [name] = json.loads(ours)[0]["formatted"]["value"]
    assert name == type_.name


# What bpftool prints that is no JSON: of what it does not know, and of quotes and backslashes that
# are characters.
FLAWS = re.compile(rb'\(unsupported-kind|"""|"\\"[],}]')


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(map_types(), st.integers(0, 3), st.data())
def test_it_is_json_and_has_the_bytes(drawn: tuple[bytes, int, int], cpus: int, data: Any) -> None:
    blob, key, value = drawn
    graph = Btf(blob, "drawn")
    made = Entry(graph.by_id(key), graph.by_id(value), cpus=cpus)
    step = made.value_size + -made.value_size % 8 if cpus else made.value_size
    raw = data.draw(record_bytes(step * max(cpus, 1)))
    [found] = json.loads(shown(made, [b"\7\0\0\0"], [raw]))
    assert found["formatted"]["key"] == 7
    if not cpus:
        assert found["value"] == [f"0x{byte:02x}" for byte in raw]
        return
    assert [one["cpu"] for one in found["values"]] == list(range(cpus))
    for cpu, one in enumerate(found["values"]):
        assert one["value"] == [f"0x{b:02x}" for b in raw[cpu * step :][: made.value_size]]
    assert [one["cpu"] for one in found["formatted"]["values"]] == list(range(cpus))


@pytest.mark.parametrize("kind", ["hash", "percpu_hash"])
def test_the_command_prints_the_same(kind: str) -> None:
    need_reference()
    blob, key, value = pair_of_chars().btf()
    btf = bpf_maps.load_btf(blob)
    with bpf_maps.closing(btf):
        descriptor = bpf_maps.create(kind, 4, 5, 300, btf=btf, key_type=key, value_type=value)
    with bpf_maps.closing(descriptor):
        for number, key_bytes in enumerate(numbered(300)):
            bpf_maps.update(descriptor, key_bytes, bytes([number % 256] * 8 * possible_cpus()))
        theirs = dumped(descriptor)
        number = bpf_maps.id_of(descriptor)
        done = subprocess.run(
            [*COMMAND, "map", "dump", "--id", str(number), "--to", "bpftool"],
            capture_output=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == theirs


# Quirks.


def test_the_types_of_the_quirks() -> None:
    assert QUIRKS.read_bytes() == quirks()


ROWS = [
    row
    for row in tomllib.loads((ROOT / "tests" / "quirks.toml").read_text())["quirk"]
    if row["dialect"] == "bpftool"
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["rule"])
def test_quirks_are_what_bpftool_prints(row: dict[str, Any]) -> None:
    need_reference()
    if row.get("undefined"):
        pytest.skip("C leaves open what it prints")
    blob = (VECTORS / row["types"]).read_bytes()
    graph = Btf(blob, "quirks")
    [key] = graph.ids("unsigned int")
    value = row["id"] if "id" in row else RecordType(type_of(graph, row["type"])).type.id
    data = bytes.fromhex(row["data"])
    found = made_by_bpftool("array", blob, key, value, [data], len(data)).decode()
    assert found.endswith(f'"formatted":{{"key":0,"value":{row["text"]}}}}}]\n')


def type_of(graph: Btf, name: str) -> Any:
    [found] = graph.ids(name.rpartition(" ")[2])
    return graph.by_id(found)


# Other layouts, and parts of one.


def test_other_records_are_refused() -> None:
    made = Composed(None)
    for type_ in (made.opaque(4), made.struct("s", 4, [("value", made.opaque(4), 0)])):
        with pytest.raises(UsageError, match="the form bpftool is for entries of BPF maps, which"):
            FORM.compile(resolve(type_), Options())
    with pytest.raises(UsageError, match="which struct s is not: prettify map dump"):
        RecordType(type_).format(bytes(4), "bpftool")


def test_the_command_that_decodes_records_does_not_offer_it() -> None:
    assert set(FORMS) >= MAP_FORMS
    done = subprocess.run(
        [*COMMAND, "-C", "u32", "--to", "bpftool", "/dev/null"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("prettify: option --to: 'bpftool' is none of c, json")
    assert (
        "bpftool"
        not in subprocess.run(
            [*COMMAND, "--help"], capture_output=True, text=True, check=True
        ).stdout
    )


def test_entries_with_the_id_of_their_map_are_the_same() -> None:
    data = [b"\1\2\3"]
    assert shown(Entry(4, 3, named=True), numbered(1), data) == shown(
        Entry(4, 3), numbered(1), data
    )


def test_maps_without_keys() -> None:
    found = printed(Entry(0, 3).layout, b"abc".ljust(8, b"\0"))
    assert found == b'[{"key":[],"value":["0x61","0x62","0x63"]}]\n'


def test_no_entries() -> None:
    assert FORM.before + FORM.after == b"[]\n"
    assert FORM.always


def test_selected_members() -> None:
    graph, key, value, _ = case_of(pair_of_chars())
    layout = Entry(graph.by_id(key), graph.by_id(value)).layout
    record = b"\7\0\0\0\0\0\0\0" + b"Aabc\0\0\0\0"
    raw = '"value":["0x41","0x61","0x62","0x63","0x00"]'
    found = printed(select(layout, "value.b"), record).decode()
    assert found == f'[{{{raw},"formatted":{{"value":{{"b":"abc"}}}}}}]\n'
    found = printed(select(layout, "key"), record).decode()
    assert found == '[{"key":["0x07","0x00","0x00","0x00"],"formatted":{"key":7}}]\n'


def test_big_endian_types() -> None:
    w = BtfWriter("big")
    number = w.int("int", 4, signed=True)
    value = w.struct("s", 8, [("a", number, 0, 4), ("b", number, 4, 28), ("c", number, 32)])
    graph = Btf(w.bytes(), "big")
    made = Entry(graph.by_id(number), graph.by_id(value))
    found = printed(made.layout, bytes.fromhex("0000000200000000 f1234567fffffffe"))
    assert found.endswith(b'"formatted":{"key":2,"value":{"a":"0xf","b":"0x1234567","c":-2}}}]\n')


# Around the entries.


def test_lookups_that_fail_and_several_maps() -> None:
    error = bpftool.entry_error(b"\1\2", "No such file or directory")
    assert error == b'{"key":["0x01","0x02"],"value":{"error":"No such file or directory"}}'
    start = bpftool.map_start(7, "hash", "conns", 1)
    assert start + bpftool.MAP_END == (
        b'{"id":7,"type":"hash","name":"conns","flags":1,"elements":[]}'
    )
    assert bpftool.entry_error(b"", '"\\') == b'{"key":[],"value":{"error":"\\"\\n"}}'


def test_lookups_that_fail_as_bpftool_prints_them() -> None:
    need_reference()
    descriptor = bpf_maps.create("devmap", 4, 4, 2)
    with bpf_maps.closing(descriptor):
        found = dumped(descriptor)
    errors = [bpftool.entry_error(key, os.strerror(errno.ENOENT)) for key in numbered(2)]
    assert found == FORM.before + bpftool.SEPARATOR.join(errors) + FORM.after


def test_several_maps_as_bpftool_prints_them() -> None:
    need_reference()
    name = f"several{os.getpid()}"[:15]
    one = bpf_maps.create("hash", 4, 3, 2, name=name)
    other = bpf_maps.create("queue", 0, 4, 2, name=name)
    with bpf_maps.closing(one, other):
        bpf_maps.update(one, b"\1\0\0\0", b"abc")
        done = subprocess.run(
            ["bpftool", "-j", "map", "dump", "name", name],
            capture_output=True,
            check=False,
            env={**os.environ, "PATH": PATH},
        )
        ids = bpf_maps.id_of(one), bpf_maps.id_of(other)
    entries = shown(Entry(4, 3), [b"\1\0\0\0"], [b"abc"])[len(FORM.before) : -len(FORM.after)]
    assert done.stdout == (
        FORM.before
        + bpftool.map_start(ids[0], "hash", name, 0)
        + entries
        + bpftool.MAP_END
        + bpftool.SEPARATOR
        + bpftool.map_start(ids[1], "queue", name, 0)
        + bpftool.MAP_END
        + FORM.after
    )
