"""The command line tools that are run against a local cloud: the CDK CLI and the AWS CLI."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lookout_local import assembly, bootstrap
from lookout_local.clients import client
from lookout_local.deployment import Deployer, Environment
from lookout_local.environment import variables, without_aws
from lookout_local.errors import LocalCloudError
from lookout_local.node import node
from lookout_local.process import Running

CDK_VERSION = "2.1148.1"
_CDK = Path("node_modules", "aws-cdk", "bin", "cdk")


def environment_for(running: Running, environment: Environment) -> dict[str, str]:
    """This process's environment, pointed at the cloud; python and node are those of this installation."""
    scripts = str(Path(sys.executable).parent)
    place = {"account": environment.account, "region": environment.region}
    inner = variables(running.endpoint_url, running.secret, **place)
    path = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])
    # The `node` beside python is a script, one process more, which a Ctrl-C makes noisy.
    return {"JSII_NODE": str(node()), **without_aws(os.environ), **inner, "PATH": path}


def prepare(running: Running, environment: Environment, directory: Path) -> None:
    """Make what the stacks of an assembly expect, in the account that acts. Raises LocalCloudError."""
    clients = _Clients(running)
    for stack in assembly.stacks(directory, environment):
        if stack.environment.account == environment.account:
            for qualifier in sorted(bootstrap.qualifiers_of(stack.needs, stack.environment)):
                if f"role/cdk-{qualifier}-" in stack.needs.role:
                    bootstrap_once(running, stack.environment, qualifier)
            bootstrap.ensure(Deployer(clients), clients, stack.needs, stack.environment)


def bootstrap_once(running: Running, environment: Environment, qualifier: str = bootstrap.DEFAULT_QUALIFIER) -> bool:
    """Do what `cdk bootstrap` does to an account and Region unless that was done; whether it was done now.

    It is the CDK CLI's template, deployed in half a second: the CLI itself looks every five whether it has ended.
    """
    clients = _Clients(running)
    if bootstrap.has_roles(
        clients("iam", account=environment.account, region=environment.region), environment, qualifier
    ):
        return False
    where = f"aws://{environment.account}/{environment.region}"
    own = f" with qualifier {qualifier}" if qualifier != bootstrap.DEFAULT_QUALIFIER else ""
    print(f"bootstrapping {where}{own}", file=sys.stderr, flush=True)
    parameters = {"Qualifier": qualifier, "FileAssetsBucketKmsKeyId": "AWS_MANAGED_KEY"}
    Deployer(clients).put(
        bootstrap.toolkit_name(qualifier), _bootstrap_template(running, environment), environment, parameters=parameters
    )
    return True


def _bootstrap_template(running: Running, environment: Environment) -> str:
    """The template of the CDK CLI that is installed. Raises LocalCloudError."""
    command = [str(node()), str(find_cdk(Path.cwd())), "bootstrap", "--show-template", "--json"]
    variables = environment_for(running, environment)
    for name in ("CDK_OUTDIR", "CDK_CONTEXT_JSON"):  # of the CLI that runs the app in which this happens
        variables.pop(name, None)
    # Elsewhere than in the app's directory, where the CLI would read the app's configuration.
    with tempfile.TemporaryDirectory(prefix="lookout-local-") as directory:
        done = subprocess.run(command, env=variables, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalCloudError(f"`cdk bootstrap --show-template` failed:\n{done.stderr}")
    return done.stdout


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
    npm = shlex.quote(str(Path(sys.executable).parent / "npm"))
    raise LocalCloudError(
        f"the CDK CLI is not in {start / 'node_modules'} or above: {npm} install aws-cdk@{CDK_VERSION}"
    )


class _Clients:
    """Makes clients of a cloud, which act as the root of an account."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def __call__(self, service: str, *, account: str, region: str) -> Any:
        url, secret = self._running.endpoint_url, self._running.secret
        return client(service, endpoint_url=url, account=account, region=region, aws_secret_access_key=secret)
