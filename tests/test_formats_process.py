"""What systems tell of processes, users and devices, against the programs that read it."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import re
import struct
import subprocess
import sys
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

import prettify
from conftest import COMMAND, ROOT, need
from format_oracles import run, sample
from format_rows import records, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux has it")
LITTLE = pytest.mark.skipif(sys.byteorder != "little", reason="the types are little-endian's")
FORMATS = ROOT / "formats"


def path_of(format: str, name: str) -> Path:
    return FORMATS / format / "samples" / f"{name}.bin"


# Core files.

SEGV = path_of("core", "segv")


def notes(source: Path | bytes) -> dict[str, list[Any]]:
    """The notes of a core file by type."""
    found: dict[str, list[Any]] = {}
    for note in records(source, "note"):
        found.setdefault(note["nhdr"]["n_type"], []).append(note)
    return found


def test_a_core_file_is_no_plain_elf_file() -> None:
    assert {row["type"] for row in rows(SEGV, "note")} >= {"core_note_prstatus", "core_note_file"}


def test_a_core_file_tells_what_eu_readelf_tells() -> None:
    need("eu-readelf")
    told = run("eu-readelf", "-n", SEGV)
    found = notes(SEGV)
    status = found["NT_PRSTATUS"][0]["desc"]
    registers = dict(
        re.findall(r"(?<![\w.])(\w+):\s+(-?(?:0x)?[0-9a-f]+)\b", told.split("PRPSINFO")[0])
    )
    for name in ("r15", "r12", "rbp", "rbx", "r9", "rax", "rcx", "rdx", "rsi", "rdi", "rip", "rsp"):
        assert status["pr_reg"][name] == int(registers[name], 0) % 2**64, name
    assert status["pr_reg"]["orig_rax"] == 2**64 - 1
    assert status["pr_reg"]["fs_base"] == int(re.findall(r"fs.base:\s+(\w+)", told)[0], 16)
    assert status["pr_reg"]["eflags"] == int(re.findall(r"rflags:\s+(\w+)", told)[0], 16)
    ids = [int(n) for n in re.findall(r"pid: (\d+), ppid: (\d+), pgrp: (\d+), sid: (\d+)", told)[0]]
    for part in (status, found["NT_PRPSINFO"][0]["desc"]):
        assert [part[f"pr_{name}"] for name in ("pid", "ppid", "pgrp", "sid")] == ids
    times = re.findall(r"[us]time: (\d+)\.(\d+)", told)
    assert [[int(n) for n in time] for time in times] == [
        [status[name]["tv_sec"], status[name]["tv_usec"]]
        for name in ("pr_utime", "pr_stime", "pr_cutime", "pr_cstime")
    ]
    process = found["NT_PRPSINFO"][0]["desc"]
    assert f"fname: {process['pr_fname']}, psargs: {process['pr_psargs']}" in told
    assert f"flag: {process['pr_flag']:#018x}" in told
    signal = found["NT_SIGINFO"][0]["desc"]
    assert "si_signo: {si_signo}, si_errno: {si_errno}, si_code: {si_code}".format(**signal) in told
    assert f"fault address: {signal['_sifields']['_sigfault']['si_addr']:#x}" in told


def test_a_core_file_tells_of_the_files_that_eu_readelf_lists() -> None:
    need("eu-readelf")
    told = re.findall(
        r"^ +([0-9a-f]+)-([0-9a-f]+) ([0-9a-f]+) \d+ +(.+)$", run("eu-readelf", "-n", SEGV), re.M
    )
    (files,) = notes(SEGV)["NT_FILE"]
    names = [record["name"] for record in records(SEGV, "file_name")]
    assert len(told) == files["count"] == 15
    for found, name, (start, end, offset, path) in zip(files["desc"], names, told):
        assert (found["start"], found["end"]) == (int(start, 16), int(end, 16))
        assert found["file_ofs"] * files["page_size"] == int(offset, 16)
        assert name == path


def test_a_core_file_has_the_notes_and_segments_that_readelf_lists() -> None:
    need("readelf")
    told = run("readelf", "-lnW", SEGV)
    listed = re.findall(r"^  (?:CORE|LINUX) +0x([0-9a-f]+)\t", told, re.M)
    found = records(SEGV, "note")
    assert [note["nhdr"]["n_descsz"] for note in found] == [int(size, 16) for size in listed]
    segments = re.findall(r"^  (?:NOTE|LOAD) +0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) ", told, re.M)
    members = ("p_offset", "p_vaddr", "p_paddr", "p_filesz", "p_memsz")
    assert [[segment[m] for m in members] for segment in records(SEGV, "segment")] == [
        [int(number, 16) for number in segment] for segment in segments
    ]


@LINUX
@pytest.mark.slow_pure
def test_the_core_file_of_a_live_process(tmp_path: Path) -> None:
    need("gcore", "readelf")
    if os.uname().machine != "x86_64":
        pytest.skip("notes are those of x86-64")
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            done = subprocess.run(
                ["gcore", "-o", str(tmp_path / "core"), str(process.pid)],
                capture_output=True,
                check=False,
                timeout=60,
            )
            core = tmp_path / f"core.{process.pid}"
            if not core.exists():
                pytest.skip(f"gcore may not: {done.stderr.decode(errors='replace')[-80:]}")
            with open(f"/proc/{process.pid}/auxv", "rb") as file:
                auxv = file.read()
            with open(f"/proc/{process.pid}/maps") as file:
                mapped = {line.split()[5] for line in file if line.split()[4:5] != ["0"]}
        finally:
            process.kill()
    found = notes(core)
    assert found["NT_PRSTATUS"][0]["desc"]["pr_pid"] == process.pid
    assert found["NT_PRPSINFO"][0]["desc"]["pr_fname"] == "sleep"
    assert found["NT_AUXV"][0]["desc"] == records(auxv, "entry", "auxv")
    assert {record["name"] for record in records(core, "file_name")} == mapped
    listed = re.findall(r"^  (?:CORE|LINUX|GDB) +0x([0-9a-f]+)\t", run("readelf", "-n", core), re.M)
    assert [n["nhdr"]["n_descsz"] for n in records(core, "note")] == [int(s, 16) for s in listed]


def test_notes_of_a_core_file_of_any_other_machine_are_bytes() -> None:
    data = bytearray(SEGV.read_bytes())
    data[18:20] = (183).to_bytes(2, "little")  # aarch64
    found = rows(bytes(data), "note")
    assert {row["type"] for row in found} == {"core_note_name8"}
    assert [len(r["record"]["desc"]) for r in found] == [
        r["record"]["nhdr"]["n_descsz"] for r in rows(SEGV, "note")
    ]


def test_a_core_file_of_a_32_bit_big_endian_machine(tmp_path: Path) -> None:
    need("readelf")
    notes = b"".join(
        struct.pack(">3I", len(name), len(desc), kind) + name + b"\0" * (-len(name) % 4) + desc
        for name, kind, desc in (
            (b"CORE\0", 1, bytes(range(8))),
            (b"GNU\0", 3, b"\1\2\3\4"),
            (b"VMCOREINFO\0", 0, b"PAGESIZE"),
        )
    )
    ident = b"\x7fELF" + bytes([1, 2, 1]) + bytes(9)
    header = struct.pack(">HHIIIIIHHHHHH", 4, 20, 1, 0, 52, 0, 0, 52, 32, 2, 40, 0, 0)
    segments = struct.pack(">8I", 4, 116, 0, 0, len(notes), 0, 0, 4)
    segments += struct.pack(">8I", 1, 0, 0x10000000, 0, 0, 4096, 5, 4096)
    core = tmp_path / "core"
    core.write_bytes(ident + header + segments + notes)
    told = re.findall(r"^  (CORE|GNU|VMCOREINFO) +0x(\w+)", run("readelf", "-n", core), re.M)
    found = records(core, "note")
    assert [(n["name"], n["nhdr"]["n_descsz"]) for n in found] == [
        (name, int(size, 16)) for name, size in told
    ]
    assert bytes(found[2]["desc"]) == b"PAGESIZE"
    assert [segment["p_memsz"] for segment in records(core, "segment")] == [0, 4096]


# The auxiliary vector.


@LINUX
@LITTLE
def test_the_auxiliary_vector_is_the_one_that_the_loader_shows() -> None:
    need("cat")
    done = subprocess.run(
        ["cat", "/proc/self/auxv"],
        capture_output=True,
        env={**os.environ, "LD_SHOW_AUXV": "1"},
        check=True,
    )
    shown = re.match(rb"(?:AT_[^\n]*\n)+", done.stdout)
    if shown is None or sys.maxsize < 2**32:
        pytest.skip("the loader shows none")
    entries = records(done.stdout[shown.end() :], "entry", "auxv")
    told = re.findall(r"^AT_(\S+)(?: \((\w+)\))?: +(.*)$", shown[0].decode(), re.M)
    assert entries[-1] == {"a_type": "AT_NULL", "a_un": {"a_val": 0}}
    assert len(entries) == len(told) + 1
    texts = {"EXECFN", "PLATFORM", "BASE_PLATFORM"}
    for entry, (name, number, value) in zip(entries, told):
        if not number:
            assert entry["a_type"] == f"AT_{name}"
        if name not in texts:
            base = 16 if name == "HWCAP" else 0
            assert entry["a_un"]["a_val"] == int(value, base), name


def test_the_last_entry_of_an_auxiliary_vector_ends_it() -> None:
    assert len(records(sample("auxv", "cat") + b"more", "entry", "auxv")) == 23


# Logins.


def utmpdump(path: Path) -> list[list[str]]:
    return [
        [word.strip() for word in re.findall(r"\[(.*?)\]", line)]
        for line in run("utmpdump", path).splitlines()
    ]


def as_utmpdump(record: Any) -> list[str]:
    raw = bytes(record["ut_addr_v6"])
    if any(raw[4:]):
        address = ":".join(f"{high << 8 | low:x}" for high, low in zip(raw[::2], raw[1::2]))
    else:
        address = ".".join(map(str, raw[:4]))
    types = [
        "EMPTY", "RUN_LVL", "BOOT_TIME", "NEW_TIME", "OLD_TIME", "INIT_PROCESS", "LOGIN_PROCESS",
        "USER_PROCESS", "DEAD_PROCESS", "ACCOUNTING",
    ]  # fmt: skip
    return [
        str(types.index(record["ut_type"])),
        f"{record['ut_pid']:05}",
        record["ut_id"].strip(),
        record["ut_user"],
        record["ut_line"],
        record["ut_host"],
        address,
        f"{record['ut_tv']['tv_sec']},{record['ut_tv']['tv_usec']:06}",
    ]


@pytest.mark.parametrize("name", ["logins", "boot"])
def test_logins_are_those_that_utmpdump_shows(name: str) -> None:
    need("utmpdump")
    path = path_of("utmp", name)
    told = utmpdump(path)
    found = records(path, "login", "utmp")
    assert len(found) == len(told) > 3
    for line, record in zip(told, found):
        second, micro = re.findall(r"^(.*),(\d{6})", line[-1])[0]
        seconds = datetime.fromisoformat(second + "+00:00").timestamp()
        address = re.sub(r"(:0)+:", "::", as_utmpdump(record)[6], count=1)
        assert line[:6] == as_utmpdump(record)[:6]
        assert line[6] == address
        assert f"{seconds:.0f},{micro}" == as_utmpdump(record)[-1]


def test_logins_are_recognised_by_the_files_name(tmp_path: Path) -> None:
    data = sample("utmp", "boot")
    for name in ("wtmp", "btmp", "utmp", "wtmp.1"):
        (tmp_path / name).write_bytes(data)
        assert len(records(tmp_path / name, "login")) == 6
    (tmp_path / "logins").write_bytes(data)
    with pytest.raises(prettify.UsageError, match="of no known format"):
        records(tmp_path / "logins", "login")


def test_logins_of_systems_with_wider_times() -> None:
    data = struct.pack(
        "<hxxi32s4s32s256shhqqq16s20x4x",
        7, 733, b"pts/1", b"ts/1", b"alice", b"host", 0, 0, 9, 2**33, 123456, bytes(16),
    )  # fmt: skip
    (record,) = records(data, "login", "utmp:wide")
    assert record["ut_type"] == "USER_PROCESS"
    assert record["ut_session"] == 9
    assert record["ut_tv"] == {"tv_sec": 2**33, "tv_usec": 123456}


@LINUX
def test_last_logins_are_those_that_lastlog_shows(tmp_path: Path) -> None:
    need("lastlog")
    if os.geteuid():
        pytest.skip("only root may change the root folder")
    users = ["root", "daemon", "bin", "sys", "sync", "games"]
    for folder in ("etc", "var/log"):
        (tmp_path / folder).mkdir(parents=True)
    lines = [f"{user}:x:{number}:0::/:/bin/sh\n" for number, user in enumerate(users)]
    (tmp_path / "etc/passwd").write_text("".join(lines))
    log = tmp_path / "var/log/lastlog"
    log.write_bytes(sample("lastlog", "lastlog"))
    told = run("lastlog", "-R", tmp_path).splitlines()[1:]
    found = records(log, "user")
    assert len(told) == len(found) == len(users)
    for line, record, user in zip(told, found, users):
        assert line.split()[0] == user
        if not record["ll_time"]:
            assert "Never logged in" in line
            continue
        _, port, host, *time = line.split()
        assert (port, host) == (record["ll_line"], record["ll_host"])
        shown = datetime.strptime(" ".join(time), "%a %b %d %H:%M:%S %z %Y")
        assert shown.timestamp() == record["ll_time"]


# Process accounting.


def number(comp: Any) -> int:
    return int(comp["mantissa"]) << 3 * int(comp["exponent"])


@pytest.mark.parametrize(
    ("name", "swapped"), [("little_endian", []), ("big_endian", ["--byteswap"])]
)
def test_accounting_is_what_dump_acct_shows(name: str, swapped: list[str]) -> None:
    need("dump-acct")
    path = path_of("acct", name)
    told = [
        [word.strip() for word in line.split("|")]
        for line in run("dump-acct", *swapped, path).splitlines()
    ]
    found = records(path, "process")
    assert len(told) == len(found) > 5
    letters = {"ASU": "S", "AFORK": "F", "ACOMPAT": "C", "ACORE": "D", "AXSIG": "X"}
    for line, record in zip(told, found):
        assert line[0] == record["ac_comm"]
        assert int(line[1][1:]) == record["ac_version"] & 0x7F
        times = [number(record["ac_utime"]), number(record["ac_stime"]), record["ac_etime"]]
        assert [float(word) for word in line[2:5]] == times
        assert [int(word) for word in line[5:7]] == [record["ac_uid"], record["ac_gid"]]
        sizes = [number(record["ac_mem"]), number(record["ac_io"])]
        assert [float(word) for word in line[7:9]] == sizes
        assert [int(word) for word in line[9:11]] == [record["ac_pid"], record["ac_ppid"]]
        flags = {letters[name] for name, bit in record["ac_flag"].items() if bit}
        assert set(line[11].replace(" ", "")) == flags
        code = record["ac_exitcode"]
        if not code & 0x7F:  # not killed by a signal
            assert int(line[12]) == code >> 8
        shown = datetime.strptime(line[14] + " +0000", "%a %b %d %H:%M:%S %Y %z")
        assert shown.timestamp() == record["ac_btime"]
    assert any(record["ac_io"]["exponent"] for record in found)


def test_accounting_is_recognised_by_its_records() -> None:
    assert len(records(path_of("acct", "little_endian"), "process")) == 16
    one = sample("acct", "little_endian")[:64]
    with pytest.raises(prettify.UsageError, match="of no known format"):
        records(one, "process")
    assert len(records(one, "process", "acct")) == 1


# inotify.


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A file descriptor that says what happens to a folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = tmp_path / "watched"
    folder.mkdir()
    descriptor = libc.inotify_init1(os.O_NONBLOCK)
    if descriptor < 0 or libc.inotify_add_watch(descriptor, os.fsencode(folder), 0xFFF) < 0:
        pytest.skip("no inotify here")
    yield descriptor, folder
    os.close(descriptor)


@LINUX
@LITTLE
def test_events_of_a_folder(watched: tuple[int, Path]) -> None:
    descriptor, folder = watched
    (folder / "file").write_bytes(b"x")
    (folder / "sub").mkdir()
    (folder / "file").rename(folder / ("long" * 20))
    (folder / ("long" * 20)).unlink()
    (folder / "sub").rmdir()
    folder.rmdir()
    data = os.read(descriptor, 1 << 16)
    found = records(data, "event", "inotify")
    at = 0
    for record in found:
        wd, mask, cookie, length = struct.unpack_from("=iIII", data, at)
        name = data[at + 16 : at + 16 + length].rstrip(b"\0").decode()
        at += 16 + length
        assert [record[m] for m in ("wd", "cookie", "len", "name")] == [wd, cookie, length, name]
        assert record["mask"]["IN_ISDIR"] == mask >> 30 & 1
    assert at == len(data)
    happened = [(r["mask"]["event"], r["name"], r["mask"]["IN_ISDIR"]) for r in found]
    assert ("IN_CREATE", "sub", 1) in happened
    assert ("IN_CLOSE_WRITE", "file", 0) in happened
    assert ("IN_MOVED_TO", "long" * 20, 0) in happened
    assert ("IN_DELETE", "sub", 1) in happened
    assert [name for name, _, _ in happened[-2:]] == ["IN_DELETE_SELF", "IN_IGNORED"]
    moved = {r["cookie"] for r in found if r["mask"]["event"].startswith("IN_MOVED_")}
    assert len(moved - {0}) == len(moved) == 1


def test_a_name_that_is_cut_short() -> None:
    data = sample("inotify", "events")
    with pytest.raises(prettify.DataError, match="cut short at byte 608: 15 bytes left, 16 needed"):
        records(data[:623], "event", "inotify")


# Input events.

# Of <linux/input-event-codes.h>.
CODES = {
    (1, 30): "KEY_A",
    (1, 0x110): "BTN_LEFT",
    (1, 0x14A): "BTN_TOUCH",
    (2, 8): "REL_WHEEL",
    (2, 11): "REL_WHEEL_HI_RES",
    (3, 0x2F): "ABS_MT_SLOT",
    (3, 0x35): "ABS_MT_POSITION_X",
    (4, 4): "MSC_SCAN",
    (5, 0): "SW_LID",
    (0x11, 1): "LED_CAPSL",
    (0x14, 0): "REP_DELAY",
}


def test_input_events() -> None:
    data = sample("input", "events")
    found = records(data, "event", "input")
    plain = records(data, "event", "input:plain")
    events = list(struct.iter_unpack("<qqHHi", data))
    assert len(found) == len(plain) == len(events) == 33
    named = Counter()
    for record, bare, (seconds, micros, kind, code, value) in zip(found, plain, events):
        assert record["time"] == bare["time"] == {"tv_sec": seconds, "tv_usec": micros}
        assert record["value"] == bare["value"] == value
        assert record["type"] == bare["type"]
        assert bare["code"] == code
        if (kind, code) in CODES:
            assert record["code"] == CODES[kind, code]
            named[record["code"]] += 1
    assert set(named) == set(CODES.values())


def test_names_of_input_events_are_the_systems() -> None:
    header = "/usr/include/linux/input-event-codes.h"
    if not os.path.exists(header):
        pytest.skip("no kernel headers are installed")
    with open(header) as file:
        known = {
            name: int(number, 0)
            for name, number in re.findall(
                r"^#define\s+(\w+)\s+(0x[0-9a-f]+|\d+)\b", file.read(), re.M
            )
        }
    ours = re.findall(r"^\t(\w+) = (\w+),$", (FORMATS / "input/input.h").read_text(), re.M)
    both = {name: int(number, 0) for name, number in ours if name in known}
    assert len(both) > 600
    assert all(known[name] == number for name, number in both.items())


# Pages.


@LINUX
@LITTLE
def test_pages_of_a_live_process() -> None:
    page = mmap.PAGESIZE
    memory = mmap.mmap(-1, 4 * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory[0] = memory[2 * page] = 1
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    with open("/proc/self/pagemap", "rb", 0) as file:
        file.seek(address // page * 8)
        data = file.read(4 * 8)
    found = records(data, "page", "pagemap")
    entries = [entry for (entry,) in struct.iter_unpack("=Q", data)]
    assert [record["present"] for record in found] == [1, 0, 1, 0]
    for record, entry in zip(found, entries):
        assert record["pfn"] == entry & (1 << 55) - 1
        assert record["soft_dirty"] == entry >> 55 & 1
        assert record["exclusive"] == entry >> 56 & 1
        assert record["file_or_shared_anon"] == entry >> 61 & 1 == 0
        assert record["swapped"] == entry >> 62 & 1
    if found[0]["pfn"]:  # as root
        with open("/proc/kpageflags", "rb", 0) as file:
            file.seek(8 * found[0]["pfn"])
            (flags,) = struct.unpack("=Q", file.read(8))
        assert flags >> 12 & 1  # KPF_ANON


@LINUX
@LITTLE
def test_a_page_is_found_without_reading_all_before_it() -> None:
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    memory[0] = 1
    place = ctypes.addressof(ctypes.c_char.from_buffer(memory)) // mmap.PAGESIZE * 8
    path = f"/proc/{os.getpid()}/pagemap"
    words = ["-t", "pagemap", "-C", "pagemap_entry", "--seek", str(place), "--count", "1"]
    for given in ([path], []):
        with open(path, "rb") as file:
            done = subprocess.run(
                [*COMMAND, *words, "--to", "ndjson", *given],
                stdin=file,
                capture_output=True,
                check=True,
                timeout=30,
            )
        assert json.loads(done.stdout)["present"] == 1
