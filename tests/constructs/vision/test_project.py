"""Projects of Lookout for Vision."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from cdk_lookout import InvalidProperty, LookoutProvider, vision
from tests.constructs.support import (
    of_type,
    only,
    options,
    properties,
    provider_policies,
    resources,
    template,
    warnings,
)

PROJECT = "Custom::LookoutVisionProject"
ARN = "arn:aws:lookoutvision:us-east-1:111111111111:project/bottles"


@pytest.fixture
def bottles(stack: cdk.Stack) -> vision.Project:
    return vision.Project(stack, "Bottles")


def test_a_project_without_a_name_gets_one_at_deployment(stack: cdk.Stack, bottles: vision.Project) -> None:
    assert set(properties(stack, PROJECT)) == {"Options"}
    assert options(stack, PROJECT)["Name"] == "Bottles"


def test_an_explicit_name_is_the_service_s(stack: cdk.Stack) -> None:
    vision.Project(stack, "Bottles", project_name="bottles")
    assert properties(stack, PROJECT)["ProjectName"] == "bottles"
    assert "Name" not in options(stack, PROJECT)


def test_its_name_is_an_attribute_because_the_id_may_tell_more(stack: cdk.Stack, bottles: vision.Project) -> None:
    assert stack.resolve(bottles.project_name)["Fn::GetAtt"][1] == "ProjectName"
    assert stack.resolve(bottles.project_arn)["Fn::GetAtt"][1] == "ProjectArn"
    assert stack.resolve(bottles.creation_timestamp)["Fn::GetAtt"][1] == "CreationTimestamp"


@pytest.mark.parametrize("name", ["", "-bottles", "my bottles", "b" * 256, 7])
def test_a_name_that_the_service_would_refuse_is_refused(stack: cdk.Stack, name: str) -> None:
    with pytest.raises(InvalidProperty, match=r"project_name of Plant/Bottles: got .*, expected 1 to 255 letters"):
        vision.Project(stack, "Bottles", project_name=name)


@pytest.mark.parametrize("name", ["b", "b" * 255, "Bottles_2-x"])
def test_a_name_that_the_service_takes_is_taken(stack: cdk.Stack, name: str) -> None:
    vision.Project(stack, "Bottles", project_name=name)
    assert properties(stack, PROJECT)["ProjectName"] == name


def test_models_of_somebody_else_may_go_only_when_it_says_so(app: cdk.App) -> None:
    one, other = cdk.Stack(app, "One"), cdk.Stack(app, "Other")
    vision.Project(one, "Bottles")
    vision.Project(other, "Bottles", delete_contents=True)
    assert "DeleteContents" not in options(one, PROJECT)
    assert options(other, PROJECT)["DeleteContents"] == "true"


def test_that_models_may_go_is_yes_or_no(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match="delete_contents of Plant/Bottles: got 'yes', expected True or False"):
        vision.Project(stack, "Bottles", delete_contents="yes")  # type: ignore[arg-type]


def test_adopting_reaches_the_provider(stack: cdk.Stack) -> None:
    vision.Project(stack, "Bottles", project_name="bottles", adopt_existing=True)
    assert options(stack, PROJECT)["AdoptExisting"] == "true"


def test_it_is_kept_when_it_leaves_the_stack(stack: cdk.Stack, bottles: vision.Project) -> None:
    assert only(stack, PROJECT)["DeletionPolicy"] == "RetainExceptOnCreate"
    assert only(stack, PROJECT)["UpdateReplacePolicy"] == "Delete"
    assert options(stack, PROJECT)["RemovalPolicy"] == "retain"


def test_it_goes_when_told_so(stack: cdk.Stack) -> None:
    vision.Project(stack, "Bottles", removal_policy=cdk.RemovalPolicy.DESTROY)
    assert only(stack, PROJECT)["DeletionPolicy"] == "Delete"
    assert options(stack, PROJECT)["RemovalPolicy"] == "destroy"


def test_a_project_from_elsewhere_is_known_by_its_name(stack: cdk.Stack) -> None:
    found = vision.Project.from_project_name(stack, "Bottles", "bottles")
    assert found.project_name == "bottles"
    assert "project/bottles" in str(stack.resolve(found.project_arn))
    assert "Resources" not in template(stack)


def test_a_project_from_elsewhere_is_known_by_its_arn(stack: cdk.Stack) -> None:
    found = vision.Project.from_project_arn(stack, "Bottles", ARN)
    assert (found.project_name, found.project_arn) == ("bottles", ARN)


def test_the_arn_of_a_project_from_elsewhere_may_be_a_token(stack: cdk.Stack) -> None:
    arn = cdk.CfnParameter(stack, "Arn").value_as_string
    found = vision.Project.from_project_arn(stack, "Bottles", arn)
    assert stack.resolve(found.project_name) == {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Arn"}]}]}


def test_what_is_no_arn_of_a_project_is_refused(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match="project_arn of Plant/Bottles: got 'bottles', expected arn:aws:lookoutv"):
        vision.Project.from_project_arn(stack, "Bottles", "bottles")


def test_who_may_read_it_may_read_all_that_is_in_it(stack: cdk.Stack, bottles: vision.Project) -> None:
    role = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    bottles.grant_read(role).assert_success()
    [policy] = [
        found["Properties"]["PolicyDocument"]["Statement"]
        for name, found in of_type(resources(stack), "AWS::IAM::Policy").items()
        if name.startswith("Reader")
    ]
    granted = {action: statement["Resource"] for statement in policy for action in _actions(statement)}
    assert granted["lookoutvision:DescribeProject"] == stack.resolve(bottles.project_arn)
    assert granted["lookoutvision:ListDatasetEntries"] == "*"
    assert str(granted["lookoutvision:DescribeModel"]).endswith("'/*']]}")
    assert all(action.split(":")[1].startswith(("Describe", "List")) for action in granted)


def _actions(statement: dict[str, list[str] | str]) -> list[str]:
    found = statement["Action"]
    return [found] if isinstance(found, str) else found


def test_its_policy_never_depends_on_which_projects_there_are(app: cdk.App) -> None:
    texts = []
    for count in (1, 3):
        stack = cdk.Stack(cdk.App(), "Plant")
        for number in range(count):
            vision.Project(stack, f"Bottles{number}", project_name=f"bottles-{number}", delete_contents=number > 1)
        texts.append(provider_policies(stack))
    assert texts[0] == texts[1]


def test_a_region_where_the_service_never_was_is_warned_about(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account="111111111111", region="sa-east-1"))
    vision.Project(stack, "Bottles")
    found = " ".join(warnings(stack))
    assert "AWS ended Amazon Lookout for Vision on 2025-10-31" in found
    assert "got sa-east-1, expected one where Amazon Lookout for Vision has been: us-east-1, us-east-2" in found


def test_an_endpoint_of_ones_own_needs_no_warning(stack: cdk.Stack) -> None:
    LookoutProvider(stack, endpoint_url="http://127.0.0.1:4566")
    vision.Project(stack, "Bottles")
    assert warnings(stack) == []
