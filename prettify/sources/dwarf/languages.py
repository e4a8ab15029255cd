"""The languages of compile units, and which of them a user asked for."""

from __future__ import annotations

from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# DW_LANG_* as users write them: families of versions, and what has none (DWARF 5, section 7.12, and
# the committee's list of language names). A unit may well be of an older version than its source.
FAMILIES: dict[str, dict[str, int]] = {
    "c": {"": 0x02, "89": 0x01, "99": 0x0C, "11": 0x1D, "17": 0x2C, "23": 0x3E},
    "c++": {"98": 0x04, "03": 0x19, "11": 0x1A, "14": 0x21, "17": 0x2A, "20": 0x2B, "23": 0x3A},
    "ada": {"83": 0x03, "95": 0x0D, "2005": 0x2E, "2012": 0x2F},
    "cobol": {"74": 0x05, "85": 0x06},
    "fortran": {
        "77": 0x07,
        "90": 0x08,
        "95": 0x0E,
        "03": 0x22,
        "08": 0x23,
        "18": 0x2D,
        "23": 0x3F,
    },
    "pascal": {"83": 0x09, "delphi": 0xB000},
    "modula": {"2": 0x0A, "3": 0x17},
    "asm": {"": 0x31, "mips": 0x8001, "sun": 0x9001},
    "java": {"": 0x0B},
    "pli": {"": 0x0F},
    "objc": {"": 0x10},
    "objc++": {"": 0x11},
    "upc": {"": 0x12},
    "d": {"": 0x13},
    "python": {"": 0x14},
    "opencl": {"": 0x15},
    "go": {"": 0x16},
    "haskell": {"": 0x18},
    "ocaml": {"": 0x1B},
    "rust": {"": 0x1C},
    "swift": {"": 0x1E},
    "julia": {"": 0x1F},
    "renderscript": {"": 0x24},
    "bliss": {"": 0x25},
    "kotlin": {"": 0x26},
    "zig": {"": 0x27},
    "crystal": {"": 0x28},
    "hip": {"": 0x30},
    "c#": {"": 0x32},
    "mojo": {"": 0x33},
}
NAMES = {code: name + v for name, versions in FAMILIES.items() for v, code in versions.items()}
CODES = {name: code for code, name in NAMES.items()}
# As the standard spells them.
SPELLINGS = {"c_plus_plus": "c++", "objc_plus_plus": "objc++", "assembly": "asm", "c_sharp": "c#"}

RUST = CODES["rust"]
# All others put names of types in namespaces, modules or packages and other types.
UNSCOPED = frozenset((*FAMILIES["c"].values(), *FAMILIES["asm"].values()))
# Where arrays begin at 1 unless their type says otherwise (DWARF 5, table 7.17).
COUNTED_FROM_ONE = frozenset(
    code
    for family in ("ada", "cobol", "fortran", "pascal", "modula", "pli", "julia")
    for code in FAMILIES[family].values()
)


def language_codes(option: str, names: str | Iterable[str]) -> frozenset[int]:
    """The codes (DW_LANG) of languages; a family without a version stands for all of its versions.

    names: a list, or a string with commas between them. option: what they were given to, for the
    error. Raises UsageError for one that is not known.
    """
    found: set[int] = set()
    for name in names.split(",") if isinstance(names, str) else names:
        wanted = _tidied(name)
        if wanted in FAMILIES:
            found.update(FAMILIES[wanted].values())
        elif wanted in CODES:
            found.add(CODES[wanted])
        else:
            known = ", ".join(sorted({*FAMILIES, *CODES}))
            raise UsageError(f"{option}: no language {name.strip()!r}; known are {known}")
    return frozenset(found)


def _tidied(name: str) -> str:
    text = name.strip().lower().removeprefix("dw_lang_")
    for spelled, short in SPELLINGS.items():
        if text.startswith(spelled):
            text = short + text[len(spelled) :]
    return text.replace("_", "")


class Languages:
    """Which languages are wanted: these, or all where it is None, but those without."""

    __slots__ = ("only", "without")

    def __init__(self, only: frozenset[int] | None, without: frozenset[int]) -> None:
        self.only = only
        self.without = without

    def hold(self, language: int) -> bool:
        """Whether a unit of that language is wanted; -1, which does not say, always is.

        Partial units, which those of several languages may share, do not.
        """
        if language < 0:
            return True
        return (self.only is None or language in self.only) and language not in self.without

    @property
    def all(self) -> bool:
        """Whether every unit is wanted."""
        return self.only is None and not self.without


ALL = Languages(None, frozenset())
