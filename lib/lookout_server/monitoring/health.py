"""Whether a server is ready for requests, by checks that its parts register."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from lookout_server.store import Blobs, Conflict, Documents, Put, StoreError

_LOG = logging.getLogger(__name__)
#: Returns why the server is not ready, in words for everybody who may ask; '' when all is well.
Check = Callable[[], str]
_NO_DIGEST = "0" * 64
#: The document that is written to see whether it can be, by kind and id.
_WRITTEN = ("health", "written")
#: How long an answer holds, so that those who ask often cost nothing.
SECONDS = 1.0


class Health:
    """Named checks, all of which must hold. Safe to use from several threads."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}
        self._until = 0.0

    def register(self, name: str, check: Check) -> None:
        """Add a check. It may block; what it raises is a reason, too, whose words are for the log only."""
        self._checks[name] = check

    def problems(self) -> dict[str, str]:
        """Every check by its name, with the reason why it does not hold; '' where it does."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = {name: _asked(name, check) for name, check in self._checks.items()}
                self._until = time.monotonic() + SECONDS
            return dict(self._found)

    def is_ready(self) -> bool:
        """Whether all checks hold."""
        return not any(self.problems().values())


class Beat:
    """When something last happened that has to happen again and again: the look for work that is due."""

    def __init__(self, most: timedelta) -> None:
        self._most = most.total_seconds()
        self._last = time.monotonic()

    def __call__(self) -> None:
        """It happened now."""
        self._last = time.monotonic()

    def check(self) -> str:
        """The check that it is not long ago."""
        ago = time.monotonic() - self._last
        return f"the last look for work was {ago:.0f} seconds ago" if ago > self._most else ""


def store(documents: Documents, blobs: Blobs) -> Check:
    """The check that documents can be written, to the disk, and blobs be read."""

    def check() -> str:
        try:
            found = documents.get(*_WRITTEN)
            documents.commit([Put(*_WRITTEN, {}, found.revision if found else None)])
            blobs.exists(_NO_DIGEST)
        except Conflict:  # somebody else has just written
            return ""
        except StoreError as error:
            _LOG.error("the store cannot be used: %s", error)
            return "the store cannot be used"
        return ""

    return check


def room(directory: Path, least: int) -> Check:
    """The check that the disk of a directory has room."""

    def check() -> str:
        free = shutil.disk_usage(directory).free
        return f"the disk of the data has {free} bytes left, fewer than {least}" if free < least else ""

    return check


def _asked(name: str, check: Check) -> str:
    try:
        return check()
    except Exception:
        _LOG.exception("the check %s failed", name)
        return "the check failed"
