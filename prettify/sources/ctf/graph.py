"""CTF, the Compact C Type Format: a dictionary or an archive of them in, a lazy type graph out.

The types of all dictionaries are of one graph: its ids go on from one dictionary to the next,
parents before children, and behind the types of each come its variables. So a name is found in the
parent first, then in the children.
"""

from __future__ import annotations

from bisect import bisect_right

from prettify import model
from prettify.core import btf_scan
from prettify.description import Description, Origin
from prettify.errors import TypeInfoError, one_line
from prettify.sources.ctf import archive, forms
from prettify.sources.ctf.dictionary import EXTERNAL, Dictionary, Record
from prettify.sources.ctf.kinds import NAMELESS, kind_of, name_of, read
from prettify.sources.pointer_size import LONG_NAMES, guessed_pointer_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.sources.ctf.dictionary import Strings

MANY = 1 << 64  # elements; more are not told apart
GLOBAL = 1  # linkage of a variable
# Kinds that lead on to another type; that of an array stands in its tail.
PASSED = frozenset((forms.TYPEDEF, forms.VOLATILE, forms.CONST, forms.RESTRICT, forms.ARRAY))


class End:
    """What a type is behind names, qualifiers and arrays; no record where that is void.

    elements: of all arrays on the way, if there are any. Where types lead in circles, the record
    is one of them.
    """

    __slots__ = ("elements", "in_array", "record")

    def __init__(self, record: Record | None, elements: int = 1, *, in_array: bool = False) -> None:
        self.record = record
        self.elements = elements
        self.in_array = in_array


class Ctf:
    """CTF as a type graph. `base` is what dictionaries continue whose parent is not among them.

    strings: the string tables of the ELF file around it. arrays_reversed: whether it is from a
    compiler that turns round the dimensions of arrays.
    Raises TypeInfoError, here for a bad header or types that are cut short, later for each type
    that is asked for and is bad. Offsets in errors are those in the unpacked dictionary.
    """

    __slots__ = (
        "_dictionaries",
        "_ends",
        "_firsts",
        "_origins",
        "_pointer_size",
        "_stop",
        "arrays_reversed",
        "base",
        "byte_order",
        "cache",
        "first_id",
        "origin",
        "path",
        "small_enums",
        "stripped",
        "unqualified",
    )

    def __init__(
        self,
        data: bytes,
        path: str,
        base: Ctf | None = None,
        pointer_size: int = 0,
        strings: Strings | None = None,
        arrays_reversed: bool = False,
    ) -> None:
        self.path = path
        self.base = base
        self.origin = Origin()
        self.cache: dict[int, model.Type] = {}
        self.stripped: dict[int, model.Type] = {}
        self.unqualified: dict[int, model.Type] = {}
        self.small_enums: dict[int, int] = {}  # by id: see `repairs`
        self._ends: dict[int, End] = {}
        self._pointer_size = pointer_size
        # Types that no record is of, and what they were made for; shared, so that ids stay unique.
        self._origins: dict[int, int] = base._origins if base else {}
        self._dictionaries = _dictionaries(data, path, strings, base)
        if data[:8] == archive.MAGIC_BYTES and not pointer_size:
            self._pointer_size = archive.pointer_size(data)
        self.byte_order = self._dictionaries[0].byte_order
        self.arrays_reversed = arrays_reversed and not any(
            d.arrays_in_order for d in self._dictionaries
        )
        self.first_id: int = base._stop if base else 1
        self._stop: int = self.first_id
        self._firsts = []
        for dictionary in self._dictionaries:
            if dictionary.byte_order != self.byte_order:
                raise TypeInfoError(
                    f"{dictionary.byte_order}-endian, but {path} is {self.byte_order}-endian",
                    dictionary.path,
                    0,
                )
            dictionary.first_id = self._stop
            self._firsts.append(self._stop)
            self._stop += dictionary.count

    # What a graph is asked for.

    @property
    def pointer_size(self) -> int:
        """Bytes in a pointer: the ELF file's class, else the archive's data model, else a guess."""
        if not self._pointer_size:
            self._pointer_size = (
                self.base.pointer_size
                if self.base
                else guessed_pointer_size(
                    self,
                    (type_id for name in sorted(LONG_NAMES) for type_id in self.ids(name)),
                    self._structs(),
                )
            )
        return self._pointer_size

    def by_id(self, type_id: int) -> model.Type:
        """The type of that id; 0 is void. Raises TypeInfoError."""
        known = self.cache.get(type_id)
        if known is not None:
            return known
        if self.base is not None and type_id < self.first_id:
            return self.base.by_id(type_id)
        if type_id == 0:
            made: model.Type = model.Void(self, 0)
        else:
            record = self.record(type_id)
            made = self._variable(type_id) if record is None else read(self, record)
        self.cache[type_id] = made
        return made

    def all_ids(self) -> range:
        """Every type id but void's, the base's too."""
        return range(1, self._stop)

    def ids(self, name: str) -> list[int]:
        """The ids of all types of that exact name: those that a name is to find first come first.

        Those are definitions before what its compiler has hidden from names, and both before mere
        declarations; in order, the base's first.
        """
        if not name or "\0" in name:
            return []
        wanted = name.encode("utf-8", "surrogateescape") + b"\0"
        found = [
            dictionary.first_id + index
            for dictionary in self._dictionaries
            for index in _named(dictionary, wanted)
        ]
        found.sort(key=self._rank)
        return (self.base.ids(name) if self.base else []) + found

    def summary(self, type_id: int) -> tuple[str, str]:
        """(kind, name) of a type, without building it."""
        if self.base is not None and type_id < self.first_id:
            return self.base.summary(type_id)
        record = self.record(type_id)
        if record is None:
            dictionary, _, name, at = self._entry(type_id)
            return model.VARIABLE, dictionary.known_name(name, at)
        return kind_of(record), name_of(record)

    def size(self, type_id: int) -> int:
        """What `size_of` says of a type."""
        return model.size_of(self.by_id(type_id))

    def describe(self) -> Description:
        """What this source is; the types are its own, without its base's."""
        kinds = (self.summary(type_id)[0] for type_id in range(self.first_id, self._stop))
        return Description(
            self.path,
            self._dictionaries[0].form.name,
            self.origin,
            byte_order=self.byte_order,
            pointer_size=self.pointer_size,
            kinds=model.count_by_word((kind, 1) for kind in kinds),
            base=self.base.path if self.base else "",
        )

    def definition(self, forward: model.Forward) -> model.Type:
        """What is declared, where one dictionary of the file defines it; else the declaration.

        Children that define it differently leave it open which of them is meant.
        """
        wanted = model.UNION if forward.union else model.STRUCT
        found = [i for i in self.ids(forward.name) if self.summary(i)[0] == wanted]
        return self.by_id(found[0]) if len(found) == 1 else forward

    def error(self, what: str, type_id: int) -> TypeInfoError:
        """An error about that type, saying where in the dictionary it stands."""
        type_id = self._origins.get(type_id, type_id)
        if self.base is not None and type_id < self.first_id:
            return self.base.error(what, type_id)
        if not self.first_id <= type_id < self._stop:
            return TypeInfoError(one_line(what), self.path)
        record = self.record(type_id)
        if record is None:
            dictionary, _, _, at = self._entry(type_id)
            return TypeInfoError(one_line(what), dictionary.path, at)
        return TypeInfoError(one_line(what), record.dictionary.path, record.at)

    # What readers of records ask for.

    def record(self, type_id: int) -> Record | None:
        """The record of a type, the base's too; None for void and for what has none."""
        if type_id <= 0:
            return None
        if self.base is not None and type_id < self.first_id:
            return self.base.record(type_id)
        dictionary = self._dictionary(type_id)
        index = type_id - dictionary.first_id
        return dictionary.record(index) if index < len(dictionary.offsets) else None

    def end_of(self, type_id: int) -> End:
        """What a type is behind names, qualifiers and arrays."""
        way: dict[int, Record] = {}
        while type_id not in self._ends:
            record = self.record(type_id)
            if record is None or record.kind not in PASSED or type_id in way:
                self._ends[type_id] = End(record)
                break
            way[type_id] = record
            if record.kind == forms.ARRAY:
                type_id = record.dictionary.array(record)[0]
            else:
                type_id = record.dictionary.global_id(record.value, record.at)
        end = self._ends[type_id]
        for passed, record in reversed(way.items()):
            if record.kind == forms.ARRAY:
                count = record.dictionary.array(record)[2]
                end = End(end.record, min(end.elements * count, MANY), in_array=True)
            self._ends[passed] = end
        return end

    def spare(self, make: Callable[[int], model.Type], origin: int) -> int:
        """The id of a type that no record is of, made for the type `origin`."""
        type_id = -1 - len(self._origins)
        self._origins[type_id] = origin
        self.cache[type_id] = make(type_id)
        return type_id

    # Dictionaries, and what in them is no type.

    def _dictionary(self, type_id: int) -> Dictionary:
        if not self.first_id <= type_id < self._stop:
            raise TypeInfoError(
                f"type id {type_id} does not exist, the last is {self._stop - 1}", self.path
            )
        return self._dictionaries[bisect_right(self._firsts, type_id) - 1]

    def _entry(self, type_id: int) -> tuple[Dictionary, int, int, int]:
        """Of a variable: (dictionary, type id in it, string offset of its name, offset)."""
        dictionary = self._dictionary(type_id)
        index = type_id - dictionary.first_id - len(dictionary.offsets)
        if index < len(dictionary.variables):
            at = dictionary.section("variables")[0] + dictionary.variables[index]
            return dictionary, dictionary.word(at + 4), dictionary.word(at), at
        offset = dictionary.objects[index - len(dictionary.variables)]
        at = dictionary.section("objects")[0] + offset
        name = dictionary.word(dictionary.section("object_names")[0] + offset)
        return dictionary, dictionary.word(at), name, at

    def _variable(self, type_id: int) -> model.Type:
        dictionary, target, name, at = self._entry(type_id)
        target_id = dictionary.global_id(target, at)
        return model.Variable(self, type_id, dictionary.string(name, at), target_id, GLOBAL)

    def _structs(self) -> Iterator[int]:
        """The ids of the structs, in order."""
        for dictionary in self._dictionaries:
            for index in range(len(dictionary.offsets)):
                if dictionary.record(index).kind == forms.STRUCT:
                    yield dictionary.first_id + index

    def _rank(self, type_id: int) -> int:
        """Where among types of one name one of them goes."""
        record = self.record(type_id)
        if record is None or record.root:
            return 2 if record is not None and record.kind == forms.FORWARD else 0
        return 2 if record.kind == forms.FORWARD else 1


def _named(dictionary: Dictionary, wanted: bytes) -> Iterator[int]:
    """The indices, counted over types, variables and objects, of those of that name, in order."""
    first = 0
    sections = (
        ("types", dictionary.offsets),
        ("variables", dictionary.variables),
        ("object_names", dictionary.objects),
    )
    for section, offsets in sections:
        found: list[int] = []
        start, length = dictionary.section("strings")
        texts = [(dictionary.data, start, length, 0)]
        if dictionary.external is not None:
            texts.append((dictionary.external, 0, len(dictionary.external), EXTERNAL))
        for text, start, length, first_string in texts:
            found += btf_scan.named(
                dictionary.data,
                dictionary.section(section)[0],
                dictionary.byte_order == "big",
                offsets,
                text,
                start,
                length,
                first_string,
                wanted,
            )
        if section == "types":  # a string may stand where no name is
            found = [i for i in found if dictionary.record(i).kind not in NAMELESS]
        yield from (first + index for index in sorted(found))
        first += len(offsets)


def _dictionaries(
    data: bytes, path: str, strings: Strings | None, base: Ctf | None
) -> list[Dictionary]:
    """The dictionaries of a file, parents before their children, which know them."""
    if data[:8] != archive.MAGIC_BYTES:
        found = [Dictionary(data, path, strings)]
        named: dict[str, Dictionary] = {}
    else:
        parts = archive.members(data, path)
        if not parts:
            raise TypeInfoError("an empty CTF archive", path, 16)
        found = []
        named = {}
        for part in parts:
            found.append(Dictionary(part.data, f"{path}[{part.name}]", strings))
            named[part.name] = found[-1]
    own = [dictionary for dictionary in found if not dictionary.child]
    for dictionary in found:
        if dictionary.child:
            known = named.get(one_line(dictionary.parent_name))
            if known is None and base is not None:
                known = base._dictionaries[0]
            # What is a child itself cannot be a parent: ids have but one bit for that.
            dictionary.parent = None if known is None or known.child else known
    return own + [dictionary for dictionary in found if dictionary.child]
