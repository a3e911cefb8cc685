"""The reference app, as far as synthesis shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import pytest

from app import Inspection, Plant, Training
from tests.constructs.support import DATASET_ARN, MODEL_ARN, errors, of_type, resources


@pytest.fixture
def reference(tmp_path: Path) -> cdk.App:
    app = cdk.App(outdir=str(tmp_path))
    Training(app, "Training")
    Inspection(app, "Inspection")
    Plant(app, "Plant", dataset_arn=DATASET_ARN, model_arn=MODEL_ARN, version=2, then_import=3)
    return app


def test_cdk_nag_finds_nothing_in_the_reference_app(reference: cdk.App) -> None:
    cdk.Validations.of(reference).add_plugins(cdk_nag.AwsSolutionsChecks(reference))
    assert errors(reference) == ""


def test_cfn_lint_finds_nothing_in_the_reference_app(reference: cdk.App, tmp_path: Path) -> None:
    reference.synth()
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    templates = [str(path) for path in tmp_path.glob("*.template.json")]
    linted = subprocess.run([lint, *templates], capture_output=True, text=True, check=False)
    assert len(templates) == 3
    assert (linted.stdout, linted.returncode) == ("", 0)


def test_the_first_version_needs_no_construct_of_its_own(tmp_path: Path) -> None:
    plant = Plant(cdk.App(outdir=str(tmp_path)), "Plant", dataset_arn=DATASET_ARN, model_arn=MODEL_ARN)
    assert of_type(resources(plant), "Custom::LookoutEquipmentModelVersion") == {}


def test_without_arns_there_is_everything_but_the_stack_that_needs_them(tmp_path: Path) -> None:
    command = [sys.executable, str(Path(__file__).parents[2] / "app.py")]
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path)}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    templates = sorted(path.name for path in tmp_path.glob("*.template.json"))
    assert templates == ["Inspection.template.json", "Training.template.json"]
