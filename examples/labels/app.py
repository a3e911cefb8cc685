"""What is known of failures, kept in the repository and reviewed like code: a model is trained with it.

The dataset is there already, with its data; its name comes in as context: `cdk deploy -c dataset=…`. Most labels are
the rows of a CSV file; with `-c labels=reviewed.csv` it is another file, and only the difference is labelled.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lookout import equipment


class Labels(cdk.Stack):
    """A label group, its labels, and a model that knows them."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset_name: str,
        labels: Path,
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        super().__init__(scope, id, description="Labels, and a model trained with them")
        faults = equipment.LabelGroup(
            self, "Faults", fault_codes=["bearing", "leak", "unknown"], removal_policy=removal_policy
        )
        equipment.LabelSet(self, "Log", label_group=faults, source=equipment.LabelSetSource.from_asset(str(labels)))
        # Single ones, for what an operator knows and no log has.
        faults.add_label(
            "Maintenance",
            time_range=equipment.TimeRange.from_iso("2026-02-01T00:00:00Z", "2026-02-05T00:00:00Z"),
            rating=equipment.LabelRating.NEUTRAL,
            notes="the pump was off",
        )
        faults.add_label(
            "BurstSeal",
            time_range=equipment.TimeRange.from_iso("2026-07-20T00:00:00Z", "2026-07-22T00:00:00Z"),
            rating=equipment.LabelRating.ANOMALY,
            fault_code="leak",
            equipment="pump 1",
        )

        pumps = equipment.Dataset.from_dataset_name(self, "Pumps", dataset_name)
        wear = equipment.Model(
            self,
            "Wear",
            source=equipment.ModelSource.trained(
                pumps,
                training_data=equipment.TimeRange.from_iso("2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"),
                evaluation_data=equipment.TimeRange.from_iso("2026-07-01T00:00:00Z", "2026-09-01T00:00:00Z"),
                labels=equipment.LabelsInput.from_label_group(faults),
            ),
            removal_policy=removal_policy,
        )

        cdk.CfnOutput(self, "LabelGroupName", value=faults.label_group_name)
        cdk.CfnOutput(self, "ModelName", value=wear.model_name)
        cdk.CfnOutput(self, "ModelQuality", value=wear.model_quality)


def main() -> None:
    app = cdk.App()
    dataset_name = app.node.try_get_context("dataset")
    if not dataset_name:
        raise SystemExit("app.py: got no dataset to train with, expected its name as the context key dataset")
    Labels(
        app,
        "Labels",
        dataset_name=dataset_name,
        labels=Path(__file__).parent / (app.node.try_get_context("labels") or "log.csv"),
        removal_policy=cdk.RemovalPolicy.DESTROY if app.node.try_get_context("removal") == "destroy" else None,
    )
    app.synth()


if __name__ == "__main__":
    main()
