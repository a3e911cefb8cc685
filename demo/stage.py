"""Where a story is played: a local cloud, the real CDK CLI on it, and somebody who says what happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.cli import ROOT, Cli, Outcome, failures
from lookout_local import remote
from lookout_local.clients import client
from lookout_local.process import Running
from lookout_local.remote import RemoteCalls, RemoteFaults, RemoteSettings
from lookout_server.settings import Settings

TRAINING, PLANT = "111111111111", "222222222222"


class Stage:
    """One local cloud, as the stories use it."""

    def __init__(self, running: Running, console: Console) -> None:
        self._running = running
        self._console = console
        self.calls = RemoteCalls(running)
        self.faults = RemoteFaults(running)
        self.settings = RemoteSettings(running)
        self.set(vision_inspection="network")  # as a server does: what is small in a picture is found

    def cli(self, account: str, context: Mapping[str, str] | None = None, *, app: Path = ROOT) -> Cli:
        """The CDK CLI in an account, in the directory of an app."""
        return Cli(self._running, account, context or {}, app)

    def client(self, service: str, account: str = PLANT) -> Any:
        """A boto3 client of the account's root."""
        running = self._running
        return client(service, endpoint_url=running.endpoint_url, account=account, aws_secret_access_key=running.secret)

    def outputs(self, stack: str, account: str = PLANT) -> dict[str, str]:
        """What a stack puts out."""
        [described] = self.client("cloudformation", account).describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    def now(self) -> datetime:
        """The time as the services see it."""
        return remote.now(self._running)

    # -- saying and checking ------------------------------------------------------------------------------------

    def title(self, text: str) -> None:
        self._console.rule(text, align="left")

    def say(self, text: str) -> None:
        self._console.print(f"  {text}", highlight=False)

    def show(self, table: Table) -> None:
        self._console.print(table)
        self._console.print()

    def expect(self, met: bool, what: str) -> None:
        """Say *what*, or end the demo because it is not so."""
        if not met:
            raise SystemExit(f"demo: expected that {what}")
        self._console.print(f"  [green]ok[/] {what}", highlight=False)

    def said(self, outcome: Outcome) -> None:
        """Say what was run."""
        self._console.print(f"  [bold]$ {outcome.command}[/]", highlight=False)

    def succeeds(self, outcome: Outcome) -> Outcome:
        """Say what was run, and end the demo when it failed."""
        self.said(outcome)
        if not outcome.ok:
            self._console.print(outcome.output, markup=False, highlight=False)
            raise SystemExit(f"demo: `{outcome.command}` failed")
        return outcome

    def fails(self, outcome: Outcome, account: str = PLANT) -> list[str]:
        """Say what was run and why it failed, resource by resource; the reasons."""
        self.said(outcome)
        self.expect(not outcome.ok, "the deployment failed, and was rolled back")
        found = failures(self.client("cloudformation", account), outcome.stack)
        for resource, reason in found:
            self._console.print(f"  [red]{resource}[/]: {reason}", highlight=False)
        return [reason for _, reason in found]

    def until(self, done: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
        """Look until it is *done*; end the demo when *seconds* are over before that."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise SystemExit(f"demo: waited {seconds:.0f} seconds, expected that {what}")
            time.sleep(0.1)
        self.expect(True, what)

    def set(self, **settings: Any) -> Settings:
        """Change settings of the services; returns what they were, for `reset`."""
        before: Settings = self.settings.get()
        self.settings.put(replace(before, **settings))
        return before
