"""A lock that a process holds until it ends, however it ends, and of which everybody can tell who holds it."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys
from pathlib import Path

#: `struct flock` of fcntl(2), and where the type of a lock and its process are in it.
_FLOCK, _TYPE, _PROCESS = (
    (struct.Struct("qqihh"), 3, 2) if sys.platform == "darwin" else (struct.Struct("hhqqi4x"), 0, 4)
)
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: What `holder` says of a process of another container or machine, which cannot be seen from here.
UNSEEN = 0


class Lock:
    """The lock on a file. It is a record lock of POSIX: the kernel names the process, and its children do not have it.

    The process that has it must not open the file again: closing that would give the lock up. The file stays when the
    lock ends, because a new file would be another lock.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def holder(self) -> int | None:
        """The id of the process that has the lock; UNSEEN, or None when it is free. Raises OSError."""
        try:
            file = os.open(self._path, os.O_RDONLY | _FLAGS)
        except FileNotFoundError:
            return None
        asked = [0] * 5
        asked[_TYPE] = fcntl.F_WRLCK
        try:
            found = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_GETLK, _FLOCK.pack(*asked)))
        finally:
            os.close(file)
        return None if found[_TYPE] == fcntl.F_UNLCK else max(UNSEEN, found[_PROCESS])

    def take(self) -> bool:
        """Get the lock for this process; False when another one has it. Raises OSError."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(file)
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    return False
                raise
            self._file = file
            if self.held():
                return True
            os.close(file)  # somebody removed it meanwhile, and may have locked another one

    def held(self) -> bool:
        """Whether this process has the lock, and the file is still the one at its path."""
        try:
            return os.path.samestat(os.fstat(self._file), os.lstat(self._path))
        except OSError:
            return False
