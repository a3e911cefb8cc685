"""A `cdk.Stack` deployed straight from a test, and remote control of the services."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_ssm as ssm
from botocore.exceptions import ClientError

from lookout_local import LocalCloud
from lookout_local.bootstrap import has_roles
from lookout_local.deployment import DeploymentFailed, Environment
from lookout_local.environment import variables, without_aws
from lookout_local.wire import decode, encode
from lookout_server.calls import Call
from lookout_server.faults import Fault
from lookout_server.settings import Alarms, Progress, Settings

ACCOUNT = "555555555555"


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> cdk.Stack:
    """A stack with one output."""
    name = request.node.name.replace("_", "-")[:60]
    stack = cdk.Stack(cdk.App(), name)
    value = cdk.CfnParameter(stack, "Value", default="first").value_as_string
    parameter = ssm.StringParameter(stack, "Parameter", string_value=value)
    cdk.CfnOutput(stack, "Out", value=parameter.parameter_name)
    return stack


@pytest.fixture
def controlled(lookout_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The cloud with settings, faults and calls as they were at its start, before and after."""
    before = lookout_cloud.settings.get()
    lookout_cloud.calls.clear()
    yield lookout_cloud
    lookout_cloud.settings.put(before)
    lookout_cloud.faults.clear()


@pytest.mark.e2e
def test_a_stack_is_created_updated_and_destroyed(lookout_cloud: LocalCloud, stack: cdk.Stack) -> None:
    def value(name: str) -> Any:
        return lookout_cloud.client("ssm", ACCOUNT).get_parameter(Name=name)["Parameter"]["Value"]

    outputs = lookout_cloud.deploy(stack, account=ACCOUNT)
    assert value(outputs["Out"]) == "first"
    assert lookout_cloud.deploy(stack, account=ACCOUNT, parameters={"Value": "second"}) == outputs
    assert value(outputs["Out"]) == "second"
    lookout_cloud.destroy(stack, account=ACCOUNT)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        value(outputs["Out"])
    lookout_cloud.destroy(stack, account=ACCOUNT)


@pytest.mark.e2e
def test_what_was_added_since_the_last_deployment_is_deployed(lookout_cloud: LocalCloud, stack: cdk.Stack) -> None:
    lookout_cloud.deploy(stack)
    cdk.CfnOutput(stack, "Later", value="added")
    assert lookout_cloud.deploy(stack)["Later"] == "added"


@pytest.mark.e2e
def test_an_unchanged_stack_deploys_to_the_same_outputs(lookout_cloud: LocalCloud, stack: cdk.Stack) -> None:
    outputs = lookout_cloud.deploy(stack)
    events = lookout_cloud.events(stack)
    assert lookout_cloud.deploy(stack) == outputs
    assert lookout_cloud.events(stack) == events


@pytest.mark.e2e
def test_a_failed_deployment_says_why_and_can_be_fixed_forward(lookout_cloud: LocalCloud, stack: cdk.Stack) -> None:
    broken = cdk.CfnResource(
        stack, "Broken", type="Custom::Broken", properties={"ServiceToken": "arn:aws:lambda:us-east-1:1:function:no"}
    )
    with pytest.raises(DeploymentFailed) as failure:
        lookout_cloud.deploy(stack)
    assert failure.value.status == "ROLLBACK_COMPLETE"
    assert failure.value.reasons == ["Broken: Function not found: arn:aws:lambda:us-east-1:1:function:no"]
    stack.node.try_remove_child(broken.node.id)
    assert lookout_cloud.deploy(stack)


@pytest.mark.e2e
def test_assets_are_uploaded_where_the_template_looks_for_them(
    lookout_cloud: LocalCloud, stack: cdk.Stack, tmp_path: Any
) -> None:
    (tmp_path / "file.txt").write_text("content")
    asset = s3_assets.Asset(stack, "Asset", path=str(tmp_path / "file.txt"))
    cdk.CfnOutput(stack, "Key", value=asset.s3_object_key)
    cdk.CfnOutput(stack, "Bucket", value=asset.s3_bucket_name)
    outputs = lookout_cloud.deploy(stack, account=ACCOUNT)
    s3 = lookout_cloud.client("s3", ACCOUNT)
    assert s3.get_object(Bucket=outputs["Bucket"], Key=outputs["Key"])["Body"].read() == b"content"


@pytest.mark.e2e
def test_an_account_without_roles_is_not_taken_for_a_bootstrapped_one(lookout_cloud: LocalCloud) -> None:
    assert not has_roles(lookout_cloud.client("iam", "666666666666"), Environment("666666666666", "us-east-1"))


@pytest.mark.e2e
def test_faults_settings_and_calls_are_controlled_from_outside(controlled: LocalCloud) -> None:
    service = controlled.client("lookoutequipment", ACCOUNT)
    controlled.settings.progress = Progress.by_describes(7)
    assert controlled.settings.progress == Progress.by_describes(7)
    controlled.faults.add("ListDatasets", Fault.access_denied(), times=2)
    for _ in range(2):
        with pytest.raises(ClientError, match="AccessDenied"):
            service.list_datasets(MaxResults=5)
    service.list_datasets()
    assert [(call.account, call.operation, call.error_code) for call in controlled.calls.all()] == [
        (ACCOUNT, "ListDatasets", "AccessDeniedException"),
        (ACCOUNT, "ListDatasets", "AccessDeniedException"),
        (ACCOUNT, "ListDatasets", None),
    ]
    assert controlled.calls.all()[0].parameters == {"MaxResults": 5}


@pytest.mark.e2e
def test_an_unknown_setting_is_refused(controlled: LocalCloud) -> None:
    with pytest.raises(AttributeError, match="got 'speed', expected one of"):
        controlled.settings.speed = 3


@pytest.mark.e2e
def test_a_reset_empties_all_accounts(stack: cdk.Stack) -> None:
    with LocalCloud() as cloud:
        cloud.deploy(stack, account=ACCOUNT)
        cloud.reset()
        assert cloud.client("cloudformation", ACCOUNT).describe_stacks()["Stacks"] == []
        assert cloud.client("s3", ACCOUNT).list_buckets()["Buckets"] == []
        assert cloud.deploy(stack, account=ACCOUNT)


@pytest.mark.e2e
def test_a_page_in_a_browser_cannot_control_the_cloud(lookout_cloud: LocalCloud) -> None:
    page = {"Origin": "https://example.com"}
    with pytest.raises(HTTPError, match="403"):
        urlopen(Request(f"{lookout_cloud.endpoint_url}/_lookout/reset", method="POST", headers=page))


def test_no_aws_setting_of_the_user_survives() -> None:
    outer = {"PATH": "/bin", "AWS_PROFILE": "work", "AWS_ENDPOINT_URL_S3": "https://example.com"}
    inner = variables("http://127.0.0.1:1", "secret", account=ACCOUNT, region="eu-west-1")
    assert without_aws(outer) == {"PATH": "/bin"}
    assert inner["AWS_ACCESS_KEY_ID"] == ACCOUNT
    assert inner["AWS_SECRET_ACCESS_KEY"] == "secret"
    assert inner["AWS_REGION"] == inner["AWS_DEFAULT_REGION"] == "eu-west-1"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, "x", True, 2.5],
        {"a": {"$odd": b"bytes"}},
        datetime(2024, 1, 2, tzinfo=UTC),
        Fault.slow(0.5),
        dataclasses.replace(Settings(), client_token_lifetime=timedelta(minutes=3), progress=Progress.by_seconds(4)),
        dataclasses.replace(Settings(), alarms=Alarms("https://plant.example/", Path("secret"))),
        Call("lookoutequipment", ACCOUNT, "us-east-1", "ListDatasets", {"MaxResults": 5}, None, "id"),
    ],
)
def test_what_travels_between_the_processes_arrives_as_it_was(value: Any) -> None:
    assert decode(encode(value)) == value


def test_what_cannot_travel_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be sent"):
        encode(object())
    with pytest.raises(ValueError, match="not a value"):
        decode({"$type": "Popen", "fields": {}})


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("progress", 5, "a Progress"), ("page_size", 0, r"a whole number \(1 or more\)"), ("quotas", None, "a Quotas")],
)
def test_a_setting_that_makes_no_sense_is_refused(controlled: LocalCloud, name: str, value: Any, expected: str) -> None:
    before = controlled.settings.get()
    with pytest.raises(ValueError, match=f"{name} of Settings: got {value}, expected {expected}"):
        setattr(controlled.settings, name, value)
    assert controlled.settings.get() == before


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"5", "settings: got a int, expected Settings"),
        (b"[" * 5_000 + b"]" * 5_000, "levels deep"),
        (b'{"$type": "Settings", "fields": {"progress": 5}}', "progress of Settings: got 5, expected a Progress"),
        (b'{"$type": "Settings", "fields": {"page_size": 1e400}}', "finite"),
        (b'{"$type": "Settings", "fields": {"nonsense": 1}}', "nonsense"),
        (b'{"$type": "Progress", "fields": {}}', "Progress: got neither"),
        (b'{"$seconds": 1e300}', "not a value of the local cloud"),
        (b'{"$map": [[[], 1]]}', "unhashable"),
        (b"{", "Expecting"),
        (b"\xff", "UTF-8"),
    ],
    ids=range(10),
)
def test_what_the_private_route_of_settings_cannot_use_is_refused(
    controlled: LocalCloud, body: bytes, reason: str
) -> None:
    before = controlled.settings.get()
    secret = {"Authorization": f"Bearer {controlled.env()['AWS_SECRET_ACCESS_KEY']}"}
    request = Request(f"{controlled.endpoint_url}/_lookout/settings", data=body, headers=secret, method="PUT")
    with pytest.raises(HTTPError) as caught:
        urlopen(request)
    assert caught.value.code == 400
    assert reason in json.load(caught.value)["error"]
    assert controlled.settings.get() == before


@pytest.mark.e2e
def test_the_log_of_calls_says_how_many_it_has_forgotten(controlled: LocalCloud) -> None:
    controlled.settings.limits = dataclasses.replace(controlled.settings.limits, calls_in_log=2)
    for _ in range(5):
        controlled.client("lookoutequipment").list_datasets()
    assert controlled.calls.forgotten == 3
    with pytest.warns(UserWarning, match="the log of calls: 3 of 5 are gone"):
        assert len(controlled.calls.all()) == 2
    controlled.calls.clear()
    assert (controlled.calls.forgotten, controlled.calls.all()) == (0, [])


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_time_scale_that_makes_no_sense_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="time_scale of a local cloud: got"):
        LocalCloud(time_scale=scale)
