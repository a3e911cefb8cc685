"""The reference app: one account trains a model and shares it, another one imports it, keeps it up to date and runs it,
and has a second model look at what it makes.

`make demo` takes it through a stack's whole life. Two ARNs hold ids that only the service knows; the stack `Training`
puts them out, and the stack `Plant` takes them as context: `cdk deploy Plant -c dataset_arn=… -c model_arn=…`.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import Wait, equipment, vision

TRAINING = cdk.Environment(account="111111111111", region="us-east-1")
PLANT = cdk.Environment(account="222222222222", region="us-east-1")
#: Buckets that exist already: the readings of eight months with their labels, those that come in now, and pictures.
READINGS, TELEMETRY, PICTURES = "pump-readings", "pump-telemetry", "bottle-pictures"


class Training(cdk.Stack):
    """In the training account: ingests the readings, trains a model with them, and shares both with the plant."""

    def __init__(self, scope: Construct, id: str, *, removal_policy: cdk.RemovalPolicy | None = None) -> None:
        super().__init__(scope, id, env=TRAINING, description="Trains a model and shares it")
        readings = s3.Bucket.from_bucket_name(self, "Readings", READINGS)

        pump = equipment.SchemaComponent("pump", ["speed", "flow", "pressure", "temperature", "vibration"])
        schema = equipment.DatasetSchema.from_components(pump)
        pumps = equipment.Dataset(
            self, "Pumps", source=equipment.DatasetSource.schema(schema), removal_policy=removal_policy
        )
        pumps.add_ingestion(
            "EightMonths",
            bucket=readings,
            prefix="readings/",
            gate=equipment.DataGate(max_discarded_files=0, max_invalid_values=0, min_span=cdk.Duration.days(180)),
        )
        wear = equipment.Model(
            self,
            "Wear",
            source=equipment.ModelSource.trained(
                pumps,
                training_data=equipment.TimeRange.from_iso("2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"),
                evaluation_data=equipment.TimeRange.from_iso("2026-07-01T00:00:00Z", "2026-09-01T00:00:00Z"),
                labels=equipment.LabelsInput.from_bucket(readings, "labels/"),
                off_condition=equipment.OffCondition.below("pump", "pressure", 5),
            ),
            removal_policy=removal_policy,
            wait=Wait.until_ready(timeout=cdk.Duration.hours(2)),
        )
        share = equipment.ModelShare(self, "Share", dataset=pumps, model=wear, with_accounts=[PLANT.account or ""])
        share.dataset_arn.override_logical_id("DatasetArn")
        share.model_arn.override_logical_id("ModelArn")


class Plant(cdk.Stack):
    """In the plant's account: imports both, activates the newest version if it is good enough, and runs it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset_arn: str,
        model_arn: str,
        version: int = 1,
        max_unknown_events: int | None = None,
        then_import: int | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        super().__init__(scope, id, env=PLANT, description="Runs a model that was trained elsewhere")
        wear = equipment.ModelImport(
            self,
            "Wear",
            source_dataset_arn=dataset_arn,
            source_model_arn=model_arn,
            source_version=1,
            removal_policy=removal_policy,
        )
        newest = wear.import_version("Newest", source_version=version) if version > 1 else wear.model_version
        active = equipment.ActiveModelVersion(
            self,
            "Active",
            model_version=newest,
            quality_gate=equipment.QualityGate(min_recall=0.5, max_unknown_events=max_unknown_events),
        )
        telemetry = s3.Bucket.from_bucket_name(self, "Telemetry", TELEMETRY)
        equipment.InferenceScheduler(
            self,
            "EveryFiveMinutes",
            model=wear.model,
            data_upload_frequency=cdk.Duration.minutes(5),
            input_bucket=telemetry,
            input_prefix="incoming/",
            output_bucket=telemetry,
            output_prefix="results/",
        )

        if then_import is not None:
            # Something that comes after the activation and may fail: the rollback has to undo the activation.
            later = wear.import_version("Later", source_version=then_import)
            later.node.add_dependency(active)

        cdk.CfnOutput(self, "ModelName", value=wear.model.model_name)
        cdk.CfnOutput(self, "ActiveVersion", value=active.active_model_version)


class Inspection(cdk.Stack):
    """In the plant's account: trains a model with pictures of bottles, and hosts it if it is good enough."""

    def __init__(self, scope: Construct, id: str, *, removal_policy: cdk.RemovalPolicy | None = None) -> None:
        super().__init__(scope, id, env=PLANT, description="Finds bad bottles")
        pictures = s3.Bucket.from_bucket_name(self, "Pictures", PICTURES)
        bottles = vision.Project(self, "Bottles", removal_policy=removal_policy)
        vision.Dataset(
            self,
            "Train",
            project=bottles,
            dataset_type=vision.DatasetType.TRAIN,
            source=vision.DatasetSource.images(pictures, "train/good/", "train/bad/"),
        )
        model = vision.Model(
            self,
            "Model",
            project=bottles,
            output_bucket=pictures,
            output_prefix="results/",
            gate=vision.QualityGate(min_f1=0.8),
            removal_policy=removal_policy,
            wait=Wait.until_ready(timeout=cdk.Duration.hours(2)),
        )
        vision.HostedModel(self, "Hosted", model=model, min_inference_units=1)
        cdk.CfnOutput(self, "ProjectName", value=model.project_name)
        cdk.CfnOutput(self, "ModelVersion", value=model.model_version)


def main() -> None:
    app = cdk.App()
    context = {
        name: app.node.try_get_context(name)
        for name in ("dataset_arn", "model_arn", "version", "max_unknown_events", "then_import", "removal")
    }
    removal_policy = cdk.RemovalPolicy.DESTROY if context["removal"] == "destroy" else None
    Training(app, "Training", removal_policy=removal_policy)
    Inspection(app, "Inspection", removal_policy=removal_policy)
    if context["dataset_arn"] and context["model_arn"]:
        unknown, then_import = context["max_unknown_events"], context["then_import"]
        Plant(
            app,
            "Plant",
            dataset_arn=context["dataset_arn"],
            model_arn=context["model_arn"],
            version=int(context["version"] or 1),
            max_unknown_events=int(unknown) if unknown else None,
            then_import=int(then_import) if then_import else None,
            removal_policy=removal_policy,
        )
    app.synth()


if __name__ == "__main__":
    main()
