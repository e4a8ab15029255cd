"""The command as a user meets it: options, messages, exit statuses, streams."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import prettify
from conftest import COMMAND as LAUNCH
from conftest import ROOT, VECTORS, need_shell
from prettify.cli import main
from prettify.cli.decode import COMMAND
from prettify.cli.types import COMMAND as TYPES_COMMAND
from prettify.dialects import C_DIALECTS

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLES = ROOT / "samples"
ZOO = str(VECTORS / "pahole" / "gcc-pahole.btf")
PAIRS = bytes.fromhex("0100000002000000030000000400000005000000")  # h_none: 2 of 8 bytes, and 4


def run(
    arguments: Sequence[str], data: bytes = b"", folder: Path = ROOT
) -> subprocess.CompletedProcess[bytes]:
    """Run the command with a pipe for standard input."""
    return subprocess.run(
        [*LAUNCH, *arguments],
        input=data,
        capture_output=True,
        cwd=folder,
        check=False,
        timeout=60,
    )


def message(done: subprocess.CompletedProcess[bytes], status: int) -> str:
    """The one line on standard error of a run that ended with that status."""
    error = done.stderr.decode()
    assert done.returncode == status, error
    assert error.count("\n") == 1
    assert error.startswith("prettify: ")
    assert "Traceback" not in error
    return error.removeprefix("prettify: ").rstrip("\n")


def text(arguments: Sequence[str], data: bytes = b"") -> str:
    """What a run that ended well printed."""
    done = run(arguments, data)
    assert done.returncode == 0, done.stderr.decode()
    assert not done.stderr
    return done.stdout.decode()


# Exit statuses and messages.


def test_a_record_cut_short_comes_after_all_whole_ones() -> None:
    done = run(["-t", ZOO, "-C", "h_none", "--compact"], PAIRS)
    assert done.stdout == b"{ .a = 1, .b = 2, },\n{ .a = 3, .b = 4, },\n"
    assert message(done, 1) == (
        "standard input: record cut short at byte 16: 4 bytes left, 8 needed"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-C", "h_nnoe"], f"type 'h_nnoe' not found in {ZOO}; did you mean 'h_none' or "),
        (["-C", "#100000"], "type '#100000' not found"),
        (["-C", "#x"], "'#' goes before a type id"),
        (["-C", ""], "a type's name is empty"),
        (["-C", "h_none,,h_none"], "a type's name is empty"),
        (["-C", "h_none(sizeof)"], "'size' is neither a member nor an enumerator"),
        (["-C", "fwd_only"], "has no size"),
        (["--nonsense"], "unknown option --nonsense; see prettify --help"),
        (["--se", "1"], None),
        (["--s", "1"], "option --s could be --seek"),
        (["-x"], "unknown option -x"),
        (["-C"], "option -C needs a value, TYPE"),
        (["--compact=yes", "-C", "h_none"], "option --compact takes no value"),
        (["--endian", "middle", "-C", "h_none"], "'middle' is none of little, big"),
        (["--to", "yaml", "-C", "h_none"], "'yaml' is none of c, json, ndjson"),
        (["--to", "json", "--dialect", "c", "-C", "h_none"], "--dialect is for --to c"),
        (["--to", "json", "--hex", "-C", "h_none"], "hex means nothing in json"),
        (["--dialect", "kernel", "--hex", "-C", "h_none"], "hex means nothing in kernel"),
        (["--to", "ndjson", "--no-zero", "-C", "h_none"], "zero means nothing in ndjson"),
        (["--to", "csv", "--enums", "both", "-C", "h_none"], "enums 'both': csv takes name or num"),
        (["--enums", "all", "-C", "h_none"], "'all' is none of name, number, both"),
        (["--int64", "string", "-C", "h_none"], "int64 means nothing in pahole, only in json, nd"),
        (["--to", "template", "-C", "h_none"], "a template is missing: give one with --template"),
        (["--template", "{", "-C", "h_none"], "template '{', column 1: '}' is missing"),
        (["--template", "{z}", "-C", "h_none"], "has no member 'z'; it has a, b"),
        (["--template", "", "--to", "json", "-C", "h_none"], "template means nothing in json"),
        (["--template", "", "--dialect", "c", "-C", "h_none"], "template means nothing in c"),
        (["--to", "csv", "-C", "h_none,u8"], "--to csv holds records of one type"),
        (["--to", "csv", "-C", "x_empty"], "struct x_empty has no members, so CSV has no columns"),
        (["-F", "elf", "-C", "h_none"], "--format-path: 'elf' is not known"),
        (["-C", "h_none", "--count", "2x"], "--count '2x': '2x' is no number"),
        (["-C", "h_none", "--count", "-1"], "--count '-1': -1 is negative"),
        (["-C", "h_none", "--seek", "1 +"], "--seek '1 +': a value expected at column 4"),
        (["-C", "h_none", "--seek", "(1"], "')' expected"),
        (["-C", "h_none", "--seek", "1 2"], "an operator expected at column 3"),
        (["-C", "h_none", "--seek", "1/0"], "division by zero"),
        (["-C", "h_none", "--seek", "09"], "'09' is no number"),
        (["-C", "h_none", "--seek", "(" * 300], "nested over 100 levels"),
        (["-C", "h_none", "--seek", "1" * 2000], "over 1000 characters"),
        (["-C", "h_none", "--seek", "$header.a"], "$header.a needs --header TYPE"),
        (["-C", "h_none", "--range", "a"], "needs --header TYPE"),
        (["--header", "h_none", "-C", "h_none", "--seek", "$header.c"], "'c'; it has a, b"),
        (["--header", "h_none", "-C", "u8", "--range", "a", "--seek", "1"], "--range already says"),
        (["--header", "file_header", "-C", "h_none", "--seek", "$header.magic"], "is no integer"),
        ([], "no type to decode: name one with -C TYPE or --header TYPE"),
    ],
)
def test_wrong_use_is_said_in_one_line(arguments: list[str], said: str | None) -> None:
    done = run(["-t", ZOO, *arguments], bytes(200))
    if said is None:
        assert b"unknown" not in done.stderr
        return
    assert said in message(done, 2)
    assert not done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-C", "h_none", "--seek", "100"], "byte 100 is past the end, 16"),
        (["--header", "file_header"], "record cut short at byte 0: 16 bytes left, 56 needed"),
        (["-C", "h_none", "--size", "9"], "record cut short at byte 8: 1 bytes left, 8 needed"),
        (
            ["--header", "h_none", "-C", "h_none", "--size", "$header.a * 12"],
            "ends at byte 16, 4 bytes short of what the header says",
        ),
    ],
)
def test_bad_data_is_said_in_one_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    data = PAIRS[:16]
    assert said in message(run(["-t", ZOO, *arguments], data), 1)
    (tmp_path / "file").write_bytes(data)
    done = run(["-t", ZOO, *arguments, "file"], folder=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr.decode()


def test_inputs_that_cannot_be_read(tmp_path: Path) -> None:
    assert "is a directory" in message(run(["-t", "elf", "-C", "elf64_hdr", str(tmp_path)]), 2)
    missing = str(tmp_path / "missing")
    assert "No such file" in message(run(["-t", "elf", "-C", "elf64_hdr", missing]), 2)


def test_sources_that_cannot_be_used(tmp_path: Path) -> None:
    done = run(["--btf-base", ZOO, "-C", "elf64_hdr"])
    assert "which no source (-t) names" in message(done, 2)
    missing = str(tmp_path / "missing")
    assert "no such file" in message(run(["-t", missing, "-C", "x"]), 2)
    assert "Is a directory" in message(run(["-t", str(tmp_path), "-C", "x"]), 2)
    (tmp_path / "text").write_text("struct x { int a; };")
    text = message(run(["-t", f"{tmp_path}/text", "-C", "x"]), 2)
    assert "neither BTF nor CTF nor an ELF file" in text
    (tmp_path / "broken").write_bytes(b"\x7fELF" + bytes(100))
    assert "damaged ELF file" in message(run(["-t", f"{tmp_path}/broken", "-C", "x"]), 2)


def test_an_empty_stream_has_no_records() -> None:
    assert text(["-t", ZOO, "-C", "h_none"]) == ""
    assert text(["-t", ZOO, "-C", "h_none", "--dialect", "c"]) == ""
    assert text(["-t", ZOO, "-C", "h_none", "--to", "ndjson"]) == ""
    assert text(["-t", ZOO, "-C", "h_none", "--to", "json"]) == "[]\n"


def test_an_empty_input_has_no_header() -> None:
    done = run(["-t", ZOO, "--header", "file_header"])
    assert "0 bytes left, 56 needed for struct file_header" in message(done, 1)


def test_a_closed_pipe_ends_quietly() -> None:
    need_shell()
    command = f"{shlex.join(LAUNCH)} -t {ZOO} -C u8 < /dev/zero | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, timeout=30, check=False
    )
    assert done.stdout == b"0,\n"
    assert not done.stderr
    assert done.returncode == 0


def test_a_full_disk_is_said() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*LAUNCH, "-t", ZOO, "-C", "h_none"],
            input=PAIRS[:16],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.stderr == b"prettify: cannot write: No space left on device\n"
    assert done.returncode == 1


def test_interrupted_by_the_user(tmp_path: Path) -> None:
    """Ctrl-C ends with 130, without a traceback and without half a file."""
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*LAUNCH, "-t", ZOO, "-C", "u8", "-o", str(out)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Tests that run in the background of a shell would hand down that it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdin is not None
    process.stdin.write(b"1")
    process.stdin.flush()
    deadline = time.monotonic() + 20
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert not error
    assert not list(tmp_path.iterdir())


# Options.


def test_elf_header_of_the_sample() -> None:
    for types in (["-t", "elf"], []):
        sample = str(SAMPLES / "elf64_hdr.bin")
        shown = text([*types, "--header", "elf64_hdr", sample])
        assert shown == text([*types, "-C", "struct elf64_hdr", "--count", "1", sample])
        assert shown.startswith("{\n\t.e_ident = { 127, 69, 76, 70, 2, 1, 1, 0,")


def test_pahole_s_spellings_are_taken(tmp_path: Path) -> None:
    (tmp_path / "d").write_bytes(PAIRS)
    ours = ["-C", "h_none", "--seek", "4", "--size", "8", "-F", "btf"]
    theirs = ["--class_name=h_none", "--seek_bytes=4", "--size_bytes=8", "--format_path=btf"]
    for arguments in (ours, theirs):
        done = run(["-t", ZOO, *arguments, "--compact", "d"], folder=tmp_path)
        assert done.stdout == b"{ .a = 2, .b = 3, },\n"


def test_several_inputs_follow_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(PAIRS[:8])
    (tmp_path / "b").write_bytes(PAIRS[8:16])
    arguments = ["-t", ZOO, "-C", "h_none", "--to", "json", "a", "b", "-"]
    done = run(arguments, PAIRS[:8], folder=tmp_path)
    assert done.returncode == 0
    assert [r["a"] for r in json.loads(done.stdout)] == [1, 3, 1]


def test_a_bad_input_does_not_stop_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(PAIRS)
    (tmp_path / "b").write_bytes(PAIRS[:8])
    done = run(["-t", ZOO, "-C", "h_none", "--to", "json", "a", "gone", "b"], folder=tmp_path)
    assert done.returncode == 2
    assert [r["a"] for r in json.loads(done.stdout)] == [1, 3, 1]
    first, second = done.stderr.decode().splitlines()
    assert first == "prettify: a: record cut short at byte 16: 4 bytes left, 8 needed"
    assert second == "prettify: cannot open 'gone': No such file or directory"


@pytest.mark.parametrize("form", ["pahole", "kernel", "c", "json", "ndjson", "csv"])
def test_a_record_prints_as_the_library_formats_it(form: str) -> None:
    t = prettify.load_types(ZOO)["struct n_anon"]
    data = bytes(range(1, t.size + 1))
    how = ["--dialect" if form in C_DIALECTS else "--to", form]
    expected = t.format(data, form, compact=form == "kernel")
    if form == "kernel":
        how.append("--compact")
    assert text(["-t", ZOO, "-C", "n_anon", *how], data) == expected


@pytest.mark.parametrize(
    ("dialect", "between"), [("pahole", ""), ("kernel", ""), ("c", ",\n"), ("ndjson", "")]
)
def test_records_follow_each_other(dialect: str, between: str) -> None:
    how = ["--to", "ndjson"] if dialect == "ndjson" else ["--dialect", dialect]
    one = text(["-t", ZOO, "-C", "h_none", *how], PAIRS[:8])
    two = text(["-t", ZOO, "-C", "h_none", *how], PAIRS[8:16])
    both = text(["-t", ZOO, "-C", "h_none", *how], PAIRS[:16])
    assert both == (one.removesuffix("\n") + between + two if between else one + two)


def test_compact_records_of_the_kernel_stand_on_lines_of_their_own() -> None:
    shown = text(
        ["-t", ZOO, "-C", "h_none", "--dialect", "kernel", "--compact", "--noname"], PAIRS[:16]
    )
    assert shown == "{1,2,}\n{3,4,}"


def test_csv_has_one_heading_for_all_inputs(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(PAIRS[:8])
    second.write_bytes(PAIRS[8:16])
    chosen = ["-t", ZOO, "-C", "h_none", "--to", "csv"]
    assert text([*chosen, str(first), str(second)]) == "a,b\n1,2\n3,4\n"
    assert text(chosen) == "a,b\n"
    header = ["-t", ZOO, "--header", "h_none", "-C", "u32", "--to", "csv"]
    assert text(header, PAIRS[:16]) == "value\n3\n4\n"
    assert text(["-t", ZOO, "--header", "h_none", "--to", "csv"], PAIRS) == "a,b\n1,2\n"


def test_a_template_needs_no_other_option() -> None:
    line = ["-t", ZOO, "-C", "h_none", "--template", r"{a:03}\t{b:x}"]
    assert text(line, PAIRS[:16]) == "001\t2\n003\t4\n"
    assert text([*line, "--to", "template"], PAIRS[:8]) == "001\t2\n"
    several = ["-t", ZOO, "-C", "u32,u32", "--size", "8", "--template", "{value}"]
    assert text(several, PAIRS[:8]) == "1\n2\n"


def test_enums_and_wide_integers_of_json() -> None:
    colors = ["-t", ZOO, "-C", "e_color", "--to", "ndjson", "--enums"]
    five = bytes((5, 0, 0, 0))
    assert text([*colors, "number"], five) == "5\n"
    assert text([*colors, "both"], five) == '{"name":"GREEN","value":5}\n'
    wide = ["-t", ZOO, "-C", "u64", "--to", "json", "--int64", "string"]
    assert text(wide, bytes(8)) == '["0"]\n'


def test_an_output_file_appears_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old")
    out.chmod(0o600)
    assert text(["-t", ZOO, "-C", "h_none", "-o", str(out), "--compact"], PAIRS[:8]) == ""
    assert out.read_text() == "{ .a = 1, .b = 2, },\n"
    assert out.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [out]
    assert "cannot write" in message(run(["-t", ZOO, "-C", "u8", "-o", f"{out}/x"]), 2)


def test_a_device_is_written_to_as_it_is() -> None:
    assert text(["-t", ZOO, "-C", "h_none", "-o", "/dev/stdout", "--to", "ndjson"], PAIRS[:8]) == (
        '{"a":1,"b":2}\n'
    )


def test_byte_order_of_the_data() -> None:
    data = (5).to_bytes(4, "big") + (6).to_bytes(4, "big")
    shown = text(["-t", ZOO, "-C", "h_none", "--endian", "big", "--to", "ndjson"], data)
    assert json.loads(shown) == {"a": 5, "b": 6}
    sample = str(SAMPLES / "big_endian_elf64_hdr.bin")
    big = text(["-t", "elf", "-C", "elf64_hdr", "--endian", "big", "--to", "ndjson", sample])
    assert json.loads(big)["e_machine"] == int.from_bytes(Path(sample).read_bytes()[18:20], "big")


def test_header_references_take_the_byte_order_too() -> None:
    data = (8).to_bytes(4, "big") * 2 + bytes(8)
    arguments = ["-t", ZOO, "--endian", "big", "--header", "h_none", "-C", "h_none"]
    shown = text([*arguments, "--seek", "$header.a", "--count", "1", "--to", "ndjson"], data)
    assert json.loads(shown) == {"a": 0, "b": 0}


def test_records_of_a_pipe_are_printed_as_they_arrive() -> None:
    process = subprocess.Popen(
        [*LAUNCH, "-t", ZOO, "-C", "h_none", "--to", "ndjson"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for start in (0, 8):
        process.stdin.write(PAIRS[start : start + 6])
        process.stdin.flush()
        process.stdin.write(PAIRS[start + 6 : start + 8])
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["a"] == PAIRS[start]
    process.stdin.close()
    assert process.wait(20) == 0


def test_a_type_larger_than_the_data_is_no_reason_to_take_its_memory() -> None:
    from btf_writer import BtfWriter

    writer = BtfWriter()
    writer.struct("huge", 0xFFFFFFFF, [("a", writer.int("int", 4, signed=True), 0)])
    path = f"/tmp/prettify-huge-{os.getpid()}.btf"
    Path(path).write_bytes(writer.bytes())
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30));"
        "from prettify.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", limited, "-t", path, "-C", "huge"],
            cwd="/",
            input=bytes(100),
            capture_output=True,
            check=False,
        )
    finally:
        os.unlink(path)
    assert "100 bytes left, 4294967295 needed" in message(done, 1)


# Listing types, help.


def test_types_are_listed_by_name() -> None:
    lines = text(["types", "-t", ZOO, "h_*"]).splitlines()
    assert [line.split()[-1] for line in lines] == sorted(line.split()[-1] for line in lines)
    assert [line.split()[1:] for line in lines if line.endswith("h_none")] == [
        ["8", "struct", "h_none"]
    ]


def test_types_as_json() -> None:
    found = json.loads(text(["types", "-t", ZOO, "struct h_*", "--to", "json"]))
    assert {"id", "size", "kind", "name"} == set(found[0])
    lines = text(["types", "-t", ZOO, "struct h_*", "--to", "ndjson"]).splitlines()
    assert [json.loads(line) for line in lines] == found
    assert prettify.load_types(ZOO).by_id(found[0]["id"]).size == found[0]["size"]


def test_types_of_no_such_name() -> None:
    said = message(run(["types", "-t", ZOO, "h_nnoe"]), 2)
    assert said.startswith(f"type 'h_nnoe' not found in {ZOO}; did you mean 'h_none' or ")
    assert "one GLOB at most" in message(run(["types", "a", "b"]), 2)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["types", "--help"]])
def test_help_names_every_option(arguments: list[str]) -> None:
    shown = text(arguments)
    command = TYPES_COMMAND if "types" in arguments else COMMAND
    for option in command.options:
        for spelling in option.spellings:
            assert spelling in shown or "_" in spelling
    assert "examples:" in shown
    assert max(map(len, shown.splitlines())) <= 110


def test_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "prettify", "--version"], cwd="/", capture_output=True, check=True
    )
    assert done.stdout.decode() == f"prettify {prettify.__version__}\n"


def test_version() -> None:
    assert text(["--version"]) == f"prettify {prettify.__version__}\n"


def test_a_package_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As for the single file on a machine with python3 alone."""
    for name in {"numpy", *(name for name in sys.modules if name.startswith("numpy."))}:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "prettify.sources.dwarf.relocations", raising=False)
    made = VECTORS / "pahole" / "gcc-dwarf5.o"
    assert main(["-t", str(made), "-F", "dwarf", "-C", "s_ints", os.devnull]) == 2
    assert capfd.readouterr().err == (
        "prettify: this needs numpy, which is not here: pip install numpy\n"
    )
