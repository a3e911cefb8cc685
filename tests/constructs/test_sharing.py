"""Resource policies and grants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_lookout import InvalidProperty, equipment
from cdk_lookout.equipment import Dataset, IModelVersion, Model, ModelVersion, ResourcePolicy
from cdk_lookout.equipment.policy_document import flat
from tests.constructs.support import (
    DATASET_ARN,
    INFERENCE,
    MODEL_ARN,
    TRAINING,
    VERSION_ARN,
    errors,
    importing,
    of_type,
    only,
    options,
    properties,
    resource_policy,
    resources,
    warnings,
)

IMPORT_DATASET = "lookoutequipment:ImportDataset"
IMPORT_MODEL_VERSION = "lookoutequipment:ImportModelVersion"


@pytest.fixture
def training(app: cdk.App) -> cdk.Stack:
    """The stack of the account that shares."""
    return cdk.Stack(app, "Training", env=cdk.Environment(account=TRAINING, region="us-east-1"))


@pytest.fixture
def role(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())


def role_statements(stack: cdk.Stack) -> list[dict[str, Any]]:
    """What the one policy of the test's own role says."""
    [policy] = [
        policy
        for name, policy in of_type(resources(stack), "AWS::IAM::Policy").items()
        if name.startswith("ReaderDefaultPolicy")
    ]
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def test_a_grant_to_another_account_makes_the_resource_policy(stack: cdk.Stack, pumps: Dataset) -> None:
    pumps.grant_import(iam.AccountPrincipal(INFERENCE))
    assert resource_policy(stack)["Statement"] == [
        {
            "Action": IMPORT_DATASET,
            "Effect": "Allow",
            "Principal": {"AWS": "arn:${AWS::Partition}:iam::222222222222:root"},
            "Resource": "${PumpsEF220EBF.DatasetArn}",
        }
    ]
    assert stack.resolve(properties(stack, "ResourcePolicy")["ResourceArn"]) == {
        "Fn::GetAtt": ["PumpsEF220EBF", "DatasetArn"]
    }


def test_all_grants_of_a_resource_stand_in_one_policy(stack: cdk.Stack, pumps: Dataset) -> None:
    for account in ("222222222222", "333333333333"):
        pumps.grant_import(iam.AccountPrincipal(account))
    pumps.grant_import(iam.ArnPrincipal("arn:aws:iam::444444444444:role/Importer"))
    assert len(resource_policy(stack)["Statement"]) == 3


def test_a_shared_resource_takes_one_further_resource(stack: cdk.Stack, pumps: Dataset, wear: Model) -> None:
    for shared in (pumps, wear, wear.version(1)):
        shared.grant_import(iam.AccountPrincipal(INFERENCE))
    assert len(of_type(resources(stack), "Custom::LookoutEquipmentResourcePolicy")) == 3


@pytest.mark.parametrize(("inference_data", "text"), [(True, "true"), (False, "false")])
def test_a_grant_of_a_model_can_say_whether_inference_data_go_along(
    stack: cdk.Stack, wear: Model, inference_data: bool, text: str
) -> None:
    wear.grant_import(iam.AccountPrincipal(INFERENCE), inference_data=inference_data)
    [statement] = resource_policy(stack)["Statement"]
    assert statement["Action"] == IMPORT_MODEL_VERSION
    assert statement["Condition"] == {"Bool": {"lookoutequipment:IsImportingData": text}}


def test_a_grant_of_a_dataset_says_nothing_of_inference_data(pumps: Dataset) -> None:
    with pytest.raises(InvalidProperty, match=r"inference_data of Plant/Pumps: got True, expected None"):
        pumps.grant_import(iam.AccountPrincipal(INFERENCE), inference_data=True)


def test_a_grant_of_one_version_names_that_version(stack: cdk.Stack, wear: Model) -> None:
    wear.version(2).grant_import(iam.AccountPrincipal(INFERENCE))
    [statement] = resource_policy(stack)["Statement"]
    assert statement["Resource"] == "${Wear7BC519F8.ModelArn}/model-version/2"


def test_a_grant_of_an_added_version_names_that_version(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion
) -> None:
    ModelVersion(stack, "Weekly", model=wear, source=version_1).grant_import(iam.AccountPrincipal(INFERENCE))
    [statement] = resource_policy(stack)["Statement"]
    assert statement["Resource"] == "${WeeklyFFAEA5C6.ModelVersionArn}"


def test_a_grant_within_the_account_makes_no_resource_policy(stack: cdk.Stack, pumps: Dataset, role: iam.Role) -> None:
    pumps.grant_import(role)
    assert of_type(resources(stack), "Custom::LookoutEquipmentResourcePolicy") == {}
    [statement] = role_statements(stack)
    assert (statement["Action"], flat(statement["Resource"])) == (IMPORT_DATASET, "${PumpsEF220EBF.DatasetArn}")


def test_a_grant_lets_the_other_account_use_the_key(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    dataset = Dataset(stack, "Pumps", source=equipment.DatasetSource.detected(), encryption_key=key)
    dataset.grant_import(iam.AccountPrincipal(INFERENCE))
    granted = only(stack, "AWS::KMS::Key")["Properties"]["KeyPolicy"]["Statement"][-1]
    assert INFERENCE in flat(granted["Principal"]["AWS"])
    assert {"kms:Decrypt", "kms:Encrypt"} <= set(granted["Action"])


def test_a_resource_by_arn_in_the_stacks_account_can_be_shared(training: cdk.Stack) -> None:
    Dataset.from_dataset_arn(training, "Pumps", DATASET_ARN).grant_import(iam.AccountPrincipal(INFERENCE))
    assert properties(training, "ResourcePolicy")["ResourceArn"] == DATASET_ARN
    assert resource_policy(training)["Statement"][0]["Resource"] == DATASET_ARN


def test_a_model_and_a_version_by_arn_can_be_shared(training: cdk.Stack) -> None:
    Model.from_model_arn(training, "Wear", MODEL_ARN).grant_import(iam.AccountPrincipal(INFERENCE))
    ModelVersion.from_model_version_arn(training, "Wear1", VERSION_ARN).grant_import(iam.AccountPrincipal(INFERENCE))
    Model.from_model_arn(training, "Wear2", MODEL_ARN).version(2).grant_import(iam.AccountPrincipal(INFERENCE))
    found = of_type(resources(training), "Custom::LookoutEquipmentResourcePolicy").values()
    assert {one["Properties"]["ResourceArn"] for one in found} == {
        MODEL_ARN,
        VERSION_ARN,
        f"{MODEL_ARN}/model-version/2",
    }


def test_a_resource_by_arn_can_be_shared_by_a_stack_whose_account_is_known_at_deployment(stack: cdk.Stack) -> None:
    Dataset.from_dataset_arn(stack, "Pumps", DATASET_ARN).grant_import(iam.AccountPrincipal(INFERENCE))
    assert properties(stack, "ResourcePolicy")["ResourceArn"] == DATASET_ARN


def test_a_role_of_a_stack_whose_account_is_not_known_needs_no_resource_policy(
    stack: cdk.Stack, role: iam.Role
) -> None:
    Dataset.from_dataset_arn(stack, "Pumps", DATASET_ARN).grant_import(role)
    assert of_type(resources(stack), "Custom::LookoutEquipmentResourcePolicy") == {}
    [statement] = role_statements(stack)
    assert statement["Resource"] == DATASET_ARN


def test_a_role_that_imports_from_another_account_gets_its_permission_and_a_warning(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account=INFERENCE, region="us-east-1"))
    role = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    Dataset.from_dataset_arn(stack, "Pumps", DATASET_ARN).grant_import(role)
    [warning] = warnings(stack)
    assert "a stack of its own account must allow it" in warning
    assert role_statements(stack)[0]["Action"] == IMPORT_DATASET


def test_a_stand_in_of_ones_own_can_have_a_policy(stack: cdk.Stack) -> None:
    @dataclass
    class Target:
        resource_arn: str
        import_action: str

    document = iam.PolicyDocument(statements=[importing(IMPORT_DATASET, resources=[DATASET_ARN])])
    ResourcePolicy(stack, "Sharing", resource=Target(DATASET_ARN, IMPORT_DATASET), document=document)
    assert properties(stack, "ResourcePolicy")["ResourceArn"] == DATASET_ARN


def test_a_resource_by_an_arn_that_is_known_at_deployment_can_be_shared(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Arn")
    dataset = Dataset.from_dataset_arn(stack, "Pumps", parameter.value_as_string)
    dataset.grant_import(iam.AccountPrincipal(INFERENCE))
    assert properties(stack, "ResourcePolicy")["ResourceArn"] == {"Ref": "Arn"}


@pytest.mark.parametrize(("account", "region"), [(INFERENCE, "us-east-1"), (TRAINING, "eu-west-1")])
def test_a_resource_of_another_account_or_region_is_not_shared_but_warned_of(
    app: cdk.App, account: str, region: str
) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account=account, region=region))
    dataset = Dataset.from_dataset_arn(stack, "Pumps", DATASET_ARN)
    result = dataset.add_to_resource_policy(importing(IMPORT_DATASET))
    assert result.statement_added is False
    [warning] = warnings(stack)
    assert "resource policy of Plant/Pumps: got a resource of 111111111111/us-east-1" in warning


def test_the_warning_about_a_resource_of_another_account_can_be_acknowledged(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account=INFERENCE, region="us-east-1"))
    Dataset.from_dataset_arn(stack, "Pumps", DATASET_ARN).add_to_resource_policy(importing(IMPORT_DATASET))
    cdk.Annotations.of(stack).acknowledge_warning("cdk-lookout:policy-elsewhere", "they allow it themselves")
    assert warnings(stack) == []


def test_a_resource_by_name_cannot_be_shared(stack: cdk.Stack) -> None:
    with pytest.raises(
        InvalidProperty, match=r"ARN of Plant/Pumps: got a reference by name, expected Dataset.from_data"
    ):
        Dataset.from_dataset_name(stack, "Pumps", "pumps").grant_import(iam.AccountPrincipal(INFERENCE))


def test_a_statement_without_a_resource_is_about_the_resource_itself(stack: cdk.Stack, pumps: Dataset) -> None:
    result = pumps.add_to_resource_policy(importing(IMPORT_DATASET))
    assert result.statement_added is True
    assert resource_policy(stack)["Statement"][0]["Resource"] == "${PumpsEF220EBF.DatasetArn}"


def test_a_policy_of_ones_own_is_attached(stack: cdk.Stack, pumps: Dataset) -> None:
    document = iam.PolicyDocument(statements=[importing(IMPORT_DATASET, resources=[pumps.dataset_arn])])
    policy = ResourcePolicy(stack, "Sharing", resource=pumps, document=document)
    assert policy.document is document
    assert options(stack, "ResourcePolicy") == {"Attributes": "2", "RemovalPolicy": "destroy"}
    assert errors(stack.node.root) == ""  # type: ignore[arg-type]


def test_grants_add_to_a_policy_of_ones_own(stack: cdk.Stack, pumps: Dataset) -> None:
    ResourcePolicy(stack, "Sharing", resource=pumps, document=iam.PolicyDocument())
    pumps.grant_import(iam.AccountPrincipal(INFERENCE))
    assert len(resource_policy(stack)["Statement"]) == 1


def test_statements_may_be_added_to_the_document_until_synthesis(stack: cdk.Stack, pumps: Dataset) -> None:
    document = iam.PolicyDocument()
    ResourcePolicy(stack, "Sharing", resource=pumps, document=document)
    document.add_statements(importing(IMPORT_DATASET, resources=[pumps.dataset_arn]))
    assert len(resource_policy(stack)["Statement"]) == 1


def test_a_second_policy_of_a_resource_is_refused(stack: cdk.Stack, pumps: Dataset) -> None:
    pumps.grant_import(iam.AccountPrincipal(INFERENCE))
    with pytest.raises(
        InvalidProperty, match=r"got a second one for Plant/Pumps, after Plant/Pumps/Policy, expected one"
    ):
        ResourcePolicy(stack, "Sharing", resource=pumps, document=iam.PolicyDocument())


@pytest.mark.parametrize("resource", [DATASET_ARN, None])
def test_a_policy_on_what_is_no_resource_is_refused(stack: cdk.Stack, resource: object) -> None:
    with pytest.raises(
        InvalidProperty, match=r"resource of Plant/Sharing: got .*, expected a dataset, a model or a model v"
    ):
        ResourcePolicy(stack, "Sharing", resource=resource, document=iam.PolicyDocument())  # type: ignore[arg-type]


def test_a_document_that_is_none_is_refused(stack: cdk.Stack, pumps: Dataset) -> None:
    with pytest.raises(InvalidProperty, match=r"document of Plant/Sharing: got a dict, expected an iam.PolicyDocument"):
        ResourcePolicy(stack, "Sharing", resource=pumps, document={})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("policy_revision_id", "PolicyRevisionId"),
        ("creation_time", "CreationTime"),
        ("last_modified_time", "LastModifiedTime"),
    ],
)
def test_every_attribute_of_a_policy_is_one_of_the_custom_resource(
    stack: cdk.Stack, pumps: Dataset, attribute: str, name: str
) -> None:
    policy = ResourcePolicy(stack, "Sharing", resource=pumps, document=iam.PolicyDocument())
    found = stack.resolve(getattr(policy, attribute))["Fn::GetAtt"]
    assert found[1] == name
    assert stack.resolve(policy.resource_arn) == {"Ref": found[0]}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (importing("lookoutequipment:DescribeDataset"), "expected lookoutequipment:ImportDataset: nothing else can be"),
        (importing(IMPORT_MODEL_VERSION), "expected lookoutequipment:ImportDataset"),
        (importing(IMPORT_DATASET, resources=["*"]), "expected the resource itself"),
        (
            iam.PolicyStatement(actions=[IMPORT_DATASET], principals=[iam.AccountRootPrincipal()]),
            "of the resource's own account",
        ),
        (
            iam.PolicyStatement(actions=[IMPORT_DATASET], principals=[iam.ServicePrincipal("s3.amazonaws.com")]),
            "expected principals of other accounts",
        ),
        (iam.PolicyStatement(actions=[IMPORT_DATASET], principals=[iam.AnyPrincipal()]), "got principal '*'"),
    ],
)
def test_what_cannot_be_granted_fails_the_synthesis(
    app: cdk.App, pumps: Dataset, statement: iam.PolicyStatement, message: str
) -> None:
    pumps.add_to_resource_policy(statement)
    found = errors(app)
    assert message in found
    assert "Plant/Pumps/Policy: " in found


def test_an_empty_policy_fails_the_synthesis(app: cdk.App, stack: cdk.Stack, pumps: Dataset) -> None:
    ResourcePolicy(stack, "Sharing", resource=pumps, document=iam.PolicyDocument())
    assert "got no statement, expected at least one" in errors(app)


def test_a_policy_over_20000_characters_fails_the_synthesis(app: cdk.App, pumps: Dataset) -> None:
    for number in range(200):
        pumps.grant_import(iam.ArnPrincipal(f"arn:aws:iam::222222222222:role/Importer{number}"))
    assert "expected at most 20000" in errors(app)


def test_the_own_account_is_told_from_others_where_it_is_known(app: cdk.App, training: cdk.Stack) -> None:
    dataset = Dataset.from_dataset_arn(training, "Pumps", DATASET_ARN)
    dataset.add_to_resource_policy(
        iam.PolicyStatement(actions=[IMPORT_DATASET], principals=[iam.AccountPrincipal(TRAINING)])
    )
    assert "of the resource's own account" in errors(app)


def test_reading_a_dataset_is_granted_on_its_arn(stack: cdk.Stack, pumps: Dataset, role: iam.Role) -> None:
    pumps.grant_read(role)
    [statement] = role_statements(stack)
    assert "lookoutequipment:DescribeDataset" in statement["Action"]
    assert flat(statement["Resource"]) == "${PumpsEF220EBF.DatasetArn}"


def test_reading_a_dataset_by_name_is_granted_on_all_its_ids(stack: cdk.Stack, role: iam.Role) -> None:
    Dataset.from_dataset_name(stack, "Known", "pumps").grant_read(role)
    [statement] = role_statements(stack)
    assert flat(statement["Resource"]).endswith("${AWS::AccountId}:dataset/pumps/*")


def test_reading_a_model_is_granted_with_its_versions(stack: cdk.Stack, wear: Model, role: iam.Role) -> None:
    wear.grant_read(role)
    [statement] = role_statements(stack)
    assert {"lookoutequipment:DescribeModel", "lookoutequipment:ListModelVersions"} <= set(statement["Action"])
    assert [flat(one) for one in statement["Resource"]] == [
        "${Wear7BC519F8.ModelArn}",
        "${Wear7BC519F8.ModelArn}/model-version/*",
    ]


def test_reading_a_model_by_name_is_granted_on_all_its_ids(stack: cdk.Stack, role: iam.Role) -> None:
    Model.from_model_name(stack, "Known", "wear").grant_read(role)
    [statement] = role_statements(stack)
    assert flat(statement["Resource"]).endswith(":model/wear/*")


def test_reading_a_version_is_granted_on_it_and_its_model(stack: cdk.Stack, wear: Model, role: iam.Role) -> None:
    wear.version(2).grant_read(role)
    [statement] = role_statements(stack)
    assert [flat(one) for one in statement["Resource"]] == [
        "${Wear7BC519F8.ModelArn}/model-version/2",
        "${Wear7BC519F8.ModelArn}",
    ]


def test_listing_is_granted_for_the_whole_account(stack: cdk.Stack, role: iam.Role) -> None:
    equipment.grant_list(role)
    [statement] = role_statements(stack)
    assert statement["Resource"] == "*"
    assert {"lookoutequipment:ListDatasets", "lookoutequipment:ListModels"} <= set(statement["Action"])


def test_no_grant_gives_more_than_reading(stack: cdk.Stack, pumps: Dataset, wear: Model, role: iam.Role) -> None:
    pumps.grant_read(role)
    wear.grant_read(role)
    wear.version(1).grant_read(role)
    equipment.grant_list(role)
    verbs = {action.partition(":")[2] for statement in role_statements(stack) for action in statement["Action"]}
    assert all(verb.startswith(("Describe", "List")) for verb in verbs)
