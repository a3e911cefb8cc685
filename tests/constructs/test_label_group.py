"""Label groups, and their single labels."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from cdk_lookout import InvalidProperty
from cdk_lookout.equipment import ILabelGroup, Label, LabelGroup, LabelRating, TimeRange
from tests.constructs.support import NIGHT, errors, of_type, only, options, properties, resources

ARN = "arn:aws:lookoutequipment:us-east-1:111111111111:label-group/faults/5e6f"


@pytest.fixture
def faults(stack: cdk.Stack) -> LabelGroup:
    return LabelGroup(stack, "Faults", fault_codes=["leak", "wear"])


def leak(group: ILabelGroup, id: str = "Leak", **more: Any) -> Label:
    scope = group if isinstance(group, LabelGroup) else cdk.Stack.of(group)  # type: ignore[arg-type]
    return Label(scope, id, **{"label_group": group, "time_range": NIGHT, "rating": LabelRating.ANOMALY, **more})


def test_a_group_is_the_request_of_the_api(stack: cdk.Stack, faults: LabelGroup) -> None:
    assert properties(stack, "LabelGroup") == {
        "FaultCodes": ["leak", "wear"],
        "Options": {"Attributes": "2", "Name": "Faults", "RemovalPolicy": "retain"},
    }


def test_a_group_without_fault_codes_says_so_because_it_may_have_had_some(stack: cdk.Stack) -> None:
    LabelGroup(stack, "Faults")
    assert properties(stack, "LabelGroup")["FaultCodes"] == []


def test_a_group_may_have_a_name_of_its_own(stack: cdk.Stack) -> None:
    LabelGroup(stack, "Faults", label_group_name="faults", adopt_existing=True)
    assert properties(stack, "LabelGroup")["LabelGroupName"] == "faults"
    assert options(stack, "LabelGroup")["AdoptExisting"] == "true"


def test_a_group_outlives_its_stack_unless_told_otherwise(stack: cdk.Stack) -> None:
    LabelGroup(stack, "Kept")
    LabelGroup(stack, "Gone", removal_policy=cdk.RemovalPolicy.DESTROY)
    found = of_type(resources(stack), "Custom::LookoutEquipmentLabelGroup")
    assert {(one["DeletionPolicy"], one["UpdateReplacePolicy"]) for one in found.values()} == {
        ("RetainExceptOnCreate", "Delete"),
        ("Delete", "Delete"),
    }


def test_a_group_takes_the_tags_of_its_stack(stack: cdk.Stack, faults: LabelGroup) -> None:
    cdk.Tags.of(stack).add("team", "pumps")
    assert properties(stack, "LabelGroup")["Tags"] == [{"Key": "team", "Value": "pumps"}]


@pytest.mark.parametrize(
    ("codes", "got"),
    [
        ("leak", "'leak', expected a list"),
        ([""], "''"),
        (["x" * 101], "'x"),
        (["leak", "leak"], "'leak' twice"),
        ([f"code {number}" for number in range(51)], "51 of them"),
    ],
)
def test_fault_codes_that_the_service_would_refuse_are_refused(stack: cdk.Stack, codes: Any, got: str) -> None:
    with pytest.raises(InvalidProperty, match=rf"fault_codes of Plant/Faults: got {got}"):
        LabelGroup(stack, "Faults", fault_codes=codes)


def test_a_group_from_elsewhere_is_known_by_its_arn(stack: cdk.Stack) -> None:
    group = LabelGroup.from_label_group_arn(stack, "Faults", ARN)
    assert (group.label_group_name, group.label_group_arn, group.fault_codes) == ("faults", ARN, None)


def test_a_group_that_is_known_by_name_has_no_arn_here(stack: cdk.Stack) -> None:
    group = LabelGroup.from_label_group_name(stack, "Faults", "faults")
    with pytest.raises(InvalidProperty, match=r"LabelGroup\.from_label_group_arn"):
        _ = group.label_group_arn


def test_a_group_from_elsewhere_needs_a_name_or_an_arn(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match="label_group_arn of Plant/Faults: got None"):
        LabelGroup.from_label_group_attributes(stack, "Faults", fault_codes=["leak"])


def test_what_is_no_arn_of_a_group_is_refused(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match="label_group_arn of Plant/Faults: got 'faults'"):
        LabelGroup.from_label_group_arn(stack, "Faults", "faults")


def test_reading_covers_the_group_and_its_labels(stack: cdk.Stack) -> None:
    reader = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    LabelGroup.from_label_group_arn(stack, "Faults", ARN).grant_read(reader)
    [statement] = only(stack, "AWS::IAM::Policy")["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == ARN
    assert set(statement["Action"]) == {
        f"lookoutequipment:{operation}"
        for operation in ("DescribeLabel", "DescribeLabelGroup", "ListLabels", "ListTagsForResource")
    }


def test_a_label_is_the_request_of_the_api(stack: cdk.Stack, faults: LabelGroup) -> None:
    faults.add_label(
        "Leak",
        time_range=TimeRange.from_iso("2024-01-05T08:00:00+01:00", "2024-01-05T12:00:00Z"),
        rating=LabelRating.NO_ANOMALY,
        fault_code="leak",
        equipment="pump 1",
        notes="a seal broke",
    )
    assert properties(stack, "Label") == {
        "LabelGroupName": stack.resolve(faults.label_group_name),
        "StartTime": "2024-01-05T07:00:00Z",
        "EndTime": "2024-01-05T12:00:00Z",
        "Rating": "NO_ANOMALY",
        "FaultCode": "leak",
        "Equipment": "pump 1",
        "Notes": "a seal broke",
        "Options": {"Attributes": "2", "RemovalPolicy": "destroy"},
    }


def test_a_label_tells_its_id(stack: cdk.Stack, faults: LabelGroup) -> None:
    label = leak(faults)
    assert stack.resolve(label.label_id)["Fn::GetAtt"][1] == "LabelId"
    assert stack.resolve(label.created_at)["Fn::GetAtt"][1] == "CreatedAt"
    assert stack.resolve(label.label_group_arn)["Fn::GetAtt"][1] == "LabelGroupArn"
    assert label.label_group is faults


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fault_code": "rust"}, "fault_code of .*: got 'rust', expected one of 'leak', 'wear'"),
        ({"rating": "ANOMALY"}, "rating of .*: got 'ANOMALY', expected one of LabelRating.ANOMALY"),
        ({"time_range": "2024"}, "time_range of .*: got '2024', expected a TimeRange"),
        ({"equipment": ""}, "equipment of .*: got '', expected 1 to 200 characters"),
        ({"notes": "x" * 2534}, "notes of .*: got 'x.*, expected 1 to 2533 characters"),
        ({"label_group": "faults"}, "label_group of .*: got 'faults', expected a label group"),
    ],
)
def test_a_label_that_the_service_would_refuse_is_refused(
    faults: LabelGroup, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidProperty, match=message):
        leak(faults, **wrong)


def test_the_fault_codes_of_a_group_that_is_not_known_are_left_to_the_service(stack: cdk.Stack) -> None:
    group = LabelGroup.from_label_group_name(stack, "Faults", "faults")
    Label(stack, "Rust", label_group=group, time_range=NIGHT, rating=LabelRating.ANOMALY, fault_code="rust")
    assert properties(stack, "Label")["FaultCode"] == "rust"


def test_a_group_takes_30_labels_and_names_the_way_out_for_more(faults: LabelGroup) -> None:
    for number in range(30):
        leak(faults, f"Leak{number}")
    with pytest.raises(InvalidProperty, match=r"got label 31 of Plant/Faults, expected at most 30.* LabelSet"):
        leak(faults, "Leak30")


@pytest.mark.parametrize(("tags", "problem"), [(12, ""), (13, "got 13 and 30 labels")])
def test_labels_and_tags_of_a_group_share_what_the_service_takes(
    tags: int, problem: str, app: cdk.App, faults: LabelGroup
) -> None:
    for number in range(30):
        leak(faults, f"Leak{number}")
    for number in range(tags):
        cdk.Tags.of(faults).add(f"tag-{number}", "x")
    complaint = errors(app)
    assert problem in complaint
    assert bool(problem) is bool(complaint)
