"""A format's declaration, `format.toml`, as plain data; `formats/README.md` describes it.

Here its shape is checked: tables, keys, kinds of values, names that refer to each other. What its
expressions and types mean is checked where they are bound to the format's types.
"""

from __future__ import annotations

from prettify.errors import TypeInfoError, UsageError, one_line
from prettify.paths import choices
from prettify.records.query.numbers import integer_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

LITTLE, BIG = "little", "big"
MAX_MAGIC = 1 << 16  # bytes from a file's beginning to a magic's end

# Keys of a table that are expressions.
EXPRESSIONS = (
    "when", "seek", "size", "count", "skip", "sizeof", "tail", "align", "while", "until", "where",
    "tag",
)  # fmt: skip


class Magic:
    """Bytes that stand at one place of a file; `mask` has 0 for those that may be any."""

    __slots__ = ("at", "mask", "pattern")

    def __init__(self, at: int, pattern: bytes, mask: bytes) -> None:
        self.at = at
        self.pattern = pattern
        self.mask = mask

    @property
    def end(self) -> int:
        """Where they end."""
        return self.at + len(self.pattern)

    @property
    def weight(self) -> int:
        """How many of them are known."""
        return sum(map(bool, self.mask))

    def matches(self, start: bytes) -> bool:
        """Whether a file that begins so has them."""
        found = start[self.at : self.end]
        return len(found) == len(self.pattern) and all(
            byte & mask == wanted for byte, mask, wanted in zip(found, self.mask, self.pattern)
        )


class Variant:
    """One of a format's variants: its byte order, and by what it is recognised."""

    __slots__ = ("endian", "magic", "name")

    def __init__(self, name: str, endian: str, magic: Sequence[Magic]) -> None:
        self.name = name
        self.endian = endian
        self.magic = tuple(magic)

    def __repr__(self) -> str:
        return f"<Variant {self.name} {self.endian}>"

    @property
    def end(self) -> int:
        """How much of a file's beginning tells whether it is this variant."""
        return max((magic.end for magic in self.magic), default=0)

    @property
    def weight(self) -> int:
        """How many bytes are looked at: the more, the surer."""
        return sum(magic.weight for magic in self.magic)

    def matches(self, start: bytes) -> bool:
        """Whether a file that begins so is of this variant."""
        return bool(self.magic) and all(magic.matches(start) for magic in self.magic)


class Cast:
    """What a record with a certain tag is: its type; how long it and its flexible array are."""

    __slots__ = ("sizeof", "tail", "type")

    def __init__(self, type_: str, sizeof: str | None, tail: str | None) -> None:
        self.type = type_
        self.sizeof = sizeof
        self.tail = tail


class Table:
    """Records of one kind in a file of the format.

    variants: those it is in, empty for all. parent: the table of whose records each has some.
    expressions: by key, those that are given. casts: by tag.
    """

    __slots__ = ("casts", "expressions", "name", "parent", "range", "shown", "type", "variants")

    def __init__(self, name: str, type_: str) -> None:
        self.name = name
        self.type = type_
        self.variants: tuple[str, ...] = ()
        self.parent: str | None = None
        self.range: str | None = None
        self.shown = True
        self.expressions: dict[str, str] = {}
        self.casts: dict[str, Cast] = {}

    def __repr__(self) -> str:
        return f"<Table {self.name} of {self.type}>"

    @property
    def single(self) -> bool:
        """Whether there is one record of it in a file, at most."""
        return self.parent is None and self.expressions.get("count") == "1"


class Format:
    """A format: what it is, its variants, its tables in the order of the declaration."""

    __slots__ = ("name", "path", "paths", "specification", "summary", "tables", "variants")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.summary = ""
        self.specification = ""
        self.paths: tuple[str, ...] = ()
        self.variants: tuple[Variant, ...] = ()
        self.tables: tuple[Table, ...] = ()

    def __repr__(self) -> str:
        return f"<Format {self.name}>"

    @property
    def variant_names(self) -> list[str]:
        """The names of its variants, each once."""
        return list(dict.fromkeys(variant.name for variant in self.variants))

    def tables_of(self, variant: str) -> list[Table]:
        """The tables that files of a variant have."""
        return [table for table in self.tables if not table.variants or variant in table.variants]


def parse(name: str, text: str, path: str) -> Format:
    """A format's declaration. Raises TypeInfoError, naming the file, where it is wrong."""
    found = _Reader(name, path).format(_document(text, path))
    if found.variants and len(found.variants) != len(parse_head(name, text, path).variants):
        raise TypeInfoError("its variants have to stand before its tables", path)
    return found


def parse_head(name: str, text: str, path: str) -> Format:
    """The declaration up to its tables: what recognises a format, for a fraction of the time."""
    head = text.partition("\n[[table]]")[0]
    return _Reader(name, path).head(_document(head, path))


def _document(text: str, path: str) -> Mapping[str, Any]:
    toml = _toml()
    try:
        document: Mapping[str, Any] = toml.loads(text)
    except toml.TOMLDecodeError as error:
        raise TypeInfoError(one_line(f"no TOML: {error}"), path) from error
    return document


def _toml() -> Any:
    try:
        import tomllib
    except ImportError:  # before Python 3.11
        try:
            import tomli as tomllib
        except ImportError:
            raise UsageError(
                "formats need Python 3.11 or later, or the package tomli: pip install tomli"
            ) from None
    return tomllib


# What a key may hold: the words of the message, and the Python types.
_TEXT = ("text", (str,))
_EXPRESSION = ("an expression, as text", (str, int))
_TRUTH = ("true or false", (bool,))
_TABLE = ("a table", (dict,))
_TABLES = ("tables", (list,))
_TEXTS = ("texts", (list,))
_NAMES = ("a name, or a list of names", (str, list))
_NUMBER = ("a number", (int,))

_FORMAT_KEYS = {
    "summary": _TEXT,
    "specification": _TEXT,
    "paths": _TEXTS,
    "variant": _TABLES,
    "table": _TABLES,
}
_VARIANT_KEYS = {"name": _TEXT, "magic": _TABLES, "endian": _TEXT}
_MAGIC_KEYS = {"at": _NUMBER, "bytes": _TEXT}
_TABLE_KEYS = {
    "name": _TEXT,
    "type": _TEXT,
    "variant": _NAMES,
    "for": _TEXT,
    "range": _TEXT,
    "shown": _TRUTH,
    "cast": _TABLE,
    **dict.fromkeys(EXPRESSIONS, _EXPRESSION),
}
_CAST_KEYS = {"type": _TEXT, "sizeof": _EXPRESSION, "tail": _EXPRESSION}


class _Reader:
    """Makes a Format of what TOML holds, and knows where it is for messages."""

    __slots__ = ("found",)

    def __init__(self, name: str, path: str) -> None:
        self.found = Format(name, path)

    def error(self, where: str, what: str) -> TypeInfoError:
        return TypeInfoError(one_line(f"{where}: {what}" if where else what), self.found.path)

    def format(self, document: Mapping[str, Any]) -> Format:
        found = self.head(document)
        self._check(document, _FORMAT_KEYS, "", ("table",))
        found.tables = tuple(self._table(n, t) for n, t in enumerate(document["table"], 1))
        self._check_names()
        return found

    def head(self, document: Mapping[str, Any]) -> Format:
        found = self.found
        self._check(document, _FORMAT_KEYS, "", ("summary",))
        found.summary = document["summary"]
        found.specification = document.get("specification", "")
        found.paths = tuple(self._texts(document.get("paths", []), "key 'paths'"))
        given = document.get("variant", [{"name": found.name}])
        found.variants = tuple(self._variant(n, v) for n, v in enumerate(given, 1))
        if not found.variants:
            raise self.error("", "it has no variant")
        return found

    def _check(
        self,
        values: object,
        keys: Mapping[str, tuple[str, tuple[type, ...]]],
        where: str,
        needed: Sequence[str],
    ) -> None:
        """Whether the keys are known, and hold what they may."""
        if not isinstance(values, dict):
            raise self.error(where, f"a table expected, not {values!r}")
        for key, value in values.items():
            if key not in keys:
                raise self.error(where, f"unknown key {key!r}; {choices(key, list(keys))}")
            words, types = keys[key]
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                raise self.error(where, f"key {key!r}: {words} expected, not {value!r}")
        for key in needed:
            if key not in values:
                raise self.error(where, f"it has no key {key!r}")

    def _texts(self, values: Sequence[object], where: str) -> list[str]:
        for value in values:
            if not isinstance(value, str):
                raise self.error(where, f"texts expected, not {value!r}")
        return [str(value) for value in values]

    def _variant(self, number: int, values: Mapping[str, Any]) -> Variant:
        self._check(values, _VARIANT_KEYS, f"variant {number}", ("name",))
        where = f"variant {values['name']!r}"
        endian = values.get("endian", LITTLE)
        if endian not in (LITTLE, BIG):
            raise self.error(where, f"key 'endian': little or big expected, not {endian!r}")
        magics = [self._magic(where, m) for m in values.get("magic", [])]
        return Variant(self._word(values["name"], where), endian, magics)

    def _magic(self, where: str, values: Mapping[str, Any]) -> Magic:
        where += ", key 'magic'"
        self._check(values, _MAGIC_KEYS, where, ("at", "bytes"))
        pattern, mask = bytearray(), bytearray()
        for word in values["bytes"].split():
            try:
                byte, known = (0, 0) if word == "??" else (int(word, 16), 0xFF)
            except ValueError:
                byte, known = -1, 0
            if len(word) != 2 or byte < 0:
                raise self.error(where, f"{word!r} is no byte: 7f, or ?? for any")
            pattern.append(byte)
            mask.append(known)
        at = values["at"]
        if not any(mask) or at < 0 or at + len(pattern) > MAX_MAGIC:
            raise self.error(where, f"bytes from 0 to {MAX_MAGIC} expected, some of them known")
        return Magic(at, bytes(pattern), bytes(mask))

    def _word(self, name: str, where: str) -> str:
        if not name.isascii() or not name.isidentifier():
            raise self.error(where, f"its name {name!r} is no word")
        return name

    def _table(self, number: int, values: Mapping[str, Any]) -> Table:
        self._check(values, _TABLE_KEYS, f"table {number}", ("name", "type"))
        where = f"table {values['name']!r}"
        table = Table(self._word(values["name"], where), values["type"])
        variants = values.get("variant", [])
        table.variants = tuple(
            [variants] if isinstance(variants, str) else self._texts(variants, f"{where}, variant")
        )
        table.parent = values.get("for")
        table.range = values.get("range")
        table.shown = values.get("shown", True)
        table.expressions = {key: str(value) for key, value in values.items() if key in EXPRESSIONS}
        for key, value in values.get("cast", {}).items():
            table.casts[key] = self._cast(f"{where}, cast {key}", key, value)
        self._check_table(table, where)
        return table

    def _cast(self, where: str, key: str, value: object) -> Cast:
        if not key.isidentifier() and integer_of(key) is None:
            raise self.error(where, "neither a number nor an enumerator")
        values = {"type": value} if isinstance(value, str) else value
        self._check(values, _CAST_KEYS, where, ("type",))
        assert isinstance(values, dict)
        sizeof, tail = (
            None if values.get(word) is None else str(values[word]) for word in ("sizeof", "tail")
        )
        return Cast(values["type"], sizeof, tail)

    def _check_table(self, table: Table, where: str) -> None:
        given = table.expressions
        if table.range is not None and (given.keys() & {"seek", "size"}):
            raise self.error(where, "key 'range': it already says what 'seek' and 'size' would")
        if table.parent is not None and "seek" not in given and table.range is None:
            raise self.error(where, "key 'for': such a table needs the key 'seek'")
        if bool(table.casts) != ("tag" in given):
            raise self.error(where, "'tag' and 'cast' go together")
        for name in table.variants:
            if name not in self.found.variant_names:
                more = choices(name, self.found.variant_names)
                raise self.error(where, f"key 'variant': no variant {name!r}; the format: {more}")

    def _check_names(self) -> None:
        """Whether tables of one variant have names of their own, and parents before them."""
        for variant in self.found.variant_names:
            known: list[str] = []
            for table in self.found.tables_of(variant):
                where = f"table {table.name!r}"
                if table.name in known:
                    raise self.error(where, f"variant {variant!r} has two tables of that name")
                if table.parent is not None and table.parent not in known:
                    what = f"key 'for': no table {table.parent!r} before it; {choices('', known)}"
                    raise self.error(where, what)
                known.append(table.name)


__all__ = ["BIG", "LITTLE", "Cast", "Format", "Magic", "Table", "Variant", "parse", "parse_head"]
