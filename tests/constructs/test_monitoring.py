"""Metrics, alarms and a dashboard."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

from cdk_lookout import InvalidProperty, LookoutProvider
from cdk_lookout.equipment import (
    DataQuality,
    Dataset,
    IInferenceScheduler,
    InferenceScheduler,
    Model,
    ModelShare,
    Monitoring,
)
from cdk_lookout.equipment.policy_document import _flattened, flat
from cdk_lookout.provider import asset
from tests.constructs.support import DATASET_ARN, MODEL_ARN, errors, of_type, only, resources, template, warnings

NAMESPACE = "CdkLookout/Equipment"


@pytest.fixture
def scheduler(stack: cdk.Stack) -> IInferenceScheduler:
    return known(stack, "Watch")


def known(stack: cdk.Stack, id: str) -> IInferenceScheduler:
    return InferenceScheduler.from_inference_scheduler_name(stack, id, "watch")


def target(stack: cdk.Stack) -> Any:
    [found] = only(stack, "AWS::Events::Rule")["Properties"]["Targets"]
    return found


def event(stack: cdk.Stack) -> dict[str, Any]:
    """What the function is given at noon."""
    transformer = target(stack)["InputTransformer"]
    assert transformer["InputPathsMap"] == {"time": "$.time"}
    return dict(json.loads(flat(transformer["InputTemplate"]).replace("<time>", '"noon"')))


def statements(stack: cdk.Stack) -> dict[str, Any]:
    """What the function's role may do, by action."""
    [role] = of_type(resources(stack), "AWS::IAM::Role").values()
    [monitor] = [one for one in role["Properties"]["Policies"] if one["PolicyName"] == "Monitor"]
    found = {}
    for statement in monitor["PolicyDocument"]["Statement"]:
        actions = statement["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            found[action] = statement
    return found


def alarms(stack: cdk.Stack) -> dict[str, Any]:
    """The alarms, by the name of their metric."""
    found = of_type(resources(stack), "AWS::CloudWatch::Alarm").values()
    return {alarm["Properties"]["MetricName"]: alarm["Properties"] for alarm in found}


def test_the_function_is_the_monitor_in_the_provider_s_zip(
    stack: cdk.Stack, pumps: Dataset, scheduler: IInferenceScheduler
) -> None:
    Monitoring(stack, "Monitoring", schedulers=[scheduler])
    functions = of_type(resources(stack), "AWS::Lambda::Function").values()
    [code, same] = [function["Properties"]["Code"]["S3Key"] for function in functions]
    assert code == same
    assert sorted(function["Properties"]["Handler"] for function in functions) == [
        "lookout_monitor.handler.handle",
        "lookout_provider.handler.handle",
    ]


def test_a_stack_that_only_watches_has_no_provider(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    Monitoring(stack, "Monitoring", schedulers=[scheduler])
    assert LookoutProvider.find(stack) is None
    assert only(stack, "AWS::Lambda::Function")["Properties"]["Handler"] == "lookout_monitor.handler.handle"


def test_the_rule_says_when_and_about_what(
    stack: cdk.Stack, pumps: Dataset, wear: Model, scheduler: IInferenceScheduler
) -> None:
    Monitoring(stack, "Monitoring", schedulers=[scheduler], models=[wear], datasets=[pumps])
    assert event(stack) == {
        "Time": "noon",
        "IntervalSeconds": 300,
        "SettlingSeconds": 600,
        "Namespace": NAMESPACE,
        "InferenceSchedulers": ["watch"],
        "Models": ["${Wear7BC519F8}"],
        "Datasets": ["${PumpsEF220EBF}"],
    }


@pytest.mark.parametrize(("minutes", "expression"), [(5, "cron(0/5 * * * ? *)"), (60, "cron(0 * * * ? *)")])
def test_the_function_runs_on_the_clock(
    stack: cdk.Stack, scheduler: IInferenceScheduler, minutes: int, expression: str
) -> None:
    Monitoring(stack, "Monitoring", schedulers=[scheduler], interval=cdk.Duration.minutes(minutes))
    assert only(stack, "AWS::Events::Rule")["Properties"]["ScheduleExpression"] == expression
    assert event(stack)["IntervalSeconds"] == 60 * minutes


def test_a_run_that_failed_is_not_repeated(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    Monitoring(stack, "Monitoring", schedulers=[scheduler])
    assert only(stack, "AWS::Lambda::EventInvokeConfig")["Properties"]["MaximumRetryAttempts"] == 0


def test_the_function_can_read_what_it_watches_and_put_into_its_namespace(
    stack: cdk.Stack, scheduler: IInferenceScheduler
) -> None:
    Monitoring(
        stack,
        "Monitoring",
        schedulers=[scheduler],
        models=[Model.from_model_name(stack, "Wear", "wear")],
        datasets=[Dataset.from_dataset_name(stack, "Pumps", "pumps")],
    )
    found = statements(stack)
    where = "arn:${AWS::Partition}:lookoutequipment:${AWS::Region}:${AWS::AccountId}"
    assert {action: flat(found[action]["Resource"]) for action in found if action.startswith("lookoutequipment:")} == {
        "lookoutequipment:DescribeInferenceScheduler": f"{where}:inference-scheduler/watch/*",
        "lookoutequipment:ListInferenceExecutions": f"{where}:inference-scheduler/watch/*",
        "lookoutequipment:DescribeModel": f"{where}:model/wear/*",
        "lookoutequipment:DescribeDataset": f"{where}:dataset/pumps/*",
    }
    assert found["cloudwatch:PutMetricData"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}


def test_the_policy_has_nothing_of_what_is_not_watched(stack: cdk.Stack) -> None:
    Monitoring(stack, "Monitoring", models=[Model.from_model_name(stack, "Wear", "wear")])
    assert sorted(statements(stack)) == [
        "cloudwatch:PutMetricData",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "lookoutequipment:DescribeModel",
    ]


def test_the_endpoint_is_that_of_the_provider(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    LookoutProvider(stack, endpoint_url="http://127.0.0.1:4566")
    Monitoring(stack, "Monitoring", schedulers=[scheduler])
    [monitor] = [
        function["Properties"]
        for function in of_type(resources(stack), "AWS::Lambda::Function").values()
        if "monitor" in function["Properties"]["Handler"]
    ]
    assert monitor["Environment"]["Variables"] == {"LOOKOUT_ENDPOINT_URL": "http://127.0.0.1:4566"}
    assert warnings(stack) == []


def test_an_endpoint_of_ones_own_gives_no_warning(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    Monitoring(stack, "Monitoring", schedulers=[scheduler], endpoint_url="https://lookout.example.internal")
    assert warnings(stack) == []


def test_aws_s_own_endpoint_gives_the_warning_that_it_is_gone(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    Monitoring(stack, "Monitoring", schedulers=[scheduler])
    [warning] = warnings(stack)
    assert "AWS ended Amazon Lookout for Equipment on 2026-10-07" in warning


def test_the_function_runs_in_a_network_of_ones_own(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    vpc = ec2.Vpc(stack, "Network", max_azs=1, restrict_default_security_group=False)
    Monitoring(stack, "Monitoring", schedulers=[scheduler], vpc=vpc)
    assert only(stack, "AWS::Lambda::Function")["Properties"]["VpcConfig"]["SubnetIds"]
    [role] = of_type(resources(stack), "AWS::IAM::Role").values()
    assert {one["PolicyName"] for one in role["Properties"]["Policies"]} == {"Monitor", "Network"}


def test_the_log_is_kept_as_long_as_told(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    Monitoring(stack, "Monitoring", schedulers=[scheduler], log_retention=logs.RetentionDays.ONE_WEEK)
    assert only(stack, "AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 7


@pytest.fixture
def everything(stack: cdk.Stack, pumps: Dataset, wear: Model, scheduler: IInferenceScheduler) -> Monitoring:
    return Monitoring(stack, "Monitoring", schedulers=[scheduler], models=[wear], datasets=[pumps])


def test_every_metric_is_one_that_the_function_puts(
    stack: cdk.Stack, everything: Monitoring, pumps: Dataset, wear: Model, scheduler: IInferenceScheduler
) -> None:
    metrics = [
        everything.metric_successful_executions(scheduler),
        everything.metric_failed_executions(scheduler),
        everything.metric_unfinished_executions(scheduler),
        everything.metric_anomalous(scheduler),
        everything.metric_running(scheduler),
        everything.metric_retraining_failed(wear),
        everything.metric_poor_quality(wear),
        *(everything.metric_data_quality(pumps, figure) for figure in DataQuality),
    ]
    with zipfile.ZipFile(asset.provider_zip()) as archive:
        source = ast.parse(archive.read("lookout_monitor/handler.py"))
    texts = {node.value for node in ast.walk(source) if isinstance(node, ast.Constant)}
    assert {metric.metric_name for metric in metrics} <= texts
    assert {name for metric in metrics for name in metric.dimensions or {}} <= texts
    assert {metric.namespace for metric in metrics} == {NAMESPACE}


def test_a_metric_is_that_of_its_scheduler(
    stack: cdk.Stack, everything: Monitoring, scheduler: IInferenceScheduler
) -> None:
    metric = everything.metric_failed_executions(
        scheduler, period=cdk.Duration.hours(1), statistic="Average", label="failures"
    )
    assert metric.dimensions == {"InferenceSchedulerName": "watch"}
    assert (metric.period.to_minutes(), metric.statistic, metric.label) == (60, "Average", "failures")


def test_counts_are_summed_and_states_are_not(
    everything: Monitoring, pumps: Dataset, wear: Model, scheduler: IInferenceScheduler
) -> None:
    assert everything.metric_failed_executions(scheduler).statistic == "Sum"
    assert everything.metric_anomalous(scheduler).statistic == "Maximum"
    assert everything.metric_running(scheduler).statistic == "Minimum"
    assert everything.metric_retraining_failed(wear).statistic == "Maximum"
    assert everything.metric_data_quality(pumps, DataQuality.MISSING_VALUES).statistic == "Maximum"


def test_the_errors_are_those_of_the_function(stack: cdk.Stack, everything: Monitoring) -> None:
    metric = everything.metric_errors()
    assert (metric.namespace, metric.metric_name, metric.statistic) == ("AWS/Lambda", "Errors", "Sum")


def test_what_is_not_watched_has_no_metrics(stack: cdk.Stack, everything: Monitoring) -> None:
    with pytest.raises(
        InvalidProperty, match=r"FailedExecutions of Plant/Monitoring: got what is not watched, expected one of its inf"
    ):
        everything.metric_failed_executions(known(stack, "Other"))


def test_there_is_an_alarm_for_whatever_went_wrong(stack: cdk.Stack, everything: Monitoring) -> None:
    assert set(alarms(stack)) == {"FailedExecutions", "Anomalous", "RetrainingFailed", "Errors"}
    assert len(everything.alarms) == 4


def test_a_failed_execution_raises_its_alarm_although_it_is_counted_late(
    stack: cdk.Stack, everything: Monitoring
) -> None:
    alarm = alarms(stack)["FailedExecutions"]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (300, 4, 1)
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


@pytest.mark.parametrize(
    ("metric", "treated"),
    [
        ("FailedExecutions", "notBreaching"),
        ("Anomalous", "ignore"),
        ("RetrainingFailed", "ignore"),
        ("Errors", "missing"),
    ],
)
def test_what_an_alarm_makes_of_silence(stack: cdk.Stack, everything: Monitoring, metric: str, treated: str) -> None:
    assert alarms(stack)[metric]["TreatMissingData"] == treated


def test_an_alarm_says_what_it_is_about(stack: cdk.Stack, everything: Monitoring) -> None:
    assert (
        alarms(stack)["FailedExecutions"]["AlarmDescription"] == "An execution of the inference scheduler watch failed"
    )


def test_every_alarm_does_what_it_is_told(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    topic = sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:us-east-1:222222222222:alarms")
    Monitoring(stack, "Monitoring", schedulers=[scheduler], alarm_actions=[actions.SnsAction(topic)])
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms(stack).values()} == {(topic.topic_arn,)}


def test_without_alarms_and_dashboard_there_are_none(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    monitoring = Monitoring(stack, "Monitoring", schedulers=[scheduler], alarms=False, dashboard=False)
    kinds = {resource["Type"] for resource in resources(stack).values()}
    assert not {kind for kind in kinds if "CloudWatch" in kind}
    assert (monitoring.alarms, monitoring.dashboard) == ([], None)


@pytest.mark.parametrize("order", [1, -1])
def test_ids_of_alarms_do_not_depend_on_the_order(stack: cdk.Stack, order: int) -> None:
    schedulers = [known(stack, name) for name in ("A", "B")]
    Monitoring(stack, "Monitoring", schedulers=schedulers[::order], dashboard=False)
    found = {name[:-8] for name in of_type(resources(stack), "AWS::CloudWatch::Alarm")}
    assert found == {
        "MonitoringAnomalousPlantAB9DFEB80",
        "MonitoringAnomalousPlantB28A81291",
        "MonitoringErrors",
        "MonitoringFailedExecutionsPlantAB9DFEB80",
        "MonitoringFailedExecutionsPlantB28A81291",
    }


def test_the_dashboard_shows_everything(stack: cdk.Stack, everything: Monitoring) -> None:
    body = json.loads(flat(only(stack, "AWS::CloudWatch::Dashboard")["Properties"]["DashboardBody"]))
    titles = [widget["properties"]["title"] for widget in body["widgets"]]
    assert titles == ["Executions", "Anomalous, running", "Retraining failed, poor quality", "Data quality"]
    assert ["CdkLookout/Equipment", "FailedExecutions", "InferenceSchedulerName", "watch"] in [
        metric[:4] for metric in body["widgets"][0]["properties"]["metrics"]
    ]


def test_widgets_go_into_another_dashboard(stack: cdk.Stack, scheduler: IInferenceScheduler) -> None:
    monitoring = Monitoring(stack, "Monitoring", schedulers=[scheduler], dashboard=False)
    cloudwatch.Dashboard(stack, "Plant", widgets=[monitoring.widgets])
    assert "FailedExecutions" in json.dumps(only(stack, "AWS::CloudWatch::Dashboard"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"schedulers": []},
            r"Monitoring of Plant/Monitoring: got 0 schedulers, models and datasets, expected 1 to 30",
        ),
        ({"schedulers": ["watch"]}, r"schedulers of Plant/Monitoring: got 'watch', expected inference schedulers"),
        ({"models": ["wear"]}, r"models of Plant/Monitoring: got 'wear', expected models"),
        ({"interval": cdk.Duration.minutes(7)}, r"interval of .*: got 7 minutes, expected whole minutes: 5, 6, 10, 12"),
        ({"interval": cdk.Duration.seconds(330)}, r"interval of .*: got 5 minutes 30 seconds, expected whole minutes"),
        ({"interval": 5}, r"interval of Plant/Monitoring: got an int, expected a Duration"),
        ({"settling": cdk.Duration.minutes(61)}, r"settling of .*: got .*, expected whole minutes: 0 to 60"),
        ({"namespace": "AWS/LookoutEquipment"}, r"namespace of .*: got 'AWS/LookoutEquipment', expected"),
        ({"endpoint_url": "lookout"}, r"endpoint_url of .*: got 'lookout', expected http://\.\.\. or https"),
    ],
)
def test_what_cannot_be_watched_is_refused(
    stack: cdk.Stack, scheduler: IInferenceScheduler, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidProperty, match=message):
        Monitoring(stack, "Monitoring", **{"schedulers": [scheduler], **arguments})


def test_more_than_a_rule_has_room_for_is_refused(stack: cdk.Stack) -> None:
    schedulers = [known(stack, f"Watch{number}") for number in range(31)]
    with pytest.raises(
        InvalidProperty, match=r"got 31 schedulers, models and datasets, expected 1 to 30; make another"
    ):
        Monitoring(stack, "Monitoring", schedulers=schedulers)


def test_the_most_that_is_watched_fits_into_rule_and_policy(stack: cdk.Stack) -> None:
    datasets = [Dataset.from_dataset_name(stack, f"Pumps{n}", f"{n:0200}") for n in range(30)]
    Monitoring(stack, "Monitoring", datasets=datasets)
    assert len(flat(target(stack)["InputTransformer"]["InputTemplate"])) < 8192
    [role] = of_type(resources(stack), "AWS::IAM::Role").values()
    [document] = [one["PolicyDocument"] for one in role["Properties"]["Policies"]]
    actual = {"AWS::AccountId": "1" * 12, "AWS::Region": "ap-northeast-2", "AWS::Partition": "aws-us-gov"}
    text = json.dumps(_flattened(document), separators=(",", ":"))
    for name, value in actual.items():
        text = text.replace(f"${{{name}}}", value)
    assert len(text) < 10_240


def watching(stack: cdk.Stack) -> None:
    schedulers = [known(stack, "Watch")]
    dataset = Dataset.from_dataset_arn(stack, "Pumps", DATASET_ARN)
    model = Model.from_model_arn(stack, "Wear", MODEL_ARN)
    Monitoring(stack, "Monitoring", schedulers=schedulers, models=[model], datasets=[dataset])
    ModelShare(stack, "Share", dataset=dataset, model=model, with_accounts=["333333333333"], parameter_prefix="/wear")


def test_cdk_nag_finds_nothing(app: cdk.App) -> None:
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    watching(cdk.Stack(app, "Plant"))
    assert errors(app) == ""


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    watching(cdk.Stack(app, "Plant"))
    app.synth()
    lint = [str(Path(sys.executable).with_name("cfn-lint")), str(tmp_path / "Plant.template.json")]
    linted = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (linted.stdout, linted.returncode) == ("", 0)


def test_a_template_without_changes_is_the_same(app: cdk.App) -> None:
    stacks = [cdk.Stack(cdk.App(), "Plant") for _ in range(2)]
    for stack in stacks:
        watching(stack)
    assert template(stacks[0]) == template(stacks[1])
