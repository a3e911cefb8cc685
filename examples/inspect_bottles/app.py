"""Pictures of good and of bad bottles become a model that tells them apart, and it is hosted.

The bucket is there already, with `train/good/`, `train/bad/` and `test.manifest` in it; its name comes in as context:
`cdk deploy -c bucket=…`. With `-c trigger=2` another version is trained with the pictures that are there then, and
takes the place of the first. With `-c hours=06:00-22:00` it is hosted in these hours of each day only.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import Wait, vision


class InspectBottles(cdk.Stack):
    """A project, its two datasets, and the model that is trained, judged and hosted."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        trigger: str = "1",
        hours: str | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        super().__init__(scope, id, description="Trains and hosts a model that finds bad bottles")
        files = s3.Bucket.from_bucket_name(self, "Files", bucket_name)

        bottles = vision.Project(self, "Bottles", removal_policy=removal_policy)
        train = vision.Dataset(
            self,
            "Train",
            project=bottles,
            dataset_type=vision.DatasetType.TRAIN,
            source=vision.DatasetSource.images(files, "train/good/", "train/bad/"),
            # CloudFormation does not see that there are other pictures.
            trigger=trigger,
        )
        vision.Dataset(
            self,
            "Test",
            project=bottles,
            dataset_type=vision.DatasetType.TEST,
            source=vision.DatasetSource.manifest(files, "test.manifest"),
            trigger=trigger,
        )
        inspection = vision.Model(
            self,
            "Inspection",
            project=bottles,
            output_bucket=files,
            output_prefix="results/",
            trigger=trigger,
            # A version that is worse fails the deployment, and the one from before goes on answering.
            gate=vision.QualityGate(min_f1=0.9),
            removal_policy=removal_policy,
            wait=Wait.until_ready(timeout=cdk.Duration.hours(6)),
        )
        hosted = vision.HostedModel(self, "Hosted", model=inspection, min_inference_units=1)
        if hours is not None:
            start, _, stop = hours.partition("-")
            days = list(vision.DayOfWeek)
            vision.HostingHours(self, "Hours", hosted_model=hosted, start=start, stop=stop, days=days)

        cdk.CfnOutput(self, "ProjectName", value=inspection.project_name)
        cdk.CfnOutput(self, "ModelVersion", value=inspection.model_version)
        cdk.CfnOutput(self, "ModelArn", value=inspection.model_arn)
        cdk.CfnOutput(self, "F1Score", value=inspection.f1_score)
        cdk.CfnOutput(self, "TrainingImages", value=train.total_images)


def main() -> None:
    app = cdk.App()
    bucket_name = app.node.try_get_context("bucket")
    if not bucket_name:
        raise SystemExit("app.py: got no bucket with pictures, expected its name as the context key bucket")
    InspectBottles(
        app,
        "InspectBottles",
        bucket_name=bucket_name,
        trigger=str(app.node.try_get_context("trigger") or "1"),
        hours=app.node.try_get_context("hours"),
        removal_policy=cdk.RemovalPolicy.DESTROY if app.node.try_get_context("removal") == "destroy" else None,
    )
    app.synth()


if __name__ == "__main__":
    main()
