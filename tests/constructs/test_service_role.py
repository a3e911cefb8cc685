"""The roles with which the service reads and writes files. Those that read labels are tested in test_labels.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout.equipment.policy_document import flat
from cdk_lookout.equipment.service_role import Files, role_for
from tests.constructs.support import Json, errors, of_type, resources


@pytest.fixture
def sensors(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "Sensors")


@pytest.fixture
def results(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "Results", encryption_key=kms.Key(stack, "Key"))


@pytest.fixture
def construct(stack: cdk.Stack) -> cdk.CfnResource:
    """What needs a role."""
    return cdk.CfnResource(stack, "Thing", type="Custom::Thing")


def role(construct: cdk.CfnResource, reads: Sequence[Files] = (), writes: Sequence[Files] = ()) -> iam.IRole:
    found, _ = role_for(cdk.Stack.of(construct), None, reads=reads, writes=writes)
    assert found is not None
    return found


def roles(stack: cdk.Stack) -> Json:
    return {name: role["Properties"] for name, role in of_type(resources(stack), "AWS::IAM::Role").items()}


def allowed(stack: cdk.Stack) -> list[tuple[Any, str]]:
    """What the one role may do, and on what."""
    [only] = roles(stack).values()
    statements = only["Policies"][0]["PolicyDocument"]["Statement"]
    return [(statement["Action"], flat(statement["Resource"])) for statement in statements]


def test_the_logical_ids_of_roles_never_change(
    stack: cdk.Stack, construct: cdk.CfnResource, sensors: s3.Bucket, results: s3.Bucket
) -> None:
    role(construct, [Files(sensors, "in/")])
    role(construct, [Files(sensors, "in/")], [Files(results, "out/")])
    role(construct, writes=[Files(results, "out/", kms.Key(stack, "Other"))])
    assert list(roles(stack)) == [
        "LookoutEquipmentRead66bfd46fF938FADE",
        "LookoutEquipmentReadWrite9488b01c44DAC887",
        "LookoutEquipmentWriteaf30452f444DD6E4",
    ]


def test_what_is_read_and_what_is_written_is_all_that_a_role_may_do(
    stack: cdk.Stack, construct: cdk.CfnResource, sensors: s3.Bucket, results: s3.Bucket
) -> None:
    role(construct, [Files(sensors, "in/")], [Files(results, "out/")])
    assert [(action, on.partition(".Arn}")[2]) for action, on in allowed(stack)] == [
        ("s3:ListBucket", ""),
        ("s3:ListBucket", ""),
        ("s3:GetObject", "/in/*"),
        ("s3:PutObject", "/out/*"),
        (["kms:Decrypt", "kms:GenerateDataKey"], ""),
    ]


def test_files_with_a_key_of_their_own_need_that_key(
    stack: cdk.Stack, construct: cdk.CfnResource, sensors: s3.Bucket
) -> None:
    role(construct, writes=[Files(sensors, "out/", kms.Key(stack, "Other"))])
    [*_, (actions, key)] = allowed(stack)
    assert (actions, key[:7]) == (["kms:Decrypt", "kms:GenerateDataKey"], "${Other")


def test_the_same_permissions_are_one_role_and_others_are_another(
    stack: cdk.Stack, construct: cdk.CfnResource, sensors: s3.Bucket, results: s3.Bucket
) -> None:
    inside, outside = Files(sensors, "in/"), Files(results, "out/")
    assert role(construct, [inside], [outside]) is role(construct, [inside], [outside])
    distinct = [([inside], [outside]), ([inside], []), ([inside, outside], []), ([], [inside, outside])]
    assert len({role(construct, reads, writes).node.id for reads, writes in distinct}) == 4


def test_a_role_of_ones_own_is_granted_the_same(stack: cdk.Stack, sensors: s3.Bucket, results: s3.Bucket) -> None:
    mine = iam.Role(stack, "Mine", assumed_by=iam.ServicePrincipal("lookoutequipment.amazonaws.com"))
    key = kms.Key(stack, "Other")
    found, grants = role_for(stack, mine, reads=[Files(sensors, "in/")], writes=[Files(results, "out/", key)])
    assert found is mine
    [policy] = of_type(resources(stack), "AWS::IAM::Policy").values()
    text = str(policy)
    assert all(part in text for part in ("s3:GetObject*", "/in/*", "s3:PutObject", "/out/*", "kms:Decrypt", "Other"))
    assert [type(grant) for grant in grants] == [iam.Grant] * 3


def test_nothing_to_read_or_to_write_takes_no_role(stack: cdk.Stack) -> None:
    assert role_for(stack, None) == (None, [])


def test_cdk_nag_is_told_why_a_role_has_wildcards(app: cdk.App, stack: cdk.Stack, construct: cdk.CfnResource) -> None:
    elsewhere = s3.Bucket.from_bucket_name(stack, "Elsewhere", "elsewhere")
    role(construct, [Files(elsewhere, "in/")], [Files(elsewhere, "out/")])
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    assert errors(app) == ""
