"""A user's module, as strict type checkers see it: a test runs mypy over it. It is never executed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lookoutequipment as lookoutequipment
from aws_cdk import aws_lookoutvision as lookoutvision
from aws_cdk import aws_s3 as s3
from aws_cdk.interfaces.aws_lookoutequipment import IInferenceSchedulerRef
from aws_cdk.interfaces.aws_lookoutvision import IProjectRef

from cdk_lookout import LookoutProvider, Wait, equipment, vision


class Plant(cdk.Stack):
    """Every construct, and a protocol wherever one is expected."""

    def __init__(self, scope: cdk.App, id: str) -> None:
        super().__init__(scope, id)
        LookoutProvider(self, endpoint_url="http://127.0.0.1:4566")
        source: equipment.IDataset = equipment.Dataset.from_dataset_arn(self, "TrainingPumps", "arn")
        version: equipment.IModelVersion = equipment.ModelVersion.from_model_version_arn(self, "TrainingWear", "arn")
        pumps = equipment.Dataset(
            self, "Pumps", source=equipment.DatasetSource.imported(source), encryption_key=kms.Key(self, "Key")
        )
        labels = equipment.LabelsInput.from_bucket(s3.Bucket(self, "Labels"), "labels/")
        wear = equipment.Model(
            self,
            "Wear",
            source=equipment.ModelSource.imported(version, dataset=pumps, labels=labels),
            wait=Wait.started(),
        )
        weekly = equipment.ModelVersion(self, "Weekly", model=wear, source=version, dataset=pumps)
        equipment.ActiveModelVersion(self, "Active", model_version=weekly)
        files = s3.Bucket(self, "Files")
        night = equipment.InferenceScheduler(
            self,
            "Night",
            model=wear,
            data_upload_frequency=cdk.Duration.minutes(5),
            input_bucket=files,
            input_prefix="now/",
            output_bucket=files,
            output_prefix="results/",
            require_quality=[equipment.ModelQuality.QUALITY_THRESHOLD_MET],
        )
        watch(self, night)
        watch(self, equipment.InferenceScheduler.from_inference_scheduler_name(self, "KnownNight", "night"))
        equipment.RetrainingScheduler(
            self,
            "Monthly",
            model=wear,
            retraining_frequency=equipment.RetrainingFrequency.months(1),
            lookback_window=equipment.LookbackWindow.DAYS_180,
            retraining_start_date=date(2031, 1, 1),
        )
        leaks = equipment.Model(
            self,
            "Leaks",
            source=equipment.ModelSource.trained(
                pumps,
                training_data=equipment.TimeRange.between(
                    datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
                ),
                labels=labels,
                target_sampling_rate=cdk.Duration.minutes(5),
                off_condition=equipment.OffCondition.below("pump", "rpm", 10),
                diagnostics=equipment.ModelDiagnosticsOutput.to_bucket(files, "diagnostics/"),
            ),
        )
        gate = equipment.QualityGate(min_recall=0.8, max_unknown_time=cdk.Duration.hours(1))
        newest: equipment.IModelVersion = equipment.LatestModelVersion(self, "Newest", model=leaks, quality_gate=gate)
        equipment.ActiveModelVersion(self, "Best", model_version=newest, quality_gate=gate)
        share(self, pumps, leaks, newest)
        share(self, pumps, wear, weekly)
        resources: list[cdk.IResource] = [source, version, equipment.Model.from_model_name(self, "Other", "other")]
        resources += [equipment.LabelGroup.from_label_group_name(self, "Faults", "faults")]
        for resource in resources:
            resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
            print(resource.node.path, resource.stack, resource.env.region)
        inspect(self, vision.Project(self, "Bottles"))
        inspect(self, vision.Project.from_project_name(self, "Cans", "cans"))
        share(self, source, equipment.Model.from_model_name(self, "Known", "wear"), wear.version(1))


def inspect(stack: cdk.Stack, project: vision.IProject) -> None:
    """Takes whatever has the protocol, and passes it where the CDK takes a project of its own."""
    project.grants.read(iam.Role(stack, f"Inspector{project.node.id}", assumed_by=iam.AccountRootPrincipal()))
    reference: IProjectRef = project
    print(lookoutvision.CfnProject.arn_for_project(reference), project.stack)


def watch(stack: cdk.Stack, scheduler: equipment.IInferenceScheduler) -> iam.Grant:
    """Takes whatever has the protocol."""
    reference: IInferenceSchedulerRef = scheduler
    print(lookoutequipment.CfnInferenceScheduler.arn_for_inference_scheduler(reference), scheduler.env.account)
    return scheduler.grants.start_stop(iam.Role(stack, "Watcher", assumed_by=iam.AccountRootPrincipal()))


def share(
    stack: cdk.Stack, dataset: equipment.IDataset, model: equipment.IModel, version: equipment.IModelVersion
) -> None:
    """Takes whatever has the protocols."""
    account = iam.AccountPrincipal("222222222222")
    grants: list[iam.Grant] = [
        dataset.grants.import_(account),
        dataset.grant_import(account),
        model.grant_import(account, inference_data=False),
        version.grant_read(account),
        equipment.grant_list(account),
    ]
    targets: list[equipment.IPolicyTarget] = [dataset, model, version]
    for number, target in enumerate(targets):
        equipment.ResourcePolicy(stack, f"Policy{number}", resource=target, document=iam.PolicyDocument())
    print(grants, model.version(2).model_version_arn)
