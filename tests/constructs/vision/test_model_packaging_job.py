"""Model packaging jobs of Lookout for Vision."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_lookout import InvalidProperty, Wait, vision
from cdk_lookout.vision import Architecture, PackagingTarget
from lookout_server.vision.targets import check_target
from tests.constructs.support import options, properties, resources
from tests.constructs.vision.test_hosted_model import ARN, trained

JOB = "Custom::LookoutVisionModelPackagingJob"
NVIDIA = PackagingTarget.linux_with_nvidia(
    Architecture.X86_64, gpu_code="sm_75", tensorrt_version="7.1.3", cuda_version="10.2"
)


@pytest.fixture
def bottles(stack: cdk.Stack) -> vision.IModel:
    return vision.Model.from_model_arn(stack, "Known", ARN)


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Components", "components")


def job(model: Any, bucket: s3.IBucket, **more: Any) -> vision.ModelPackagingJob:
    given = {"target": PackagingTarget.jetson_xavier(), "component_name": "inspection", **more}
    return vision.ModelPackagingJob(cdk.Stack.of(model), "Component", model=model, output_bucket=bucket, **given)


def test_it_is_the_request_of_the_api(stack: cdk.Stack, bottles: vision.IModel, bucket: s3.IBucket) -> None:
    job(
        bottles,
        bucket,
        output_prefix="bottles/",
        component_version="1.2.3",
        component_description="Finds cracks (line 3)",
        component_tags={"team": "bottles"},
        description="for line 3",
    )
    found = properties(stack, JOB)
    assert (found["ProjectName"], found["ModelVersion"], found["Description"]) == ("bottles", "3", "for line 3")
    assert found["Configuration"]["Greengrass"] == {
        "TargetDevice": "jetson_xavier",
        "S3OutputLocation": {"Bucket": "components", "Prefix": "bottles/"},
        "ComponentName": "inspection",
        "ComponentVersion": "1.2.3",
        "ComponentDescription": "Finds cracks (line 3)",
        "Tags": [{"Key": "team", "Value": "bottles"}],
    }


def test_what_is_not_said_is_not_sent(stack: cdk.Stack, bottles: vision.IModel, bucket: s3.IBucket) -> None:
    job(bottles, bucket)
    found = properties(stack, JOB)
    assert "Description" not in found
    assert set(found["Configuration"]["Greengrass"]) == {"TargetDevice", "S3OutputLocation", "ComponentName"}


def test_its_job_has_a_readable_name_and_55_minutes(
    stack: cdk.Stack, bottles: vision.IModel, bucket: s3.IBucket
) -> None:
    job(bottles, bucket)
    found = options(stack, JOB)
    assert (found["Name"], found["WaitSeconds"]) == ("Component", "3300")


@pytest.mark.parametrize(
    ("member", "attribute"),
    [
        ("job_name", "JobName"),
        ("job_status", "Status"),
        ("component_name", "ComponentName"),
        ("component_version", "ComponentVersion"),
        ("component_version_arn", "ComponentVersionArn"),
    ],
)
def test_its_attributes_are_those_of_the_job(
    member: str, attribute: str, stack: cdk.Stack, bottles: vision.IModel, bucket: s3.IBucket
) -> None:
    name, found = stack.resolve(getattr(job(bottles, bucket), member))["Fn::GetAtt"]
    assert (resources(stack)[name]["Type"], found) == (JOB, attribute)


def test_without_waiting_the_component_is_not_known(bottles: vision.IModel, bucket: s3.IBucket) -> None:
    started = job(bottles, bucket, wait=Wait.started())
    assert started.job_name
    with pytest.raises(InvalidProperty, match=r"attribute ComponentVersionArn of .*: got Wait.started"):
        assert started.component_version_arn


class TestTarget:
    @pytest.mark.parametrize(
        "target",
        [
            PackagingTarget.jetson_xavier(),
            PackagingTarget.linux(Architecture.ARM64),
            PackagingTarget.linux(Architecture.X86_64, compiler_options={"mcpu": "skylake-avx512"}),
            NVIDIA,
        ],
        ids=["device", "platform", "with options", "with an accelerator"],
    )
    def test_the_service_takes_it(self, target: PackagingTarget) -> None:
        check_target(target.properties)

    def test_an_accelerator_comes_with_its_compiler_options(self) -> None:
        assert NVIDIA.properties["TargetPlatform"] == {"Os": "LINUX", "Arch": "X86_64", "Accelerator": "NVIDIA"}
        assert json.loads(NVIDIA.properties["CompilerOptions"]) == {
            "gpu-code": "sm_75",
            "trt-ver": "7.1.3",
            "cuda-ver": "10.2",
        }

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"gpu_code": "75"}, "gpu_code of PackagingTarget.linux_with_nvidia: got '75'"),
            ({"tensorrt_version": "7.1"}, "tensorrt_version of"),
            ({"cuda_version": "10"}, "cuda_version of"),
            ({"architecture": "ARM64"}, "architecture of .*: got 'ARM64', expected one of Architecture.ARM64"),
            ({"compiler_options": {"x": "y" * 1024}}, "compiler_options of .* expected at most 1024"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_what_the_service_would_refuse_is_refused(self, given: dict[str, Any], message: str) -> None:
        members = {"gpu_code": "sm_75", "tensorrt_version": "7.1.3", "cuda_version": "10.2", **given}
        architecture = members.pop("architecture", Architecture.ARM64)
        with pytest.raises(InvalidProperty, match=message):
            PackagingTarget.linux_with_nvidia(architecture, **members)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"component_name": "a component"}, "component_name of Plant/Component: got 'a component'"),
        ({"component_version": "1.0"}, "component_version of .*: got '1.0', expected three numbers"),
        ({"component_description": "50% off"}, "component_description of"),
        ({"component_tags": {"a;b": "c"}}, "component_tags of .*: got tag key: got 'a"),
        ({"description": ""}, "description of"),
        ({"target": "jetson_xavier"}, "target of .*: got 'jetson_xavier', expected a PackagingTarget"),
        ({"output_prefix": "/x"}, "output_prefix of"),
        ({"wait": 4}, "wait of .* expected Wait.until_ready"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_the_service_would_refuse_is_refused(
    given: dict[str, Any], message: str, bottles: vision.IModel, bucket: s3.IBucket
) -> None:
    with pytest.raises(InvalidProperty, match=message):
        job(bottles, bucket, **given)


def test_a_model_that_nothing_waits_for_is_refused(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    with pytest.raises(InvalidProperty, match=r"model of Plant/Component: got one with Wait.started\(\)"):
        job(trained(stack, wait=Wait.started()), bucket)
