"""Which events are carried out: those of the function's own stack, answered where CloudFormation takes answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointResolutionError, EndpointVariantError
from botocore.loaders import Loader
from botocore.session import Session

from lookout_provider import handler
from lookout_provider.authenticity import refusal
from tests.provider.support import STACK, URL, Advance, Context, Sent, StateMachine, event, lines

PARTITIONS: dict[str, dict[str, Any]] = {
    partition["partition"]: partition for partition in Loader().load_data("endpoints")["partitions"]
}
OTHER_STACK = STACK.replace("factory", "elsewhere")


def bucket(region: str) -> str:
    """Where CloudFormation takes the answers of a Region."""
    return f"cloudformation-custom-resource-response-{region.replace('-', '')}"


@pytest.fixture(autouse=True)
def _deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_ID", STACK)
    monkeypatch.setenv("URL_SUFFIX", "amazonaws.com")


# -- where answers go ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("partition", PARTITIONS)
def test_an_answer_may_go_to_s3_in_every_form_that_an_endpoint_has(
    partition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffix = PARTITIONS[partition]["dnsSuffix"]
    monkeypatch.setenv("URL_SUFFIX", suffix)
    services = [
        form
        for region in PARTITIONS[partition]["regions"]
        for form in (
            "s3",
            f"s3.{region}",
            f"s3-{region}",
            f"s3.dualstack.{region}",
            f"s3-fips.{region}",
            f"s3-fips-{region}",
            f"s3-fips.dualstack.{region}",
            "s3-external-1",
        )
    ]
    for service in services:
        for place in (f"{service}.{suffix}/{bucket('us-east-1')}", f"{bucket('us-east-1')}.{service}.{suffix}"):
            assert refusal(event(ResponseURL=f"https://{place}/arn%3Aaws%3Acloudformation?Signature=a%2Fb")) is None


@pytest.mark.parametrize("partition", PARTITIONS)
def test_an_answer_may_go_to_every_host_that_the_sdk_knows_for_s3(
    partition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("URL_SUFFIX", PARTITIONS[partition]["dnsSuffix"])
    for endpoint in PARTITIONS[partition]["services"]["s3"]["endpoints"].values():
        for known in (endpoint, *endpoint.get("variants", [])):
            if "hostname" in known:
                assert refusal(event(ResponseURL=f"https://{known['hostname']}/bucket/key")) is None
                assert refusal(event(ResponseURL=f"https://bucket.{known['hostname']}/key")) is None


def presigned(region: str) -> Iterator[str]:
    """What the SDK makes of an object's address, in each way that it can be told to and that the partition has."""
    session = Session()
    session.set_credentials("key", "secret")
    for style, dualstack, fips in itertools.product(("virtual", "path"), (False, True), (False, True)):
        config = Config(s3={"addressing_style": style}, use_dualstack_endpoint=dualstack, use_fips_endpoint=fips)  # type: ignore[arg-type]
        with suppress(EndpointResolutionError, EndpointVariantError):
            client = session.create_client("s3", region, config=config)
            yield client.generate_presigned_url("put_object", {"Bucket": bucket(region), "Key": "answer"})


@pytest.mark.parametrize(
    "region",
    ["us-east-1", "us-west-2", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1",
     "us-isof-south-1", "eusc-de-east-1"],
)  # fmt: skip
def test_an_answer_may_go_to_what_the_sdk_presigns(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    [suffix] = {
        partition["dnsSuffix"]
        for partition in PARTITIONS.values()
        if session.get_partition_for_region(region) == partition["partition"]
    }
    monkeypatch.setenv("URL_SUFFIX", suffix)
    urls = list(presigned(region))
    assert len(urls) >= 4
    for url in urls:
        assert refusal(event(ResponseURL=url)) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket.s3.us-east-1.amazonaws.com/answer",
        "https://bucket.s3.us-east-1.amazonaws.com:8443/answer",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7/answer",
        "https://[::1]/answer",
        "https://localhost/answer",
        "https://example.com/bucket.s3.us-east-1.amazonaws.com",
        "https://bucket.s3.us-east-1.amazonaws.com.example.com/answer",
        "https://s3.us-east-1.amazonaws.com@example.com/answer",
        "https://example.com\\@s3.us-east-1.amazonaws.com/answer",
        "https://user@s3.us-east-1.amazonaws.com/answer",
        "https://notamazonaws.com/answer",
        "https://s3.us-east-1.amazonaws.com.cn/answer",
        "https://amazonaws.com/answer",
        f"https://{'a.' * 100_000}s3.us-east-1.amazonaws.com/answer",
        "https://s3amazonaws.com/answer",
        "https://mys3.us-east-1.amazonaws.com/answer",
        "https://s3-1234.us-east-1.elb.amazonaws.com/answer",
        "https://abc.execute-api.us-east-1.amazonaws.com/answer",
        "https://ec2-1-2-3-4.us-west-2.compute.amazonaws.com/answer",
        "https://ec2-1-2-3-4.compute-1.amazonaws.com/answer",
        "https://abc.lambda-url.us-east-1.on.aws/answer",
        "https://bucket.vpce-1-a.s3.us-east-1.vpce.amazonaws.com/answer",
        "https://sqs.us-east-1.amazonaws.com/222222222222/queue",
        "file:///etc/passwd",
        "ftp://bucket.s3.us-east-1.amazonaws.com/answer",
        "//bucket.s3.us-east-1.amazonaws.com/answer",
        "https://bucket.s3.us-east-1.amazonaws.com:port/answer",
        "https://[bucket.s3.us-east-1.amazonaws.com/answer",
        "",
        None,
        7,
    ],
)
def test_an_answer_goes_nowhere_else(url: Any) -> None:
    assert (
        refusal(event() | {"ResponseURL": url}) == "ResponseURL: got another host, expected https and one of Amazon S3"
    )


@pytest.mark.parametrize(
    ("endpoint", "url", "allowed"),
    [
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566/_ministack/cfn-response/1", True),
        ("http://127.0.0.1:4566/", "http://127.0.0.1:4566/answer", True),
        ("https://cloud.internal", "https://cloud.internal:443/answer", True),
        ("http://127.0.0.1:4566", "http://127.0.0.1:4567/answer", False),
        ("http://127.0.0.1:4566", "https://127.0.0.1:4566/answer", False),
        ("http://127.0.0.1:4566", "http://127.0.0.2:4566/answer", False),
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566@example.com/answer", False),
        ("http://127.0.0.1:4566", "https://bucket.s3.us-east-1.amazonaws.com/answer", True),
        ("", "http:///answer", False),
    ],
)
def test_where_something_stands_for_aws_an_answer_may_go_there(
    endpoint: str, url: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert (refusal(event(ResponseURL=url)) is None) is allowed


# -- whose events -------------------------------------------------------------------------------------------


def test_an_event_of_the_function_s_own_stack_is_carried_out() -> None:
    assert refusal(event()) is None


@pytest.mark.parametrize("stack", [OTHER_STACK, STACK + "4", STACK.upper(), "", None])
def test_an_event_of_another_stack_is_refused(stack: Any) -> None:
    why = f"StackId: got {stack!r}, expected that of the stack which the function is in"
    assert refusal(event() | {"StackId": stack}) == why


def test_an_earlier_life_of_the_stack_is_another_stack() -> None:
    assert refusal(event(StackId=STACK.rpartition("/")[0] + "/00000000-da77-11e4-872e-1234567db123")) is not None


def as_it_comes(about: dict[str, Any], how: str) -> dict[str, Any]:
    """An invocation about that event."""
    state = {"Event": about, "Phase": "remove", "PhysicalId": "pumps", "Waited": 0, "Seconds": 2, "Since": {}}
    return {
        "event": about,
        "poll": {"Poll": {**state, "FunctionArn": "f"}, "ExecutionArn": "e"},
        "give up": {"GiveUp": {**state, "Error": {}}},
        "undelivered": {"requestPayload": about, "requestContext": {"condition": "RetriesExhausted"}},
    }[how]


@pytest.mark.parametrize("how", ["event", "poll", "give up", "undelivered"])
@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
@pytest.mark.parametrize("forged", [{"StackId": OTHER_STACK}, {"ResponseURL": "http://169.254.169.254/latest"}])
def test_what_is_refused_is_neither_carried_out_nor_answered(
    how: str,
    kind: str,
    forged: dict[str, str],
    states: StateMachine,
    advance: Advance,
    sent: Sent,
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = advance(AssertionError("carried out"))
    assert handler.handle(as_it_comes(event(kind, **forged), how), Context()) == {}
    assert (sent.answers, steps.progress, states.calls) == ([], [], [])
    [line] = lines(capsys.readouterr().out)
    assert (line["message"], line["level"]) == ("refused", "WARN")
    assert URL not in str(line)


@pytest.mark.parametrize("physical_id", ["refused:Pumps1A2B3C4D", "pumps"])
def test_so_is_the_delete_of_what_never_was(physical_id: str, sent: Sent, states: StateMachine) -> None:
    forged = event("Delete", StackId=OTHER_STACK, PhysicalResourceId=physical_id)
    assert handler.handle(forged, Context()) == {}
    assert sent.answers == []
