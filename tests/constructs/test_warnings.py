"""What a synthesis warns of."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_lookout import LookoutProvider, Wait, equipment, vision
from tests.constructs.support import VERSION_ARN, warnings

FRANKFURT = cdk.Environment(account="222222222222", region="eu-central-1")
IRELAND = cdk.Environment(account="222222222222", region="eu-west-1")
UNKNOWN = cdk.Environment()


def detected(scope: Construct, id: str, name: str | None = None) -> equipment.Dataset:
    return equipment.Dataset(scope, id, source=equipment.DatasetSource.detected(), dataset_name=name)


def about(warning: str, stack: cdk.Stack) -> list[str]:
    return [found for found in warnings(stack) if f"cdk-lookout:{warning}" in found]


# -- Regions ------------------------------------------------------------------------------------------------


def test_the_region_that_the_cli_deploys_to_is_looked_at_where_the_stack_has_none(
    stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-central-1")
    detected(stack, "Pumps")
    [found] = about("equipment-region", stack)
    assert "Region of Plant: got eu-central-1, expected one where Amazon Lookout for Equipment has been" in found


def test_it_says_nothing_of_a_stack_that_has_its_own(app: cdk.App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-central-1")
    stack = cdk.Stack(app, "Plant", env=IRELAND)
    detected(stack, "Pumps")
    assert about("equipment-region", stack) == []


def test_each_service_has_regions_of_its_own(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Plant", env=FRANKFURT)
    detected(stack, "Pumps")
    vision.Project(stack, "Bottles")
    assert len(about("equipment-region", stack)) == 1
    assert about("vision-region", stack) == []


@pytest.mark.parametrize("region", ["us-west-1", "sa-east-1", "eu-central-2", "cn-north-1"])
def test_a_region_where_neither_service_was_gives_a_warning_for_each(app: cdk.App, region: str) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account="222222222222", region=region))
    detected(stack, "Pumps")
    vision.Project(stack, "Bottles")
    assert len(about("equipment-region", stack)) == len(about("vision-region", stack)) == 1


def test_nested_stacks_and_stages_are_looked_at_as_well(app: cdk.App) -> None:
    stage = cdk.Stage(app, "Prod", env=FRANKFURT)
    nested = cdk.NestedStack(cdk.Stack(stage, "Plant"), "Nested")
    detected(nested, "Pumps")
    messages = [str(message.entry.data) for artifact in stage.synth().stacks for message in artifact.messages]
    assert any("got eu-central-1" in message for message in messages)


# -- names --------------------------------------------------------------------------------------------------

NAMED: dict[str, Callable[[Construct, str, str], object]] = {
    "dataset_name": detected,
    "model_name": lambda scope, id, name: equipment.Model(
        scope,
        id,
        source=equipment.ModelSource.imported(
            equipment.ModelVersion.from_model_version_arn(scope, f"{id}Source", VERSION_ARN),
            dataset=equipment.Dataset.from_dataset_name(scope, f"{id}Pumps", "pumps"),
        ),
        model_name=name,
    ),
    "inference_scheduler_name": lambda scope, id, name: equipment.InferenceScheduler(
        scope,
        id,
        model=equipment.Model.from_model_name(scope, f"{id}Model", "wear"),
        inference_scheduler_name=name,
        data_upload_frequency=cdk.Duration.minutes(5),
        input_bucket=s3.Bucket.from_bucket_name(scope, f"{id}Files", "files"),
        input_prefix="now/",
        output_bucket=s3.Bucket.from_bucket_name(scope, f"{id}Results", "results"),
    ),
    "label_group_name": lambda scope, id, name: equipment.LabelGroup(scope, id, label_group_name=name),
    "project_name": lambda scope, id, name: vision.Project(scope, id, project_name=name),
}


@pytest.mark.parametrize("what", NAMED)
def test_two_constructs_of_the_same_name_give_a_warning(stack: cdk.Stack, what: str) -> None:
    NAMED[what](stack, "First", "same")
    NAMED[what](stack, "Second", "same")
    [found] = about("same-name", stack)
    assert f"{what} of Plant/Second: got 'same', the name of Plant/First, expected a name of its own" in found


def test_different_names_and_generated_ones_give_none(stack: cdk.Stack) -> None:
    for id, name in (("A", "pumps"), ("B", "Pumps"), ("C", None), ("D", None)):
        detected(stack, id, name)
    assert about("same-name", stack) == []


def test_the_same_name_of_two_types_gives_none(stack: cdk.Stack) -> None:
    for what, make in NAMED.items():
        make(stack, what.title().replace("_", ""), "same")
    assert about("same-name", stack) == []


def test_a_name_that_is_known_at_deployment_only_gives_none(stack: cdk.Stack) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string
    detected(stack, "A", name)
    detected(stack, "B", name)
    assert about("same-name", stack) == []


@pytest.mark.parametrize(
    ("one", "other", "warned"),
    [
        (IRELAND, IRELAND, True),
        (UNKNOWN, UNKNOWN, True),
        (IRELAND, FRANKFURT, False),
        (IRELAND, cdk.Environment(account="333333333333", region="eu-west-1"), False),
        (IRELAND, UNKNOWN, False),
    ],
)
def test_stacks_of_one_account_and_region_share_their_names(
    app: cdk.App, one: cdk.Environment, other: cdk.Environment, warned: bool
) -> None:
    first, second = cdk.Stack(app, "First", env=one), cdk.Stack(app, "Second", env=other)
    detected(first, "Pumps", "pumps")
    detected(second, "Pumps", "pumps")
    assert about("same-name", first) == []
    assert bool(about("same-name", second)) is warned


def test_a_nested_stack_is_in_the_account_and_region_of_the_one_around_it(stack: cdk.Stack) -> None:
    detected(stack, "Pumps", "pumps")
    detected(cdk.NestedStack(stack, "Nested"), "Pumps", "pumps")
    assert any("got 'pumps', the name of Plant/Pumps" in found for found in about("same-name", stack))


def test_stages_whose_accounts_are_not_known_are_taken_for_different_places(app: cdk.App) -> None:
    stacks = [cdk.Stack(cdk.Stage(app, name), "Plant") for name in ("Dev", "Prod")]
    for stack in stacks:
        detected(stack, "Pumps", "pumps")
    found = [message for stack in stacks for message in _messages(stack)]
    assert not [message for message in found if "same-name" in message]


def test_stages_in_one_account_and_region_share_their_names(app: cdk.App) -> None:
    stacks = [cdk.Stack(cdk.Stage(app, name, env=IRELAND), "Plant") for name in ("Dev", "Prod")]
    for stack in stacks:
        detected(stack, "Pumps", "pumps")
    assert any("same-name" in message for message in _messages(stacks[1]))


def _messages(stack: cdk.Stack) -> list[str]:
    stage = cdk.Stage.of(stack)
    assert stage is not None
    return [str(message.entry.data) for artifact in stage.synth().stacks for message in artifact.messages]


def test_apps_know_nothing_of_one_another() -> None:
    for _ in range(2):
        stack = cdk.Stack(cdk.App(), "Plant")
        detected(stack, "Pumps", "pumps")
        assert about("same-name", stack) == []


def test_it_can_be_acknowledged(stack: cdk.Stack) -> None:
    detected(stack, "A", "pumps")
    second = detected(stack, "B", "pumps")
    cdk.Annotations.of(second).acknowledge_warning("cdk-lookout:same-name", "only one of them is deployed")
    assert about("same-name", stack) == []


# -- resources ----------------------------------------------------------------------------------------------


def topics(scope: Construct, count: int) -> None:
    for number in range(count):
        sns.CfnTopic(scope, f"Topic{number}")


def fill(stack: cdk.Stack, count: int) -> None:
    """Give *stack* as many resources as that in all, the provider's six included."""
    LookoutProvider(stack, endpoint_url="https://lookout.example.internal")
    topics(stack, count - 6)


def test_a_stack_that_comes_near_500_resources_gives_a_warning(stack: cdk.Stack) -> None:
    fill(stack, 400)
    [found] = about("many-resources", stack)
    assert "resources of Plant: got 400, 0 of them the links of waits, expected at most 500" in found


def test_a_smaller_one_gives_none(stack: cdk.Stack) -> None:
    fill(stack, 399)
    assert about("many-resources", stack) == []


def test_it_says_how_many_of_them_wait(stack: cdk.Stack) -> None:
    project = vision.Project(stack, "Bottles")
    results = s3.Bucket.from_bucket_name(stack, "Results", "results")
    for number in range(15):
        wait = Wait.until_ready(timeout=cdk.Duration.hours(12))
        vision.Model(stack, f"Inspection{number}", project=project, output_bucket=results, wait=wait)
    [found] = about("many-resources", stack)
    assert "390 of them the links of waits" in found


def test_a_nested_stack_is_counted_by_itself(stack: cdk.Stack) -> None:
    fill(stack, 300)
    topics(cdk.NestedStack(stack, "Nested"), 300)
    assert about("many-resources", stack) == []


# -- the end of the services --------------------------------------------------------------------------------


def test_the_end_of_a_service_is_warned_of_where_the_app_is_deployed_to_aws(stack: cdk.Stack) -> None:
    detected(stack, "Pumps")
    assert len(about("equipment-ended", stack)) == 1


def test_nothing_has_ended_where_the_app_is_deployed_to_another_endpoint_than_aws(
    stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    detected(stack, "Pumps")
    vision.Project(stack, "Bottles")
    assert [about(f"{service}-ended", stack) for service in ("equipment", "vision")] == [[], []]
