"""The process of a worker, as a server starts it: configured by the environment, its tasks on standard input."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Work until standard input ends."""
    from lookout_server.assembly import work
    from lookout_server.config.loading import load
    from lookout_server.data_directory import DataDirectory
    from lookout_server.errors import ServerError
    from lookout_server.monitoring import logs
    from lookout_server.monitoring.release import release

    if sys.argv[1:] not in ([], [release()]):
        # Nothing is opened: that would bring the store to another format under its server.
        raise ServerError(f"release: got a server of {sys.argv[1]}, expected one of {release()}; start it anew")
    configuration = load(None, os.environ, {}).configuration
    if configuration.data is None:
        raise ServerError("data: got none, expected the directory in which the server keeps its data (--data)")
    logs.configure(configuration.log_level)
    work(configuration, DataDirectory(configuration.data))


if __name__ == "__main__":
    main()
