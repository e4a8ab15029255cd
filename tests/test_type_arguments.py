"""`-C 'TYPE(ARGS)'`: what may be said of a type's records, what is wrong, which forms hold them."""

from __future__ import annotations

import json
import os
import pickle
import re
import sqlite3
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

import prettify
from conftest import COMMAND, VECTORS, need
from prettify.core import emitter
from prettify.errors import UsageError
from prettify.records.sized.arguments import parse_types
from test_cli import ZOO, message, run, text

if TYPE_CHECKING:
    from pathlib import Path

    from prettify.api import Types

PERF = VECTORS / "perf"
MESSAGES = "msg_header(sizeof,type,type_enum=msg_type"


def hello(pid: int, tid: int, comm: bytes, size: int = 32) -> bytes:
    return struct.pack("<IHHII16s", 1, 0, size, pid, tid, comm)[:size]


def numbers(addr: int, *values: int) -> bytes:
    return struct.pack(f"<IHHQ{len(values)}I", 2, 0, 16 + 4 * len(values), addr, *values)


def bye(why: bytes) -> bytes:
    return struct.pack("<IHH", 3, 0, 8 + len(why)) + why


DATA = hello(1, 2, b"bash") + numbers(0x1234, 7, 8) + bye(b"done") + struct.pack("<IHH", 99, 5, 8)


def objects(arguments: list[str], data: bytes = DATA) -> list[Any]:
    """The records of a run, from their lines of JSON."""
    printed = text(["-t", ZOO, *arguments, "--to", "ndjson"], data)
    return [json.loads(line) for line in printed.splitlines()]


# The text.


def said(argument: str) -> dict[str, Any]:
    """What one argument says."""
    [one] = parse_types(f"t({argument})")
    given = {name: getattr(one.arguments, name) for name in one.arguments.__slots__}
    return {name: value for name, value in given.items() if value}


@pytest.mark.parametrize(
    ("argument", "meant"),
    [
        ("sizeof", {"sizeof": "size"}),
        ("sizeof=n", {"sizeof": "n"}),
        ("sizeof=n*4 + 8", {"sizeof": "n*4 + 8"}),
        ("length", {"length": "length"}),
        ("length = a.b[2]", {"length": "a.b[2]"}),
        ("type", {"type": "type"}),
        ("type=kind", {"type": "kind"}),
        ("type_enum=a", {"type_enum": ("a",)}),
        ("type_enum= a + b", {"type_enum": ("a", "b")}),
        ("type==X", {"filters": ["type==X"]}),
        ("filter==3", {"filters": ["filter==3"]}),
        (" size == 0x10 ", {"filters": ["size == 0x10"]}),
        ("a.b==-1", {"filters": ["a.b==-1"]}),
        ("filter=a", {"filters": ["a"]}),
        ("filter=type==X", {"filters": ["type==X"]}),
        ("filter=type!=X and a <= 3", {"filters": ["type!=X and a <= 3"]}),
        ("filter=type != X", {"filters": ["type != X"]}),
        ("filter=name in ('a,b', \")\")", {"filters": ["name in ('a,b', \")\")"]}),
        ("a==1,filter=b==2", {"filters": ["a==1", "b==2"]}),
        ("align=8", {"align": "8"}),
        ("prefix=struct h", {"prefix": "struct h"}),
        ("range=data", {"range": "data"}),
        ("cast={1:foo}", {"cast": (("1", "foo"),)}),
        ("cast={ 1 : struct foo, -2:bar, E_X:baz }", {
            "cast": (("1", "struct foo"), ("-2", "bar"), ("E_X", "baz")),
        }),
        ("sizeof=a,sizeof=b,sizeof", {"sizeof": "size"}),
        ("sizeof=min(a, b),align=(2 + 2)", {"sizeof": "min(a, b)", "align": "(2 + 2)"}),
        ("", {}),
        ("   ", {}),
    ],
)  # fmt: skip
def test_an_argument_means(argument: str, meant: dict[str, Any]) -> None:
    assert said(argument) == meant


def test_several_types() -> None:
    found = parse_types(
        " a(range=x), struct b ( sizeof , type==1 ) ,c,v<int, 4>,f<(u8)>(sizeof),#5"
    )
    assert [one.name for one in found] == ["a", "struct b", "c", "v<int, 4>", "f<(u8)>", "#5"]
    assert [one.arguments.plain for one in found] == [True, False, True, True, False, True]
    assert found[0].arguments.range == "x"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("t(foo=1)", "unknown argument 'foo': known are sizeof, length, type, type_enum, cast, "
                     "filter, align, prefix, range, at column 3"),
        ("t(sizof)", "unknown argument 'sizof'; did you mean 'sizeof'? at column 3"),
        ("t(sizeof,size>3)", "'size>3' is no argument; a condition is one as filter=CONDITION, at "
                             "column 10"),
        ("t(type,filter)", "'filter' needs a value, filter=…, at column 8"),
        ("t(sizeof=)", "a value expected behind 'sizeof=' at column 10"),
        ("t(sizeof,,type)", "an argument expected at column 10"),
        ("t(sizeof,)", "an argument expected at column 10"),
        ("t(sizeof", "')' is missing for what is opened at column 2"),
        ("t(cast={1:a)", "')' closes nothing at column 12"),
        ("t(cast=1:a)", "cast={1:TYPE,2:TYPE} expected at column 8"),
        ("t(cast={1;a})", "a number or an enumerator, ':' and a type expected at column 9"),
        ("t(cast={1:a,})", "a number or an enumerator, ':' and a type expected at column 13"),
        ("t(type_enum=a+)", "an enum's name is empty at column 13"),
        ("t(filter='a)", "a string without its end at column 2"),
        ("t(sizeof)x", "',' expected at column 10"),
        ("t,", "a type's name is empty at column 3"),
        ("(sizeof)", "a type's name is empty at column 1"),
        ("t(filter=type!=2)", "filter 'type!=2': as pahole has them these are M==V; with blanks it "
                              "is an expression, 'type != 2', at column 10"),
    ],
)  # fmt: skip
def test_a_text_that_is_wrong(given: str, what: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_types(given)
    assert str(error.value) == f"--type {given!r}: {what}"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("sizeof=nope", "sizeof 'nope': 'nope' is neither a member nor an enumerator at column 1; "
                        "it has type, misc, size"),
        ("sizeof=size.x", "'size.x' is no member at column 1"),
        ("sizeof=1.5", "an integer expected, not a float"),
        ("sizeof,length=misc", "sizeof and length say the same twice"),
        ("sizeof,type=nope", "type 'nope': 'nope' is neither"),
        ("sizeof,type,type_enum=nope", "type 'nope' not found"),
        ("sizeof,type,type_enum=u32", "u32 is no enum"),
        ("sizeof,type,type_enum=msg_type,type==NOPE", "'NOPE' is neither"),
        ("sizeof,cast={NOPE:msg_record_bye}", "'NOPE' is neither a number nor an enumerator"),
        ("sizeof,cast={1:u_simple}", "cast is for structs, and u_simple is union u_simple"),
        ("sizeof,cast={1:nope}", "type 'nope' not found"),
        ("sizeof,prefix=nope", "type 'nope' not found"),
        ("align=x", "align 'x': 'x' is neither"),
        ("sizeof=$header.n", "needs --header TYPE"),
        ("sizeof=f(size)", "no function 'f'"),
        ("range=data", "range=data needs --header TYPE"),
    ],
)  # fmt: skip
def test_an_argument_that_makes_no_sense(arguments: str, what: str) -> None:
    assert what in message(run(["-t", ZOO, "-C", f"msg_header({arguments})"], DATA), 2)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["-C", "u_simple(sizeof)"], "type arguments are for structs, and u_simple is union"),
        (["-C", "x_empty(sizeof=4)"], "has no bytes"),
        (["-C", "h_none", "--tail"], "--tail is for records that say their size"),
        (["-C", "h_none()", "--resync"], "--resync is for records that say their size"),
        (["--header", "h_none", "--tail"], "--tail is for records that say their size"),
        (["-C", f"{MESSAGES})", "--to", "csv"], "--to csv holds records of one type"),
        (["-C", f"{MESSAGES})", "--template", "{type}"], "--to template holds records of one"),
        (["-C", f"{MESSAGES})", "--to", "arrow", "-o", "x"], "--to arrow holds records of one"),
        (["-C", f"{MESSAGES})", "--where", "nope == 1"], "no member 'nope'"),
        (["-C", f"{MESSAGES})", "--select", "nope"], "no member 'nope'"),
        (["-C", f"{MESSAGES})", "--hex", "--to", "json"], "hex means nothing in json"),
        (["--header", "file_header", "-C", "msg_header(sizeof,range=data)", "--seek", "1"],
         "--range already says"),
        (["--header", "file_header", "-C", "msg_header(sizeof,range=nope)"], "nope"),
        (["-C", "msg_header(sizeof=8 if size > 1.5 else 9)", "--resync"], "of integers alone"),
        (["--format", "elf", "--resync"], "it is for records of -C"),
        (["--format", "elf", "--tail"], "it is for records of -C"),
    ],
)  # fmt: skip
def test_wrong_use(arguments: list[str], what: str) -> None:
    types = [] if "--format" in arguments else ["-t", ZOO]
    assert what in message(run([*types, *arguments], DATA), 2)


# What they mean.


def test_names_belong_to_the_type_wherever_it_is() -> None:
    found = objects(["-C", f"{MESSAGES})"])
    assert [one.get("header", one)["type"] for one in found] == [
        "MSG_RECORD_HELLO", "MSG_RECORD_DATA", "MSG_RECORD_BYE", 99,
    ]  # fmt: skip
    plain = objects(["-C", f"{MESSAGES})", "--enums", "number"])
    assert [one.get("header", one)["type"] for one in plain] == [1, 2, 3, 99]
    for dialect, name in (
        ("c", ".type = MSG_RECORD_BYE"),
        ("kernel", "(enum msg_type)MSG_RECORD_"),
    ):
        assert name in text(["-t", ZOO, "-C", f"{MESSAGES})", "--dialect", dialect], DATA)


def test_a_table_says_which_type() -> None:
    found = objects(["-C", "msg_header(sizeof,cast={1:msg_record_bye,MSG_RECORD_DATA:"
                     "struct msg_record_data})"])  # fmt: skip
    assert [list(one)[1] for one in found] == ["why", "addr", "misc", "misc"]
    # It comes before the names of an enum.
    found = objects(["-C", f"{MESSAGES},cast={{HELLO:msg_record_bye}})"])
    assert [list(one)[1] for one in found] == ["why", "addr", "why", "misc"]


def test_an_alias_that_has_a_type_is_good_enough(tmp_path: Path) -> None:
    types = prettify.load_types(
        define="enum k { K_START = 1, K_REAL = 1 }; struct h { int type; }; "
        "struct k_real { struct h h; int x; }; enum k v;"
    )
    stream = prettify.stream(types, "h(sizeof=8,type,type_enum=k)")
    [line] = b"".join(prettify.decode(struct.pack("<ii", 1, 5), stream) or ()).splitlines()
    assert json.loads(line) == {"h": {"type": "K_START"}, "x": 5}


HEADS = """
struct rec { unsigned char tag, len; };
struct one { unsigned short a; unsigned short b; };
struct two { unsigned char n; char text[]; };
enum tags { TAG_ONE = 1, TAG_TWO };
struct file { unsigned magic; unsigned short step; };
"""


@pytest.fixture(scope="module")
def heads() -> Types:
    return prettify.load_types(define=HEADS)


def decoded(types: Types, text: str, data: bytes, to: str = "ndjson", **more: Any) -> list[Any]:
    out = b"".join(prettify.decode(data, prettify.stream(types, text), to=to, **more) or ())
    return [json.loads(line) for line in out.splitlines()]


def test_a_prefix_stands_before_each_record(heads: Types) -> None:
    data = bytes((1, 4, 5, 0, 6, 0, 2, 3, 9)) + b"ab" + bytes((7, 1, 8))
    found = decoded(heads, "one(prefix=rec,length=len,type=tag,cast={2:two})", data)
    assert found == [
        {"prefix": {"tag": 1, "len": 4}, "record": {"a": 5, "b": 6}},
        {"prefix": {"tag": 2, "len": 3}, "record": {"n": 9, "text": "ab"}},
        {"prefix": {"tag": 7, "len": 1}, "record": {}},
    ]
    # A size that counts the prefix, names of the tag, members of one and the other.
    data = bytes((1, 6, 5, 0, 6, 0, 2, 5, 9)) + b"ab"
    text = "one(prefix=rec,sizeof=len,type=tag,type_enum=tags,cast={TWO:two},filter=tag > 0)"
    found = decoded(heads, text, data)
    assert found[0] == {"prefix": {"tag": "TAG_ONE", "len": 6}, "record": {"a": 5, "b": 6}}
    assert found[1]["prefix"]["tag"] == "TAG_TWO"
    assert decoded(heads, text, data, where="record.b == 6") == found[:1]
    # One that is no struct, before records that say their size themselves.
    types = prettify.load_types(define="struct r { unsigned char size, x; char rest[]; };")
    data = b"\1\0\3\7a\2\0\2\7"
    found = decoded(types, "r(prefix=short unsigned int,sizeof)", data)
    assert found == [
        {"prefix": 1, "record": {"size": 3, "x": 7, "rest": "a"}},
        {"prefix": 2, "record": {"size": 2, "x": 7, "rest": ""}},
    ]
    found = decoded(types, "r(prefix=short unsigned int,length=size - 2)", data)
    assert [one["record"]["rest"] for one in found] == ["a", ""]
    # Records of one size.
    found = decoded(heads, "one(prefix=rec)", bytes((1, 0, 5, 0, 6, 0)) * 2)
    assert found == 2 * [{"prefix": {"tag": 1, "len": 0}, "record": {"a": 5, "b": 6}}]


def test_sizes_in_units_and_alignment(heads: Types) -> None:
    data = bytes((1, 2)) + b"xy" + bytes((2, 3)) + b"abcd" + bytes((3, 1))
    assert len(decoded(heads, "rec(sizeof=len*2)", data)) == 3
    data = bytes((1, 3)) + b"x" + b"?" + bytes((2, 4)) + b"ab" + bytes((3, 2))
    assert [one["tag"] for one in decoded(heads, "rec(sizeof=len,align=4)", data)] == [1, 2, 3]
    found = decoded(heads, "rec(length=len,align=2 * 2)", bytes((1, 1)) + b"x?" + bytes((2, 0)))
    assert [one["tag"] for one in found] == [1, 2]


def test_records_may_be_further_apart_than_their_type_is_long(heads: Types) -> None:
    found = decoded(heads, "rec(sizeof=4)", bytes((1, 2, 0, 0, 3, 4, 0, 0)))
    assert found == [{"tag": 1, "len": 2}, {"tag": 3, "len": 4}]


def test_a_header_may_say_how_long_records_are(tmp_path: Path) -> None:
    (tmp_path / "heads.h").write_text(HEADS)
    types = ["-t", str(tmp_path / "heads.h"), "--header", "file"]
    data = struct.pack("<IHxx", 7, 3) + b"\1\2?\3\4?"
    done = text([*types, "-C", "rec(sizeof=$header.step)", "--to", "ndjson", "--seek", "8"], data)
    assert [json.loads(line)["tag"] for line in done.splitlines()] == [1, 3]
    what = message(run([*types, "-C", "rec(sizeof=$header.nope)"], data), 2)
    assert "has no member 'nope'" in what


def test_the_rest_is_a_member(zoo: Types, tmp_path: Path) -> None:
    """Its bytes, in all forms that hold what has any length."""
    data = struct.pack("<IHH", 99, 5, 11) + b"\1\2\xff" + bye(b"so")
    data += hello(1, 2, b"b", 36) + bytes(4)
    tail = ["-t", ZOO, "--tail", "-C", f"{MESSAGES})"]
    found = objects(tail[2:], data)
    assert [one.get("tail") for one in found] == ["0102ff", None, "00000000"]
    assert [list(one)[-1] for one in found] == ["tail", "why", "tail"]
    compact = text([*tail, "--compact"], data).splitlines()
    assert compact[0].endswith(".size = 11, .tail = { 0x01, 0x02, 0xff }, },")
    assert ".tail = 0102ff," in text([*tail, "--dialect", "kernel"], data)
    assert ".tail = { 0x01, 0x02, 0xff }," in text([*tail, "--dialect", "c"], data)
    assert objects([*tail[2:], "--select", "tail,pid"], data) == [
        {"tail": "0102ff"}, {}, {"tail": "00000000", "pid": 1},
    ]  # fmt: skip
    one = ["-t", ZOO, "--tail", "-C", "msg_header(sizeof,misc==5)"]
    both = data[:11] + struct.pack("<IHH", 98, 5, 8)
    assert text([*one, "--to", "csv"], both) == "type,misc,size,tail\n99,5,11,0102ff\n98,5,8,\n"
    assert text([*one, "--template", "{type}:{tail}"], both) == "99:0102ff\n98:\n"
    for form in ("sqlite", "parquet"):
        what = message(run([*one, "--to", form, "-o", str(tmp_path / "x")], data), 2)
        assert "--tail is as long as it is" in what
    stream = prettify.stream(zoo, f"{MESSAGES})", tail=True)
    records = list(stream.read(data))
    assert [record.values.get("tail") for record in records] == [b"\1\2\xff", None, bytes(4)]
    # What was put together for them travels along.
    for record in records:
        there = pickle.loads(pickle.dumps(record.type))
        assert there.format(record.data, "c") == record.type.format(record.data, "c")


# Which records.


def test_several_types_one_behind_the_other(tmp_path: Path) -> None:
    """Without ranges the next begins where the one before stopped, from a file and from a pipe."""
    data = DATA + struct.pack("<II", 3, 4)
    wanted = ["-C", f"{MESSAGES},filter=misc < 5),h_none", "--count", "2"]
    behind = hello(1, 2, b"bash") + numbers(0x1234, 7, 8)
    expected = objects(["-C", f"{MESSAGES})"], behind)
    expected += objects(["-C", "h_none", "--count", "2"], data[len(behind) :])
    assert objects(wanted, data) == expected
    (tmp_path / "data").write_bytes(data)
    assert objects([*wanted, str(tmp_path / "data")]) == expected
    by_where = ["-C", f"{MESSAGES}),h_none", "--count", "2", "--where", "header.misc < 5 or a >= 0"]
    assert "no member" in message(run(["-t", ZOO, *by_where], data), 2)
    to_end = objects(["-C", f"{MESSAGES}),h_none", "--size", str(len(DATA))], data)
    assert to_end == objects(["-C", f"{MESSAGES})"])


def test_records_that_arrive_are_shown() -> None:
    """The first one is there before the second, whatever the number of threads."""
    for jobs in ("1", "2"):
        read, write = os.pipe()
        process = subprocess.Popen(
            [*COMMAND, "-t", ZOO, "-C", f"{MESSAGES})", "--to", "ndjson", "-j", jobs],
            stdin=read,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        os.close(read)
        os.write(write, DATA[:40])
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["comm"] == "bash"
        os.write(write, DATA[40:])
        os.close(write)
        assert len(process.stdout.read().splitlines()) == 3
        process.stdout.close()
        assert process.wait() == 0


def test_a_pipe_that_ends_within_a_record() -> None:
    done = run(["-t", ZOO, "-C", f"{MESSAGES})", "--to", "ndjson"], DATA[:-30])
    assert "record cut short at byte 32" in message(done, 1)
    assert len(done.stdout.splitlines()) == 1


def test_several_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(DATA)
    paths = [str(tmp_path / name) for name in ("a", "b")]
    assert objects(["-C", f"{MESSAGES})", *paths]) == 2 * objects(["-C", f"{MESSAGES})"])
    whole = text(["-t", ZOO, "-C", f"{MESSAGES})", "--to", "json", *paths])
    assert json.loads(whole) == 2 * objects(["-C", f"{MESSAGES})"])


# Forms.


def test_threads_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA * (20000 if emitter.COMPILED else 200))
    for form in (["--to", "ndjson"], ["--dialect", "c"], ["--dialect", "kernel"], ["--to", "json"]):
        outputs = [
            run(["-t", ZOO, "-C", f"{MESSAGES})", *form, "-j", jobs, str(tmp_path / "data")])
            for jobs in ("1", "3")
        ]
        assert outputs[0].stdout == outputs[1].stdout
        assert outputs[0].returncode == outputs[1].returncode == 0


def test_a_database_has_a_table_for_each_type(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    data = DATA + hello(3, 4, b"abcdefgh", 20) + hello(5, 6, b"", 12) + hello(7, 8, b"", 8)
    text(["-t", ZOO, "-C", f"{MESSAGES})", "--to", "sqlite", "-o", str(path)], data)
    database = sqlite3.connect(path)
    assert database.execute("SELECT type, misc FROM msg_header").fetchall() == [(99, 5)]
    rows = database.execute('SELECT "header.type", pid, tid, comm FROM msg_record_hello').fetchall()
    assert rows == [
        ("MSG_RECORD_HELLO", 1, 2, "bash"),
        ("MSG_RECORD_HELLO", 3, 4, "abcd"),
        ("MSG_RECORD_HELLO", 5, None, None),
        ("MSG_RECORD_HELLO", None, None, None),
    ]
    database.close()


def test_arrays_that_end_early_in_a_database(tmp_path: Path) -> None:
    (tmp_path / "a.h").write_text(
        "struct h { unsigned char type, size; };"
        "struct k { struct h h; unsigned char raw[6]; short few[2]; int many[3000]; double d; };"
    )
    data = b"".join(bytes((1, n)) + bytes(range(n - 2)) for n in (2, 5, 10, 22, 255))
    arguments = ["-t", str(tmp_path / "a.h"), "-C", "h(sizeof,cast={1:k})", "--to", "sqlite"]
    text([*arguments, "-o", str(tmp_path / "x")], data)
    database = sqlite3.connect(tmp_path / "x")
    rows = database.execute('SELECT raw, "few[0]", "few[1]", many, d FROM k').fetchall()
    assert [row[0] for row in rows] == [None, b"\0\1\2", *(3 * [bytes(range(6))])]
    assert [row[1] for row in rows] == [None, None, 0x0706, 0x0706, 0x0706]
    assert [row[2] for row in rows] == [None, None, None, 0x0908, 0x0908]
    counts = [None if row[3] is None else len(json.loads(row[3])) for row in rows]
    assert counts == [None, None, None, 2, 60]
    assert [row[4] for row in rows] == 5 * [None]
    database.close()


def test_columns_of_records_of_one_type(tmp_path: Path, heads: Types) -> None:
    data = bytes((1, 6)) + b"abcd" + bytes((2, 2))
    assert text(["-t", ZOO, "-C", "msg_header(sizeof,type==2)", "--to", "csv"], DATA) == (
        "type,misc,size\n2,0,24\n"
    )
    stream = prettify.stream(heads, "rec(sizeof=len)")
    out = b"".join(prettify.decode(data, stream, to="template", template="{tag}:{len}") or ())
    assert out == b"1:6\n2:2\n"
    pytest.importorskip("pyarrow")
    import pyarrow.parquet

    prettify.decode(data, stream, to="parquet", out=tmp_path / "x.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "x.parquet").to_pydict() == {
        "tag": [1, 2], "len": [6, 2],
    }  # fmt: skip
    short = prettify.stream(heads, "one(prefix=rec,length=len)")
    for form in ("csv", "arrow"):
        with pytest.raises(prettify.DataError, match="ndjson"):
            b"".join(prettify.decode(bytes((1, 1, 5)), short, to=form) or ())


def test_members_that_a_type_has_are_selected() -> None:
    found = objects(["-C", f"{MESSAGES})", "--select", "pid,addr,misc"])
    assert found == [{"pid": 1}, {"addr": 0x1234}, {}, {"misc": 5}]


# perf.data, and pahole.

ATTRS = "perf_file_attr(range=attrs)"
EVENTS = "perf_event_header(range=data,sizeof,type,type_enum=perf_event_type+perf_user_event_type"


def perf(*arguments: str) -> str:
    types = ["-t", str(PERF / "perf_types.btf"), "--header", "perf_file_header"]
    return text([*types, *arguments, str(PERF / "callgraph.perf.data")])


def test_a_recording_of_perf() -> None:
    assert perf("-C", f"{ATTRS},{EVENTS})") == (PERF / "callgraph.prettify.txt").read_text()


def test_filters_count_what_pahole_counts() -> None:
    need("pahole")
    names = re.findall(r"\bPERF_RECORD_\w+(?= = (?:\d+),)", (PERF / "perf_types.c").read_text())
    names += ["PERF_RECORD_SAMPLE", "PERF_RECORD_MMAP2", "COMM", "EXIT", "FORK", "MMAP", "KSYMBOL"]
    assert len(names) > 15
    counts = []
    for name in names:
        filtered = f"{EVENTS},type=={name})"
        ours = perf("-C", filtered).count("\n},\n")
        done = subprocess.run(
            ["pahole", "-F", "btf", "--header=perf_file_header", "-C", filtered, "--prettify",
             str(PERF / "callgraph.perf.data"), str(PERF / "perf_types.btf")],
            capture_output=True,
            check=False,
        )  # fmt: skip
        assert ours == done.stdout.count(b"\n},\n"), name
        counts.append(ours)
    assert sum(map(bool, counts)) >= 6


def test_the_examples_of_pahole() -> None:
    """Those of its manual, option for option; types come from -t."""
    kind, sizes = "perf_event_header(sizeof,type,type_enum=perf_event_type", (
        "--seek_bytes", "$header.data.offset", "--size_bytes=$header.data.size",
    )  # fmt: skip
    assert "\t.magic = 0x32454c4946524550,\n\t.size = 0x68,\n" in perf("--hex")
    exits = perf("-C", f"{kind},filter=type==PERF_RECORD_EXIT)", *sizes)
    assert exits.count("\t\t.type = PERF_RECORD_EXIT,\n") == exits.count("\n},\n") > 0
    for short in ("filter=type==EXIT", "type==EXIT"):
        assert perf("--range=data", "-C", f"{kind},{short})") == exits
    bare = perf("-C", "perf_event_header(sizeof,type,filter=type==4)", *sizes)
    assert bare.count("\t.type = 4,\n") == exits.count("\n},\n")
    first = perf("-C", f"{kind})", "--count", "4", *sizes)
    both = perf("-C", f"{kind}+perf_user_event_type)", "--count", "4", *sizes)
    assert "\t.type = 7" in first
    assert ".type = PERF_RECORD_" in both.splitlines()[2]
