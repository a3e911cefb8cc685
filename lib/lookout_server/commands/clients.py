"""`lookout-server client-models`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from lookout_server.commands.base import app, say
from lookout_server.errors import ServerError


@app.command("client-models")
def client_models(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; it is made where it is missing.")],
) -> None:
    """Write the models by which any boto3, botocore and AWS CLI (v1) knows both services.

    Newer releases of them lack Lookout for Vision. They find the models by AWS_DATA_PATH.
    """
    from lookout_server.api_models import MODELS

    try:
        for file in sorted(MODELS.rglob("*.json")):
            target = directory / file.relative_to(MODELS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ServerError(f"models of clients: {directory} cannot be written: {reason}; name another one") from None
    say(f"export AWS_DATA_PATH={shlex.quote(str(directory.absolute()))}")
