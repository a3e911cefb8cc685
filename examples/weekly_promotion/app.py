"""Every week the newest version of a model of another account is imported, and becomes active if it is good enough.

What is imported comes in as context, and the number of the version is what changes from week to week:
`cdk deploy -c dataset_arn=… -c model_arn=… -c version=2`. A version that does not pass the gate fails the deployment,
and the former one stays active. With `-c when_poor=keep-the-best` the deployment goes on instead, and the newest
version that does pass is active.
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from cdk_lookout import equipment

GATE = equipment.QualityGate(
    model_quality=[equipment.ModelQuality.QUALITY_THRESHOLD_MET], min_recall=0.8, max_unknown_events=3
)


class WeeklyPromotion(cdk.Stack):
    """A model that was trained elsewhere, its newest version, and which one is active."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset_arn: str,
        model_arn: str,
        version: int,
        keep_the_best: bool = False,
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        super().__init__(scope, id, description="Keeps an imported model up to date")
        wear = equipment.ModelImport(
            self,
            "Wear",
            source_dataset_arn=dataset_arn,
            source_model_arn=model_arn,
            source_version=1,
            removal_policy=removal_policy,
        )
        # Under one id: another source imports one more version, and leaves the former ones with the model.
        weekly = wear.import_version("Weekly", source_version=version)

        chosen: equipment.IModelVersion = weekly
        if keep_the_best:
            # Looked up anew whenever the trigger changes: the newest version of the model that passes the gate.
            chosen = equipment.LatestModelVersion(
                self, "Best", model=wear.model, quality_gate=GATE, trigger=f"version {version}"
            )
            chosen.node.add_dependency(weekly)
        active = equipment.ActiveModelVersion(self, "Active", model_version=chosen, quality_gate=GATE)

        cdk.CfnOutput(self, "ModelName", value=wear.model.model_name)
        cdk.CfnOutput(self, "ActiveVersion", value=active.active_model_version)
        cdk.CfnOutput(self, "ModelQuality", value=active.model_quality)


def main() -> None:
    app = cdk.App()
    dataset_arn, model_arn = app.node.try_get_context("dataset_arn"), app.node.try_get_context("model_arn")
    if not (dataset_arn and model_arn):
        raise SystemExit("app.py: got no ARNs to import from, expected the context keys dataset_arn and model_arn")
    WeeklyPromotion(
        app,
        "WeeklyPromotion",
        dataset_arn=dataset_arn,
        model_arn=model_arn,
        version=int(app.node.try_get_context("version") or 1),
        keep_the_best=app.node.try_get_context("when_poor") == "keep-the-best",
        removal_policy=cdk.RemovalPolicy.DESTROY if app.node.try_get_context("removal") == "destroy" else None,
    )
    app.synth()


if __name__ == "__main__":
    main()
