"""A server as its users start it: a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from lookout_server.api_models import MODELS
from tests.server.cli.support import POLICY

COMMAND = str(Path(sys.executable).with_name("lookout-server"))
REGION = "us-east-1"


def environment(**more: str) -> dict[str, str]:
    """The environment of commands: nothing of the user's own configuration."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG") if name in os.environ}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DATA_PATH": str(MODELS),
        "AWS_DEFAULT_REGION": REGION,
        **more,
    }


def command(*arguments: object, status: int = 0, stdin: str = "") -> str:
    """What `lookout-server` says; fails unless it ends with that exit status, and without a traceback."""
    ran = subprocess.run(
        [COMMAND, *map(str, arguments)],
        env=environment(),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stdout + ran.stderr


@dataclass
class Serving:
    """A server that runs."""

    process: subprocess.Popen[str]
    record: dict[str, Any]
    log: Path

    @property
    def url(self) -> str:
        return str(self.record["url"])

    def lines(self) -> list[dict[str, Any]]:
        """Its log, as far as lines are whole."""
        *lines, _ = self.log.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def serving(data: Path, *options: object, **variables: str) -> Iterator[Serving]:
    """A server on a free port, until the end of the `with`, however it ends; *variables* go into its environment."""
    log = data.with_suffix(f".{len(list(data.parent.iterdir()))}.log")
    with log.open("w", encoding="utf-8") as err:
        process = subprocess.Popen(
            [COMMAND, "serve", "--data", str(data), "--port", "0", "--json", *map(str, options)],
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text(encoding="utf-8")
        yield Serving(process, json.loads(line), log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def key(data: Path, name: str = "plant", account: str = "000000000000", policy: str = POLICY) -> Mapping[str, str]:
    """A key that may do everything, unless a policy says otherwise."""
    options = ("--policy", "-", "--account", account, "--json", "--data", data)
    made = command("keys", "add", name, *options, stdin=policy)
    return dict(json.loads(made))


def client(service: str, url: str, key: Mapping[str, str], verify: str | None = None, region: str = REGION) -> Any:
    """An ordinary client of boto3."""
    session = boto3.Session(key["access_key"], key["secret_access_key"], region_name=region)
    session._loader.search_paths.insert(0, str(MODELS))
    config = Config(retries={"total_max_attempts": 1})
    return session.client(service, endpoint_url=url, config=config, verify=verify)  # type: ignore[call-overload]
