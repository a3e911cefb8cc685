"""The provider: what it consists of, and what it depends on."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import aws_cdk
import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_lookout import InvalidProperty, LookoutProvider, equipment
from tests.constructs.support import (
    every_type,
    of_type,
    only,
    provider_policies,
    resources,
)

SUPPORT = {
    "LookoutProviderEventInvokeConfig535FF668": "AWS::Lambda::EventInvokeConfig",
    "LookoutProviderFunctionE968A47B": "AWS::Lambda::Function",
    "LookoutProviderLogGroup4800EF7E": "AWS::Logs::LogGroup",
    "LookoutProviderPolicyE1770FBB": "AWS::IAM::Policy",
    "LookoutProviderRole464119FC": "AWS::IAM::Role",
    "LookoutProviderStateMachine10A72FDD": "AWS::StepFunctions::StateMachine",
}
TYPE_POLICIES = {
    "ActiveModelVersion": "LookoutProviderLookoutEquipmentActiveModelVersionPolicyD95357E6",
    "LatestModelVersion": "LookoutProviderLookoutEquipmentLatestModelVersionPolicyC185B044",
    "DataIngestion": "LookoutProviderLookoutEquipmentDataIngestionPolicy2EB69E4D",
    "Dataset": "LookoutProviderManagedLookoutEquipmentDatasetPolicy267AD0D7",
    "InferenceScheduler": "LookoutProviderManagedLookoutEquipmentInferenceSchedulerPolicyE10C4862",
    "Label": "LookoutProviderLookoutEquipmentLabelPolicyC0AF2932",
    "LabelGroup": "LookoutProviderManagedLookoutEquipmentLabelGroupPolicy53ACD8CA",
    "LabelSet": "LookoutProviderLookoutEquipmentLabelSetPolicyBA448515",
    "Model": "LookoutProviderManagedLookoutEquipmentModelPolicy00ED4ED7",
    "ModelVersion": "LookoutProviderManagedLookoutEquipmentModelVersionPolicyD30B5FA0",
    "ResourcePolicy": "LookoutProviderLookoutEquipmentResourcePolicyPolicyAEF0B7B0",
    "RetrainingScheduler": "LookoutProviderLookoutEquipmentRetrainingSchedulerPolicy140F63A8",
    "Custom::LookoutVisionProject": "LookoutProviderManagedLookoutVisionProjectPolicyB4F792C5",
    "Custom::LookoutVisionDataset": "LookoutProviderManagedLookoutVisionDatasetPolicy40C22923",
    "Custom::LookoutVisionModel": "LookoutProviderManagedLookoutVisionModelPolicyED1626AE",
    "Custom::LookoutVisionHostedModel": "LookoutProviderLookoutVisionHostedModelPolicy1F4271E3",
    "Custom::LookoutVisionModelPackagingJob": "LookoutProviderLookoutVisionModelPackagingJobPolicy30508215",
}


def detected(scope: Construct, id: str = "Pumps") -> equipment.Dataset:
    return equipment.Dataset(scope, id, source=equipment.DatasetSource.detected())


def support_resources(found: dict[str, Any]) -> dict[str, str]:
    return {name: found[name]["Type"] for name in found if name.startswith("LookoutProvider")}


def test_a_provider_has_six_resources_whose_logical_ids_never_change(stack: cdk.Stack) -> None:
    LookoutProvider(stack)
    assert support_resources(resources(stack)) == SUPPORT


def test_every_type_in_use_adds_one_policy_whose_logical_id_never_changes(stack: cdk.Stack) -> None:
    every_type(stack)
    assert set(support_resources(resources(stack))) - set(SUPPORT) == set(TYPE_POLICIES.values())


def test_a_type_that_is_not_in_use_has_no_policy(stack: cdk.Stack) -> None:
    detected(stack)
    assert len(provider_policies(stack)) == 2


def test_300_constructs_take_no_further_support(stack: cdk.Stack) -> None:
    for number in range(300):
        detected(stack, f"Pumps{number}")
    found = resources(stack)
    assert len(found) == 300 + len(SUPPORT) + 1


def test_the_support_is_the_same_for_1_construct_of_every_type_and_for_many(app: cdk.App) -> None:
    few, many = cdk.Stack(app, "Few"), cdk.Stack(app, "Many")
    every_type(few)
    every_type(many, 10)
    assert support_resources(resources(few)) == support_resources(resources(many))


def test_the_policies_say_the_same_for_1_construct_and_for_300(app: cdk.App) -> None:
    few, many = cdk.Stack(app, "Few"), cdk.Stack(app, "Many")
    every_type(few)
    every_type(many, 25)
    assert provider_policies(few) == provider_policies(many)


def test_the_policies_say_the_same_whatever_the_feature_flags(stack: cdk.Stack) -> None:
    every_type(stack)
    other = cdk.Stack(cdk.App(context={"@aws-cdk/aws-iam:minimizePolicies": True}), "Plant")
    every_type(other)
    assert provider_policies(stack) == provider_policies(other)


def recommended_flags() -> dict[str, Any]:
    """The feature flags that `cdk init` writes into a new app."""
    [package] = Path(aws_cdk.__file__).parent.glob("_jsii/aws-cdk-lib@*.tgz")
    with tarfile.open(package, "r|gz") as archive:
        for member in archive:
            if member.name == "package/recommended-feature-flags.json":
                file = archive.extractfile(member)
                assert file is not None
                flags: dict[str, Any] = json.load(file)
                return flags
    raise AssertionError(f"no feature flags in {package}")


def test_no_feature_flag_changes_a_logical_id_of_the_provider(stack: cdk.Stack) -> None:
    other = cdk.Stack(cdk.App(context=recommended_flags()), "Plant")
    for one in (stack, other):
        every_type(one)
    assert support_resources(resources(other)) == support_resources(resources(stack))


def references(value: Any) -> set[str]:
    """The logical ids that *value* refers to."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [name, _]}:
            return {name}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{([A-Za-z0-9]+)", text))
        case dict():
            return set().union(*(references(item) for item in value.values()))
        case list():
            return set().union(*(references(item) for item in value))
    return set()


def dependencies(found: dict[str, Any]) -> dict[str, set[str]]:
    return {
        name: ({*resource.get("DependsOn", [])} | references(resource.get("Properties", {}))) & set(found)
        for name, resource in found.items()
    }


def everything_before(graph: dict[str, set[str]], name: str) -> set[str]:
    before: set[str] = set()
    new = {name}
    while new:
        new = set().union(*(graph[one] for one in new)) - before
        before |= new
    return before


def test_no_resource_depends_on_itself(stack: cdk.Stack) -> None:
    every_type(stack, 2)
    graph = dependencies(resources(stack))
    assert [name for name in graph if name in everything_before(graph, name)] == []


def test_nothing_of_the_provider_refers_to_a_custom_resource(stack: cdk.Stack) -> None:
    every_type(stack, 2)
    found = resources(stack)
    graph = dependencies(found)
    referred = set().union(*(graph[name] for name in support_resources(found)))
    assert {found[name]["Type"] for name in referred if found[name]["Type"].startswith("Custom::")} == set()


@pytest.mark.parametrize("kind", TYPE_POLICIES)
def test_all_that_a_last_delete_needs_outlives_a_custom_resource(stack: cdk.Stack, kind: str) -> None:
    every_type(stack)
    found = resources(stack)
    [name] = of_type(found, kind if "::" in kind else f"Custom::LookoutEquipment{kind}")
    assert set(SUPPORT) | {TYPE_POLICIES[kind]} <= everything_before(dependencies(found), name)


def test_the_service_token_is_the_function(stack: cdk.Stack) -> None:
    detected(stack)
    assert only(stack, "Dataset")["Properties"]["ServiceToken"] == {
        "Fn::GetAtt": ["LookoutProviderFunctionE968A47B", "Arn"]
    }


def test_the_function_runs_the_code_that_is_shipped(stack: cdk.Stack) -> None:
    LookoutProvider(stack)
    function = only(stack, "AWS::Lambda::Function")["Properties"]
    assert (function["Handler"], function["Runtime"], function["Architectures"]) == (
        "lookout_provider.handler.handle",
        "python3.13",
        ["arm64"],
    )
    assert (function["Timeout"], function["MemorySize"]) == (300, 256)


def test_the_function_knows_its_stack_the_state_machine_and_what_to_do_when_the_service_has_ended(
    stack: cdk.Stack,
) -> None:
    LookoutProvider(stack)
    assert only(stack, "AWS::Lambda::Function")["Properties"]["Environment"]["Variables"] == {
        "STATE_MACHINE_ARN": {"Fn::GetAtt": ["LookoutProviderStateMachine10A72FDD", "Arn"]},
        "LOG_LEVEL": "INFO",
        "DELETE_WHEN_SERVICE_ENDED": "true",
        "STACK_ID": {"Ref": "AWS::StackId"},
        "URL_SUFFIX": {"Ref": "AWS::URLSuffix"},
    }


def test_lambda_and_step_functions_assume_the_role_for_this_account_only(stack: cdk.Stack) -> None:
    LookoutProvider(stack)
    statements = only(stack, "AWS::IAM::Role")["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert {statement["Principal"]["Service"] for statement in statements} == {
        "lambda.amazonaws.com",
        "states.amazonaws.com",
    }
    assert all(
        statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        for statement in statements
    )


def test_the_log_is_kept_for_a_month_unless_set(app: cdk.App) -> None:
    default, own = cdk.Stack(app, "Default"), cdk.Stack(app, "Own")
    LookoutProvider(default)
    LookoutProvider(own, log_retention=logs.RetentionDays.ONE_WEEK)
    assert only(default, "AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 30
    assert only(own, "AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 7


def test_the_log_level_reaches_the_function(stack: cdk.Stack) -> None:
    LookoutProvider(stack, log_level=lambda_.ApplicationLogLevel.DEBUG)
    function = only(stack, "AWS::Lambda::Function")["Properties"]
    assert function["Environment"]["Variables"]["LOG_LEVEL"] == "DEBUG"
    assert function["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"
    assert function["LoggingConfig"]["LogFormat"] == "JSON"


def test_an_endpoint_of_ones_own_reaches_the_function(stack: cdk.Stack) -> None:
    LookoutProvider(stack, endpoint_url="http://127.0.0.1:4566")
    variables = only(stack, "AWS::Lambda::Function")["Properties"]["Environment"]["Variables"]
    assert variables["LOOKOUT_ENDPOINT_URL"] == "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "true"),
        ({"endpoint_url": "http://127.0.0.1:4566"}, "false"),
        ({"delete_when_service_ended": False}, "false"),
        ({"endpoint_url": "http://127.0.0.1:4566", "delete_when_service_ended": True}, "true"),
    ],
)
def test_what_is_out_of_reach_is_deleted_by_default_only_at_awss_own_endpoint(
    stack: cdk.Stack, settings: dict[str, Any], told: str
) -> None:
    LookoutProvider(stack, **settings)
    variables = only(stack, "AWS::Lambda::Function")["Properties"]["Environment"]["Variables"]
    assert variables["DELETE_WHEN_SERVICE_ENDED"] == told


def test_an_endpoint_may_be_known_at_deployment_only(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Endpoint")
    LookoutProvider(stack, endpoint_url=parameter.value_as_string)
    variables = only(stack, "AWS::Lambda::Function")["Properties"]["Environment"]["Variables"]
    assert variables["LOOKOUT_ENDPOINT_URL"] == {"Ref": "Endpoint"}


@pytest.mark.parametrize("endpoint_url", ["127.0.0.1:4566", "ftp://x", "https://", "https:///x", "http://a b"])
def test_an_endpoint_that_is_no_url_is_refused(stack: cdk.Stack, endpoint_url: str) -> None:
    with pytest.raises(InvalidProperty, match=r"endpoint_url of LookoutProvider: got .*, expected http"):
        LookoutProvider(stack, endpoint_url=endpoint_url)


def test_in_a_network_the_role_may_make_interfaces_before_the_function_exists(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1, restrict_default_security_group=False)
    LookoutProvider(stack, vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS))
    function = only(stack, "AWS::Lambda::Function")["Properties"]
    [inline] = only(stack, "AWS::IAM::Role")["Properties"]["Policies"]
    assert len(function["VpcConfig"]["SubnetIds"]) == 2
    assert "ec2:CreateNetworkInterface" in inline["PolicyDocument"]["Statement"][0]["Action"]


def test_security_groups_without_a_network_are_refused(stack: cdk.Stack) -> None:
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    with pytest.raises(InvalidProperty, match=r"vpc of LookoutProvider: got None"):
        LookoutProvider(stack, security_groups=[group])


def test_tracing_covers_function_and_state_machine(stack: cdk.Stack) -> None:
    LookoutProvider(stack, tracing=lambda_.Tracing.ACTIVE)
    assert only(stack, "AWS::Lambda::Function")["Properties"]["TracingConfig"] == {"Mode": "Active"}
    machine = only(stack, "AWS::StepFunctions::StateMachine")["Properties"]
    assert machine["TracingConfiguration"] == {"Enabled": True}
    [inline] = only(stack, "AWS::IAM::Role")["Properties"]["Policies"]
    [statement] = inline["PolicyDocument"]["Statement"]
    assert statement["Action"] == [
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    ]
    assert statement["Resource"] == "*"


def test_settings_add_no_support_resource(stack: cdk.Stack) -> None:
    LookoutProvider(stack, tracing=lambda_.Tracing.ACTIVE, endpoint_url="http://127.0.0.1:1")
    assert support_resources(resources(stack)) == SUPPORT


def test_the_provider_is_found_again(stack: cdk.Stack) -> None:
    first = LookoutProvider.of(stack)
    assert LookoutProvider.of(Construct(stack, "Inside")) is first


def test_a_provider_that_was_set_up_is_the_one_that_resources_use(stack: cdk.Stack) -> None:
    mine = LookoutProvider(stack, endpoint_url="http://127.0.0.1:1")
    detected(stack)
    assert LookoutProvider.of(stack) is mine


def test_setting_it_up_after_the_first_resource_is_refused(stack: cdk.Stack) -> None:
    detected(stack)
    with pytest.raises(
        InvalidProperty, match=r"LookoutProvider of Plant: got a second one, .* before the first resource"
    ):
        LookoutProvider(stack, endpoint_url="http://127.0.0.1:1")


def test_setting_it_up_twice_is_refused(stack: cdk.Stack) -> None:
    LookoutProvider(stack)
    with pytest.raises(InvalidProperty, match=r"got a second one"):
        LookoutProvider(stack)


def test_it_belongs_into_a_stack_and_nothing_else(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match=r"stack of LookoutProvider: got a Construct, expected a stack"):
        LookoutProvider(Construct(stack, "Inside"))  # type: ignore[arg-type]


def test_a_nested_stack_has_a_provider_of_its_own(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(stack, "Nested")
    detected(stack)
    detected(nested)
    assert LookoutProvider.of(nested) is not LookoutProvider.of(stack)
    assert len(of_type(resources(nested), "AWS::Lambda::Function")) == 1
    assert len(of_type(resources(stack), "AWS::Lambda::Function")) == 1


def test_every_stage_has_providers_of_its_own(app: cdk.App) -> None:
    stacks = [cdk.Stack(cdk.Stage(app, name), "Plant") for name in ("Test", "Production")]
    for one in stacks:
        detected(one)
    assert all(len(support_resources(resources(one))) == 7 for one in stacks)


def test_a_construct_deep_inside_uses_the_provider_of_its_stack(stack: cdk.Stack) -> None:
    detected(Construct(Construct(stack, "Site"), "Hall"))
    assert len(of_type(resources(stack), "AWS::Lambda::Function")) == 1


@pytest.mark.parametrize(
    ("method", "name", "statistic"),
    [
        ("metric_errors", "Errors", "Sum"),
        ("metric_duration", "Duration", "Average"),
        ("metric_invocations", "Invocations", "Sum"),
        ("metric_throttles", "Throttles", "Sum"),
    ],
)
def test_metrics_are_those_of_the_function(stack: cdk.Stack, method: str, name: str, statistic: str) -> None:
    metric = getattr(LookoutProvider.of(stack), method)(period=cdk.Duration.minutes(1), label="x")
    assert (metric.namespace, metric.metric_name, metric.statistic) == ("AWS/Lambda", name, statistic)
    assert (metric.period.to_seconds(), metric.label) == (60, "x")


def test_the_provider_shows_what_it_is_made_of(stack: cdk.Stack) -> None:
    provider = LookoutProvider.of(stack)
    assert stack.resolve(provider.function.function_name) == {"Ref": "LookoutProviderFunctionE968A47B"}
    assert stack.resolve(provider.role.role_name) == {"Ref": "LookoutProviderRole464119FC"}
    assert stack.resolve(provider.log_group.log_group_name) == {"Ref": "LookoutProviderLogGroup4800EF7E"}
    assert stack.resolve(provider.state_machine_arn) == {"Fn::GetAtt": ["LookoutProviderStateMachine10A72FDD", "Arn"]}
