"""The text of `-C`: types, each with what tells how long its records are and of which type each is.

list     = item { "," item }
item     = name [ "(" [ argument { "," argument } ] ")" ]
argument = "sizeof" [ "=" value ]         bytes of a record, all of it
         | "length" [ "=" value ]         bytes of a record behind its header
         | "type" [ "=" value ]           what its type is known by
         | "type_enum" "=" name { "+" name }
         | "cast" "=" "{" value ":" name { "," value ":" name } "}"
         | "filter" "=" condition | member "==" value
         | "align" "=" value | "prefix" "=" name | "range" "=" member

Values and conditions are expressions of `records.query`; here they are texts. Blanks may be
everywhere. What is given twice counts as it is given last, but all filters have to hold.
"""

from __future__ import annotations

from prettify.errors import UsageError, one_line
from prettify.sources.search import closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPENING, CLOSING = "([{", ")]}"
QUOTES = "\"'"
# Arguments that may stand without a value, and the member that is then meant.
DEFAULTS = {"sizeof": "size", "length": "length", "type": "type"}
KNOWN = (*DEFAULTS, "type_enum", "cast", "filter", "align", "prefix", "range")


class Arguments:
    """What is said of a type's records, as texts; None or nothing where it is not."""

    __slots__ = (
        "align", "cast", "filters", "length", "prefix", "range", "sizeof", "type", "type_enum",
    )  # fmt: skip

    def __init__(self) -> None:
        self.sizeof: str | None = None
        self.length: str | None = None
        self.type: str | None = None
        self.type_enum: tuple[str, ...] = ()
        self.cast: tuple[tuple[str, str], ...] = ()
        self.filters: list[str] = []
        self.align: str | None = None
        self.prefix: str | None = None
        self.range: str | None = None

    @property
    def plain(self) -> bool:
        """Whether records are as they are without arguments, wherever they may be."""
        return not any(getattr(self, name) for name in self.__slots__ if name != "range")


class TypeText:
    """A type's name, and its arguments."""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: Arguments) -> None:
        self.name = name
        self.arguments = arguments

    def __repr__(self) -> str:
        return f"<TypeText {self.name}>"


def parse_types(text: str, option: str = "--type") -> list[TypeText]:
    """The types of a list. Raises UsageError, naming the option and the column."""
    return list(_Parser(text, option).types())


class _Parser:
    __slots__ = ("option", "text")

    def __init__(self, text: str, option: str) -> None:
        self.text = text
        self.option = option

    def fault(self, what: str, at: int) -> UsageError:
        return UsageError(one_line(f"{self.option} {self.text!r}: {what} at column {at + 1}"))

    def types(self) -> Iterator[TypeText]:
        text, at = self.text, 0
        while True:
            end = self._end_of_name(at)
            name = text[at:end].strip()
            if not name:
                raise self.fault("a type's name is empty", at)
            arguments = Arguments()
            if text[end : end + 1] == "(":
                close = self._closing(end)
                for start, stop in self._pieces(end + 1, close):
                    self._argument(arguments, start, stop)
                end = close + 1
                while text[end : end + 1].isspace():
                    end += 1
            yield TypeText(name, arguments)
            if end == len(text):
                return
            if text[end] != ",":
                raise self.fault("',' expected", end)
            at = end + 1

    def _end_of_name(self, at: int) -> int:
        """Where the name ends that begins there; what is in `<>` belongs to it, as C++ has it."""
        depth = 0
        for end in range(at, len(self.text)):
            character = self.text[end]
            if character in ",(" and (not depth or ">" not in self.text[end:]):
                return end
            depth += (character == "<") - (character == ">")
        return len(self.text)

    def _closing(self, at: int) -> int:
        """Where what is opened there is closed again."""
        opened: list[int] = []
        quote = ""
        for end in range(at, len(self.text)):
            character = self.text[end]
            if quote:
                quote = "" if character == quote and self.text[end - 1] != "\\" else quote
            elif character in QUOTES:
                quote = character
            elif character in OPENING:
                opened.append(end)
            elif character in CLOSING:
                if OPENING.index(self.text[opened.pop()]) != CLOSING.index(character):
                    raise self.fault(f"{character!r} closes nothing", end)
                if not opened:
                    return end
        if quote:
            raise self.fault("a string without its end", at)
        what = CLOSING[OPENING.index(self.text[opened[-1]])]
        raise self.fault(f"{what!r} is missing for what is opened", opened[-1])

    def _pieces(self, at: int, end: int) -> Iterator[tuple[int, int]]:
        """What stands between commas, nothing if all of it is blank."""
        if not self.text[at:end].strip():
            return
        start = at
        quote = ""
        while at < end:
            character = self.text[at]
            if quote:
                quote = "" if character == quote and self.text[at - 1] != "\\" else quote
            elif character in QUOTES:
                quote = character
            elif character in OPENING:
                at = self._closing(at)
            elif character == ",":
                yield start, at
                start = at + 1
            at += 1
        yield start, end

    def _argument(self, to: Arguments, start: int, end: int) -> None:
        while start < end and self.text[start].isspace():
            start += 1
        piece = self.text[start:end].rstrip()
        if not piece:
            raise self.fault("an argument expected", start)
        equals = piece.find("=")
        if equals > 0 and (piece[equals + 1 : equals + 2] == "=" or piece[equals - 1] in "!<>"):
            equals = -1  # that of a comparison
        word = piece if equals < 0 else piece[:equals].rstrip()
        if equals < 0 and "==" in piece:
            self._set_filter(to, piece, start)
            return
        if word not in KNOWN:
            raise self.fault(_unknown(word), start)
        if equals < 0 and word not in DEFAULTS:
            raise self.fault(f"{word!r} needs a value, {word}=…,", start)
        value = DEFAULTS[word] if equals < 0 else piece[equals + 1 :].strip()
        if not value:
            raise self.fault(f"a value expected behind '{word}='", start + equals + 1)
        self._set(to, word, value, self.text.index(value, start + equals + 1))

    def _set(self, to: Arguments, word: str, value: str, place: int) -> None:
        if word == "filter":
            self._set_filter(to, value, place)
        elif word == "type_enum":
            to.type_enum = tuple(name.strip() for name in value.split("+"))
            if not all(to.type_enum):
                raise self.fault("an enum's name is empty", place)
        elif word == "cast":
            to.cast = tuple(self._cast(value, place))
        else:
            setattr(to, word, value)

    def _set_filter(self, to: Arguments, condition: str, place: int) -> None:
        # pahole knows M==V alone, and refuses M!=V; so do we, where it is written like that. With
        # blanks, or as part of anything longer, `!=` is as good as all other comparisons.
        member, unequal, value = condition.partition("!=")
        if unequal and _is_word(member) and _is_word(value):
            raise self.fault(
                f"filter {condition!r}: as pahole has them these are M==V; with blanks it is an "
                f"expression, '{member} != {value}',",
                place,
            )
        to.filters.append(condition)

    def _cast(self, value: str, place: int) -> Iterator[tuple[str, str]]:
        if value[0] != "{" or value[-1] != "}":
            raise self.fault("cast={1:TYPE,2:TYPE} expected", place)
        for start, end in self._pieces(place + 1, place + len(value) - 1):
            key, colon, type_ = self.text[start:end].partition(":")
            if not colon or not key.strip() or not type_.strip():
                raise self.fault("a number or an enumerator, ':' and a type expected", start)
            yield key.strip(), type_.strip()


def _unknown(word: str) -> str:
    if not word.isidentifier():
        return f"{word!r} is no argument; a condition is one as filter=CONDITION,"
    near = closest(word, KNOWN)
    meant = f"; did you mean {near[0]!r}?" if near else f": known are {', '.join(KNOWN)},"
    return f"unknown argument {word!r}{meant}"


def _is_word(text: str) -> bool:
    return bool(text) and all(c.isalnum() or c in "_.-" for c in text)


def arguments_of(types: Sequence[TypeText]) -> bool:
    """Whether any of these types has arguments that are about its records."""
    return not all(one.arguments.plain for one in types)
