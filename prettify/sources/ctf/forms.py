"""What the versions of CTF look like: headers, type records, members.

Formats: "The CTF File Format" of binutils, for its versions 1 to 3 (magic 0xdff2, in the file 1, 3
and 4); ctf(5) of illumos and <sys/ctf.h> of FreeBSD, for theirs (magic 0xcff1, versions 2 and 3).
A new version is a row of FORMS.
"""

from __future__ import annotations

import struct

from prettify.core.tables import table

UNKNOWN, INTEGER, FLOAT, POINTER, ARRAY, FUNCTION, STRUCT, UNION = range(8)
ENUM, FORWARD, TYPEDEF, VOLATILE, CONST, RESTRICT, SLICE = range(8, 15)

LIBCTF_MAGIC, SOLARIS_MAGIC = 0xDFF2, 0xCFF1
PREAMBLE = struct.Struct("<HBB")  # magic, version, flags

COMPRESSED = 1  # flags in the preamble
DYNAMIC_STRINGS = 8
ORDERED_ARRAYS = 16

LIBCTF_3_HEADER = (
    "parent_label",
    "parent_name",
    "unit_name",
    "labels",
    "objects",
    "functions",
    "object_names",
    "function_names",
    "variables",
    "types",
    "strings",
    "strings_length",
)
LIBCTF_2_HEADER = (
    "parent_label",
    "parent_name",
    "labels",
    "objects",
    "functions",
    "variables",
    "types",
    "strings",
    "strings_length",
)
SOLARIS_HEADER = tuple(name for name in LIBCTF_2_HEADER if name != "variables")
NAMES = frozenset(("parent_label", "parent_name", "unit_name"))  # in a header; the rest is places


class Records:
    """What type records look like.

    word            bytes of `info` and of the value behind it, and of a type id
    kind_shift …    where in `info` the kind, the root flag and the count are
    sentinel        the value that stands for a size of 64 bits behind it
    threshold       bytes from which on the members of a struct are large ones
    child_bit       what is set in the ids of a child's own types
    member          `struct` format of a member, and where in it name, type and offset are
    large_member    the same; name, type, high and low half of the offset
    argument        `struct` format of an argument's type, and what all are rounded up to
    """

    __slots__ = (
        "argument",
        "argument_multiple",
        "child_bit",
        "count_mask",
        "kind_mask",
        "kind_shift",
        "large_member",
        "large_places",
        "member",
        "member_places",
        "root_bit",
        "sentinel",
        "tails",
        "threshold",
        "word",
    )

    def __init__(
        self,
        word: int,
        info: tuple[int, int, int, int],
        threshold: int,
        member: tuple[str, tuple[int, int, int]],
        large_member: tuple[str, tuple[int, int, int, int]],
        argument: tuple[str, int],
        *,
        slices: bool,
    ) -> None:
        self.word = word
        self.kind_shift, self.kind_mask, self.root_bit, self.count_mask = info
        self.sentinel = (1 << 8 * word) - 1
        self.threshold = threshold
        self.child_bit = 1 << 8 * word - 1
        self.member, self.member_places = member
        self.large_member, self.large_places = large_member
        self.argument, self.argument_multiple = argument
        self.tails = self._tails(slices)

    def _tails(self, slices: bool) -> memoryview:
        """What `btf_scan.scan` is told of the kinds."""
        tails = table("q", [-1, 0, 0, 1] * (self.kind_mask + 1))
        members = (0, _size(self.member), _size(self.large_member), 1)
        rows = dict.fromkeys(range(UNKNOWN, SLICE), (0, 0, 0, 1))
        rows[INTEGER] = rows[FLOAT] = (4, 0, 0, 1)
        rows[ARRAY] = (2 * self.word + 4, 0, 0, 1)
        rows[STRUCT] = rows[UNION] = members
        rows[ENUM] = (0, 8, 8, 1)
        rows[FUNCTION] = (0, self.word, self.word, self.argument_multiple)
        if slices:
            rows[SLICE] = (8, 0, 0, 1)
        for kind, row in rows.items():
            for index, number in enumerate(row):
                tails[4 * kind + index] = number
        return tails

    @property
    def array(self) -> str:
        """`struct` format of an array: the types of element and index, and a count."""
        return "III" if self.word == 4 else "HHI"

    @property
    def shape(self) -> memoryview:
        """What `btf_scan.scan` is told of records."""
        numbers = (
            self.word,
            self.kind_shift,
            self.kind_mask,
            self.count_mask,
            self.sentinel,
            self.threshold,
        )
        return table("q", numbers)


def _size(form: str) -> int:
    return struct.calcsize("<" + form)


NARROW_INFO = (11, 0x1F, 1 << 10, 0x3FF)
WIDE_INFO = (26, 0x3F, 1 << 25, 0xFFFFFF)

NARROW = Records(
    2,
    NARROW_INFO,
    1 << 13,
    ("IHH", (0, 1, 2)),
    ("IHHII", (0, 1, 3, 4)),
    ("H", 4),
    slices=False,
)
LIBCTF_WIDE = Records(
    4,
    WIDE_INFO,
    1 << 29,
    ("III", (0, 2, 1)),
    ("IIII", (0, 2, 1, 3)),
    ("I", 8),
    slices=True,
)
FREEBSD_WIDE = Records(
    4,
    WIDE_INFO,
    1 << 29,
    ("III", (0, 1, 2)),
    ("IIII", (0, 1, 2, 3)),
    ("I", 4),
    slices=False,
)


class Form:
    """A version of the format, by its `name`. `flags`: those that are known."""

    __slots__ = ("flags", "header", "name", "records")

    def __init__(
        self, name: str, header: tuple[str, ...], records: Records, flags: int = COMPRESSED
    ) -> None:
        self.name = name
        self.header = header
        self.records = records
        self.flags = flags


# By magic and the version in the file.
FORMS = {
    (LIBCTF_MAGIC, 1): Form("CTF 1", LIBCTF_2_HEADER, NARROW),
    (LIBCTF_MAGIC, 3): Form("CTF 2", LIBCTF_2_HEADER, LIBCTF_WIDE),
    (LIBCTF_MAGIC, 4): Form("CTF 3", LIBCTF_3_HEADER, LIBCTF_WIDE, 0x1F),
    (SOLARIS_MAGIC, 2): Form("CTF 2", SOLARIS_HEADER, NARROW),
    (SOLARIS_MAGIC, 3): Form("CTF 3", SOLARIS_HEADER, FREEBSD_WIDE),
}
