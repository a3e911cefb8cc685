"""Buckets of stacks: their tags, and when they can be deleted."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_local.cloud import LocalCloud
from lookout_local.deployment import Deployer, DeploymentFailed

from .conftest import ENVIRONMENT, ScriptedStack

pytestmark = pytest.mark.e2e

NAME = {"Name": {"Ref": "Bucket"}}


def bucket(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def tags(cloud: LocalCloud, name: str) -> dict[str, str]:
    """The tags of a bucket that are not CloudFormation's own."""
    found = cloud.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].startswith("aws:")}


def test_a_bucket_has_the_tags_of_its_template(stack: ScriptedStack, lookout_cloud: LocalCloud) -> None:
    name = stack.deploy(NAME, Bucket=bucket(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]))["Name"]
    assert tags(lookout_cloud, name) == {"a": "1", "b": "2"}
    stack.deploy(NAME, Bucket=bucket(Tags=[{"Key": "b", "Value": "3"}]))
    assert tags(lookout_cloud, name) == {"b": "3"}
    stack.deploy(NAME, Bucket=bucket())
    assert tags(lookout_cloud, name) == {}
    stack.destroy()


def test_a_bucket_has_the_tags_of_its_stack(stack: ScriptedStack, lookout_cloud: LocalCloud) -> None:
    deployer = Deployer(lambda service, *, account, region: lookout_cloud.client(service, account, region))
    template = stack._template(NAME, {"Bucket": bucket(Tags=[{"Key": "a", "Value": "1"}])})
    name = deployer.put(stack.name, template, ENVIRONMENT, tags={"a": "of the stack", "team": "pumps"})["Name"]
    assert tags(lookout_cloud, name) == {"a": "1", "team": "pumps"}
    found = lookout_cloud.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    assert {"Key": "aws:cloudformation:stack-name", "Value": stack.name} in found
    stack.destroy()


def test_a_bucket_that_is_not_empty_is_not_deleted(stack: ScriptedStack, lookout_cloud: LocalCloud) -> None:
    name = stack.deploy(NAME, Bucket=bucket())["Name"]
    s3 = lookout_cloud.client("s3")
    s3.put_object(Bucket=name, Key="kept", Body=b"x")
    with pytest.raises(DeploymentFailed, match="The bucket you tried to delete is not empty"):
        stack.destroy()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=name)["Contents"]] == ["kept"]
    s3.delete_object(Bucket=name, Key="kept")
    stack.destroy()


def test_a_bucket_that_is_gone_already_does_not_hold_its_stack(stack: ScriptedStack, lookout_cloud: LocalCloud) -> None:
    name = stack.deploy(NAME, Bucket=bucket())["Name"]
    lookout_cloud.client("s3").delete_bucket(Bucket=name)
    stack.destroy()


def test_the_error_for_a_missing_bucket_names_it(lookout_cloud: LocalCloud) -> None:
    s3 = lookout_cloud.client("s3")
    with pytest.raises(s3.exceptions.NoSuchBucket) as raised:
        s3.list_objects_v2(Bucket="nobodys-bucket")
    assert raised.value.response["Error"]["BucketName"] == "nobodys-bucket"
