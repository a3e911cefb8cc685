"""`lookout-server config`."""

from __future__ import annotations

from typing import Annotated

import typer

from lookout_server.commands.base import Config, Data, Json, Set, app, in_json, loaded, say


@app.command("config")
def show(
    config: Config = None,
    data: Data = None,
    assignments: Set = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Print what every setting means instead, in Markdown.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show every setting as a server started in the same way would have it, and where each value is from.

    A value on the command line holds before one in the environment, and that before one in the file.
    """
    if reference:
        from lookout_server.config.reference import page

        say(page().rstrip("\n"))
        return
    for name, value, origin in loaded(config, assignments, data=data).lines():
        if as_json:
            in_json({"name": name, "value": value, "from": origin})
        else:
            say(f"{name}={value}  # {origin}")
