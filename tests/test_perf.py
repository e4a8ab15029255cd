"""prettify perf, against what perf itself says of the same recordings."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from conftest import COMMAND
from perf_files import HERE, PIPE_HEADER, Dumped, need_perf, need_zstd, perf, recorded, rows, shown
from prettify.records.perf.constants import CONTEXTS

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

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
