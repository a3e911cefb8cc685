"""What the command `lookout-local` can do."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lookout_local import cdk as cdk_cli
from lookout_local import process, remote, tools
from lookout_local.clients import ACCOUNT, REGION
from lookout_local.cloud import DEFAULT_TIME_SCALE
from lookout_local.deployment import Environment
from lookout_local.environment import variables
from lookout_local.process import LocalCloudError, Running

app = typer.Typer(
    name="lookout-local",
    help="A local AWS with Amazon Lookout for Equipment in it, to deploy CDK apps to.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

StateDir = Annotated[
    Path,
    typer.Option("--state-dir", envvar="LOOKOUT_LOCAL_STATE_DIR", help="Where the cloud keeps its log and process id."),
]
Account = Annotated[str, typer.Option("--account", help="The account to act in, as its root.")]
Region = Annotated[str, typer.Option("--region", help="The Region to act in.")]
DEFAULT_STATE_DIR = Path(".lookout-local")


@app.command()
def up(
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 0,
    state_dir: StateDir = DEFAULT_STATE_DIR,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay until Ctrl-C.")] = False,
    time_scale: Annotated[
        float,
        typer.Option("--time-scale", min=0.0001, help="Factor on the services' waits: 0.01 makes a minute 0.6 s."),
    ] = DEFAULT_TIME_SCALE,
) -> None:
    """Start a cloud on 127.0.0.1."""
    running, child = process.start(state_dir, port=port, time_scale=time_scale, dies_with_us=foreground)
    typer.echo(
        f"the local cloud serves at {running.endpoint_url} (process {running.pid}, state in {running.state_dir})"
    )
    if not foreground:
        where = "" if state_dir == DEFAULT_STATE_DIR else f" --state-dir {state_dir}"
        typer.echo(f'use it:  eval "$(lookout-local env{where})"   stop it:  lookout-local down{where}')
        return
    try:
        while child.poll() is None:
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    else:
        raise LocalCloudError(f"the local cloud ended by itself:\n{process.log_tail(state_dir)}")
    finally:
        process.stop(running, child)


@app.command()
def down(state_dir: StateDir = DEFAULT_STATE_DIR) -> None:
    """Stop the cloud; everything in it is gone."""
    running = process.find(state_dir)
    if running is None:
        typer.echo(f"no local cloud runs in {state_dir.resolve()}")
        return
    process.stop(running)
    typer.echo(f"stopped {running.endpoint_url}")


@app.command()
def status(state_dir: StateDir = DEFAULT_STATE_DIR) -> None:
    """Say what runs and which stacks it holds; exit status 1 when nothing runs."""
    running = process.find(state_dir)
    if running is None:
        typer.echo(f"no local cloud runs in {state_dir.resolve()}")
        raise typer.Exit(1)
    stacks = remote.request(running.endpoint_url, "GET", "health")["stacks"]
    typer.echo(f"endpoint   {running.endpoint_url}")
    typer.echo(f"process    {running.pid}")
    typer.echo(f"state      {running.state_dir}")
    if not stacks:
        typer.echo("stacks     none")
        return
    table = Table("account", "region", "stack", "status")
    for stack in stacks:
        table.add_row(stack["account"], stack["region"], stack["name"], stack["status"])
    Console().print(table)


@app.command()
def reset(state_dir: StateDir = DEFAULT_STATE_DIR) -> None:
    """Empty the cloud: all accounts, all services."""
    remote.request(_running(state_dir).endpoint_url, "POST", "reset")
    typer.echo("the local cloud is empty")


@app.command()
def env(account: Account = ACCOUNT, region: Region = REGION, state_dir: StateDir = DEFAULT_STATE_DIR) -> None:
    """Print shell commands that point AWS tools at the cloud: eval "$(lookout-local env)"."""
    settings = variables(_running(state_dir).endpoint_url, account=account, region=region)
    in_the_way = {name for name in os.environ if name.startswith("AWS_")} - settings.keys()
    for name in sorted(in_the_way | {"AWS_PROFILE", "AWS_SESSION_TOKEN"}):
        typer.echo(f"unset {name}")
    for name, value in settings.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command(context_settings=_PASSED_ON)
def cdk(
    context: typer.Context,
    account: Account = ACCOUNT,
    region: Region = REGION,
    state_dir: StateDir = DEFAULT_STATE_DIR,
) -> None:
    """Run the CDK CLI of ./node_modules against the cloud: lookout-local cdk deploy."""
    raise typer.Exit(cdk_cli.run(_running(state_dir), Environment(account, region), context.args))


@app.command(context_settings=_PASSED_ON)
def aws(
    context: typer.Context,
    account: Account = ACCOUNT,
    region: Region = REGION,
    state_dir: StateDir = DEFAULT_STATE_DIR,
) -> None:
    """Run the AWS CLI against the cloud: lookout-local aws lookoutequipment list-datasets."""
    raise typer.Exit(tools.run_aws(_running(state_dir), Environment(account, region), context.args))


def _running(state_dir: Path) -> Running:
    running = process.find(state_dir)
    if running is None:
        raise LocalCloudError(f"no local cloud runs in {state_dir.resolve()}: lookout-local up")
    return running
