"""The AWS SDK for JavaScript that functions find, without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lookout_local.functions import sdk
from lookout_local.functions.sdk import Sdk, SdkUnavailable

LOCK = Path(sdk.__file__).parent / "package-lock.json"
#: Nothing listens at port 9.
OFFLINE = {"npm_config_registry": "http://127.0.0.1:9/", "PATH": ""}


def test_offline_the_error_says_what_is_missing_and_why(tmp_path: Path) -> None:
    with pytest.raises(SdkUnavailable) as failure:
        Sdk(tmp_path, {**OFFLINE, "HOME": str(tmp_path)}).fetch("@aws-sdk/client-s3")
    message = str(failure.value)
    assert message.startswith("@aws-sdk/client-s3 is a part of the AWS SDK that Lambda has in its Node runtimes; ")
    assert "ECONNREFUSED" in message


def test_a_part_that_no_lock_names_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(SdkUnavailable, match="@aws-sdk/client-nothing is not among the parts of the AWS SDK"):
        Sdk(tmp_path / "sdk", OFFLINE).fetch("@aws-sdk/client-nothing")
    assert not (tmp_path / "sdk").exists()


def test_what_is_here_in_its_version_is_not_fetched_again(tmp_path: Path) -> None:
    name = "node_modules/@aws-sdk/client-s3"
    noted = {"packages": {name: json.loads(LOCK.read_text())["packages"][name]}}
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/.package-lock.json").write_text(json.dumps(noted))
    Sdk(tmp_path, OFFLINE).fetch("@aws-sdk/client-s3")
    noted["packages"][name]["version"] = "3.0.0"
    (tmp_path / "node_modules/.package-lock.json").write_text(json.dumps(noted))
    with pytest.raises(SdkUnavailable):
        Sdk(tmp_path, OFFLINE).fetch("@aws-sdk/client-s3")


def test_only_functions_of_this_cloud_are_answered(tmp_path: Path) -> None:
    sdk.configure(tmp_path, {**OFFLINE, "AWS_PROFILE": "work"})
    here = sdk.of_this_cloud()
    assert "AWS_PROFILE" not in here.environment
    function = "arn:aws:lambda:us-east-1:111111111111:function:f"
    for path in ("", "/", f"0123456789abcdef/{function}/@aws-sdk/client-s3", f"é{here.token}/{function}/x"):
        assert not sdk.is_ours(f"{sdk.PATH}{path}")
    asked = f"{sdk.PATH}{here.token}/{function}/@aws-sdk/client-nothing"
    assert sdk.is_ours(asked)
    assert not sdk.is_ours(asked.replace("sdk", "other", 1))
    status, reason = sdk.receive(asked)
    assert (status, sdk.failure_of(function)) == (503, reason.decode())
    assert "client-nothing" in reason.decode()
    assert sdk.failure_of("another") == ""


def test_npm_refuses_within_functions(tmp_path: Path) -> None:
    program = Sdk(tmp_path, OFFLINE).programs / "npm"
    assert program.stat().st_mode & 0o111
    assert "exit 1" in program.read_text()
