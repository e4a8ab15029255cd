"""`prettify trace`: recorded pages as the kernel's own text has them, made pages, a live trace."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import COMMAND, VECTORS, need
from event_formats import EVENTS, format_text
from prettify.errors import UsageError
from prettify.sources.tracefs.graph import open_tracefs
from prettify.sources.tracefs.mounts import mount_point
from trace_texts import check
from trace_writer import TraceWriter

RECORDED = VECTORS / "tracefs" / "recorded"
PAGES = [RECORDED / "cpu0.raw", RECORDED / "cpu1.raw"]
FORMATS = ("-t", f"tracefs:{EVENTS}")


def trace(*arguments: Any, data: bytes | None = None) -> tuple[int, str, str]:
    """(status, output, errors) of the command."""
    done = subprocess.run(
        [*COMMAND, "trace", *map(str, arguments)],
        input=data, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode()


def records(*arguments: Any) -> list[dict[str, Any]]:
    """The records that it shows without a complaint."""
    status, out, err = trace(*FORMATS, "--to", "ndjson", *arguments)
    assert (status, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


# What was recorded.


def test_it_is_what_the_kernel_says() -> None:
    found = records(*PAGES)
    lines = (RECORDED / "fields.txt").read_text().splitlines()
    assert len(found) == len(lines) == 364
    said = sum(check(record, line) for record, line in zip(found, lines))
    assert said > 900


def test_a_record_starts_with_event_time_and_cpu() -> None:
    status, out, _ = trace(*FORMATS, "--to", "ndjson", "--count", 1, *PAGES)
    assert status == 0
    assert out == (
        '{"event":"sched_switch","time":6943.914919818,"cpu":1,"common_type":372,'
        '"common_flags":1,"common_preempt_count":2,"common_pid":6414,"prev_comm":"bash",'
        '"prev_pid":6414,"prev_prio":120,"prev_state":0,"next_comm":"rcu_preempt","next_pid":15,'
        '"next_prio":120}\n'
    )


def test_texts_and_stacks_go_on_to_their_events_end() -> None:
    texts = [r["buf"] for r in records("-e", "ftrace:print", *PAGES)]
    assert texts == ["hello\n", 'marker with "quotes" \\ and é\n']
    stacks = records("-e", "ftrace:kernel_stack", *PAGES)
    assert [len(r["caller"]) for r in stacks] == [r["size"] for r in stacks] == [7, 7]
    [raw] = records("-e", "raw_data", *PAGES)
    assert (raw["id"], raw["buf"]) == (0x04030201, "raw-data")


def test_dynamic_strings() -> None:
    names = {r["filename"] for r in records("-e", "sched:sched_process_exec", *PAGES)}
    assert names == {"/usr/bin/ls", "/usr/bin/sleep"}
    found = records("--where", 'filename like "*/ls"', *PAGES)
    assert {r["event"] for r in found} == {"sched_process_exec"}
    assert len(found) == 2


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("-e", "sched"), 44),
        (("-e", "sched:*"), 44),
        (("-e", "sched/sched_switch"), 24),
        (("-e", "sched_switch,sched_wakeup"), 35),
        (("-e", "sched_switch", "-e", "task"), 27),
        (("-e", "*:sys_*"), 301),
        (("--where", "event == sched_switch"), 24),
        (("--where", "event != sched_switch"), 340),
        (("--where", "cpu == 1"), 104),
        (("--where", "prev_comm == 'bash' and time > 6943.92"), 1),
        (("--where", "common_pid == 0", "--skip", "2", "--count", "3"), 3),
    ],
)
def test_some_of_them(arguments: tuple[str, ...], count: int) -> None:
    assert len(records(*arguments, *PAGES)) == count


def test_one_processor_and_a_pipe() -> None:
    one = records(PAGES[0])
    assert {r["cpu"] for r in one} == {0}
    status, out, err = trace(*FORMATS, "--to", "ndjson", data=PAGES[0].read_bytes())
    assert (status, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == one


@pytest.mark.parametrize("name", ["cpu7.raw", "per_cpu/cpu7/trace_pipe_raw", "x.dat.cpu7"])
def test_files_say_which_processor_they_are_of(name: str, tmp_path: Path) -> None:
    copy = tmp_path / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(PAGES[1].read_bytes())
    assert {r["cpu"] for r in records(copy)} == {7}


def test_threads_change_nothing() -> None:
    assert records("-j", "3", *PAGES) == records(*PAGES)


# Forms.


def test_c_text() -> None:
    status, out, err = trace(*FORMATS, "--compact", "-e", "sched_process_exec", *PAGES)
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == (
        "{ .event = sched_process_exec, .time = 6943.919557927, .cpu = 0, .common_type = 365, "
        ".common_flags = 0, .common_preempt_count = 0, .common_pid = 6418, "
        '.filename = "/usr/bin/ls", .pid = 6418, .old_pid = 6418, },'
    )
    for dialect in ("kernel", "c"):
        status, out, err = trace(*FORMATS, "--dialect", dialect, *PAGES)
        assert (status, err) == (0, "")
        assert out.count("sched_switch") >= 24


def test_csv_is_of_one_event() -> None:
    status, out, _ = trace(*FORMATS, "--to", "csv", "-e", "sched_process_exec", *PAGES)
    assert status == 0
    heading, *rows = csv.reader(io.StringIO(out))
    assert heading == [
        "event", "time", "cpu", "common_type", "common_flags", "common_preempt_count",
        "common_pid", "filename", "pid", "old_pid",
    ]  # fmt: skip
    assert [row[7] for row in rows] == ["/usr/bin/ls", "/usr/bin/ls", "/usr/bin/sleep"]
    status, out, err = trace(*FORMATS, "--to", "csv", *PAGES)
    assert (status, out) == (2, "")
    assert "these are several events: name one with --event" in err


def test_forms_of_one_type_take_pages_of_one_event(tmp_path: Path) -> None:
    writer = TraceWriter()
    for at in range(3):
        writer.add(at, struct.pack("<HBBi", 7, 0, 0, at))
    (tmp_path / "sys" / "made_up").mkdir(parents=True)
    (tmp_path / "sys/made_up/format").write_text(format_text([]))
    (tmp_path / "sys/other").mkdir()
    (tmp_path / "sys/other/format").write_text(format_text([], "other", 8))
    pages = tmp_path / "pages"
    pages.write_bytes(writer.pages())
    status, out, err = trace("-t", f"tracefs:{tmp_path}", "--to", "csv", pages)
    assert (status, err) == (0, "")
    assert out.splitlines()[1] == "made_up,0.000000000,0,7,0,0,0"


def test_templates_are_of_any_event() -> None:
    status, out, _ = trace(*FORMATS, "--template", "{time} {event} {cpu}", "--count", 2, *PAGES)
    assert (status, out) == (0, "6943.914919818 sched_switch 1\n6943.914941520 sched_switch 1\n")
    status, _, err = trace(*FORMATS, "--template", "{prev_comm}", *PAGES)
    assert status == 2
    assert "has no member 'prev_comm'" in err


def test_arrow_and_parquet(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for event, name in (("sched_process_exec", "filename"), ("kernel_stack", "caller")):
        file = tmp_path / f"{event}.parquet"
        status, _, err = trace(*FORMATS, "--to", "parquet", "-o", file, "-e", event, *PAGES)
        assert (status, err) == (0, "")
        rows = parquet.read_table(file).to_pylist()
        plain = records("-e", event, *PAGES)
        assert [row[name] for row in rows] == [record[name] for record in plain]
        assert [float(row["time"]) for row in rows] == [record["time"] for record in plain]
        assert {row["event"] for row in rows} == {event}


def test_sqlite_has_a_table_for_each_event_that_there_is(tmp_path: Path) -> None:
    file = tmp_path / "trace.db"
    status, _, err = trace(*FORMATS, "--to", "sqlite", "-o", file, *PAGES)
    assert (status, err) == (0, "")
    database = sqlite3.connect(file)
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    plain = records(*PAGES)
    assert tables == {record["event"] for record in plain}
    for table in tables:
        [[count]] = database.execute(f"SELECT count(*) FROM {table}")
        assert count == sum(record["event"] == table for record in plain)
    [[text]] = database.execute("SELECT buf FROM print WHERE buf LIKE 'hello%'")
    assert text == "hello\n"
    [[callers]] = database.execute("SELECT caller FROM kernel_stack LIMIT 1")
    assert len(json.loads(callers)) == 7
    database.close()


def test_selected_members_are_shown_of_those_that_have_them() -> None:
    found = records("--select", "event,prev_comm,filename", "-e", "sched", *PAGES)
    kinds = {tuple(record) for record in found}
    assert kinds == {("event",), ("event", "prev_comm"), ("event", "filename")}
    found = records("--select", "prev_comm,filename", *PAGES)
    assert {tuple(record) for record in found} == {("prev_comm",), ("filename",)}
    assert sum("prev_comm" in record for record in found) == 24


# What is wrong.


def test_names_that_there_are_not() -> None:
    for arguments, error in (
        (("-e", "shed"), "no event 'shed'"),
        (("-e", "sched:sched_swich"), "did you mean 'sched_switch'"),
        (("--where", "nope == 1"), "no member 'nope'"),
        (("--where", "event == sched_swich"), "did you mean 'sched_switch'"),
        (("--select", "nope"), "no member 'nope'"),
        (("--duration", "1"), "--duration is of what is traced now"),
        (("--buffer", "1"), "--buffer is of what is traced now"),
        (("-t", "vmlinux"), "events have formats: tracefs:vmlinux"),
        (("-t", "tracefs:/nowhere"), "cannot open '/nowhere'"),
    ):
        status, _, err = trace(*FORMATS, *arguments, *PAGES)
        assert status == 2, arguments
        assert error in err, arguments
        assert err.startswith("prettify: ")
        assert err.count("\n") == 1


def test_events_without_a_format_are_bytes(tmp_path: Path) -> None:
    writer = TraceWriter()
    writer.add(5, struct.pack("<HBBi", 999, 1, 2, 3))
    writer.add(6, struct.pack("<HBBi", 999, 1, 2, 4))
    pages = tmp_path / "pages"
    pages.write_bytes(writer.pages())
    status, out, err = trace(*FORMATS, "--to", "ndjson", pages)
    assert out.splitlines()[0] == (
        '{"event":999,"time":0.000000005,"cpu":0,"data":"e703010203000000"}'
    )
    assert status == 1
    assert re.match(r"prettify: 2 events are of number 999, of which tracefs:\S+ has no", err)


def test_an_event_that_ends_before_its_type_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    for name, number in (("made_up", 7), ("other", 8)):
        (tmp_path / "sys" / name).mkdir(parents=True)
        fields = [("int a", 8, 4, 1), ("unsigned long b[3]", 16, 24, 0), ("int c", 40, 4, 1)]
        (tmp_path / "sys" / name / "format").write_text(format_text(fields, name, number))
    writer = TraceWriter()
    for number, size in ((7, 44), (7, 36), (8, 32), (7, 16), (8, 12), (8, 44)):
        head = struct.pack("<HBBiii", number, 0, 0, 1, 5, 0) + struct.pack("<3Qi", 1, 2, 3, 4)
        writer.add(size, head[:size])
    pages = tmp_path / "pages"
    pages.write_bytes(writer.pages())
    formats = ("-t", f"tracefs:{tmp_path}")
    status, out, err = trace(*formats, "--to", "ndjson", "--select", "a,b,c", pages)
    assert (status, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == [
        {"a": 5, "b": [1, 2, 3], "c": 4}, {"a": 5, "b": [1, 2]}, {"a": 5, "b": [1, 2]},
        {"a": 5}, {"a": 5}, {"a": 5, "b": [1, 2, 3], "c": 4},
    ]  # fmt: skip
    for where, count in (("c == 4", 2), ("b[1] == 2", 4), ("a == 5", 6)):
        status, out, err = trace(*formats, "--to", "ndjson", "--where", where, pages)
        assert (status, err, out.count("\n")) == (0, "", count), where


def test_damage_and_losses_are_said(tmp_path: Path) -> None:
    writer = TraceWriter()
    for at in range(8):
        writer.missed = 3 if at == 1 else 0
        writer.add(at, struct.pack("<HBBi", 5, 0, 0, at) + struct.pack("<Q", 0) + b"x\0")
        writer.end_page()
    data = bytearray(writer.pages())
    for page in range(2, 7):
        data[4096 * page + 8 : 4096 * page + 10] = b"\xff\xff"
    pages = tmp_path / "cpu3"
    pages.write_bytes(data[:-100])
    status, out, err = trace(*FORMATS, "--to", "ndjson", pages)
    assert status == 1
    assert [json.loads(line)["common_pid"] for line in out.splitlines()] == [0, 1]
    lines = err.splitlines()
    assert lines[0] == (
        f"prettify: {pages}: the page at byte 8192 says that 65535 bytes of it are in use, of "
        f"4080; the rest of the page is left out"
    )
    assert lines[3:] == [
        f"prettify: {pages}: page cut short at byte 28672: 3996 bytes left, 4096 needed",
        f"prettify: {pages}: 2 more pages are damaged",
        f"prettify: {pages}: the kernel has lost 3 events: its buffer was full",
    ]


def test_what_is_no_trace(tmp_path: Path) -> None:
    noise = tmp_path / "noise"
    noise.write_bytes(random.Random(1).randbytes(1 << 16))
    status, out, err = trace(*FORMATS, noise)
    assert (status, out) == (1, "")
    assert re.fullmatch(r"prettify: \S+noise: no pages of a trace buffer, of 4096 bytes: .*\n", err)
    status, _, err = trace(*FORMATS, tmp_path / "none", PAGES[0])
    assert status == 2
    assert "No such file" in err


def test_mutants_of_formats_and_pages(tmp_path: Path) -> None:
    """One clear line, or several, and never more than that."""
    chooser = random.Random(3)
    names = ["sched/sched_switch", "sched/sched_process_exec", "ftrace/print"]
    for number in range(12):
        folder = tmp_path / str(number)
        for name in names:
            text = bytearray((EVENTS / name / "format").read_bytes())
            for _ in range(chooser.choice((0, 1, 3))):
                at = chooser.randrange(min(len(text), 900))
                text[at] = chooser.choice((0, 59, 91, 57, text[at] ^ 2, chooser.randrange(256)))
            (folder / name).mkdir(parents=True)
            (folder / name / "format").write_bytes(text)
        data = bytearray(PAGES[1].read_bytes())
        for _ in range(chooser.choice((0, 2, 20))):
            data[chooser.randrange(len(data))] = chooser.randrange(256)
        pages = folder / "pages"
        pages.write_bytes(data)
        status, _, err = trace("-t", f"tracefs:{folder}", "--to", "ndjson", pages)
        assert status in (0, 1, 2)
        assert "Traceback" not in err
        assert bool(err) == bool(status)
        assert all(line.startswith("prettify: ") for line in err.splitlines())
        assert err.count("\n") < 40


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(("size", "long"), [(4096, 8), (8192, 4), (65536, 8)])
def test_pages_of_other_kernels(order: str, size: int, long: int, tmp_path: Path) -> None:
    event = tmp_path / "sys" / "made_up"
    event.mkdir(parents=True)
    fields = [("__data_loc char[] name", 8, 4, 0), ("unsigned long n", 12, long, 0)]
    (event / "format").write_text(format_text(fields))
    mark = "<" if order == "little" else ">"
    chooser = random.Random(size)
    expected, files = [], []
    for cpu in range(3):
        writer = TraceWriter(order, size, long)
        (tmp_path / "header_page").write_text(writer.header_page())
        when = 0
        for at in range(400):
            when += chooser.randrange(1 << 20)
            name = b"n%d\0" % at
            record = struct.pack(mark + "HBBi", 7, 0, 0, at)
            record += struct.pack(mark + "I", 12 + long | len(name) << 16)
            record += at.to_bytes(long, order) + name  # type: ignore[arg-type]
            writer.add(when, record, chooser)
            expected.append((when, cpu, at, f"n{at}"))
        path = tmp_path / f"cpu{cpu}"
        path.write_bytes(writer.pages())
        files.append(path)
    status, out, err = trace(
        "-t", f"tracefs:{tmp_path}", "--endian", order, "--to", "ndjson", "--int64", "string",
        *files,
    )  # fmt: skip
    assert (status, err) == (0, "")
    found = [json.loads(line) for line in out.splitlines()]
    shown = [(int(r["time"].replace(".", "")), r["cpu"], int(r["n"]), r["name"]) for r in found]
    assert [row[0] for row in shown] == sorted(row[0] for row in shown)
    assert sorted(shown) == sorted(expected)


def test_times_of_counters_are_whole_numbers() -> None:
    found = records("--clock", "counter", "--count", 1, PAGES[1])
    assert found[0]["time"] == 6943914919818


# A live trace.


@pytest.fixture(scope="module")
def folder() -> str:
    """Where tracefs is; skipped where one may not trace."""
    try:
        found = mount_point()
    except UsageError as error:
        pytest.skip(str(error))
    probe = f"{found}/instances/prettify-test-probe"
    try:
        os.mkdir(probe)
    except OSError as error:
        pytest.skip(f"cannot trace: {error}")
    os.rmdir(probe)
    return found


@pytest.fixture
def instance(folder: str) -> Iterator[Path]:
    """An instance of the tests' own."""
    path = Path(f"{folder}/instances/prettify-test-{os.getpid()}")
    path.mkdir()
    yield path
    for _ in range(50):
        try:
            path.rmdir()
            return
        except OSError:
            time.sleep(0.02)


def write(path: Path, text: str) -> None:
    """Write to a file of tracefs."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def busy() -> None:
    """Make some events."""
    for _ in range(5):
        subprocess.run(["ls", "/"], stdout=subprocess.DEVNULL, check=True)
        time.sleep(0.002)


def test_pages_say_what_the_kernels_text_says(instance: Path, tmp_path: Path) -> None:
    write(instance / "options" / "fields", "1")
    for event in ("sched:sched_switch", "sched:sched_process_exec", "task:task_rename",
                  "raw_syscalls:sys_exit", "sched:sched_wakeup"):  # fmt: skip
        write(instance / "set_event", event + "\n")
    busy()
    write(instance / "tracing_on", "0")
    lines = [
        line for line in (instance / "trace").read_text().splitlines()
        if line and not line.startswith("#")
    ]  # fmt: skip
    files = []
    for cpu in sorted((instance / "per_cpu").iterdir()):
        copy = tmp_path / cpu.name
        data = b""
        file = os.open(cpu / "trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK)
        while True:
            try:
                piece = os.read(file, 4096)
            except BlockingIOError:
                break
            if not piece:
                break
            data += piece
        os.close(file)
        copy.write_bytes(data)
        files.append(copy)
    status, out, err = trace("--to", "ndjson", *files)
    assert (status, err) == (0, "")
    found = [json.loads(line) for line in out.splitlines()]
    assert len(found) == len(lines) > 50
    assert sum(check(record, line) for record, line in zip(found, lines)) > len(found)


def traced(folder: str, *arguments: Any) -> list[dict[str, Any]]:
    """What a live trace shows while something happens."""
    process = subprocess.Popen(
        [*COMMAND, "trace", "--to", "ndjson", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    own = Path(f"{folder}/instances/prettify-{process.pid}")
    while process.poll() is None and not own.exists():
        time.sleep(0.01)
    time.sleep(0.2)
    busy()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert not own.exists()
    return [json.loads(line) for line in out.splitlines()]


def test_what_happens_is_shown(folder: str) -> None:
    found = traced(folder, "-e", "sched:sched_process_exec,sched_switch", "--duration", "2")
    executed = [record for record in found if record["event"] == "sched_process_exec"]
    assert sum(record["filename"].endswith("/ls") for record in executed) >= 5
    times = [record["time"] for record in found]
    assert times == sorted(times)
    assert len(found) > 20


def test_a_live_trace_ends_after_so_many_and_filters(folder: str) -> None:
    found = traced(folder, "-e", "sched", "--count", 3, "--where", "event == sched_process_exec")
    assert [record["event"] for record in found] == ["sched_process_exec"] * 3


def test_ctrl_c_ends_a_live_trace(folder: str) -> None:
    process = subprocess.Popen(
        [*COMMAND, "trace", "-e", "sched_switch", "--to", "ndjson"],
        bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")
    assert all(json.loads(line)["event"] == "sched_switch" for line in [first, *out.splitlines()])
    assert not Path(f"{folder}/instances/prettify-{process.pid}").exists()


def test_what_a_killed_process_left_is_removed(folder: str) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = Path(f"{folder}/instances/prettify-{dead.pid}")
    left.mkdir()
    assert trace("-e", "sched_switch", "--duration", "0.1", "--to", "ndjson")[0] == 0
    assert not left.exists()


def test_what_cannot_be_traced(folder: str) -> None:
    status, _, err = trace("-e", "ftrace:function", "--duration", "0.1")
    assert status == 2
    assert err == (
        "prettify: event 'ftrace:function': the kernel does not take it: Invalid argument\n"
    )
    status, _, err = trace("-e", "sched_switch", "--duration", "x")
    assert (status, err) == (2, "prettify: --duration 'x': a number of seconds expected\n")
    status, _, err = trace("-e", "sched_switch", "--buffer", "0")
    assert (status, err.count("kilobytes from 1 to")) == (2, 1)


def test_perf_says_the_same_of_switches(folder: str, tmp_path: Path) -> None:
    """perf takes the events from the same place: fields and times of what both have are alike.

    Its clock is a trace clock too, a little off the usual one.
    """
    need("perf")
    data = tmp_path / "perf.data"
    recording = subprocess.Popen(
        ["perf", "record", "-q", "-a", "-e", "sched:sched_switch", "-o", data, "sleep", "1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    found = traced(folder, "-e", "sched:sched_switch", "--duration", "1.5", "--clock", "perf")
    if recording.wait(timeout=60):
        assert recording.stderr is not None
        pytest.skip(f"perf cannot record: {recording.stderr.read().decode()}")
    script = subprocess.run(
        ["perf", "script", "-i", data, "--ns", "-F", "cpu,time,event,trace"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pattern = re.compile(
        r"\s*\[(\d+)\]\s+(\d+\.\d+):\s+sched:sched_switch: (?:prev_comm=)?(.*?):?"
        r"(?: prev_pid=|)(\d+) (?:prev_prio=|\[)(\d+)\]? .* ==> (?:next_comm=)?(.*?)"
        r"(?: next_pid=|:)(\d+) (?:next_prio=|\[)(\d+)"
    )
    ours: dict[tuple[Any, ...], list[float]] = {}
    for r in found:
        key = (
            r["cpu"], r["prev_comm"], r["prev_pid"], r["prev_prio"], r["next_comm"], r["next_pid"],
            r["next_prio"],
        )  # fmt: skip
        ours.setdefault(key, []).append(r["time"])
    first, last = found[0]["time"], found[-1]["time"]
    compared = 0
    for line in script.stdout.splitlines():
        match = pattern.match(line)
        assert match is not None, line
        when = float(match[2])
        if not first + 0.01 < when < last - 0.01:
            continue
        cpu, _, prev, prev_pid, prev_prio, following, next_pid, next_prio = match.groups()
        key = (
            int(cpu), prev, int(prev_pid), int(prev_prio), following, int(next_pid), int(next_prio)
        )  # fmt: skip
        assert min(abs(when - mine) for mine in ours[key]) < 1e-4
        compared += 1
    assert compared > 10


def test_the_library_finds_events_by_number() -> None:
    graph = open_tracefs(f"tracefs:{EVENTS}")
    numbers = graph.numbers()
    assert graph.event(numbers[372]).title == "sched:sched_switch"
