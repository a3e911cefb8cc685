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
    from lookout_server.monitoring.release import must_be_that_of

    # Nothing is opened before: that would bring the store to another format under its server.
    must_be_that_of(sys.argv[1:])
    configuration = load(None, os.environ, {}).configuration
    if configuration.data is None:
        raise ServerError("data: got none, expected the directory in which the server keeps its data (--data)")
    logs.configure(configuration.log_level)
    work(configuration, DataDirectory(configuration.data))


if __name__ == "__main__":
    main()
