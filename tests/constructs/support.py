"""Reading templates, and what the tests refer to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_s3 as s3

from cdk_lookout import Wait, equipment, vision
from cdk_lookout.equipment.policy_document import flat

TRAINING = "111111111111"
INFERENCE = "222222222222"
DATASET_ARN = f"arn:aws:lookoutequipment:us-east-1:{TRAINING}:dataset/pumps/0a1b"
MODEL_ARN = f"arn:aws:lookoutequipment:us-east-1:{TRAINING}:model/wear/2c3d"
VERSION_ARN = f"{MODEL_ARN}/model-version/1"
LABEL_FILE = Path(__file__).with_name("labels.csv")
NIGHT = equipment.TimeRange.from_iso("2024-01-05T20:00:00Z", "2024-01-06T04:00:00Z")

INLINE_POLICY, MANAGED_POLICY = "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"

Json = dict[str, Any]


def template(stack: cdk.Stack) -> Json:
    return cast(Json, assertions.Template.from_stack(stack).to_json())


def resources(stack: cdk.Stack) -> Json:
    return cast(Json, template(stack)["Resources"])


def of_type(found: Mapping[str, Any], kind: str) -> Json:
    """The resources of a type, by logical id."""
    return {name: resource for name, resource in found.items() if resource["Type"] == kind}


def only(stack: cdk.Stack, kind: str) -> Json:
    """The one resource of a type; `Custom::LookoutEquipment` goes without saying."""
    full = kind if "::" in kind else f"Custom::LookoutEquipment{kind}"
    [found] = of_type(resources(stack), full).values()
    return cast(Json, found)


def properties(stack: cdk.Stack, kind: str) -> Json:
    """The properties of the one resource of a type, without what the provider's front end needs."""
    found = dict(only(stack, kind)["Properties"])
    del found["ServiceToken"], found["ServiceTimeout"]
    return found


def options(stack: cdk.Stack, kind: str) -> Json:
    return cast(Json, properties(stack, kind)["Options"])


def resource_policy(stack: cdk.Stack) -> Json:
    """The document of the one resource policy, as text that CloudFormation has put together."""
    return cast(Json, json.loads(flat(properties(stack, "ResourcePolicy")["ResourcePolicy"])))


def provider_policies(stack: cdk.Stack) -> dict[str, str]:
    """The texts of the provider's policies, inline and managed, by logical id."""
    found = resources(stack)
    return {
        name: json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":"))
        for kind in (INLINE_POLICY, MANAGED_POLICY)
        for name, policy in of_type(found, kind).items()
        if name.startswith("LookoutProvider")
    }


def errors(app: cdk.App) -> str:
    """What the synthesis complains of; empty when it succeeds."""
    try:
        app.synth()
    except RuntimeError as error:
        return str(error)
    return ""


def warnings(stack: cdk.Stack) -> list[str]:
    """The warnings of a synthesis."""
    app = cast(cdk.App, stack.node.root)
    return [
        str(message.entry.data)
        for artifact in app.synth().stacks
        if artifact.id == stack.artifact_id
        for message in artifact.messages
        if message.level.name == "WARNING"
    ]


def every_type(stack: cdk.Stack, count: int = 1) -> None:
    """*count* constructs of each type."""
    source = equipment.Dataset.from_dataset_arn(stack, "TrainingPumps", DATASET_ARN)
    version = equipment.ModelVersion.from_model_version_arn(stack, "TrainingWear", VERSION_ARN)
    files = s3.Bucket.from_bucket_name(stack, "Files", "factory-files")
    for number in range(count):
        dataset = equipment.Dataset(stack, f"Pumps{number}", source=equipment.DatasetSource.imported(source))
        model_source = equipment.ModelSource.imported(version, dataset=dataset)
        model = equipment.Model(stack, f"Wear{number}", source=model_source)
        added = equipment.ModelVersion(stack, f"Weekly{number}", model=model, source=version)
        equipment.LatestModelVersion(stack, f"Latest{number}", model=model)
        equipment.ActiveModelVersion(stack, f"Active{number}", model_version=added)
        equipment.InferenceScheduler(
            stack,
            f"Inference{number}",
            model=model,
            data_upload_frequency=cdk.Duration.minutes(5),
            input_bucket=files,
            input_prefix="now/",
            output_bucket=files,
            output_prefix="results/",
        )
        equipment.RetrainingScheduler(
            stack,
            f"Retraining{number}",
            model=model,
            retraining_frequency=equipment.RetrainingFrequency.days(30),
            lookback_window=equipment.LookbackWindow.DAYS_180,
        )
        sensors = s3.Bucket.from_bucket_name(stack, f"Sensors{number}", "sensors")
        dataset.add_ingestion("March", bucket=sensors)
        dataset.add_to_resource_policy(importing("lookoutequipment:ImportDataset"))
        group = equipment.LabelGroup(stack, f"Faults{number}", fault_codes=["leak"])
        group.add_label("Leak", time_range=NIGHT, rating=equipment.LabelRating.ANOMALY)
        equipment.LabelSet(
            stack,
            f"Labels{number}",
            label_group=group,
            source=equipment.LabelSetSource.from_asset(str(LABEL_FILE)),
        )
        bottles = vision.Project(stack, f"Bottles{number}")
        vision.Dataset(
            stack,
            f"BottlesTrain{number}",
            project=bottles,
            dataset_type=vision.DatasetType.TRAIN,
            source=vision.DatasetSource.empty(),
        )
        inspection = vision.Model(
            stack, f"Inspection{number}", project=bottles, output_bucket=files, wait=Wait.until_ready()
        )
        vision.HostedModel(stack, f"Hosted{number}", model=inspection, min_inference_units=1)
        vision.ModelPackagingJob(
            stack,
            f"Component{number}",
            model=inspection,
            target=vision.PackagingTarget.jetson_xavier(),
            component_name="inspection",
            output_bucket=files,
        )


def importing(action: str, **arguments: Any) -> Any:
    """A statement that lets the other account import."""
    from aws_cdk import aws_iam as iam

    return iam.PolicyStatement(actions=[action], principals=[iam.AccountPrincipal(INFERENCE)], **arguments)
