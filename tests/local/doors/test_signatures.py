"""A key of 12 digits is an account's root with the secret of the cloud only; what is signed is what is done."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lookout_local import LocalCloud
from lookout_local.clients import client

from .support import ACCOUNT, FORGED, REGION, Answer, ask, claimed, secret_of, signed

pytestmark = pytest.mark.e2e

#: Services of every protocol, each with a call that needs nothing to be there.
CALLS = {
    "acm": "list_certificates",
    "apigateway": "get_rest_apis",
    "apigatewayv2": "get_apis",
    "athena": "list_work_groups",
    "cloudformation": "list_stacks",
    "cloudfront": "list_distributions",
    "cloudwatch": "list_metrics",
    "dynamodb": "list_tables",
    "ec2": "describe_vpcs",
    "ecr": "describe_repositories",
    "ecs": "list_clusters",
    "events": "list_rules",
    "iam": "list_users",
    "kinesis": "list_streams",
    "kms": "list_keys",
    "lambda": "list_functions",
    "logs": "describe_log_groups",
    "lookoutequipment": "list_datasets",
    "lookoutvision": "list_projects",
    "route53": "list_hosted_zones",
    "s3": "list_buckets",
    "scheduler": "list_schedules",
    "secretsmanager": "list_secrets",
    "sesv2": "list_email_identities",
    "sns": "list_topics",
    "sqs": "list_queues",
    "ssm": "describe_parameters",
    "stepfunctions": "list_state_machines",
    "sts": "get_caller_identity",
}
#: The words of the services for a signature that is wrong, or for a key that they do not know.
REFUSED = "SignatureDoesNotMatch|InvalidSignatureException|AuthFailure"
UNKNOWN = "security token included in the request is invalid|InvalidAccessKeyId|AuthFailure"
LIST_DATASETS = {"X-Amz-Target": "AWSLookoutEquipmentFrontendService.ListDatasets"}
JSON = {"Content-Type": "application/x-amz-json-1.0"}


def of(cloud: LocalCloud, service: str, **options: Any) -> Any:
    config = Config(retries={"total_max_attempts": 1})
    return client(service, endpoint_url=cloud.endpoint_url, config=config, **options)


@pytest.mark.parametrize("service", CALLS)
def test_a_service_serves_who_has_the_secret_and_nobody_else(lookout_cloud: LocalCloud, service: str) -> None:
    call = CALLS[service]
    getattr(of(lookout_cloud, service, aws_secret_access_key=secret_of(lookout_cloud)), call)()
    for secret in ("local", "test", ACCOUNT, secret_of(lookout_cloud)[:-1]):
        with pytest.raises(ClientError, match=REFUSED):
            getattr(of(lookout_cloud, service, aws_secret_access_key=secret), call)()


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("key", ["test", "000", "1111111111111", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"])
def test_no_other_key_is_root(lookout_cloud: LocalCloud, service: str, key: str) -> None:
    stranger = of(lookout_cloud, service, aws_access_key_id=key, aws_secret_access_key=secret_of(lookout_cloud))
    with pytest.raises(ClientError, match=UNKNOWN):
        getattr(stranger, CALLS[service])()


def test_every_account_has_its_root(lookout_cloud: LocalCloud) -> None:
    for account in ("000000000000", "222222222222", "999999999999"):
        who = of(lookout_cloud, "sts", account=account, aws_secret_access_key=secret_of(lookout_cloud))
        assert who.get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"


def test_root_has_no_session_token(lookout_cloud: LocalCloud) -> None:
    options = {"aws_secret_access_key": secret_of(lookout_cloud), "aws_session_token": "any"}
    for service in ("sts", "lookoutequipment"):
        with pytest.raises(ClientError, match=r"Invalid\w*Token|UnrecognizedClientException"):
            getattr(of(lookout_cloud, service, **options), CALLS[service])()


@pytest.mark.parametrize(
    "service", ["dynamodb", "iam", "lambda", "lookoutequipment", "lookoutvision", "s3", "sqs", "sts"]
)
@pytest.mark.parametrize("key", [ACCOUNT, "000000000000", "", "test"])
def test_a_signature_that_nobody_made_opens_nothing(lookout_cloud: LocalCloud, service: str, key: str) -> None:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    authorization = claimed(service, key).replace("20260101", now[:8])
    scope = quote(f"{key}/{now[:8]}/{REGION}/{service}/aws4_request", safe="")
    query = f"X-Amz-Credential={scope}&X-Amz-Date={now}&X-Amz-SignedHeaders=host&X-Amz-Signature={FORGED}"
    older = f"AWSAccessKeyId={key}&Expires={int(time.time()) + 60}&Signature=AAAA"
    for answer in (
        ask(lookout_cloud, "POST", "/", [("Authorization", authorization), ("X-Amz-Date", now)], b"{}"),
        ask(lookout_cloud, "GET", "/", [("Authorization", authorization)]),
        ask(lookout_cloud, "GET", "/", [("Authorization", f"AWS {key}:AAAA"), ("Date", now)]),
        ask(lookout_cloud, "GET", f"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&{query}"),
        ask(lookout_cloud, "POST", f"/?{query}", [("Content-Type", "text/plain")], b"{}"),
        ask(lookout_cloud, "GET", f"/?{query.lower()}"),
        ask(lookout_cloud, "GET", f"/?X-Amz-Credential={scope}"),
        ask(lookout_cloud, "GET", f"/?{older}"),
        ask(lookout_cloud, "GET", f"/?AWSAccessKeyId={key}"),
    ):
        assert answer.status in (400, 401, 403), answer


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer {key}",
        "Basic MTExMTExMTExMTExOng=",
        "{claim}",
        "aws4-hmac-sha256 {rest}",
        "AWS4-HMAC-SHA256-X {rest}",
        "AWS4-ECDSA-P256-SHA256 {rest}",
        "AWS3-HTTPS {rest}",
        "Bearer AWS4-HMAC-SHA256 {rest}",
        "{rest}",
        "{key}",
    ],
)
def test_an_authorization_that_is_none_is_not_believed(lookout_cloud: LocalCloud, authorization: str) -> None:
    for service, target in (
        ("dynamodb", "DynamoDB_20120810.ListTables"),
        *((name, "") for name in ("sts", "s3", "iam")),
    ):
        claim = claimed(service)
        value = authorization.format(key=ACCOUNT, claim=claim, rest=claim.partition(" ")[2])
        headers = [("Authorization", value), *([("X-Amz-Target", target)] if target else [])]
        for method in ("GET", "POST"):
            answer = ask(lookout_cloud, method, "/?Action=GetCallerIdentity&Version=2011-06-15", headers)
            assert answer.status in (400, 401, 403), (service, answer)


def test_what_signs_twice_is_refused(lookout_cloud: LocalCloud) -> None:
    target = "/?Action=GetCallerIdentity&Version=2011-06-15"
    good = signed(lookout_cloud, "sts", "POST", target)
    assert ask(lookout_cloud, "POST", target, good).status == 200
    [authorization] = [value for name, value in good if name == "Authorization"]
    other = authorization.replace(ACCOUNT, "222222222222")
    rest = [pair for pair in good if pair[0] != "Authorization"]
    for headers, query in (
        ([*good, ("Authorization", authorization)], ""),
        ([*good, ("Authorization", other)], ""),
        ([("Authorization", other), *good], ""),
        (good, "&X-Amz-Credential=222222222222"),
        (good, "&AWSAccessKeyId=222222222222"),
        ([*rest, ("Authorization", f"{other}, {authorization.partition(' ')[2]}")], ""),
    ):
        assert ask(lookout_cloud, "POST", target + query, headers).status in (400, 403), (headers, query)


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_signature_is_of_now(lookout_cloud: LocalCloud, minutes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore import auth

    then = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr(auth, "get_current_datetime", lambda: then)
    for service in ("sts", "lookoutequipment", "lookoutvision", "s3"):
        with pytest.raises(ClientError, match=f"{REFUSED}|RequestTimeTooSkewed"):
            getattr(of(lookout_cloud, service, aws_secret_access_key=secret_of(lookout_cloud)), CALLS[service])()


class Exchange:
    """A request that is signed, and can be sent otherwise than it was signed."""

    def __init__(self, cloud: LocalCloud, service: str, method: str, target: str, headers: dict[str, str], body: bytes):
        self.cloud, self.service, self.method, self.target, self.headers, self.body = (
            cloud, service, method, target, headers, body,
        )  # fmt: skip

    def send(self, body: bytes | None = None, *, declare: bool, more: tuple[tuple[str, str], ...] = ()) -> Answer:
        headers = dict(self.headers)
        if declare:
            headers["X-Amz-Content-SHA256"] = hashlib.sha256(self.body).hexdigest()
        made = signed(self.cloud, self.service, self.method, self.target, headers, self.body)
        return ask(self.cloud, self.method, self.target, [*made, *more], self.body if body is None else body)


def exchanges(cloud: LocalCloud) -> list[Exchange]:
    """One request with a body for every protocol, those of both Lookout services among them."""
    cloud.client("s3").create_bucket(Bucket="signed-bodies")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        Exchange(cloud, "lookoutequipment", "POST", "/", {**JSON, **LIST_DATASETS}, b'{"MaxResults": 5}'),
        Exchange(cloud, "lookoutvision", "POST", "/2020-11-20/projects", {}, b'{"ProjectName": "signed"}'),
        Exchange(
            cloud, "dynamodb", "POST", "/", {**JSON, "X-Amz-Target": "DynamoDB_20120810.ListTables"}, b'{"Limit":5}'
        ),
        Exchange(cloud, "sts", "POST", "/", form, b"Action=GetCallerIdentity&Version=2011-06-15"),
        Exchange(cloud, "s3", "PUT", "/signed-bodies/key", {}, b"content"),
    ]


@pytest.mark.parametrize("declare", [True, False])
def test_a_body_other_than_the_signed_one_is_refused(lookout_cloud: LocalCloud, declare: bool) -> None:
    for exchange in exchanges(lookout_cloud):
        assert exchange.send(declare=declare).status == 200 or exchange.service == "lookoutvision", exchange.service
        for other in (b"", b"{}", exchange.body + b" ", exchange.body[:-1]):
            answer = exchange.send(other, declare=declare)
            assert answer.status in (400, 403), exchange.service
            assert b"ignature" in answer.body
    lookout_cloud.client("lookoutvision").delete_project(ProjectName="signed")


def test_headers_that_services_read_must_be_signed(lookout_cloud: LocalCloud) -> None:
    for exchange in exchanges(lookout_cloud):
        answer = exchange.send(declare=True, more=(("X-Amz-Meta-Added", "later"),))
        assert answer.status in (400, 403), exchange.service
    target = "/?Action=GetCallerIdentity&Version=2011-06-15"
    headers = [
        (name, value.replace("host;", "") if name == "Authorization" else value)
        for name, value in signed(lookout_cloud, "sts", "POST", target)
    ]
    assert ask(lookout_cloud, "POST", target, headers).status in (400, 403)


@pytest.mark.parametrize("digest", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", "x", FORGED])
def test_only_s3_takes_bodies_that_are_not_signed(lookout_cloud: LocalCloud, digest: str) -> None:
    for exchange in exchanges(lookout_cloud):
        exchange.headers["X-Amz-Content-SHA256"] = digest
        if digest == "UNSIGNED-PAYLOAD" and exchange.service == "s3":
            assert exchange.send(declare=False).status == 200
        else:
            assert exchange.send(declare=False).status in (400, 403), exchange.service


def chunked(cloud: LocalCloud, chunks: list[bytes]) -> tuple[list[tuple[str, str]], list[bytes]]:
    """A body for S3 that is signed chunk by chunk: the headers of the request, and each chunk as it is sent."""
    length = sum(map(len, chunks))
    headers = {
        "X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "X-Amz-Decoded-Content-Length": str(length),
        "Content-Encoding": "aws-chunked",
    }
    made = signed(cloud, "s3", "PUT", "/streamed/key", headers)
    values = dict(made)
    stamp, previous = values["X-Amz-Date"], values["Authorization"].rpartition("=")[2]
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    key = f"AWS4{secret_of(cloud)}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    sent = []
    for chunk in [*chunks, b""]:
        digests = [hashlib.sha256(part).hexdigest() for part in (b"", chunk)]
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", stamp, scope, previous, *digests])
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        sent.append(f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk + b"\r\n")
    return made, sent


def test_every_chunk_of_a_stream_is_signed(lookout_cloud: LocalCloud) -> None:
    s3 = lookout_cloud.client("s3")
    s3.create_bucket(Bucket="streamed")
    headers, sent = chunked(lookout_cloud, [b"a" * 70_000, b"b" * 9])
    assert ask(lookout_cloud, "PUT", "/streamed/key", headers, b"".join(sent)).status == 200
    assert s3.get_object(Bucket="streamed", Key="key")["Body"].read() == b"a" * 70_000 + b"b" * 9
    swapped = b"".join([sent[1], sent[0], sent[2]])
    for other in (b"".join(sent).replace(b"bbb", b"bbc"), swapped, b"".join(sent[:2])):
        assert ask(lookout_cloud, "PUT", "/streamed/key", headers, other).status == 403


def test_streams_of_sdks_with_a_checksum_at_the_end_are_taken(lookout_cloud: LocalCloud) -> None:
    s3 = lookout_cloud.client("s3")
    s3.create_bucket(Bucket="checked")
    s3.upload_fileobj(BytesIO(b"x" * 9_000_000), "checked", "parts")
    assert s3.head_object(Bucket="checked", Key="parts")["ContentLength"] == 9_000_000
    headers = {
        "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
        "X-Amz-Decoded-Content-Length": "5",
        "Content-Encoding": "aws-chunked",
    }
    made = signed(lookout_cloud, "s3", "PUT", "/checked/key", headers)
    body = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n"
    assert ask(lookout_cloud, "PUT", "/checked/key", made, body % b"NhCmhg==").status == 200
    assert ask(lookout_cloud, "PUT", "/checked/key", made, body % b"AAAAAA==").status == 400


def test_a_session_is_known_by_its_key_secret_and_token(lookout_cloud: LocalCloud) -> None:
    made = lookout_cloud.client("sts").get_federation_token(
        Name="visitor",
        Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        ),
    )["Credentials"]
    right = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }
    for service in ("sts", "lookoutequipment", "lookoutvision", "dynamodb", "s3"):
        getattr(of(lookout_cloud, service, **right), CALLS[service])()
        for wrong in ({"aws_secret_access_key": secret_of(lookout_cloud)}, {"aws_session_token": "other"}):
            with pytest.raises(ClientError):
                getattr(of(lookout_cloud, service, **{**right, **wrong}), CALLS[service])()


def test_a_key_that_was_switched_off_opens_nothing(lookout_cloud: LocalCloud) -> None:
    iam = lookout_cloud.client("iam")
    iam.create_user(UserName="gone")
    key = iam.create_access_key(UserName="gone")["AccessKey"]
    options = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert of(lookout_cloud, "sts", **options).get_caller_identity()["Arn"].endswith("user/gone")
    iam.update_access_key(UserName="gone", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    for service in ("sts", "lookoutequipment", "s3"):
        with pytest.raises(ClientError, match=UNKNOWN):
            getattr(of(lookout_cloud, service, **options), CALLS[service])()


@pytest.mark.parametrize("mode", ["digest", "unsigned", "chunks", "presigned"])
def test_a_large_object_is_taken_from_who_has_signed_its_head(lookout_cloud: LocalCloud, mode: str) -> None:
    """Nobody else has gigabytes kept until all of them are there."""
    body = b"x" * 20_000_000
    digests = {
        "unsigned": "UNSIGNED-PAYLOAD",
        "chunks": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "digest": hashlib.sha256(body).hexdigest(),
    }
    target, lines = "/heads/key", [("X-Amz-Content-SHA256", digests.get(mode, ""))]
    if mode in digests:
        lines = signed(lookout_cloud, "s3", "PUT", target, dict(lines))
    else:
        config = Config(signature_version="s3v4")
        options: dict[str, Any] = {"aws_secret_access_key": secret_of(lookout_cloud), "config": config}
        signing = client("s3", endpoint_url=lookout_cloud.endpoint_url, **options)
        url = signing.generate_presigned_url("put_object", Params={"Bucket": "heads", "Key": "key"})
        target, lines = url.removeprefix(lookout_cloud.endpoint_url), []
    assert b"TooLarge" not in ask(lookout_cloud, "PUT", target, lines, body).body
    spoilt = [(name, value.replace("Signature=", "Signature=0")) for name, value in lines]
    answer = ask(lookout_cloud, "PUT", target.replace("Signature=", "Signature=0"), spoilt, body)
    assert (answer.status, b"EntityTooLarge" in answer.body) == (400, True)
