"""Records as an SQLite database: a table for each of their types, a row for each record."""

from __future__ import annotations

import os
import tempfile

from prettify.compilers.columns import Block, order_of
from prettify.errors import UsageError
from prettify.layout import name_of

try:
    import sqlite3
except ImportError:  # where Python was built without it
    raise UsageError("--to sqlite needs Python's sqlite3 module, which this Python lacks") from None

from prettify.records.forms.sqlite_columns import columns_of, unique

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from prettify.layout import Layout

    Part = tuple[int, list[list[Any]]]

PIECE = 1 << 20  # bytes of the database handed out at a time
NAMELESS = "record"  # the table of a type without a name
RESERVED = "sqlite_"  # how the names of SQLite's own tables begin
# Nothing is to survive a crash, and nobody else reads the file.
SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE")


class Sqlite:
    """A conversion of records of any number of types.

    The database is built in a file that has no name, in the folder for temporary files, and handed
    out when it is complete.
    """

    __slots__ = ("_database", "_file", "_layouts", "_tables")

    def __init__(
        self, layouts: Sequence[Layout], byte_order: str | None, names: Sequence[str] = ()
    ) -> None:
        """names: of the tables, if not their types'. Raises UsageError where SQLite cannot hold a
        type.
        """
        taken: set[str] = set()
        self._layouts = list(layouts)
        self._tables = [
            Table(layout, byte_order, taken, names[at] if names else layout.type.name)
            for at, layout in enumerate(layouts)
        ]
        self._file = -1
        self._database: sqlite3.Connection | None = None

    def before(self) -> Iterable[bytes]:
        """Begins the database; nothing is put out yet. Raises UsageError where that fails."""
        try:
            self._file, path = tempfile.mkstemp(prefix="prettify-", suffix=".sqlite")
        except OSError as error:
            raise _not_written(error.strerror) from None
        try:
            database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._database = database
            for setting in SETTINGS:
                database.execute(f"PRAGMA {setting}")
            database.execute("BEGIN")
            for table in self._tables:
                database.execute(table.create)
        except sqlite3.Error as error:
            raise _not_written(error) from None
        finally:
            os.unlink(path)  # both who write it and who read it have it open
        return ()

    def add(self, layout: Layout, byte_order: str | None, name: str) -> int:
        """One more table, of records of that layout, once the database is begun; its index.

        Raises UsageError where SQLite cannot hold the type.
        """
        taken = {table.name.lower() for table in self._tables}
        table = Table(layout, byte_order, taken, name)
        self._layouts.append(layout)
        self._tables.append(table)
        assert self._database is not None
        try:
            self._database.execute(table.create)
        except sqlite3.Error as error:
            raise _not_written(error) from None
        return len(self._tables) - 1

    def convert(self, index: int, records: memoryview, ends: Sequence[int] | None = None) -> Part:
        """The values of each column of these records.

        ends: where each of them really ends, where not all have the bytes of their type; what is
        not in a record is NULL.
        """
        table = self._tables[index]
        block = Block(self._layouts[index], table.byte_order, records)
        if ends is not None:
            return index, [column.read_short(block, ends) for column in table.columns]
        return index, [column.read(block) for column in table.columns]

    def pieces(self, part: Part) -> Iterable[bytes]:
        """Adds rows; nothing is put out. Raises UsageError where SQLite cannot write them."""
        index, lists = part
        if self._database is not None:
            try:
                self._database.executemany(self._tables[index].insert, zip(*lists))
            except sqlite3.Error as error:
                raise _not_written(error) from None
        return ()

    def after(self) -> Iterator[bytes]:
        """The whole database. Raises UsageError where it cannot be completed."""
        database, self._database = self._database, None
        if database is None:
            return
        try:
            database.execute("COMMIT")
            database.close()
            os.lseek(self._file, 0, os.SEEK_SET)
            while piece := os.read(self._file, PIECE):
                yield piece
        except sqlite3.Error as error:
            raise _not_written(error) from None
        except OSError as error:
            raise _not_written(error.strerror) from None

    def close(self) -> None:
        """Remove the database."""
        database, self._database = self._database, None
        if database is not None:
            database.close()
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


class Table:
    """The table of one type: its columns, and the statements that make it and add a row."""

    __slots__ = ("byte_order", "columns", "create", "insert", "name")

    def __init__(self, layout: Layout, byte_order: str | None, taken: set[str], name: str) -> None:
        """taken: the names of the tables there are, in lower case; this one's is added."""
        self.byte_order = order_of(layout, byte_order)
        self.columns = columns_of(layout, self.byte_order)
        name = name_of(name) or NAMELESS
        self.name = unique(f"_{name}" if name.lower().startswith(RESERVED) else name, taken)
        declared = ", ".join(f"{quoted(c.name)} {c.declared}".rstrip() for c in self.columns)
        parameters = ", ".join("?" * len(self.columns))
        self.create = f"CREATE TABLE {quoted(self.name)} ({declared})"
        self.insert = f"INSERT INTO {quoted(self.name)} VALUES ({parameters})"

    def __repr__(self) -> str:
        return f"<Table {self.name} of {len(self.columns)} columns>"


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _not_written(why: object) -> UsageError:
    return UsageError(
        f"cannot write the SQLite database, which needs room in {tempfile.gettempdir()} (TMPDIR): "
        f"{why}"
    )
