"""The command: arguments in, text and an exit status out.

Exit status: 0 all decoded, 1 the data was bad, 2 wrong use or no type information, 130 Ctrl-C.
"""

from __future__ import annotations

import os
import sys

from prettify.errors import DataError, PrettifyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

BAD_DATA, WRONG_USE, INTERRUPTED = 1, 2, 130


def _decode(arguments: Sequence[str]) -> int:
    from prettify.cli.decode import run

    return run(arguments)


def _types(arguments: Sequence[str]) -> int:
    from prettify.cli.types import run

    return run(arguments)


def _formats(arguments: Sequence[str]) -> int:
    from prettify.cli.formats import run

    return run(arguments)


def _maps(arguments: Sequence[str]) -> int:
    from prettify.cli.maps import run

    return run(arguments)


def _perf(arguments: Sequence[str]) -> int:
    from prettify.cli.perf import run

    return run(arguments)


def _trace(arguments: Sequence[str]) -> int:
    from prettify.cli.trace import run

    return run(arguments)


# A first argument that is one of these is a subcommand. Each is imported when it is called.
COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "formats": _formats,
    "map": _maps,
    "perf": _perf,
    "trace": _trace,
    "types": _types,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (else the process's); returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if sys.stdout is None or sys.stderr is None:
            return WRONG_USE
        command = COMMANDS.get(given[0]) if given else None
        status = command(given[1:]) if command else _decode(given)
        sys.stdout.flush()
        return status
    except PrettifyError as error:
        return complain(error)
    except BrokenPipeError:
        _drop_output()  # whoever read has enough
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        return complain(DataError(f"cannot write: {error.strerror}"))
    except ModuleNotFoundError as error:
        # A package that is part of an installation, but not of the single file on a bare machine.
        name = (error.name or "").partition(".")[0]
        return complain(UsageError(f"this needs {name}, which is not here: pip install {name}"))
    except MemoryError:
        return complain(DataError("not enough memory"))


def entry() -> NoReturn:
    """Run the command and end the process, without taking the interpreter down piece by piece.

    That would cost 3 ms, a tenth of decoding one record, and there is nothing left to clean up.
    """
    # numpy's linear algebra, which nothing here needs, would start threads of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    status = main()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                status = status or BAD_DATA
    os._exit(status)


def _drop_output() -> None:
    """What could not be written must not be tried again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(error: PrettifyError) -> int:
    """Say what is wrong in one line on standard error; returns the exit status it leads to."""
    try:
        sys.stdout.flush()
    except OSError as failure:
        _drop_output()
        if isinstance(failure, BrokenPipeError):
            return 0
    line = " ".join(str(error).split())
    print(f"prettify: {line}", file=sys.stderr)
    return BAD_DATA if isinstance(error, DataError) else WRONG_USE
