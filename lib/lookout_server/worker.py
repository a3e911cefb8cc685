"""The process of a worker, as a server starts it: configured by the environment, its tasks on standard input."""

from __future__ import annotations

import os


def main() -> None:
    """Work until standard input ends."""
    from lookout_server.assembly import work
    from lookout_server.config.loading import load
    from lookout_server.data_directory import DataDirectory
    from lookout_server.errors import ServerError
    from lookout_server.monitoring import logs

    configuration = load(None, os.environ, {}).configuration
    if configuration.data is None:
        raise ServerError("data: got none, expected the directory in which the server keeps its data (--data)")
    logs.configure(configuration.log_level)
    work(configuration, DataDirectory(configuration.data))


if __name__ == "__main__":
    main()
