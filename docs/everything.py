"""One construct of every resource type: what the generated pages and the tests of policies are about."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import equipment, vision

#: The account that shares, and the one that is shared with.
OTHER_ACCOUNT = "333333333333"
_TRAINED = f"arn:aws:lookoutequipment:us-east-1:{OTHER_ACCOUNT}:model/wear/1/model-version/1"


class Everything:
    """A scope with a construct of every resource type in it."""

    def __init__(self, scope: Construct) -> None:
        files = s3.Bucket.from_bucket_name(scope, "Files", "factory-files")
        source = equipment.ModelVersion.from_model_version_arn(scope, "Source", _TRAINED)
        self.dataset = equipment.Dataset(scope, "Dataset", source=equipment.DatasetSource.detected())
        self.dataset.add_ingestion("Ingestion", bucket=files, key_pattern=equipment.KeyPattern.FOLDER)
        self.model = equipment.Model(
            scope, "Model", source=equipment.ModelSource.imported(source, dataset=self.dataset)
        )
        self.version = equipment.ModelVersion(scope, "ModelVersion", model=self.model, source=source)
        equipment.ActiveModelVersion(scope, "Active", model_version=self.version)
        equipment.LatestModelVersion(scope, "Latest", model=self.model)
        self.scheduler = equipment.InferenceScheduler(
            scope,
            "InferenceScheduler",
            model=self.model,
            data_upload_frequency=cdk.Duration.minutes(5),
            input_bucket=files,
            input_prefix="now/",
            output_bucket=files,
            output_prefix="results/",
        )
        equipment.RetrainingScheduler(
            scope,
            "RetrainingScheduler",
            model=self.model,
            retraining_frequency=equipment.RetrainingFrequency.days(30),
            lookback_window=equipment.LookbackWindow.DAYS_180,
        )
        self.group = equipment.LabelGroup(scope, "LabelGroup", fault_codes=["leak"])
        night = equipment.TimeRange.from_iso("2024-01-05T20:00:00Z", "2024-01-06T04:00:00Z")
        self.group.add_label("Label", time_range=night, rating=equipment.LabelRating.ANOMALY)
        equipment.LabelSet(
            scope,
            "LabelSet",
            label_group=self.group,
            source=equipment.LabelSetSource.from_bucket(files, "labels.csv"),
        )
        self.dataset.grant_import(iam.AccountPrincipal(OTHER_ACCOUNT))
        self.project = vision.Project(scope, "Project")
        vision.Dataset(
            scope,
            "TrainDataset",
            project=self.project,
            dataset_type=vision.DatasetType.TRAIN,
            source=vision.DatasetSource.images(files, "good/", "bad/"),
        )
        vision.Dataset(
            scope,
            "TestDataset",
            project=self.project,
            dataset_type=vision.DatasetType.TEST,
            source=vision.DatasetSource.manifest(files, "test.manifest"),
        )
        self.vision_model = vision.Model(
            scope,
            "VisionModel",
            project=self.project,
            output_bucket=files,
        )
        vision.HostedModel(scope, "HostedModel", model=self.vision_model, min_inference_units=1)
        vision.ModelPackagingJob(
            scope,
            "ModelPackagingJob",
            model=self.vision_model,
            target=vision.PackagingTarget.jetson_xavier(),
            component_name="inspection",
            output_bucket=files,
        )
