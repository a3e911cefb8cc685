"""What all commands have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookout_server.config.configuration import Configuration
from lookout_server.config.loading import FILE_VARIABLE, Loaded, load
from lookout_server.data_directory import IN_USE, DataDirectory
from lookout_server.errors import ServerError

if TYPE_CHECKING:
    from lookout_server.identity.keys import Keys

app = typer.Typer(
    name="lookout-server",
    help="Amazon Lookout for Equipment and Amazon Lookout for Vision as a server of your own. "
    "`serve` runs it; everything else looks after its data. "
    "Exit status: 0 when all is well, 1 for an error, 2 for a command line that makes no sense, "
    "3 when another server is in the way.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_WIDE = 1_000

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help=f"Settings, in TOML; otherwise that of {FILE_VARIABLE}."),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The server's data directory; otherwise as the settings have it."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any setting: --set quotas.datasets=30. Repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="In JSON, a line for each thing.")]


def loaded(config: Path | None, assignments: Iterable[str] | None = None, **options: object) -> Loaded:
    """The settings, with options of the command line (by their names with `__` for a dot; None: not given)."""
    given: dict[str, str] = {}
    for assignment in assignments or ():
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ServerError(f"--set: got '{assignment}', expected NAME=VALUE, such as quotas.datasets=30", 2)
        given[name] = text
    given |= {name.replace("__", "."): str(value) for name, value in options.items() if value is not None}
    return load(config, os.environ, given)


def directory_of(configuration: Configuration) -> DataDirectory:
    """The data directory that the settings name; raises ServerError where there is none."""
    if configuration.data is None:
        raise ServerError("data: got none, expected the directory in which the server keeps its data (--data)")
    return DataDirectory(configuration.data)


def data_of(configuration: Configuration, *, make: bool = False) -> DataDirectory:
    """The same where there is data that this release may open: of none, or of a server of this release.

    To open a store brings it to this release's format, which must not happen under a server of another one.
    With `make` there need not be data yet.
    """
    from lookout_server.monitoring.release import release

    directory = directory_of(configuration)
    if make:
        directory.prepare()
    else:
        directory.must_exist()
    runs = directory.record().get("version", release())
    if runs != release():
        raise ServerError(
            f"data directory {directory.path}: its server is of release {runs}, this command of {release()}; "
            "use that release's, or start the server anew",
            IN_USE,
        )
    return directory


@contextmanager
def keys_of(config: Path | None, data: Path | None, *, make: bool = False) -> Iterator[tuple[Keys, Configuration]]:
    """The keys in a data directory, which is made if that is wanted, and the settings."""
    from lookout_server.identity.keys import Keys
    from lookout_server.store import SqliteDocuments

    configuration = loaded(config, data=data).configuration
    directory = data_of(configuration, make=make)
    documents = SqliteDocuments(directory.documents)
    try:
        yield Keys(documents, configuration.key_file or directory.key_file), configuration
    finally:
        documents.close()


def say(text: str) -> None:
    """Print a line as it is: what looks like a colour in it is part of a path."""
    typer.echo(text, color=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Shows on standard error how far something is, where somebody looks at it: told how many of how many are done."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table."""
    from rich.console import Console
    from rich.table import Table

    made = Table(*columns)
    for row in rows:
        made.add_row(*row)
    # In a file or a pipe, nothing is cut or broken.
    Console(markup=False, width=None if sys.stdout.isatty() else _WIDE).print(made)


def in_json(value: Mapping[str, object]) -> None:
    """Print a line of JSON."""
    import json

    say(json.dumps(value, default=str))
