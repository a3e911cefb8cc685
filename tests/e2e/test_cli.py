"""`lookout-local` as its users type it: a cloud, the real CDK CLI and the AWS CLI, with IAM enforcement."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookout_local import process
from lookout_local.cli import main
from tests.e2e.shell import COMMAND, Shell

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
APP = """
import aws_cdk as cdk
from aws_cdk import aws_s3_assets, aws_ssm

app = cdk.App()
stack = cdk.Stack(app, "Tiny")
asset = aws_s3_assets.Asset(stack, "Asset", path="app.py")
parameter = aws_ssm.StringParameter(stack, "Parameter", string_value=asset.s3_object_key)
cdk.CfnOutput(stack, "Name", value=parameter.parameter_name)
app.synth()
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A directory with a CDK app in which a cloud runs."""
    directory = tmp_path_factory.mktemp("app")
    (directory / "app.py").write_text(APP)
    (directory / "cdk.json").write_text(json.dumps({"app": "python app.py"}))
    (directory / "node_modules").symlink_to(ROOT / "node_modules")
    shell = Shell(directory)
    shell("up")
    yield shell
    shell("down")
    assert process.find(directory / ".lookout-local") is None


def test_the_cdk_cli_bootstraps_deploys_and_destroys_an_unmodified_app(shell: Shell) -> None:
    first = shell("cdk", "deploy", "--outputs-file", "outputs.json")
    assert "bootstrapping aws://111111111111/us-east-1" in first
    assert "Tiny" in shell("status")
    name = json.loads((shell.directory / "outputs.json").read_text())["Tiny"]["Name"]
    value = json.loads(shell("aws", "ssm", "get-parameter", "--name", name))["Parameter"]["Value"]
    assert value.endswith(".py")
    second = shell("cdk", "deploy")
    assert "bootstrapping" not in second
    assert "no changes" in second
    shell("cdk", "destroy", "--force")
    assert json.loads(shell("aws", "ssm", "get-parameters", "--names", name))["InvalidParameters"] == [name]


def test_the_aws_cli_talks_to_lookout_for_equipment_in_any_account(shell: Shell) -> None:
    who = json.loads(shell("aws", "--account", "222222222222", "sts", "get-caller-identity"))
    assert who["Arn"] == "arn:aws:iam::222222222222:root"
    listed = json.loads(shell("aws", "--region", "eu-west-1", "lookoutequipment", "list-datasets"))
    assert listed == {"DatasetSummaries": []}


def test_the_exit_status_of_the_tool_is_passed_on(shell: Shell) -> None:
    shell("cdk", "no-such-command", status=1)


def test_the_environment_is_for_the_shell_to_evaluate(shell: Shell) -> None:
    commands = shell("env", "--account", "222222222222")
    script = f"{commands}\nexec {shlex.quote(sys.executable)} -c 'import os, json; print(json.dumps(dict(os.environ)))'"
    outer = {**os.environ, "AWS_PROFILE": "work"}
    done = subprocess.run(["sh", "-c", script], env=outer, capture_output=True, text=True, check=True)
    inner = json.loads(done.stdout)
    assert inner["AWS_ACCESS_KEY_ID"] == "222222222222"
    assert inner["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert "AWS_PROFILE" not in inner


def test_a_second_cloud_in_the_same_directory_is_refused(shell: Shell) -> None:
    assert "a local cloud already runs in" in shell("up", status=1)


def test_a_reset_leaves_nothing(shell: Shell) -> None:
    shell("aws", "s3", "mb", "s3://to-be-forgotten")
    shell("reset")
    assert shell("aws", "s3", "ls") == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cloud_in_the_foreground_ends_with_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    command = [COMMAND, "up", "--foreground"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as foreground:
        assert foreground.stdout is not None
        assert "serves at http://127.0.0.1:" in foreground.stdout.readline()
        running = process.find(tmp_path / ".lookout-local")
        assert running is not None
        foreground.send_signal(number)
    for _ in range(1000):
        if not running.alive():
            break
        signal.sigtimedwait([], 0.01)
    assert not running.alive()


def test_an_interrupted_synthesis_ends_without_a_word(shell: Shell) -> None:
    directory = shell.directory
    endless = "import pathlib, time; pathlib.Path('began').touch(); time.sleep(600)"
    command = [COMMAND, "cdk", "deploy", "--app", f'python -c "{endless}"']
    # In a session of its own, whose programs all get the signal, as those of a terminal do.
    with subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as synthesis:
        while not (directory / "began").exists():
            assert synthesis.poll() is None
            signal.sigtimedwait([], 0.05)
        os.killpg(synthesis.pid, signal.SIGINT)
        said, _ = synthesis.communicate(timeout=60)
    assert (said.strip(), synthesis.returncode) == ("", 130)


@pytest.mark.parametrize("command", [["env"], ["reset"], ["cdk", "deploy"], ["aws", "s3", "ls"]])
def test_without_a_cloud_commands_say_how_to_start_one(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["lookout-local", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert f"error: no local cloud runs in {tmp_path / '.lookout-local'}: lookout-local up" in capsys.readouterr().err
