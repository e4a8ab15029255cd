"""Pipes hold little by default; long streams flow better through wide ones."""

from __future__ import annotations

import os
from stat import S_ISFIFO

SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux
WIDE = 1 << 20  # bytes, the most that a user without privileges may ask for by default


def widen(file: int) -> None:
    """Let a pipe hold a megabyte, where the system allows. What is no pipe stays as it is."""
    if not S_ISFIFO(os.fstat(file).st_mode):
        return
    from fcntl import fcntl

    try:
        fcntl(file, SET_PIPE_SIZE, WIDE)
    except OSError:  # too many wide pipes, or another system
        return
