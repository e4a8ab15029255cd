"""Types from C: a header, or a snippet, through the C compiler of this machine.

Only a compiler knows how a struct is laid out. What it makes of the source, an object file with
DWARF, is read like any other; nothing of it runs.
"""

from __future__ import annotations

import os

from prettify.errors import TypeInfoError, UsageError, one_line
from prettify.sources.request import CompilerOptions, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from prettify.model import TypeGraph

# A file of such a name is C, or C++, if it is nothing else.
LANGUAGES = {
    **dict.fromkeys((".h", ".c"), "c"),
    **dict.fromkeys((".hh", ".hpp", ".hxx", ".H", ".cc", ".cpp", ".cxx", ".C"), "c++"),
}
CONTAINERS = {"c": "C", "c++": "C++"}  # what a description calls each
COMPILERS = ("cc", "gcc", "clang")
FLAGS = (
    "-c",
    "-g",
    "-fno-eliminate-unused-debug-types",
    "-fno-lto",  # its objects hold no DWARF of types
    "-w",
)
SECONDS = 60  # that a compiler may take
MESSAGES = 1 << 16  # bytes of a compiler's messages that are looked at
ROUNDS = 4  # compilations until no more of NAMES are missed
ELF_MAGIC = b"\x7fELF"
DEBUG_SECTION = b".debug_info"
FORMATS = ("dwarf",)  # of all that compilers make, the one that lacks nothing

# Names that need no #include: what each is, where the source uses but does not declare it. The
# compiler's own macros, since <stdint.h> may not be there for every target.
_SIZES = (8, 16, 32, 64)
_UNSIGNED = {
    8: "__UINT8_TYPE__",
    16: "__UINT16_TYPE__",
    32: "__UINT32_TYPE__",
    64: "unsigned long long",
}
_SIGNED = {8: "signed char", 16: "__INT16_TYPE__", 32: "__INT32_TYPE__", 64: "long long"}
NAMES: dict[str, str] = {
    "bool": "_Bool",
    "size_t": "__SIZE_TYPE__",
    "ssize_t": "__INTPTR_TYPE__",
    "ptrdiff_t": "__PTRDIFF_TYPE__",
    "wchar_t": "__WCHAR_TYPE__",
    "char16_t": "__CHAR16_TYPE__",
    "char32_t": "__CHAR32_TYPE__",
    "intptr_t": "__INTPTR_TYPE__",
    "uintptr_t": "__UINTPTR_TYPE__",
    "intmax_t": "__INTMAX_TYPE__",
    "uintmax_t": "__UINTMAX_TYPE__",
    "u_char": "unsigned char",
    "u_short": "unsigned short",
    "u_int": "unsigned int",
    "u_long": "unsigned long",
    "ushort": "unsigned short",
    "uint": "unsigned int",
    "ulong": "unsigned long",
}
for _bits in _SIZES:
    NAMES[f"uint{_bits}_t"] = f"__UINT{_bits}_TYPE__"
    NAMES[f"int{_bits}_t"] = f"__INT{_bits}_TYPE__"
    NAMES[f"u_int{_bits}_t"] = f"__UINT{_bits}_TYPE__"
    for _before in ("", "__"):
        NAMES[f"{_before}u{_bits}"] = _UNSIGNED[_bits]
        NAMES[f"{_before}s{_bits}"] = _SIGNED[_bits]
        if _bits > 8:
            NAMES[f"{_before}le{_bits}"] = NAMES[f"{_before}be{_bits}"] = _UNSIGNED[_bits]


def flags(text: str) -> list[str]:
    """A line of a compiler's arguments as a shell would take it apart. Raises UsageError."""
    from shlex import split

    try:
        return split(text)
    except ValueError as error:
        raise UsageError(f"target flags {text!r}: {str(error).lower()}") from None


def open_header(path: str, language: str, options: CompilerOptions | None) -> TypeGraph:
    """The types of a C or C++ source file, those of what it includes too.

    Raises UsageError where there is no compiler, TypeInfoError for what it does not take.
    """
    # A compiler would take such names for options.
    safe = f"./{path}" if path.startswith(("-", "@")) else path
    return _graph(path, language, safe, "", options)


def open_snippets(path: str, texts: Iterable[str], options: CompilerOptions | None) -> TypeGraph:
    """The types of snippets of C, which are one source together: the later know the earlier.

    path: what messages call them. A semicolon may be missing at the end of each. Raises as
    `open_header` does.
    """
    source = "".join(f'# 1 "{path}"\n{text}\n;\n' for text in texts)
    return _graph(path, "c", "-", source, options)


def _graph(
    path: str, language: str, file: str, text: str, options: CompilerOptions | None
) -> TypeGraph:
    from io import BytesIO

    from prettify.sources.elf import open_elf

    made = _compiled(path, language, file, text, options or CompilerOptions())
    if not made.startswith(ELF_MAGIC):
        raise TypeInfoError("what the compiler makes of it is no ELF object", path)
    if DEBUG_SECTION not in made:
        raise TypeInfoError("it declares no types", path)
    graph = open_elf(BytesIO(made), path, Request(FORMATS))
    graph.origin.container = CONTAINERS[language]
    return graph


def _compiled(path: str, language: str, file: str, text: str, options: CompilerOptions) -> bytes:
    """The object file that the compiler makes of a file, or of the text if that is `-`."""
    from tempfile import TemporaryDirectory

    compiler = _compiler(path)
    with TemporaryDirectory(prefix="prettify-") as folder:
        made = os.path.join(folder, "types.o")
        names = os.path.join(folder, "names.h")
        command = [*compiler, *FLAGS, "-include", names, *options.arguments, "-o", made]
        command += ["-x", language, file]
        given: set[str] = set()
        for _ in range(ROUNDS):
            with open(names, "w", encoding="ascii") as prelude:
                prelude.writelines(f"typedef {NAMES[name]} {name};\n" for name in sorted(given))
            status, messages = _run(command, text, folder, path)
            missed = _missed(messages) - given if status else set()
            if not missed:
                break
            given |= missed
        if status:
            raise TypeInfoError(_first_error(messages, (path, file)), path)
        try:
            with open(made, "rb") as stream:
                return stream.read()
        except OSError as error:
            raise TypeInfoError(f"{compiler[0]} made no object file", path) from error


def _compiler(path: str) -> list[str]:
    """The compiler and its own arguments: $CC, or the first of COMPILERS that there is."""
    from shutil import which

    chosen = os.environ.get("CC", "").split()
    if chosen:
        if which(chosen[0]):
            return chosen
        raise UsageError(f"{path}: $CC names a C compiler that is not there: {chosen[0]}")
    for name in COMPILERS:
        if which(name):
            return [name]
    raise UsageError(
        f"{path}: C needs a C compiler, and there is none: install gcc or clang, or name one "
        f"with $CC"
    )


def _run(command: Sequence[str], text: str, folder: str, path: str) -> tuple[int, str]:
    """Run the compiler; returns its exit status and its messages. Raises where it cannot be run."""
    import signal
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

    # Its own temporary files go into our folder, which is removed whatever happens.
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": folder}
    with open(os.path.join(folder, "messages"), "w+b") as messages:
        # A Ctrl-C before there is a process to end would leave the compiler running.
        allowed = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
        try:
            process = Popen(
                command,
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=messages,
                env=environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            signal.pthread_sigmask(signal.SIG_SETMASK, allowed)
            raise UsageError(f"{path}: cannot run {command[0]}: {error}") from error
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, allowed)
            process.communicate(text.encode("utf-8", "surrogateescape"), SECONDS)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)  # the compiler proper, too
            process.wait()
            if isinstance(error, TimeoutExpired):
                raise TypeInfoError(
                    f"{command[0]} took more than {SECONDS} seconds", path
                ) from None
            raise
        messages.seek(0)
        return process.returncode, messages.read(MESSAGES).decode("utf-8", "replace")


def _missed(messages: str) -> set[str]:
    """Which of NAMES the compiler's errors are about."""
    errors = [line for line in messages.splitlines() if "error: " in line]
    return {word for line in errors for word in line.split("'")[1::2] if word in NAMES}


def _first_error(messages: str, own: Collection[str]) -> str:
    """The first error that the compiler has reported: where, if it is in some file, and what.

    own: what the compiler may call the file itself.
    """
    import re

    located = re.search(
        r"^(?P<file>.*?):(?P<line>\d+):(\d+:)? *(fatal )?error: (?P<what>.*)$",
        messages,
        re.MULTILINE | re.IGNORECASE,
    )
    if located:
        where = "" if located["file"] in own else f"{located['file']}, "
        return one_line(f"{where}line {located['line']}: {located['what']}")
    lines = [line for line in messages.splitlines() if line.strip()]
    errors = [line.partition("error: ")[2] for line in lines if "error: " in line]
    return one_line((errors or lines or ["the compiler fails without a message"])[0])
