"""The library: load types, then format, unpack, pack and view records, or decode whole streams."""

from __future__ import annotations

from prettify import layout as layouts
from prettify import model
from prettify.core.emitter import render
from prettify.dialects import FORMS
from prettify.dialects.options import Options
from prettify.errors import DataError, PrettifyError, UsageError
from prettify.records.forms import check_options, open_conversion
from prettify.sources.listing import listed
from prettify.sources.opening import compiler_options, languages_of
from prettify.sources.request import FORMATS
from prettify.sources.search import Sources, describe, find, find_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike
    from typing import Any, BinaryIO, Protocol

    import construct
    import numpy
    import pyarrow

    from prettify.compilers.numpy_dtype import Records
    from prettify.core.program import Program
    from prettify.description import Description
    from prettify.layout import Layout, Node
    from prettify.model import Type, TypeGraph
    from prettify.records.conversion import Piece
    from prettify.records.plan import Plan, Selection
    from prettify.records.run import Run

    class Stream(Protocol):
        """Records that say themselves how long they are; see `prettify.streams`."""

        def plan(
            self,
            to: str,
            options: dict[str, Any],
            selection: Selection,
            select: str | Sequence[str] | None,
            jobs: int,
        ) -> Plan:
            """What is to be run for these records."""

    Buffer = bytes | bytearray | memoryview

BYTE_ORDERS = ("little", "big")
SMALL = 1 << 12  # bytes of a buffer for the text of one record


def load_types(
    *sources: str | PathLike[str],
    formats: Sequence[str] = FORMATS,
    base: str | PathLike[str] | None = None,
    define: str | Sequence[str] = (),
    include: Sequence[str | PathLike[str]] = (),
    macro: Sequence[str] = (),
    target_flags: str | Sequence[str] = (),
    lang: str | Sequence[str] | None = None,
    lang_exclude: str | Sequence[str] | None = None,
) -> Types:
    """The types of these sources, searched in order; by default the running kernel's BTF, then
    the catalogue.

    sources: files (raw BTF; ELF with BTF or DWARF; a kernel image; one of these compressed; C, by
    the end of its name) or names of the catalogue's formats. formats: which type information to
    take from ELF files, in order. base: what split BTF continues. lang, lang_exclude: of DWARF the
    languages whose compile units count, or do not: "c11,c++", or a list; without a version c and
    c++ are all of theirs.

    define: C that declares types, which are searched before all sources. For it and for C files are
    include (folders), macro ("NAME" or "NAME=VALUE") and target_flags (what else the compiler is
    told, as a list or as a line that is taken apart as by a shell).

    A source is opened, and may raise UsageError or TypeInfoError, when a search first comes to it.
    """
    return Types(
        Sources(
            [str(source) for source in sources],
            formats,
            None if base is None else str(base),
            [define] if isinstance(define, str) else define,
            compiler_options([str(folder) for folder in include], macro, target_flags),
            languages_of(lang, lang_exclude),
        )
    )


class Types:
    """Types by name: `types["struct list_head"]`, `types["u32"]`, `types["#17"]`."""

    __slots__ = ("_known", "sources")

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._known: dict[str, RecordType] = {}

    def __getitem__(self, name: str) -> RecordType:
        """The type of that name; a bare name finds the one that has a size.

        Raises TypeNotFound with the nearest names.
        """
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = RecordType(find(self.sources, name))
        return known

    def by_id(self, type_id: int) -> RecordType:
        """The type of that id in the first source. Raises TypeInfoError where there is none."""
        return RecordType(next(iter(self.sources)).by_id(type_id))

    def all(self, name: str) -> list[RecordType]:
        """Every type of that name, in all sources."""
        return [RecordType(type_) for type_ in find_all(self.sources, name)]

    def names(
        self, pattern: str = "*", kind: str | None = None, size: str | int | None = None
    ) -> list[str]:
        """The names that match a shell pattern, `struct` and the like before them, sorted.

        kind: only those, "struct,union". size: only those of so many bytes, 64 or "64..128".
        Raises UsageError.
        """
        from prettify.records.query.type_filter import parse_kinds, parse_sizes

        sizes = None if size is None else str(size)
        found = listed(self.sources, pattern, parse_kinds(kind, "kind"), parse_sizes(sizes, "size"))
        words = ((model.KIND_WORDS.get(t.kind), t.name) for t in found)
        return list(dict.fromkeys(f"{word} {name}" if word else name for word, name in words))

    def describe(self) -> list[Description]:
        """What each source is: its format, its compiler, how many types it has."""
        return describe(self.sources)

    def __repr__(self) -> str:
        return f"<Types of {self.sources.described}>"


class RecordType:
    """A type that records can be decoded with; what is compiled from it is kept.

    `byte_order` of the data, "little" or "big", is that of the type's source unless given; `layout`
    a selection of the type's members, all of them unless given.

    It can be pickled, for other processes and machines: it takes along what it needs of its source,
    a few kilobytes, and leaves behind what was compiled.
    """

    __slots__ = (
        "_construct",
        "_dtype",
        "_layout",
        "_locates",
        "_programs",
        "byte_order",
        "type",
    )

    def __init__(
        self, type_: Type, byte_order: str | None = None, layout: Layout | None = None
    ) -> None:
        if byte_order not in (None, *BYTE_ORDERS):
            raise UsageError(f"byte order {byte_order!r}: known are little and big")
        self.type = type_
        self.byte_order = byte_order or type_.graph.byte_order
        self._layout = layout
        self._locates: bool | None = None  # whether records go on behind the type's bytes
        self._programs: dict[tuple[object, ...], Program] = {}
        self._construct: construct.Construct | None = None
        self._dtype: numpy.dtype[Any] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        if self._layout is not None and not layouts.is_whole(self._layout):
            return _of_layout, (self._layout, self.byte_order)
        from prettify.detached import detach

        return _of_graph, (detach(self.type), self.type.id, self.byte_order)

    def __repr__(self) -> str:
        return f"<RecordType {self.name!r}>"

    @property
    def name(self) -> str:
        """The name as one asks for it: `struct list_head`, `u32`."""
        return model.spelled(self.type)

    @property
    def layout(self) -> Layout:
        """Members, offsets and holes. Raises TypeInfoError where these contradict each other."""
        if self._layout is None:
            self._layout = layouts.resolve(self.type)
        return self._layout

    @property
    def size(self) -> int:
        """Bytes of one record."""
        return self.layout.size

    @property
    def fields(self) -> list[Node]:
        """The flattened members, in order."""
        return list(self.layout.fields)

    def with_byte_order(self, byte_order: str) -> RecordType:
        """The same type for data of that byte order."""
        return RecordType(self.type, byte_order, self._layout)

    def select(self, paths: str | Sequence[str]) -> RecordType:
        """The same type with these members alone, in this order: "a,b.c,d*".

        Records keep their size. Raises UsageError for members that there are not.
        """
        from prettify.records.query.projection import select

        return RecordType(self.type, self.byte_order, select(self.layout, paths, "select"))

    def format(
        self,
        data: Buffer,
        dialect: str = "pahole",
        *,
        compact: bool = False,
        noname: bool = False,
        ptr_raw: bool | None = None,
        zero: bool | None = None,
        hex: bool = False,
        int64: str = "number",
        enums: str = "name",
        template: str | None = None,
    ) -> str:
        """One record as text, exactly as the command prints it.

        dialect: pahole, kernel, c, json, ndjson, csv or template. The flags are the kernel's
        BTF_F_*; None is the dialect's own default, hex is the pahole dialect's. Of JSON are int64
        (number, or string for types of more than 53 bits) and enums (name, number or both; of CSV
        the first two); template is the text with fields that the form of that name prints. The
        kernel dialect's text is bytes, here as Latin-1. Where a type has located arrays, all of
        `data` is the record. Raises DataError where data is shorter
        than the type, UsageError for options that do not fit the dialect or the type.
        """
        if dialect not in FORMS:
            raise UsageError(f"dialect {dialect!r}: known are {', '.join(FORMS)}")
        options = Options(
            compact=compact,
            noname=noname,
            ptr_raw=ptr_raw,
            zero=zero,
            hex=hex,
            int64=int64,
            enums=enums,
            template=template,
            byte_order=self.byte_order,
        )
        form = FORMS[dialect]
        check_options(dialect, options)
        key = (dialect, *options.key())
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = form.compile(self.layout, options)
        record = self._record(data)
        pieces = render(program, record, 0, 1, SMALL, len(record))
        text = b"".join((form.start(self.layout, options), *pieces, form.after))
        if dialect == "kernel":
            return text.decode("latin-1")
        return text.decode("utf-8", "surrogateescape")

    def unpack(self, data: Buffer) -> Any:
        """One record as a dict (of a struct or union; else its value), through `construct`.

        Raises DataError where data is shorter than the type.
        """
        return self.construct.parse(self._record(data))

    def pack(self, values: Any) -> bytes:
        """The bytes of a record: the inverse of `unpack`, padding included.

        Members that are missing are zero, or as they were in the record that was unpacked. Raises
        DataError, naming the member, for a value that does not fit.
        """
        built: bytes = self.construct.build(values)
        return built

    @property
    def construct(self) -> construct.Construct:
        """The parser as a construct.Construct, to be used on its own or within others."""
        if self._construct is None:
            from prettify.compilers.construct_parser import compile_construct

            self._construct = compile_construct(self.layout, self.byte_order)
        return self._construct

    @property
    def dtype(self) -> numpy.dtype[Any]:
        """The numpy dtype of one record, of exactly its size."""
        if self._dtype is None:
            from prettify.compilers.numpy_dtype import compile_dtype

            self._dtype = compile_dtype(self.layout, self.byte_order)
        return self._dtype

    def array(self, source: str | PathLike[str] | Buffer) -> Records:
        """A structured numpy view on records, without a copy.

        source: bytes, or the path of a file, which is mapped into memory and only read where the
        array is looked at. Shape (n,); bitfields can be read by name. Raises DataError where the
        source is no whole number of records, UsageError where it cannot be opened.
        """
        from prettify.compilers.numpy_dtype import view

        return view(self.layout, self.byte_order, _memory_of(source), self.dtype)

    def table(self, source: str | PathLike[str] | Buffer) -> pyarrow.Table:
        """Records as an Arrow table: a column for each member, as in the Arrow and Parquet forms.

        source: bytes or a path, as for `array`. Raises UsageError where pyarrow is missing, else as
        `array` does.
        """
        from prettify.compilers.arrow_columns import table

        return table(self.layout, self.byte_order, _memory_of(source))

    def _record(self, data: Buffer) -> bytes:
        if self._locates is None:
            self._locates = layouts.locates(self.layout)
        record = bytes(memoryview(data).cast("B")[: None if self._locates else self.size])
        if len(record) < self.size:
            raise DataError(
                f"record cut short: {len(record)} bytes left, {self.size} needed for {self.name}",
                0,
            )
        return record


def _memory_of(source: str | PathLike[str] | Buffer) -> Buffer:
    """The bytes at hand, or those of a file, mapped where it can be."""
    if not isinstance(source, str) and not hasattr(source, "__fspath__"):
        return source
    from prettify.records.input import mapped

    return mapped(str(source))


def _of_graph(graph: TypeGraph, type_id: int, byte_order: str) -> RecordType:
    """The record type that was pickled."""
    return RecordType(graph.by_id(type_id), byte_order)


def _of_layout(layout: Layout, byte_order: str) -> RecordType:
    """The selection of a record type that was pickled."""
    return RecordType(layout.type, byte_order, layout)


def decode(
    source: str | PathLike[str] | Buffer | BinaryIO,
    record_type: RecordType | Stream | None = None,
    to: str = "ndjson",
    out: str | PathLike[str] | BinaryIO | None = None,
    *,
    format: str | None = None,
    table: str | Sequence[str] | None = None,
    select: str | Sequence[str] | None = None,
    where: str | None = None,
    skip: int | None = None,
    count: int | None = None,
    jobs: int = 1,
    **options: Any,
) -> Iterator[bytes] | None:
    """Decode a stream of records, or a file of a format: what the command runs.

    source: a path (`-` is standard input), bytes, or an open binary file. record_type: of records
    of one type that, of others what `prettify.stream` makes; without one
    it is a file of a format of the catalogue, of the one named `format` (or `format:variant`), else
    whichever it is; table: which of its tables, all of them unless given. to: any form that the
    command has, by the name of its dialect where it is C; options as in `RecordType.format`.
    select: members to show, others are left out. where: a filter; `skip` and `count` are of the
    records that it lets through; with a format, all four are of one table. jobs: threads. out: a
    path, whose file appears whole or not at all, or an open binary file; None returns an iterator
    over pieces of the output.
    Raises DataError, after all that can be decoded, where a record is cut short or a table is not
    where the format says.
    """
    run: Run
    if record_type is not None:
        if format is not None or table is not None:
            raise UsageError("a format has types of its own: it goes without a record type")
        run = _plan(record_type, to, select, where, skip, count, jobs, options)
    else:
        from prettify.records.catalogue.reading import Choice, Reading

        byte_order = options.pop("byte_order", None)
        run = Reading(
            to,
            Options(**options),
            Choice(
                format,
                [table] if isinstance(table, str) else table or (),
                where=where,
                select=select,
                skip=skip or 0,
                count=count or None,
                byte_order=byte_order,
            ),
            jobs,
        )
    return put(checked(run, [str(source) if hasattr(source, "__fspath__") else source]), out)


def put(
    pieces: Iterator[Piece], out: str | PathLike[str] | BinaryIO | None
) -> Iterator[bytes] | None:
    """Pieces of output to where they are wanted: see `decode`."""
    from prettify.records.output import write_file

    if out is None:
        return map(bytes, filter(None, pieces))
    if hasattr(out, "write"):
        for piece in pieces:
            out.write(piece)
    else:
        write_file(str(out), pieces)
    return None


def checked(run: Run, sources: Sequence[Any]) -> Iterator[Piece]:
    """The output of a run. What went wrong first is raised when all that there is is out."""
    errors: list[PrettifyError] = []
    yield from run.run(sources, errors.append)
    if errors:
        raise errors[0]


def _plan(
    record_type: RecordType | Stream,
    to: str,
    select: str | Sequence[str] | None,
    where: str | None,
    skip: int | None,
    count: int | None,
    jobs: int,
    options: dict[str, Any],
) -> Plan:
    """The plan for records of one type, or for those that say of which type they are."""
    from prettify.records.plan import Plan, Selection

    selection = Selection(
        where=where,
        skip=None if skip is None else str(skip),
        count=None if count is None else str(count),
    )
    if not isinstance(record_type, RecordType):
        return record_type.plan(to, options, selection, select, jobs)
    shown = record_type if select is None else record_type.select(select)
    chosen = Options(byte_order=record_type.byte_order, **options)
    return Plan(
        open_conversion(to, [shown.layout], chosen, jobs),
        [record_type.layout],
        None,
        selection,
        byte_order=record_type.byte_order,
        jobs=jobs,
    )


__all__ = [
    "BYTE_ORDERS",
    "RecordType",
    "Types",
    "check_options",
    "decode",
    "load_types",
]
