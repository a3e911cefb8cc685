"""`lookout-server serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lookout_server.commands.base import Config, Data, Json, Set, app, in_json, loaded, say


@app.command()
def serve(
    config: Config = None,
    data: Data = None,
    buckets: Annotated[
        Path | None,
        typer.Option("--buckets", metavar="DIR", help="A directory whose folders are the buckets of users' files."),
    ] = None,
    s3_endpoint: Annotated[
        str | None,
        typer.Option("--s3-endpoint", metavar="URL", help="Where they are instead, in the API of Amazon S3."),
    ] = None,
    port: Annotated[int | None, typer.Option("--port", help="The port to listen on; 0 takes a free one.")] = None,
    host: Annotated[
        str | None,
        typer.Option("--host", help="The address to listen on; one that other machines reach needs TLS or --insecure."),
    ] = None,
    host_name: Annotated[
        list[str] | None,
        typer.Option("--host-name", metavar="NAME", help="A name by which clients reach the server. Repeatable."),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", metavar="FILE", help="The server's certificate, in PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="FILE", help="The certificate's private key, in PEM.")
    ] = None,
    insecure: Annotated[
        bool | None, typer.Option("--insecure", help="Serve other machines without TLS.", show_default=False)
    ] = None,
    assignments: Set = None,
    as_json: Json = False,
) -> None:
    """Serve both services until Ctrl-C or SIGTERM.

    One line on standard output says when the server is ready, and how clients find it. Its log, in JSON, goes to
    standard error. What runs at the end is finished, or goes on after the next start; a second Ctrl-C does not wait
    for it.
    """
    found = loaded(
        config,
        assignments,
        data=data,
        buckets=buckets,
        s3_endpoint=s3_endpoint,
        port=port,
        host=host,
        host_names=",".join(host_name) if host_name else None,
        tls__certificate=tls_certificate,
        tls__key=tls_key,
        insecure=insecure,
    )
    from lookout_server import serving

    def announce(record: dict[str, Any]) -> None:
        if as_json:
            in_json({"ready": True, **record})
        else:
            url = record["url"]
            use = f"export AWS_ENDPOINT_URL={url} AWS_DEFAULT_REGION={found.configuration.region}"
            say(f"ready: {url} (process {record['pid']}); use it: {use}")

    serving.serve(found.configuration, announce)
