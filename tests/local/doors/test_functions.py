"""What a function knows: the credentials of its role, and nothing that opens more."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_local import LocalCloud
from lookout_local.clients import client
from lookout_local.functions import sdk

from .functions import ECHO, make_function, zipped
from .support import ask, port_of, secret_of

pytestmark = pytest.mark.e2e

#: A runtime of its own, which answers every event with its environment.
BOOTSTRAP = f"""#!{sys.executable}
import json, os, urllib.request
api = f"http://{{os.environ['AWS_LAMBDA_RUNTIME_API']}}/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(api + id + "/response", json.dumps(dict(os.environ)).encode())
"""
PUBLISHED = """
def handle(event, context):
    return {"statusCode": 200, "body": "ran", "headers": {"Access-Control-Allow-Origin": "*"}}
"""
NODE = "exports.handle = async () => ({...process.env});"
STRANGER: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
RUNTIMES = {
    "python": ("index.py", ECHO, "python3.13"),
    "node": ("index.js", NODE, "nodejs22.x"),
    "own": ("bootstrap", BOOTSTRAP, "provided.al2023"),
}


@pytest.fixture(scope="module", params=RUNTIMES)
def environment(lookout_cloud: LocalCloud, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a function."""
    file, code, runtime = RUNTIMES[request.param]
    found: dict[str, str] = make_function(lookout_cloud, f"env-{request.param}", code, file=file, runtime=runtime)()
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA"), found
    return found


def acting(cloud: LocalCloud, service: str, environment: dict[str, str], **changed: str) -> Any:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    options = {name.lower(): environment[name] for name in names}
    return client(service, endpoint_url=cloud.endpoint_url, **{**options, **changed})


def test_a_function_has_the_credentials_of_its_role(lookout_cloud: LocalCloud, environment: dict[str, str]) -> None:
    name = environment["AWS_LAMBDA_FUNCTION_NAME"]
    arn = acting(lookout_cloud, "sts", environment).get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::111111111111:assumed-role/{name}/{name}"
    acting(lookout_cloud, "iam", environment).list_users()
    with pytest.raises(ClientError, match="not authorized"):
        acting(lookout_cloud, "lookoutequipment", environment).list_datasets()


def test_they_are_nothing_without_their_secret_and_token(
    lookout_cloud: LocalCloud, environment: dict[str, str]
) -> None:
    for changed in ({"aws_secret_access_key": "x"}, {"aws_session_token": "x"}, {"aws_access_key_id": "111111111111"}):
        with pytest.raises(ClientError):
            acting(lookout_cloud, "sts", environment, **changed).get_caller_identity()


def test_no_secret_of_the_cloud_is_in_the_environment(lookout_cloud: LocalCloud, environment: dict[str, str]) -> None:
    assert secret_of(lookout_cloud) not in json.dumps(environment)


def test_two_functions_have_different_secrets(lookout_cloud: LocalCloud) -> None:
    first, second = (make_function(lookout_cloud, f"one-of-{name}")() for name in ("two", "them"))
    assert first["AWS_SECRET_ACCESS_KEY"] != second["AWS_SECRET_ACCESS_KEY"]
    with LocalCloud() as other:
        again = make_function(other, "one-of-two")()
    assert again["AWS_ACCESS_KEY_ID"] != first["AWS_ACCESS_KEY_ID"]
    assert again["AWS_SECRET_ACCESS_KEY"] != first["AWS_SECRET_ACCESS_KEY"]


def test_the_code_of_a_function_is_at_a_presigned_url(lookout_cloud: LocalCloud) -> None:
    make_function(lookout_cloud, "located")
    url = lookout_cloud.client("lambda").get_function(FunctionName="located")["Code"]["Location"]
    with urllib.request.urlopen(url) as response:
        assert response.read() == zipped("index.py", ECHO)
    target = url.removeprefix(lookout_cloud.endpoint_url)
    for other in (target.partition("?")[0], target.replace("located", "victim"), target[:-1], target + "0"):
        assert ask(lookout_cloud, "GET", other).status in (400, 403, 404)


def test_the_content_of_a_layer_is_at_a_presigned_url(lookout_cloud: LocalCloud) -> None:
    content = zipped("python/shared.py", "X = 1\n")
    made = lookout_cloud.client("lambda").publish_layer_version(LayerName="shared", Content={"ZipFile": content})
    url = made["Content"]["Location"]
    with urllib.request.urlopen(url) as response:
        assert response.read() == content
    assert ask(lookout_cloud, "GET", url.removeprefix(lookout_cloud.endpoint_url).partition("?")[0]).status == 403


def test_only_the_root_of_an_account_signs_for_its_code(lookout_cloud: LocalCloud) -> None:
    """A role that may not see a function must not sign the URL of its code for itself."""
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    role = make_function(lookout_cloud, "curious")()
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    own = Credentials(*(role[name] for name in names))
    neighbour = Credentials("222222222222", secret_of(lookout_cloud))
    for credentials in (own, neighbour):
        url = f"{lookout_cloud.endpoint_url}/_ministack/lambda-code/111111111111/us-east-1/curious"
        request = AWSRequest("GET", url)
        S3SigV4QueryAuth(credentials, "s3", "us-east-1").add_auth(request)
        assert ask(lookout_cloud, "GET", request.url.removeprefix(lookout_cloud.endpoint_url)).status == 403


@pytest.fixture(scope="module")
def runtime_api(lookout_cloud: LocalCloud) -> Any:
    """A function with a runtime of its own, and the address at which it fetches its events."""
    run = make_function(lookout_cloud, "own-runtime", BOOTSTRAP, file="bootstrap", runtime="provided.al2023")
    return run, run()["AWS_LAMBDA_RUNTIME_API"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example.com"},
        {"Origin": "https://example.com"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["invocation/next", "init/error", "invocation/0-0/response"])
def test_no_page_fetches_the_events_of_a_function(runtime_api: Any, path: str, headers: dict[str, str]) -> None:
    run, address = runtime_api
    method = "GET" if path.endswith("next") else "POST"
    name, port = address.split(":")
    lines = {"Host": address, **headers, "Connection": "close"}
    head = "\r\n".join([f"{method} /2018-06-01/runtime/{path} HTTP/1.1", *map(": ".join, lines.items()), "", ""])
    with socket.create_connection((name, int(port)), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")
    assert run()["AWS_LAMBDA_RUNTIME_API"] == address


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_no_other_user_fetches_the_events_of_a_function(runtime_api: Any) -> None:
    run, address = runtime_api
    url = f"http://{address}/2018-06-01/runtime/invocation/next"
    code = f"import urllib.request; urllib.request.urlopen({url!r}, timeout=30)"
    assert "403: Forbidden" in as_another_user(code)
    assert run()["AWS_LAMBDA_RUNTIME_API"] == address


def as_another_user(code: str) -> str:
    """What a program of another user says when it fails."""
    command = ["/usr/bin/env", "python3", "-I", "-c", code]
    return subprocess.run(command, **STRANGER, cwd="/", capture_output=True, text=True, check=False).stderr


@pytest.fixture(scope="module")
def sdk_script(lookout_cloud: LocalCloud) -> Path:
    """What runs a function in Node; where that asks for parts of the SDK stands in it."""
    make_function(lookout_cloud, "asking", NODE, file="index.js", runtime="nodejs22.x")()
    return next(lookout_cloud.state_dir.glob("tmp/ministack-lambda-asking-*/_worker.js"))


def sdk_token(script: Path) -> str:
    return re.findall(rf"{sdk.PATH}([0-9a-f]{{40}})/", script.read_text())[0]


#: Prints the arguments of all processes as long as its input is open.
WATCH = """
import pathlib, select, sys
seen = set()
while not select.select([sys.stdin], [], [], 0)[0]:
    for each in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try: seen.add(each.read_bytes())
        except OSError: pass
sys.stdout.buffer.write(b"\\n".join(seen))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_another_user_sees_no_secret_in_the_list_of_processes(lookout_cloud: LocalCloud, sdk_script: Path) -> None:
    """Not in that of the server, of a function in any runtime, nor of what asks for a part of the SDK."""
    secrets = [secret_of(lookout_cloud), sdk_token(sdk_script)]
    runtimes = {**RUNTIMES, "needs": ("index.js", f'require("@aws-sdk/client-sts"); {NODE}', "nodejs22.x")}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(["/usr/bin/env", "python3", "-I", "-c", WATCH], cwd="/", **STRANGER, **pipes) as watcher:
        for name, (file, code, runtime) in runtimes.items():
            environment = make_function(lookout_cloud, f"seen-{name}", code, file=file, runtime=runtime)()
            secrets += [environment[key] for key in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
        seen, _ = watcher.communicate()
    assert b"lookout_local.server" in seen
    assert b"ministack-lambda-seen-needs" in seen
    assert b"fetch(process.env.ASKED" in seen
    assert [secret for secret in secrets if secret.encode() in seen] == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_another_user_is_refused_at_the_address_of_the_sdk(lookout_cloud: LocalCloud, sdk_script: Path) -> None:
    package = "arn:aws:lambda:us-east-1:111111111111:function:asking/@aws-sdk/client-sts"
    for token in ("", "0" * 40, sdk_token(sdk_script)[:-1]):
        url = f"{lookout_cloud.endpoint_url}{sdk.PATH}{token}/{package}"
        code = f"import urllib.request; urllib.request.urlopen({url!r}, b'', timeout=30)"
        assert "HTTP Error 403" in as_another_user(code)
    for place in (sdk_script, lookout_cloud.state_dir / "server.json"):
        assert "PermissionError" in as_another_user(f"open({str(place)!r})")


def test_the_archive_of_a_function_changes_nothing_elsewhere(lookout_cloud: LocalCloud, tmp_path: Path) -> None:
    """The mode of an entry is set where the entry was put, which is never where its name leads to."""
    private = tmp_path / "private"
    private.write_text("content")
    private.chmod(0o600)
    for number, name in enumerate((str(private), f"{'../' * 20}{str(private)[1:]}", "../outside")):
        buffer = io.BytesIO(zipped("index.py", "def handle(event, context):\n    return 'ran'\n"))
        with zipfile.ZipFile(buffer, "a") as archive:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o666 << 16
            archive.writestr(entry, "replaced")
        assert make_function(lookout_cloud, f"reaching-{number}", buffer.getvalue())() == "ran"
    assert (private.read_text(), private.stat().st_mode & 0o777) == ("content", 0o600)
    assert not list(lookout_cloud.state_dir.glob("tmp/ministack-lambda-reaching-*/outside"))


def test_a_function_url_is_open_if_it_says_so(lookout_cloud: LocalCloud) -> None:
    make_function(lookout_cloud, "published", PUBLISHED)
    functions = lookout_cloud.client("lambda")

    def answers(kind: str) -> Any:
        url = functions.create_function_url_config(FunctionName="published", AuthType=kind)["FunctionUrl"]
        functions.add_permission(
            FunctionName="published",
            StatementId=kind,
            Action="lambda:InvokeFunctionUrl",
            Principal="*",
            FunctionUrlAuthType=kind,
        )
        path = f"/_aws/lambda-url/{url.partition('//')[2].partition('.')[0]}/"
        found = [
            ask(lookout_cloud, "GET", path, headers)
            for headers in (
                [],
                [("Authorization", "Bearer any")],
                [("Origin", f"http://127.0.0.1:{port_of(lookout_cloud)}")],
            )
        ]
        functions.delete_function_url_config(FunctionName="published")
        return found

    opened, closed = answers("NONE"), answers("AWS_IAM")
    assert [(answer.status, answer.body) for answer in opened] == [(200, b"ran")] * 3
    assert {answer.status for answer in closed} == {403}
    assert not [name for answer in opened for name in answer.headers if name.startswith("access-control-")]
