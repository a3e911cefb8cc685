"""What one account trained, another one imports; each encrypts with a key of its own.

The stack of the training account makes a key, dataset and model, and says who may import them. Its outputs are ARNs
with ids that only the service knows, so they go into the importing stack as context:
`cdk deploy Research -c bucket=…`, then `cdk deploy Plant -c dataset_arn=… -c model_arn=…`.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import equipment

RESEARCH = cdk.Environment(account="111111111111", region="us-east-1")
PLANT = cdk.Environment(account="222222222222", region="us-east-1")


class Research(cdk.Stack):
    """In the training account: an encrypted model, and the account that may import it, key included."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        importer: str,
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        super().__init__(scope, id, env=RESEARCH, description="Trains a model and shares it")
        key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=removal_policy)
        files = s3.Bucket.from_bucket_name(self, "Files", bucket_name)
        pump = equipment.SchemaComponent("pump", ["speed", "flow", "pressure", "temperature", "vibration"])
        pumps = equipment.Dataset(
            self,
            "Pumps",
            source=equipment.DatasetSource.schema(equipment.DatasetSchema.from_components(pump)),
            encryption_key=key,
            removal_policy=removal_policy,
        )
        pumps.add_ingestion("Readings", bucket=files, prefix="readings/")
        trained = equipment.ModelSource.trained(
            pumps,
            training_data=equipment.TimeRange.from_iso("2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"),
            evaluation_data=equipment.TimeRange.from_iso("2026-07-01T00:00:00Z", "2026-09-01T00:00:00Z"),
            labels=equipment.LabelsInput.from_bucket(files, "labels/"),
        )
        wear = equipment.Model(self, "Wear", source=trained, encryption_key=key, removal_policy=removal_policy)

        share = equipment.ModelShare(self, "Share", dataset=pumps, model=wear, with_accounts=[importer])
        share.dataset_arn.override_logical_id("DatasetArn")
        share.model_arn.override_logical_id("ModelArn")


class Plant(cdk.Stack):
    """In the importing account: copies of dataset and model, encrypted with a key of this account."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset_arn: str,
        model_arn: str,
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        super().__init__(scope, id, env=PLANT, description="Runs a model that was trained elsewhere")
        key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=removal_policy)
        wear = equipment.ModelImport(
            self,
            "Wear",
            source_dataset_arn=dataset_arn,
            source_model_arn=model_arn,
            source_version=1,
            encryption_key=key,
            removal_policy=removal_policy,
            activate=True,
        )
        cdk.CfnOutput(self, "ModelName", value=wear.model.model_name)
        cdk.CfnOutput(self, "KeyArn", value=key.key_arn)


def main() -> None:
    app = cdk.App()
    given = app.node.try_get_context
    removal_policy = cdk.RemovalPolicy.DESTROY if given("removal") == "destroy" else None
    if bucket_name := given("bucket"):
        importer = given("importer") or str(PLANT.account)
        Research(app, "Research", bucket_name=bucket_name, importer=importer, removal_policy=removal_policy)
    if (dataset_arn := given("dataset_arn")) and (model_arn := given("model_arn")):
        Plant(app, "Plant", dataset_arn=dataset_arn, model_arn=model_arn, removal_policy=removal_policy)
    app.synth()


if __name__ == "__main__":
    main()
