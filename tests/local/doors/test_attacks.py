"""What a page in the developer's browser, or a stranger on the machine, did to the first release."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import quote, urlencode

import pytest
from botocore.exceptions import ClientError

from lookout_local import LocalCloud
from lookout_local.clients import client

from .functions import ECHO, TRUST, document, make_function, zipped
from .support import ACCOUNT, FORGED, REGION, Answer, ask, port_of

pytestmark = pytest.mark.e2e

#: What a browser says of a simple request that a page of another origin makes, and what a program says: nothing.
PAGE = [("Origin", "https://example.com"), ("Sec-Fetch-Site", "cross-site"), ("Content-Type", "text/plain")]
PROGRAM = [("Content-Type", "text/plain")]


def simple(
    cloud: LocalCloud, service: str, path: str, query: str, body: bytes, headers: list[tuple[str, str]]
) -> Answer:
    """A POST that needs no preflight, with the credentials in its query."""
    scope = quote(f"{ACCOUNT}/20260101/{REGION}/{service}/aws4_request", safe="")
    signature = (
        f"X-Amz-Credential={scope}&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature={FORGED}"
    )
    for algorithm in ("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&"):
        answer = ask(cloud, "POST", f"{path}?{query}&{algorithm}{signature}", headers, body)
        assert answer.status in (400, 401, 403), answer
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    return answer


@pytest.mark.parametrize("headers", [PAGE, PROGRAM], ids=["page", "program"])
def test_simple_requests_make_no_role_and_no_function_and_invoke_none(
    lookout_cloud: LocalCloud, headers: list[tuple[str, str]]
) -> None:
    trust = document(TRUST)
    role = {"Action": "CreateRole", "Version": "2010-05-08", "RoleName": "intruder", "AssumeRolePolicyDocument": trust}
    simple(lookout_cloud, "iam", "/", urlencode(role), b"", headers)
    function = {
        "FunctionName": "intruder",
        "Runtime": "python3.13",
        "Handler": "index.handle",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/intruder",
        "Code": {"ZipFile": base64.b64encode(zipped("index.py", ECHO)).decode()},
    }
    simple(lookout_cloud, "lambda", "/2015-03-31/functions", "a=b", json.dumps(function).encode(), headers)
    simple(lookout_cloud, "lambda", "/2015-03-31/functions/intruder/invocations", "a=b", b"{}", headers)
    roles = [role["RoleName"] for role in lookout_cloud.client("iam").list_roles()["Roles"]]
    functions = [made["FunctionName"] for made in lookout_cloud.client("lambda").list_functions()["Functions"]]
    assert "intruder" not in [*roles, *functions]


def test_an_existing_function_is_not_invoked(lookout_cloud: LocalCloud) -> None:
    make_function(lookout_cloud, "victim", "def handle(event, context):\n    return 'ran'\n")
    path = "/2015-03-31/functions/victim/invocations"
    for headers in (PAGE, PROGRAM):
        assert b"ran" not in simple(lookout_cloud, "lambda", path, "a=b", b"{}", headers).body
        assert b"ran" not in ask(lookout_cloud, "POST", path, headers, b"{}").body


@pytest.mark.parametrize("headers", [PAGE, PROGRAM], ids=["page", "program"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/reset?init=1"),
        ("POST", "/%5fministack/reset"),
        ("POST", "//_ministack/reset"),
        ("POST", "/_lookout/reset"),
        ("POST", "/_lookout/faults"),
        ("PUT", "/_lookout/settings"),
        ("DELETE", "/_lookout/calls"),
        ("POST", "/_ministack/config"),
    ],
)
def test_nobody_resets_or_configures_a_cloud(
    lookout_cloud: LocalCloud, method: str, path: str, headers: list[tuple[str, str]]
) -> None:
    s3 = lookout_cloud.client("s3")
    s3.create_bucket(Bucket="still-here")
    answer = ask(lookout_cloud, method, path, headers, b'{"cloudtrail._recording_enabled": "true"}')
    assert answer.status in (403, 404)
    assert "still-here" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize(
    "path",
    [
        "/_ministack/health",
        "/_ministack/ready",
        "/_ministack/sqs/messages",
        "/_ministack/ses/messages",
        "/_ministack/sns/sms-messages",
        "/_ministack/transfer/sftp-ports",
        "/_ministack/iot/ca.pem",
        "/_ministack/rds/ca.pem",
        "/_ministack/rds/iam-auth",
        "/_ministack/elasticache/ca.pem",
        "/_ministack/eks-auth/111111111111/us-east-1/c/0123456789abcdef",
        "/_ministack/cfn-response/0123456789abcdef",
        "/_ministack/lambda-code/victim",
        "/_ministack/lambda-layers/layer/1/content",
        "/_ministack/",
        "/_localstack/health",
        "/_localstack/anything",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_administration_of_ministack_does_not_answer(lookout_cloud: LocalCloud, path: str, method: str) -> None:
    answer = ask(lookout_cloud, method, path)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize("path", ["cfn-response/0123456789abcdef0123456789abcdef", "cfn-response/", "cfn-signal/x"])
def test_no_answer_is_taken_at_a_url_that_was_guessed(lookout_cloud: LocalCloud, path: str) -> None:
    body = b'{"Status": "SUCCESS", "PhysicalResourceId": "x"}'
    assert ask(lookout_cloud, "PUT", f"/_ministack/{path}", [], body).status == 404


def test_the_health_of_ministack_is_shown_nowhere(lookout_cloud: LocalCloud) -> None:
    for host in ("127.0.0.1", "bucket.s3.localhost", "x.localhost"):
        assert b"services" not in ask(lookout_cloud, "GET", "/health", host=f"{host}:{port_of(lookout_cloud)}").body


def test_the_calls_are_not_told_under_a_foreign_name(lookout_cloud: LocalCloud) -> None:
    assert lookout_cloud.calls.all() is not None
    for host in ("rebound.example.com", "127.0.0.1", "localhost", "a.localhost"):
        answer = ask(lookout_cloud, "GET", "/_lookout/calls", host=f"{host}:{port_of(lookout_cloud)}")
        assert (answer.status, b"operation" in answer.body) == (403, False)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic {secret}", "{secret}", "bearer {secret}", "Bearer {secret}0"],
)
def test_our_administration_needs_the_secret(lookout_cloud: LocalCloud, authorization: str) -> None:
    value = authorization.format(secret=lookout_cloud.env()["AWS_SECRET_ACCESS_KEY"])
    headers = [("Authorization", value)] if value else []
    for what in ("health", "calls", "settings", "faults", "failures", "no"):
        assert ask(lookout_cloud, "GET", f"/_lookout/{what}", headers).status == 403
    for method, what in (("DELETE", "settings"), ("DELETE", "faults"), ("POST", "faults"), ("POST", "proxy")):
        assert ask(lookout_cloud, method, f"/_lookout/{what}", headers).status == 403


def test_the_session_of_a_function_cannot_be_worked_out(lookout_cloud: LocalCloud) -> None:
    """It used to be digests of the ARNs of the function and of its role."""
    make_function(lookout_cloud, "derived")()
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:derived"
    digest = hashlib.sha256(f"{function}:arn:aws:iam::{ACCOUNT}:role/derived".encode()).hexdigest()
    for service, call in (("sts", "get_caller_identity"), ("iam", "list_users"), ("lookoutequipment", "list_datasets")):
        stranger = client(
            service,
            endpoint_url=lookout_cloud.endpoint_url,
            aws_access_key_id=f"ASIA{digest[:16].upper()}",
            aws_secret_access_key=hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
            aws_session_token=hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
        )
        with pytest.raises(ClientError, match="security token included in the request is invalid"):
            getattr(stranger, call)()
