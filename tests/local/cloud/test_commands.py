"""What `lookout-local` says when it cannot do what it was asked for: one line with a way out, and never a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lookout_local import commands, process, remote, tools
from lookout_local.cli import main

#: Exit status and standard error of a command.
Run = Callable[..., tuple[object, str]]
READS_THE_DIRECTORY = ["down", "status", "env", "reset", "settings", "faults", "cdk", "aws"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOKOUT_LOCAL_STATE_DIR", raising=False)

    def running(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["lookout-local", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return ended.value.code, said

    return running


@pytest.mark.parametrize("port", ["80000", "-1", "65536"])
def test_a_port_that_is_none_is_refused(port: str, run: Run) -> None:
    status, said = run("up", "--port", port)
    assert status == 1
    assert f"port of a local cloud: got {port}, expected 0 to 65535" in said


@pytest.mark.parametrize("scale", ["nan", "inf", "0", "-1", "1e400"])
def test_a_time_scale_that_makes_no_sense_is_refused(scale: str, run: Run) -> None:
    status, said = run("up", "--time-scale", scale)
    assert status == 1
    assert f"time_scale of a local cloud: got {float(scale)}, expected 0.0001 to 1000" in said


@pytest.mark.parametrize(("option", "value"), [("--port", "abc"), ("--port", ""), ("--time-scale", "fast")])
def test_what_is_no_number_is_refused(option: str, value: str, run: Run) -> None:
    status, said = run("up", option, value)
    assert status == 2
    assert f"Invalid value for '{option}'" in said


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--progress", "3", "progress: got '3', expected describes=<count>, seconds=<seconds>, or both"),
        ("--quotas", "dataset=3", "quota: got 'dataset=3', expected NAME=NUMBER, such as datasets=3"),
        ("--quotas", "datasets=-1", "datasets of Quotas: got -1, expected a whole number (0 or more)"),
        ("--fault", "CreateDataset", "fault: got 'CreateDataset', expected OPERATION=KIND"),
    ],
)
def test_what_makes_no_sense_starts_no_cloud(option: str, value: str, message: str, run: Run) -> None:
    status, said = run("up", option, value)
    assert status == 1
    assert said.startswith(f"error: {message}")
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("command", ["up", *READS_THE_DIRECTORY])
@pytest.mark.parametrize(("path", "reason"), [("file", "is not a directory"), ("file/below", "not a directory")])
def test_a_state_directory_that_is_a_file_is_refused(command: str, path: str, reason: str, run: Run) -> None:
    Path("file").touch()
    status, said = run(command, "--state-dir", path)
    assert status == 1
    assert said.startswith(f"error: the state directory {Path.cwd()}/{path} ")
    assert f"{reason}; choose another one" in said


@pytest.mark.parametrize("command", ["up", *READS_THE_DIRECTORY])
def test_a_path_that_is_too_long_is_refused(command: str, run: Run) -> None:
    status, said = run(command, "--state-dir", "x" * 300)
    assert status == 1
    assert "cannot be used: file name too long" in said


@pytest.mark.parametrize("command", ["env", "reset", "settings", "faults", "cdk", "aws"])
def test_the_way_out_names_the_state_directory_as_a_shell_reads_it(command: str, run: Run) -> None:
    status, said = run(command, "--state-dir", "x$(touch f)")
    assert status == 1
    assert said.splitlines()[0].endswith(f": lookout-local up --state-dir '{Path.cwd()}/x$(touch f)'")


@pytest.mark.parametrize("command", ["status", "env", "reset", "settings", "faults", "cdk", "aws"])
def test_a_server_that_does_not_answer_is_an_error_with_a_way_out(
    command: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "find", lambda state_dir: process.Running(4242, 9, "/my state"))
    status, said = run(command)
    assert status == 1
    assert "no local cloud answers at http://127.0.0.1:9: " in said
    assert "; process 4242 is busy or hangs: lookout-local down --state-dir '/my state' ends it\n" in said


def test_names_of_variables_cannot_get_into_the_shell(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(process, "find", lambda state_dir: process.Running(4242, 9, "/state"))
    monkeypatch.setattr(remote, "request", lambda *arguments, **options: {"stacks": []})
    for name in ("AWS_PROFILE_2", "AWS_X;touch f", "AWS_$(touch f)", "AWS_\u00e9", "AWS_X\nY"):
        monkeypatch.setenv(name, "x")
    said: list[str] = []
    monkeypatch.setattr(commands, "_say", said.append)
    monkeypatch.setattr(commands.typer, "echo", said.append)
    assert run("env") == (0, "")
    assert "unset AWS_PROFILE_2;" in said
    assert [line for line in said if "touch" in line or "\u00e9" in line or "\n" in line] == []
    assert [line for line in said if not line.endswith(";")] == []


def test_an_output_that_cannot_be_written_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full, open(os.devnull, "w") as copy:
        monkeypatch.setattr(sys, "stdout", full)
        status, said = run("down")
        os.dup2(copy.fileno(), full.fileno())
    assert status == 1
    assert "error: [Errno 28] No space left on device" in said


def test_an_interrupted_command_says_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "require_extra", interrupt)
    assert run("up") == (130, "")


@pytest.mark.parametrize("command", ["env", "cdk", "aws"])
@pytest.mark.parametrize("account", ["12", "1111111111111", "\u0661" * 12, "me"])
def test_what_is_no_account_is_refused(command: str, account: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda state_dir: process.Running(4242, 9, "/state"))
    monkeypatch.setattr(remote, "request", lambda *arguments, **options: {"stacks": []})
    monkeypatch.setattr(tools, "find_cdk", lambda start: start)
    status, said = run(command, "--account", account)
    assert (status, said.splitlines()[0]) == (1, f"error: account: got {account!r}, expected 12 digits")


def test_the_status_of_a_stack_says_what_it_waits_for_and_since_when(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda state_dir: process.Running(4242, 9, "/state"))
    stack = {"account": "111111111111", "region": "us-east-1", "name": "Plant", "status": "CREATE_IN_PROGRESS"}
    waiting = {**stack, "waits_for": {"Wear": 41.6, "Pumps": 2.0}}
    answer = {"stacks": [waiting], "now": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "clock_speed": 100.0}
    monkeypatch.setattr(remote, "request", lambda *arguments, **options: answer)
    monkeypatch.setenv("COLUMNS", "200")
    with redirect_stdout(io.StringIO()) as told:
        run("status")
    assert "Wear since 42 s, Pumps since 2 s" in told.getvalue()
    assert "clock      2026-01-02 03:04:05 UTC, 100 times as fast\n" in told.getvalue()
