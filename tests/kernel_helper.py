"""Test oracle: the text that the running kernel itself prints for a typed object.

The kernel's helper ``bpf_snprintf_btf`` prints the bytes of an object of any type that the
kernel's own BTF (``/sys/kernel/btf/vmlinux``) describes. Only a BPF program can call it, so this
module assembles one, loads it and runs it with nothing but ctypes and the ``bpf(2)`` system call:
no compiler, no library.

How it works: three one-element array maps are mapped into this process, so that writing a request
and reading its answer cost no system call.

* control: how many requests there are, how many were answered, then the requests;
* data: the bytes of the objects, each on an 8-byte boundary with zero bytes behind it;
* text: what the kernel printed, one text after the other.

Each run of the program (``BPF_PROG_TEST_RUN``) walks through the requests and calls the helper
once for each.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import itertools
import mmap
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import final

COMPACT = 1
"""Flag: print on one line, without indentation."""
NONAME = 2
"""Flag: print neither type names nor member names."""
PTR_RAW = 4
"""Flag: print pointers as they are, not hashed."""
ZERO = 8
"""Flag: print members whose value is zero too."""

Request = tuple[int, bytes, int]
"""One thing to print: (type id in the kernel's BTF, bytes of the object, flags)."""

_VMLINUX_BTF = Path("/sys/kernel/btf/vmlinux")
_SYSCALL_NUMBERS = {"x86_64": 321, "aarch64": 280}

# Commands, types and flags of bpf(2).
_MAP_CREATE = 0
_PROG_LOAD = 5
_PROG_TEST_RUN = 10
_MAP_TYPE_ARRAY = 2
_PROG_TYPE_SYSCALL = 31
_F_MMAPABLE = 1 << 10
_F_SLEEPABLE = 1 << 4
_HELPER_SNPRINTF_BTF = 149

# The leading members of the kernel's `union bpf_attr` for each command; it takes what is missing
# as zero. Offsets are natural, so "=" with explicit fields gives the same layout everywhere.
_MAP_CREATE_ATTR = struct.Struct("=5I")  # map_type, key_size, value_size, max_entries, map_flags
_PROG_LOAD_ATTR = struct.Struct("=IIQQIIQII")  # prog_type, insn_cnt, insns, license,
#                                                log_level, log_size, log_buf, kern_version, flags
_TEST_RUN_ATTR = struct.Struct("=I76x")  # prog_fd; the kernel writes the return value behind it

# Layout of the control map.
_HEADER = struct.Struct("=II8x")  # requests to answer, requests answered
_REQUEST = struct.Struct("=IIQqQ")  # type id, data offset, flags, result, text offset
_ONE_REQUEST = struct.Struct("=II8xIIQ")  # the header and the start of the first request
_RESULT_OF_FIRST = struct.Struct("=q")
_COUNT, _DONE = 0, 4
_TYPE_ID, _DATA_OFFSET, _FLAGS, _RESULT, _TEXT_OFFSET = 0, 4, 8, 16, 24
_BATCH_REQUESTS = 128
"""Requests per run: the verifier walks through every turn of the loop, so this has a price."""
_BATCH_TEXT = 1 << 20
"""Bytes of text after which a run starts no further request."""

_PADDING = bytes(64)
"""Zeros behind each object: the kernel may read a little past the end of one."""


class KernelPrinterError(OSError):
    """The kernel refused, or the text did not fit (`errno.ENOSPC`). `errno` is set."""


# --- A very small assembler ---------------------------------------------------------------------

_R0, _R1, _R2, _R3, _R4, _R5, _R6, _R7, _R8, _R9, _FRAME = range(11)


class _Assembler:
    """Collects BPF instructions; jumps name labels, which may be placed later."""

    def __init__(self) -> None:
        self._code: list[tuple[int, int, int, int, int]] = []
        self._labels: dict[str, int] = {}
        self._jumps: dict[int, str] = {}

    def _emit(self, opcode: int, dst: int = 0, src: int = 0, offset: int = 0, imm: int = 0) -> None:
        self._code.append((opcode, dst, src, offset, imm))

    def label(self, name: str) -> None:
        """Let `name` stand for the next instruction."""
        self._labels[name] = len(self._code)

    def set_imm(self, dst: int, value: int) -> None:
        """dst = value"""
        self._emit(0xB7, dst, imm=value)

    def set_reg(self, dst: int, src: int) -> None:
        """dst = src"""
        self._emit(0xBF, dst, src)

    def set_map_address(self, dst: int, map_fd: int) -> None:
        """dst = address of the only value of an array map; takes two instruction slots."""
        pseudo_map_value = 2
        self._emit(0x18, dst, pseudo_map_value, imm=map_fd)
        self._emit(0)

    def add_imm(self, dst: int, value: int) -> None:
        """dst += value"""
        self._emit(0x07, dst, imm=value)

    def add_reg(self, dst: int, src: int) -> None:
        """dst += src"""
        self._emit(0x0F, dst, src)

    def multiply_imm(self, dst: int, value: int) -> None:
        """dst *= value"""
        self._emit(0x27, dst, imm=value)

    def load_u32(self, dst: int, base: int, offset: int) -> None:
        """dst = *(u32 *)(base + offset)"""
        self._emit(0x61, dst, base, offset)

    def load_u64(self, dst: int, base: int, offset: int) -> None:
        """dst = *(u64 *)(base + offset)"""
        self._emit(0x79, dst, base, offset)

    def store_u32(self, base: int, offset: int, src: int) -> None:
        """*(u32 *)(base + offset) = src"""
        self._emit(0x63, base, src, offset)

    def store_u32_imm(self, base: int, offset: int, value: int) -> None:
        """*(u32 *)(base + offset) = value"""
        self._emit(0x62, base, 0, offset, value)

    def store_u64(self, base: int, offset: int, src: int) -> None:
        """*(u64 *)(base + offset) = src"""
        self._emit(0x7B, base, src, offset)

    def jump(self, target: str) -> None:
        """goto target"""
        self._jumps[len(self._code)] = target
        self._emit(0x05)

    def jump_if_ge_imm(self, left: int, value: int, target: str) -> None:
        """if (left >= value) goto target, unsigned"""
        self._jumps[len(self._code)] = target
        self._emit(0x35, left, imm=value)

    def jump_if_ge_reg(self, left: int, right: int, target: str) -> None:
        """if (left >= right) goto target, unsigned"""
        self._jumps[len(self._code)] = target
        self._emit(0x3D, left, right)

    def call(self, helper: int) -> None:
        """r0 = helper(r1, r2, r3, r4, r5); afterwards r1 to r5 hold nothing"""
        self._emit(0x85, imm=helper)

    def exit(self) -> None:
        """return r0"""
        self._emit(0x95)

    def assembled(self) -> bytes:
        """The program, with every jump resolved, for a little-endian kernel."""
        return b"".join(itertools.starmap(self._encode, enumerate(self._code)))

    def _encode(self, index: int, instruction: tuple[int, int, int, int, int]) -> bytes:
        opcode, dst, src, offset, imm = instruction
        if index in self._jumps:
            offset = self._labels[self._jumps[index]] - (index + 1)
        return struct.pack("<BBhi", opcode, dst | src << 4, offset, imm)


def _assemble(control_fd: int, data_fd: int, text_fd: int, max_data: int, max_text: int) -> bytes:
    """The program that answers the requests of the control map.

    r6 is the address of the control map, r7 the number of the request, r8 the length of all
    texts so far, r9 the address of the request. The comparisons are also what proves to the
    verifier that every access stays inside its map.
    """
    btf_ptr_size = 16  # struct btf_ptr { void *ptr; u32 type_id; u32 flags; }, on the stack
    asm = _Assembler()
    asm.set_map_address(_R6, control_fd)
    asm.set_imm(_R7, 0)
    asm.set_imm(_R8, 0)

    asm.label("next request")
    asm.jump_if_ge_imm(_R7, _BATCH_REQUESTS, "end")
    asm.load_u32(_R1, _R6, _COUNT)
    asm.jump_if_ge_reg(_R7, _R1, "end")
    asm.jump_if_ge_imm(_R8, _BATCH_TEXT, "end")
    asm.set_reg(_R9, _R7)
    asm.multiply_imm(_R9, _REQUEST.size)
    asm.add_imm(_R9, _HEADER.size)
    asm.add_reg(_R9, _R6)

    asm.load_u32(_R1, _R9, _DATA_OFFSET)
    asm.jump_if_ge_imm(_R1, max_data, "end")
    asm.set_map_address(_R2, data_fd)
    asm.add_reg(_R2, _R1)
    asm.store_u64(_FRAME, -btf_ptr_size, _R2)
    asm.load_u32(_R1, _R9, _TYPE_ID)
    asm.store_u32(_FRAME, 8 - btf_ptr_size, _R1)
    asm.store_u32_imm(_FRAME, 12 - btf_ptr_size, 0)

    asm.set_map_address(_R1, text_fd)
    asm.add_reg(_R1, _R8)
    asm.set_imm(_R2, max_text)
    asm.set_reg(_R3, _FRAME)
    asm.add_imm(_R3, -btf_ptr_size)
    asm.set_imm(_R4, btf_ptr_size)
    asm.load_u64(_R5, _R9, _FLAGS)
    asm.call(_HELPER_SNPRINTF_BTF)

    asm.store_u64(_R9, _RESULT, _R0)
    asm.store_u64(_R9, _TEXT_OFFSET, _R8)
    asm.add_imm(_R7, 1)
    asm.store_u32(_R6, _DONE, _R7)
    # True for a text that did not fit and, being unsigned, for a negative error: no text to keep.
    asm.jump_if_ge_imm(_R0, max_text, "next request")
    asm.add_reg(_R8, _R0)
    asm.jump("next request")

    asm.label("end")
    asm.set_imm(_R0, 0)
    asm.exit()
    return asm.assembled()


# --- bpf(2) -------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def _syscall() -> Callable[[int, int, object, int], int]:
    """The C library's `syscall`; looked up late, because not every system has one."""
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong)
    function.restype = ctypes.c_long
    return function


def _bpf(command: int, attr: bytes, what: str) -> int:
    """Call bpf(2) and return its result; raises KernelPrinterError naming `what` was refused."""
    number = _SYSCALL_NUMBERS[platform.machine()]
    buffer = ctypes.create_string_buffer(attr, len(attr))
    result = _syscall()(number, command, ctypes.addressof(buffer), len(attr))
    if result < 0:
        code = ctypes.get_errno()
        raise KernelPrinterError(code, f"{what}: {os.strerror(code)}")
    return result


def _create_map(size: int) -> int:
    """The descriptor of a new array map with one value of `size` bytes, which can be mapped."""
    attr = _MAP_CREATE_ATTR.pack(_MAP_TYPE_ARRAY, 4, size, 1, _F_MMAPABLE)
    return _bpf(_MAP_CREATE, attr, f"cannot create a BPF map of {size} bytes")


def _load_program(code: bytes) -> int:
    """The descriptor of the loaded program; the error carries the last line of the verifier."""
    code_buffer = ctypes.create_string_buffer(code, len(code))
    # No licence is claimed for the program: the helper does not ask for one.
    licence = ctypes.create_string_buffer(b"")

    def load(log_level: int, log_size: int, log_address: int) -> int:
        attr = _PROG_LOAD_ATTR.pack(
            _PROG_TYPE_SYSCALL,
            len(code) // 8,
            ctypes.addressof(code_buffer),
            ctypes.addressof(licence),
            log_level,
            log_size,
            log_address,
            0,
            _F_SLEEPABLE,
        )
        return _bpf(_PROG_LOAD, attr, "cannot load the BPF program")

    try:
        return load(0, 0, 0)
    except KernelPrinterError as refused:
        # Only now ask for the log: writing one makes every load much slower.
        log = ctypes.create_string_buffer(1 << 20)
        with contextlib.suppress(KernelPrinterError):
            return load(1, len(log), ctypes.addressof(log))
        lines = [
            line
            for line in log.value.decode(errors="replace").splitlines()
            if line and not line.startswith("processed ")
        ]
        reason = f"{refused.strerror} ({lines[-1]})" if lines else refused.strerror
        raise KernelPrinterError(refused.errno, reason) from None


# --- Interface ----------------------------------------------------------------------------------


@final
class KernelPrinter:
    """Prints objects with the running kernel's own printer. Use it as a context manager.

    **Safety**: the kernel trusts the type it is told to print. Never ask for a VAR, a DATASEC,
    void or any other type without a size (FWD, FUNC, FUNC_PROTO, or a modifier or typedef of
    one): these can crash the kernel. Nothing here can check that; the caller guarantees it.

    One printer answers one thread at a time.
    """

    def __init__(self, max_data: int = 1 << 20, max_text: int = 8 << 20) -> None:
        """Load the program; `max_data` and `max_text` are the largest object and text in bytes.

        A text counts with a NUL byte at its end. The memory is taken from the kernel at once,
        and the printer keeps 1 MiB more for texts. Raises KernelPrinterError when the kernel
        refuses; see `unavailable`.
        """
        self._max_data = max_data
        self._max_text = max_text
        self._data_room = max_data + len(_PADDING)
        with contextlib.ExitStack() as stack:
            # The mappings and the program keep the maps alive without their descriptors.
            with contextlib.ExitStack() as creating:

                def new_map(size: int) -> tuple[int, mmap.mmap]:
                    descriptor = _create_map(size)
                    creating.callback(os.close, descriptor)
                    return descriptor, stack.enter_context(mmap.mmap(descriptor, size))

                control, self._control = new_map(_HEADER.size + _BATCH_REQUESTS * _REQUEST.size)
                data, self._data = new_map(self._data_room)
                text, self._text = new_map(_BATCH_TEXT + max_text)
                code = _assemble(control, data, text, self._data_room, max_text)
                program = _load_program(code)
                stack.callback(os.close, program)
            self._resources = stack.pop_all()
        self._attr = ctypes.create_string_buffer(_TEST_RUN_ATTR.pack(program), _TEST_RUN_ATTR.size)
        self._run_program = functools.partial(
            _syscall(),
            _SYSCALL_NUMBERS[platform.machine()],
            _PROG_TEST_RUN,
            ctypes.addressof(self._attr),
            _TEST_RUN_ATTR.size,
        )

    def __enter__(self) -> KernelPrinter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Unload the program and give the memory back; a second call does nothing."""
        self._resources.close()

    def format(self, type_id: int, data: bytes, flags: int) -> bytes:
        """The whole text that the kernel prints for `data` as type `type_id` of its own BTF.

        `flags` are COMPACT, NONAME, PTR_RAW and ZERO; without PTR_RAW, pointers are hashed with
        a key that changes at every boot. `data` should be as long as the type: at most 64 missing
        bytes are zero, those after them are whatever the memory holds. Raises ValueError for data
        larger than `max_data` or a type id that cannot be, KernelPrinterError when the text does
        not fit into `max_text` (`errno.ENOSPC`) or with the error of the helper. See the class
        about types that must not be printed.
        """
        self._check(type_id, data)
        self._data[: len(data) + len(_PADDING)] = data + _PADDING
        _ONE_REQUEST.pack_into(self._control, 0, 1, 0, type_id, 0, flags)
        self._run()
        (result,) = _RESULT_OF_FIRST.unpack_from(self._control, _HEADER.size + _RESULT)
        return self._text_of(result, 0)

    def format_many(self, requests: Sequence[Request]) -> list[bytes]:
        """The texts of many small requests, as `format` gives them, with few system calls.

        Raises what `format` raises, for the first request that fails.
        """
        for type_id, data, _flags in requests:
            self._check(type_id, data)
        texts: list[bytes] = []
        while len(texts) < len(requests):
            batch = requests[len(texts) : len(texts) + _BATCH_REQUESTS]
            self._place(batch)
            self._run()
            texts.extend(self._answers())
        return texts

    def _check(self, type_id: int, data: bytes) -> None:
        if not 0 < type_id < 1 << 31:
            raise ValueError(f"type id {type_id} cannot be printed")
        if len(data) > self._max_data:
            raise ValueError(
                f"{len(data)} bytes of data, but the printer has room for {self._max_data}"
            )

    def _place(self, requests: Sequence[Request]) -> None:
        """Write as many of the requests (at least one) as there is room for their data."""
        offset = count = 0
        for type_id, data, flags in requests:
            padded = data + _PADDING[: len(_PADDING) - len(data) % 8]
            if offset + len(padded) > self._data_room:
                break
            self._data[offset : offset + len(padded)] = padded
            where = _HEADER.size + count * _REQUEST.size
            _REQUEST.pack_into(self._control, where, type_id, offset, flags, 0, 0)
            offset += len(padded)
            count += 1
        _HEADER.pack_into(self._control, 0, count, 0)

    def _run(self) -> None:
        if self._run_program() < 0:
            code = ctypes.get_errno()
            raise KernelPrinterError(code, f"cannot run the BPF program: {os.strerror(code)}")

    def _answers(self) -> Iterator[bytes]:
        """The texts of the requests that the last run answered."""
        _count, done = _HEADER.unpack_from(self._control, 0)
        if not done:
            raise KernelPrinterError(errno.EIO, "the BPF program answered no request")
        answered = self._control[_HEADER.size : _HEADER.size + done * _REQUEST.size]
        for _type_id, _data, _flags, result, offset in _REQUEST.iter_unpack(answered):
            yield self._text_of(result, offset)

    def _text_of(self, result: int, offset: int) -> bytes:
        """The text at `offset`, given what the helper returned: its length or an error."""
        if result < 0:
            raise KernelPrinterError(-result, f"bpf_snprintf_btf: {os.strerror(-result)}")
        if result >= self._max_text:
            raise KernelPrinterError(
                errno.ENOSPC, f"the text has {result} bytes and does not fit into {self._max_text}"
            )
        return self._text[offset : offset + result]


@functools.lru_cache(maxsize=1)
def unavailable() -> str | None:
    """Why the kernel's helper cannot be used here, or None if it can. Never raises."""
    if sys.platform != "linux":
        return "not Linux"
    if platform.machine() not in _SYSCALL_NUMBERS or struct.calcsize("P") != 8:
        return f"no bpf(2) number known for {platform.machine()}, {struct.calcsize('P') * 8} bits"
    if sys.byteorder != "little":
        return "not a little-endian machine"
    if not _VMLINUX_BTF.exists():
        return f"no {_VMLINUX_BTF}"
    try:
        # With the usual sizes, because older kernels limit the size of a map.
        with KernelPrinter() as printer:
            # Nothing is requested yet, so this only shows whether the program may run.
            printer._run()
    except (OSError, AttributeError, ValueError) as error:
        return f"{error}"
    return None
