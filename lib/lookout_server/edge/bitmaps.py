"""Pictures as callers send them, and masks as they get them: in the message, or in POSIX shared memory."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from lookout_server.detection.images.pictures import Pixels
from lookout_server.edge.edge_agent_pb2 import Bitmap, SharedMemoryHandle
from lookout_server.edge.errors import InvalidArgument

#: The sides of a picture, in pixels (developer guide).
SMALLEST, LARGEST = 64, 4_096
_SHARED = "/dev/shm"  # where Linux keeps it
_NAME = re.compile(r"/?([^/\0]{1,255})")
_PICTURE, _MASK = "bitmap", "anomaly_mask_params"


def pixels_of(bitmap: Bitmap, like: tuple[int, int] | None) -> Pixels:
    """height x width x 3. like: width and height that the picture must have, None where any will do.

    Raises InvalidArgument.
    """
    width, height = bitmap.width, bitmap.height
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
        raise InvalidArgument(
            f"{_PICTURE}: got {width} x {height} pixels, expected {SMALLEST} x {SMALLEST} to {LARGEST} x {LARGEST}"
        )
    if like is not None and (width, height) != like:
        raise InvalidArgument(
            f"{_PICTURE}: got {width} x {height} pixels, expected {like[0]} x {like[1]} as the images that the model "
            "was trained with"
        )
    given, size = bitmap.WhichOneof("data"), 3 * width * height
    if given is None:
        raise InvalidArgument(f"{_PICTURE}: got neither byte_data nor shared_memory_handle, expected one of the two")
    got = len(bitmap.byte_data) if given == "byte_data" else bitmap.shared_memory_handle.size
    if got != size:
        raise InvalidArgument(
            f"{_PICTURE}.{given}: got {got} bytes, expected {size}: red, green and blue of {width} x {height} pixels"
        )
    content = bitmap.byte_data if given == "byte_data" else _read(bitmap.shared_memory_handle)
    return np.frombuffer(content, np.uint8).reshape(height, width, 3)


def check_room(handle: SharedMemoryHandle, width: int, height: int) -> None:
    """Raise InvalidArgument unless a mask of that size can be written to the shared memory."""
    size = 3 * width * height
    if handle.size < size:
        raise InvalidArgument(
            f"{_MASK}.shared_memory_handle: got {handle.size} bytes, expected at least {size} for a mask of "
            f"{width} x {height} pixels"
        )
    with _opened(handle, os.O_RDWR, _MASK):
        pass


def bitmap_of(mask: Pixels, handle: SharedMemoryHandle | None) -> Bitmap:
    """The mask, or where it was written to; raises InvalidArgument."""
    height, width = mask.shape[:2]
    content = mask.tobytes()
    if handle is None:
        return Bitmap(width=width, height=height, byte_data=content)
    with _opened(handle, os.O_RDWR, _MASK) as file:
        os.pwrite(file, content, handle.offset)
    written = SharedMemoryHandle(name=handle.name, size=len(content), offset=handle.offset)
    return Bitmap(width=width, height=height, shared_memory_handle=written)


def _read(handle: SharedMemoryHandle) -> bytes:
    with _opened(handle, os.O_RDONLY, _PICTURE) as file:
        content = os.pread(file, handle.size, handle.offset)
    if len(content) != handle.size:
        raise InvalidArgument(f"{_PICTURE}.shared_memory_handle: the shared memory became smaller while it was read")
    return content


@contextmanager
def _opened(handle: SharedMemoryHandle, flags: int, where: str) -> Iterator[int]:
    """A descriptor of shared memory in which the part that the handle names lies."""
    where = f"{where}.shared_memory_handle"
    name = _NAME.fullmatch(handle.name)
    if name is None or name[1] in (".", ".."):
        raise InvalidArgument(f"{where}.name: got {handle.name!r}, expected a name of shared memory such as /frames")
    try:
        # What else may lie there must neither lead away nor hold up.
        file = os.open(f"{_SHARED}/{name[1]}", flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise InvalidArgument(f"{where}.name: got {handle.name!r}, which cannot be opened: {error.strerror}") from error
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            raise InvalidArgument(f"{where}.name: got {handle.name!r}, which is no shared memory")
        if handle.offset + handle.size > about.st_size:
            raise InvalidArgument(
                f"{where}: got {handle.size} bytes from {handle.offset} on, the shared memory has {about.st_size}"
            )
        yield file
    finally:
        os.close(file)
