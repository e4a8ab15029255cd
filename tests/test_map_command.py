"""`prettify map` on what needs no kernel: dumps, lists, saved events; and its help."""

from __future__ import annotations

import csv
import json
import os
import struct
import subprocess
from pathlib import Path

import pytest

from btf_writer import BtfWriter
from conftest import COMMAND, ROOT, VECTORS
from prettify.cli.arguments import Command
from prettify.cli.maps import dumping, getting, reading

OBJECT = ROOT / "tests" / "vectors" / "maps" / "defined-el.bpf.o"


def command(*arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, "map", *arguments], input=data, capture_output=True, check=False
    )


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> str:
    """BTF of a key and of a value."""
    w = BtfWriter("little")
    u32 = w.int("unsigned int", 4)
    u64 = w.int("unsigned long long", 8)
    w.struct("flow", 8, [("saddr", u32, 0), ("dport", u32, 32)])
    w.struct("stats", 16, [("packets", u64, 0), ("bytes", u64, 64)])
    path = tmp_path_factory.mktemp("types") / "types.btf"
    path.write_bytes(w.bytes())
    return str(path)


def octets(data: bytes) -> list[str]:
    return [f"0x{byte:02x}" for byte in data]


ENTRIES = [(struct.pack("<II", n, 80), struct.pack("<QQ", 10 * n, 1000 * n)) for n in range(5)]
TYPED = ("-C", "key:struct flow,value:struct stats")
SHOWN = [
    {"key": {"saddr": n, "dport": 80}, "value": {"packets": 10 * n, "bytes": 1000 * n}}
    for n in range(5)
]


def as_json() -> bytes:
    rows = [{"key": octets(key), "value": octets(value)} for key, value in ENTRIES]
    return json.dumps(rows).encode() + b"\n"


def as_text() -> bytes:
    lines = [f"key:\n{key.hex(' ')}\nvalue:\n{value.hex(' ')}\n" for key, value in ENTRIES]
    return "".join(lines).encode() + b"Found 5 elements\n"


def as_raw() -> bytes:
    return b"".join(key + value for key, value in ENTRIES)


@pytest.mark.parametrize("dump", [as_json(), as_text(), as_raw()], ids=["json", "text", "raw"])
def test_dumps_are_records(types: str, dump: bytes, tmp_path: Path) -> None:
    done = command("dump", "-t", types, *TYPED, "--to", "ndjson", "-", data=dump)
    assert not done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == SHOWN
    file = tmp_path / "dump"
    file.write_bytes(dump)
    some = command(
        "dump", "-t", types, *TYPED, "--to", "csv", "--where", "value.packets >= 20", "--skip", "1",
        "--select", "key.saddr,value.bytes", str(file),
    )  # fmt: skip
    rows = list(csv.reader(some.stdout.decode().splitlines()))
    assert rows == [["key.saddr", "value.bytes"], ["3", "3000"], ["4", "4000"]]
    threads = command("dump", "-t", types, *TYPED, "--to", "ndjson", "-j", "2", str(file))
    assert threads.stdout == done.stdout


def test_without_types_dumps_are_hexadecimal() -> None:
    done = command("dump", "--to", "ndjson", "-", data=as_json())
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows == [{"key": key.hex(), "value": value.hex()} for key, value in ENTRIES]


def test_a_dump_goes_back_to_bpftool_s_shape() -> None:
    done = command("dump", "--to", "bpftool", "-", data=as_json())
    assert json.loads(done.stdout) == json.loads(as_json())


def test_values_of_cpus_in_raw_bytes(types: str) -> None:
    data = struct.pack("<IIQQQQ", 1, 2, 3, 4, 5, 6)
    done = command("dump", "-t", types, *TYPED, "--cpus", "2", "--to", "ndjson", "-", data=data)
    assert json.loads(done.stdout) == {
        "key": {"saddr": 1, "dport": 2},
        "values": [{"packets": 3, "bytes": 4}, {"packets": 5, "bytes": 6}],
    }


def test_an_empty_dump_in_each_form() -> None:
    for form, text in (("json", b"[]\n"), ("ndjson", b""), ("c", b""), ("bpftool", b"[]\n")):
        done = command("dump", "--to", form, "-", data=b"[]\n")
        assert (done.stdout, done.stderr, done.returncode) == (text, b"", 0)


def test_what_is_wrong_with_a_dump_is_one_line(types: str) -> None:
    half = as_json()[:300]
    done = command("dump", "-t", types, *TYPED, "--to", "ndjson", "-", data=half)
    assert len(done.stdout.splitlines()) == 1
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"byte" in done.stderr
    for arguments, data, said in (
        (("--consume",), as_json(), b"--consume is for live maps"),
        (TYPED, as_json(), b"not found"),
        (("--map", "x"), as_json(), b"of which BPF object?"),
        (("-t", types, "-C", "flow:x"), as_json(), b"key:TYPE and value:TYPE"),
        (("-t", types, "-C", "key:flow,key:flow"), as_json(), b"twice"),
        ((), b"garbage\n", b"say which types"),
    ):
        done = command("dump", *arguments, "-", data=data)
        assert said in done.stderr
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1


def test_types_of_a_map_that_an_object_defines() -> None:
    from prettify.sources.bpf_objects import maps_in

    definition = next(
        one for one in maps_in(str(OBJECT)) if one.key is not None and one.value is not None
    )
    row = {"key": octets(bytes(definition.key_size)), "value": octets(bytes(definition.value_size))}
    data = json.dumps([row]).encode()
    for source in ("-t", "--btf"):
        done = command(
            "dump", source, str(OBJECT), "--map", definition.name, "--to", "ndjson", "-", data=data
        )
        assert done.returncode == 0
        [shown] = [json.loads(line) for line in done.stdout.splitlines()]
        assert set(shown) == {"key", "value"}
        assert shown["key"] != bytes(definition.key_size).hex()
    done = command("dump", "-t", str(OBJECT), "--map", "nothing_like_it", "-", data=data)
    assert done.returncode == 2


def test_lists_of_bpftool() -> None:
    rows = [
        {"id": 7, "type": "hash", "name": "conns", "flags": 0, "bytes_key": 8, "bytes_value": 16,
         "max_entries": 10, "bytes_memlock": 4096, "frozen": 0, "btf_id": 3,
         "pinned": ["/sys/fs/bpf/conns"]},
        {"id": 8, "type": "array", "name": "x", "flags": 0, "bytes_key": 4, "bytes_value": 4,
         "max_entries": 1},
    ]  # fmt: skip
    data = json.dumps(rows).encode()
    text = command("list", "--from", "-", data=data).stdout.decode().splitlines()
    assert [line.split()[:3] for line in text] == [
        ["id", "type", "name"], ["7", "hash", "conns"], ["8", "array", "x"],
    ]  # fmt: skip
    assert text[1].split()[-2:] == ["/sys/fs/bpf/conns", "-"]
    ours = json.loads(command("list", "--from", "-", "--json", "--type", "hash", data=data).stdout)
    assert {name: ours[0][name] for name in rows[0]} == rows[0]
    done = command("list", "--from", "-", data=as_json())
    assert done.returncode == 1
    assert b"prettify map dump" in done.stderr


RING = ROOT / "tests" / "bpf" / "events.ring"
EVENTS = ROOT / "tests" / "bpf" / "events.bpf.o"


def test_saved_events() -> None:
    done = command("read", "-t", str(EVENTS), "-C", "event", "--to", "ndjson", str(RING))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows
    assert done.returncode == 0
    numbers = [row["sequence"] for row in rows]
    assert numbers == sorted(numbers)
    some = command(
        "read", "-t", str(EVENTS), "-C", "event_text", "--where", "event.kind == EVENT_TEXT",
        "--count", "2", "--select", "length,text", "--to", "csv", str(RING),
    )  # fmt: skip
    lines = some.stdout.decode().splitlines()
    assert lines[0].startswith("length")
    assert len(lines) == 3
    told = command(
        "read", "-t", str(EVENTS), "-C", "event(type=kind,cast={1:event_sample,2:event_text})",
        "--to", "ndjson", str(RING),
    )  # fmt: skip
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert [row["event"]["sequence"] for row in rows] == numbers
    assert {("value" in row, row["event"]["kind"]) for row in rows} == {
        (True, "EVENT_SAMPLE"),
        (False, "EVENT_TEXT"),
    }
    more = command(
        "read", "-t", str(EVENTS), "-C", "event(filter=kind==2)", "--tail", "--count", "1",
        "--to", "ndjson", str(RING),
    )  # fmt: skip
    [row] = [json.loads(line) for line in more.stdout.splitlines()]
    assert bytes.fromhex(row["tail"])[2:] == b"C" * 14
    for arguments, said in (
        ((), b"what are the events?"),
        (("-t", str(EVENTS), "-C", "event(align=8)", str(RING)), b"align is for records in files"),
        (("-t", str(EVENTS), "-C", "event", "--id", "1", str(RING)), b"not both"),
        (("-t", str(EVENTS), "-C", "event"), b"which map?"),
        (("-t", str(EVENTS), "-C", "event", "--duration", "x", str(RING)), b"seconds expected"),
    ):
        wrong = command("read", *arguments)
        assert said in wrong.stderr
        assert wrong.returncode == 2


def test_help_of_each_job() -> None:
    assert b"prettify map dump" in command("--help").stdout
    for job in ("list", "dump", "get", "read"):
        done = command(job, "--help")
        assert done.returncode == 0
        assert f"usage: prettify map {job}".encode() in done.stdout


def test_a_dump_reads_alike_with_the_vectors_types() -> None:
    """Types by a raw BTF file, of a map that the file does not define."""
    path = VECTORS / "kernel" / "types.btf"
    data = json.dumps([{"key": octets(b"\1\0\0\0"), "value": octets(bytes(16))}]).encode()
    done = command("dump", "-t", str(path), "-C", "struct iovec", "--to", "ndjson", "-", data=data)
    assert json.loads(done.stdout) == {
        "key": "01000000",
        "value": {"iov_base": "0x0", "iov_len": 0},
    }


def test_on_a_terminal() -> None:
    """Where standard error is one, whether there is to be a bar is asked."""
    import pty

    near, far = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "map", "read", "-t", str(EVENTS), "-C", "event", "--count", "1", "--to",
         "ndjson", str(RING)],
        stdout=subprocess.PIPE,
        stderr=far,
        check=False,
    )  # fmt: skip
    os.close(far)
    os.set_blocking(near, False)
    try:
        said = os.read(near, 4096)
    except OSError:  # nothing was said
        said = b""
    os.close(near)
    assert (done.returncode, said) == (0, b"")
    assert json.loads(done.stdout)["sequence"] == 0


@pytest.mark.parametrize("command", [dumping.COMMAND, getting.COMMAND, reading.COMMAND])
def test_what_is_asked_of_options_when_records_are_put_out(command: Command) -> None:
    options, _ = command.parse(["--no-progress"])
    assert options.given("no_progress") is True
