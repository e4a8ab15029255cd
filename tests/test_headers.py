"""C as a source of types: headers and snippets, through the compilers that there are."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

import prettify
from c_compilers import Compiler, can
from conftest import COMMAND
from prettify.errors import TypeInfoError, TypeNotFound, UsageError
from prettify.sources import headers
from prettify.sources.dwarf import lookup

GCC, CLANG = can("gcc"), can("clang")
HAS_COMPILER = any(can(name) for name in headers.COMPILERS)
pytestmark = pytest.mark.skipif(
    not HAS_COMPILER or bool(os.environ.get("CC")), reason="no C compiler, or $CC chooses one"
)

# Compilers and targets that what they say of a struct is compared for.
TARGETS = [
    Compiler(command, *flags)
    for command, *flags in (
        ("gcc",),
        ("gcc", "-m32"),
        ("gcc", "-fpack-struct"),
        ("gcc", "-gdwarf-2", "-gstrict-dwarf"),
        ("gcc", "-gdwarf-4", "-fshort-enums"),
        ("clang",),
        ("clang", "--target=i386-linux-gnu"),
        ("clang", "--target=s390x-linux-gnu"),
        ("clang", "--target=powerpc-linux-gnu", "-fpack-struct=2"),
        ("clang", "--target=aarch64-linux-gnu", "-gdwarf-4"),
        ("clang", "--target=bpf"),
    )
    if can(command, tuple(flags))
]
ZOO = """
enum color { RED, GREEN = 5, DEEP = -7 };
union number { u64 whole; double real; u8 bytes[8]; };
struct inner { char tag; u32 words[3]; long l; };
struct zoo {
    u8 first;
    unsigned a : 3, b : 7;
    signed c : 12;
    bool flag : 1;
    enum color color;
    union number number;
    struct inner grid[2][3];
    struct { short s; void *p; };
    float f; double d; __u16 last;
};
"""
MEMBERS = ("first", "color", "number", "grid", "s", "p", "f", "d", "last")


@pytest.fixture(autouse=True)
def empty_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Nothing may stay in the folder for temporary files, and each test starts in its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(folder.iterdir())


def size(define: str, name: str = "struct x", **options: object) -> int:
    return prettify.load_types(define=define, **options)[name].size  # type: ignore[arg-type]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def message(*arguments: str) -> str:
    """The one line that wrong use ends with."""
    done = run(*arguments)
    assert done.returncode == 2, done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("prettify: ").rstrip("\n")


# Layouts are the compiler's.


@pytest.mark.parametrize("compiler", TARGETS, ids=repr)
def test_layouts_are_those_of_the_compiler(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", compiler.command)
    types = prettify.load_types(define=ZOO, target_flags=compiler.flags)
    zoo = types["struct zoo"]
    names = "".join(f"typedef {headers.NAMES[n]} {n};" for n in ("u8", "u32", "u64", "__u16"))
    facts = ", ".join(f"__builtin_offsetof(struct zoo, {name})" for name in MEMBERS)
    source = (
        f"typedef _Bool bool; {names} {ZOO} unsigned long long facts[] = {{ sizeof(struct zoo), "
        f"sizeof(void *), sizeof(enum color), {facts} }};"
        f"struct zoo bits = {{ .a = 5, .b = 99, .c = -1234, .flag = 1, .color = DEEP, .d = 0.1 }};"
    )
    made = compiler.objects(source)
    mark = "<" if zoo.byte_order == "little" else ">"
    whole, pointer, enum, *offsets = struct.unpack(f"{mark}{3 + len(MEMBERS)}Q", made["facts"])
    assert (zoo.size, zoo.type.graph.pointer_size) == (whole, pointer)
    assert types["enum color"].size == enum
    dtype = zoo.dtype.fields
    assert [dtype[name][1] for name in MEMBERS] == offsets
    values = zoo.unpack(made["bits"])
    assert [values[name] for name in ("a", "b", "c", "flag", "color", "d")] == [
        5, 99, -1234, True, "DEEP", 0.1,
    ]  # fmt: skip


def test_every_type_of_a_header_is_there_used_or_not(tmp_path: Path) -> None:
    Path("kinds.h").write_text(
        "#pragma once\nenum e { A }; union u { int i; }; typedef struct s { int i; } s_t;\n"
        "static inline int get(struct s *s) { return s->i; }\nstruct only_named;\n"
        "extern struct s variable;\n"
    )
    names = prettify.load_types("kinds.h").names()
    assert {"enum e", "union u", "struct s", "s_t", "int"} <= set(names)


@pytest.mark.skipif(not can("g++"), reason="no C++ compiler")
def test_headers_of_c_plus_plus() -> None:
    Path("shape.hpp").write_text(
        "namespace geo { struct point { u32 x; u32 y; }; }\n"
        "class shape { public: geo::point at; bool filled; };\n"
    )
    types = prettify.load_types("shape.hpp")
    assert types["struct shape"].size == 12
    [description] = types.describe()
    assert description.container == "C++"
    assert description.languages[0].startswith("c++")


# Names, macros, includes.


def test_names_that_need_no_include() -> None:
    fields = "".join(f"{name} m{i};" for i, name in enumerate(headers.NAMES))
    struct_x = prettify.load_types(define=f"struct x {{ {fields} }} __attribute__((packed))")["x"]
    sizes = dict(zip(headers.NAMES, (f.size for f in struct_x.fields)))
    for name, bytes_ in sizes.items():
        digits = "".join(c for c in name if c.isdigit())
        assert not digits or bytes_ == int(digits) // 8
    assert sizes["bool"] == 1
    assert sizes["size_t"] == struct_x.type.graph.pointer_size


def test_what_a_source_declares_itself_is_what_counts() -> None:
    assert size("typedef char u32; struct x { u32 a; };") == 1
    assert size("struct u8 { int a, b; }; struct x { struct u8 u8; u16 u16; };") == 12
    assert size("#define u64 short\nstruct x { u64 a; };") == 2
    assert size("#include <stdint.h>\n#include <stdbool.h>\nstruct x { uint8_t a; bool b; };") == 2
    types = prettify.load_types("elf", define="struct x { u8 a; };")
    assert "u8" in types.names()
    assert "u16" not in types.names()


def test_snippets_know_those_before_them_and_need_no_semicolon() -> None:
    define = ["struct a { int i; }", "struct x { struct a a[2]; } // two", "typedef struct x y"]
    types = prettify.load_types("elf", define=define)
    assert types["y"].size == 8
    assert {"struct a", "struct x", "struct elf64_hdr"} <= set(types.names("struct *"))


def test_macros_and_folders(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "inner.h").write_text("struct inner { char c[N]; };\n")
    Path("outer.h").write_text('#include "inner.h"\nstruct x { struct inner i; FIELD };\n')
    options = {"include": [tmp_path / "one"], "macro": ["N=7", "FIELD=char last;"]}
    assert prettify.load_types("outer.h", **options)["x"].size == 8
    assert size('#include "outer.h"', **options) == 8  # from the current folder
    done = run(
        *("types", "-t", "outer.h", "-I", "one", "-DN=9", "-D", "FIELD=", "--kind", "struct"),
    )
    assert [line.split()[1:] for line in done.stdout.splitlines()] == [
        ["9", "struct", "inner"],
        ["9", "struct", "x"],
    ]


def test_target_flags_are_a_line_or_a_list() -> None:
    snippet = "struct x { char c; int i; };"
    assert size(snippet) == 8
    assert size(snippet, target_flags="-fpack-struct -DUNUSED='a b'") == 5
    assert size(snippet, target_flags=["-fpack-struct", "-DUNUSED=a b"]) == 5
    done = run("types", "--define", snippet, "--target-flags", "-fpack-struct", "x")
    assert done.stdout.split()[1] == "5"
    with pytest.raises(UsageError, match='target flags "\'": no closing quotation'):
        prettify.load_types(define=snippet, target_flags="'")


# Where they are searched.


def test_snippets_are_searched_before_all_other_sources() -> None:
    snippet = "struct elf64_hdr { int mine; };"
    for sources in ((), ("elf",)):
        types = prettify.load_types(*sources, define=snippet)
        assert types["elf64_hdr"].size == 4
        assert types["elf64_shdr"].size == 64
    with pytest.raises(TypeNotFound, match="in --define, elf; did you mean 'elf64_shdr'"):
        _ = prettify.load_types("elf", define=snippet)["elf64_shdx"]


def test_records_of_a_snippet_are_decoded() -> None:
    done = subprocess.run(
        [*COMMAND, "-C", "pt", "--define", "struct pt { int x; u16 y[2]; }", "--to", "ndjson"],
        input=struct.pack("=iHHiHH", 1, 2, 3, -4, 5, 6),
        capture_output=True,
        check=True,
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"x": 1, "y": [2, 3]},
        {"x": -4, "y": [5, 6]},
    ]


def test_a_type_from_c_can_be_pickled() -> None:
    point = prettify.load_types(define="struct pt { int x, y; };")["pt"]
    copy = pickle.loads(pickle.dumps(point))
    assert copy.unpack(bytes(8)) == {"x": 0, "y": 0}
    assert copy.type.graph.describe().container == "pickle"


@pytest.mark.parametrize("name", ["-x.h", "@x.h", "a b;$(touch gone).h", "-fno-lto.c", "x.y.h"])
def test_names_of_headers_are_names(name: str, tmp_path: Path) -> None:
    Path(name).write_text("struct x { int i; };")
    assert prettify.load_types(name)["x"].size == 4
    assert not (tmp_path / "gone").exists()
    Path(name).write_text("struct x {\n int i int j;\n};")
    with pytest.raises(
        TypeInfoError, match="h: line 2: expected " if name[-1] == "h" else "line 2"
    ):
        _ = prettify.load_types(name)["x"]


def test_a_file_that_is_no_c_may_be_called_so() -> None:
    from btf_writer import BtfWriter

    writer = BtfWriter()
    writer.int("int", 4, signed=True)
    Path("types.h").write_bytes(writer.bytes())
    assert prettify.load_types("types.h")["int"].size == 4


def test_nothing_of_a_compiled_header_is_kept_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With other macros the same file has other types."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(lookup, "CACHED", 0)
    Path("x.h").write_text("struct x { char c[N]; };")
    for length in (3, 4):
        types = prettify.load_types("x.h", macro=[f"N={length}"])
        assert types.names("struct x", size=length) == ["struct x"]
        assert types["x"].size == length
    assert not (tmp_path / "cache").exists()


# What a compiler does not take.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("struct x { int a int b; }", "--define: line 1: expected "),
        ("\n\nstruct x { missing m; };", "--define: line 3: unknown type name 'missing'"),
        ("#include <not/there.h>", "--define: line 1: "),
        ("#error no such\tmachine", "--define: line 1: "),
        ("struct x { u32 a; missing m; };", "unknown type name 'missing'"),
        ("int f(void) { return nothing; }", "--define: line 1: "),
        ("struct x { int a[1 / 0]; };", "--define: line 1: "),
        ("/* no end", "--define: line "),
    ],
)
@pytest.mark.parametrize("command", [c for c in ("gcc", "clang") if can(c)])
def test_the_first_error_is_said_in_one_line(
    text: str, said: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", command)
    with pytest.raises(TypeInfoError) as failure:
        size(text)
    assert said in str(failure.value)
    assert "\n" not in str(failure.value)


def test_an_error_in_an_included_file_names_it() -> None:
    Path("bad.h").write_text("int ok;\nstruct {{\n")
    Path("good.h").write_text('#include "bad.h"\n')
    assert message("types", "-t", "good.h").startswith("good.h: bad.h, line 2: ")
    assert message("types", "-t", "bad.h").startswith("bad.h: line 2: ")


def test_flags_that_the_compiler_does_not_know() -> None:
    said = message("types", "--define", "struct x { int a; };", "--target-flags", "-fnonsense")
    assert said.startswith("--define: ")
    assert "'-fnonsense'" in said


def test_a_source_without_types() -> None:
    for text in ("", "struct x;", "int;"):
        with pytest.raises((TypeInfoError, TypeNotFound, UsageError)):
            size(text)


# Compilers that are not there, or no compilers.


def fake(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_without_a_compiler_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"--define: C needs a C compiler.*: install gcc or clang"):
        size("struct x { int a; };")
    monkeypatch.setenv("CC", "nonsense -m32")
    with pytest.raises(UsageError, match=r"\$CC names a C compiler that is not there: nonsense"):
        size("struct x { int a; };")


def test_the_compiler_may_be_chosen_with_its_flags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = next(name for name in headers.COMPILERS if can(name))
    script = fake(tmp_path / "mine", f'echo "$1" > {tmp_path}/first; exec {real} "$@"')
    monkeypatch.setenv("CC", f"{script} -fpack-struct")
    assert size("struct x { char c; int i; };") == 5
    assert (tmp_path / "first").read_text() == "-fpack-struct\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 0", "made no object file"),
        ("exit 1", "the compiler fails without a message"),
        ("echo; echo what is this >&2; exit 3", "what is this"),
        ("kill -9 $$", "the compiler fails without a message"),
        ('while [ "$1" != -o ]; do shift; done; echo text > "$2"', "is no ELF object"),
        ("printf 'x.c:3:1: error: \\033[1mloud\\n' >&2; exit 1", "x.c, line 3: \\x1b[1mloud"),
        (
            'while [ "$1" != -o ]; do shift; done; printf "\\177ELF.debug_info" > "$2"',
            "damaged ELF file",
        ),
    ],
)
def test_what_is_no_compiler_is_one_clear_error(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", fake(tmp_path / "cc", script))
    with pytest.raises(TypeInfoError) as failure:
        size("struct x { int a; };")
    assert said in str(failure.value)


def test_a_compiler_that_does_not_end_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headers, "SECONDS", 0.5)
    script = f"sleep 60 & echo $! > {tmp_path}/child; wait"
    monkeypatch.setenv("CC", fake(tmp_path / "cc", script))
    with pytest.raises(TypeInfoError, match=r"took more than 0\.5 seconds"):
        size("struct x { int a; };")
    assert ended(int((tmp_path / "child").read_text()))


def test_ctrl_c_ends_the_compiler_too(tmp_path: Path) -> None:
    script = fake(tmp_path / "cc", f"sleep 60 & echo $! > {tmp_path}/child; wait")
    process = subprocess.Popen(
        [*COMMAND, "types", "--define", "struct x { int a; };"],
        env={**os.environ, "CC": script, "TMPDIR": str(tmp_path / "temporary")},
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    child = tmp_path / "child"
    deadline = time.monotonic() + 20
    while not (child.exists() and child.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert not error
    assert ended(int(child.read_text()))


def ended(process: int) -> bool:
    """Whether a process has ended, or does so within a few seconds."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_nothing_of_this_is_imported_without_c() -> None:
    script = (
        "import sys; from prettify.cli import main; main(['-t', 'elf', '--header', 'elf64_hdr', "
        "sys.argv[1]]); sys.stdout.flush(); print('subprocess' in sys.modules, file=sys.stderr)"
    )
    sample = Path(__file__).parent.parent / "samples" / "elf64_hdr.bin"
    done = subprocess.run(
        [sys.executable, "-c", script, str(sample)],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(Path(prettify.__file__).parent.parent)},
    )
    assert done.stderr == "False\n"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"include": ["x"]}, "is for C, which no source names"),
        ({"target_flags": "-m32"}, "is for C, which no source names"),
        ({"lang": "c11"}, "languages (--lang) are of DWARF, which no source (-t) names"),
    ],
    ids=str,
)
def test_options_for_nothing_are_refused(options: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=re.escape(what)):
        prettify.load_types(**options)
    if "lang" not in options:
        with pytest.raises(UsageError, match=re.escape(what)):
            prettify.load_types("elf", **options)
