"""URLs and forms that somebody signs for somebody else: they do what they were signed for, for a while."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config

from lookout_local import LocalCloud
from lookout_local.clients import client

from .support import ACCOUNT, REGION, ask, secret_of

pytestmark = pytest.mark.e2e


def fetch(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> int:
    """The status of a request to a URL that somebody was given."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    connection.request(method, f"{parts.path}?{parts.query}", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.fixture(params=["s3", "s3v4"])
def presigning(lookout_cloud: LocalCloud, request: pytest.FixtureRequest) -> Any:
    """A client of S3 that presigns in the older way, as boto3 does by itself, or in the newer one."""
    s3 = lookout_cloud.client("s3")
    s3.create_bucket(Bucket="given")
    s3.put_object(Bucket="given", Key="a b/\u00fc+~(1)", Body=b"mine")
    s3.put_object(Bucket="given", Key="other", Body=b"secret")
    config = Config(signature_version=request.param)
    secret = secret_of(lookout_cloud)
    return client("s3", endpoint_url=lookout_cloud.endpoint_url, aws_secret_access_key=secret, config=config)


GIVEN = {"Bucket": "given", "Key": "a b/\u00fc+~(1)"}


def test_a_presigned_url_reads_one_object_for_a_while(presigning: Any) -> None:
    url = presigning.generate_presigned_url("get_object", Params=GIVEN)
    assert fetch(url) == 200
    for other in (
        url.replace("/a%20b/", "/a%20c/"),
        url.replace("/given/a", "/given/other?a"),
        url.replace("?", "%23?", 1),
        url.replace("Expires=", "Expires=1"),
        url + "&acl",
        url + "&%61cl",
        url + "&versionId=1",
        url + "&list-type=2",
        url + "&x-amz-copy-source=given/other",
        url + "&X-Amz-Security-Token=any",
        url[:-1],
    ):
        assert fetch(other) in (400, 403), other
    for method in ("HEAD", "PUT", "DELETE", "POST"):
        assert fetch(url, method, b"x" if method in ("PUT", "POST") else None) == 403
    assert fetch(url, **{"x-amz-copy-source": "given/other"}) == 403


def test_a_presigned_url_ends(presigning: Any) -> None:
    assert fetch(presigning.generate_presigned_url("get_object", Params=GIVEN, ExpiresIn=-1)) in (400, 403)


def test_a_presigned_url_writes_one_object(presigning: Any, lookout_cloud: LocalCloud) -> None:
    given = {**GIVEN, "Key": "written", "ContentType": "text/plain", "Metadata": {"of": "mine"}}
    url = presigning.generate_presigned_url("put_object", Params=given)
    sent = {"Content-Type": "text/plain", "x-amz-meta-of": "mine"}
    assert fetch(url, "PUT", b"content", **sent) == 200
    s3 = lookout_cloud.client("s3")
    written = s3.get_object(Bucket="given", Key="written")
    assert (written["Body"].read(), written["Metadata"]) == (b"content", {"of": "mine"})
    for more in ({"x-amz-copy-source": "given/other"}, {"x-amz-acl": "public-read"}, {"Content-Type": "text/html"}):
        assert fetch(url, "PUT", b"", **{**sent, **more}) == 403
    trailer = b"0\r\nx-amz-copy-source: given/other\r\n\r\n"
    assert fetch(url, "PUT", trailer, **sent, **{"Content-Encoding": "aws-chunked"}) in (200, 400)
    assert s3.get_object(Bucket="given", Key="written")["Body"].read() != b"secret"


def test_a_presigned_url_of_s3_asks_no_other_service(presigning: Any, lookout_cloud: LocalCloud) -> None:
    url = presigning.generate_presigned_url("create_multipart_upload", Params={"Bucket": "given", "Key": "k"})
    assert fetch(url, "POST", b"") == 200
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert fetch(url, "POST", b"Action=CreateUser&UserName=intruder&Version=2010-05-08", **form) == 403
    assert fetch(url, "POST", b"{}", **{"X-Amz-Target": "DynamoDB_20120810.ListTables"}) in (400, 403)
    users = lookout_cloud.client("iam").list_users()["Users"]
    assert "intruder" not in [user["UserName"] for user in users]


def test_a_presigned_form_uploads_what_its_policy_says(lookout_cloud: LocalCloud) -> None:
    s3 = lookout_cloud.client("s3")
    s3.create_bucket(Bucket="forms")
    given = s3.generate_presigned_post("forms", "posted")["fields"]
    multipart = [("Content-Type", "multipart/form-data; boundary=B")]

    def form(**fields: str) -> bytes:
        parts = [
            f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
        ]
        return "".join([*parts, "--B--\r\n"]).encode()

    assert ask(lookout_cloud, "POST", "/forms", multipart, form(**given, file="x")).status == 204
    for other in (
        form(**{**given, "signature": "AAAA"}, file="x"),
        form(**{**given, "key": "another"}, file="x"),
        form(key="posted", AWSAccessKeyId=ACCOUNT, file="x"),
        form(**{"key": "posted", "x-amz-credential": f"{ACCOUNT}/20260101/{REGION}/s3/aws4_request"}, file="x"),
        form(key="posted", file="x"),
    ):
        assert ask(lookout_cloud, "POST", "/forms", multipart, other).status in (400, 403)
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="forms")["Contents"]] == ["posted"]


def test_a_call_can_be_presigned(lookout_cloud: LocalCloud) -> None:
    url = lookout_cloud.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert fetch(url) == 200
    assert fetch(url.replace(ACCOUNT, "222222222222")) == 403
    assert fetch(url.replace("GetCallerIdentity", "GetSessionToken")) == 403
    assert fetch(url, **{"X-Amz-Target": "DynamoDB_20120810.ListTables"}) == 403
