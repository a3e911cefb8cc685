"""Resource policies: put, described, deleted, and what may stand in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server.services.support import SOURCE, TARGET, Cloud, client_of, policy, refused


@pytest.fixture
def arn(cloud: Cloud) -> str:
    """The ARN of a dataset."""
    return cloud.dataset()


def text(arn: str, **changes: Any) -> str:
    """A good policy whose only statement is changed; a change to None takes the member out."""
    statement = json.loads(policy(arn, action="ImportDataset"))["Statement"][0] | changes
    statement = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def test_a_policy_is_shown_as_it_was_put(cloud: Cloud, arn: str) -> None:
    given = json.dumps(json.loads(text(arn)), indent=3)
    put = cloud.source.put_resource_policy(ResourceArn=arn, ResourcePolicy=given)
    assert put["ResourceArn"] == arn
    shown = cloud.source.describe_resource_policy(ResourceArn=arn)
    assert (shown["ResourcePolicy"], shown["PolicyRevisionId"]) == (given, put["PolicyRevisionId"])
    assert shown["CreationTime"] == shown["LastModifiedTime"] == cloud.clock.now()


def test_a_policy_is_replaced_by_its_revision(cloud: Cloud, arn: str) -> None:
    first = cloud.source.put_resource_policy(ResourceArn=arn, ResourcePolicy=text(arn))["PolicyRevisionId"]
    created = cloud.clock.now()
    cloud.clock.advance(9)
    second = cloud.source.put_resource_policy(
        ResourceArn=arn, ResourcePolicy=text(arn, Effect="Deny"), PolicyRevisionId=first
    )["PolicyRevisionId"]
    assert first != second
    shown = cloud.source.describe_resource_policy(ResourceArn=arn)
    assert (shown["CreationTime"], shown["LastModifiedTime"]) == (created, cloud.clock.now())
    message = refused(
        "ConflictException",
        cloud.source.put_resource_policy,
        ResourceArn=arn,
        ResourcePolicy=text(arn),
        PolicyRevisionId=first,
    )
    assert second in message


def test_a_revision_of_a_policy_that_does_not_exist_is_a_conflict(cloud: Cloud, arn: str) -> None:
    refused(
        "ConflictException",
        cloud.source.put_resource_policy,
        ResourceArn=arn,
        ResourcePolicy=text(arn),
        PolicyRevisionId="abc",
    )


def test_without_a_revision_an_existing_policy_is_a_conflict_unless_set(cloud: Cloud, arn: str) -> None:
    cloud.share(arn, action="ImportDataset")
    refused("ConflictException", cloud.source.put_resource_policy, ResourceArn=arn, ResourcePolicy=text(arn))
    cloud.settings.put_policy_without_revision = "overwrite"
    cloud.source.put_resource_policy(ResourceArn=arn, ResourcePolicy=text(arn))


def test_a_deleted_policy_is_gone(cloud: Cloud, arn: str) -> None:
    cloud.share(arn, action="ImportDataset")
    cloud.source.delete_resource_policy(ResourceArn=arn)
    for operation in (cloud.source.describe_resource_policy, cloud.source.delete_resource_policy):
        message = refused("ResourceNotFoundException", operation, ResourceArn=arn)
        assert message == f"The resource {arn} has no resource policy"


def test_a_resource_that_does_not_exist_has_no_policy(cloud: Cloud, arn: str) -> None:
    for other in (arn + "0", arn.replace("dataset/", "model/"), arn.replace("eu-west-1", "us-east-1")):
        refused("ResourceNotFoundException", cloud.source.describe_resource_policy, ResourceArn=other)
        refused(
            "ResourceNotFoundException",
            cloud.source.put_resource_policy,
            ResourceArn=other,
            ResourcePolicy=text(other),
        )


def test_only_datasets_models_and_versions_have_policies(cloud: Cloud) -> None:
    group = cloud.source.create_label_group(LabelGroupName="wear")["LabelGroupArn"]
    refused("ValidationException", cloud.source.put_resource_policy, ResourceArn=group, ResourcePolicy=text(group))


def test_only_the_owner_handles_the_policy(cloud: Cloud, arn: str) -> None:
    cloud.share(arn, action="ImportDataset")
    for operation in (cloud.target.describe_resource_policy, cloud.target.delete_resource_policy):
        refused("AccessDeniedException", operation, ResourceArn=arn)
    refused("AccessDeniedException", cloud.target.put_resource_policy, ResourceArn=arn, ResourcePolicy=text(arn))


def test_a_policy_on_models_and_versions_names_the_import_of_versions(cloud: Cloud) -> None:
    version = cloud.trained_model()
    for arn in (version, version.rsplit("/", 2)[0]):
        cloud.share(arn, action="ImportModelVersion")
        message = refused(
            "ValidationException",
            cloud.source.put_resource_policy,
            ResourceArn=arn,
            ResourcePolicy=policy(arn, action="ImportDataset"),
        )
        assert "expected lookoutequipment:ImportModelVersion" in message


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"Effect": "Maybe"}, ".Effect"),
        ({"Effect": None}, ".Effect"),
        ({"Action": "lookoutequipment:*"}, ".Action"),
        ({"Action": "lookoutequipment:DescribeDataset"}, ".Action"),
        ({"Action": ["lookoutequipment:ImportDataset", "s3:GetObject"]}, ".Action"),
        ({"Action": []}, ".Action"),
        ({"Action": None}, ".Action"),
        ({"Resource": "*"}, ".Resource"),
        ({"Resource": None}, ".Resource"),
        ({"Resource": 7}, ".Resource"),
        ({"Principal": None}, ".Principal"),
        ({"Principal": {"Service": "lookoutequipment.amazonaws.com"}}, ".Principal"),
        ({"Principal": {"AWS": "me"}}, ".Principal.AWS"),
        ({"Principal": {"AWS": []}}, ".Principal.AWS"),
        ({"Principal": {"AWS": "12345"}}, ".Principal.AWS"),
        ({"Condition": {"NumericEquals": {"a": "1"}}}, "NumericEquals"),
        ({"Condition": {"ForAnyValue:StringEquals": {"a": "1"}}}, "ForAnyValue"),
        ({"Condition": {"StringEquals": {}}}, "StringEquals"),
        ({"Condition": {"StringEquals": {"a": []}}}, "StringEquals.a"),
        ({"Condition": []}, ".Condition"),
        ({"NotAction": "a"}, "NotAction"),
        ({"NotPrincipal": "*"}, "NotPrincipal"),
        ({"Comment": "a"}, "Comment"),
    ],
)
def test_a_malformed_statement_is_refused_with_its_place(
    cloud: Cloud, arn: str, changes: dict[str, Any], part: str
) -> None:
    message = refused(
        "ValidationException", cloud.source.put_resource_policy, ResourceArn=arn, ResourcePolicy=text(arn, **changes)
    )
    assert message.startswith("ResourcePolicy.Statement[0]")
    assert part in message


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Statement": [1]}',
        '{"Version": "2020", "Statement": []}',
        '{"Other": 1, "Statement": []}',
    ],
)
def test_what_is_no_policy_is_refused(cloud: Cloud, arn: str, document: str) -> None:
    refused("ValidationException", cloud.source.put_resource_policy, ResourceArn=arn, ResourcePolicy=document)


def test_a_policy_has_at_most_twenty_thousand_characters(cloud: Cloud, arn: str) -> None:
    for length, accepted in ((20_000, True), (20_001, False)):
        given = text(arn, Sid="").replace('"Sid": ""', '"Sid": "' + "a" * (length - len(text(arn, Sid=""))) + '"')
        assert len(given) == length
        if accepted:
            cloud.source.put_resource_policy(ResourceArn=arn, ResourcePolicy=given)
        else:
            refused("ValidationException", cloud.source.put_resource_policy, ResourceArn=arn, ResourcePolicy=given)


@pytest.fixture
def two_versions(cloud: Cloud) -> tuple[str, str]:
    """The ARNs of two versions of a model, and a dataset in the target account to import them for."""
    first = cloud.trained_model()
    dataset = cloud.source.describe_dataset(DatasetName="pumps")
    cloud.target.create_dataset(DatasetName="pumps", DatasetSchema={"InlineDataSchema": dataset["Schema"]})
    return first, cloud.add_version(first)


def importable(cloud: Cloud, version: str) -> bool:
    """Whether the target account may import a version."""
    name = f"try{len(cloud.backend.calls.all())}"
    try:
        cloud.target.import_model_version(SourceModelVersionArn=version, DatasetName="pumps", ModelName=name)
    except cloud.target.exceptions.AccessDeniedException:
        return False
    return True


def test_a_policy_on_the_model_covers_all_versions(cloud: Cloud, two_versions: tuple[str, str]) -> None:
    assert [importable(cloud, one) for one in two_versions] == [False, False]
    cloud.share(two_versions[0].rsplit("/", 2)[0], action="ImportModelVersion")
    assert [importable(cloud, one) for one in two_versions] == [True, True]


def test_a_policy_on_a_version_covers_that_version(cloud: Cloud, two_versions: tuple[str, str]) -> None:
    cloud.share(two_versions[1], action="ImportModelVersion")
    assert [importable(cloud, one) for one in two_versions] == [False, True]


def test_a_deny_on_a_version_outweighs_an_allow_on_the_model(cloud: Cloud, two_versions: tuple[str, str]) -> None:
    cloud.share(two_versions[0].rsplit("/", 2)[0], action="ImportModelVersion")
    cloud.share(two_versions[1], action="ImportModelVersion", effect="Deny")
    assert [importable(cloud, one) for one in two_versions] == [True, False]


def test_a_deny_on_the_model_outweighs_an_allow_on_a_version(cloud: Cloud, two_versions: tuple[str, str]) -> None:
    cloud.share(two_versions[0].rsplit("/", 2)[0], action="ImportModelVersion", effect="Deny")
    cloud.share(two_versions[1], action="ImportModelVersion")
    assert [importable(cloud, one) for one in two_versions] == [False, False]


def test_of_two_policies_the_more_restrictive_wins(cloud: Cloud, two_versions: tuple[str, str]) -> None:
    cloud.share(two_versions[0].rsplit("/", 2)[0], action="ImportModelVersion")
    cloud.share(two_versions[1], action="ImportModelVersion", principal="333333333333")
    assert [importable(cloud, one) for one in two_versions] == [True, False]


def test_a_deny_holds_within_the_account_too(cloud: Cloud, two_versions: tuple[str, str]) -> None:
    cloud.share(two_versions[0], action="ImportModelVersion", effect="Deny", principal=SOURCE)
    message = refused(
        "AccessDeniedException",
        cloud.source.import_model_version,
        SourceModelVersionArn=two_versions[0],
        DatasetName="pumps",
    )
    assert "explicit deny" in message


def test_a_policy_can_name_everyone(cloud: Cloud, two_versions: tuple[str, str]) -> None:
    cloud.share(two_versions[0], action="ImportModelVersion", principal="*")
    assert importable(cloud, two_versions[0])


def test_a_policy_can_name_the_role_of_the_caller(cloud: Cloud, two_versions: tuple[str, str]) -> None:
    cloud.share(two_versions[0], action="ImportModelVersion", principal=f"arn:aws:iam::{TARGET}:role/Deploy")
    assert not importable(cloud, two_versions[0])
    cloud.authorizer.principals[TARGET] = f"arn:aws:sts::{TARGET}:assumed-role/Deploy/session"
    assert importable(cloud, two_versions[0])
    stranger = client_of(cloud.backend, "333333333333")
    refused(
        "AccessDeniedException",
        stranger.import_model_version,
        SourceModelVersionArn=two_versions[0],
        DatasetName="pumps",
    )
