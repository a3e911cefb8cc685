"""The apps in examples/, as far as synthesis shows them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest

from examples.cross_account.app import Plant, Research
from examples.inspect_bottles.app import InspectBottles
from examples.labels.app import Labels
from examples.package_for_the_edge.app import PackageForTheEdge
from examples.schedulers.app import Schedulers
from examples.train_from_a_bucket.app import TrainFromABucket
from examples.weekly_promotion.app import WeeklyPromotion
from tests.constructs.support import DATASET_ARN, MODEL_ARN, errors, warnings

EXAMPLES = Path(__file__).parents[2] / "examples"
LOG = EXAMPLES / "labels" / "log.csv"
ARNS: Any = {"dataset_arn": DATASET_ARN, "model_arn": MODEL_ARN}
BUCKET = "factory-files"
VERSION_ARN = "arn:aws:lookoutvision:us-east-1:111111111111:model/bottles/1"
APPS: dict[str, Callable[[cdk.App], list[cdk.Stack]]] = {
    "cross_account": lambda app: [
        Research(app, "Research", bucket_name=BUCKET, importer="222222222222"),
        Plant(app, "Plant", **ARNS),
    ],
    "inspect_bottles": lambda app: [InspectBottles(app, "InspectBottles", bucket_name=BUCKET, hours="06:00-22:00")],
    "labels": lambda app: [Labels(app, "Labels", dataset_name="pumps", labels=LOG)],
    "package_for_the_edge": lambda app: [
        PackageForTheEdge(app, "PackageForTheEdge", model_arn=VERSION_ARN, bucket_name=BUCKET)
    ],
    "schedulers": lambda app: [Schedulers(app, "Schedulers", model_name="wear", bucket_name=BUCKET)],
    "train_from_a_bucket": lambda app: [
        TrainFromABucket(app, "TrainFromABucket", bucket_name=BUCKET, train_until=datetime(2026, 7, 1, tzinfo=UTC))
    ],
    "weekly_promotion": lambda app: [WeeklyPromotion(app, "WeeklyPromotion", **ARNS, version=2, keep_the_best=True)],
}


@pytest.fixture
def app(tmp_path: Path) -> cdk.App:
    return cdk.App(outdir=str(tmp_path))


def test_every_example_is_tested() -> None:
    assert sorted(path.parent.name for path in EXAMPLES.glob("*/app.py")) == sorted(APPS)


@pytest.mark.parametrize("name", APPS)
def test_cdk_nag_finds_nothing_in_an_example(name: str, app: cdk.App) -> None:
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    assert APPS[name](app)
    assert errors(app) == ""


@pytest.mark.parametrize("name", APPS)
def test_cfn_lint_finds_nothing_in_an_example(name: str, app: cdk.App, tmp_path: Path) -> None:
    stacks = APPS[name](app)
    app.synth()
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    templates = [str(tmp_path / stack.template_file) for stack in stacks]
    linted = subprocess.run([lint, *templates], capture_output=True, text=True, check=False)
    assert (linted.stdout, linted.returncode) == ("", 0)


@pytest.mark.parametrize("name", APPS)
def test_an_example_gives_no_warning_but_that_the_service_has_ended(name: str, app: cdk.App) -> None:
    found = [warning for stack in APPS[name](app) for warning in warnings(stack)]
    assert [warning for warning in found if "AWS ended Amazon Lookout for" not in warning] == []


@pytest.mark.parametrize("name", APPS)
def test_an_example_is_started_as_the_reference_app_is(name: str) -> None:
    assert json.loads((EXAMPLES / name / "cdk.json").read_text()) == json.loads(
        (EXAMPLES.parent / "cdk.json").read_text()
    )


@pytest.mark.parametrize("name", APPS)
def test_an_example_can_be_read_at_one_go(name: str) -> None:
    assert len((EXAMPLES / name / "app.py").read_text(encoding="utf-8").splitlines()) < 100
