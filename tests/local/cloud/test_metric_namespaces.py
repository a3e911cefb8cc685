"""A policy that allows metrics in one namespace only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lookout_local.cloud import LocalCloud

pytestmark = pytest.mark.e2e

ACCOUNT = "333333333333"


@pytest.fixture
def cloudwatch(lookout_cloud: LocalCloud) -> Iterator[Any]:
    """A client that acts as a role which may put metrics into the namespace `Pumps`."""
    iam = lookout_cloud.client("iam", ACCOUNT)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    allow = {
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Pumps"}},
    }
    arn = iam.create_role(RoleName="meter", AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="meter", PolicyName="Put", PolicyDocument=_document(allow))
    issued = lookout_cloud.client("sts", ACCOUNT).assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    yield boto3.client(
        "cloudwatch",
        region_name="us-east-1",
        endpoint_url=lookout_cloud.endpoint_url,
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["SessionToken"],
    )
    iam.delete_role_policy(RoleName="meter", PolicyName="Put")
    iam.delete_role(RoleName="meter")


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def put(cloudwatch: Any, namespace: str, count: int = 1) -> None:
    data = [{"MetricName": f"a-metric-with-a-long-name-{number}", "Value": 1} for number in range(count)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)


# Botocore compresses what is larger than 10 kB.
@pytest.mark.parametrize("count", [1, 500])
def test_metrics_can_be_put_into_the_namespace(lookout_cloud: LocalCloud, cloudwatch: Any, count: int) -> None:
    put(cloudwatch, "Pumps", count)
    listed = lookout_cloud.client("cloudwatch", ACCOUNT).list_metrics(Namespace="Pumps")["Metrics"]
    assert f"a-metric-with-a-long-name-{count - 1}" in {metric["MetricName"] for metric in listed}


def test_metrics_cannot_be_put_elsewhere(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: cloudwatch:PutMetricData"):
        put(cloudwatch, "Fans")
