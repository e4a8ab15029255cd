"""Parsing of arguments, and help, from one table of options per command.

The standard library's parser would be a third of the time that decoding one record takes.
"""

from __future__ import annotations

from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prettify.sources.search import Sources

INDENT = 26  # columns before the text of an option's help
WIDTH = 96


class Option:
    """One option, by all its spellings; those with an underscore are pahole's.

    metavar: what its value is called; none takes no value but means `value`.
    """

    __slots__ = ("choices", "help", "metavar", "name", "spellings", "value")

    def __init__(
        self,
        spellings: str,
        help: str,
        metavar: str = "",
        *,
        name: str = "",
        value: object = True,
        choices: tuple[str, ...] = (),
    ) -> None:
        self.spellings = spellings.split()
        self.help = help
        self.metavar = metavar
        self.value = value
        self.choices = choices
        longs = [s for s in self.spellings if s.startswith("--")]
        self.name = name or longs[0].lstrip("-").replace("-", "_")


class Command:
    """A command's options and help.

    groups: a heading and its options, in the order of the help.
    """

    __slots__ = ("description", "epilog", "groups", "name", "usage")

    def __init__(
        self,
        name: str,
        usage: str,
        description: str,
        epilog: str,
        groups: Sequence[tuple[str, Sequence[Option]]],
    ) -> None:
        self.name = name
        self.usage = usage
        self.description = description
        self.epilog = epilog
        self.groups = groups

    @property
    def options(self) -> Iterator[Option]:
        """All options, in order."""
        for _, options in self.groups:
            yield from options

    def parse(self, arguments: Sequence[str]) -> tuple[Values, list[str]]:
        """The options' values and the other arguments.

        Long options may be cut short as long as they stay unambiguous; `--` ends the options.
        Raises UsageError.
        """
        values = Values(self.options)
        others: list[str] = []
        rest = iter(arguments)
        for word in rest:
            if word == "--":
                others.extend(rest)
            elif word.startswith("--"):
                spelling, equals, value = word.partition("=")
                self._take(values, self._long(spelling), spelling, value if equals else None, rest)
            elif word.startswith("-") and word != "-":
                spelling, value = word[:2], word[2:]
                option = self._find(spelling)
                if value and not option.metavar:
                    raise UsageError(f"option {spelling} takes no value, but has {value!r}")
                self._take(values, option, spelling, value or None, rest)
            else:
                others.append(word)
        return values, others

    def _find(self, spelling: str) -> Option:
        for option in self.options:
            if spelling in option.spellings:
                return option
        raise UsageError(f"unknown option {spelling}; see {self.name} --help")

    def _long(self, spelling: str) -> Option:
        known = {s: option for option in self.options for s in option.spellings}
        if spelling in known:
            return known[spelling]
        near = {s: option for s, option in known.items() if s.startswith(spelling)}
        if not near:
            raise UsageError(f"unknown option {spelling}; see {self.name} --help")
        if len(set(map(id, near.values()))) > 1:
            raise UsageError(f"option {spelling} could be {' or '.join(near)}")
        return next(iter(near.values()))

    def _take(
        self,
        values: Values,
        option: Option,
        spelling: str,
        value: str | None,
        rest: Iterator[str],
    ) -> None:
        if not option.metavar:
            if value is not None:
                raise UsageError(f"option {spelling} takes no value, but has {value!r}")
            values.set(option, option.value)
            return
        if value is None:
            value = next(rest, None)
        if value is None:
            raise UsageError(f"option {spelling} needs a value, {option.metavar}")
        if option.choices and value not in option.choices:
            raise UsageError(f"option {spelling}: {value!r} is none of {', '.join(option.choices)}")
        values.set(option, value)

    def help(self) -> str:
        """The whole help text."""
        from textwrap import wrap

        lines = [f"usage: {self.usage}", "", self.description]
        for heading, options in self.groups:
            lines += ["", f"{heading}:"]
            for option in options:
                value = f" {option.metavar}" if option.metavar else ""
                shown = [s for s in option.spellings if "_" not in s]
                left = f"  {', '.join(shown)}{value}"
                text = wrap(option.help, WIDTH - INDENT)
                if len(left) >= INDENT:
                    lines.append(left)
                    left = ""
                lines.append(left.ljust(INDENT) + text[0])
                lines += [" " * INDENT + more for more in text[1:]]
        return "\n".join([*lines, "", self.epilog, ""])


class Values:
    """What the options were set to, by name; None, or an empty list, where they were not given."""

    __slots__ = ("_values",)

    def __init__(self, options: Iterator[Option]) -> None:
        self._values: dict[str, list[object]] = {option.name: [] for option in options}

    def set(self, option: Option, value: object) -> None:
        """One more time an option was given."""
        self._values[option.name].append(value)

    def given(self, name: str) -> bool | None:
        """What an option without a value was last set to."""
        last = self._last(name)
        assert last is None or isinstance(last, bool)
        return last

    def text(self, name: str) -> str | None:
        """The value of an option, the last one if there are several."""
        last = self._last(name)
        assert last is None or isinstance(last, str)
        return last

    def texts(self, name: str) -> list[str]:
        """All values of an option that may be given again."""
        return [str(value) for value in self._values[name]]

    def _last(self, name: str) -> object:
        given = self._values[name]
        return given[-1] if given else None


HELP = Option("-h --help", "show this help and exit")

SOURCES = (
    Option(
        "-t --types",
        "where types come from: raw BTF or CTF, an ELF file with BTF, DWARF or CTF, a kernel "
        "image, what of these is compressed, a C header, a format of the catalogue, or trace "
        "events, tracefs:SYSTEM/EVENT; repeatable, searched in order (default: the running "
        "kernel's BTF, then the catalogue)",
        "SOURCE",
    ),
    Option(
        "-F --format-path --format_path",
        "which type information to take from an ELF file, in order (default: btf,dwarf,ctf)",
        "LIST",
    ),
    Option("--btf-base --btf_base", "the BTF that split BTF continues, or CTF's parent", "FILE"),
    Option(
        "--define",
        "C that declares types, 'struct pt { int x, y; };'; repeatable, searched before all other "
        "sources",
        "TEXT",
    ),
    Option("-I --include", "a folder for the #include of C; repeatable", "DIR"),
    Option("-D --macro", "a macro of the preprocessor of C; repeatable", "NAME[=VALUE]"),
    Option(
        "--target-flags",
        "what else to tell the C compiler, such as '-m32 -fpack-struct'; repeatable",
        "FLAGS",
    ),
    Option(
        "--lang",
        "of DWARF only compile units in these languages, named as in the DWARF standard: c11, "
        "c++14, rust, fortran90, asm; without a version, c or c++, every one of them",
        "LIST",
    ),
    Option("--lang-exclude --lang_exclude", "of DWARF no compile units in these languages", "LIST"),
)


def sources(options: Values) -> Sources:
    """What the options of SOURCES say. Raises UsageError."""
    from prettify.sources.opening import compiler_options, languages_of
    from prettify.sources.search import Sources

    return Sources(
        options.texts("types"),
        format_list(options.text("format_path")),
        options.text("btf_base"),
        options.texts("define"),
        compiler_options(
            options.texts("include"),
            options.texts("macro"),
            " ".join(options.texts("target_flags")),
        ),
        languages_of(options.text("lang"), options.text("lang_exclude")),
    )


def format_list(text: str | None) -> tuple[str, ...]:
    """The formats that --format-path names. Raises UsageError for one that is not known."""
    from prettify.sources.request import FORMATS

    if text is None:
        return FORMATS
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in FORMATS:
            raise UsageError(f"--format-path: {name!r} is not known, only {', '.join(FORMATS)}")
    return names
