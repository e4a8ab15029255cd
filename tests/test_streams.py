"""Long streams through the command: every form, threads, bad disks, and who reads it all."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import COMMAND as LAUNCH
from conftest import PURE, ROOT, VECTORS
from prettify.dialects import MAP_FORMS
from prettify.records.forms import FORMS as ALL_FORMS
from prettify.records.forms import TABLE_FORMS

ZOO = str(VECTORS / "pahole" / "gcc-pahole.btf")
TYPE = ["-t", ZOO, "-C", "h_none"]  # 8 bytes
SIZE = 8
FORMS = [form for form in ALL_FORMS if form not in MAP_FORMS]
# How to ask for each form.
ASKED = {form: ["--to", form] for form in FORMS} | {
    "pahole": [],
    "kernel": ["--dialect", "kernel"],
    "c": ["--dialect", "c"],
    "template": ["--template", "{a} {b}"],
}
NEEDS = {"arrow": "pyarrow", "parquet": "pyarrow", "sqlite": "sqlite3"}
COUNT = 200_000 // SIZE  # more than a pipe holds
pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def needed(form: str) -> None:
    if form in NEEDS:
        pytest.importorskip(NEEDS[form], reason=f"{form} needs {NEEDS[form]}")


def run(*arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*LAUNCH, *arguments], input=data, capture_output=True, check=False, timeout=100
    )


def only_line(done: subprocess.CompletedProcess[bytes], status: int) -> str:
    error = done.stderr.decode()
    assert (done.returncode, error.count("\n")) == (status, 1), error
    return error.rstrip("\n")


@pytest.mark.parametrize("form", FORMS)
def test_threads_change_no_byte(form: str, tmp_path: Path) -> None:
    needed(form)
    # From a file: the batches of Arrow are the blocks, and of a pipe those are what has arrived.
    data = tmp_path / "data"
    data.write_bytes(os.urandom(SIZE) * COUNT * (6 if PURE else 12))
    one = run(*TYPE, *ASKED[form], str(data))
    three = run(*TYPE, *ASKED[form], "-j", "3", str(data))
    assert one.returncode == three.returncode == 0, three.stderr
    assert one.stdout
    assert one.stdout == three.stdout


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_is_one_line(form: str) -> None:
    needed(form)
    for jobs in ("1", "2"):
        for full in (["-o", "/dev/full"], []):
            with open("/dev/full", "wb") as out:
                done = subprocess.run(
                    [*LAUNCH, *TYPE, *ASKED[form], "-j", jobs, *full],
                    input=bytes(SIZE * COUNT),
                    stdout=out,
                    stderr=subprocess.PIPE,
                    check=False,
                    timeout=100,
                )
            line = only_line(done, 2 if full else 1)
            assert "cannot write" in line
            assert line.endswith(": No space left on device")


@pytest.mark.parametrize("form", FORMS)
def test_a_last_record_cut_short_loses_nothing_before(form: str, tmp_path: Path) -> None:
    needed(form)
    out = tmp_path / "out"
    whole = run(*TYPE, *ASKED[form], data=bytes(SIZE * 1000))
    short = run(*TYPE, *ASKED[form], "-j", "2", "-o", str(out), data=bytes(SIZE * 1000 + 3))
    assert only_line(short, 1) == (
        "prettify: standard input: record cut short at byte 8000: 3 bytes left, 8 needed"
    )
    assert out.read_bytes() == whole.stdout


def test_a_disk_that_cannot_be_read_is_one_line() -> None:
    done = run(*TYPE, "/proc/self/mem")  # nothing is mapped at its byte 0
    line = only_line(done, 1)
    assert line == "prettify: /proc/self/mem: cannot read at byte 0: Input/output error"


def test_an_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "x", tmp_path):
        line = only_line(run(*TYPE, "-o", str(path), data=bytes(80)), 2)
        assert line.startswith(f"prettify: cannot write '{path}': ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("form", ["pahole", "ndjson", "csv", "template"])
def test_the_first_line_of_an_endless_stream(form: str, jobs: str) -> None:
    command = [*LAUNCH, *TYPE, *ASKED[form], "-j", jobs, "/dev/zero"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr is not None
    assert not process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("where", [[], ["--where", "a >= 0"]])
def test_a_record_that_has_arrived_is_printed(jobs: str, where: list[str]) -> None:
    process = subprocess.Popen(
        [*LAUNCH, *TYPE, "--to", "ndjson", "-j", jobs, *where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for number in range(3):
        process.stdin.write(number.to_bytes(4, "little") + b"\7\0\0\0")
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"a": number, "b": 7}
    process.stdin.write(b"half")
    process.stdin.close()
    process.stdout.close()
    assert process.wait(timeout=60) == 1  # half a record was left


@pytest.mark.parametrize("form", ["ndjson", *TABLE_FORMS])
def test_ctrl_c_leaves_no_file(form: str, tmp_path: Path) -> None:
    needed(form)
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*LAUNCH, *TYPE, "--to", form, "-o", str(out), "-j", "2", "/dev/zero"],
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (130, b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", list(TABLE_FORMS))
def test_columns_do_not_go_to_a_terminal(form: str) -> None:
    needed(form)
    leader, follower = pty.openpty()
    done = subprocess.run(
        [*LAUNCH, *TYPE, "--to", form],
        input=bytes(80),
        stdout=follower,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(follower)
    os.close(leader)
    assert only_line(done, 2) == (
        f"prettify: --to {form} is not for terminals: name a file with -o, or use a pipe"
    )


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "999999999999", ""])
def test_a_number_of_threads(jobs: str) -> None:
    assert "--jobs" in only_line(run(*TYPE, f"--jobs={jobs}"), 2)


@pytest.mark.parametrize("form", [*TABLE_FORMS, "csv"])
def test_what_holds_one_type_says_so(form: str) -> None:
    needed(form)
    done = run("-t", ZOO, "-C", "h_none,u8", "--count", "1", "--to", form, data=bytes(80))
    if form == "sqlite":
        assert done.returncode == 0
        assert done.stdout.startswith(b"SQLite format 3\0")
    else:
        assert f"--to {form}" in only_line(done, 2)


def test_filters_and_projections() -> None:
    data = b"".join(n.to_bytes(4, "little") + bytes(4) for n in range(100_000))
    for jobs in ("1", "3"):
        chosen = ["--where", "a % 1000 == 7 and b == 0", "--select", "a", "-j", jobs]
        done = run(*TYPE, "--to", "ndjson", *chosen, data=data)
        assert [json.loads(line)["a"] for line in done.stdout.splitlines()] == list(
            range(7, 100_000, 1000)
        )
        some = run(*TYPE, "--to", "csv", *chosen, "--skip", "3", "--count", "2", data=data)
        assert some.stdout == b"a\n3007\n4007\n"
        none = run(*TYPE, "--to", "json", "--where", "a < 0", "-j", jobs, data=data)
        assert none.stdout == b"[]\n"
    header = ["-t", ZOO, "--header", "h_none", "-C", "h_none", "--to", "ndjson"]
    done = run(*header, "--where", "a == $header.a + 2", data=data)
    assert done.stdout == b'{"a":2,"b":0}\n'
    line = only_line(run(*header, "--where", "a == $header.c", data=data), 2)
    assert "no member 'c'" in line


def peak(*arguments: str) -> int:
    """The most memory that the command took, in KiB."""
    # Not getrusage: what that says begins with the memory of whoever started the process.
    code = (
        "import sys; from prettify.cli import main; status = main(sys.argv[1:]); "
        "lines = open('/proc/self/status').read().splitlines(); "
        "print(*(line.split()[1] for line in lines if line.startswith('VmHWM')), file=sys.stderr); "
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
        cwd=ROOT,
        timeout=100,
    )
    return int(done.stderr)


def test_memory_does_not_grow_with_the_stream() -> None:
    """A hundred times as much to decode takes no more memory, whatever the form."""
    records = COUNT // 2 if PURE else COUNT * 10
    for form in ("pahole", "ndjson", "csv"):
        few, many = (
            peak(*TYPE, *ASKED[form], "--size", str(size * SIZE), "/dev/zero")
            for size in (records // 100, records)
        )
        assert many - few < 4_000, form


def test_memory_does_not_grow_with_a_capture(tmp_path: Path) -> None:
    capture = (ROOT / "formats" / "pcap" / "samples" / "microseconds.bin").read_bytes()
    head, packets = capture[:24], capture[24:]
    peaks = []
    for size in (100_000, 40_000_000 if "PRETTIFY_PURE" not in os.environ else 1_000_000):
        path = tmp_path / f"{size}.pcap"
        path.write_bytes(head + packets * (size // len(packets)))
        peaks.append(peak("--to", "ndjson", str(path)))
    assert peaks[1] - peaks[0] < 10_000, peaks


def test_the_first_packet_comes_before_the_last() -> None:
    capture = (ROOT / "formats" / "pcap" / "samples" / "microseconds.bin").read_bytes()
    process = subprocess.Popen(
        [*LAUNCH, "--to", "ndjson"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(capture)
    process.stdin.flush()
    tables = [json.loads(process.stdout.readline())["table"] for _ in range(2)]
    assert tables == ["header", "packet"]
    process.stdin.close()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
