"""The command line tools that are run against a local cloud: the CDK CLI and the AWS CLI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lookout_local import bootstrap
from lookout_local.clients import client
from lookout_local.deployment import Environment
from lookout_local.environment import variables, without_aws
from lookout_local.node import node
from lookout_local.process import LocalCloudError, Running

CDK_VERSION = "2.1148.1"
_CDK = Path("node_modules", "aws-cdk", "bin", "cdk")
# The commands that use what `cdk bootstrap` makes.
_NEED_BOOTSTRAP = ("deploy", "diff", "import", "rollback", "watch")


def environment_for(running: Running, environment: Environment) -> dict[str, str]:
    """This process's environment, pointed at the cloud; python and node are those of this installation."""
    scripts = str(Path(sys.executable).parent)
    inner = variables(running.endpoint_url, account=environment.account, region=environment.region)
    path = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])
    return {**without_aws(os.environ), **inner, "PATH": path}


def run_cdk(running: Running, environment: Environment, arguments: Sequence[str]) -> int:
    """Run the CDK CLI, after bootstrapping where it is needed; its exit status. Raises LocalCloudError."""
    command = [str(node()), str(find_cdk(Path.cwd()))]
    variables = environment_for(running, environment)
    if any(argument in _NEED_BOOTSTRAP for argument in arguments):
        bootstrap_once(running, environment)
    return subprocess.run([*command, *arguments], env=variables, check=False).returncode


def bootstrap_once(running: Running, environment: Environment) -> bool:
    """Run `cdk bootstrap` for an account and Region unless that was done; whether it was run now."""
    place = {"account": environment.account, "region": environment.region}
    if bootstrap.has_roles(client("iam", endpoint_url=running.endpoint_url, **place), environment):
        return False
    target = f"aws://{environment.account}/{environment.region}"
    print(f"bootstrapping {target}", file=sys.stderr)
    command = [str(node()), str(find_cdk(Path.cwd())), "bootstrap", target]
    # Elsewhere than in the app's directory, where the CLI would run the app.
    with tempfile.TemporaryDirectory(prefix="lookout-local-") as directory:
        done = subprocess.run(
            command,
            env=environment_for(running, environment),
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        raise LocalCloudError(f"`cdk bootstrap {target}` failed:\n{done.stdout}")
    return True


def run_aws(running: Running, environment: Environment, arguments: Sequence[str]) -> int:
    """Run the AWS CLI; its exit status. Raises LocalCloudError when it is not installed."""
    variables = environment_for(running, environment)
    aws = shutil.which("aws", path=variables["PATH"])
    if aws is None:
        raise LocalCloudError("the AWS CLI is not installed: pip install awscli")
    return subprocess.run([aws, *arguments], env=variables, check=False).returncode


def find_cdk(start: Path) -> Path:
    """The CDK CLI in node_modules of a directory or of one above it; raises LocalCloudError."""
    for directory in (start, *start.parents):
        if (directory / _CDK).exists():
            return directory / _CDK
    raise LocalCloudError(
        f"the CDK CLI is not in {start / 'node_modules'} or above: "
        f"{Path(sys.executable).parent / 'npm'} install aws-cdk@{CDK_VERSION}"
    )
