"""Constants as people write them in C, JSON and elsewhere: from text to tokens, and their values.

Numbers are C's, of any base and with its suffixes; strings and characters have C's escapes and
JSON's; addresses are those of IPv4, of IPv6 and of Ethernet.
"""

from __future__ import annotations

import re

from prettify.records.query.numbers import integer_of
from prettify.records.query.parser import Token

MAX_DIGITS = 200  # of an integer
HUGE = 1 << 1024  # in no type's range
IPV4, IPV6, ETHERNET = "ipv4", "ipv6", "ethernet"  # kinds of tokens
ADDRESSES = {IPV4: 4, IPV6: 16, ETHERNET: 6}  # and the bytes of what they stand for

_BLANK = re.compile(r"\s+|//[^\n]*|/\*.*?\*/", re.DOTALL)
# The bytes of names and strings that are not UTF-8 came through the terminal as lone surrogates.
_TOKEN = re.compile(
    r"""(?P<ethernet>[0-9a-fA-F]{1,2}(?::[0-9a-fA-F]{1,2}){5}(?![\w:]))
    |(?P<ipv6>(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)[0-9a-fA-F:]+(?:\.[0-9]+){0,3}(?!\w))
    |(?P<ipv4>[0-9]+(?:\.[0-9]+){3}(?![\w.]))
    |(?P<float>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\w*|[0-9]+[eE][-+]?[0-9]+\w*
        |0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][-+]?[0-9]+\w*)
    |(?P<number>[0-9]\w*)
    |(?P<word>[\w$\udc80-\udcff]+)
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<character>'(?:[^'\\]|\\.)+')
    |(?P<symbol>\.\.\.|<<|>>|[-+~*/%&|^(){}\[\],.:=;])
    |(?P<end>\Z)""",
    re.VERBOSE | re.DOTALL,
)
_INTEGER = re.compile(
    r"(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)(?:[uU]?[lL]{0,2}[uU]?|[uU]?[zZ][uU]?)"
)
_FLOAT = re.compile(r"(.+?)(?:bf16|[fF](?:16|32|64|128)?|[lLqQ])?")
_HEX_FLOAT = re.compile(r"(0[xX].+?)[fFlL]?")
_ESCAPE = re.compile(
    r"\\(?:(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<letter>.))",
    re.DOTALL,
)
_LETTERS = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b",
    "\\": "\\", "'": "'", '"': '"', "/": "/", "?": "?",
}  # fmt: skip
_BYTE = 0xDC00  # a character of that and a byte stands for a byte that is not UTF-8
_SEPARATORS = re.compile(r"[\s:,]+")
_OCTETS = re.compile(r"(?:0[xX])?([0-9a-fA-F]+)")


class Unreadable(Exception):
    """What is wrong with a text, at an offset in it."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what)
        self.what = what
        self.offset = offset


def tokens(text: str) -> list[Token]:
    """The tokens of a text, the last of kind `end`; columns count from 1. Raises Unreadable."""
    found: list[Token] = []
    position = 0
    while not found or found[-1].kind != "end":
        while (blank := _BLANK.match(text, position)) is not None:
            position = blank.end()
        match = _TOKEN.match(text, position)
        if match is None or (match["symbol"] == "/" and text.startswith("/*", position)):
            raise Unreadable(_meaningless(text[position : position + 2]), position)
        found.append(Token(match.lastgroup or "end", match[0], position + 1))
        position = match.end()
    return found


def _meaningless(text: str) -> str:
    if text[0] in "\"'":
        return "a string without its end"
    return "a comment without its end" if text == "/*" else f"{text[0]!r} means nothing"


# What a token stands for; None where that is nothing.


def integer(word: str) -> int | None:
    """The number of a word, as C has it; one with absurdly many digits is HUGE."""
    match = _INTEGER.fullmatch(word)
    if match is None:
        return None
    return integer_of(match[1]) if len(word) <= MAX_DIGITS else HUGE


def real(word: str) -> float | None:
    """The number of a word, as C has it; the nearest double, which may be infinite."""
    if "_" in word or not word.isascii():  # which Python's float() takes
        return None
    try:
        match = _HEX_FLOAT.fullmatch(word)
        if match is not None:
            return float.fromhex(match[1])
        match = _FLOAT.fullmatch(word)
        return float(match[1]) if match is not None else None
    except (ValueError, OverflowError):
        return None


def string(text: str, offset: int) -> str:
    r"""What a string in quotes holds, escapes replaced; offset: where it is in the whole.

    A byte that is written as a number from 0x80 on (\377, \xff) is the lone surrogate of that byte,
    as in Python's `surrogateescape`. Raises Unreadable.
    """

    def replaced(match: re.Match[str]) -> str:
        kind = match.lastgroup
        digits = match[kind or 0]
        if kind == "letter" and digits in _LETTERS:
            return _LETTERS[digits]
        if kind == "pair":
            high, low = int(digits[1:5], 16), int(digits[-4:], 16)
            return chr(0x10000 + (high - 0xD800 << 10 | low - 0xDC00))
        number = int(digits, 8 if kind == "octal" else 16) if kind != "letter" else -1
        if kind in ("octal", "hex") and number <= 0xFF:
            return chr(number if number < 0x80 else _BYTE + number)
        if kind in ("short", "long") and number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF:
            return chr(number)
        raise Unreadable(f"{match[0]!r} is no escape", offset + match.start() + 1)

    return _ESCAPE.sub(replaced, text[1:-1])


def raw_bytes(text: str) -> bytes:
    """The bytes of what `string` gives. Raises UnicodeEncodeError."""
    return text.encode("utf-8", "surrogateescape")


def address(text: str) -> bytes | None:
    """The bytes, in network order, of an address of IPv4, IPv6 or Ethernet."""
    match = _TOKEN.fullmatch(text)
    kind = match.lastgroup if match is not None else None
    if kind == ETHERNET:
        return bytes(int(byte, 16) for byte in text.split(":"))
    if kind not in ADDRESSES:
        return None
    import ipaddress  # takes time to import

    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        return None


def octets(text: str) -> bytes | None:
    """Bytes in hexadecimal: `01 00 ff`, `0100ff`, `0x1 0x0 0xff`, `01:00:ff`."""
    out = bytearray()
    for word in filter(None, _SEPARATORS.split(text)):
        match = _OCTETS.fullmatch(word)
        if match is None or (len(match[1]) > 2 and len(match[1]) % 2):
            return None
        out += bytes.fromhex(match[1] if len(match[1]) > 1 else "0" + match[1])
    return bytes(out)
