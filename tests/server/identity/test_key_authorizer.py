"""What the holder of a key may do, and what a request is known by."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lookout_server.clock import ManualClock
from lookout_server.identity.authorization import Authorizer
from lookout_server.identity.key_authorizer import KeyAuthorizer
from lookout_server.identity.keys import Keys, NewKey
from lookout_server.protocol.errors import AccessDenied
from lookout_server.protocol.http import HttpRequest

from .support import ACCOUNT, REGION, allow, policy

DATASETS = f"arn:aws:lookoutequipment:{REGION}:{ACCOUNT}:dataset"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Reader"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"

Ask = Callable[..., None]


def request_of(key: NewKey, **more: Any) -> HttpRequest:
    return HttpRequest("lookoutequipment", ACCOUNT, REGION, key.access_key, "POST", "/", **more)


@pytest.fixture
def authorizer(keys: Keys, clock: ManualClock) -> Authorizer:
    return KeyAuthorizer(keys, clock.now)


@pytest.fixture
def ask(keys: Keys, authorizer: Authorizer) -> Ask:
    """Asks for one who has the statements as a policy."""

    def asks(*statements: Any, action: str, resources: Any = ("*",), context: Any = None, **request: Any) -> None:
        if keys.list():
            keys.change_policy("ann", policy(*statements))
            [access_key] = keys.list()[0].keys
            key = NewKey("ann", ACCOUNT, access_key, "")
        else:
            key = keys.add("ann", account=ACCOUNT, policy=policy(*statements), tags={"Team": "wear"})
        authorizer.authorize(request_of(key, **request), action, resources, context or {})

    return asks


def test_what_no_policy_allows_is_denied_in_the_words_of_iam(ask: Ask) -> None:
    with pytest.raises(AccessDenied) as caught:
        ask(allow("lookoutvision:*"), action="lookoutequipment:ListDatasets")
    assert str(caught.value) == (
        f"User: {USER} is not authorized to perform: lookoutequipment:ListDatasets on resource: * "
        "because no identity-based policy allows the lookoutequipment:ListDatasets action"
    )
    with pytest.raises(AccessDenied, match="with an explicit deny in an identity-based policy"):
        ask(allow(), {**allow(), "Effect": "Deny"}, action="lookoutequipment:ListDatasets")


def test_every_resource_must_be_allowed(ask: Ask) -> None:
    one = allow(resource=f"{DATASETS}/pumps/*")
    ask(one, action="lookoutequipment:TagResource", resources=[f"{DATASETS}/pumps/1"])
    with pytest.raises(AccessDenied, match="dataset/fans/2"):
        ask(one, action="lookoutequipment:TagResource", resources=[f"{DATASETS}/pumps/1", f"{DATASETS}/fans/2"])
    with pytest.raises(AccessDenied):
        ask(one, action="lookoutequipment:ListDatasets", resources=[])


def test_roles_are_passed_and_keys_are_used_under_the_same_policy(ask: Ask) -> None:
    passing = allow(
        "iam:PassRole", ROLE, Condition={"StringEquals": {"iam:PassedToService": "lookoutequipment.amazonaws.com"}}
    )
    to = {"iam:PassedToService": "lookoutequipment.amazonaws.com"}
    ask(passing, action="iam:PassRole", resources=[ROLE], context=to)
    for resources, context in (([ROLE], {"iam:PassedToService": "ec2.amazonaws.com"}), ([ROLE + "s"], to)):
        with pytest.raises(AccessDenied):
            ask(passing, action="iam:PassRole", resources=resources, context=context)
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    granting = allow("kms:CreateGrant", key, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})
    ask(granting, action="kms:CreateGrant", resources=[key], context={"kms:GrantIsForAWSResource": "true"})
    with pytest.raises(AccessDenied):
        ask(granting, action="kms:CreateGrant", resources=[key])


@pytest.mark.parametrize(
    ("condition", "request_"),
    [
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, {"source_ip": "192.0.2.1"}),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"secure": True}),
        ({"StringEquals": {"aws:username": "ann", "aws:PrincipalAccount": ACCOUNT}}, {}),
        ({"ArnEquals": {"aws:PrincipalArn": USER}}, {}),
        ({"StringEquals": {"aws:PrincipalTag/team": "wear", "aws:PrincipalType": "User"}}, {}),
        ({"StringEquals": {"aws:RequestedRegion": REGION}, "Bool": {"aws:ViaAWSService": "false"}}, {}),
        ({"Null": {"aws:SourceIp": "true"}}, {}),
        ({"StringLike": {"aws:userid": "AIDA*"}}, {}),
    ],
)
def test_what_a_request_is_known_by(ask: Ask, condition: Any, request_: dict[str, Any]) -> None:
    ask(allow(Condition=condition), action="lookoutequipment:ListDatasets", **request_)
    with pytest.raises(AccessDenied):
        ask(
            allow(),
            {**allow(Condition=condition), "Effect": "Deny"},
            action="lookoutequipment:ListDatasets",
            **request_,
        )


def test_the_time_of_a_request_is_that_of_the_clock(ask: Ask, clock: ManualClock) -> None:
    end = (clock.now() + timedelta(hours=1)).isoformat()
    until = allow(Condition={"DateLessThan": {"aws:CurrentTime": end}})
    ask(until, action="lookoutequipment:ListDatasets")
    clock.advance(3600)
    with pytest.raises(AccessDenied):
        ask(until, action="lookoutequipment:ListDatasets")


def test_what_a_service_sets_is_asked_whatever_its_case(ask: Ask) -> None:
    tagged = allow(
        "lookoutequipment:CreateDataset",
        Condition={
            "StringEquals": {"AWS:requesttag/Team": "wear"},
            "ForAllValues:StringEquals": {"aws:TagKeys": "team"},
        },
    )
    context = {"aws:RequestTag/team": "wear", "aws:TagKeys": ["team"]}
    ask(tagged, action="lookoutequipment:CreateDataset", context=context)
    with pytest.raises(AccessDenied):
        ask(tagged, action="lookoutequipment:CreateDataset", context={**context, "aws:TagKeys": ["team", "more"]})


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_holder_of_a_key_is_a_user_of_its_account(
    keys: Keys, authorizer: Authorizer, plant: NewKey, region: str, partition: str
) -> None:
    for key in (plant, keys.issue("plant")):
        request = HttpRequest("lookoutequipment", ACCOUNT, region, key.access_key, "POST", "/")
        assert authorizer.principal_arn(request) == f"arn:{partition}:iam::{ACCOUNT}:user/plant"


def test_a_key_that_is_taken_back_while_its_request_runs_may_do_nothing_more(
    keys: Keys, authorizer: Authorizer, plant: NewKey
) -> None:
    authorizer.authorize(request_of(plant), "lookoutequipment:ListDatasets", ["*"], {})
    keys.revoke(plant.access_key)
    with pytest.raises(AccessDenied, match="security token"):
        authorizer.authorize(request_of(plant), "lookoutequipment:ListDatasets", ["*"], {})
    with pytest.raises(AccessDenied, match="security token"):
        authorizer.principal_arn(request_of(plant))


def test_another_policy_holds_from_the_next_question_on(keys: Keys, authorizer: Authorizer, plant: NewKey) -> None:
    authorizer.authorize(request_of(plant), "lookoutequipment:ListDatasets", ["*"], {})
    keys.change_policy("plant", json.dumps({"Statement": allow("lookoutvision:*")}))
    with pytest.raises(AccessDenied):
        authorizer.authorize(request_of(plant), "lookoutequipment:ListDatasets", ["*"], {})
