"""A model at work: inference every few minutes, a retraining every other month, and somebody who is told of it.

The model is there already, and so is the bucket with `now/pump-….csv`, into which the results go as well. Their names
come in as context: `cdk deploy -c model=… -c bucket=…`. With `-c minutes=10` inference runs less often; with
`-c state=stopped` it does not run at all.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_lookout import equipment


class Schedulers(cdk.Stack):
    """The two schedulers of a model, their alarms and their dashboard."""

    def __init__(
        self, scope: Construct, id: str, *, model_name: str, bucket_name: str, minutes: int = 5, running: bool = True
    ) -> None:
        super().__init__(scope, id, description="Inference and retraining of a model")
        wear = equipment.Model.from_model_name(self, "Wear", model_name)
        files = s3.Bucket.from_bucket_name(self, "Files", bucket_name)

        inference = equipment.InferenceScheduler(
            self,
            "Inference",
            model=wear,
            data_upload_frequency=cdk.Duration.minutes(minutes),
            data_delay_offset=cdk.Duration.minutes(1),
            input_bucket=files,
            input_prefix="now/",
            output_bucket=files,
            output_prefix="results/",
            desired_state=equipment.DesiredState.RUNNING if running else equipment.DesiredState.STOPPED,
            # A model of which the service says POOR_QUALITY_DETECTED raises false alarms, or none at all.
            require_quality=[equipment.ModelQuality.QUALITY_THRESHOLD_MET],
        )
        equipment.RetrainingScheduler(
            self,
            "Retraining",
            model=wear,
            retraining_frequency=equipment.RetrainingFrequency.months(2),
            lookback_window=equipment.LookbackWindow.DAYS_360,
            # New versions wait until somebody makes them active, such as the example weekly_promotion.
            promote_mode=equipment.PromoteMode.MANUAL,
        )

        alarms = sns.Topic(self, "Alarms", enforce_ssl=True)
        monitoring = equipment.Monitoring(
            self, "Monitoring", schedulers=[inference], models=[wear], alarm_actions=[actions.SnsAction(alarms)]
        )

        cdk.CfnOutput(self, "SchedulerName", value=inference.inference_scheduler_name)
        cdk.CfnOutput(self, "SchedulerStatus", value=inference.inference_scheduler_status)
        cdk.CfnOutput(self, "Topic", value=alarms.topic_arn)
        if monitoring.dashboard is not None:
            cdk.CfnOutput(self, "Dashboard", value=monitoring.dashboard.dashboard_name)


def main() -> None:
    app = cdk.App()
    model_name, bucket_name = app.node.try_get_context("model"), app.node.try_get_context("bucket")
    if not (model_name and bucket_name):
        raise SystemExit("app.py: got no model or no bucket, expected their names as the context keys model and bucket")
    Schedulers(
        app,
        "Schedulers",
        model_name=model_name,
        bucket_name=bucket_name,
        minutes=int(app.node.try_get_context("minutes") or 5),
        running=app.node.try_get_context("state") != "stopped",
    )
    app.synth()


if __name__ == "__main__":
    main()
