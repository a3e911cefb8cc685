"""Lookout for Vision in a running cloud: signed calls of an ordinary boto3 client, IAM and S3 included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_local import LocalCloud, client
from lookout_local.environment import without_aws
from lookout_server.settings import VisionQuotas
from tests.server.services.vision.material import DARK, line, manifest, picture
from tests.server.services.vision.support import OUTPUT, until

pytestmark = pytest.mark.e2e

ACCOUNT, OTHER = "555555555555", "666666666666"
VIA = {"Bool": {"aws:ViaAWSService": "true"}}
SOURCE = {"GroundTruthManifest": {"S3Object": {"Bucket": "vision-manifests", "Key": "train.manifest"}}}
Act = Callable[..., Any]


@pytest.fixture
def s3(lookout_cloud: LocalCloud) -> Any:
    """S3 with thirty images, their manifest and a place for results."""
    made = lookout_cloud.client("s3", ACCOUNT)
    for bucket in ("vision-images", "vision-manifests", "vision-results"):
        made.create_bucket(Bucket=bucket)
    lines = []
    for number in range(30):
        spot = DARK if number >= 20 else None
        key = f"raw/{number:03}.png"
        made.put_object(Bucket="vision-images", Key=key, Body=picture(spot=spot, shade=number % 3))
        lines.append(line(key, "anomaly" if spot else "normal", bucket="vision-images"))
    made.put_object(Bucket="vision-manifests", Key="train.manifest", Body=manifest(lines))
    return made


@pytest.fixture
def acting(lookout_cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[Act]:
    """A Lookout for Vision client that acts as a role with these policy statements."""
    iam, sts = lookout_cloud.client("iam", ACCOUNT), lookout_cloud.client("sts", ACCOUNT)
    name = request.node.name[:60]

    def act(*statements: dict[str, Any]) -> Any:
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="Policy", PolicyDocument=_document(*statements))
        credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
        return client(
            "lookoutvision",
            endpoint_url=lookout_cloud.endpoint_url,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    yield act
    iam.delete_role_policy(RoleName=name, PolicyName="Policy")
    iam.delete_role(RoleName=name)


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def dataset(vision: Any, project: str) -> dict[str, Any]:
    """The training dataset of a project, described until it is ready."""
    named = {"ProjectName": project, "DatasetType": "train"}
    return until(lambda: vision.describe_dataset(**named)["DatasetDescription"])


def model(vision: Any, project: str) -> dict[str, Any]:
    """The latest model of a project, described until it is ready."""
    named = {"ProjectName": project, "ModelVersion": "latest"}
    return until(lambda: vision.describe_model(**named)["ModelDescription"])


def test_a_role_with_the_documented_rights_trains_hosts_and_detects(acting: Act, s3: Any) -> None:
    vision = acting(
        allow("lookoutvision:*"),
        allow("s3:GetBucketLocation", "s3:GetObject", resource="arn:aws:s3:::vision-*", condition=VIA),
        allow("s3:PutObject", resource="arn:aws:s3:::vision-results/out/*", condition=VIA),
    )
    vision.create_project(ProjectName="whole")
    vision.create_dataset(ProjectName="whole", DatasetType="train", DatasetSource=SOURCE)
    assert dataset(vision, "whole")["ImageStats"]["Anomaly"] == 10
    output = {"S3Location": {**OUTPUT["S3Location"], "Bucket": "vision-results"}}
    vision.create_model(ProjectName="whole", OutputConfig=output, Tags=[{"Key": "Modified By", "Value": "me"}])
    trained = model(vision, "whole")
    assert trained["Performance"]["F1Score"] == 1.0
    assert s3.get_object(**trained["EvaluationResult"])["Body"].read()
    assert vision.list_tags_for_resource(ResourceArn=trained["ModelArn"])["Tags"] == [
        {"Key": "Modified By", "Value": "me"}
    ]
    named = {"ProjectName": "whole", "ModelVersion": trained["ModelVersion"]}
    vision.start_model(**named, MinInferenceUnits=1)
    assert model(vision, "whole")["Status"] == "HOSTED"
    answer = vision.detect_anomalies(**named, ContentType="image/png", Body=picture(spot=DARK))
    assert answer["DetectAnomalyResult"]["IsAnomalous"] is True
    vision.stop_model(**named)
    assert model(vision, "whole")["Status"] == "TRAINED"


@pytest.mark.usefixtures("s3")
def test_without_rights_at_s3_there_is_no_dataset(acting: Act) -> None:
    vision = acting(allow("lookoutvision:*"))
    vision.create_project(ProjectName="blind")
    with pytest.raises(ClientError) as denied:
        vision.create_dataset(ProjectName="blind", DatasetType="train", DatasetSource=SOURCE)
    error = denied.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "is not authorized to perform: s3:GetBucketLocation" in error["Message"]


def test_what_is_not_granted_is_denied_by_name(acting: Act) -> None:
    vision = acting(allow("lookoutvision:CreateProject", resource=f"arn:aws:lookoutvision:*:{ACCOUNT}:project/mine-*"))
    assert vision.create_project(ProjectName="mine-1")["ProjectMetadata"]
    with pytest.raises(ClientError, match="lookoutvision:CreateProject"):
        vision.create_project(ProjectName="yours-1")
    with pytest.raises(ClientError) as denied:
        vision.list_projects()
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.usefixtures("s3")
def test_a_bucket_of_another_account_cannot_be_used(lookout_cloud: LocalCloud) -> None:
    vision = lookout_cloud.client("lookoutvision", OTHER)
    vision.create_project(ProjectName="elsewhere")
    with pytest.raises(ClientError, match="the bucket vision-manifests cannot be used"):
        vision.create_dataset(ProjectName="elsewhere", DatasetType="train", DatasetSource=SOURCE)


def test_the_quotas_are_settings_of_the_cloud(lookout_cloud: LocalCloud) -> None:
    before = lookout_cloud.settings.vision_quotas
    lookout_cloud.settings.vision_quotas = VisionQuotas(projects=0)
    with pytest.raises(ClientError, match="L-64685F61"):
        lookout_cloud.client("lookoutvision", OTHER).create_project(ProjectName="too-many")
    lookout_cloud.settings.vision_quotas = before


def test_images_are_not_kept_in_the_log_of_calls(lookout_cloud: LocalCloud) -> None:
    lookout_cloud.calls.clear()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        lookout_cloud.client("lookoutvision", OTHER).detect_anomalies(
            ProjectName="none", ModelVersion="1", ContentType="image/png", Body=picture()
        )
    [call] = lookout_cloud.calls.all()
    assert (call.service, call.operation) == ("lookoutvision", "DetectAnomalies")
    assert call.parameters["Body"] == f"({len(picture())} bytes)"


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import boto3; print(boto3.client('lookoutvision').list_projects()['Projects'])"],
        ["-m", "awscli", "lookoutvision", "list-projects", "--query", "Projects", "--output", "json"],
    ],
    ids=["boto3", "aws"],
)
def test_other_tools_know_the_service_by_the_variables_of_the_cloud(
    lookout_cloud: LocalCloud, command: list[str]
) -> None:
    environment = {**without_aws(os.environ), **lookout_cloud.env(account="777777777777")}
    done = subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
