"""Finding the command line tools that are run against a local cloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lookout_local import tools
from lookout_local.deployment import Environment
from lookout_local.errors import LocalCloudError
from lookout_local.process import Running


def test_the_cdk_cli_of_the_nearest_node_modules_is_found(tmp_path: Path) -> None:
    cli = tmp_path / "node_modules" / "aws-cdk" / "bin" / "cdk"
    cli.parent.mkdir(parents=True)
    cli.touch()
    below = tmp_path / "apps" / "mine"
    below.mkdir(parents=True)
    assert tools.find_cdk(below) == cli


def test_a_missing_cdk_cli_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"npm install aws-cdk@\d+\.\d+\.\d+"):
        tools.find_cdk(tmp_path)


def test_the_cdk_cli_that_is_recommended_is_the_one_that_is_pinned() -> None:
    pinned = json.loads((Path(__file__).parents[3] / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert pinned == tools.CDK_VERSION


def test_a_missing_aws_cli_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    running = Running(1, 1, str(tmp_path))
    with pytest.raises(LocalCloudError, match="pip install awscli"):
        tools.run_aws(running, Environment("111111111111", "us-east-1"), ["s3", "ls"])
