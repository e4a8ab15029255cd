"""The bar of long runs, on a pseudo terminal: when there is one, what it says, what it leaves."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from typing import TYPE_CHECKING

import pytest

import prettify
from conftest import COMMAND, ROOT, need_shell
from prettify.cli.progress import ERASE, duration, rate
from prettify.dialects.options import Options
from prettify.records.forms import open_conversion
from prettify.records.plan import Plan, Selection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

RECORD = (ROOT / "samples" / "elf64_sym.bin").read_bytes()[24:48]
BLOCK = 3000  # bytes
LATE = 3600.0  # seconds: no run is as long
# The command, with blocks so small that short runs have many, each with its look of the bar.
LAUNCH = """
import sys
sys.path.remove("")  # -c puts the current folder first
delay, without = sys.argv[1:3]
del sys.argv[1:3]
if without:
    sys.modules[without] = None
from prettify.cli import entry, progress
from prettify.records import fixed
progress.DELAY, progress.EVERY, fixed.CHUNK = float(delay), 0.0, {BLOCK}
entry()
""".replace("{BLOCK}", str(BLOCK))
ARGUMENTS = "-t elf -C elf64_sym --to ndjson"
LOOK = re.compile(r" *(\d+)% (\S+ \w+) of (\S+ \w+)( at \S+ \w+/s)?( \d+:\d\d left)?")


class Terminal:
    """A terminal that processes can be started on, and all that was ever written to it."""

    def __init__(self, columns: int = 100) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        modes = termios.tcgetattr(self.slave)
        modes[3] &= ~termios.ECHO  # what is typed
        termios.tcsetattr(self.slave, termios.TCSANOW, modes)
        self.modes = termios.tcgetattr(self.slave)
        self.written = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own, which this terminal controls."""

        def take() -> None:
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            # Tests that run in the background of a shell would hand down that it is ignored.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        streams = {name: options.pop(name, self.slave) for name in ("stdin", "stdout", "stderr")}
        return subprocess.Popen(
            command,
            start_new_session=True,
            preexec_fn=take,
            pass_fds=[self.slave],
            **streams,
            **options,
        )

    def wait_for(self, text: str) -> None:
        """Wait until that is written."""
        deadline = time.monotonic() + 60
        while text.encode() not in self.written:
            assert time.monotonic() < deadline, self.written
            time.sleep(0.01)

    def close(self) -> None:
        """Read what is left."""
        if self.slave >= 0:
            os.close(self.slave)
            self.slave = -1
            self._reader.join(60)
            os.close(self.master)

    @property
    def looks(self) -> list[str]:
        """Each look that the bar had."""
        return [part.split("\n")[0].strip("\r") for part in self.text.split(ERASE)[1:]]

    @property
    def lines(self) -> list[str]:
        """What can be read at the end, except for an empty last line."""
        lines = [line.split(ERASE)[-1].strip("\r") for line in self.text.split("\n")]
        return lines if lines[-1] else lines[:-1]

    @property
    def text(self) -> str:
        return self.written.decode()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self.master, 1 << 16)
            except OSError:  # nobody has the other end any more
                return
            if not piece:
                return
            self.written += piece


class Here:
    """A folder with two files of records, `a` and `b`, and the command `prettify`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "a").write_bytes(RECORD * 1000)
        (folder / "b").write_bytes(RECORD * 1500)
        self.names = set(self.files)

    @property
    def files(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()]

    @property
    def output(self) -> bytes:
        return (self.folder / "out").read_bytes()

    def command(self, delay: float = 0.0, without: str = "") -> list[str]:
        return [sys.executable, "-c", LAUNCH, str(delay), without]

    def environment(self, given: dict[str, str]) -> dict[str, str]:
        unset = ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        told = {"TERM": "xterm-256color", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        return {name: value for name, value in {**kept, **told, **given}.items() if value}

    def run(
        self,
        script: str,
        *,
        delay: float = 0.0,
        without: str = "",
        columns: int = 100,
        **environment: str,
    ) -> tuple[int, Terminal]:
        """What a script, in which `prettify` is the command, ends with and writes to a terminal."""
        need_shell()
        terminal = Terminal(columns)
        function = f'prettify() {{ {shlex.join(self.command(delay, without))} "$@"; }}\n'
        try:
            process = terminal.start(
                ["bash", "-c", function + script],
                cwd=self.folder,
                env=self.environment(environment),
            )
            status = process.wait(120)
        finally:
            terminal.close()
        return status, terminal


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


@pytest.fixture(scope="module")
def expected() -> bytes:
    """The output for both files."""
    return subprocess.run(
        [*COMMAND, *ARGUMENTS.split()], input=RECORD * 2500, capture_output=True, check=True
    ).stdout


# What it shows.


@pytest.mark.parametrize("options", ["", "--jobs 2"])
def test_a_long_run_shows_how_far_it_is(here: Here, expected: bytes, options: str) -> None:
    status, terminal = here.run(f"prettify {ARGUMENTS} {options} a b > out")
    assert status == 0
    assert here.output == expected
    looks = [LOOK.fullmatch(look.lstrip("━╸╺")) for look in terminal.looks[:-1]]
    assert len(looks) > 60000 // BLOCK / 2  # at the end of each block, or of a few
    parts = [int(look[1]) for look in looks if look]
    assert len(parts) == len(looks)
    assert parts == sorted(parts)
    assert looks[-1] is not None
    assert looks[-1].groups()[:3] == ("100", "60.0 kB", "60.0 kB")
    assert any(look and look[4] and look[5] for look in looks)


def test_the_bar_leaves_nothing_behind(here: Here) -> None:
    _, terminal = here.run(f"prettify {ARGUMENTS} a b > out")
    assert len(terminal.looks) > 1
    assert terminal.lines == []
    assert "\x1b[?" not in terminal.text  # the cursor and all else stay as they are


def test_of_a_pipe_only_bytes_and_rate_are_known(here: Here, expected: bytes) -> None:
    status, terminal = here.run(f"cat a b | prettify {ARGUMENTS} > out")
    assert status == 0
    assert here.output == expected
    assert re.fullmatch(r" 60.0 kB( at .*/s)?", terminal.looks[-2])
    assert "%" not in terminal.text
    assert "left" not in terminal.text


@pytest.mark.parametrize("columns", [1, 2, 5, 6, 7, 25, 45, 80, 300])
def test_it_is_never_wider_than_the_terminal(here: Here, columns: int) -> None:
    status, terminal = here.run(f"prettify {ARGUMENTS} a b > out", columns=columns)
    assert status == 0
    assert len(terminal.looks) > 1
    assert max(map(len, terminal.looks)) < columns
    assert ("━" in terminal.text) == (columns >= 45)
    if columns == 25:
        assert terminal.looks[-2] == " 100% 60.0 kB of 60.0 kB"


def test_colours_are_for_those_who_want_them(here: Here) -> None:
    for no_color, coloured in (("", True), ("1", False)):
        _, terminal = here.run(f"prettify {ARGUMENTS} a > out", NO_COLOR=no_color)
        assert len(terminal.looks) > 1
        assert ("m" in re.findall(r"\x1b\[[\d;]*(.)", terminal.text)) == coloured


def test_a_terminal_that_knows_ascii_alone(here: Here) -> None:
    _, terminal = here.run(f"prettify {ARGUMENTS} a > out", PYTHONIOENCODING="ascii")
    assert terminal.looks[-2].startswith("-----")
    assert terminal.written.isascii()


# When there is one.


@pytest.mark.parametrize(
    "script",
    [
        "prettify ARGUMENTS a b -o out",
        "prettify ARGUMENTS a b -o /dev/null",
        "prettify ARGUMENTS a b > /dev/null",
        "prettify ARGUMENTS a b | cat > out",
        "prettify ARGUMENTS a b -o /dev/stdout | cat | cat > out",
        "prettify ARGUMENTS --where 'st_size == 12345678' a b > out",
    ],
)
def test_there_is_a_bar(here: Here, script: str) -> None:
    status, terminal = here.run(script.replace("ARGUMENTS", ARGUMENTS))
    assert status == 0
    assert "60.0 kB of 60.0 kB" in terminal.text
    assert terminal.lines == []


@pytest.mark.parametrize(
    "script",
    [
        "prettify ARGUMENTS a b --no-progress > out",
        "prettify ARGUMENTS a b 2> messages > out",
        "prettify ARGUMENTS a b 2>&1 | cat > out",
        "prettify ARGUMENTS a b",
        "prettify ARGUMENTS a b | cat",
        "prettify ARGUMENTS a b | cat | cat",
        "prettify ARGUMENTS a b -o /dev/tty",
        "prettify ARGUMENTS a b -o /dev/stdout",
        "prettify ARGUMENTS a b -o /dev/stdout | cat",
        "set -m; prettify ARGUMENTS a b > out & wait",
    ],
)
def test_there_is_none(here: Here, expected: bytes, script: str) -> None:
    status, terminal = here.run(script.replace("ARGUMENTS", ARGUMENTS))
    assert status == 0
    assert "kB" not in terminal.text
    assert ERASE not in terminal.text
    output = here.output if "out" in here.files else terminal.written.replace(b"\r", b"")
    assert output == expected
    if "messages" in here.files:
        assert not (here.folder / "messages").read_bytes()


@pytest.mark.parametrize(
    "options", [{"delay": LATE}, {"without": "rich"}, {"TERM": "dumb"}], ids=lambda o: next(iter(o))
)
def test_there_is_none_where(here: Here, expected: bytes, options: dict[str, Any]) -> None:
    """The run is short, rich is not installed, the terminal cannot erase."""
    status, terminal = here.run(f"prettify {ARGUMENTS} a b > out", **options)
    assert status == 0
    assert terminal.text == ""
    assert here.output == expected


# What goes wrong meanwhile.


def test_messages_are_whole_lines(here: Here, expected: bytes) -> None:
    (here.folder / "cut").write_bytes(RECORD * 1000 + b"123")
    status, terminal = here.run(f"prettify {ARGUMENTS} cut nowhere b > out")
    assert status == 2
    assert here.output == expected
    said = [
        "prettify: cut: record cut short at byte 24000: 3 bytes left, 24 needed",
        "prettify: cannot open 'nowhere': No such file or directory",
    ]
    assert terminal.lines == said
    # Bars before the messages, between them nothing, and bars behind them.
    at = terminal.looks.index(said[0])
    assert " 39% 24.0 kB of 60.0 kB" in terminal.looks[at - 1]
    assert "100% 60.0 kB of 60.0 kB" in terminal.looks[-2]
    assert f"{said[0]}\r\n{said[1]}\r\n{ERASE}" in terminal.text


def test_output_that_cannot_be_written_is_a_whole_line(here: Here) -> None:
    for script in (f"prettify {ARGUMENTS} a b > out", f"prettify {ARGUMENTS} a b -o made"):
        status, terminal = here.run(f"ulimit -f 100; {script}")
        assert status > 0
        assert len(terminal.looks) > 1
        [line] = terminal.lines
        assert line.startswith("prettify: cannot write")
        assert line.endswith(": File too large")
    assert set(here.files) == here.names | {"out"}


def test_a_closed_pipe_ends_quietly(here: Here) -> None:
    # The pipe is full long before the end of the data, so the reader ends before the writer.
    (here.folder / "a").write_bytes(RECORD * 20000)
    status, terminal = here.run(
        f"set -o pipefail; prettify {ARGUMENTS} a b | head -c 500000 > out; echo $?"
    )
    assert status == 0
    assert ERASE in terminal.text
    assert terminal.lines == ["0"]


def test_ctrl_c_while_the_bar_shows(here: Here) -> None:
    terminal = Terminal()
    try:
        process = terminal.start(
            [*here.command(), *ARGUMENTS.split(), "-o", "out"],
            cwd=here.folder,
            env=here.environment({}),
            stdin=subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(RECORD * 1000)
        process.stdin.flush()
        terminal.wait_for("24.0 kB at ")
        assert set(here.files) - here.names  # what will be the output
        os.write(terminal.master, b"\x03")
        status = process.wait(60)
        process.stdin.close()
        modes = termios.tcgetattr(terminal.slave)
    finally:
        terminal.close()
    assert status == 130
    assert terminal.lines == []
    assert terminal.text.endswith(ERASE)
    assert "\x1b[?25l" not in terminal.text
    assert modes == terminal.modes
    assert set(here.files) == here.names


def test_a_terminal_that_is_gone_does_not_stop_the_run(here: Here) -> None:
    """A run that outlives its window has its output all the same."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*here.command(), *ARGUMENTS.split(), "-o", "out"],
        cwd=here.folder,
        env=here.environment({}),
        stdin=subprocess.PIPE,
        stderr=slave,
    )
    os.close(slave)
    assert process.stdin is not None
    process.stdin.write(RECORD * 10)
    process.stdin.flush()
    written = b""
    while b" 240 bytes" not in written:
        written += os.read(master, 1 << 16)
    os.close(master)
    process.stdin.write(RECORD * 1000)
    process.stdin.close()
    assert process.wait(60) == 0
    assert here.output.count(b"\n") == 1010


# The numbers.


@pytest.fixture
def plan() -> Iterator[Plan]:
    layout = prettify.load_types("elf")["elf64_sym"].layout
    return Plan(open_conversion("ndjson", [layout], Options()), [layout], None, Selection())


def progress(plan: Plan, sources: Sequence[Any]) -> list[tuple[int, int | None]]:
    """All that the plan says during a run, once each, but for the nothing at its beginning."""
    said = [plan.progress for _ in plan.run(sources, lambda error: None)]
    return sorted({*said, plan.progress} - {(0, plan.progress[1])})


def test_progress_is_that_of_all_inputs(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(RECORD * 5)
    with path.open("rb") as file:
        file.seek(24)
        sources = [str(path), RECORD * 2, bytearray(RECORD), file, str(tmp_path / "nowhere")]
        assert progress(plan, sources) == [
            (120, 288),
            (168, 288),
            (192, 288),
            (288, 288),
        ]


def test_progress_counts_what_is_left_out_as_done(tmp_path: Path) -> None:
    layout = prettify.load_types("elf")["elf64_sym"].layout
    conversion = open_conversion("ndjson", [layout], Options())
    plan = Plan(conversion, [layout], None, Selection(skip="1", count="2"))
    assert progress(plan, [RECORD * 5, RECORD * 5]) == [(72, 240), (192, 240), (240, 240)]


def test_progress_of_a_pipe_has_no_total(plan: Plan, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, RECORD * 3)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert progress(plan, [RECORD, pipe, RECORD]) == [
            (24, None),
            (96, None),
            (120, None),
        ]


def test_progress_before_a_run(plan: Plan) -> None:
    assert plan.progress == (0, None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (0.6, "0:01"),
        (59.7, "1:00"),
        (754, "12:34"),
        (3599.5, "1:00:00"),
        (1e5, "27:46:40"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_rates() -> None:
    assert rate([]) == 0
    assert rate([(1.0, 500)]) == 0
    assert rate([(1.0, 500), (1.0, 600)]) == 0
    assert rate([(1.0, 500), (2.0, 600), (3.0, 1500)]) == 500
