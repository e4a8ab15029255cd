"""Members of events as `format` files declare them, `unsigned long args[6]`, as types of a graph.

The text has the names of C's types and says each member's size and sign, but not what the names
stand for. So a member is an integer of that size, whatever its type is called, enums too; a struct,
or what has any other size, is bytes.
"""

from __future__ import annotations

import re

from prettify import model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.composed import Composed
    from prettify.model import Type

# What stands before an array that lies behind the members, and whether its place is counted from
# the word that says it.
LOCATIONS = {"__data_loc": False, "__rel_loc": True}
TOKEN = re.compile(r"\s*(?:(?P<word>[\w$.]+)|(?P<star>\*)|\[(?P<count>[^\[\]]*)\])")
FUNCTION = re.compile(r"(?P<returns>.*)\(\s*\*\s*(?P<name>\w+)\s*\)\s*\(.*\)\s*")

QUALIFIERS = frozenset(("const", "volatile", "restrict"))
# What the kernel's C has between a type and a star that is no type, nor C.
ADDRESS_SPACES = frozenset(
    ("__user", "__kernel", "__percpu", "__rcu", "__iomem", "__force", "__seg_gs", "__seg_fs")
)
AGGREGATES = frozenset(("struct", "union"))
BOOLS = frozenset(("bool", "_Bool"))
WORDS = frozenset((1, 2, 4, 8))  # bytes of integers
LONGEST = 1024  # characters of a declaration
MAX_STARS = 16
MAX_DIMENSIONS = 8

# Bytes and sign of types whose size the text leaves open: elements of arrays that the type has no
# number of. LONG is as large as a pointer.
LONG = 0
SIZES: dict[str, tuple[int, bool]] = {
    "char": (1, True),
    "signed char": (1, True),
    "unsigned char": (1, False),
    "bool": (1, False),
    "_Bool": (1, False),
    **dict.fromkeys(("short", "short int"), (2, True)),
    **dict.fromkeys(("unsigned short", "unsigned short int", "ushort", "umode_t"), (2, False)),
    **dict.fromkeys(("int", "signed", "signed int", "pid_t", "clockid_t"), (4, True)),
    **dict.fromkeys(
        ("unsigned", "unsigned int", "uint", "uid_t", "gid_t", "dev_t", "gfp_t"), (4, False)
    ),
    **dict.fromkeys(("long", "long int", "ssize_t", "off_t"), (LONG, True)),
    **dict.fromkeys(
        ("unsigned long", "long unsigned int", "unsigned long int", "size_t", "ulong", "uintptr_t"),
        (LONG, False),
    ),
    **dict.fromkeys(("long long", "long long int", "loff_t", "ktime_t", "time64_t"), (8, True)),
    **dict.fromkeys(
        (
            "unsigned long long",
            "long long unsigned int",
            "sector_t",
            "dma_addr_t",
            "phys_addr_t",
            "resource_size_t",
        ),
        (8, False),
    ),
}
for _bytes in WORDS:
    _bits = 8 * _bytes
    SIZES |= dict.fromkeys((f"s{_bits}", f"__s{_bits}", f"int{_bits}_t"), (_bytes, True))
    SIZES |= dict.fromkeys((f"u{_bits}", f"__u{_bits}", f"uint{_bits}_t"), (_bytes, False))
    if _bytes > 1:
        SIZES |= dict.fromkeys((f"__le{_bits}", f"__be{_bits}"), (_bytes, False))
# Sets of processors and nodes, which are arrays of words without brackets.
MASKS = frozenset(("cpumask_t", "nodemask_t"))
MASK_WORD = "unsigned long"


class Declaration:
    """A declaration taken apart.

    base: the words of the type before any star, as `unsigned long`. constant: whether that is
    const. stars: for each whether the pointer is const. counts: what is in the brackets. location:
    `__data_loc`, `__rel_loc` or nothing.
    """

    __slots__ = ("base", "constant", "counts", "location", "name", "stars")

    def __init__(self, text: str) -> None:
        """Raises ValueError, with what is wrong, where it is no declaration."""
        if len(text) > LONGEST:
            raise ValueError(f"a declaration of {len(text)} characters, over {LONGEST}")
        function = FUNCTION.fullmatch(text)
        if function:
            text = f"void *{function['name']}"
        words: list[str] = []
        self.stars: list[bool] = []
        self.counts: list[str] = []
        self.constant = False
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise ValueError(f"{text[at:].lstrip()[:16]!r} in the declaration {text!r}")
            at = match.end()
            self._take(match, words)
        self.location = words.pop(0) if words and words[0] in LOCATIONS else ""
        self.name = words.pop() if words else ""
        self.base = " ".join(words)
        if not self.name or not self.base:
            raise ValueError(f"{text!r} is no declaration of a member")
        if len(self.stars) > MAX_STARS or len(self.counts) > MAX_DIMENSIONS:
            raise ValueError(f"{self.name!r} has too many stars or brackets")

    def _take(self, match: re.Match[str], words: list[str]) -> None:
        word = match["word"]
        if match["star"]:
            self.stars.append(False)
        elif match["count"] is not None:
            self.counts.append(match["count"].strip())
        elif word in QUALIFIERS:
            if word == "const" and self.stars:
                self.stars[-1] = True
            self.constant = self.constant or (word == "const" and not self.stars)
        elif word not in ADDRESS_SPACES:
            words.append(word)

    @property
    def spelled(self) -> str:
        """The type as it is declared, without brackets."""
        return f"{self.base} {'*' * len(self.stars)}" if self.stars else self.base


def member_type(
    types: Composed, declaration: Declaration, size: int, signed: bool | None, *, flexible: bool
) -> Type:
    """The type of a member of `size` bytes, of which the text may say whether it is signed.

    flexible: whether it is an array that goes on to the record's end, whatever the text says.
    Raises ValueError, with what is wrong, where the size contradicts the declaration.
    """
    if declaration.location:
        if size != model.WORD:
            raise ValueError(
                f"{declaration.location} {declaration.name!r} has {size} bytes, not {model.WORD}"
            )
        element = _element_of_unknown_size(types, declaration, signed)
        return types.located(element or types.opaque(1), relative=LOCATIONS[declaration.location])
    if not declaration.counts:
        if not size:
            raise ValueError(f"{declaration.name!r} has 0 bytes")
        return _scalar(types, declaration, size, signed)
    if not size or flexible:
        element = _element_of_unknown_size(types, declaration, signed)
        return types.array(element or types.integer("unsigned char", 1), 0)
    return _array(types, declaration, size, signed)


def _array(types: Composed, declaration: Declaration, size: int, signed: bool | None) -> Type:
    counts = [_number(text) for text in declaration.counts]
    whole = 1
    for count in counts:
        whole *= count
    if whole and size % whole == 0:
        made = _scalar(types, declaration, size // whole, signed)
        for count in reversed(counts):
            made = types.array(made, count)
        return made
    # The number has a name: char comm[TASK_COMM_LEN].
    element = _element_of_unknown_size(types, declaration, signed)
    step = 0 if element is None else model.size_of(element)
    if element is None or size % step:
        return types.opaque(size)
    return types.array(element, size // step)


def _number(text: str) -> int:
    """The number in brackets; 0 where it is none that can be."""
    return int(text) if text.isdecimal() and len(text) < 11 else 0


def _element_of_unknown_size(
    types: Composed, declaration: Declaration, signed: bool | None
) -> Type | None:
    """The type of an element whose size only its name tells; None where that is not known."""
    base = MASK_WORD if declaration.base in MASKS else declaration.base
    if declaration.stars:
        return _pointer(types, declaration)
    size, known_sign = SIZES.get(base, (4 if base.startswith("enum ") else -1, False))
    if size < 0:
        return None
    return _integer(
        types, base, size or types.pointer_size, known_sign if signed is None else signed
    )


def _scalar(types: Composed, declaration: Declaration, size: int, signed: bool | None) -> Type:
    base = declaration.base
    if declaration.stars and size == types.pointer_size:
        return _pointer(types, declaration)
    if size not in WORDS or (base.split()[0] in AGGREGATES and not declaration.stars):
        return types.opaque(size)
    sign = SIZES.get(base, (0, False))[1] if signed is None else signed
    made = _integer(types, declaration.spelled, size, sign)
    return types.const(made) if declaration.constant and not declaration.stars else made


def _integer(types: Composed, name: str, size: int, signed: bool) -> Type:
    single = size == 1
    return types.integer(
        name,
        size,
        signed=signed,
        character=single and name == "char",
        boolean=single and name in BOOLS,
    )


def _pointer(types: Composed, declaration: Declaration) -> Type:
    made = _pointed(types, declaration.base)
    if declaration.constant:
        made = types.const(made)
    for constant in declaration.stars:
        made = types.pointer(made)
        if constant:
            made = types.const(made)
    assert made is not None
    return made


def _pointed(types: Composed, base: str) -> Type | None:
    """What a pointer points at, of which no more than the name is known; None is void."""
    words = base.split()
    if base == "void":
        return None
    if words[0] in AGGREGATES and len(words) > 1:
        return types.declared(words[1], union=words[0] == "union")
    if base in SIZES:
        size, signed = SIZES[base]
        return _integer(types, base, size or types.pointer_size, signed)
    return types.typedef(base, None)
