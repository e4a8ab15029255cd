"""What compilers and linkers are known to write wrongly into CTF, and how it is read all the same.

arrays    gcc before 14 writes the dimensions of `int a[2][3]` in the wrong order (its bug 114186).
          Nothing in the CTF tells, so `arrays_reversed` asks who compiled the ELF file around it.
enums     binutils' linker writes every enum with the size of an `int`, packed ones too. Where a
          member has less room than that, its enum is as small as its values allow.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import partial

from prettify import model
from prettify.sources.ctf import forms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.sources.ctf.dictionary import Record
    from prettify.sources.ctf.graph import Ctf

GCC = b"GCC: ("
MAX_DIGITS = 5  # of a version of gcc
MAX_DIMENSIONS = 16  # of an array of enums
FIXED_IN = 14  # the first version of gcc that has the dimensions of arrays in order


def arrays_reversed(comment: bytes) -> bool:
    """Whether an ELF file's section .comment says that only a gcc with that bug was at work.

    Its lines are like `GCC: (Debian 12.2.0-14) 12.2.0` and `GCC: (GNU) 13.1.1 20230519`.
    """
    words = [
        line.partition(b") ")[2].split(b".")[0]
        for line in comment.split(b"\0")
        if line.startswith(GCC)
    ]
    versions = [int(word) for word in words if word.isdigit() and len(word) < MAX_DIGITS]
    return bool(versions) and max(versions) < FIXED_IN


def outermost(graph: Ctf, record: Record) -> tuple[int, int]:
    """The element and the count that an array has once its dimensions are turned round."""
    element_id, _, count = record.dictionary.array(record)
    first, counts = element_id, [count]
    inner = graph.record(first)
    while inner is not None and inner.kind == forms.ARRAY:
        if len(counts) > model.MAX_DEPTH:
            return element_id, count  # which is refused where it is laid out
        first, _, length = inner.dictionary.array(inner)
        counts.append(length)
        inner = graph.record(first)
    return _array_of(graph, record.id, first, counts[:-1]), counts[-1]


def room(places: Sequence[int], place: int, end: int) -> int:
    """Bits from a member's place to the next one's, or the struct's end.

    places: of all members, sorted. One that shares its place has all that is left, as in a union.
    """
    behind = bisect_right(places, place)
    shared = behind - bisect_left(places, place) > 1
    return (end if shared or behind == len(places) else places[behind]) - place


def fitting_enum(graph: Ctf, type_id: int, bits: int) -> int:
    """The id of a type that fits into so many bits, where a member's type does not.

    The type is an enum or an array of it. It stays what it is where its values need more room.
    """
    small = graph.small_enums.get(type_id)
    if small is None:
        small = graph.small_enums[type_id] = _small(graph, type_id)
    return small if 8 * model.size_of(graph.by_id(small)) <= bits else type_id


def _small(graph: Ctf, type_id: int) -> int:
    """The id of an enum, or of an array of it, that is as small as its values allow."""
    counts: list[int] = []
    type_ = model.strip(graph.by_id(type_id))
    while isinstance(type_, model.Array) and len(counts) < MAX_DIMENSIONS:
        counts.append(type_.count)
        type_ = model.strip(type_.element)
    if not isinstance(type_, model.Enum):
        return type_id
    size = _smallest(type_)
    if size >= type_.size:
        return type_id
    enum = type_
    small = graph.small_enums.get(enum.id)
    if small is None:
        small = graph.small_enums[enum.id] = graph.spare(
            lambda spare: model.Enum(
                graph, spare, enum.name, size, enum.enumerators, signed=enum.signed
            ),
            enum.id,
        )
    return _array_of(graph, enum.id, small, counts[::-1])


def _smallest(enum: model.Enum) -> int:
    """The bytes that an enum's values need."""
    low, high = min(enum.values, default=0), max(enum.values, default=0)
    for size in (1, 2, 4):
        bits = 8 * size - enum.signed
        if high < 1 << bits and low >= (-(1 << bits) if enum.signed else 0):
            return size
    return enum.size


def _array_of(graph: Ctf, origin: int, element_id: int, counts: Sequence[int]) -> int:
    """The id of an array of so many elements, the innermost dimension first."""
    for count in counts:
        element_id = graph.spare(partial(_array, graph, element_id, count), origin)
    return element_id


def _array(graph: Ctf, element_id: int, count: int, type_id: int) -> model.Type:
    return model.Array(graph, type_id, element_id, 0, count)
