"""What somebody may do who signs nothing: only what a stack has opened to everybody."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from lookout_local import LocalCloud

from .functions import document
from .support import ACCOUNT, REGION, Answer, ask, claimed, port_of, signed

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def s3(lookout_cloud: LocalCloud) -> Any:
    """S3 with a bucket whose policy lets everybody read objects, and one without a policy."""
    made = lookout_cloud.client("s3")
    for bucket in ("opened", "closed"):
        made.create_bucket(Bucket=bucket)
        made.put_object(Bucket=bucket, Key="key", Body=b"content")
    made.put_object(Bucket="opened", Key="hidden/key", Body=b"content")
    made.delete_public_access_block(Bucket="opened")
    everybody = {"Principal": "*", "Action": "s3:GetObject"}
    policy = document(
        {"Effect": "Allow", "Resource": "arn:aws:s3:::opened/*", **everybody},
        {"Effect": "Deny", "Resource": "arn:aws:s3:::opened/hidden/*", **everybody},
    )
    made.put_bucket_policy(Bucket="opened", Policy=policy)
    cors = {
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
    }
    made.put_bucket_cors(Bucket="opened", CORSConfiguration={"CORSRules": [cors]})
    return made


def test_a_bucket_policy_can_let_everybody_read(lookout_cloud: LocalCloud, s3: Any) -> None:
    port = port_of(lookout_cloud)
    for method in ("GET", "HEAD"):
        assert ask(lookout_cloud, method, "/opened/key").status == 200
        assert ask(lookout_cloud, method, "/key", host=f"opened.s3.localhost:{port}").status == 200
    assert ask(lookout_cloud, "GET", "/opened/hidden/key").status == 403


def test_a_bucket_policy_can_let_everybody_write_and_opens_no_other_bucket(lookout_cloud: LocalCloud, s3: Any) -> None:
    s3.create_bucket(Bucket="drop")
    s3.delete_public_access_block(Bucket="drop")
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::drop/*"}
    s3.put_bucket_policy(Bucket="drop", Policy=document(everybody))
    assert ask(lookout_cloud, "PUT", "/drop/mine", [], b"x").status == 200
    assert ask(lookout_cloud, "PUT", "/drop/copy", [("x-amz-copy-source", "closed/key")]).status == 403
    trailer = b"0\r\nx-amz-copy-source: closed/key\r\n\r\n"
    assert ask(lookout_cloud, "PUT", "/drop/copy", [("Content-Encoding", "aws-chunked")], trailer).status == 200
    assert s3.get_object(Bucket="drop", Key="copy")["Body"].read() == b""


def test_no_cors_configuration_of_a_bucket_is_heard(lookout_cloud: LocalCloud, s3: Any) -> None:
    for host in ("127.0.0.1", "opened.s3.localhost"):
        here = f"{host}:{port_of(lookout_cloud)}"
        path = "/opened/key" if host == "127.0.0.1" else "/key"
        answer = ask(lookout_cloud, "GET", path, [("Origin", f"http://{here}")], host=here)
        assert (answer.status, answer.body) == (200, b"content")
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("GET", "//"),
        ("GET", "/opened"),
        ("GET", "/opened?policy"),
        ("GET", "/opened?acl"),
        ("GET", "/opened/key?acl"),
        ("GET", "/opened/key?tagging"),
        ("GET", "/closed"),
        ("GET", "/closed/key"),
        ("HEAD", "/closed/key"),
        ("HEAD", "/closed"),
        ("GET", "//closed/key"),
        ("PUT", "/opened/key"),
        ("PUT", "/closed/key"),
        ("PUT", "/closed"),
        ("PUT", "/squatted-name"),
        ("PUT", "/opened?policy"),
        ("PUT", "/opened?acl"),
        ("DELETE", "/opened/key"),
        ("DELETE", "/opened"),
        ("POST", "/opened"),
        ("POST", "/opened?delete"),
        ("POST", "/opened/key?uploads"),
    ],
)
def test_everything_else_at_s3_is_denied(lookout_cloud: LocalCloud, s3: Any, method: str, target: str) -> None:
    answer = ask(lookout_cloud, method, target, [], b"<x/>" if method in ("PUT", "POST") else b"")
    assert answer.status == 403, answer
    assert method == "HEAD" or b"<Code>AccessDenied</Code>" in answer.body
    assert s3.get_object(Bucket="opened", Key="key")["Body"].read() == b"content"
    assert "squatted-name" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_no_form_makes_somebody_of_nobody(lookout_cloud: LocalCloud, s3: Any) -> None:
    """A form names its key in the body, which may hold a list of objects to delete as well."""
    multipart = [("Content-Type", "multipart/form-data; boundary=B")]
    named = f'--B\r\nContent-Disposition: form-data; name="x-amz-credential"\r\n\r\n{ACCOUNT}/x\r\n'
    both = f"<Delete><a><![CDATA[\r\n{named}--B--\r\n]]></a><Object><Key>key</Key></Object></Delete>"
    for target, body in (
        ("/closed?delete", both),
        ("/closed", both),
        ("/closed", f'{named}--B\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--B--\r\n'),
    ):
        assert ask(lookout_cloud, "POST", target, multipart, body.encode()).status in (400, 403)
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="closed")["Contents"]] == ["key"]


def test_no_trailer_makes_somebody_of_nobody(lookout_cloud: LocalCloud, s3: Any) -> None:
    """What follows a body in chunks becomes headers, after it was looked at who calls."""
    trailers = f"0\r\nauthorization: {claimed('s3')}\r\nx-amz-target: DynamoDB_20120810.ListTables\r\n\r\n".encode()
    for extra in ([], [("X-Amz-Content-SHA256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")]):
        headers = [("Content-Encoding", "aws-chunked"), *extra]
        for path in ("/closed/key", "/opened/hidden/key"):
            assert ask(lookout_cloud, "GET", path, headers, trailers).status == 403


@pytest.mark.parametrize(
    ("target", "headers", "body"),
    [
        ("/?Action=AssumeRoleWithWebIdentity&Version=2011-06-15", {}, ""),
        ("/?Action=AssumeRoleWithSAML&Version=2011-06-15", {}, ""),
        ("/?Action=GetCallerIdentity&Version=2011-06-15", {}, ""),
        ("/?Action=GetSessionToken&Version=2011-06-15", {}, ""),
        ("/?Action=ConfirmSubscription&Version=2010-03-31", {}, ""),
        ("/", {}, "Action=ListUsers&Version=2010-05-08"),
        ("/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, "{}"),
        ("/", {"X-Amz-Target": "AWSCognitoIdentityService.GetId"}, "{}"),
        ("/", {"X-Amz-Target": "AWSCognitoIdentityService.GetCredentialsForIdentity"}, "{}"),
        ("/", {"X-Amz-Target": "AWSCognitoIdentityProviderService.SignUp"}, "{}"),
        ("/", {"X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools"}, "{}"),
        ("/", {"X-Amz-Target": "AWSLookoutEquipmentFrontendService.ListDatasets"}, "{}"),
        ("/2020-11-20/projects", {}, "{}"),
        ("/2015-03-31/functions", {}, "{}"),
        ("/v2/", {}, ""),
        ("/v2/repository/blobs/uploads/", {}, ""),
        ("/v2/email/identities", {}, "{}"),
        ("/v1/apis/an-api/graphql", {"Authorization": "Bearer any"}, "{}"),
        ("/Execute", {}, "{}"),
        ("/iceberg/v1/config", {}, ""),
        ("/v20180820/tags/arn", {}, ""),
        ("/WriteGetObjectResponse", {"X-Amz-Request-Route": "r"}, "x"),
        ("/_alb/balancer/", {}, ""),
        ("/oauth2/token", {}, ""),
        ("/login", {}, ""),
        ("/_aws/execute-api/0123abcd/prod/", {}, ""),
        ("/_functions/sdk/0123abcd/arn/@aws-sdk/client-s3", {}, ""),
    ],
)
def test_no_service_listens_to_nobody(
    lookout_cloud: LocalCloud, target: str, headers: dict[str, str], body: str
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body.startswith("Action") else {}
    for more in ({}, {"Authorization": "Bearer any"}, {"Authorization": "Basic QVdTOmFueQ=="}):
        answer = ask(lookout_cloud, "POST", target, {**form, **headers, **more}.items(), body.encode())
        assert answer.status in (400, 401, 403), answer
        assert b"oken" in answer.body or b"Denied" in answer.body or b"denied" in answer.body, answer


@pytest.mark.parametrize("host", ["0123456789abcdef0123456789abcdef.lambda-url.us-east-1.localhost", "x.alb.localhost"])
@pytest.mark.parametrize("target", ["/v2/_catalog", "/closed/key", "/v1/apis/an-api/graphql", "/v20180820/tags/x"])
def test_no_other_host_is_a_way_around(lookout_cloud: LocalCloud, s3: Any, host: str, target: str) -> None:
    here = f"{host}:{port_of(lookout_cloud)}"
    for method in ("GET", "POST", "PUT"):
        headers = [("Authorization", "Bearer any"), ("X-Amz-Target", "DynamoDB_20120810.ListTables")]
        answer: Answer = ask(lookout_cloud, method, target, headers, b"" if method == "GET" else b"{}", host=here)
        assert answer.status in (400, 401, 403, 404), answer
        assert answer.body != b"content"
        assert b"TableNames" not in answer.body
        assert b"repositories" not in answer.body


def test_an_api_is_asked_with_a_signature(lookout_cloud: LocalCloud) -> None:
    apis = lookout_cloud.client("apigateway")
    api = apis.create_rest_api(name="published")["id"]
    [root] = apis.get_resources(restApiId=api)["items"]
    for part, kind in (("opened", "NONE"), ("guarded", "AWS_IAM")):
        resource = apis.create_resource(restApiId=api, parentId=root["id"], pathPart=part)["id"]
        where = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
        apis.put_method(**where, authorizationType=kind)
        apis.put_integration(**where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        apis.put_method_response(**where, statusCode="200")
        apis.put_integration_response(**where, statusCode="200", responseTemplates={"application/json": "done"})
    apis.create_deployment(restApiId=api, stageName="prod")
    for part in ("opened", "guarded"):
        target = f"/_aws/execute-api/{api}/prod/{part}"
        assert ask(lookout_cloud, "GET", target, signed(lookout_cloud, "execute-api", "GET", target)).body == b"done"
        for value in ("", "Bearer any", claimed("execute-api")):
            answer = ask(lookout_cloud, "GET", target, [("Authorization", value)] if value else [])
            assert answer.status in (400, 403), answer


@pytest.mark.parametrize("host", [f"iot.{REGION}.localhost", "0123abc.appsync-realtime-api.localhost", "127.0.0.1"])
def test_no_websocket_opens_to_nobody(lookout_cloud: LocalCloud, host: str) -> None:
    headers = {
        "Host": f"{host}:{port_of(lookout_cloud)}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "mqtt",
    }
    head = "\r\n".join(["GET /mqtt HTTP/1.1", *map(": ".join, headers.items()), "", ""])
    with socket.create_connection(("127.0.0.1", port_of(lookout_cloud)), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")
