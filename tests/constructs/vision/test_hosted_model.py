"""Hosted models of Lookout for Vision, and their hours."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_lookout import InvalidProperty, LookoutProvider, Wait, vision
from cdk_lookout.equipment.policy_document import flat
from cdk_lookout.vision import DayOfWeek
from tests.constructs.support import Json, of_type, only, options, properties, resources, warnings

HOSTED = "Custom::LookoutVisionHostedModel"
ARN = "arn:aws:lookoutvision:eu-west-1:222222222222:model/bottles/3"

OFFICE: dict[str, Any] = {"start": "08:00", "stop": "18:00"}


@pytest.fixture
def bottles(stack: cdk.Stack) -> vision.IModel:
    return vision.Model.from_model_arn(stack, "Known", ARN)


def hosted(model: Any, **more: Any) -> vision.HostedModel:
    return vision.HostedModel(cdk.Stack.of(model), "Hosted", model=model, **{"min_inference_units": 1, **more})


def trained(stack: cdk.Stack, **more: Any) -> vision.Model:
    results = s3.Bucket.from_bucket_name(stack, "Results", "results")
    return vision.Model(stack, "Trained", project=vision.Project(stack, "P"), output_bucket=results, **more)


def test_it_is_the_request_of_the_api(stack: cdk.Stack, bottles: vision.IModel) -> None:
    hosted(bottles, min_inference_units=2, max_inference_units=5)
    assert {name: value for name, value in properties(stack, HOSTED).items() if name != "Options"} == {
        "ProjectName": "bottles",
        "ModelVersion": "3",
        "MinInferenceUnits": 2,
        "MaxInferenceUnits": 5,
    }


def test_what_is_not_said_is_not_sent(stack: cdk.Stack, bottles: vision.IModel) -> None:
    hosted(bottles)
    assert "MaxInferenceUnits" not in properties(stack, HOSTED)
    assert "HostingHours" not in options(stack, HOSTED)


def test_by_itself_a_deployment_waits_55_minutes_and_a_deletion_stops_it(
    stack: cdk.Stack, bottles: vision.IModel
) -> None:
    hosted(bottles)
    assert options(stack, HOSTED)["WaitSeconds"] == "3300"
    assert only(stack, HOSTED)["DeletionPolicy"] == "Delete"


def test_units_may_be_tokens(stack: cdk.Stack, bottles: vision.IModel) -> None:
    least = cdk.CfnParameter(stack, "Least", type="Number").value_as_number
    hosted(bottles, min_inference_units=least, max_inference_units=5)
    assert properties(stack, HOSTED)["MinInferenceUnits"] == {"Ref": "Least"}


def test_it_comes_after_the_training(stack: cdk.Stack) -> None:
    hosted(trained(stack))
    name, _ = properties(stack, HOSTED)["ModelVersion"]["Fn::GetAtt"]
    assert resources(stack)[name]["Type"] == "Custom::LookoutWait"


@pytest.mark.parametrize(
    ("member", "attribute"),
    [
        ("hosted_model_status", "Status"),
        ("project_name", "ProjectName"),
        ("model_version", "ModelVersion"),
        ("model_arn", "ModelArn"),
        ("min_inference_units", "MinInferenceUnits"),
        ("max_inference_units", "MaxInferenceUnits"),
    ],
)
def test_its_attributes_are_those_of_the_resource(
    member: str, attribute: str, stack: cdk.Stack, bottles: vision.IModel
) -> None:
    name, found = stack.resolve(getattr(hosted(bottles), member))["Fn::GetAtt"]
    assert (resources(stack)[name]["Type"], found) == (HOSTED, attribute)


def test_it_lets_others_ask_the_model(stack: cdk.Stack, bottles: vision.IModel) -> None:
    host = hosted(bottles)
    assert host.model is bottles
    role = cdk.aws_iam.Role(stack, "Line", assumed_by=cdk.aws_iam.AccountRootPrincipal())
    host.grant_detect_anomalies(role).assert_success()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_inference_units": 0}, "min_inference_units of Plant/Hosted: got 0, expected a whole number from 1"),
        ({"min_inference_units": 1.5}, "min_inference_units of .*: got 1.5"),
        ({"min_inference_units": True}, "min_inference_units of .*: got True"),
        ({"min_inference_units": "2"}, "min_inference_units of .*: got '2'"),
        (
            {"min_inference_units": 3, "max_inference_units": 2},
            "max_inference_units of .*: got 2, expected a whole number from 3",
        ),
        ({"wait": Wait.until_ready(timeout=cdk.Duration.hours(2))}, "wait of .*: got 7200 seconds, expected at most"),
        ({"wait": 4}, "wait of .* expected Wait.until_ready"),
        ({"model": "bottles"}, "model of .*: got 'bottles', expected a model"),
    ],
)
def test_what_the_service_would_refuse_is_refused(
    given: dict[str, Any], message: str, stack: cdk.Stack, bottles: vision.IModel
) -> None:
    with pytest.raises(InvalidProperty, match=message):
        vision.HostedModel(stack, "Hosted", **{"model": bottles, "min_inference_units": 1, **given})


def test_a_model_that_nothing_waits_for_is_refused(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidProperty, match=r"model of Plant/Hosted: got one with Wait.started\(\)"):
        hosted(trained(stack, wait=Wait.started()))


def test_a_model_is_hosted_once(stack: cdk.Stack, bottles: vision.IModel) -> None:
    hosted(bottles)
    with pytest.raises(InvalidProperty, match="got a second one of the model, after Plant/Hosted, expected one"):
        vision.HostedModel(stack, "Again", model=bottles, min_inference_units=1)


class TestHours:
    @pytest.fixture
    def host(self, bottles: vision.IModel) -> vision.HostedModel:
        return hosted(bottles, min_inference_units=2, max_inference_units=4)

    def rule(self, stack: cdk.Stack) -> Json:
        return dict(only(stack, "AWS::Events::Rule")["Properties"])

    def test_a_deployment_knows_them(self, stack: cdk.Stack, host: vision.HostedModel) -> None:
        vision.HostingHours(
            stack,
            "Hours",
            hosted_model=host,
            days=[DayOfWeek.SATURDAY, DayOfWeek.MONDAY],
            time_zone=cdk.TimeZone.EUROPE_BERLIN,
            **OFFICE,
        )
        assert options(stack, HOSTED)["HostingHours"] == {
            "Days": ["MON", "SAT"],
            "Start": "08:00",
            "Stop": "18:00",
            "TimeZone": "Europe/Berlin",
        }

    def test_by_themselves_they_are_those_of_monday_to_friday_in_utc(
        self, stack: cdk.Stack, host: vision.HostedModel
    ) -> None:
        vision.HostingHours(stack, "Hours", hosted_model=host, **OFFICE)
        found = options(stack, HOSTED)["HostingHours"]
        assert (found["Days"], found["TimeZone"]) == (["MON", "TUE", "WED", "THU", "FRI"], "Etc/UTC")

    def test_every_five_minutes_the_function_hears_of_hours_and_units(
        self, stack: cdk.Stack, host: vision.HostedModel
    ) -> None:
        hours = vision.HostingHours(stack, "Hours", hosted_model=host, **OFFICE)
        rule = self.rule(stack)
        assert rule["ScheduleExpression"] == "cron(0/5 * * * ? *)"
        [target] = rule["Targets"]
        event = json.loads(target["InputTransformer"]["InputTemplate"].replace("<time>", '"now"'))
        assert event["Time"] == "now"
        assert event["Hours"] == options(stack, HOSTED)["HostingHours"]
        assert event["Model"] == {
            "ProjectName": "bottles",
            "ModelVersion": "3",
            "MinInferenceUnits": 2,
            "MaxInferenceUnits": 4,
        }
        assert stack.resolve(hours.function.function_arn) == target["Arn"]
        assert stack.resolve(hours.rule.rule_arn)["Fn::GetAtt"][0].startswith("HoursRule")

    def test_the_schedule_goes_before_the_model_is_stopped_for_good(
        self, stack: cdk.Stack, host: vision.HostedModel
    ) -> None:
        vision.HostingHours(stack, "Hours", hosted_model=host, **OFFICE)
        [name] = of_type(resources(stack), HOSTED)
        assert name in only(stack, "AWS::Events::Rule")["DependsOn"]

    def test_the_function_can_start_and_stop_that_model_and_nothing_else(
        self, stack: cdk.Stack, host: vision.HostedModel
    ) -> None:
        vision.HostingHours(stack, "Hours", hosted_model=host, **OFFICE)
        [role] = [
            role for name, role in of_type(resources(stack), "AWS::IAM::Role").items() if name.startswith("HoursRole")
        ]
        model, log = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        assert model["Resource"] == ARN
        assert model["Action"] == [
            "lookoutvision:DescribeModel",
            "lookoutvision:ListTagsForResource",
            "lookoutvision:StartModel",
            "lookoutvision:StopModel",
        ]
        assert flat(log["Resource"]).startswith("${HoursLogGroup")

    def test_the_function_asks_the_endpoint_of_the_provider(self, stack: cdk.Stack) -> None:
        LookoutProvider(stack, endpoint_url="https://lookout.example.internal")
        host = hosted(vision.Model.from_model_arn(stack, "Other", ARN))
        vision.HostingHours(stack, "Hours", hosted_model=host, **OFFICE)
        [function] = [
            function["Properties"]
            for function in of_type(resources(stack), "AWS::Lambda::Function").values()
            if function["Properties"]["Handler"] == "lookout_hosting_guard.handler.handle"
        ]
        assert function["Environment"]["Variables"] == {"LOOKOUT_ENDPOINT_URL": "https://lookout.example.internal"}
        assert not [warning for warning in warnings(stack) if "ended" in warning]

    def test_its_errors_are_a_metric(self, stack: cdk.Stack, host: vision.HostedModel) -> None:
        hours = vision.HostingHours(stack, "Hours", hosted_model=host, **OFFICE)
        assert hours.metric_errors().metric_name == "Errors"

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"start": "8:00"}, "start of Plant/Hours: got '8:00', expected a time from 00:00 to 23:59"),
            ({"stop": "24:00"}, "stop of .*: got '24:00'"),
            ({"days": []}, "days of .*: got \\[\\], expected a list of DayOfWeek.MONDAY"),
            ({"days": ["MON"]}, "days of"),
            ({"time_zone": "Europe/Berlin"}, "time_zone of .*: got 'Europe/Berlin', expected a time zone"),
            ({"endpoint_url": "lookout"}, "endpoint_url of .*: got 'lookout'"),
            ({"hosted_model": "bottles"}, "hosted_model of .*: got 'bottles', expected a HostedModel"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_what_are_no_hours_is_refused(
        self, given: dict[str, Any], message: str, stack: cdk.Stack, host: vision.HostedModel
    ) -> None:
        with pytest.raises(InvalidProperty, match=message):
            vision.HostingHours(stack, "Hours", **{"hosted_model": host, **OFFICE, **given})

    def test_a_model_has_one_kind_of_hours(self, stack: cdk.Stack, host: vision.HostedModel) -> None:
        vision.HostingHours(stack, "Hours", hosted_model=host, **OFFICE)
        with pytest.raises(InvalidProperty, match="HostingHours of Plant/More: got a second one"):
            vision.HostingHours(stack, "More", hosted_model=host, **OFFICE)
