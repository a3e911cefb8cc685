"""Readings in a bucket become a dataset, and the dataset a model.

The bucket is there already, with `readings/pump/….csv` and `labels/….csv` in it; its name comes in as context:
`cdk deploy -c bucket=…`. With `-c train_until=2026-07-10` another model is trained, and replaces the first.
"""

from __future__ import annotations

from datetime import UTC, datetime

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import Wait, equipment

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)


class TrainFromABucket(cdk.Stack):
    """A dataset, what is ingested into it, and the model that is trained with it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        train_until: datetime,
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        super().__init__(scope, id, description="Trains a model with the readings in a bucket")
        files = s3.Bucket.from_bucket_name(self, "Files", bucket_name)

        pump = equipment.SchemaComponent("pump", ["speed", "flow", "pressure", "temperature", "vibration"])
        schema = equipment.DatasetSchema.from_components(pump)
        pumps = equipment.Dataset(
            self, "Pumps", source=equipment.DatasetSource.schema(schema), removal_policy=removal_policy
        )
        pumps.add_ingestion(
            "Readings",
            bucket=files,
            prefix="readings/",
            # The service ingests what it can, and calls it a success. What must not go into training, stops here.
            gate=equipment.DataGate(max_discarded_files=0, max_duplicate_timestamps=0, min_span=cdk.Duration.days(180)),
        )

        wear = equipment.Model(
            self,
            "Wear",
            source=equipment.ModelSource.trained(
                pumps,
                training_data=equipment.TimeRange.between(FIRST, train_until),
                evaluation_data=equipment.TimeRange.between(train_until, LAST),
                labels=equipment.LabelsInput.from_bucket(files, "labels/"),
                target_sampling_rate=cdk.Duration.hours(1),
                off_condition=equipment.OffCondition.below("pump", "pressure", 5),
                diagnostics=equipment.ModelDiagnosticsOutput.to_bucket(files, "diagnostics/"),
            ),
            removal_policy=removal_policy,
            # A training takes hours, and a custom resource has one: further resources go on with the wait.
            wait=Wait.until_ready(timeout=cdk.Duration.hours(6)),
        )

        cdk.CfnOutput(self, "DatasetName", value=pumps.dataset_name)
        cdk.CfnOutput(self, "ModelName", value=wear.model_name)
        cdk.CfnOutput(self, "ModelQuality", value=wear.model_quality)
        cdk.CfnOutput(self, "Diagnostics", value=wear.model_diagnostics_results_key)


def main() -> None:
    app = cdk.App()
    bucket_name = app.node.try_get_context("bucket")
    if not bucket_name:
        raise SystemExit("app.py: got no bucket with readings, expected its name as the context key bucket")
    train_until = datetime.fromisoformat(app.node.try_get_context("train_until") or "2026-07-01")
    TrainFromABucket(
        app,
        "TrainFromABucket",
        bucket_name=bucket_name,
        train_until=train_until.replace(tzinfo=UTC),
        removal_policy=cdk.RemovalPolicy.DESTROY if app.node.try_get_context("removal") == "destroy" else None,
    )
    app.synth()


if __name__ == "__main__":
    main()
