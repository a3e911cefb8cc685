"""Templates and snapshots for tests of users' own stacks."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from syrupy.assertion import SnapshotAssertion

from cdk_lookout.equipment import Dataset, DatasetSchema, DatasetSource
from cdk_lookout.provider import asset
from cdk_lookout.snapshot import TemplateSnapshotExtension
from cdk_lookout.testing import template


def plant(**arguments: str) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Plant")
    Dataset(stack, "Pumps", source=DatasetSource.detected(), **arguments)  # type: ignore[arg-type]
    return stack


def other_code(path: Path) -> Path:
    with zipfile.ZipFile(path / "lookout_provider.zip", "w") as archive:
        archive.writestr("lookout_provider/handler.py", "def handle(event, context): return 'another release'\n")
    return path / "lookout_provider.zip"


def test_another_release_of_the_function_leaves_a_template_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = template(plant())
    code = other_code(tmp_path)
    monkeypatch.setattr(asset, "provider_zip", lambda: code)
    changed = plant()
    assert template(changed) == before
    assert asset.content_hash(code) != asset.content_hash(asset.PROVIDER_ZIP)


def test_the_function_really_has_other_code_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def key(stack: cdk.Stack) -> str:
        resources = cdk.App.of(stack).synth().get_stack_by_name("Plant").template["Resources"]  # type: ignore[union-attr]
        return str(resources["LookoutProviderFunctionE968A47B"]["Properties"]["Code"]["S3Key"])

    before = key(plant())
    code = other_code(tmp_path)
    monkeypatch.setattr(asset, "provider_zip", lambda: code)
    assert key(plant()) != before


def test_a_changed_property_changes_a_template() -> None:
    assert template(plant()) != template(plant(dataset_name="pumps"))


def test_a_changed_schema_asset_changes_a_template(tmp_path: Path) -> None:
    found = []
    for sensor in ("flow", "pressure"):
        file = tmp_path / f"{sensor}.json"
        columns = [{"Name": "Timestamp", "Type": "DATETIME"}, {"Name": sensor, "Type": "DOUBLE"}]
        file.write_text(json.dumps({"Components": [{"ComponentName": "pump", "Columns": columns}]}))
        stack = cdk.Stack(cdk.App(), "Plant")
        Dataset(stack, "Pumps", source=DatasetSource.schema(DatasetSchema.from_asset(str(file))))
        found.append(template(stack))
    assert found[0] != found[1]


def test_a_template_holds_no_digest_no_asset_bucket_and_no_bootstrap_version() -> None:
    text = json.dumps(template(plant()))
    assert "<asset hash>.zip" in text
    assert "<asset bucket>" in text
    assert "hnb659fds" not in text
    assert "ootstrap" not in text


def test_the_asset_bucket_of_a_known_account_is_masked_too() -> None:
    stack = cdk.Stack(cdk.App(), "Plant", env=cdk.Environment(account="222222222222", region="us-east-1"))
    Dataset(stack, "Pumps", source=DatasetSource.detected())
    assert "hnb659fds" not in json.dumps(template(stack))


def test_the_assets_of_other_constructs_are_masked_too(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context): ...\n")
    stack = cdk.Stack(cdk.App(), "Plant")
    lambda_.Function(
        stack,
        "Own",
        code=lambda_.Code.from_asset(str(tmp_path)),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    [code] = [
        resource["Properties"]["Code"]
        for resource in template(stack)["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    assert code == {"S3Bucket": {"Fn::Sub": "<asset bucket>"}, "S3Key": "<asset hash>.zip"}


def test_parameters_and_rules_of_ones_own_stay() -> None:
    stack = plant()
    cdk.CfnParameter(stack, "Own")
    assert list(template(stack)["Parameters"]) == ["Own"]


def test_a_snapshot_holds_the_template(snapshot: SnapshotAssertion) -> None:
    assert plant() == snapshot.use_extension(TemplateSnapshotExtension)


def test_a_snapshot_takes_other_things_as_well(snapshot: SnapshotAssertion) -> None:
    assert template(plant())["Resources"].keys() == snapshot.use_extension(TemplateSnapshotExtension)
