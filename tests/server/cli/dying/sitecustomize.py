"""On the path of a server: it and its workers kill themselves at the point that a file counts down to.

Points are before and after every commit, every blob and every file of a user that is written. Python imports this
module as it starts; nothing of the product knows of it.
"""

from __future__ import annotations

import fcntl
import functools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from lookout_server.files.directory import DirectoryBuckets
from lookout_server.store.directory import DirectoryBlobs
from lookout_server.store.sqlite import SqliteDocuments

FILE = os.environ["DYING"]


def point() -> None:
    """Count down; at the end of it this process is no more."""
    with open(FILE, "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        left = int(file.read() or 0)
        if left <= 0:
            return
        file.seek(0)
        file.truncate()
        file.write(str(left - 1))
        file.flush()
        if left == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def between_points(of: type[Any], name: str) -> None:
    """Put a point before and after what a method does."""
    plain: Callable[..., Any] = getattr(of, name)

    @functools.wraps(plain)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        point()
        done = plain(*arguments, **named)
        point()
        return done

    setattr(of, name, wrapped)


between_points(SqliteDocuments, "commit")
between_points(DirectoryBlobs, "_keep")
writer = DirectoryBuckets.writer


@contextmanager
def writer_between_points(buckets: DirectoryBuckets, bucket: str, key: str) -> Iterator[BinaryIO]:
    """A point before a file is begun, and one when it is there."""
    point()
    with writer(buckets, bucket, key) as file:
        yield file
    point()


DirectoryBuckets.writer = writer_between_points
