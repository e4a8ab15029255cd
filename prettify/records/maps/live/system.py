"""bpf(2): its calls, by number and by their part of `union bpf_attr`, and errors with a way out.

Numbers and layouts: the kernel's UAPI, include/uapi/linux/bpf.h. The kernel takes members of the
union that are not given as zero. Everything is in the machine's own byte order.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from prettify.errors import DataError, PrettifyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Number of the system call, by machine as uname(2) says it.
SYSCALLS = {
    "x86_64": 321, "i386": 357, "i486": 357, "i586": 357, "i686": 357, "aarch64": 280,
    "armv6l": 386, "armv7l": 386, "riscv64": 280, "riscv32": 280, "loongarch64": 280,
    "s390x": 351, "ppc64": 361, "ppc64le": 361, "mips64": 5315, "sparc64": 349,
}  # fmt: skip

MAP_LOOKUP_ELEM, MAP_GET_NEXT_KEY, OBJ_GET = 1, 4, 7
MAP_GET_NEXT_ID, MAP_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD = 12, 14, 15
BTF_GET_FD_BY_ID, MAP_LOOKUP_AND_DELETE_ELEM, BTF_GET_NEXT_ID = 19, 21, 23
MAP_LOOKUP_BATCH = 24
MAP_CREATE, MAP_UPDATE_ELEM, MAP_DELETE_ELEM, PROG_LOAD, BTF_LOAD = 0, 2, 3, 5, 18

ATTR_SIZE = 128  # bytes of a union that all of the calls above fit into
OPEN_READ_ONLY = 1 << 3  # BPF_F_RDONLY
REFUSED = frozenset((errno.EPERM, errno.EACCES))

ELEMENT = struct.Struct("=I4xQQQ")  # map_fd, key, value or next_key, flags
BATCH = struct.Struct("=QQQQIIQQ")  # in_batch, out_batch, keys, values, count, map_fd, flags
BATCH_COUNT_AT = 32  # bytes from the start to `count`, which the kernel writes too
ID = struct.Struct("=IIII")  # id or start id, next id, open flags, descriptor of a token
INFO = struct.Struct("=IIQ")  # fd, bytes of the info, address of the info
PATH = struct.Struct("=QIIi")  # address of the path, fd, flags, fd of the path's folder

_call: Any = None
_number = -1


class CallError(DataError):
    """What the kernel said no to; `number` is the errno."""

    def __init__(self, what: str, number: int) -> None:
        self.number = number
        super().__init__(what)


def bpf(command: int, attributes: bytes | bytearray) -> int:
    """One call; returns what the kernel did, or minus the errno. A bytearray is written back to.

    Raises UsageError where there is no such system call.
    """
    call, number = _system_call()
    if isinstance(attributes, bytearray):
        room = (ctypes.c_char * len(attributes)).from_buffer(attributes)
    else:
        room = ctypes.create_string_buffer(attributes, len(attributes))
    result: int = call(number, command, ctypes.addressof(room), len(attributes))
    return result if result >= 0 else -ctypes.get_errno()


def address_of(room: bytearray) -> int:
    """Where a buffer is in memory. It must not be resized while that is used."""
    return ctypes.addressof(ctypes.c_char.from_buffer(room)) if room else 0


def refusal(what: str, number: int) -> PrettifyError:
    """The error for a call that failed with that errno: who lacks a capability is told which."""
    if number in REFUSED:
        return UsageError(
            f"{what}: not permitted: this needs CAP_BPF (or CAP_SYS_ADMIN): run it as root; "
            f"what has been dumped can be read without"
        )
    if number == errno.ENOSYS:
        return UsageError(f"{what}: this kernel has no bpf() system call")
    return CallError(f"{what}: {os.strerror(number)}", number)


def _system_call() -> tuple[Any, int]:
    global _call, _number
    if _call is None:
        machine = os.uname().machine
        if os.uname().sysname != "Linux" or machine not in SYSCALLS:
            raise UsageError(f"no bpf() system call is known for {os.uname().sysname} {machine}")
        try:
            call = ctypes.CDLL(None, use_errno=True).syscall
        except (AttributeError, OSError) as error:
            raise UsageError(f"bpf(): this C library has no syscall(): {error}") from error
        call.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong)
        call.restype = ctypes.c_long
        _call, _number = call, SYSCALLS[machine]
    return _call, _number
