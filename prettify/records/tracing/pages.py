"""What pages of a trace buffer are like, as the file `events/header_page` of tracefs says it."""

from __future__ import annotations

from prettify.core import trace_pages
from prettify.core.tables import zeroes
from prettify.errors import TypeInfoError
from prettify.sources.tracefs.formats import text_fields
from prettify.sources.tracefs.graph import header_page, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.sources.tracefs.graph import Tracefs

# Of a kernel of 64 bits, where nobody says otherwise.
USUAL = """\
	field: u64 timestamp;	offset:0;	size:8;	signed:0;
	field: local_t commit;	offset:8;	size:8;	signed:1;
	field: char data;	offset:16;	size:4080;	signed:0;
"""
STAMP, USED, DATA = "timestamp", "commit", "data"
LARGEST = 1 << 22  # bytes of a page: those of the largest order that the kernel allocates
USED_SIZES = frozenset((4, 8))


class Pages:
    """The places in a page, as a table of `core.trace_pages`. size: of a page, in bytes."""

    __slots__ = ("size", "table")

    def __init__(self, text: str, where: str, byte_order: str, number: int) -> None:
        """number: where in an event its number is. Raises TypeInfoError for a text that is none."""
        places = {
            declaration.name: (offset, size)
            for _, (declaration, offset, size, _) in text_fields(text, where)
        }
        for name in (STAMP, USED, DATA):
            if name not in places:
                raise TypeInfoError(f"it has no field {name!r}, so it describes no page", where)
        data, room = places[DATA]
        used, used_size = places[USED]
        self.size = data + room
        ends = max(places[STAMP][0] + 8, used + used_size)
        if used_size not in USED_SIZES or ends > data or not room or self.size > LARGEST:
            raise TypeInfoError("its fields make no page of a trace buffer", where)
        self.table = zeroes("q", trace_pages.HEADER)
        self.table[trace_pages.PAGE_SIZE] = self.size
        self.table[trace_pages.STAMP] = places[STAMP][0]
        self.table[trace_pages.USED] = used
        self.table[trace_pages.USED_SIZE] = used_size
        self.table[trace_pages.DATA] = data
        self.table[trace_pages.BIG] = int(byte_order == "big")
        self.table[trace_pages.NUMBER] = number

    def __repr__(self) -> str:
        return f"<Pages of {self.size} bytes>"


def pages_of(graph: Tracefs, byte_order: str, number: int) -> Pages:
    """The pages of the kernel that events are of. Raises UsageError, TypeInfoError."""
    path = header_page(graph.file(1))
    if path is None:
        return Pages(USUAL.rstrip("\n"), graph.path, byte_order, number)
    return Pages(read_text(path), path, byte_order, number)
