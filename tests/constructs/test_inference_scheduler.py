"""Inference schedulers."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout import InvalidProperty, Wait
from cdk_lookout.equipment import (
    ActiveModelVersion,
    ComponentTimestampDelimiter,
    Dataset,
    DesiredState,
    IModelVersion,
    InferenceScheduler,
    Model,
    ModelQuality,
    ModelSource,
    TimeRange,
    TimestampFormat,
)
from tests.constructs.support import (
    INFERENCE,
    MODEL_ARN,
    TRAINING,
    of_type,
    only,
    options,
    properties,
    resources,
    warnings,
)

ARN = "arn:aws:lookoutequipment:us-east-1:222222222222:inference-scheduler/night/4e5f"
ATTRIBUTES = [
    ("inference_scheduler_arn", "InferenceSchedulerArn"),
    ("inference_scheduler_status", "Status"),
    ("model_name", "ModelName"),
    ("model_arn", "ModelArn"),
    ("model_quality", "ModelQuality"),
    ("latest_inference_result", "LatestInferenceResult"),
    ("created_at", "CreatedAt"),
    ("updated_at", "UpdatedAt"),
]


@pytest.fixture
def sensors(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Sensors", "factory-sensors")


@pytest.fixture
def results(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Results", "factory-results")


@pytest.fixture
def given(wear: Model, sensors: s3.IBucket, results: s3.IBucket) -> dict[str, Any]:
    """What a scheduler cannot do without."""
    return {
        "model": wear,
        "data_upload_frequency": cdk.Duration.minutes(10),
        "input_bucket": sensors,
        "output_bucket": results,
    }


def statements(role: dict[str, Any]) -> list[tuple[object, object]]:
    [policy] = role["Properties"]["Policies"]
    return [(one["Action"], one["Resource"]) for one in policy["PolicyDocument"]["Statement"]]


def in_bucket(bucket: str, *path: str) -> dict[str, Any]:
    arn = ["arn:", {"Ref": "AWS::Partition"}, f":s3:::{bucket}{''.join(path)}"]
    return {"Fn::Join": ["", arn]}


def test_a_scheduler_needs_a_model_a_frequency_and_two_buckets(stack: cdk.Stack, given: dict[str, Any]) -> None:
    InferenceScheduler(stack, "Night", **given)
    found = properties(stack, "InferenceScheduler")
    role = found.pop("RoleArn")
    assert role["Fn::GetAtt"][0].startswith("LookoutEquipmentReadWrite")
    assert found == {
        "ModelName": {"Ref": "Wear7BC519F8"},
        "DataUploadFrequency": "PT10M",
        "DataDelayOffsetInMinutes": 0,
        "DataInputConfiguration": {
            "S3InputConfiguration": {"Bucket": "factory-sensors"},
            "InputTimeZoneOffset": "+00:00",
            "InferenceInputNameConfiguration": {
                "TimestampFormat": "yyyyMMddHHmmss",
                "ComponentTimestampDelimiter": "-",
            },
        },
        "DataOutputConfiguration": {"S3OutputConfiguration": {"Bucket": "factory-results"}},
        "Options": {
            "Attributes": "2",
            "RemovalPolicy": "destroy",
            "DesiredState": "RUNNING",
            "Name": "Night",
        },
    }


def test_everything_that_the_api_takes_can_be_said(stack: cdk.Stack, given: dict[str, Any]) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:222222222222:key/1")
    output_key = kms.Key.from_key_arn(stack, "OutputKey", "arn:aws:kms:us-east-1:222222222222:key/2")
    role = iam.Role.from_role_arn(stack, "Given", "arn:aws:iam::222222222222:role/inference")
    InferenceScheduler(
        stack,
        "Night",
        **given,
        data_delay_offset=cdk.Duration.hours(1),
        input_prefix="now/",
        input_time_zone_offset="+05:30",
        timestamp_format=TimestampFormat.EPOCH,
        component_timestamp_delimiter=ComponentTimestampDelimiter.NONE,
        output_prefix="wear/",
        output_encryption_key=output_key,
        encryption_key=key,
        role=role,
        inference_scheduler_name="night",
        desired_state=DesiredState.STOPPED,
        require_quality=[ModelQuality.QUALITY_THRESHOLD_MET],
        adopt_existing=True,
    )
    assert properties(stack, "InferenceScheduler") == {
        "ModelName": {"Ref": "Wear7BC519F8"},
        "InferenceSchedulerName": "night",
        "DataUploadFrequency": "PT10M",
        "DataDelayOffsetInMinutes": 60,
        "DataInputConfiguration": {
            "S3InputConfiguration": {"Bucket": "factory-sensors", "Prefix": "now/"},
            "InputTimeZoneOffset": "+05:30",
            "InferenceInputNameConfiguration": {"TimestampFormat": "EPOCH", "ComponentTimestampDelimiter": ""},
        },
        "DataOutputConfiguration": {
            "S3OutputConfiguration": {"Bucket": "factory-results", "Prefix": "wear/"},
            "KmsKeyId": "arn:aws:kms:us-east-1:222222222222:key/2",
        },
        "RoleArn": "arn:aws:iam::222222222222:role/inference",
        "ServerSideKmsKeyId": "arn:aws:kms:us-east-1:222222222222:key/1",
        "Options": {
            "Attributes": "2",
            "RemovalPolicy": "destroy",
            "DesiredState": "STOPPED",
            "RequireQuality": ["QUALITY_THRESHOLD_MET"],
            "AdoptExisting": "true",
        },
    }


@pytest.mark.parametrize(
    ("frequency", "text"), [(5, "PT5M"), (10, "PT10M"), (15, "PT15M"), (30, "PT30M"), (60, "PT1H")]
)
def test_there_are_five_frequencies(stack: cdk.Stack, given: dict[str, Any], frequency: int, text: str) -> None:
    InferenceScheduler(stack, "Night", **{**given, "data_upload_frequency": cdk.Duration.minutes(frequency)})
    assert properties(stack, "InferenceScheduler")["DataUploadFrequency"] == text


def test_the_role_of_the_stack_can_read_and_write_just_that(stack: cdk.Stack, given: dict[str, Any]) -> None:
    scheduler = InferenceScheduler(stack, "Night", **given, input_prefix="now/", output_prefix="wear/")
    assert isinstance(scheduler.role, iam.Role)
    [role] = [one for name, one in of_type(resources(stack), "AWS::IAM::Role").items() if "ReadWrite" in name]
    assert statements(role) == [
        ("s3:ListBucket", in_bucket("factory-sensors")),
        ("s3:ListBucket", in_bucket("factory-results")),
        ("s3:GetObject", in_bucket("factory-sensors", "/now/*")),
        ("s3:PutObject", in_bucket("factory-results", "/wear/*")),
    ]


def test_a_given_role_gets_the_permissions_before_the_scheduler_is_made(
    stack: cdk.Stack, given: dict[str, Any]
) -> None:
    role = iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("lookoutequipment.amazonaws.com"))
    scheduler = InferenceScheduler(stack, "Night", **given, role=role, input_prefix="now/", output_prefix="wear/")
    assert scheduler.role is role
    [(name, policy)] = [
        (name, one) for name, one in of_type(resources(stack), "AWS::IAM::Policy").items() if "Given" in name
    ]
    text = str(policy)
    assert "factory-sensors/now/*" in text
    assert "factory-results/wear/*" in text
    assert name in only(stack, "InferenceScheduler")["DependsOn"]


@pytest.mark.parametrize(("attribute", "name"), ATTRIBUTES)
def test_every_attribute_is_one_of_the_custom_resource(
    stack: cdk.Stack, given: dict[str, Any], attribute: str, name: str
) -> None:
    scheduler = InferenceScheduler(stack, "Night", **given)
    assert stack.resolve(getattr(scheduler, attribute)) == {"Fn::GetAtt": ["Night021A334B", name]}


def test_its_name_is_known_when_it_is_made(stack: cdk.Stack, given: dict[str, Any]) -> None:
    scheduler = InferenceScheduler(stack, "Night", **given)
    assert stack.resolve(scheduler.inference_scheduler_name) == {"Ref": "Night021A334B"}


def test_tags_reach_the_service(stack: cdk.Stack, given: dict[str, Any]) -> None:
    cdk.Tags.of(InferenceScheduler(stack, "Night", **given)).add("team", "pumps")
    assert properties(stack, "InferenceScheduler")["Tags"] == [{"Key": "team", "Value": "pumps"}]


def test_it_is_deleted_with_the_stack(stack: cdk.Stack, given: dict[str, Any]) -> None:
    InferenceScheduler(stack, "Night", **given)
    assert only(stack, "InferenceScheduler")["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize("first", ["Active", "Night"])
def test_it_comes_after_the_active_version_of_its_model(
    stack: cdk.Stack, wear: Model, given: dict[str, Any], first: str
) -> None:
    if first == "Night":
        InferenceScheduler(stack, "Night", **given)
    ActiveModelVersion(stack, "Active", model_version=wear.version(2))
    if first == "Active":
        InferenceScheduler(stack, "Night", **given)
    assert "Active4522BF2F" in only(stack, "InferenceScheduler")["DependsOn"]


def test_a_model_that_is_waited_for_in_a_relay_is_named_by_its_last_link(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, given: dict[str, Any]
) -> None:
    source = ModelSource.imported(version_1, dataset=pumps)
    slow = Model(stack, "Slow", source=source, wait=Wait.until_ready(timeout=cdk.Duration.hours(2)))
    InferenceScheduler(stack, "Night", **{**given, "model": slow})
    link, attribute = properties(stack, "InferenceScheduler")["ModelName"]["Fn::GetAtt"]
    assert resources(stack)[link]["Properties"]["Options"]["Last"] == "true"
    assert attribute == "PhysicalId"


class TestWhatIsRefused:
    @pytest.mark.parametrize("minutes", [1, 7, 20, 120])
    def test_a_frequency_that_the_service_does_not_have(
        self, stack: cdk.Stack, given: dict[str, Any], minutes: int
    ) -> None:
        given["data_upload_frequency"] = cdk.Duration.minutes(minutes)
        with pytest.raises(InvalidProperty, match=r"data_upload_frequency of Plant/Night: got .*, expected 5, 10, 15"):
            InferenceScheduler(stack, "Night", **given)

    def test_a_frequency_that_is_no_duration(self, stack: cdk.Stack, given: dict[str, Any]) -> None:
        given["data_upload_frequency"] = "PT5M"
        with pytest.raises(InvalidProperty, match=r"got 'PT5M', expected a cdk.Duration"):
            InferenceScheduler(stack, "Night", **given)

    def test_a_frequency_above_the_sampling_rate_of_the_model(
        self, stack: cdk.Stack, pumps: Dataset, given: dict[str, Any]
    ) -> None:
        trained = ModelSource.trained(
            pumps,
            training_data=TimeRange.from_iso("2024-01-01T00:00:00Z", "2024-09-01T00:00:00Z"),
            target_sampling_rate=cdk.Duration.minutes(15),
        )
        given["model"] = Model(stack, "Trained", source=trained)
        with pytest.raises(InvalidProperty, match="got 10 minutes, expected at least the target_sampling_rate"):
            InferenceScheduler(stack, "Night", **given)

    @pytest.mark.parametrize("delay", [cdk.Duration.seconds(30), cdk.Duration.minutes(61)])
    def test_a_delay_that_is_not_whole_minutes_up_to_60(
        self, stack: cdk.Stack, given: dict[str, Any], delay: cdk.Duration
    ) -> None:
        with pytest.raises(InvalidProperty, match=r"data_delay_offset of Plant/Night: .*whole minutes from 0 to 60"):
            InferenceScheduler(stack, "Night", **given, data_delay_offset=delay)

    @pytest.mark.parametrize("offset", ["5:30", "+05:15", "+12:30", "-13:00", "UTC", "+0٣:00"])
    def test_a_time_zone_that_the_service_does_not_have(
        self, stack: cdk.Stack, given: dict[str, Any], offset: str
    ) -> None:
        with pytest.raises(InvalidProperty, match=r"input_time_zone_offset of Plant/Night: got .*steps of 30 minutes"):
            InferenceScheduler(stack, "Night", **given, input_time_zone_offset=offset)

    @pytest.mark.parametrize("offset", ["-12:00", "+12:00", "+05:30", "-00:30"])
    def test_but_no_other_time_zone(self, stack: cdk.Stack, given: dict[str, Any], offset: str) -> None:
        InferenceScheduler(stack, "Night", **given, input_time_zone_offset=offset)
        assert properties(stack, "InferenceScheduler")["DataInputConfiguration"]["InputTimeZoneOffset"] == offset

    @pytest.mark.parametrize("which", ["input_prefix", "output_prefix"])
    def test_a_prefix_without_a_slash(self, stack: cdk.Stack, given: dict[str, Any], which: str) -> None:
        with pytest.raises(InvalidProperty, match=f"{which} of Plant/Night: got 'now', expected"):
            InferenceScheduler(stack, "Night", **given, **{which: "now"})

    @pytest.mark.parametrize(
        ("what", "value"),
        [("timestamp_format", "EPOCH"), ("component_timestamp_delimiter", "-"), ("desired_state", "RUNNING")],
    )
    def test_a_text_for_one_of_several_choices(
        self, stack: cdk.Stack, given: dict[str, Any], what: str, value: str
    ) -> None:
        with pytest.raises(InvalidProperty, match=f"{what} of Plant/Night: got {value!r}, expected one of "):
            InferenceScheduler(stack, "Night", **given, **{what: value})

    @pytest.mark.parametrize("accepted", [[], ["GOOD"], "GOOD", ModelQuality.QUALITY_THRESHOLD_MET])
    def test_qualities_that_are_none(self, stack: cdk.Stack, given: dict[str, Any], accepted: Any) -> None:
        with pytest.raises(InvalidProperty, match="require_quality of Plant/Night: got "):
            InferenceScheduler(stack, "Night", **given, require_quality=accepted)

    @pytest.mark.parametrize("what", ["model", "input_bucket", "output_bucket"])
    def test_the_name_of_what_is_meant(self, stack: cdk.Stack, given: dict[str, Any], what: str) -> None:
        with pytest.raises(InvalidProperty, match=f"{what} of Plant/Night: got 'factory', expected a"):
            InferenceScheduler(stack, "Night", **{**given, what: "factory"})

    def test_a_name_that_the_service_does_not_take(self, stack: cdk.Stack, given: dict[str, Any]) -> None:
        with pytest.raises(InvalidProperty, match="inference_scheduler_name of Plant/Night: got 'last night'"):
            InferenceScheduler(stack, "Night", **given, inference_scheduler_name="last night")

    def test_a_second_one_of_the_model(self, stack: cdk.Stack, given: dict[str, Any]) -> None:
        InferenceScheduler(stack, "Night", **given)
        with pytest.raises(
            InvalidProperty,
            match="InferenceScheduler of Plant/Day: got a second one of the model, after Plant/Night, expected one",
        ):
            InferenceScheduler(stack, "Day", **given)

    def test_a_model_that_nothing_waits_for(
        self, stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, given: dict[str, Any]
    ) -> None:
        source = ModelSource.imported(version_1, dataset=pumps)
        given["model"] = Model(stack, "Started", source=source, wait=Wait.started())
        with pytest.raises(InvalidProperty, match=r"model of Plant/Night: got one with Wait.started\(\)"):
            InferenceScheduler(stack, "Night", **given)

    def test_a_model_of_another_account(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Here", env=cdk.Environment(account=INFERENCE, region="us-east-1"))
        bucket = s3.Bucket(stack, "Sensors")
        with pytest.raises(InvalidProperty, match=f"model of Here/Night: got one of {TRAINING}/us-east-1, expected"):
            InferenceScheduler(
                stack,
                "Night",
                model=Model.from_model_arn(stack, "Trained", MODEL_ARN),
                data_upload_frequency=cdk.Duration.minutes(10),
                input_bucket=bucket,
                input_prefix="now/",
                output_bucket=bucket,
                output_prefix="results/",
            )

    @pytest.mark.parametrize("prefix", [None, "now/"])
    def test_results_where_the_files_are(
        self, stack: cdk.Stack, sensors: s3.IBucket, given: dict[str, Any], prefix: str | None
    ) -> None:
        given["output_bucket"] = sensors
        with pytest.raises(InvalidProperty, match=r"output_prefix of Plant/Night: got .*, expected another one than"):
            InferenceScheduler(stack, "Night", **given, input_prefix=prefix, output_prefix=prefix)

    def test_results_within_the_files_are_warned_of(
        self, stack: cdk.Stack, sensors: s3.IBucket, given: dict[str, Any]
    ) -> None:
        given["output_bucket"] = sensors
        InferenceScheduler(stack, "Night", **given, output_prefix="results/")
        assert any("cdk-lookout:prefixes-overlap" in warning for warning in warnings(stack))

    def test_results_beside_the_files_are_not(
        self, stack: cdk.Stack, sensors: s3.IBucket, given: dict[str, Any]
    ) -> None:
        given["output_bucket"] = sensors
        InferenceScheduler(stack, "Night", **given, input_prefix="now/", output_prefix="results/")
        assert not any("cdk-lookout:prefixes-overlap" in warning for warning in warnings(stack))


class TestOneFromElsewhere:
    def test_an_arn_tells_the_name(self, stack: cdk.Stack) -> None:
        scheduler = InferenceScheduler.from_inference_scheduler_arn(stack, "Night", ARN)
        assert (scheduler.inference_scheduler_name, scheduler.inference_scheduler_arn) == ("night", ARN)

    def test_a_name_tells_no_arn(self, stack: cdk.Stack) -> None:
        scheduler = InferenceScheduler.from_inference_scheduler_name(stack, "Night", "night")
        assert scheduler.inference_scheduler_name == "night"
        with pytest.raises(InvalidProperty, match="ARN of Plant/Night: got a reference by name, expected Inference"):
            _ = scheduler.inference_scheduler_arn

    def test_the_arn_of_something_else_is_refused(self, stack: cdk.Stack) -> None:
        with pytest.raises(InvalidProperty, match=r"inference_scheduler_arn of Plant/Night: got .*, expected arn:aws:"):
            InferenceScheduler.from_inference_scheduler_arn(stack, "Night", ARN.replace("inference-scheduler", "model"))

    def test_it_can_be_read(self, stack: cdk.Stack) -> None:
        scheduler = InferenceScheduler.from_inference_scheduler_arn(stack, "Night", ARN)
        assert granted(stack, scheduler.grant_read) == (
            [
                "lookoutequipment:DescribeInferenceScheduler",
                "lookoutequipment:ListInferenceEvents",
                "lookoutequipment:ListInferenceExecutions",
                "lookoutequipment:ListTagsForResource",
            ],
            ARN,
        )

    def test_it_can_be_started_and_stopped(self, stack: cdk.Stack) -> None:
        scheduler = InferenceScheduler.from_inference_scheduler_name(stack, "Night", "night")
        actions, arn = granted(stack, scheduler.grant_start_stop)
        assert actions == ["lookoutequipment:StartInferenceScheduler", "lookoutequipment:StopInferenceScheduler"]
        assert ":inference-scheduler/night/*" in str(arn)


def granted(stack: cdk.Stack, grant: Any) -> tuple[list[str], Any]:
    """Actions and resource of what *grant* gives a role."""
    grant(iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal()))
    [policy] = of_type(resources(stack), "AWS::IAM::Policy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    return statement["Action"], statement["Resource"]


def test_one_of_the_stack_is_granted_by_its_arn(stack: cdk.Stack, given: dict[str, Any]) -> None:
    scheduler = InferenceScheduler(stack, "Night", **given)
    role = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    scheduler.grant_start_stop(role)
    [policy] = [one for name, one in of_type(resources(stack), "AWS::IAM::Policy").items() if "Reader" in name]
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Fn::GetAtt": ["Night021A334B", "InferenceSchedulerArn"]}


def test_the_desired_state_is_all_that_a_stop_changes(stack: cdk.Stack, given: dict[str, Any]) -> None:
    InferenceScheduler(stack, "Night", **given, desired_state=DesiredState.STOPPED)
    assert options(stack, "InferenceScheduler")["DesiredState"] == "STOPPED"
