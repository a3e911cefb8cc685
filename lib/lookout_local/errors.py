"""What goes wrong with a local cloud as a whole."""

from __future__ import annotations

from lookout_files.sections import section
from lookout_local.sections import SECTIONS


class LocalCloudError(RuntimeError):
    """A local cloud cannot be started, reached or stopped; the message says what to do.

    A note below it says where the documentation has more about it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        if named := section(message, SECTIONS):
            self.add_note(f"see {named}")


def told(error: LocalCloudError) -> str:
    """What a command writes to standard error."""
    return "\n".join([f"error: {error}", *getattr(error, "__notes__", ())])


class MissingExtra(LocalCloudError):
    """The packages of the extra `local` are not installed."""
