"""The reference app: one account shares what it trained, another one imports it and keeps it up to date.

`make demo` takes it through a stack's whole life. The two ARNs hold ids that only the service knows, so they come
in as context: `cdk deploy Share -c dataset_arn=… -c model_arn=…`.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_lookout import equipment

TRAINING = cdk.Environment(account="111111111111", region="us-east-1")
PLANT = cdk.Environment(account="222222222222", region="us-east-1")


class Share(cdk.Stack):
    """In the training account: lets the plant's account import the dataset and every version of the model."""

    def __init__(self, scope: Construct, id: str, *, dataset_arn: str, model_arn: str) -> None:
        super().__init__(scope, id, env=TRAINING, description="Shares a trained model")
        plant = iam.AccountPrincipal(PLANT.account)
        equipment.Dataset.from_dataset_arn(self, "Pumps", dataset_arn).grant_import(plant)
        equipment.Model.from_model_arn(self, "Wear", model_arn).grant_import(plant)


class Plant(cdk.Stack):
    """In the plant's account: the imported dataset and model, the newest version on top, and which one is active."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset_arn: str,
        model_arn: str,
        version: int = 1,
        then_import: int | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        super().__init__(scope, id, env=PLANT, description="Runs a model that was trained elsewhere")
        trained_on = equipment.Dataset.from_dataset_arn(self, "TrainedOn", dataset_arn)
        trained = equipment.Model.from_model_arn(self, "Trained", model_arn)

        pumps = equipment.Dataset(
            self, "Pumps", source=equipment.DatasetSource.imported(trained_on), removal_policy=removal_policy
        )
        wear = equipment.Model(
            self,
            "Wear",
            source=equipment.ModelSource.imported(trained.version(1), dataset=pumps),
            removal_policy=removal_policy,
        )
        newest: equipment.IModelVersion = wear.version(1)
        if version > 1:
            newest = equipment.ModelVersion(self, "Newest", model=wear, source=trained.version(version))
        active = equipment.ActiveModelVersion(self, "Active", model_version=newest)

        if then_import is not None:
            # Something that comes after the activation and may fail: the rollback has to undo the activation.
            later = equipment.ModelVersion(self, "Later", model=wear, source=trained.version(then_import))
            later.node.add_dependency(active)

        cdk.CfnOutput(self, "ModelName", value=wear.model_name)
        cdk.CfnOutput(self, "ActiveVersion", value=active.active_model_version)


def main() -> None:
    app = cdk.App()
    dataset_arn, model_arn = app.node.try_get_context("dataset_arn"), app.node.try_get_context("model_arn")
    if not (dataset_arn and model_arn):
        raise SystemExit("app.py: got no ARNs to import from, expected the context keys dataset_arn and model_arn")
    then_import = app.node.try_get_context("then_import")
    Share(app, "Share", dataset_arn=dataset_arn, model_arn=model_arn)
    Plant(
        app,
        "Plant",
        dataset_arn=dataset_arn,
        model_arn=model_arn,
        version=int(app.node.try_get_context("version") or 1),
        then_import=int(then_import) if then_import else None,
        removal_policy=cdk.RemovalPolicy.DESTROY if app.node.try_get_context("removal") == "destroy" else None,
    )
    app.synth()


if __name__ == "__main__":
    main()
