"""The real CDK CLI, run for the demo: what it said, and what CloudFormation did."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookout_local import tools
from lookout_local.deployment import Environment
from lookout_local.process import Running

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Outcome:
    """One run of the CLI."""

    command: str
    stack: str
    ok: bool
    output: str

    @property
    def unchanged(self) -> bool:
        return "(no changes)" in self.output


@dataclass(frozen=True)
class Cli:
    """The CDK CLI in one account, and in the directory of one app."""

    running: Running
    account: str
    context: Mapping[str, str]
    app: Path = ROOT

    def deploy(self, *stacks: str, **context: str) -> Outcome:
        options = ["--require-approval", "never", "--progress", "events", "--concurrency", str(len(stacks))]
        return self._run("deploy", stacks, options, context)

    def destroy(self, *stacks: str, **context: str) -> Outcome:
        return self._run("destroy", stacks, ["--force", "--progress", "events"], context)

    def _run(self, command: str, stacks: Sequence[str], options: Sequence[str], context: Mapping[str, str]) -> Outcome:
        environment = Environment(self.account, "us-east-1")
        tools.bootstrap_once(self.running, environment)
        shown = " ".join(["cdk", command, *stacks, *(f"-c {key}={value}" for key, value in context.items())])
        given = [item for key, value in {**self.context, **context}.items() for item in ("-c", f"{key}={value}")]
        done = subprocess.run(
            [str(tools.find_cdk(ROOT)), command, *stacks, *options, *given, "--output", str(self._output())],
            cwd=self.app,
            # The CDK's own check of templates takes half of a synthesis; a test of the constructs has it.
            env={**tools.environment_for(self.running, environment), "CI": "true", "CDK_VALIDATION": "false"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Outcome(shown, stacks[0], done.returncode == 0, done.stdout.replace(str(ROOT) + os.sep, ""))

    def _output(self) -> Path:
        """Where the app is synthesised to: apps that are deployed at once must not share it."""
        return Path(self.running.state_dir) / f"cdk.out-{self.app.name}-{self.account}"


def failures(cloudformation: Any, stack: str) -> list[tuple[str, str]]:
    """The resources that failed in the last deployment, each with the reason that CloudFormation shows."""
    found = []
    for event in cloudformation.describe_stack_events(StackName=stack)["StackEvents"]:
        if event["ResourceStatus"] in ("UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS") and _of_the_stack(event):
            break
        if event["ResourceStatus"] in ("CREATE_FAILED", "UPDATE_FAILED") and not _of_the_stack(event):
            found.append((event["LogicalResourceId"], event.get("ResourceStatusReason", "")))
    return found


def retained(cloudformation: Any, stack_id: str) -> list[tuple[str, str]]:
    """What a deleted stack has left because its policy says so: logical id and physical id."""
    events = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
    return [
        (event["LogicalResourceId"], event["PhysicalResourceId"])
        for event in reversed(events)
        if event["ResourceStatus"] == "DELETE_SKIPPED"
    ]


def _of_the_stack(event: Mapping[str, Any]) -> bool:
    return bool(event["PhysicalResourceId"] == event["StackId"])
