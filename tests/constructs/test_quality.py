"""What other people's tools say of our templates."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from cdk_lookout import LookoutProvider, equipment
from tests.constructs.support import errors, every_type, warnings


@pytest.fixture
def nagged(app: cdk.App) -> cdk.App:
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app


def labelled(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    dataset = equipment.Dataset.from_dataset_name(stack, "Known", "pumps")
    model = equipment.Model.from_model_attributes(stack, "KnownModel", model_name="wear", dataset=dataset)
    version = equipment.ModelVersion.from_model_version_arn(
        stack, "Version", "arn:aws:lookoutequipment:us-east-1:111111111111:model/wear/1/model-version/1"
    )
    labels = equipment.LabelsInput.from_bucket(bucket, "labels/")
    equipment.ModelVersion(stack, "Labelled", model=model, source=version, labels=labels)


def test_cdk_nag_finds_nothing_in_a_stack_with_every_type(nagged: cdk.App) -> None:
    stack = cdk.Stack(nagged, "Plant")
    every_type(stack)
    labelled(stack, s3.Bucket.from_bucket_name(stack, "Labels", "labels"))
    assert errors(nagged) == ""


def test_cdk_nag_finds_nothing_in_a_provider_with_tracing(nagged: cdk.App) -> None:
    LookoutProvider(cdk.Stack(nagged, "Plant"), tracing=lambda_.Tracing.ACTIVE)
    assert errors(nagged) == ""


def test_cdk_nag_is_really_asked(nagged: cdk.App) -> None:
    stack = cdk.Stack(nagged, "Plant")
    labelled(stack, s3.Bucket(stack, "Labels"))
    assert "AwsSolutions-S1" in errors(nagged)


def test_cfn_lint_finds_nothing_in_a_stack_with_every_type(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Plant")
    every_type(stack)
    labelled(stack, s3.Bucket.from_bucket_name(stack, "Labels", "labels"))
    app.synth()
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(tmp_path / "Plant.template.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.stdout == ""
    assert linted.returncode == 0


APP = """
import aws_cdk as cdk
from tests.constructs.support import every_type
app = cdk.App()
every_type(cdk.Stack(app, "Plant"))
app.synth()
"""


def test_the_cdks_own_check_of_templates_finds_nothing() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("CDK_VALIDATION", None)
    run = subprocess.run([sys.executable, "-c", APP], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "Template validation found issues" not in run.stderr


def test_a_stack_is_warned_once_of_each_service_that_aws_ended_it(stack: cdk.Stack) -> None:
    every_type(stack, 2)
    equipment, vision = sorted(warnings(stack))
    assert "AWS ended Amazon Lookout for Equipment on 2026-10-07" in equipment
    assert "AWS ended Amazon Lookout for Vision on 2025-10-31" in vision


def test_a_stack_in_a_region_where_the_service_never_was_is_warned_once(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account="222222222222", region="eu-central-1"))
    for name in ("A", "B"):
        equipment.Dataset(stack, name, source=equipment.DatasetSource.detected())
    found = [warning for warning in warnings(stack) if "Region of Plant: got eu-central-1" in warning]
    assert len(found) == 1
    assert "us-east-1, eu-west-1, ap-northeast-2" in found[0]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-northeast-2"])
def test_a_region_where_the_service_was_gives_no_warning(app: cdk.App, region: str) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account="222222222222", region=region))
    equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.detected())
    assert [warning for warning in warnings(stack) if "Region" in warning] == []


def test_the_warnings_can_be_acknowledged(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account="222222222222", region="eu-central-1"))
    equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.detected())
    cdk.Annotations.of(stack).acknowledge_warning("cdk-lookout:equipment-ended", "we have our own endpoint")
    cdk.Annotations.of(stack).acknowledge_warning("cdk-lookout:equipment-region", "we have our own endpoint")
    assert warnings(stack) == []


def test_an_endpoint_of_ones_own_gives_no_warning(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account="222222222222", region="eu-central-1"))
    LookoutProvider(stack, endpoint_url="http://127.0.0.1:4566")
    equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.detected())
    assert warnings(stack) == []
