"""Importing what is encrypted with a key of another account."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_lookout import equipment
from lookout_local import DeploymentFailed
from tests.e2e.conftest import PLANT, TRAINING, Plant

DESTROY = cdk.RemovalPolicy.DESTROY


def share(plant: Plant, *, dataset_arn: str | None = None, with_key: bool = True) -> str:
    """A stack of the training account: a key, and, once there is one, the dataset that is shared; the key's ARN."""
    stack = cdk.Stack(cdk.App(), "ShareEncrypted", env=cdk.Environment(account=TRAINING, region="us-east-1"))
    key = kms.Key(stack, "Key", removal_policy=DESTROY)
    if dataset_arn is not None:
        dataset = equipment.Dataset.from_dataset_attributes(
            stack, "Pumps", dataset_arn=dataset_arn, encryption_key=key if with_key else None
        )
        dataset.grant_import(iam.AccountPrincipal(PLANT))
    cdk.CfnOutput(stack, "KeyArn", value=key.key_arn)
    return plant.cloud.deploy(stack)["KeyArn"]


@pytest.fixture
def encrypted(plant: Plant) -> str:
    """The ARN of a dataset with data, encrypted with a key of the training account."""
    key_arn = share(plant)
    training = plant.cloud.client("lookoutequipment", account=TRAINING)
    known = [
        item["DatasetName"] for item in training.list_datasets(DatasetNameBeginsWith="encrypted")["DatasetSummaries"]
    ]
    if not known:
        source = training.describe_dataset(DatasetName="pumps")
        training.create_dataset(
            DatasetName="encrypted",
            DatasetSchema={"InlineDataSchema": source["Schema"]},
            ServerSideKmsKeyId=key_arn,
        )
        training.start_data_ingestion_job(
            DatasetName="encrypted",
            IngestionInputConfiguration=source["IngestionInputConfiguration"],
            RoleArn=source["RoleArn"],
        )
    for _ in range(10):
        found = training.describe_dataset(DatasetName="encrypted")
        if found["Status"] == "ACTIVE":
            return str(found["DatasetArn"])
    raise AssertionError(found)


def imports(dataset_arn: str, stack: cdk.Stack) -> None:
    source = equipment.Dataset.from_dataset_arn(stack, "Source", dataset_arn)
    equipment.Dataset(stack, "Copy", source=equipment.DatasetSource.imported(source), removal_policy=DESTROY)


def test_sharing_a_dataset_shares_its_key(plant: Plant, encrypted: str) -> None:
    share(plant, dataset_arn=encrypted)
    plant.deploy(lambda stack: imports(encrypted, stack))
    assert len(plant.datasets()) == 1


def test_without_the_key_the_import_fails_and_names_the_permission(plant: Plant, encrypted: str) -> None:
    share(plant, dataset_arn=encrypted, with_key=False)
    with pytest.raises(DeploymentFailed, match="kms:"):
        plant.deploy(lambda stack: imports(encrypted, stack))
    assert plant.datasets() == []
