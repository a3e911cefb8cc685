"""The key for an endpoint of one's own: out of a secret, and never shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError

from lookout_shared import aws
from lookout_shared.aws import Kind, Service, ServiceError
from lookout_shared.endpoint_key import Key, parse
from tests.provider.support import ACCOUNT, REGION

SECRET = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:lookout/plant-AbCdEf"
FIRST = {"access_key": "LKFIRST", "secret_access_key": "very-secret-first"}
SECOND = {"access_key": "LKSECOND", "secret_access_key": "very-secret-second"}
REFUSALS = ("UnrecognizedClientException", "InvalidSignatureException", "InvalidClientTokenId", "SignatureDoesNotMatch")


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self._body]


@dataclass
class World:
    """Everything that is asked over the network: Secrets Manager, the endpoint and AWS."""

    secret: Any = field(default_factory=lambda: {"SecretString": json.dumps(FIRST)})
    #: What the endpoint says to a key; None takes it.
    refusal: Callable[[str], str | None] = lambda key: None
    #: The keys that signed, by host.
    signed: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        host = request.url.split("/")[2]
        authorization = request.headers["Authorization"]
        text = authorization.decode() if isinstance(authorization, bytes) else authorization
        key = re.search("Credential=([^/]+)/", text)
        assert key is not None
        self.signed.append((host, key[1]))
        if host.startswith("secretsmanager."):
            if isinstance(self.secret, Exception):
                raise self.secret
            return self._response(request, self.secret, 400 if "__type" in self.secret else 200)
        refused = self.refusal(key[1])
        return self._response(request, {"__type": refused, "Message": "no"} if refused else {}, 403 if refused else 200)

    @staticmethod
    def _response(request: Any, body: Any, status: int) -> AWSResponse:
        return AWSResponse(request.url, status, {}, _Raw(json.dumps(body).encode()))  # type: ignore[arg-type]

    def of(self, host: str) -> list[str]:
        return [key for asked, key in self.signed if asked.startswith(host)]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    aws._session().register("before-send", world.answer)
    monkeypatch.setenv("LOOKOUT_ENDPOINT_URL", "https://lookout.example.internal")
    monkeypatch.setenv("LOOKOUT_ENDPOINT_SECRET", SECRET)
    return world


def ask(service: str = "lookoutequipment", operation: str = "ListDatasets") -> Any:
    return Service(service, REGION).call(operation)


def failure() -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        ask()
    return raised.value


@pytest.mark.parametrize(
    ("service", "operation"), [("lookoutequipment", "ListDatasets"), ("lookoutvision", "ListProjects")]
)
def test_the_key_in_the_secret_signs_for_the_endpoint(world: World, service: str, operation: str) -> None:
    ask(service, operation)
    assert world.of("lookout.example.internal") == ["LKFIRST"]


def test_the_role_signs_for_all_other_services(world: World) -> None:
    ask()
    ask("stepfunctions", "ListStateMachines")
    assert world.of("states.") == world.of("secretsmanager.") == ["testing"]


def test_the_secret_is_read_where_it_is_and_once(world: World) -> None:
    for service, operation in [("lookoutequipment", "ListDatasets"), ("lookoutvision", "ListProjects")] * 2:
        ask(service, operation)
    assert [host for host, _ in world.signed].count("secretsmanager.eu-central-1.amazonaws.com") == 1


def test_without_a_secret_the_role_signs_for_the_endpoint(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOKOUT_ENDPOINT_SECRET")
    ask()
    assert world.signed == [("lookout.example.internal", "testing")]


@pytest.mark.parametrize("code", REFUSALS)
def test_a_key_that_was_rotated_is_read_again(world: World, code: str) -> None:
    ask()
    world.secret = {"SecretString": json.dumps(SECOND)}
    world.refusal = lambda key: code if key == "LKFIRST" else None
    assert ask() == {}
    assert world.of("lookout.example.internal") == ["LKFIRST", "LKFIRST", "LKSECOND"]


def test_a_key_that_was_rotated_while_the_secret_could_not_be_read_is_read_later(world: World) -> None:
    ask()
    world.refusal = lambda key: "UnrecognizedClientException" if key == "LKFIRST" else None
    world.secret = {"__type": "ThrottlingException", "Message": "slow down"}
    assert failure().kind is Kind.BUSY
    world.secret = {"SecretString": json.dumps(SECOND)}
    assert ask() == {}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_key_that_is_refused_and_is_still_that_of_the_secret_fails_at_once(world: World, code: str) -> None:
    world.refusal = lambda key: code
    error = failure()
    assert error.kind is Kind.REJECTED
    assert str(error).endswith(f"- the endpoint refuses the key in secret {SECRET}: put a valid one there")
    assert world.of("lookout.example.internal") == ["LKFIRST"]


def test_a_new_key_that_is_refused_too_is_tried_once(world: World) -> None:
    ask()
    world.secret = {"SecretString": json.dumps(SECOND)}
    world.refusal = lambda key: "UnrecognizedClientException"
    assert "the endpoint refuses the key" in str(failure())
    assert world.of("lookout.example.internal") == ["LKFIRST", "LKFIRST", "LKSECOND"]


def test_access_denied_to_a_key_that_is_known_does_not_read_it_again(world: World) -> None:
    world.refusal = lambda key: "AccessDeniedException"
    assert failure().kind is Kind.DENIED
    assert len(world.of("secretsmanager.")) == 1


def test_a_secret_that_does_not_exist_does_not_mean_that_nothing_exists(world: World) -> None:
    world.secret = {"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find it."}
    with pytest.raises(
        ServiceError, match=rf"^endpoint_credentials: secret {SECRET}: got GetSecretValue: .*"
    ) as raised:
        Service("lookoutequipment", REGION).attempt("DescribeDataset", DatasetName="pumps")
    assert raised.value.kind is Kind.REJECTED
    assert "expected a secret that exists" in str(raised.value)


def test_a_secret_that_is_out_of_reach_does_not_mean_that_the_service_has_ended(world: World) -> None:
    world.secret = EndpointConnectionError(endpoint_url="https://secretsmanager")
    assert failure().kind is Kind.UNAVAILABLE


@pytest.mark.parametrize(("code", "kind"), [("AccessDeniedException", Kind.DENIED), ("ThrottlingException", Kind.BUSY)])
def test_what_passes_is_waited_out_and_the_secret_read_then(world: World, code: str, kind: Kind) -> None:
    known = world.secret
    world.secret = {"__type": code, "Message": "not yet"}
    assert failure().kind is kind
    world.secret = known
    assert ask() == {}


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (None, "got bytes"),
        ("very-secret", "got something else"),
        ('["very-secret"]', "got something else"),
        ('{"username": "very-secret", "password": "very-secret"}', "got no access_key"),
        ('{"access_key": "LK"}', "got no secret_access_key"),
        ('{"access_key": 1, "secret_access_key": "very-secret"}', "got access_key that is no key"),
        ('{"access_key": "LK", "secret_access_key": ""}', "got secret_access_key that is no key"),
        ('{"access_key": "LK", "secret_access_key": "very-secret\\n"}', "got secret_access_key that is no key"),
    ],
)
def test_a_secret_without_a_key_is_refused_and_not_shown(
    world: World, text: str | None, got: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.secret = {"SecretString": text} if text is not None else {"SecretBinary": "eA=="}
    error = failure()
    assert error.kind is Kind.REJECTED
    assert str(error).startswith(f"endpoint_credentials: secret {SECRET}: {got}, expected JSON with access_key and ")
    assert "very-secret" not in str(error) + capsys.readouterr().out


def test_what_keys_add_prints_besides_is_not_looked_at() -> None:
    assert parse(json.dumps({"name": "plant", "account": ACCOUNT, **FIRST})) == tuple(FIRST.values())


def test_nothing_of_a_key_is_logged_or_shown(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ask()
    world.refusal = lambda key: "UnrecognizedClientException"
    shown = str(failure()) + capsys.readouterr().out + repr(Key(**FIRST))
    assert "GetSecretValue" in shown
    assert [part for part in FIRST.values() if part in shown] == []
