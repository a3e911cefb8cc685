"""Credentials for an endpoint of one's own: which functions have them, and what lets them read the secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_lookout import InvalidProperty, LookoutProvider, vision
from cdk_lookout.equipment import InferenceScheduler, Monitoring
from tests.constructs.support import errors, every_type, of_type, provider_policies, resources
from tests.constructs.test_provider import SUPPORT, detected, support_resources

URL = "https://lookout.example.internal"
ARN = "arn:aws:secretsmanager:eu-central-1:222222222222:secret:lookout/plant-AbCdEf"
KEY = "arn:aws:kms:eu-central-1:222222222222:key/1"
HOSTED = "arn:aws:lookoutvision:us-east-1:222222222222:model/bottles/1"

Make = Callable[[cdk.Stack], secretsmanager.ISecret]


def by_arn(stack: cdk.Stack) -> secretsmanager.ISecret:
    return secretsmanager.Secret.from_secret_complete_arn(stack, "Secret", ARN)


def by_name(stack: cdk.Stack) -> secretsmanager.ISecret:
    return secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "lookout/plant")


def with_key(stack: cdk.Stack) -> secretsmanager.ISecret:
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    return secretsmanager.Secret.from_secret_attributes(stack, "Secret", secret_complete_arn=ARN, encryption_key=key)


def own(stack: cdk.Stack) -> secretsmanager.ISecret:
    return secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))


def provided(stack: cdk.Stack, make: Make = by_arn) -> LookoutProvider:
    return LookoutProvider(stack, endpoint_url=URL, endpoint_credentials=make(stack))


def variables(stack: cdk.Stack, handler: str = "lookout_provider") -> dict[str, Any]:
    """The environment of the function with that handler."""
    [found] = [
        function["Properties"]["Environment"]["Variables"]
        for function in of_type(resources(stack), "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"].startswith(handler)
    ]
    return dict(found)


def allowed(document: Any) -> list[dict[str, Any]]:
    """What the statements of a document say of secrets and keys."""
    return [one for one in document["Statement"] if str(one["Action"]).startswith(("secretsmanager:", "kms:"))]


def granted(stack: cdk.Stack) -> list[dict[str, Any]]:
    """The same of the provider's own policy."""
    return allowed(resources(stack)["LookoutProviderPolicyE1770FBB"]["Properties"]["PolicyDocument"])


def test_the_function_knows_the_secret_and_may_read_that_one_only(stack: cdk.Stack) -> None:
    provided(stack)
    found = variables(stack)
    assert (found["LOOKOUT_ENDPOINT_URL"], found["LOOKOUT_ENDPOINT_SECRET"]) == (URL, ARN)
    assert granted(stack) == [{"Action": "secretsmanager:GetSecretValue", "Effect": "Allow", "Resource": ARN}]


def test_a_secret_that_is_known_by_name_may_be_read_with_what_secrets_manager_adds(stack: cdk.Stack) -> None:
    provided(stack, by_name)
    [statement] = granted(stack)
    assert statement["Resource"]["Fn::Join"][1][-1] == ":secret:lookout/plant-??????"


def test_the_key_of_a_secret_may_be_used_through_secrets_manager_only(stack: cdk.Stack) -> None:
    provided(stack, with_key)
    _, statement = granted(stack)
    assert statement == {
        "Action": "kms:Decrypt",
        "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}},
        "Effect": "Allow",
        "Resource": KEY,
    }


def test_a_secret_of_the_same_stack_is_there_before_the_function_and_after_it(stack: cdk.Stack) -> None:
    provided(stack, own)
    [secret] = of_type(resources(stack), "AWS::SecretsManager::Secret")
    assert variables(stack)["LOOKOUT_ENDPOINT_SECRET"] == {"Ref": secret}
    assert [statement["Action"] for statement in granted(stack)] == ["secretsmanager:GetSecretValue", "kms:Decrypt"]


@pytest.mark.parametrize("make", [by_arn, by_name, with_key])
def test_credentials_add_no_resource(stack: cdk.Stack, make: Make) -> None:
    provided(stack, make)
    assert support_resources(resources(stack)) == SUPPORT


def test_the_policies_say_the_same_whatever_constructs_there_are(app: cdk.App) -> None:
    few, many = cdk.Stack(app, "Few"), cdk.Stack(app, "Many")
    for stack, count in ((few, 1), (many, 10)):
        provided(stack, with_key)
        every_type(stack, count)
    assert provider_policies(few) == provider_policies(many)


def test_without_credentials_nothing_of_a_secret_is_in_the_template(stack: cdk.Stack) -> None:
    LookoutProvider(stack, endpoint_url=URL)
    detected(stack)
    assert "LOOKOUT_ENDPOINT_SECRET" not in variables(stack)
    assert granted(stack) == []


def test_the_provider_shows_its_credentials(app: cdk.App) -> None:
    with_them, without = cdk.Stack(app, "With"), cdk.Stack(app, "Without")
    found = provided(with_them).endpoint_credentials
    assert found is not None
    assert found.secret_arn == ARN
    assert LookoutProvider(without, endpoint_url=URL).endpoint_credentials is None


def monitoring(stack: cdk.Stack, **given: Any) -> str:
    """Make a function besides the provider's; its handler."""
    watched = InferenceScheduler.from_inference_scheduler_name(stack, "Watch", "watch")
    Monitoring(stack, "Monitoring", schedulers=[watched], **given)
    return "lookout_monitor"


def hours(stack: cdk.Stack, **given: Any) -> str:
    """The same of the other kind."""
    host = vision.HostedModel(
        stack, "Host", model=vision.Model.from_model_arn(stack, "Other", HOSTED), min_inference_units=1
    )
    vision.HostingHours(stack, "Hours", hosted_model=host, start="08:00", stop="18:00", **given)
    return "lookout_hosting_guard"


def of_role(stack: cdk.Stack, begin: str) -> list[dict[str, Any]]:
    """What the inline policies of the role that begins so say of secrets and keys."""
    [role] = [one for name, one in of_type(resources(stack), "AWS::IAM::Role").items() if name.startswith(begin)]
    return [statement for policy in role["Properties"]["Policies"] for statement in allowed(policy["PolicyDocument"])]


@pytest.mark.parametrize(("make", "begin"), [(monitoring, "Monitoring"), (hours, "Hours")])
def test_other_functions_have_the_credentials_of_the_provider(
    stack: cdk.Stack, make: Callable[..., str], begin: str
) -> None:
    provided(stack)
    assert variables(stack, make(stack)) == {"LOOKOUT_ENDPOINT_URL": URL, "LOOKOUT_ENDPOINT_SECRET": ARN}
    assert [statement["Resource"] for statement in of_role(stack, begin)] == [ARN]


@pytest.mark.parametrize(("make", "begin"), [(monitoring, "Monitoring"), (hours, "Hours")])
def test_other_functions_may_have_an_endpoint_and_credentials_of_their_own(
    stack: cdk.Stack, make: Callable[..., str], begin: str
) -> None:
    LookoutProvider(stack, endpoint_url="https://elsewhere.example.internal")
    handler = make(stack, endpoint_url=URL, endpoint_credentials=by_arn(stack))
    assert variables(stack, handler) == {"LOOKOUT_ENDPOINT_URL": URL, "LOOKOUT_ENDPOINT_SECRET": ARN}
    assert [statement["Resource"] for statement in of_role(stack, begin)] == [ARN]


@pytest.mark.parametrize("make", [monitoring, hours])
def test_credentials_of_the_provider_are_not_for_another_endpoint(stack: cdk.Stack, make: Callable[..., str]) -> None:
    provided(stack)
    handler = make(stack, endpoint_url="https://elsewhere.example.internal")
    assert variables(stack, handler) == {"LOOKOUT_ENDPOINT_URL": "https://elsewhere.example.internal"}


@pytest.mark.parametrize("make", [lambda stack, **given: LookoutProvider(stack, **given), monitoring, hours])
def test_credentials_without_an_endpoint_are_refused(stack: cdk.Stack, make: Callable[..., Any]) -> None:
    expected = "endpoint_url of .*: got None, expected the endpoint that endpoint_credentials are for"
    with pytest.raises(InvalidProperty, match=expected):
        make(stack, endpoint_credentials=by_arn(stack))


@pytest.mark.parametrize("got", [ARN, {"access_key": "LK"}, cdk.SecretValue.unsafe_plain_text("LK")])
def test_what_is_no_secret_is_refused(stack: cdk.Stack, got: Any) -> None:
    with pytest.raises(InvalidProperty, match=r"endpoint_credentials of LookoutProvider: got .*, expected a secret"):
        LookoutProvider(stack, endpoint_url=URL, endpoint_credentials=got)


def test_cdk_nag_finds_nothing_in_a_provider_with_credentials(app: cdk.App, stack: cdk.Stack) -> None:
    provided(stack, by_name)
    detected(stack)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    assert errors(app) == ""
