"""Apps as they were written for each release, and what its constructs made of them.

`python -m tests.constructs.golden 0.2.0` writes `tests/golden/0.2.0/templates.json` with the constructs that are
installed. Do that once, for a release: what deployed stacks hold never changes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout import LookoutProvider, Wait, equipment

GOLDEN = Path(__file__).parents[1] / "golden"
HERE = Path(__file__).parent
_SOURCE = "arn:aws:lookoutequipment:us-east-1:111111111111"


def release_0_1_0(app: cdk.App) -> None:
    """Imports, activation and sharing."""
    stack = cdk.Stack(app, "Plant")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:222222222222:key/1")
    files = s3.Bucket.from_bucket_name(stack, "Files", "factory-files")
    source = equipment.Dataset.from_dataset_arn(stack, "TrainingPumps", f"{_SOURCE}:dataset/pumps/0a1b")
    version = equipment.ModelVersion.from_model_version_arn(
        stack, "TrainingWear", f"{_SOURCE}:model/wear/2c3d/model-version/1"
    )
    schema = equipment.DatasetSchema.from_components(equipment.SchemaComponent("pump", ["pressure"]))
    equipment.Dataset(stack, "Empty", source=equipment.DatasetSource.detected(), dataset_name="named")
    equipment.Dataset(
        stack,
        "Schema",
        source=equipment.DatasetSource.schema(schema),
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    pumps = equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.imported(source), adopt_existing=True)
    cdk.Tags.of(pumps).add("team", "plant")
    wear = equipment.Model(
        stack,
        "Wear",
        source=equipment.ModelSource.imported(
            version, dataset=pumps, labels=equipment.LabelsInput.from_bucket(files, "labels/")
        ),
        wait=Wait.until_ready(timeout=cdk.Duration.minutes(30)),
    )
    weekly = equipment.ModelVersion(stack, "Weekly", model=wear, source=version)
    equipment.ModelVersion(stack, "Later", model=wear, source=version, wait=Wait.started())
    active = equipment.ActiveModelVersion(stack, "Active", model_version=weekly)
    pumps.grant_import(iam.AccountPrincipal("333333333333"))
    wear.grant_import(iam.AccountPrincipal("333333333333"))
    for name, value in {
        "Status": wear.model_status,
        "DataStart": pumps.data_start_time,
        "Activated": active.model_version_activated_at,
        "VersionArn": weekly.model_version_arn,
    }.items():
        cdk.CfnOutput(stack, name, value=value)


def release_0_2_0(app: cdk.App) -> None:
    """Every type of both services, in a stack and in one that is nested, and with an endpoint of one's own."""
    release_0_1_0(app)
    _both_services(cdk.Stack(app, "Factory"))
    _both_services(cdk.NestedStack(cdk.Stack(app, "Site"), "Nested"))
    own = cdk.Stack(app, "Own", env=cdk.Environment(account="222222222222", region="eu-central-1"))
    LookoutProvider(own, endpoint_url="https://lookout.example.internal")
    _both_services(own)


def _both_services(stack: cdk.Stack) -> None:
    from cdk_lookout import vision

    hours = Wait.until_ready(timeout=cdk.Duration.hours(12))
    files = s3.Bucket.from_bucket_name(stack, "Files", "factory-files")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:222222222222:key/1")
    schema = equipment.DatasetSchema.from_asset(str(HERE / "schema.json"))
    pumps = equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.schema(schema))
    ingestion = pumps.add_ingestion(
        "March", bucket=files, prefix="march/", gate=equipment.DataGate(max_discarded_files=0), trigger="1"
    )
    pumps.add_ingestion("April", bucket=files, prefix="april/", wait=Wait.until_ready(timeout=cdk.Duration.hours(2)))
    group = equipment.LabelGroup(stack, "Faults", fault_codes=["leak"])
    night = equipment.TimeRange.from_iso("2024-01-05T20:00:00Z", "2024-01-06T04:00:00Z")
    group.add_label("Leak", time_range=night, rating=equipment.LabelRating.ANOMALY, fault_code="leak")
    equipment.LabelSet(
        stack,
        "History",
        label_group=group,
        source=equipment.LabelSetSource.from_asset(str(HERE / "labels.csv")),
        trigger="1",
    )
    other = equipment.LabelGroup(stack, "Other", label_group_name="others")
    equipment.LabelSet(
        stack,
        "Elsewhere",
        label_group=other,
        source=equipment.LabelSetSource.from_bucket(files, "labels.csv", object_version="1"),
    )
    trained = equipment.Model(
        stack,
        "Wear",
        source=equipment.ModelSource.trained(
            pumps,
            training_data=equipment.TimeRange.from_iso("2024-01-01T00:00:00Z", "2024-09-01T00:00:00Z"),
            evaluation_data=equipment.TimeRange.from_iso("2024-09-01T00:00:00Z", "2024-12-01T00:00:00Z"),
            labels=equipment.LabelsInput.from_label_group(group),
            off_condition=equipment.OffCondition.below("pump", "pressure", 10),
            diagnostics=equipment.ModelDiagnosticsOutput.to_bucket(files, "diagnostics/"),
        ),
        model_name="wear",
        encryption_key=key,
        wait=hours,
    )
    source = equipment.ModelVersion.from_model_version_arn(
        stack, "Source", f"{_SOURCE}:model/wear/2c3d/model-version/1"
    )
    added = equipment.ModelVersion(stack, "Weekly", model=trained, source=source)
    gate = equipment.QualityGate(min_recall=0.5)
    equipment.LatestModelVersion(stack, "Latest", model=trained, quality_gate=gate)
    active = equipment.ActiveModelVersion(stack, "Active", model_version=added, quality_gate=gate)
    equipment.InferenceScheduler(
        stack,
        "Inference",
        model=trained,
        data_upload_frequency=cdk.Duration.minutes(5),
        input_bucket=files,
        input_prefix="now/",
        output_bucket=files,
        output_prefix="results/",
    )
    equipment.RetrainingScheduler(
        stack,
        "Retraining",
        model=trained,
        retraining_frequency=equipment.RetrainingFrequency.days(30),
        lookback_window=equipment.LookbackWindow.DAYS_180,
    )
    trained.grant_import(iam.AccountPrincipal("333333333333"))
    bottles = vision.Project(stack, "Bottles", delete_contents=True)
    train = vision.Dataset(
        stack,
        "Train",
        project=bottles,
        dataset_type=vision.DatasetType.TRAIN,
        source=vision.DatasetSource.images(files, "good/", "bad/"),
        trigger="1",
    )
    vision.Dataset(
        stack,
        "Test",
        project=bottles,
        dataset_type=vision.DatasetType.TEST,
        source=vision.DatasetSource.manifest(files, "test.manifest", object_version="1"),
        gate=vision.DataGate(min_total=1),
    )
    vision.Dataset(
        stack,
        "Named",
        project=vision.Project(stack, "Cans", project_name="cans", removal_policy=cdk.RemovalPolicy.DESTROY),
        dataset_type=vision.DatasetType.TRAIN,
        source=vision.DatasetSource.empty(),
        adopt_existing=True,
    )
    inspection = vision.Model(
        stack,
        "Inspection",
        project=bottles,
        output_bucket=files,
        output_prefix="results/",
        trigger=train.content_digest,
        gate=vision.QualityGate(min_f1=0.9),
        keep_versions=2,
        wait=hours,
    )
    cdk.Tags.of(inspection).add("team", "plant")
    hosted = vision.HostedModel(stack, "Hosted", model=inspection, min_inference_units=1, max_inference_units=2)
    vision.HostingHours(stack, "Hours", hosted_model=hosted, start="06:00", stop="22:00")
    vision.ModelPackagingJob(
        stack,
        "Edge",
        model=inspection,
        target=vision.PackagingTarget.jetson_xavier(),
        component_name="inspection",
        output_bucket=files,
    )
    for name, value in {
        "Quality": active.model_quality,
        "Recall": trained.recall,
        "Ingested": ingestion.ingested_number_of_files,
        "F1": inspection.f1_score,
        "HostedStatus": hosted.hosted_model_status,
    }.items():
        cdk.CfnOutput(stack, name, value=value)


APPS: dict[str, Callable[[cdk.App], None]] = {"0.1.0": release_0_1_0, "0.2.0": release_0_2_0}


def custom_resources(release: str, context: dict[str, Any] | None = None) -> dict[str, Any]:
    """The app of *release*, synthesised now: the custom resources of each template, but what they depend on."""
    app = cdk.App(context=context)
    APPS[release](app)
    assembly = Path(app.synth().directory)
    found = {}
    for file in sorted(assembly.glob("*.template.json")):
        resources = json.loads(file.read_text(encoding="utf-8"))["Resources"]
        ours = {name: one for name, one in resources.items() if one["Type"].startswith("Custom::Lookout")}
        if ours:
            found[file.name] = {
                name: {key: value for key, value in one.items() if key not in ("DependsOn", "Metadata")}
                for name, one in ours.items()
            }
    return found


if __name__ == "__main__":
    file = GOLDEN / sys.argv[1] / "templates.json"
    file.write_text(json.dumps(custom_resources(sys.argv[1]), indent=1, sort_keys=True) + "\n", encoding="utf-8")
