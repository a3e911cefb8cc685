"""`lookout-server backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lookout_server.commands.base import Config, Data, app, directory_of, loaded, progress, say
from lookout_server.errors import ServerError

_SHOWN = 3


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; there must be nothing yet.")],
    config: Config = None,
    data: Data = None,
    with_key: Annotated[
        bool,
        typer.Option(
            "--with-key", help="Take the key file along, without which no secret of an access key can be read."
        ),
    ] = False,
) -> None:
    """Write everything that a server keeps into one file, also while it runs.

    The users' own files, in their buckets, are not in it. Without --with-key the file holds no secret that can be
    read; keep the key file elsewhere then.
    """
    from lookout_server.backup import back_up

    configuration = loaded(config, data=data).configuration
    directory = directory_of(configuration)
    key_file = (configuration.key_file or directory.key_file) if with_key else None
    with progress("blobs") as told:
        made = back_up(directory, file, key_file, told)
    say(f"wrote {file}: {made.blobs} blobs, {made.bytes} bytes, {'with' if made.has_key else 'without'} the key file")
    _complain(made.missing)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `lookout-server backup` wrote.")],
    config: Config = None,
    data: Data = None,
) -> None:
    """Make a data directory out of a backup: a new one, or an empty one. Everything is checked on the way."""
    from lookout_server.backup import restore as restored

    directory = directory_of(loaded(config, data=data).configuration)
    with progress("blobs") as told:
        made = restored(file, directory, told)
    say(f"restored {directory.path}: {made.blobs} blobs")
    if not made.has_key:
        say(f"the backup has no key file: copy the server's to {directory.key_file}, or name it (key_file)")
    _complain(made.missing)


def _complain(missing: tuple[str, ...]) -> None:
    if missing:
        shown = ", ".join(missing[:_SHOWN])
        raise ServerError(
            f"{len(missing)} blobs were not there ({shown}); everything else is; lookout-server check names all"
        )
