"""Trace events as types: format files, where they are found, what is wrong with them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from conftest import COMMAND
from event_formats import COMMON, EVENTS, event_of, format_files, format_text, layout_of
from prettify import model
from prettify.composed import Composed
from prettify.dialects.c_names import type_name
from prettify.errors import PrettifyError, TypeInfoError, UsageError
from prettify.layout import Node, resolve
from prettify.sources.opening import open_source
from prettify.sources.search import Sources, find
from prettify.sources.tracefs.formats import parse_format

FILES = list(format_files())
FIELD = re.compile(r"field:(.*?)(\w+)(\[.*\])?;\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);")


def member(layout: object, name: str) -> Node:
    return next(node for node in layout.root.children if node.name == name)  # type: ignore[attr-defined]


# Real files.


def test_there_are_dozens() -> None:
    assert len(FILES) > 60


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parts[-3]}-{f.parts[-2]}")
def test_members_are_where_the_text_says(file: Path) -> None:
    text = file.read_text()
    event = parse_format(text, Composed(None), file.parts[-3])
    layout = resolve(event.type)
    assert (event.name, event.title) == (file.parts[-2], f"{file.parts[-3]}:{file.parts[-2]}")
    assert event.id == int(text.split("ID: ")[1].split("\n")[0])
    assert text.endswith(f"print fmt: {event.print_format}\n")
    expected = [
        (name, int(offset), int(size), words, brackets)
        for words, name, brackets, offset, size, _ in FIELD.findall(text)
    ]
    if event.name == "kernel_stack":
        expected[-1] = ("caller", 16, 0, "unsigned long ", "[]")
    assert [(n.name, n.offset, n.size) for n in layout.root.children] == [e[:3] for e in expected]
    for node, (_, _, _, words, brackets) in zip(layout.root.children, expected):
        located = words.startswith("__data_loc")
        assert (node.kind == model.LOCATED) == located
        assert (node.kind == model.POINTER) == (not located and "*" in words and not brackets)
        assert (node.kind == model.ARRAY) == bool(brackets and not located)
    ends = [offset + size for _, offset, size, *_ in expected]
    assert layout.size == max(ends)


def test_sched_switch() -> None:
    text = (EVENTS / "sched/sched_switch/format").read_text()
    layout = resolve(parse_format(text, Composed(None)).type)
    comm, pid, state = (member(layout, n) for n in ("prev_comm", "prev_pid", "prev_state"))
    assert comm.of_chars
    assert comm.count == 16
    assert (type_name(pid.declared), pid.type.signed) == ("pid_t", True)  # type: ignore[attr-defined]
    assert (type_name(state.declared), state.size) == ("long", 8)


def test_integers_are_as_large_as_the_text_says() -> None:
    text = (EVENTS / "syscalls/sys_enter_openat/format").read_text()
    layout = resolve(parse_format(text, Composed(None)).type)
    mode = member(layout, "mode")
    assert (type_name(mode.declared), mode.size, mode.type.signed) == ("umode_t", 8, False)  # type: ignore[attr-defined]
    assert type_name(member(layout, "filename").declared) == "const char *"


# Declarations.


@pytest.mark.parametrize(
    ("declaration", "size", "kind", "name"),
    [
        ("int x", 4, "int", "int"),
        ("const clockid_t x", 8, "int", "const clockid_t"),
        ("long long unsigned int x", 8, "int", "long long unsigned int"),
        ("enum zone_type x", 4, "int", "enum zone_type"),
        ("bool x", 1, "int", "bool"),
        ("unsigned x", 4, "int", "unsigned"),
        ("char x", 1, "int", "char"),
        ("const char *const * x", 8, "pointer", "const char *const *"),
        ("void * x", 8, "pointer", "void *"),
        ("const void* x", 8, "pointer", "const void *"),
        ("void __seg_gs * x", 8, "pointer", "void *"),
        ("struct file * x", 8, "pointer", "struct file *"),
        ("union bpf_attr * x", 8, "pointer", "union bpf_attr *"),
        ("struct robust_list_head * * x", 8, "pointer", "struct robust_list_head **"),
        ("stack_t * x", 8, "pointer", "stack_t *"),
        ("unsigned long * x", 8, "pointer", "unsigned long *"),
        ("void (*x)(struct work_struct *)", 8, "pointer", "void *"),
        ("void * x", 4, "int", "void *"),
        ("char x[16]", 16, "array", "char[16]"),
        ("char[16] x", 16, "array", "char[16]"),
        ("char x[TASK_COMM_LEN]", 16, "array", "char[16]"),
        ("unsigned char x[6]", 6, "array", "unsigned char[6]"),
        ("u32 x[2][3]", 24, "array", "u32[2][3]"),
        ("unsigned long x[]", 0, "array", "unsigned long[0]"),
        ("unsigned long x[COUNT]", 48, "array", "unsigned long[6]"),
        ("char * x[2]", 16, "array", "char *[2]"),
        ("struct pair x[2]", 24, "array", "unsigned char[2][12]"),
        ("struct pair x", 12, "bytes", "unsigned char[12]"),
        ("struct pair x", 8, "bytes", "unsigned char[8]"),
        ("uuid_t x", 16, "bytes", "unsigned char[16]"),
        ("struct pair x[N]", 24, "bytes", "unsigned char[24]"),
    ],
)
def test_declarations(declaration: str, size: int, kind: str, name: str) -> None:
    node = member(layout_of((declaration, 8, size, 0)), "x")
    assert (node.kind, node.offset, node.size) == (kind, 8, size)
    assert type_name(node.declared) == name


@pytest.mark.parametrize(
    ("declaration", "relative", "element", "size", "signed"),
    [
        ("__data_loc char[] x", False, "char", 1, 0),
        ("__rel_loc char[] x", True, "char", 1, 0),
        ("__data_loc u8[] x", False, "u8", 1, 0),
        ("__data_loc __u16[] x", False, "__u16", 2, 0),
        ("__data_loc unsigned long[] x", False, "unsigned long", 8, 0),
        ("__rel_loc s32[] x", True, "s32", 4, 1),
        ("__data_loc const char *[] x", False, "const char *", 8, 0),
        ("__data_loc cpumask_t x", False, "unsigned long", 8, 0),
        ("__data_loc enum kind[] x", False, "enum kind", 4, 0),
        ("__data_loc struct pair[] x", False, "unsigned char[1]", 1, 0),
    ],
)
def test_located_arrays(
    declaration: str, relative: bool, element: str, size: int, signed: int
) -> None:
    node = member(layout_of((declaration, 8, 4, signed)), "x")
    assert (node.kind, node.size, node.origin) == (model.LOCATED, 4, 0)
    assert node.located is not None
    assert isinstance(node.type, model.Located)
    assert node.type.relative == relative
    assert type_name(node.located.declared) == element
    assert (node.located.size, node.located.offset, node.stride) == (size, 0, size)
    assert getattr(node.located.type, "signed", False) == bool(signed)


def test_a_long_is_as_large_as_a_pointer() -> None:
    layout = layout_of(
        ("__data_loc unsigned long[] x", 8, 4, 0), ("void * p", 12, 4, 0), pointer_size=4
    )
    assert member(layout, "x").stride == 4
    assert member(layout, "p").kind == model.POINTER


def test_old_texts_say_nothing_of_signs() -> None:
    text = format_text([("int a", 8, 4, 0), ("unsigned int b", 12, 4, 0), ("pid_t c", 16, 4, 0)])
    layout = resolve(event_of(re.sub(r"\tsigned:\d;", "", text)).type)
    signs = [member(layout, name).type.signed for name in "abc"]  # type: ignore[attr-defined]
    assert signs == [True, False, True]


def test_what_pickles_is_as_it_was() -> None:
    import pickle

    layout = layout_of(("__rel_loc char[] x", 8, 4, 0), ("__data_loc u16[] y", 12, 4, 0))
    again = pickle.loads(pickle.dumps(layout))
    for name in "xy":
        one, other = member(layout, name), member(again, name)
        assert repr(one.located) == repr(other.located)
        assert (one.origin, one.stride) == (other.origin, other.stride)
        assert one.type.relative == other.type.relative  # type: ignore[attr-defined]


# What is wrong.


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "no 'name:'"),
        ("name: x\nformat:\n" + COMMON, "its 'ID:' is no number, but ''"),
        ("name: x\nID: -1\nformat:\n" + COMMON, "its 'ID:' is no number, but '-1'"),
        ("name: x\nID: 1\nformat:\n", "event 'x' has no fields"),
        ("name: x\nID: 1\nhello\n", "line 3: 'hello' is no field"),
        (
            "name: x\nID: 1\n\tfield:int a;\toffset:x;\tsize:4;\tsigned:1;\n",
            "line 3: a field is 'field:TYPE NAME; offset:N; size:N; signed:N;'",
        ),
        (format_text([("int", 8, 4, 1)]), "line 9: 'int' is no declaration of a member"),
        (format_text([("", 8, 4, 1)]), "line 9: '' is no declaration of a member"),
        (format_text([("int x{3}", 8, 4, 1)]), "line 9: '{3}' in the declaration 'int x{3}'"),
        (format_text([("int x", 8, 0, 1)]), "line 9: 'x' has 0 bytes"),
        (format_text([("int x", 4000000, 4000000, 1)]), "a field ends at byte 8000000, over"),
        (format_text([("__data_loc char[] x", 8, 8, 1)]), "__data_loc 'x' has 8 bytes, not 4"),
        (format_text([("int " + "*" * 40 + "x", 8, 8, 1)]), "'x' has too many stars or brackets"),
        (format_text([("int x" + "[1]" * 40, 8, 8, 1)]), "'x' has too many stars or brackets"),
        (format_text([("int " * 999 + "x", 8, 8, 1)]), "a declaration of 3997 characters"),
        (format_text([(f"int x{n}", 8, 4, 1) for n in range(5000)]), "has 5004 fields, over 4096"),
    ],
)
def test_errors_say_which_line(text: str, error: str) -> None:
    with pytest.raises(TypeInfoError, match=re.escape(error)) as found:
        event_of(text)
    assert "\n" not in str(found.value)
    assert str(found.value).startswith("made up: ")


# Sources.


def test_events_are_found_by_name() -> None:
    graph = open_source(f"tracefs:{EVENTS}")
    names = {graph.summary(i)[1] for i in graph.all_ids()}
    assert len(names) == len(FILES)
    for name in ("sched_switch", "sched:sched_switch", "sched/sched_switch", "struct sched_switch"):
        found = find(Sources([f"tracefs:{EVENTS}"]), name)
        assert (found.name, model.size_of(found)) == ("sched_switch", 64)
    with pytest.raises(PrettifyError, match="did you mean 'sched_switch'"):
        find(Sources([f"tracefs:{EVENTS}"]), "sched_swich")


@pytest.mark.parametrize(
    "path", ["", "/sched", "/sched/sched_switch", "/sched/sched_switch/format"]
)
def test_a_copy_is_as_good(path: str) -> None:
    for prefix in ("tracefs:", "") if path.endswith("format") else ("tracefs:",):
        graph = open_source(f"{prefix}{EVENTS}{path}")
        [type_id] = graph.ids("sched_switch")
        assert graph.size(type_id) == 64
        assert graph.pointer_size == 8


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    copy = tmp_path / "saved"
    copy.write_text(format_text([("void * x", 8, 4, 0)]))
    graph = open_source(str(copy))
    assert graph.summary(1) == (model.STRUCT, "made_up")
    assert graph.pointer_size == 4


def test_the_head_of_a_page_tells_how_large_a_long_is(tmp_path: Path) -> None:
    event = tmp_path / "sys" / "made_up"
    event.mkdir(parents=True)
    (event / "format").write_text(format_text([("__data_loc unsigned long[] x", 8, 4, 0)]))
    (tmp_path / "header_page").write_text(
        "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
        "\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n"
        "\tfield: char data;\toffset:12;\tsize:4084;\tsigned:0;\n"
    )
    assert open_source(f"tracefs:{tmp_path}").pointer_size == 4


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("tracefs:/nowhere", "cannot open '/nowhere': No such file or directory"),
        (f"tracefs:{EVENTS.parent.parent}/ctf", "no file called 'format' is in that folder"),
    ],
)
def test_what_is_no_source(path: str, error: str) -> None:
    with pytest.raises(UsageError, match=re.escape(error)):
        open_source(path)


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_command_lists_and_decodes(tmp_path: Path) -> None:
    status, out, err = run("types", "-t", f"tracefs:{EVENTS}/sched/sched_switch")
    assert (status, out, err) == (0, "      1        64 struct   sched_switch\n", "")
    record = (
        bytes.fromhex("7401 02 01 2a000000")
        + b"bash".ljust(16, b"\0")
        + (42).to_bytes(4, "little")
        + (120).to_bytes(4, "little")
        + (1).to_bytes(8, "little")
        + b"swapper/0".ljust(16, b"\0")
        + bytes(4)
        + (120).to_bytes(4, "little")
    )
    data = tmp_path / "raw.bin"
    data.write_bytes(2 * record)
    status, out, err = run(
        "-t", f"tracefs:{EVENTS}/sched/sched_switch", "-C", "sched_switch", "--to", "ndjson",
        str(data),
    )  # fmt: skip
    line = (
        '{"common_type":372,"common_flags":2,"common_preempt_count":1,"common_pid":42,'
        '"prev_comm":"bash","prev_pid":42,"prev_prio":120,"prev_state":1,'
        '"next_comm":"swapper/0","next_pid":0,"next_prio":120}\n'
    )
    assert (status, out, err) == (0, 2 * line, "")


# The kernel that runs.


@pytest.fixture(scope="module")
def live() -> str:
    """A folder of tracefs; the test is skipped where there is none to look into."""
    from prettify.sources.tracefs.mounts import mount_point

    try:
        return mount_point()
    except UsageError as error:
        pytest.skip(str(error))


def test_every_event_of_this_kernel_is_a_type(live: str) -> None:
    graph = open_source("tracefs:")
    files = list(Path(live, "events").glob("*/*/format"))
    assert len(graph.all_ids()) == len(files) > 100
    for type_id in graph.all_ids():
        layout = resolve(graph.by_id(type_id))
        assert layout.size >= 8
        assert layout.root.children[0].name == "common_type"
    numbers = graph.numbers()  # type: ignore[attr-defined]
    assert {graph.event(at).id: at for at in graph.all_ids()} == numbers  # type: ignore[attr-defined]


def test_names_of_this_kernel(live: str) -> None:
    for path in ("tracefs:sched/sched_switch", "tracefs:sched:sched_switch", "tracefs:sched"):
        graph = open_source(path)
        text = Path(live, "events/sched/sched_switch/format").read_text()
        [type_id] = graph.ids("sched_switch")
        assert resolve(graph.by_id(type_id)).size == resolve(event_of(text).type).size
    for path, error in (
        (
            "tracefs:sched/sched_swich",
            "no event 'sched_swich' in sched; did you mean 'sched_switch",
        ),
        ("tracefs:shed", "no system 'shed', nor a file; did you mean 'sched'"),
        ("tracefs:sched_switch", "but an event of that name: sched/sched_switch"),
    ):
        with pytest.raises(UsageError, match=re.escape(error)):
            open_source(path)


def test_where_tracefs_is_not_mounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from prettify.sources.tracefs import mounts

    monkeypatch.setattr(mounts, "FOLDERS", (str(tmp_path / "none"),))
    table = tmp_path / "mountinfo"
    table.write_text("22 1 0:20 / /proc rw - proc proc rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", str(table))
    with pytest.raises(UsageError, match="not mounted: mount -t tracefs nodev"):
        open_source("tracefs:sched")
    # Elsewhere than usual, and in a folder with a blank in its name.
    place = tmp_path / "a b"
    (place / "tracing" / "events" / "sys" / "made_up").mkdir(parents=True)
    (place / "tracing/events/sys/made_up/format").write_text(format_text([("int x", 8, 4, 1)]))
    escaped = str(place).replace(" ", "\\040")
    table.write_text(f"23 1 0:21 / {escaped} rw - debugfs none rw\n")
    assert [open_source("tracefs:sys/made_up").summary(1)[1]] == ["made_up"]
    if os.geteuid():
        (place / "tracing").chmod(0)
        with pytest.raises(UsageError, match="no permission to look into"):
            open_source("tracefs:sys/made_up")
        (place / "tracing").chmod(0o700)
