"""Models of Lookout for Vision."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout import InvalidProperty, LookoutProvider, Wait, vision
from tests.constructs.support import Json, errors, of_type, only, options, properties, resources

MODEL = "Custom::LookoutVisionModel"
ARN = "arn:aws:lookoutvision:eu-west-1:222222222222:model/bottles/3"


@pytest.fixture
def bottles(stack: cdk.Stack) -> vision.Project:
    return vision.Project(stack, "Bottles")


@pytest.fixture
def results(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Results", "results")


def model(project: vision.Project, results: s3.IBucket, **more: Any) -> vision.Model:
    return vision.Model(cdk.Stack.of(project), "Inspection", project=project, output_bucket=results, **more)


def test_a_model_is_the_request_of_the_api(stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:222222222222:key/1-2")
    model(bottles, results, output_prefix="bottles/", description="line-3_v1.0", encryption_key=key)
    found = properties(stack, MODEL)
    assert found["ProjectName"] == stack.resolve(bottles.project_name)
    assert found["OutputConfig"] == {"S3Location": {"Bucket": "results", "Prefix": "bottles/"}}
    assert (found["Description"], found["KmsKeyId"]) == ("line-3_v1.0", key.key_arn)


def test_what_is_not_said_is_not_sent(stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket) -> None:
    model(bottles, results)
    assert set(properties(stack, MODEL)) == {"ProjectName", "OutputConfig", "Options"}
    assert {"Trigger", "Gate"}.isdisjoint(options(stack, MODEL))


def test_by_itself_one_version_is_kept_and_the_training_has_12_hours(
    stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
) -> None:
    model(bottles, results)
    assert options(stack, MODEL)["Keep"] == "1"
    links = of_type(resources(stack), "Custom::LookoutWait").values()
    assert sum(int(link["Properties"]["Options"]["WaitSeconds"]) for link in links) == 12 * 3600


def test_a_trigger_and_the_number_of_versions_reach_the_provider(
    stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
) -> None:
    model(bottles, results, trigger="2026-11", keep_versions=3)
    found = options(stack, MODEL)
    assert (found["Trigger"], found["Keep"]) == ("2026-11", "3")


def test_tags_reach_the_service(stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket) -> None:
    cdk.Tags.of(model(bottles, results)).add("Team @ line", "bottles & more".replace("&", "and"))
    assert properties(stack, MODEL)["Tags"] == [{"Key": "Team @ line", "Value": "bottles and more"}]


def test_a_tag_that_the_service_would_refuse_is_refused(
    app: cdk.App, bottles: vision.Project, results: s3.IBucket
) -> None:
    cdk.Tags.of(model(bottles, results)).add("team", "a;b")
    assert "value of tag 'team': got 'a;b', expected at most 256 letters, digits, spaces" in errors(app)


def test_it_is_kept_when_it_leaves_the_stack_and_deleted_when_it_is_replaced(
    stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
) -> None:
    model(bottles, results)
    found = only(stack, MODEL)
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Delete")


def test_the_training_comes_after_the_datasets_those_of_later_code_included(
    stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
) -> None:
    model(bottles, results)
    vision.Dataset(
        stack,
        "Images",
        project=bottles,
        dataset_type=vision.DatasetType.TRAIN,
        source=vision.DatasetSource.empty(),
    )
    assert any(name.startswith("Images") for name in only(stack, MODEL)["DependsOn"])


def test_the_training_comes_after_the_buckets_of_images_from_elsewhere(
    stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
) -> None:
    model(bottles, results, image_buckets=[s3.Bucket(stack, "Images")])
    [name] = of_type(resources(stack), "AWS::S3::Bucket")
    assert name in only(stack, MODEL)["DependsOn"]


def test_a_training_is_waited_for_for_12_hours_at_aws(
    stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
) -> None:
    model(bottles, results)
    assert len(of_type(resources(stack), "Custom::LookoutWait")) == 26
    assert options(stack, MODEL)["WaitSeconds"] == "0"


def test_at_an_endpoint_of_ones_own_a_training_needs_no_relay(stack: cdk.Stack) -> None:
    LookoutProvider(stack, endpoint_url="https://lookout.example.internal")
    model(vision.Project(stack, "Bottles"), s3.Bucket.from_bucket_name(stack, "Results", "results"))
    assert of_type(resources(stack), "Custom::LookoutWait") == {}
    assert options(stack, MODEL)["WaitSeconds"] == "3300"


def test_a_longer_wait_can_be_asked_for_there_too(stack: cdk.Stack) -> None:
    LookoutProvider(stack, endpoint_url="https://lookout.example.internal")
    results = s3.Bucket.from_bucket_name(stack, "Results", "results")
    wait = Wait.until_ready(timeout=cdk.Duration.hours(12))
    model(vision.Project(stack, "Bottles"), results, wait=wait)
    assert len(of_type(resources(stack), "Custom::LookoutWait")) == 26


@pytest.mark.parametrize(
    ("member", "attribute"),
    [
        ("model_status", "Status"),
        ("f1_score", "F1Score"),
        ("precision", "Precision"),
        ("recall", "Recall"),
        ("evaluation_manifest_bucket", "EvaluationManifestBucket"),
        ("evaluation_manifest_key", "EvaluationManifestKey"),
        ("evaluation_result_bucket", "EvaluationResultBucket"),
        ("evaluation_result_key", "EvaluationResultKey"),
        ("evaluation_end_timestamp", "EvaluationEndTimestamp"),
        ("creation_timestamp", "CreationTimestamp"),
        ("project_name", "ProjectName"),
        ("model_version", "ModelVersion"),
        ("model_arn", "ModelArn"),
    ],
)
def test_its_attributes_are_those_of_the_last_link(
    member: str, attribute: str, stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
) -> None:
    name, found = stack.resolve(getattr(model(bottles, results), member))["Fn::GetAtt"]
    assert (resources(stack)[name]["Properties"]["Options"]["Last"], found) == ("true", attribute)


def test_without_waiting_the_figures_are_not_known(bottles: vision.Project, results: s3.IBucket) -> None:
    started = model(bottles, results, wait=Wait.started())
    assert started.model_version
    with pytest.raises(InvalidProperty, match=r"attribute F1Score of .*: got Wait.started"):
        assert started.f1_score


class TestQualityGate:
    def test_the_limits_reach_the_resource_and_every_link(
        self, stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
    ) -> None:
        gate = vision.QualityGate(min_f1=0.9, min_precision=0.8, min_recall=1)
        model(bottles, results, gate=gate)
        assert gate.limits == [
            {"Member": "F1Score", "AtLeast": "0.9"},
            {"Member": "Precision", "AtLeast": "0.8"},
            {"Member": "Recall", "AtLeast": "1"},
        ]
        assert options(stack, MODEL)["Gate"] == gate.limits
        links = of_type(resources(stack), "Custom::LookoutWait").values()
        assert all(link["Properties"]["Options"]["Gate"] == gate.limits for link in links)

    def test_one_that_nothing_waits_for_is_refused(self, bottles: vision.Project, results: s3.IBucket) -> None:
        with pytest.raises(InvalidProperty, match=r"gate of .*: got Wait.started\(\), expected Wait.until_ready"):
            model(bottles, results, gate=vision.QualityGate(min_f1=0.9), wait=Wait.started())

    @pytest.mark.parametrize("share", [-0.1, 1.1, "0.9", True])
    def test_a_limit_that_is_no_share_is_refused(self, share: Any) -> None:
        with pytest.raises(InvalidProperty, match=r"min_recall of QualityGate: got .*, expected a number from 0 to 1"):
            vision.QualityGate(min_recall=share)

    def test_one_without_a_limit_is_refused(self) -> None:
        with pytest.raises(InvalidProperty, match="limits of QualityGate: got none, expected at least one"):
            vision.QualityGate()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"description": "with spaces"}, r"description of Plant/Inspection: got 'with spaces', expected .*no spaces"),
        ({"description": ""}, "description of .*: got '', expected 1 to 500"),
        ({"description": "x" * 501}, "description of"),
        ({"output_prefix": "/results"}, "output_prefix of .* without a slash at its beginning"),
        ({"output_prefix": "a b/"}, "output_prefix of"),
        ({"trigger": 4}, "trigger of .*: got 4, expected a text"),
        ({"keep_versions": 0}, "keep_versions of .*: got 0, expected a whole number from 1"),
        ({"keep_versions": True}, "keep_versions of"),
        ({"gate": 0.9}, "gate of .*: got a float, expected a QualityGate"),
        ({"encryption_key": "alias/mine"}, "encryption_key of .* expected a key"),
        ({"project": "bottles"}, "project of .*: got 'bottles', expected a project"),
        ({"output_bucket": "results"}, "output_bucket of .*: got 'results', expected a bucket"),
        ({"image_buckets": ["images"]}, "image_buckets of .*: got 'images', expected buckets"),
        ({"wait": 4}, "wait of .* expected Wait.until_ready"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_the_service_would_refuse_is_refused(
    given: dict[str, Any], message: str, stack: cdk.Stack, bottles: vision.Project, results: s3.IBucket
) -> None:
    with pytest.raises(InvalidProperty, match=message):
        vision.Model(stack, "Inspection", **{"project": bottles, "output_bucket": results, **given})


class TestFromElsewhere:
    def test_its_arn_tells_project_and_version(self, stack: cdk.Stack) -> None:
        known = vision.Model.from_model_arn(stack, "Known", ARN)
        assert (known.project_name, known.model_version, known.model_arn) == ("bottles", "3", ARN)

    def test_its_arn_may_be_a_token(self, stack: cdk.Stack) -> None:
        parameter = cdk.CfnParameter(stack, "Arn").value_as_string
        known = vision.Model.from_model_arn(stack, "Known", parameter)
        assert stack.resolve(known.model_version) == {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "Arn"}]}]}

    @pytest.mark.parametrize("arn", ["bottles", ARN.replace("/3", "/latest"), ARN.replace("model/", "project/")])
    def test_what_is_no_arn_of_a_version_is_refused(self, arn: str, stack: cdk.Stack) -> None:
        with pytest.raises(InvalidProperty, match=r"model_arn of Plant/Known: got .*model/<project>/<version>"):
            vision.Model.from_model_arn(stack, "Known", arn)


class TestGrants:
    @pytest.fixture
    def role(self, stack: cdk.Stack) -> iam.Role:
        return iam.Role(stack, "Line", assumed_by=iam.AccountRootPrincipal())

    def statement(self, stack: cdk.Stack) -> Json:
        [policy] = [
            policy
            for name, policy in of_type(resources(stack), "AWS::IAM::Policy").items()
            if name.startswith("LineDefaultPolicy")
        ]
        [found] = policy["Properties"]["PolicyDocument"]["Statement"]
        return dict(found)

    def test_to_detect_anomalies(self, stack: cdk.Stack, role: iam.Role) -> None:
        vision.Model.from_model_arn(stack, "Known", ARN).grant_detect_anomalies(role).assert_success()
        found = self.statement(stack)
        assert (found["Action"], found["Resource"]) == ("lookoutvision:DetectAnomalies", ARN)

    def test_to_read(self, stack: cdk.Stack, role: iam.Role) -> None:
        vision.Model.from_model_arn(stack, "Known", ARN).grant_read(role)
        found = self.statement(stack)
        assert found["Action"] == ["lookoutvision:DescribeModel", "lookoutvision:ListTagsForResource"]

    def test_to_list(self, stack: cdk.Stack, role: iam.Role) -> None:
        vision.grant_list(role)
        found = self.statement(stack)
        assert "lookoutvision:ListModels" in found["Action"]
        assert found["Resource"] == "*"


class TestMetrics:
    @pytest.mark.parametrize(
        ("method", "name", "statistic"),
        [
            ("metric_detected_anomaly_count", "DetectedAnomalyCount", "Sum"),
            ("metric_processed_image_count", "ProcessedImageCount", "Sum"),
            ("metric_invalid_image_count", "InvalidImageCount", "Sum"),
            ("metric_successful_request_count", "SuccessfulRequestCount", "Sum"),
            ("metric_error_count", "ErrorCount", "Sum"),
            ("metric_throttled_count", "ThrottledCount", "Sum"),
            ("metric_time", "Time", "Average"),
            ("metric_min_inference_units", "MinInferenceUnits", "Average"),
            ("metric_max_inference_units", "MaxInferenceUnits", "Average"),
            ("metric_desired_inference_units", "DesiredInferenceUnits", "Average"),
            ("metric_in_service_inference_units", "InServiceInferenceUnits", "Average"),
        ],
    )
    def test_a_metric_is_the_service_s_own(self, method: str, name: str, statistic: str, stack: cdk.Stack) -> None:
        metric = getattr(vision.Model.from_model_arn(stack, "Known", ARN), method)()
        assert (metric.namespace, metric.metric_name, metric.statistic) == ("AWS/LookoutVision", name, statistic)
        assert metric.dimensions == {"ProjectName": "bottles", "ModelVersion": "3"}

    def test_its_options_can_be_set(self, stack: cdk.Stack) -> None:
        known = vision.Model.from_model_arn(stack, "Known", ARN)
        metric = known.metric("Time", period=cdk.Duration.minutes(1), statistic="p99", label="slow")
        assert (metric.period.to_seconds(), metric.statistic, metric.label) == (60, "p99", "slow")


class TestMonitoring:
    def test_every_model_has_its_alarms_and_all_share_a_dashboard(self, stack: cdk.Stack) -> None:
        known = [vision.Model.from_model_arn(stack, name, ARN) for name in ("One", "Two")]
        monitoring = vision.Monitoring(stack, "Monitoring", models=known, anomalies_threshold=10)
        alarms = of_type(resources(stack), "AWS::CloudWatch::Alarm").values()
        assert len(alarms) == len(monitoring.alarms) == 6
        assert {alarm["Properties"]["MetricName"]: alarm["Properties"]["Threshold"] for alarm in alarms} == {
            "ErrorCount": 1,
            "ThrottledCount": 1,
            "DetectedAnomalyCount": 10,
        }
        assert all(alarm["Properties"]["TreatMissingData"] == "notBreaching" for alarm in alarms)
        assert monitoring.dashboard is not None

    def test_without_alarms_and_dashboard_there_are_widgets_for_ones_own(self, stack: cdk.Stack) -> None:
        known = vision.Model.from_model_arn(stack, "One", ARN)
        monitoring = vision.Monitoring(stack, "Monitoring", models=[known], alarms=False, dashboard=False)
        assert (monitoring.alarms, monitoring.dashboard, len(monitoring.widgets)) == ([], None, 4)

    @pytest.mark.parametrize("models", [[], ["bottles"]], ids=["none", "a name"])
    def test_what_is_no_model_is_refused(self, models: Any, stack: cdk.Stack) -> None:
        with pytest.raises(InvalidProperty, match="models of Plant/Monitoring"):
            vision.Monitoring(stack, "Monitoring", models=models)
