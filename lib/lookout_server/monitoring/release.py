"""Which release runs, and whether it is still the one that is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from lookout_server.errors import ServerError


def release() -> str:
    """The release of the package that runs."""
    try:
        return version("cdk-lookout")
    except PackageNotFoundError:
        return "unknown"


def must_be_that_of(server: Sequence[str]) -> None:
    """Raise ServerError unless this process is of the release that its server has named, if it has."""
    if list(server) not in ([], [release()]):
        raise ServerError(f"release: got a server of {server[0]}, expected one of {release()}; start it anew")


class Upgrade:
    """Whether the package was replaced under this process, which goes on with what it has loaded of it."""

    def __init__(self) -> None:
        self._runs = release()

    def check(self) -> str:
        """Why nothing more of the package may be loaded; '' while it may."""
        found = release()
        if found == self._runs:
            return ""
        return f"release {self._runs} runs, and {found} is installed: start the server anew"
