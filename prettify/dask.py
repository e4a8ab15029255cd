"""Record files larger than one machine, with dask: DataFrames, bags and conversions in parts.

Files are cut at record boundaries, the record type is sent to the workers without the source that
it came from, and each part is read where it is needed. Nothing is read when a DataFrame or bag is
made, but for the sizes of files.
"""

from __future__ import annotations

import os
from abc import ABCMeta, abstractmethod
from importlib import import_module

from prettify.api import RecordType, decode
from prettify.errors import UsageError
from prettify.layout import NESTED, Layout
from prettify.records import parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    import dask.bag
    import dask.dataframe

    from prettify.records.parts import Part
    from prettify.records.query.where import Where

    Path = str | os.PathLike[str]

BLOCK = "64MiB"  # of records in a part
BAG_BLOCK = "4MiB"  # Python's values take ten times that and more
DIGITS = 5  # of a part's number in its name, at least, so that names sort as parts do


def read_records(
    urlpath: Path | Sequence[Path],
    record_type: RecordType,
    *,
    blocksize: int | str = BLOCK,
    select: Sequence[str] | str | None = None,
    where: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    offset: int = 0,
    errors: str = parts.RAISE,
) -> dask.dataframe.DataFrame:
    """The records of files as a dask DataFrame, a partition for each part.

    urlpath: paths or URLs of any file system that fsspec knows, one or a list, with wildcards or
    not; the workers must reach them. blocksize: bytes of a partition at most, as a number or as
    "64MiB"; it is rounded down to whole records. select, where: only these members, only these
    records, as the options of the command say them. storage_options: for the file system. offset:
    bytes to skip at the start of each file. errors: "raise", or "drop" to leave out what is no
    whole record at the end of a file.

    Columns are those of the Arrow and Parquet forms, held as Arrow holds them
    (`pandas.ArrowDtype`): integers stay exact, enums are their names, structs and arrays are
    nested. Each partition has an index of its own from 0 on. A column that nobody asks for is
    not made.

    Raises UsageError where dask is missing, no file matches, or an option is wrong; DataError where
    a file's size is no whole number of records.
    """
    dataframe = _required("dask.dataframe")
    work = _Frames(record_type, select, where)
    found = _parts(urlpath, record_type, blocksize, storage_options, offset, errors)
    frame: dask.dataframe.DataFrame = dataframe.from_map(
        work, found, meta=work.frame(b""), label="prettify"
    )
    return frame


def bag(
    urlpath: Path | Sequence[Path],
    record_type: RecordType,
    *,
    blocksize: int | str = BAG_BLOCK,
    select: Sequence[str] | str | None = None,
    where: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    offset: int = 0,
    errors: str = parts.RAISE,
) -> dask.bag.Bag:
    """The records of files as a dask Bag of what `RecordType.unpack` gives, in plain dicts.

    Arguments and errors are those of `read_records`.
    """
    from_delayed = _required("dask.bag").from_delayed
    work = _Values(record_type, select, where)
    found = _parts(urlpath, record_type, blocksize, storage_options, offset, errors)
    values: dask.bag.Bag = from_delayed(_delayed(work, found))
    return values


def convert(
    urlpath: Path | Sequence[Path],
    record_type: RecordType,
    to: str,
    out: Path,
    *,
    blocksize: int | str = BLOCK,
    select: Sequence[str] | str | None = None,
    where: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
    out_storage_options: Mapping[str, Any] | None = None,
    offset: int = 0,
    errors: str = parts.RAISE,
    **flags: Any,
) -> list[str]:
    """Convert the records of files in parts, each into a file of its own; returns their paths.

    to: a form that `prettify.decode` has; flags as there. out: a folder, as a path or
    URL that the workers reach, for `part-00000.ndjson` and so on; it must have no parts yet. Each
    file appears whole or not at all as far as its file system allows. out_storage_options: for
    that file system. The other arguments are those of `read_records`.

    It returns when all is done, and raises the first error of any part, whose file is then not
    there; others may be. Raises also what `read_records` raises.
    """
    compute = _required("dask").compute
    folder = os.path.join(out, "")  # with a / at its end
    work = _Texts(record_type, select, where, to, flags)
    work.text(memoryview(b""))  # what is wrong with `to` and the flags is wrong here, too
    found = _parts(urlpath, record_type, blocksize, storage_options, offset, errors)
    fs, root = parts.file_system(folder, out_storage_options or {})
    root = os.path.join(root, "")
    _prepare(fs, root, folder)
    digits = max(DIGITS, len(str(len(found) - 1)))
    names = [f"part-{index:0{digits}}.{to}" for index in range(len(found))]
    targets = [(fs, root + name) for name in names]
    compute(*_delayed(work, found, targets))
    return [folder + name for name in names]


def _required(module: str) -> Any:
    """A module of dask's. Raises UsageError where it, or what it needs, is missing."""
    try:
        import_module("fsspec")
        return import_module(module)
    except ImportError as error:
        raise UsageError(
            f"prettify.dask needs dask: pip install 'prettify[dask]' ({error})"
        ) from error


def _parts(
    urlpath: Path | Sequence[Path],
    record_type: RecordType,
    blocksize: int | str,
    storage_options: Mapping[str, Any] | None,
    offset: int,
    errors: str,
) -> list[Part]:
    if not record_type.size:
        raise UsageError(f"{record_type.name} has 0 bytes: no telling how many of them there are")
    try:
        block_size: int = _required("dask.utils").parse_bytes(blocksize)
    except ValueError:
        raise UsageError(f"blocksize {blocksize!r}: a number of bytes, or such as 64MiB") from None
    return parts.parts_of(
        urlpath,
        record_type.size,
        block_size,
        storage_options=storage_options,
        offset=offset,
        errors=errors,
    )


def _delayed(work: _Work, found: Sequence[Part], *more: Iterable[object]) -> list[Any]:
    """One task for each part. What is to be done is one of its own: each worker gets it once."""
    delayed = _required("dask").delayed
    shared = delayed(_same)(work)
    do = delayed(_done)
    return [do(shared, *arguments) for arguments in zip(found, *more)]


def _same(work: _Work) -> _Work:
    return work


def _done(work: _Work, *arguments: Any) -> Any:
    return work(*arguments)


def _prepare(fs: Any, root: str, folder: str) -> None:
    """Make the folder for parts, if it is not there. Raises UsageError where it has some."""
    try:
        fs.makedirs(root, exist_ok=True)
        there = fs.glob(f"{root}part-*")
    except OSError as error:
        raise UsageError(f"cannot write to {folder!r}: {error.strerror or error}") from error
    if there:
        raise UsageError(f"{folder} already has parts: remove them, or name another folder")


# What is done with a part, in the workers.


class _Work(metaclass=ABCMeta):
    """What is made of the records of a part: a function that can be sent to other processes.

    What is compiled for it stays behind, and is compiled once wherever it arrives.
    """

    __slots__ = ("_filter", "record_type", "select", "selected", "where")

    def __init__(
        self, record_type: RecordType, select: Sequence[str] | str | None, where: str | None
    ) -> None:
        self.record_type = record_type
        self.select = select
        self.where = where
        self.selected = record_type
        if self.select is not None:
            self.selected = record_type.select(self.select)
        self._filter = None if where is None else _filter(record_type, where)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.record_type, self.select, self.where)

    @abstractmethod
    def __call__(self, part: Part, /, *more: Any) -> Any:
        """What is made of that part."""

    def records(self, part: Part) -> memoryview:
        """The bytes of the records of a part that are wanted."""
        records = memoryview(part.read())
        return records if self._filter is None else self._filter.filter(records)


class _Frames(_Work):
    """Makes pandas DataFrames. dask reads the name `columns`: which ones it needs, None is all."""

    __slots__ = ()

    def __call__(self, part: Part, columns: Sequence[str] | None = None) -> Any:
        return self.frame(self.records(part), columns)

    def frame(self, records: bytes | memoryview, columns: Sequence[str] | None = None) -> Any:
        """The records as a pandas DataFrame whose columns Arrow holds."""
        pandas, pyarrow = _required("pandas"), _required("pyarrow")
        from prettify.compilers.arrow_columns import table

        layout = self.selected.layout if columns is None else _only(self.selected.layout, columns)
        made = table(layout, self.record_type.byte_order, records)
        if columns is not None:
            made = made.select(columns)
        for index, field in enumerate(made.schema):
            # Parts have dictionaries of their own, and dask cannot shuffle any.
            if pyarrow.types.is_dictionary(field.type):
                texts = made.column(index).cast(field.type.value_type)
                made = made.set_column(index, field.name, texts)
        return made.to_pandas(types_mapper=pandas.ArrowDtype)


class _Values(_Work):
    """Makes lists of what construct parses."""

    __slots__ = ()

    def __call__(self, part: Part) -> list[Any]:
        parse, size = self.selected.construct.parse, self.selected.size
        records = self.records(part)
        return [_plain(parse(records[at : at + size])) for at in range(0, len(records), size)]


class _Texts(_Work):
    """Writes files of one form."""

    __slots__ = ("flags", "to")

    def __init__(
        self,
        record_type: RecordType,
        select: Sequence[str] | str | None,
        where: str | None,
        to: str,
        flags: Mapping[str, Any],
    ) -> None:
        super().__init__(record_type, select, where)
        self.to = to
        self.flags = flags

    def __reduce__(self) -> tuple[Any, ...]:
        return _Texts, (self.record_type, self.select, self.where, self.to, self.flags)

    def __call__(self, part: Part, target: tuple[Any, str]) -> None:
        fs, path = target
        parts.put(fs, path, self.text(self.records(part)))

    def text(self, records: memoryview) -> Iterable[bytes]:
        """The records in that form, in pieces."""
        pieces = decode(records, self.selected, self.to, **self.flags)
        assert pieces is not None
        return pieces


def _filter(record_type: RecordType, where: str) -> Where:
    from prettify.records.query.where import compile_where

    return compile_where(where, record_type.layout, record_type.byte_order, option="where")


def _only(layout: Layout, columns: Sequence[str]) -> Layout:
    """The members that are these columns, of a struct or the like; of anything else all."""
    from prettify.records.query.projection import select

    return select(layout, columns) if layout.root.kind in NESTED else layout


def _plain(value: Any) -> Any:
    """A value with dicts in place of construct's records, all the way down."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    return value
