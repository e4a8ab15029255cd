"""What is measured with: record types, their records, and the files that hold these."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import data
import prettify
from prettify.errors import PrettifyError
from prettify.sources.opening import KERNEL

if TYPE_CHECKING:
    from prettify.api import RecordType

EVENT_TYPES = Path(__file__).parent / "types" / "event.btf"
SYMBOLS = 1_000_000
EVENTS = 200_000  # 24 MB, as the symbols
TASKS = 10_000
SPARE = 1 << 30  # bytes of a disk that files leave free


class Workload:
    """Records of one type: a block of them, and files that repeat it.

    types: a BTF file, None where the running kernel's is meant.
    """

    __slots__ = ("block", "count", "folder", "kind", "record_type", "type_name", "types")

    def __init__(
        self,
        folder: Path,
        type_name: str,
        kind: str,
        count: int,
        make: Callable[[int, int], bytes],
        types: str | None = None,
    ) -> None:
        """kind: of the data, in a word. make: `count` records of so many bytes."""
        self.folder = folder
        self.type_name = type_name
        self.kind = kind
        self.count = count
        self.types = types
        self.record_type: RecordType = prettify.load_types(*([types] if types else []))[type_name]
        self.block = make(count, self.record_type.size)

    def title(self, times: int = 1) -> str:
        """What the records are, as a row of a table says it."""
        return f"{self.count * times:,} `{self.type_name}`, {self.kind}"

    def records(self, times: int = 1) -> bytes:
        """The block so many times over."""
        return self.block * times

    def size(self, times: int = 1) -> int:
        """Bytes of the block so many times over."""
        return len(self.block) * times

    def file(self, times: int = 1) -> str:
        """A file that holds the block so many times over. Raises OSError where it has no room."""
        path = self.folder / f"{self.type_name}-{self.kind}-{times}.bin"
        if not path.exists():
            if shutil.disk_usage(self.folder).free < self.size(times) + SPARE:
                raise OSError(f"no room for {self.size(times):,} bytes in {self.folder}")
            with open(path, "wb") as file:
                for _ in range(times):
                    file.write(self.block)
        return str(path)

    def forget(self, times: int) -> None:
        """Remove a file that is not needed again."""
        (self.folder / f"{self.type_name}-{self.kind}-{times}.bin").unlink(missing_ok=True)

    def command(self, form: str, *more: str) -> list[str]:
        """The options that decode standard input to this form."""
        types = ["-t", self.types] if self.types else []
        return [*types, "-C", self.type_name, "--to", form, *more]


class Setting:
    """How much is measured, how often, and the workloads. Everything in `folder` may go after."""

    __slots__ = ("events", "few", "folder", "huge", "large", "random", "real", "runs", "tasks")

    def __init__(self, folder: Path, runs: int, *, quick: bool) -> None:
        """runs: of jobs that take up to a second or so; those of ten seconds have fewer."""
        self.folder = folder
        self.runs = runs
        self.few = max(1, runs // 2)
        self.large = 2 if quick else 10
        self.huge = 10 if quick else 100
        self.random = Workload(
            folder, "elf64_sym", "random", SYMBOLS, lambda n, _: data.random_symbols(n)
        )
        self.real = Workload(
            folder, "elf64_sym", "realistic", SYMBOLS, lambda n, _: data.real_symbols(n)
        )
        self.events = Workload(
            folder, "event", "realistic", EVENTS, lambda n, _: data.events(n), str(EVENT_TYPES)
        )
        self.tasks = _tasks(folder)


def _tasks(folder: Path) -> Workload | None:
    """The kernel's largest well-known struct, None where the kernel does not tell its types."""
    try:
        return Workload(folder, "task_struct", "realistic", TASKS, data.kernel_memory, KERNEL)
    except PrettifyError:
        return None
