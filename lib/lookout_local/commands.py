"""What the command `lookout-local` can do."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.table import Table

from lookout_local import cdk as cdk_cli
from lookout_local import process, remote, tools, written
from lookout_local.clients import ACCOUNT, REGION
from lookout_local.cloud import DEFAULT_TIME_SCALE
from lookout_local.deployment import Environment
from lookout_local.environment import proxied, variables
from lookout_local.errors import LocalCloudError
from lookout_local.process import Running
from lookout_local.state_directory import DEFAULT_STATE_DIR, STATE_DIR_VARIABLE, StateDirectory
from lookout_server.faults import Kind, PlannedFault
from lookout_server.settings import Progress, Settings

app = typer.Typer(
    name="lookout-local",
    help="A local AWS with Amazon Lookout for Equipment and Amazon Lookout for Vision in it, to deploy CDK apps to.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

StateDir = Annotated[
    Path,
    typer.Option(
        "--state-dir",
        envvar=STATE_DIR_VARIABLE,
        readable=False,  # what is wrong with it is said in one place
        help="Where the cloud keeps its log and process id.",
    ),
]
Account = Annotated[str, typer.Option("--account", help="The account to act in, as its root.")]
Region = Annotated[str, typer.Option("--region", help="The Region to act in.")]
#: How long work takes at a cloud that runs in real time: it shows, and nobody waits for it.
_SHORT = Progress.by_describes(2, or_seconds=2)
#: How long a server that works takes to answer.
_PATIENCE = 10.0


@app.command()
def up(
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 0,
    state_dir: StateDir = DEFAULT_STATE_DIR,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay until Ctrl-C.")] = False,
    time_scale: Annotated[
        float | None,
        typer.Option(
            "--time-scale",
            help="Factor on all time, the clock's included, as in tests: 0.01 makes a minute 0.6 s, 1 a minute. "
            "By default the clock is the machine's, and work and waits are short.",
            show_default=False,
        ),
    ] = None,
    progress: Annotated[
        str | None,
        typer.Option(
            "--progress",
            metavar="describes=N,seconds=S",
            help="How long work takes: until it was described so often, or so long by the clock. One will do.",
            show_default="describes=2,seconds=2",
        ),
    ] = None,
    quotas: Annotated[
        list[str] | None,
        typer.Option("--quotas", metavar="NAME=NUMBER", help="A quota of either service: datasets=3. Repeatable."),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="OPERATION=KIND", help="What goes wrong: CreateDataset=throttle,times=3. Repeatable."
        ),
    ] = None,
) -> None:
    """Start a cloud on 127.0.0.1."""
    scale = DEFAULT_TIME_SCALE if time_scale is None else time_scale
    try:
        process.check(port=port, time_scale=scale)
    except ValueError as error:
        raise LocalCloudError(str(error)) from None
    first = Settings(vision_inspection="network")
    if time_scale is None:
        first.progress = _SHORT
    first = written.changed(first, [f"progress={progress}"] if progress is not None else [])
    first = written.with_quotas(first, quotas or [])
    planned = [written.fault(text) for text in fault or []]
    running, child = process.start(
        state_dir,
        port=port,
        time_scale=scale,
        real_clock=time_scale is None,
        settings=first,
        dies_with_us=foreground,
    )
    directory = StateDirectory(state_dir)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(process.stop, running, child)
        _plan(running, planned)
        _say(f"the local cloud serves at {running.endpoint_url} (process {running.pid}, state in {running.state_dir})")
        if not foreground:
            where = directory.option
            _say(f'use it:  eval "$(lookout-local env{where})"   stop it:  lookout-local down{where}')
            at_the_end.pop_all()  # it stays: the user knows of it
            return
        with contextlib.suppress(KeyboardInterrupt):
            while child.poll() is None:
                time.sleep(0.2)
            raise LocalCloudError(f"the local cloud ended by itself:\n{directory.log_tail()}")


@app.command()
def down(state_dir: StateDir = DEFAULT_STATE_DIR) -> None:
    """Stop the cloud; everything in it is gone."""
    path = StateDirectory(state_dir).path
    pid = process.stop_in(state_dir)
    _say(f"no local cloud runs in {path}" if pid is None else f"stopped the local cloud in {path}, process {pid}")


@app.command()
def status(state_dir: StateDir = DEFAULT_STATE_DIR) -> None:
    """Say what runs, which stacks it holds and what they wait for; exit status 1 when nothing runs."""
    running = process.find(state_dir)
    if running is None:
        _say(f"no local cloud runs in {StateDirectory(state_dir).path}")
        raise typer.Exit(1)
    health = _health(running)
    stacks = health["stacks"]
    typer.echo(f"endpoint   {running.endpoint_url}")
    typer.echo(f"process    {running.pid}")
    _say(f"state      {running.state_dir}")
    speed = health["clock_speed"]
    typer.echo(f"clock      {health['now']:%Y-%m-%d %H:%M:%S} UTC{f', {speed:g} times as fast' if speed != 1 else ''}")
    if not stacks:
        typer.echo("stacks     none")
        return
    table = Table("account", "region", "stack", "status", "waits for")
    for stack in stacks:
        waits_for = ", ".join(f"{what} since {seconds:.0f} s" for what, seconds in stack["waits_for"].items())
        table.add_row(stack["account"], stack["region"], stack["name"], stack["status"], waits_for)
    Console(markup=False).print(table)


@app.command()
def reset(state_dir: StateDir = DEFAULT_STATE_DIR) -> None:
    """Empty the cloud: all accounts, all services."""
    remote.request(_running(state_dir), "POST", "reset")
    typer.echo("the local cloud is empty")


@app.command()
def settings(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME[=VALUE]]...", help="Settings to change, or to show: all, or quotas.datasets=3."),
    ] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Take all changes back first: as they were when the cloud started.")
    ] = False,
    state_dir: StateDir = DEFAULT_STATE_DIR,
) -> None:
    """Show how the services of the cloud behave, or change it: lookout-local settings quotas.datasets=3."""
    asked = names or []
    assignments = [text for text in asked if "=" in text]
    running = _running(state_dir)
    of_the_cloud = remote.RemoteSettings(running)
    written.changed(Settings(), assignments)  # what makes no sense takes nothing back
    if reset:
        of_the_cloud.reset()
    found = written.changed(of_the_cloud.get(), assignments)
    if assignments:
        of_the_cloud.put(found)
    if asked or not reset:
        for name, value in written.chosen(found, [text.partition("=")[0] for text in asked]).items():
            _say(f"{name}={value}")


@app.command()
def faults(
    planned: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[OPERATION=KIND]...",
            help="What goes wrong next: CreateDataset=throttle,times=3 or CreateModel=fail,reason=… or "
            f"ListModels=slow,seconds=5. Kinds: {', '.join(get_args(Kind))}.",
        ),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take back all that wait first.")] = False,
    state_dir: StateDir = DEFAULT_STATE_DIR,
) -> None:
    """Show the faults that wait for their call, or add some: lookout-local faults CreateDataset=throttle."""
    given = [written.fault(text) for text in planned or []]
    running = _running(state_dir)
    of_the_cloud = remote.RemoteFaults(running)
    if clear:
        of_the_cloud.clear()
    _plan(running, given)
    for each in of_the_cloud.all():
        _say(written.fault_shown(each))


@app.command()
def env(
    account: Account = ACCOUNT,
    region: Region = REGION,
    proxy: Annotated[
        bool,
        typer.Option(
            "--proxy",
            help="For programs with AWS's own addresses in them as well: those of both Lookout services, S3 and STS.",
        ),
    ] = False,
    state_dir: StateDir = DEFAULT_STATE_DIR,
) -> None:
    """Print shell commands that point AWS tools at the cloud: eval "$(lookout-local env)"."""
    running = _running(state_dir)
    settings = variables(running.endpoint_url, running.secret, account=account, region=region)
    if proxy:
        opened = remote.proxy(running)
        settings |= proxied(opened.url, opened.certificate)
    # The output is evaluated, and not every name of a variable is one for the shell.
    in_the_way = {name for name in os.environ if re.fullmatch(r"AWS_\w+", name, re.ASCII)} - settings.keys()
    for name in sorted(in_the_way | {"AWS_PROFILE", "AWS_SESSION_TOKEN"}):
        typer.echo(f"unset {name};")
    for name, value in settings.items():
        _say(f"export {name}={shlex.quote(value)};")


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


def _say(text: str) -> None:
    """Print a line as it is: what looks like a colour in it is part of a path."""
    typer.echo(text, color=True)


def _running(state_dir: Path) -> Running:
    """The cloud of a state directory; raises LocalCloudError unless it runs and answers."""
    running = process.find(state_dir)
    if running is None:
        directory = StateDirectory(state_dir)
        raise LocalCloudError(f"no local cloud runs in {directory.path}: lookout-local up{directory.option}")
    _health(running)
    return running


def _plan(running: Running, planned: Iterable[PlannedFault]) -> None:
    for each in planned:
        remote.RemoteFaults(running).add(each.operation, each.fault, each.times)


def _health(running: Running) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = remote.request(running, "GET", "health", seconds=_PATIENCE)
    except remote.AdminError as error:
        option = StateDirectory(Path(running.state_dir)).option
        raise LocalCloudError(
            f"{error}; process {running.pid} is busy or hangs: lookout-local down{option} ends it"
        ) from error
    return answer
