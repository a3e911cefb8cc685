"""The CDK CLI, run against a local cloud.

What its stacks expect of an account is known only once the app was synthesised, because synthesizers differ. So the CLI
runs this module as the app: it runs the real one, and then makes what the stacks expect.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lookout_local import process, tools
from lookout_local.deployment import Environment
from lookout_local.errors import LocalCloudError, told
from lookout_local.node import node
from lookout_local.process import Running
from lookout_local.state_directory import StateDirectory

# The commands that deploy, or look at what is deployed, with what `cdk bootstrap` makes.
_NEED_BOOTSTRAP = ("deploy", "diff", "import", "rollback", "watch")
_APP = "LOOKOUT_LOCAL_APP"
_STATE_DIR = "LOOKOUT_LOCAL_STATE_DIR"
# A Ctrl-C during the imports ends it without a word.
_AS_APP = f"import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); from {__name__} import main; main()"


def run(running: Running, environment: Environment, arguments: Sequence[str]) -> int:
    """Run the CDK CLI; its exit status. Raises LocalCloudError."""
    command = [str(node()), str(tools.find_cdk(Path.cwd()))]
    # On this machine there is nothing to approve, and often no terminal to ask at.
    variables = {"CDK_REQUIRE_APPROVAL": "never", **tools.environment_for(running, environment)}
    app, others = _app_of(arguments)
    prepares = any(argument in _NEED_BOOTSTRAP for argument in arguments)
    if Path(app).is_dir():
        if app and prepares:
            tools.prepare(running, environment, Path(app))
    else:
        variables |= {_APP: app, _STATE_DIR: running.state_dir if prepares else ""}
        # In the app's directory, from which nothing may be imported here (-P).
        arguments = [*others, "--app", shlex.join([sys.executable, "-P", "-c", _AS_APP])]
    return subprocess.run([*command, *arguments], env=variables, check=False).returncode


def run_app(variables: Mapping[str, str]) -> int:
    """Run the app itself, look at what it made, make what that needs if it is for that; the app's exit status."""
    status = _run(_runnable(variables[_APP]))
    if status == 0 and variables[_STATE_DIR]:
        running = process.find(Path(variables[_STATE_DIR]))
        if running is None:
            directory = StateDirectory(Path(variables[_STATE_DIR]))
            raise LocalCloudError(f"no local cloud runs in {directory.path}: lookout-local up{directory.option}")
        here = Environment(variables["CDK_DEFAULT_ACCOUNT"], variables["CDK_DEFAULT_REGION"])
        tools.prepare(running, here, Path(variables["CDK_OUTDIR"]))
    return status


def _run(command: str) -> int:
    """Run a shell's command in a process group of its own, which a Ctrl-C ends without a word; its exit status."""
    process = subprocess.Popen(command, shell=True, process_group=0)
    try:
        return process.wait()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _runnable(app: str) -> str:
    """The command of an app: the CLI runs a script with node that cannot be run by itself."""
    path = Path(app)
    script = path.suffix == ".js" and path.is_file() and not os.access(path, os.X_OK)
    return f"node {shlex.quote(app)}" if script else app


def _app_of(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The app that the CLI would run, by arguments, environment and configuration; and the other arguments."""
    app, others = "", []
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in ("--app", "-a"):
            app = value if equals else next(rest, "")
        else:
            others.append(argument)
    configured = (_configured(path) for path in (Path("cdk.json"), Path.home() / ".cdk.json"))
    return app or os.environ.get("CDK_APP") or next(filter(None, configured), ""), others


def _configured(path: Path) -> str:
    """The app that a configuration file of the CLI names; '' when it names none."""
    try:
        app = json.loads(path.read_text()).get("app") or ""
    except (OSError, ValueError, AttributeError):
        return ""
    return shlex.join(app) if isinstance(app, list) else str(app)


def main() -> None:
    """Be the app that the CLI runs; raises SystemExit with its exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        raise SystemExit(run_app(os.environ))
    except LocalCloudError as error:
        print(told(error), file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
