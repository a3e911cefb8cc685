"""Who signed a request: botocore signs, and nothing else than what it signed is taken."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import botocore.session
import pytest
from botocore import auth
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.api_models import MODELS
from lookout_server.clock import ManualClock
from lookout_server.identity.callers import Callers, error_of
from lookout_server.identity.keys import Keys, NewKey
from lookout_server.identity.signatures import Refused, check, claim, is_claimed, service

from .support import ACCOUNT, REGION, Sent, signed


def refusal(callers: Callers, sent: Sent, digest: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        callers.identify(sent, digest or sent.digest)
    return caught.value


@pytest.fixture
def sent(plant: NewKey, clock: ManualClock) -> Sent:
    """A good request."""
    return signed(plant, clock.now())


def test_the_caller_is_who_signed(callers: Callers, plant: NewKey, sent: Sent) -> None:
    caller = callers.identify(sent, sent.digest)
    assert (caller.holder.name, caller.holder.account) == ("plant", ACCOUNT)
    assert (caller.access_key, caller.region, caller.service) == (plant.access_key, REGION, "lookoutequipment")


@pytest.mark.parametrize(
    ("name", "operation", "parameters"),
    [
        ("lookoutequipment", "list_datasets", {"MaxResults": 5}),
        ("lookoutequipment", "create_dataset", {"DatasetName": "pümps", "ClientToken": "a b"}),
        ("lookoutvision", "list_projects", {"MaxResults": 5, "NextToken": "a+b/c= ~*ü"}),
        ("lookoutvision", "describe_model", {"ProjectName": "bottles", "ModelVersion": "1"}),
        ("lookoutvision", "delete_project", {"ProjectName": "bottles", "ClientToken": "token"}),
        ("lookoutvision", "detect_anomalies", {"ProjectName": "p", "ModelVersion": "1", "ContentType": "image/png"}),
        ("lookoutvision", "list_tags_for_resource", {"ResourceArn": "arn:aws:lookoutvision:eu-west-1:1:model/a/1"}),
    ],
)
def test_what_an_unmodified_client_signs_is_taken(
    callers: Callers, plant: NewKey, clock: ManualClock, name: str, operation: str, parameters: dict[str, Any]
) -> None:
    """Both protocols, with labels and parameters in path and query, and a body of megabytes that is a stream."""
    if operation == "detect_anomalies":
        parameters = {**parameters, "Body": io.BytesIO(b"x" * 8_000_000)}
    session = botocore.session.Session()
    session.get_component("data_loader").search_paths.insert(0, str(MODELS))
    seen: list[Sent] = []

    def answer(request: Any, **_: object) -> AWSResponse:
        seen.append(Sent.prepared(request))
        raw: Any = io.BytesIO(b"{}")
        raw.stream = lambda *_, **__: iter([b"{}"])
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, raw)

    client = session.create_client(
        name,
        region_name=REGION,
        endpoint_url="http://127.0.0.1:9000",
        aws_access_key_id=plant.access_key,
        aws_secret_access_key=plant.secret,
    )
    client.meta.events.register("before-send", answer)
    with mock.patch.object(auth, "get_current_datetime", clock.now):
        getattr(client, operation)(**parameters)
    [sent] = seen
    assert callers.identify(sent, sent.digest).service == name
    assert refusal(callers, sent, "0" * 64).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("target", "headers", "signature"),
    [
        # The example of the AWS General Reference, "Signature Version 4 signing process".
        (
            "/?Action=ListUsers&Version=2010-05-08",
            {"host": "iam.amazonaws.com", "content-type": "application/x-www-form-urlencoded; charset=utf-8"},
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        ),
        # The simplest one of AWS's own suite.
        (
            "/",
            {"host": "example.amazonaws.com"},
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
    ],
)
def test_published_signatures_hold(target: str, headers: dict[str, str], signature: str) -> None:
    headers = {**headers, "x-amz-date": "20150830T123600Z"}
    scope = "20150830/us-east-1/" + ("iam" if "iam" in headers["host"] else "service")
    names = ";".join(sorted(headers))
    authorization = (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}/aws4_request, SignedHeaders={names}, Signature={signature}"
    )
    sent = Sent("GET", target, {**headers, "authorization": authorization})
    found = claim(sent)
    assert found is not None
    at = datetime(2015, 8, 30, 12, 40, tzinfo=UTC)
    check(found, sent, sent.digest, lambda *_: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", at)


def test_who_has_not_signed_is_told_so(callers: Callers, sent: Sent) -> None:
    bare = sent.with_headers(authorization=None)
    assert refusal(callers, bare).code == "MissingAuthenticationToken"
    assert not is_claimed(bare)
    assert is_claimed(sent)
    assert service(sent) == "lookoutequipment"


def test_an_unknown_key_is_refused(callers: Callers, plant: NewKey, clock: ManualClock) -> None:
    for access_key in ("AKIA" + "A" * 16, "AKIA", ACCOUNT, "../key", plant.access_key.lower()):
        unknown = replace(plant, access_key=access_key)
        assert refusal(callers, signed(unknown, clock.now())).code in ("InvalidClientTokenId", "IncompleteSignature")


def test_another_secret_is_refused(callers: Callers, plant: NewKey, clock: ManualClock) -> None:
    for secret in ("", plant.secret[:-1], plant.secret + "x", plant.access_key):
        sent = signed(replace(plant, secret=secret), clock.now())
        assert refusal(callers, sent).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("minutes", [-16, 16, 60 * 24, -60 * 24 * 366])
def test_a_signature_of_another_time_is_refused(
    callers: Callers, plant: NewKey, clock: ManualClock, minutes: int
) -> None:
    refused = refusal(callers, signed(plant, clock.now() + timedelta(minutes=minutes)))
    assert refused.code == "RequestTimeTooSkewed"
    assert "more than 15 minutes from" in refused.message


@pytest.mark.parametrize("minutes", [-15, 15])
def test_fifteen_minutes_are_forgiven(callers: Callers, plant: NewKey, clock: ManualClock, minutes: int) -> None:
    sent = signed(plant, clock.now() + timedelta(minutes=minutes))
    callers.identify(sent, sent.digest)


def test_another_body_is_refused(callers: Callers, sent: Sent) -> None:
    for body in (b"", b"{}", sent.body + b" "):
        assert refusal(callers, replace(sent, body=body)).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "digest", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "", "x"]
)
def test_a_body_that_is_not_signed_is_refused(callers: Callers, plant: NewKey, clock: ManualClock, digest: str) -> None:
    sent = signed(plant, clock.now(), headers={"X-Amz-Content-SHA256": digest})
    assert refusal(callers, sent).code == "SignatureDoesNotMatch"


def test_a_head_that_says_what_the_body_will_be_is_known_before_it_is_there(
    callers: Callers, plant: NewKey, clock: ManualClock, sent: Sent
) -> None:
    announced = signed(plant, clock.now(), headers={"X-Amz-Content-SHA256": sent.digest}, body=sent.body)
    assert callers.identify(announced, None).holder.account == ACCOUNT
    assert callers.identify(announced, announced.digest).holder.account == ACCOUNT
    with pytest.raises(Refused, match="the body"):
        callers.identify(announced, "0" * 64)
    with pytest.raises(Refused, match="the body"):
        callers.identify(sent, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"target": "/other"},
        {"target": "/?MaxResults=5"},
        {"target": "/#"},
        {"target": "//"},
    ],
)
def test_another_request_under_the_same_signature_is_refused(
    callers: Callers, sent: Sent, changes: dict[str, str]
) -> None:
    changed = replace(sent, **changes)
    if changes == {"target": "//"}:  # empty parts of a path are left out before it is signed
        callers.identify(changed, changed.digest)
    else:
        assert refusal(callers, changed).code == "SignatureDoesNotMatch"


def test_a_header_that_services_read_must_be_signed(callers: Callers, sent: Sent) -> None:
    assert "is not signed" in refusal(callers, sent.with_headers(x_amz_meta_more="later")).message
    assert refusal(callers, sent.with_headers(x_amz_target="Other.Operation")).code == "SignatureDoesNotMatch"
    assert refusal(callers, sent.with_headers(host="example.com")).code == "SignatureDoesNotMatch"
    assert "was not sent" in refusal(callers, sent.with_headers(x_amz_target=None)).message
    without = sent.headers["authorization"].replace("host;", "")
    assert "header host was sent" in refusal(callers, sent.with_headers(authorization=without)).message


def test_headers_on_the_way_that_nobody_signs_do_no_harm(callers: Callers, sent: Sent) -> None:
    more = sent.with_headers(via="1.1 proxy", connection="keep-alive", user_agent="another")
    callers.identify(more, more.digest)


@pytest.mark.parametrize("name", ["s3", "lookoutvisions", "sts", "LookoutEquipment"])
def test_the_scope_of_another_service_is_refused(
    callers: Callers, plant: NewKey, clock: ManualClock, name: str
) -> None:
    refused = refusal(callers, signed(plant, clock.now(), service=name))
    assert refused.message == (
        f"Credential should be scoped to a valid service: got '{name}', expected lookoutequipment or lookoutvision"
    )


def test_the_scope_of_another_region_is_refused(
    callers: Callers, keys: Keys, plant: NewKey, clock: ManualClock
) -> None:
    for region in ("here", "eu_west_1", "eu-west-1x", "EU-WEST-1"):
        assert "valid Region" in refusal(callers, signed(plant, clock.now(), region=region)).message
    one = Callers(keys, services=["lookoutequipment"], regions=["us-east-1"], now=clock.now)
    assert "got 'eu-west-1', expected us-east-1" in refusal(one, signed(plant, clock.now())).message
    moved = signed(plant, clock.now())
    moved = moved.with_headers(authorization=moved.headers["authorization"].replace("eu-west-1", "us-east-1"))
    assert refusal(one, moved).code == "SignatureDoesNotMatch"


def test_the_scope_of_another_day_is_refused(callers: Callers, sent: Sent, clock: ManualClock) -> None:
    day = clock.now().strftime("%Y%m%d")
    for other in ((clock.now() + timedelta(days=1)).strftime("%Y%m%d"), "today", day[:-1]):
        moved = sent.headers["authorization"].replace(f"/{day}/", f"/{other}/")
        assert refusal(callers, sent.with_headers(authorization=moved)).code == "CredentialDateMismatch"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        lambda text: text.replace("AWS4-HMAC-SHA256 ", "AWS "),
        lambda text: text.partition(", Signature=")[0],
        lambda text: text.replace("SignedHeaders=", "Headers="),
        lambda text: text.replace("Credential=", "Credential=/"),
        lambda text: text.replace("/aws4_request", "/aws4"),
        lambda text: text.replace("/aws4_request", ""),
        lambda text: text[:-1],
        lambda text: text[:-64] + text[-64:].upper(),
        lambda text: f"{text}, {text.partition(' ')[2]}",
        lambda text: f"{text}, Credential=other",
    ],
)
def test_an_authorization_that_is_none_is_refused(callers: Callers, sent: Sent, change: Any) -> None:
    changed = sent.with_headers(authorization=change(sent.headers["authorization"]))
    assert refusal(callers, changed).code in ("UnsupportedSignature", "IncompleteSignature", "SignatureDoesNotMatch")


@pytest.mark.parametrize("stamp", [None, "", "now", "20261301T000000Z", "20260101T000000"])
def test_a_signature_without_a_time_is_refused(callers: Callers, sent: Sent, stamp: str | None) -> None:
    assert refusal(callers, sent.with_headers(x_amz_date=stamp)).code == "IncompleteSignature"


def test_what_signs_twice_is_refused(callers: Callers, plant: NewKey, clock: ManualClock, sent: Sent) -> None:
    assert refusal(callers, replace(sent, twice=frozenset({"authorization"}))).code == "UnsupportedSignature"
    for query in ("X-Amz-Credential=a", "x-amz-signature=b", "AWSAccessKeyId=c"):
        assert refusal(callers, replace(sent, target=f"/?{query}")).code == "UnsupportedSignature"


def test_a_signature_in_the_query_holds_with_its_body(callers: Callers, plant: NewKey, clock: ManualClock) -> None:
    sent = signed(plant, clock.now(), expires=60)
    assert callers.identify(sent, sent.digest).access_key == plant.access_key
    assert refusal(callers, replace(sent, body=b"other")).code == "SignatureDoesNotMatch"
    clock.advance(61)
    assert refusal(callers, sent).code == "RequestExpired"


@pytest.mark.parametrize("seconds", ["0", "-1", "604801", "a", "1" * 13])
def test_a_signature_in_the_query_holds_for_a_week_at_most(
    callers: Callers, plant: NewKey, clock: ManualClock, seconds: str
) -> None:
    sent = signed(plant, clock.now(), expires=60)
    longer = replace(sent, target=sent.target.replace("X-Amz-Expires=60", f"X-Amz-Expires={seconds}"))
    assert "X-Amz-Expires: got" in refusal(callers, longer).message


def test_a_query_says_each_part_of_a_signature_once(callers: Callers, plant: NewKey, clock: ManualClock) -> None:
    sent = signed(plant, clock.now(), expires=60)
    for more in ("&X-Amz-Date=20200101T000000Z", "&x-amz-signature=0", "&X-AMZ-EXPIRES=100000"):
        assert "more than once" in refusal(callers, replace(sent, target=sent.target + more)).message
    for name in ("Credential", "Signature", "SignedHeaders", "Date"):
        less = replace(sent, target=sent.target.replace(f"X-Amz-{name}=", "Other="))
        assert refusal(callers, less).code in ("IncompleteSignature", "SignatureDoesNotMatch")


@pytest.mark.parametrize("given", ["", "other"])
def test_a_temporary_key_needs_its_token(
    keys: Keys, callers: Callers, plant: NewKey, clock: ManualClock, given: str
) -> None:
    temporary = keys.issue("plant")
    good = signed(temporary, clock.now())
    assert callers.identify(good, good.digest).holder.account == ACCOUNT
    assert refusal(callers, signed(temporary, clock.now(), token=given)).code == "InvalidClientTokenId"


def test_the_token_of_a_temporary_key_stands_in_the_query_with_the_rest(
    keys: Keys, callers: Callers, plant: NewKey, clock: ManualClock
) -> None:
    sent = signed(keys.issue("plant"), clock.now(), expires=60)
    assert callers.identify(sent, sent.digest).holder.name == "plant"
    without = replace(sent, target=sent.target.replace("X-Amz-Security-Token=", "Token="))
    assert refusal(callers, without).code == "InvalidClientTokenId"


def test_a_key_without_a_token_takes_none(callers: Callers, plant: NewKey, clock: ManualClock) -> None:
    assert refusal(callers, signed(plant, clock.now(), token="any")).code == "InvalidClientTokenId"


def test_a_temporary_key_expires(keys: Keys, callers: Callers, plant: NewKey, clock: ManualClock) -> None:
    temporary = keys.issue("plant", timedelta(minutes=15))
    clock.advance(15 * 60 - 1)
    good = signed(temporary, clock.now())
    callers.identify(good, good.digest)
    clock.advance(1)
    assert refusal(callers, signed(temporary, clock.now())).code == "ExpiredToken"


def test_a_revoked_key_is_refused_at_once(keys: Keys, callers: Callers, plant: NewKey, sent: Sent) -> None:
    callers.identify(sent, sent.digest)
    keys.revoke(plant.access_key)
    assert refusal(callers, sent).code == "InvalidClientTokenId"


def test_a_refusal_has_the_name_that_the_services_give_it(callers: Callers, sent: Sent) -> None:
    error = error_of(refusal(callers, replace(sent, body=b"other")))
    assert (error.code, error.status) == ("InvalidSignatureException", 403)
    unsigned = error_of(refusal(callers, sent.with_headers(authorization=None)))
    assert (unsigned.code, unsigned.status) == ("MissingAuthenticationTokenException", 403)
    nothing = error_of(refusal(callers, sent.with_headers(authorization="AWS4-HMAC-SHA256 x")))
    assert (nothing.code, nothing.status) == ("IncompleteSignatureException", 400)


@given(
    st.text(max_size=200).filter(lambda text: not text.startswith("Bearer")),
    st.dictionaries(st.sampled_from(["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Expires"]), st.text(max_size=40)),
)
def test_nonsense_is_refused_and_nothing_else(authorization: str, query: dict[str, str]) -> None:
    class Nonsense(Sent):
        @property
        def query(self) -> dict[str, list[str]]:
            return {name: [value] for name, value in query.items()}

    sent = Nonsense("POST", "/", {"host": "a", "authorization": f"AWS4-HMAC-SHA256 {authorization}"})
    with pytest.raises(Refused):
        claim(sent)
