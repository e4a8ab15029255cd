"""prettify perf, against what perf itself says of the same recordings."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections import Counter
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

import pytest

from conftest import COMMAND
from perf_files import HERE, PIPE_HEADER, Dumped, need_perf, need_zstd, perf, recorded, rows, shown
from perf_writer import IDENTIFIER, IP, RAW, Attr, Writer
from prettify.composed import Composed
from prettify.dialects import FORMS
from prettify.dialects.options import Options
from prettify.layout import named_members
from prettify.records.input import Input
from prettify.records.perf import choosing
from prettify.records.perf.about import AboutRun
from prettify.records.perf.constants import BPF_OUTPUT, CONTEXTS, SAMPLE
from prettify.records.perf.raw import RawTypes
from prettify.records.perf.recording import Recording
from prettify.records.perf.records import SIZES, attr_kind, cpu_map_kind, update_kind
from prettify.records.perf.run import Choice
from prettify.records.perf.tables import Tables, Wanted

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from prettify.layout import Node

NANO = Decimal(1) / 10**9
# What perf calls otherwise where it counts.
CALLED = {"HEADER_ATTR": "ATTR", "HEADER_FEATURE": "FEATURE", "HEADER_TRACING_DATA": "TRACING_DATA",
          "HEADER_BUILD_ID": "BUILD_ID"}  # fmt: skip


def kinds(records: list[dict[str, Any]]) -> Counter[str]:
    names = (row["type"].removeprefix("PERF_RECORD_") for row in records)
    return Counter(CALLED.get(name, name) for name in names)


def check_counts(records: list[dict[str, Any]], dumped: Dumped) -> None:
    counts = {name: n for name, n in dumped.counts.items() if name != "TOTAL"}
    assert kinds(records) == Counter(counts)


def number_of(address: str) -> int:
    return dict(CONTEXTS).get(address) or int(address, 16)


def check_samples(records: list[dict[str, Any]], dumped: Dumped, *, packed: bool = False) -> None:
    """Per sample: place, time, cpu, pid, tid, ip, period, callchain."""
    samples = [row for row in records if row["type"] == "PERF_RECORD_SAMPLE"]
    told = dumped.samples
    assert len(samples) == len(told)
    if packed:  # all of one packed record are said to be at the same place
        samples.sort(key=lambda row: (row["time"], row["pid"]))
        told = sorted(told, key=lambda row: (row["time"], row["rest"]))
    for mine, theirs in zip(samples, told):
        assert (mine["offset"], mine["size"]) == (theirs["offset"], theirs["size"])
        assert mine["time"] == theirs["time"] * NANO
        if "cpu" in mine:
            assert mine["cpu"] == theirs["cpu"]
        period = mine.get("period", None)
        expected = f"{mine['pid']}/{mine['tid']}: {number_of(mine['ip']):#x} period: "
        assert expected in theirs["rest"]
        if period is not None:
            assert f"period: {period} " in theirs["rest"]
        if "callchain" in mine and theirs["chain"]:
            assert [number_of(address) for address in mine["callchain"]] == theirs["chain"]


@pytest.mark.parametrize("name", HERE)
def test_records_are_those_that_perf_finds(name: str) -> None:
    need_perf()
    records = rows(HERE[name])
    dumped = Dumped(HERE[name], pipe=name == "pipe")
    check_counts(records, dumped)
    check_samples(records, dumped)
    places = {(row["offset"], row["size"]) for row in records}
    assert {(r["offset"], r["size"]) for r in dumped.records} <= places


def test_callchains_are_long_enough_to_tell() -> None:
    chains = [row["callchain"] for row in rows(HERE["callgraph"]) if "callchain" in row]
    assert max(map(len, chains)) > 10
    assert chains[0][0] == "PERF_CONTEXT_KERNEL"


def test_big_endian_says_the_same_as_little() -> None:
    little = {row["time"]: row for row in rows(HERE["cpu_clock"]) if "event" in row}
    big = [row for row in rows(HERE["big_endian"]) if "event" in row]
    assert big
    for row in big:
        same = little[row["time"]]
        assert {**row, "offset": 0} == {**same, "offset": 0}


@pytest.mark.parametrize("name", ["callgraph", "tracepoints"])
def test_what_script_says(name: str) -> None:
    need_perf()
    told = perf("script", "-F", "pid,tid,time,period,event", "-G", "--ns", "-i", HERE[name])
    lines = [line.split() for line in told.splitlines() if line.strip() and line[:1] != "\t"]
    theirs = sorted(
        (Decimal(time.rstrip(":")), int(pid), int(tid), int(period), event.rstrip(":"))
        for (pid, tid), time, period, event, *_ in (
            (line[0].split("/"), *line[1:]) for line in lines if "/" in line[0]
        )
    )
    mine = sorted(
        (row["time"], row["pid"], row["tid"], row["period"], row["event"])
        for row in rows(HERE[name], types=frozenset((9,)))
    )
    assert mine == theirs


def test_choices() -> None:
    path = HERE["tracepoints"]
    assert (
        len(rows(path, events=frozenset(("sched:sched_process_exec",)), types=frozenset((9,)))) == 5
    )
    assert len(rows(path, where="type == COMM")) == 6
    pids = [row["pid"] for row in rows(path) if "event" in row]
    pid = pids[-1]
    assert 0 < pids.count(pid) < len(pids)
    assert len(rows(path, where=f"type == PERF_RECORD_SAMPLE and pid == {pid}")) == pids.count(pid)
    assert len(rows(path, where="event == 'sched:sched_process_exec'")) == 5
    tail = [row["comm"] for row in rows(path, where="type == COMM and comm == 'tail'")]
    assert tail == ["tail"]
    assert rows(path, skip=2, count=3) == rows(path)[2:5]
    times = [row["time"] for row in rows(path) if "time" in row]
    later = sorted(times)[len(times) // 2]  # and those that have a time of their own
    assert len(rows(path, where=f"time >= {later}")) == len([t for t in times if t >= later])
    chosen = rows(HERE["callgraph"], types=frozenset((9,)), select="time,callchain,per*")
    assert set(chosen[0]) == {"time", "callchain", "period"}


# Recordings of now.

RECORDED: dict[str, tuple[str, ...]] = {
    "clock": ("-e", "cpu-clock"),
    "graph": ("-e", "cpu-clock", "-g", "-F", "5000"),
    "switches": ("-e", "cpu-clock", "--switch-events"),
    "everywhere": ("-e", "cpu-clock,page-faults", "-a", "-d", "--namespaces"),
    "registers": ("-e", "cpu-clock", "--user-regs=ip,sp,ax", "-s"),
    "stacks": ("-e", "cpu-clock", "--call-graph", "dwarf,1024"),
    "grouped": ("-e", "{cpu-clock,page-faults}:S"),
    "tracepoint": ("-e", "sched:sched_switch"),
}


@pytest.mark.parametrize("name", RECORDED)
def test_recordings_of_now(name: str, tmp_path: Path) -> None:
    path = recorded(tmp_path, *RECORDED[name])
    records = rows(path)
    dumped = Dumped(path)
    check_counts(records, dumped)
    check_samples(records, dumped)


def test_a_compressed_recording_of_now(tmp_path: Path) -> None:
    need_zstd()
    path = recorded(tmp_path, "-e", "cpu-clock", "-g", "-z", "-F", "5000")
    records = rows(path)
    dumped = Dumped(path)
    assert kinds(records)["COMPRESSED"] > 0
    check_counts(records, dumped)
    check_samples(records, dumped, packed=True)


@pytest.mark.parametrize("options", [("-e", "cpu-clock"), ("-e", "sched:sched_switch")])
def test_a_stream_of_now(options: tuple[str, ...], tmp_path: Path) -> None:
    recorded(tmp_path, *options)  # or it is skipped
    done = subprocess.run(
        ["perf", "record", "-q", *options, "-o", "-", "--", "true"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    path = tmp_path / "stream"
    path.write_bytes(done.stdout)
    records = rows(path)
    dumped = Dumped(path, pipe=True)
    check_samples(records, dumped)
    for record in dumped.records:
        record["offset"] -= PIPE_HEADER if record["size"] == 0 else 0
    piped = subprocess.run(
        [*COMMAND, "perf", "--to", "ndjson", "-"],
        input=done.stdout,
        capture_output=True,
        check=True,
    )
    assert [json.loads(line, parse_float=Decimal) for line in piped.stdout.splitlines()] == records


def test_a_file_through_a_pipe() -> None:
    data = HERE["callgraph"].read_bytes()
    piped = subprocess.run(
        [*COMMAND, "perf", "--to", "ndjson", "-"], input=data, capture_output=True, check=True
    )
    assert piped.stdout == shown(HERE["callgraph"])[0]


def test_threads_change_nothing() -> None:
    for name in HERE:
        assert shown(HERE[name], jobs=3) == shown(HERE[name])


# Raw data.

TRACED = re.compile(r"^ *(\d+) +([\d.]+): +([\w:]+): (.*)$")


def told_fields(path: Path) -> list[tuple[int, Decimal, str, dict[str, str]]]:
    """pid, time, event and fields of trace events as perf script prints them, in order of time."""
    text = perf("script", "-F", "pid,time,event,trace", "--ns", "-i", path)
    found = []
    for line in text.splitlines():
        match = TRACED.match(line)
        assert match, line
        fields = dict(re.findall(r"(\w+)(?:=|: )([^ ,]+)", match[4]))
        if match[3].startswith("syscalls:sys_exit"):
            fields = {"ret": match[4]}
        found.append((int(match[1]), Decimal(match[2]), match[3], fields))
    return found


def check_fields(path: Path) -> int:
    """Hold the fields of trace events against what perf prints of them; how many there were."""
    mine = rows(path, types=frozenset((9,)))
    by_time = {(row["pid"], row["time"], row["event"]): row["raw"] for row in mine}
    checked = 0
    for pid, when, event, fields in told_fields(path):
        raw = by_time[pid, when, event]
        for name, text in fields.items():
            value = raw.get(name)
            if value is None:
                continue
            checked += 1
            if isinstance(value, str) and not value.startswith("0x"):
                assert value == text, (event, name)
            elif not text.lstrip("-").isdecimal() and not text.startswith("0x"):
                continue  # a number that perf has a word for, as prev_state
            else:
                number = int(value, 0) if isinstance(value, str) else value
                base = 10 if text.lstrip("-").isdecimal() else 0
                assert number % 2**32 == int(text, base) % 2**32, (event, name)
    return checked


def test_fields_of_trace_events_are_those_of_perf() -> None:
    need_perf()
    assert check_fields(HERE["tracepoints"]) > 600


@pytest.mark.parametrize("more", [(), ("-g",)])
def test_fields_of_trace_events_of_now(more: tuple[str, ...], tmp_path: Path) -> None:
    events = ["sched:sched_switch", "sched:sched_process_exec", "sched:sched_wakeup"]
    path = recorded(tmp_path, "-e", ",".join([*events, "syscalls:sys_enter_openat"]), *more)
    if not more:
        assert check_fields(path) > 10
    text, errors = shown(path, "csv", events=frozenset(("sched:sched_process_exec",)))
    assert not errors
    heading, *lines = text.decode().splitlines()
    at = heading.split(",").index("raw.filename")
    assert lines
    assert all("/" in line.split(",")[at] for line in lines)


def test_texts_in_raw_data_are_found_and_filtered() -> None:
    found = rows(HERE["tracepoints"], where="raw.filename == '/usr/bin/tail'")
    assert [row["event"] for row in found] == ["sched:sched_process_exec"]
    assert found[0]["raw"]["old_pid"] == found[0]["pid"]


def bpf_output() -> bytes:
    """A recording of a bpf-output event: a sample with 20 bytes, and one with 4."""
    random = Random(3)
    writer = Writer(random, "little")
    attr = Attr(random, IDENTIFIER | IP | RAW, 0, alike=BPF_OUTPUT)
    body = writer.pack("QQ", attr.id, 0x1000) + writer.pack("I", 20) + writer.pack("iQQ", -5, 7, 0)
    short = writer.pack("QQ", attr.id, 0x1000) + writer.pack("I", 4) + writer.pack("i", 9)
    records = writer.record(9, 1, body) + writer.record(9, 1, short)
    return writer.file_of([attr], records)


def test_what_bpf_programs_put_out_is_of_the_type_that_is_named() -> None:
    data = bpf_output()
    composed = Composed(None)
    event = composed.struct(
        "event",
        12,
        [("a", composed.integer("int", 4, signed=True), 0), ("b", composed.integer("u64", 8), 4)],
    )
    text, errors = shown(data, output=event)
    assert not errors
    first, second = (json.loads(line) for line in text.splitlines())
    assert first["event"] == "bpf-output"
    assert first["raw"] == {"a": -5, "b": 7}
    assert second["raw"] == "09000000"  # it is shorter than the type


# Forms.


def test_columns_hold_what_json_does() -> None:
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    import pyarrow.parquet

    for name in ("callgraph", "tracepoints", "big_endian"):
        expected = rows(HERE[name], types=frozenset((9,)))
        data, errors = shown(HERE[name], "arrow")
        assert not errors
        table = pa.ipc.open_stream(data).read_all()
        data, errors = shown(HERE[name], "parquet")
        assert not errors
        assert pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist() == table.to_pylist()
        for mine, row in zip(table.to_pylist(), expected):
            assert mine["time"] == row["time"]
            assert mine["ip"] == int(row["ip"], 16)
            assert mine["event"] == row["event"]
            if "callchain" in row:
                assert mine["callchain"] == [number_of(address) for address in row["callchain"]]
            if "raw" in row:
                known = {key: value for key, value in mine["raw"].items() if value is not None}
                assert set(known) == set(row["raw"])
        assert table.num_rows == len(expected)


def test_few_long_records_take_no_room_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow")
    whole, _ = shown(HERE["callgraph"], "arrow")
    chosen = rows(HERE["callgraph"], where="type == MMAP2 and filename != ''")
    monkeypatch.setattr(choosing, "MOST_ROOM", 400)
    parts, _ = shown(HERE["callgraph"], "arrow")
    assert rows(HERE["callgraph"], where="type == MMAP2 and filename != ''") == chosen
    assert len(chosen) == 22
    read = pa.ipc.open_stream
    assert read(parts).read_all().to_pylist() == read(whole).read_all().to_pylist()


def test_csv_has_a_line_for_each_sample() -> None:
    text, errors = shown(HERE["callgraph"], "csv", select="time,pid,callchain")
    assert not errors
    found = list(csv.DictReader(io.StringIO(text.decode())))
    expected = rows(HERE["callgraph"], types=frozenset((9,)))
    assert [(row["time"], row["pid"], row["callchain"].split()) for row in found] == [
        (str(row["time"]), str(row["pid"]), row["callchain"]) for row in expected
    ]


def test_a_database_has_a_table_for_each_kind(tmp_path: Path) -> None:
    sqlite3 = pytest.importorskip("sqlite3")
    data, errors = shown(HERE["tracepoints"], "sqlite")
    assert not errors
    path = tmp_path / "x.db"
    path.write_bytes(data)
    base = sqlite3.connect(path)
    count = "select count(*) from "
    assert base.execute(count + "comm").fetchone() == (6,)
    assert base.execute(count + '"sched:sched_process_exec"').fetchone() == (5,)
    assert base.execute("select comm from comm where comm like 'ta%'").fetchall() == [("tail",)]


def test_no_two_members_of_a_record_have_one_name() -> None:
    with Input(str(HERE["tracepoints"])) as data:
        recording = Recording(data)
        tables = Tables(recording, Wanted(), RawTypes())
        kinds = tables.sample_kinds()
        for type_ in sorted(set(tables.words.record_types.values()) - {SAMPLE}):
            kinds.append(tables.kind_of_type(type_))
        kinds += [attr_kind(size, tables.words) for size in SIZES]
        kinds += [update_kind(what, tables.words) for what in range(4)]
        kinds += [cpu_map_kind(what, tables.words) for what in range(3)]
        for kind in kinds:
            names = [name for name, _ in member_names(kind.layout.root)]
            assert len(names) == len(set(names)), (kind, names)
            for form in ("ndjson", "pahole"):
                assert FORMS[form].compile(kind.layout, Options())
    assert len(kinds) > 50


def member_names(node: Node) -> list[tuple[str, Node]]:
    return [(child.name, child) for _, child in named_members(node)]


# The header and the summary.


def about(what: str, path: Path) -> dict[str, Any]:
    run = AboutRun(what, "json", Choice(), RawTypes())
    found: dict[str, Any] = json.loads(b"".join(map(bytes, run.run([str(path)], pytest.fail))))
    return found


def test_the_header_says_what_perf_says() -> None:
    need_perf()
    told = perf("report", "--header-only", "-I", "-i", HERE["callgraph"])
    lines = dict(re.findall(r"^# (\w[\w ]*?) : (.*)$", told, re.M))
    header = about("header", HERE["callgraph"])
    assert header["hostname"] == lines["hostname"]
    assert header["osrelease"] == lines["os release"]
    assert header["version"] == lines["perf version"]
    assert header["arch"] == lines["arch"]
    assert header["nrcpus"] == {
        "online": int(lines["nrcpus online"]),
        "available": int(lines["nrcpus avail"]),
    }
    assert header["cpudesc"] == lines["cpudesc"]
    assert header["cpuid"] == lines["cpuid"]
    assert f"{header['total_mem']} kB" == lines["total memory"]
    assert " ".join(header["cmdline"]) == lines["cmdline"].strip()
    [mappings] = re.findall(r"^# pmu mappings: (.*)$", told, re.M)
    pmus = dict(re.findall(r"(\w+) = (\d+)", mappings))
    assert {name: str(number) for name, number in header["pmu_mappings"].items()} == pmus
    first = header["sample_time"]["first_ns"]
    assert lines["time of first sample"] == f"{first // 1000 / 10**6:.6f}"
    assert [event["name"] for event in header["events"]] == ["cpu-clock"]
    assert str(header["events"][0]["ids"])[1:-1] in told
    assert header["events"][0]["sample_type"] == ["IP", "TID", "TIME", "CALLCHAIN", "PERIOD"]


def test_a_stream_has_a_header_in_its_records() -> None:
    header = about("header", HERE["pipe"])
    assert header["form"] == "stream"
    assert header["arch"] == "x86_64"
    assert [event["name"] for event in header["events"]] == ["cpu-clock"]


@pytest.mark.parametrize("name", HERE)
def test_the_summary_counts_all(name: str) -> None:
    records = rows(HERE[name])
    summary = about("summary", HERE[name])
    assert summary["records"] == len(records)
    assert summary["types"] == dict(Counter(row["type"] for row in records))
    assert summary["events"] == dict(Counter(row["event"] for row in records if "event" in row))
    times = [row.get("time") or row.get("sample_id", {}).get("time") for row in records]
    timed = [when for when in times if when]
    assert summary["first"] == pytest.approx(float(min(timed)))
    assert summary["last"] == pytest.approx(float(max(timed)))
    assert sum(summary["histogram"]) == len(timed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--event", "cpu-clok"], "no such event"),
        (["--where", "nonsense == 1"], "no member 'nonsense'"),
        (["--select", "nonsense"], "no member 'nonsense'"),
    ],
)
def test_wrong_use_of_a_stream(arguments: list[str], message: str) -> None:
    command = [*COMMAND, "perf", *arguments, str(HERE["pipe"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dialect", "kernel"], "--dialect kernel: arrays of another length"),
        (["--record", "SAMPEL"], "no such type"),
        (["--event", "cpu-clok"], "no such event"),
        (["--where", "nonsense == 1"], "no member 'nonsense'"),
        (["--select", "nonsense"], "no member 'nonsense'"),
        (["--header", "--summary"], "not both"),
        (["--summary", "--select", "pid"], "--select means nothing with --summary"),
        (["--header", "--to", "csv"], "not csv"),
        (["--template", "{time:x}"], "take no format specification"),
    ],
)
def test_wrong_use(arguments: list[str], message: str) -> None:
    command = [*COMMAND, "perf", *arguments, str(HERE["callgraph"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
