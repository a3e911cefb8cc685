"""Stacks to put constructs into. The CDK starts once per process; a synthesis takes some 20 ms after that."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from cdk_lookout import equipment
from tests.constructs.support import DATASET_ARN, VERSION_ARN


@pytest.fixture
def app() -> cdk.App:
    return cdk.App()


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "Plant")


@pytest.fixture
def pumps(stack: cdk.Stack) -> equipment.Dataset:
    """A dataset imported from another account."""
    source = equipment.Dataset.from_dataset_arn(stack, "TrainingPumps", DATASET_ARN)
    return equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.imported(source))


@pytest.fixture
def version_1(stack: cdk.Stack) -> equipment.IModelVersion:
    """A version of a model of another account."""
    return equipment.ModelVersion.from_model_version_arn(stack, "TrainingWear1", VERSION_ARN)


@pytest.fixture
def wear(stack: cdk.Stack, pumps: equipment.Dataset, version_1: equipment.IModelVersion) -> equipment.Model:
    """A model imported from another account."""
    return equipment.Model(stack, "Wear", source=equipment.ModelSource.imported(version_1, dataset=pumps))
