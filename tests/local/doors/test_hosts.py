"""For which hosts of AWS the proxy stands, and what it says of all others."""

from __future__ import annotations

import json

import pytest

from lookout_local import proxy
from lookout_local.hosts import service_of

OURS = {
    "lookoutequipment.us-east-1.amazonaws.com": "lookoutequipment",
    "lookoutequipment.ap-northeast-2.amazonaws.com": "lookoutequipment",
    "lookoutvision.eu-west-1.amazonaws.com": "lookoutvision",
    "sts.amazonaws.com": "sts",
    "sts.us-east-1.amazonaws.com": "sts",
    "s3.amazonaws.com": "s3",
    "s3.us-east-1.amazonaws.com": "s3",
    "s3-us-west-2.amazonaws.com": "s3",
    "s3.dualstack.eu-west-1.amazonaws.com": "s3",
    "bucket.s3.amazonaws.com": "s3",
    "my-bucket-1.s3.us-gov-west-1.amazonaws.com": "s3",
    "bucket.s3.dualstack.eu-west-1.amazonaws.com": "s3",
}
OTHERS = [
    "",
    "amazonaws.com",
    "lookoutequipment.amazonaws.com",
    "runtime.lookoutvision.us-east-1.amazonaws.com",
    "iam.amazonaws.com",
    "dynamodb.us-east-1.amazonaws.com",
    "0123abcd.execute-api.us-east-1.amazonaws.com",
    "s3.us-east-1.amazonaws.com.example.com",
    "s3.us-east-1.amazonaws.com.",
    "us-east-1.amazonaws.com",
    "x.sts.us-east-1.amazonaws.com",
    "a.b.s3.us-east-1.amazonaws.com",
    "-a.s3.us-east-1.amazonaws.com",
    "xs3.us-east-1.amazonaws.com",
    "s3.us_east_1.amazonaws.com",
    "s3.us-east-1.amazonaws.com\n",
    "s3.us-east-1.amazonawsxcom",
    "example.com",
    "localhost",
    "127.0.0.1",
    "169.254.169.254",
    "[::1]",
]


@pytest.mark.parametrize(("host", "service"), OURS.items())
def test_a_host_is_that_of_a_service(host: str, service: str) -> None:
    assert service_of(host) == service
    assert proxy.asked_for(f"CONNECT {host.upper()}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode()) == (host, "")


@pytest.mark.parametrize("host", OTHERS)
def test_any_other_host_is_refused_by_name(host: str) -> None:
    assert service_of(host) == ""
    asked, problem = proxy.asked_for(f"CONNECT {host.strip()}:443x HTTP/1.1\r\n\r\n".encode())
    assert asked == ""
    assert problem.startswith(f"proxy: got {host.strip()}:443x, expected port 443 of lookoutequipment.<region>, ")


@pytest.mark.parametrize(
    "target", ["s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com:80", "iam.amazonaws.com:443"]
)
def test_a_port_other_than_that_of_https_and_a_host_without_one_are_refused(target: str) -> None:
    assert proxy.asked_for(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())[1].startswith(
        f"proxy: got {target}, expected"
    )


@pytest.mark.parametrize(
    "line", ["GET http://s3.us-east-1.amazonaws.com/ HTTP/1.1", "POST /_lookout/reset HTTP/1.1", "", "\x16\x03"]
)
def test_a_request_other_than_connect_is_refused(line: str) -> None:
    assert "expected CONNECT" in proxy.asked_for(f"{line}\r\n\r\n".encode())[1]


def test_the_reason_is_in_the_first_line_and_cannot_add_to_it() -> None:
    head, _, body = proxy.refusal("got a\r\nx-evil: \u00fc").partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 403 got a??x-evil: ?"
    assert f"content-length: {len(body)}".encode() in lines
    assert json.loads(body)["message"] == "got a\r\nx-evil: \u00fc"


def test_a_long_name_is_told_in_part() -> None:
    assert len(proxy.asked_for(b"CONNECT " + b"x" * 10_000 + b":443 HTTP/1.1\r\n\r\n")[1]) < 1_000
