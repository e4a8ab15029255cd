"""Bad CTF: what is said about it, where, and that it costs little time and memory."""

from __future__ import annotations

import functools
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import malformed
from ctf_kinds import INT, common, family
from ctf_writer import (
    COMPRESSED,
    DOUBLE_COMPLEX,
    EXTERNAL,
    FORMS,
    KIND_ARRAY,
    KIND_ENUM,
    KIND_STRUCT,
    CtfWriter,
    archive,
)
from elf_writer import Section, elf
from prettify import layout, model
from prettify.errors import TypeInfoError
from prettify.sources.ctf.dictionary import MAX_RATIO
from prettify.sources.ctf.graph import Ctf
from prettify.sources.opening import open_source
from prettify.sources.strings import MAX_NAME

PATH = "bad.ctf"
HEADER = FORMS["libctf-3"].header_size
FIRST = HEADER + 16 + 24  # where type 3 is, behind an int and a struct of it
assert_fails = functools.partial(malformed.assert_fails, path=PATH)


# --- The header and the sections ---


def plain(**header: int) -> bytes:
    """An int and a struct of it, with something else in the header."""
    return common("libctf-3", "little").bytes(header=header)


def packed(**header: int) -> bytes:
    return common("libctf-3", "little").bytes(compress=True, header=header)


END = len(plain())
BODY = END - HEADER
STRINGS = BODY - 8  # "", int, s, m: 1 + 4 + 2 + 2 bytes, less 1
PACKED = len(packed()) - HEADER

HEADERS: dict[str, tuple[bytes, str, int]] = {
    "empty": (b"", "not CTF: it begins with ", 0),
    "no magic": (bytes(60), "not CTF: it begins with 00 00 00 00", 0),
    "a magic and nothing else": (b"\xf2\xdf\x04", "not CTF: it begins with f2 df 04", 0),
    "version 5": (
        b"\xf2\xdf\x05\0" + bytes(60),
        "CTF of magic 0xdff2 and version 5; known are 1 and 3 and 4",
        2,
    ),
    "version 1 of Solaris": (
        b"\xcf\xf1\x01\0" + bytes(60),
        "CTF of magic 0xcff1 and version 1; known are 2 and 3",
        2,
    ),
    "unknown flags": (b"\xf2\xdf\x04\x22" + bytes(60), "unknown flags 0x20", 3),
    "a short header": (
        plain()[: HEADER - 1],
        f"not CTF: {HEADER - 1} bytes, the header alone has {HEADER}",
        0,
    ),
    "cut off": (
        plain()[:-1],
        f"the sections have {BODY} bytes, but only {BODY - 1} follow the header",
        44,
    ),
    "4 GiB of strings": (
        plain(strings_length=0xFFFFFFFF),
        f"the sections have {BODY - 9 + 0xFFFFFFFF} bytes, but only {BODY} follow the header",
        44,
    ),
    "sections out of order": (
        plain(variables=BODY),
        f"section variables begins at {BODY:#x}, behind section types at 0x0",
        36,
    ),
    "types behind the strings": (
        plain(types=BODY),
        f"section types begins at {BODY:#x}, behind section strings at {BODY - 9:#x}",
        40,
    ),
    "no NUL at the end": (
        plain()[:-1] + b"x",
        "the string section does not end in a NUL",
        END - 1,
    ),
    "a parent without a name": (
        plain(parent_name=0x99),
        "string offset 0x99 is past the end of the strings, 0x9",
        0,
    ),
    "a bomb": (
        packed(strings_length=MAX_RATIO * PACKED),
        f"{PACKED} compressed bytes cannot hold {MAX_RATIO * PACKED + BODY - 9} of sections",
        3,
    ),
    "compressed, cut off": (
        packed()[:-9],
        f"the sections have {BODY} bytes, but only",
        3,
    ),
    "compressed, too little": (
        packed(strings_length=10),
        f"the sections have {BODY + 1} bytes, but only {BODY} are compressed",
        3,
    ),
    "not compressed": (
        plain()[:3] + b"\x03" + plain()[4:],
        "bad compression: Error -3 while decompressing data: incorrect header check",
        3,
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers(name: str) -> None:
    data, what, offset = HEADERS[name]
    with pytest.raises(TypeInfoError) as caught:
        Ctf(data, PATH)
    error = caught.value
    assert error.what.startswith(what)
    assert (error.path, error.offset) == (PATH, offset)


def test_a_bomb_is_not_unpacked() -> None:
    """Zeroes that would fill memory, and a header that asks for little or much of them."""
    bomb = zlib.compress(bytes(64 << 20))
    for length in (200, 10 << 20, 0xFFFFFFFF):
        start = plain(strings_length=length)[:HEADER]
        data = start[:3] + bytes((COMPRESSED,)) + start[4:] + bomb
        tracemalloc.start()
        with pytest.raises(TypeInfoError):
            Ctf(data, PATH)
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
        tracemalloc.stop()


# --- Types that are cut short or unknown ---

SCANS: dict[str, tuple[Callable[[CtfWriter], int], str]] = {
    "an unknown kind": (
        lambda w: w.raw_type(0, w.info(15), 0),
        "type 3 is of unknown kind 15",
    ),
    "a struct longer than the section": (
        lambda w: w.raw_type(0, w.info(KIND_STRUCT, 9), 4),
        "type 3, kind 6 of 9 elements, runs past the end of the type section",
    ),
    "an array without its tail": (
        lambda w: w.raw_type(0, w.info(KIND_ARRAY), 0, bytes(8)),
        "type 3, kind 4 of 0 elements, runs past the end of the type section",
    ),
    "16 million enumerators": (
        lambda w: w.raw_type(0, w.info(KIND_ENUM, 0xFFFFFF), 4),
        "type 3, kind 8 of 16777215 elements, runs past the end of the type section",
    ),
    "half of a size": (
        lambda w: w.raw_type(0, w.info(KIND_STRUCT), 0xFFFFFFFF, bytes(4)),
        "type 3, kind 6 of 0 elements, runs past the end of the type section",
    ),
}


@pytest.mark.parametrize("name", SCANS)
def test_types_that_cannot_be_stepped_over(name: str) -> None:
    build, what = SCANS[name]
    writer = common("libctf-3", "little")
    build(writer)
    assert_fails(lambda: Ctf(writer.bytes(), PATH), what, FIRST)


def test_a_type_without_room() -> None:
    writer = common("libctf-3", "little")
    data = writer.bytes(header={"strings": STRINGS - 1 + 8, "strings_length": 1}) + bytes(8)
    assert_fails(
        lambda: Ctf(data, PATH),
        "type 3 is cut short: 8 bytes left, a type has at least 12",
        FIRST,
    )


def test_slices_of_versions_that_have_none() -> None:
    writer = common("freebsd-3", "little")
    writer.slice(INT, 3)
    with pytest.raises(TypeInfoError, match="type 3 is of unknown kind 14"):
        Ctf(writer.bytes(), PATH)


# --- Types that make no sense ---

TYPES: dict[str, tuple[Callable[[CtfWriter], int], str, int]] = {
    "an integer of 17 bytes": (
        lambda w: w.int("big", 17),
        "integer 'big' has 17 bytes",
        0,
    ),
    "an integer of more bits than bytes": (
        lambda w: w.int("wide", 4, bits=30, offset=3),
        "integer 'wide' has 30 bits at bit 3 of 4 bytes",
        0,
    ),
    "an integer of no bits": (
        lambda w: w.int("none", 4, bits=0),
        "integer 'none' has 0 bits at bit 0 of 4 bytes",
        0,
    ),
    "a float of 3 bytes": (lambda w: w.float("f", 3), "float 'f' has 3 bytes", 0),
    "a complex number of 9 bytes": (
        lambda w: w.float("c", 9, DOUBLE_COMPLEX),
        "float 'c' has 9 bytes",
        0,
    ),
    "an enum of 3 bytes": (lambda w: w.enum("e", [], size=3), "enum 'e' has 3 bytes", 0),
    "a slice of a struct": (
        lambda w: w.slice(2, 3),
        "a slice of type 2, which is no number",
        0,
    ),
    "a slice of nothing": (lambda w: w.slice(0, 3), "a slice of type 0, which is no number", 0),
    "a slice of no bits": (lambda w: w.slice(1, 0), "a slice of no bits of type 1", 0),
    "a slice of itself": (lambda w: w.slice(3, 3), "a slice of type 3, which is no number", 0),
    "a slice that is too wide": (
        lambda w: w.slice(1, 30, offset=3),
        "a slice of 30 bits at bit 3 of 4 bytes",
        0,
    ),
    "a pointer to nowhere": (lambda w: w.ptr(99), "type id 0x63 does not exist", 0),
    "a pointer to a child's type": (
        lambda w: w.ptr(0x80000001),
        "type id 0x80000001 does not exist",
        0,
    ),
    "an array of nothing": (lambda w: w.array(99, 2), "type id 0x63 does not exist", 12),
    "an argument of no type": (lambda w: w.function(1, [1, 99]), "type id 0x63 does not exist", 16),
    "a member of no type": (
        lambda w: w.struct("x", 4, [("m", 99, 0)]),
        "type id 0x63 does not exist",
        12,
    ),
    "a name that is not there": (
        lambda w: w.typedef(0x99, 1),
        "string offset 0x99 is past the end of the strings, 0x9",
        0,
    ),
    "a member's name that is not there": (
        lambda w: w.struct(0, 4, [(0x98, 1, 0)]),
        "string offset 0x98 is past the end of the strings, 0x9",
        12,
    ),
    "a name in a file that is not here": (
        lambda w: w.typedef(EXTERNAL | 7, 1),
        "the name at string offset 0x80000007 is in the ELF file that this CTF is from: name that "
        "file",
        0,
    ),
}


@pytest.mark.parametrize("name", TYPES)
def test_types(name: str) -> None:
    build, what, offset = TYPES[name]
    writer = common("libctf-3", "little")
    type_id = build(writer)
    source = Ctf(writer.bytes(), PATH)
    what = with_end(what, source)
    assert_fails(lambda: source.by_id(type_id), what, FIRST + offset)
    # The others can be read.
    assert model.size_of(source.by_id(2)) == 4


def with_end(what: str, source: Ctf) -> str:
    """A message that names the end of the strings, which depends on the test."""
    return what.replace(
        "strings, 0x9", f"strings, {source._dictionaries[0].section('strings')[1]:#x}"
    )


def test_a_bad_slice_in_a_struct() -> None:
    writer = common("libctf-3", "little")
    part = writer.slice(2, 3)
    type_id = writer.struct("x", 4, [("m", part, 0)])
    assert_fails(
        lambda: Ctf(writer.bytes(), PATH).by_id(type_id),
        "a slice of type 2, which is no number",
        FIRST,
    )


def test_long_names() -> None:
    writer = common("libctf-3", "little")
    longest = writer.typedef("n" * MAX_NAME, INT)
    longer = writer.typedef("n" * (MAX_NAME + 1), INT)
    source = Ctf(writer.bytes(), PATH)
    assert source.by_id(longest).name == "n" * MAX_NAME
    with pytest.raises(TypeInfoError, match="has more than 4096 bytes"):
        source.by_id(longer)


def test_ids_that_are_not_there() -> None:
    source = Ctf(common("libctf-3", "little").bytes(), PATH)
    for type_id in (3, 1 << 40, -1):
        assert_fails(
            lambda type_id=type_id: source.by_id(type_id),  # type: ignore[misc]
            f"type id {type_id} does not exist, the last is 2",
            None,
        )


# --- Circles and depths ---


def test_types_that_lead_back_to_themselves() -> None:
    writer = common("libctf-3", "little")
    loop = writer.next_id
    writer.typedef("a", loop + 1)
    writer.typedef("b", loop)
    holder = writer.struct("holder", 4, [("m", loop, 0)])
    array = writer.next_id
    writer.array(array, 2)
    other = writer.struct("other", 4, [("m", array, 0)])
    itself = writer.next_id
    writer.struct("itself", 4, [("m", itself, 0)])
    for old in (False, True):
        source = Ctf(writer.bytes(), PATH, arrays_reversed=old)
        for type_id, what in (
            (loop, "a is defined as itself"),
            (holder, "is defined as itself"),
            (array, "#6 "),
            (other, "#6 "),
            (itself, "struct itself contains itself"),
        ):
            with pytest.raises(TypeInfoError, match=what):
                layout.resolve(source.by_id(type_id))


def test_arrays_of_many_dimensions() -> None:
    for depth, fits in ((100, True), (150, True), (250, False)):
        writer = common("libctf-3", "little")
        element = INT
        for _ in range(depth):
            element = writer.array(element, 1)
        writer.struct("deep", 4, [("m", element, 0)])
        for old in (False, True):
            source = Ctf(writer.bytes(), PATH, arrays_reversed=old)
            type_ = source.by_id(source.ids("deep")[0])
            if fits:
                assert layout.resolve(type_).size == 4
            else:
                with pytest.raises(TypeInfoError, match="nests deeper than 200 levels"):
                    layout.resolve(type_)


# --- Archives ---


def test_archives() -> None:
    good = family("little")
    size = len(good)
    assert_fails(
        lambda: Ctf(good[:39], PATH), "a CTF archive of 39 bytes, its header alone has 40", 0
    )
    assert_fails(lambda: Ctf(archive({}), PATH), "an empty CTF archive", 16)
    for count in (1 << 60, size // 16 + 1):
        data = archive({".ctf": plain()}, count=count)
        assert_fails(
            lambda data=data, count=count: Ctf(data, PATH),  # type: ignore[misc]
            f"the CTF archive has no room for {count} dictionaries: it has {len(data)} bytes",
            16,
        )
    changed = bytearray(good)
    struct.pack_into("<Q", changed, 48, 1 << 40)  # where the first dictionary is
    with pytest.raises(TypeInfoError, match="behind the archive's end") as caught:
        Ctf(bytes(changed), PATH)
    assert caught.value.offset == 40
    changed = bytearray(good)
    struct.pack_into("<Q", changed, 40 + 3 * 16, 1 << 40)  # its length
    with pytest.raises(TypeInfoError, match="runs past the archive's end") as caught:
        Ctf(bytes(changed), PATH)
    assert caught.value.offset == 40 + 3 * 16


def test_an_archive_whose_dictionaries_are_all_the_same_one() -> None:
    """A few bytes for each, all of them as large as the file: that is not what memory is for."""
    large = common("libctf-3", "little").bytes() + bytes(1000)
    data = bytearray(archive({f"{i:03}": large if not i else b"" for i in range(200)}))
    for index in range(200):
        struct.pack_into("<Q", data, 40 + 16 * index + 8, 0)
    with pytest.raises(TypeInfoError, match="the archive's dictionaries overlap"):
        Ctf(bytes(data), PATH)


def test_errors_name_the_dictionary_of_an_archive() -> None:
    child = CtfWriter("libctf-3", parent_name=".ctf")
    child.typedef("bad", 99)
    data = archive({".ctf": plain(), "a\n.c": child.bytes()})
    source = Ctf(data, PATH)
    with pytest.raises(TypeInfoError) as caught:
        source.by_id(3)
    assert str(caught.value) == rf"{PATH}[a\n.c]: type id 0x63 does not exist (at byte {HEADER:#x})"


def test_a_child_cannot_be_a_parent() -> None:
    child = CtfWriter("libctf-3", parent_name="b")
    child.typedef("t", 1)
    data = archive({"a": child.bytes(), "b": child.bytes()})
    source = Ctf(data, PATH)
    with pytest.raises(TypeInfoError, match="parent dictionary 'b', which is not here"):
        source.by_id(1)


# --- ELF files ---


def test_damaged_elf_files(tmp_path: Path) -> None:
    path = tmp_path / "x.o"
    path.write_bytes(elf({".ctf": Section(b"", size=1 << 40)}))
    with pytest.raises(TypeInfoError, match=r"damaged ELF file: section \.ctf"):
        open_source(str(path))
    path.write_bytes(elf({".ctf": b"nonsense"}))
    with pytest.raises(TypeInfoError, match="not CTF: it begins with 6e 6f 6e 73"):
        open_source(str(path))
    # Debug files keep the headers of sections that they left out.
    path.write_bytes(elf({".ctf": Section(b"", kind=8, size=100)}))
    with pytest.raises(TypeInfoError, match="an ELF file without type information"):
        open_source(str(path), ("ctf",))


# --- What costs time ---


def test_chains_are_walked_once() -> None:
    """A struct of many members, each a link of one long chain of names."""
    writer = common("libctf-3", "little")
    first = writer.next_id
    number = 20_000
    for index in range(number):
        writer.typedef("t", first + index + 1)
    small = writer.enum("small", [("A", 1)])
    writer.struct("s", 1, [("m", first + index, 0) for index in range(number)])
    writer.struct("o", 2, [("m", small, index) for index in range(number)])
    source = Ctf(writer.bytes(), PATH)
    before = time.process_time()
    for type_id in (small + 1, small + 2):
        source.by_id(type_id)
    assert time.process_time() - before < 5


def test_large_enums_are_measured_once() -> None:
    writer = common("libctf-3", "little")
    name = writer.string("A")
    enum = writer.enum("large", [(name, index) for index in range(20_000)])
    grid = writer.array(enum, 2)
    members = [("m", grid, 8 * index) for index in range(5_000)]
    type_id = writer.struct("s", 5_001, members)
    source = Ctf(writer.bytes(), PATH)
    before = time.process_time()
    source.by_id(type_id)
    assert time.process_time() - before < 5
