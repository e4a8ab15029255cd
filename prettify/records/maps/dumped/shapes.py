"""Which of the texts and bytes that maps are dumped as an input is, by how it begins."""

from __future__ import annotations

import re

from prettify.records.maps.dumped.hex_text import ENTRY, FOUND, HEADER, ID, LONGEST_HEADER, SAID
from prettify.records.maps.dumped.json_entries import NAMES, OF_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.records.maps.dumped.window import Window

# The shapes, as messages call them.
JSON = "bpftool's JSON"
TYPED = "bpftool's text of types"
HEX = "bpftool's text of bytes"
PINNED = "a pinned map's text"
RAW = "raw keys and values"
LIST = "bpftool's list of maps"
SHAPES = (JSON, TYPED, HEX, PINNED, RAW, LIST)

PEEKED = 4096  # bytes that tell, at the latest
UNDECIDED = ""
BLANKS = b" \t\r\n"
WARNING = b"# WARNING"
BEGINNINGS = (WARNING, b"null", b"Found ", *ENTRY, *SAID)
JSON_BEGINS = re.compile(rb'(?:\[\s*(?=\]|\{|key:)|(?=\{\s*"))')
FIRST_NAME = re.compile(rb'\{\s*"([^"\\]*)"\s*:')
ELEMENTS = re.compile(rb'"elements"\s*:\s*\[\s*(?=\S)')
LISTED = b'"bytes_key"'  # what a list says of a map, and a dump does not


def recognise(window: Window) -> str:
    """The shape of what begins at the window's position, which stays there.

    It waits for enough of a pipe. Raises DataError where there is nothing, or reading fails.
    """
    while True:
        text = bytes(window.text[window.at : min(window.end, window.at + PEEKED)])
        shape = _shape(text.lstrip(BLANKS), window.final or len(text) == PEEKED)
        if shape != UNDECIDED:
            return shape
        if window.final:
            raise window.error("nothing is in it")
        window.fill()


def _shape(text: bytes, enough: bool) -> str:
    """The shape of a text of which no more is to be known, if `enough`."""
    if not text:
        return UNDECIDED
    if text.startswith(WARNING):
        return PINNED
    if text.startswith((b"[", b"{")):
        return _json_shape(text, enough)
    if text.startswith(b"null"):
        return JSON
    if text.startswith((*ENTRY, *SAID)) or FOUND.match(text):
        return HEX
    if ID.match(text):
        return _headed_shape(text, enough)
    if not enough and (text[:10].isdigit() or _may_begin(text)):
        return UNDECIDED
    return RAW


def _may_begin(text: bytes) -> bool:
    """Whether more of a text may make it a beginning that is known."""
    counted = text.startswith(b"Found ") and text[6:].lstrip(b"0123456789") in b" elements"
    return counted or any(beginning.startswith(text) for beginning in BEGINNINGS)


def _headed_shape(text: bytes, enough: bool) -> str:
    """The shape of what begins with a number: a map's id, or a key."""
    line, _, following = text.partition(b"\n")
    if not (enough or following):
        return UNDECIDED
    if HEADER.match(line[:LONGEST_HEADER]):
        return LIST if following.startswith(b"\t") else HEX
    return PINNED


def _json_shape(text: bytes, enough: bool) -> str:
    """The shape of what begins with a bracket."""
    begun = JSON_BEGINS.match(text)
    if begun is None:
        return RAW if enough or not b"key:".startswith(text[1:].lstrip(BLANKS)) else UNDECIDED
    text = text[begun.end() :]
    name = FIRST_NAME.match(text)
    if text.startswith(b"{") and name is None:
        return JSON if enough else UNDECIDED
    if name is not None and name[1] not in NAMES and name[1] != b"error":
        elements = ELEMENTS.search(text)
        listed = text.find(LISTED)
        if listed >= 0 and (elements is None or listed < elements.start()):
            return LIST
        if elements is None:
            return JSON if enough else UNDECIDED
        text = text[elements.end() :]
    if text.startswith(b"key:"):
        return TYPED
    if text.startswith(b"]") or (name is not None and name[1] == b"error") or OF_BYTES.match(text):
        return JSON
    return TYPED if enough or b"}" in text else UNDECIDED
