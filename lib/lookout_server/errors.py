"""What goes wrong with a server as a whole."""

from __future__ import annotations

from lookout_files.sections import section
from lookout_server.sections import SECTIONS


class ServerError(Exception):
    """A server cannot start, go on or do what a command asks; the message says what to do.

    A note below it says where the documentation has more about it.
    """

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        #: The exit status of a command that ends with it.
        self.status = status
        if named := section(message, SECTIONS):
            self.add_note(f"see {named}")


def told(error: BaseException) -> str:
    """What a command writes to standard error, on one line and one for where more is."""
    message = " ".join(str(error).split("\n"))
    return "\n".join([f"error: {message}", *getattr(error, "__notes__", ())])
