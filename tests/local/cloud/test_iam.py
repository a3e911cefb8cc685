"""Who may call the Lookout services, and with whose rights they reach S3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_local.clients import client
from lookout_local.cloud import LocalCloud

pytestmark = pytest.mark.e2e

ACCOUNT = "333333333333"
SCHEMA = {
    "Components": [
        {"ComponentName": "pump", "Columns": [{"Name": "t", "Type": "DATETIME"}, {"Name": "a", "Type": "DOUBLE"}]}
    ]
}
Act = Callable[..., Any]


@pytest.fixture
def make_role(lookout_cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """Makes a role with one policy statement per argument; answers its ARN."""
    iam = lookout_cloud.client("iam", ACCOUNT)
    made: list[str] = []

    def make(*statements: dict[str, Any], trusted: dict[str, str]) -> str:
        name = f"{request.node.name[:50]}-{len(made)}"
        trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]
        made.append(name)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="Policy", PolicyDocument=_document(*statements))
        return str(role["Arn"])

    yield make
    for name in made:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


@pytest.fixture
def acting(lookout_cloud: LocalCloud, make_role: Callable[..., str]) -> Act:
    """A Lookout for Equipment client that acts as a role with these policy statements."""

    def act(*statements: dict[str, Any]) -> Any:
        arn = make_role(*statements, trusted={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        sts = lookout_cloud.client("sts", ACCOUNT)
        credentials = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return equipment(
            lookout_cloud,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    return act


def equipment(cloud: LocalCloud, **credentials: str) -> Any:
    return client("lookoutequipment", endpoint_url=cloud.endpoint_url, **credentials)


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*", **condition: dict[str, str]) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": f"lookoutequipment:{action}",
        "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }


def create(service: Any, name: str, **tags: str) -> Any:
    return service.create_dataset(
        DatasetName=name,
        ClientToken=f"token-{name}",
        DatasetSchema={"InlineDataSchema": json.dumps(SCHEMA)},
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def test_what_is_not_granted_is_denied_by_name(acting: Act) -> None:
    with pytest.raises(ClientError) as denied:
        acting(allow("DescribeDataset")).list_datasets()
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
    message = denied.value.response["Error"]["Message"]
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/" in message
    assert "is not authorized to perform: lookoutequipment:ListDatasets" in message


def test_what_is_granted_is_done(acting: Act) -> None:
    assert acting(allow("ListDatasets")).list_datasets()["DatasetSummaries"] == []


def test_a_grant_is_only_for_the_resources_that_it_names(acting: Act) -> None:
    service = acting(allow("CreateDataset", f"arn:aws:lookoutequipment:us-east-1:{ACCOUNT}:dataset/mine-*/*"))
    assert create(service, "mine-1")["DatasetName"] == "mine-1"
    with pytest.raises(ClientError, match="AccessDenied"):
        create(service, "yours-1")


@pytest.mark.parametrize(("through_a_service", "allowed"), [("true", False), ("false", True)])
def test_what_the_caller_asks_itself_is_not_asked_through_a_service(
    lookout_cloud: LocalCloud, make_role: Callable[..., str], through_a_service: str, allowed: bool
) -> None:
    condition = {"BoolIfExists": {"aws:ViaAWSService": through_a_service}}
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": condition}
    arn = make_role(statement, trusted={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    sts = lookout_cloud.client("sts", ACCOUNT)
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    s3 = client(
        "s3",
        endpoint_url=lookout_cloud.endpoint_url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    if allowed:
        assert "Buckets" in s3.list_buckets()
        return
    with pytest.raises(ClientError) as denied:
        s3.list_buckets()
    assert denied.value.response["Error"]["Code"] == "AccessDenied"


def test_a_grant_can_depend_on_the_tags_of_the_request(acting: Act) -> None:
    own = {"StringLike": {"aws:RequestTag/owner": "me/*"}}
    service = acting(allow("CreateDataset", **own), allow("TagResource", **own))
    assert create(service, "tagged-1", owner="me/1")["DatasetName"] == "tagged-1"
    with pytest.raises(ClientError, match="AccessDenied"):
        create(service, "tagged-2", owner="you/1")
    with pytest.raises(ClientError, match="AccessDenied"):
        create(service, "tagged-3")


def test_a_grant_can_depend_on_the_tags_of_the_resource(acting: Act, lookout_cloud: LocalCloud) -> None:
    root = lookout_cloud.client("lookoutequipment", ACCOUNT)
    create(root, "owned-1", owner="me/1")
    create(root, "owned-2", owner="you/1")
    service = acting(allow("DeleteDataset", StringLike={"aws:ResourceTag/owner": "me/*"}))
    service.delete_dataset(DatasetName="owned-1")
    with pytest.raises(ClientError, match="AccessDenied"):
        service.delete_dataset(DatasetName="owned-2")


def test_a_managed_policy_that_is_not_known_here_allows_nothing(
    acting: Act, lookout_cloud: LocalCloud, request: pytest.FixtureRequest
) -> None:
    service = acting()
    iam = lookout_cloud.client("iam", ACCOUNT)
    role, policy = f"{request.node.name[:50]}-0", "arn:aws:iam::aws:policy/AmazonPollyFullAccess"
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    with pytest.raises(ClientError, match="AccessDenied"):
        service.list_datasets()
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)


def test_accounts_do_not_see_each_other(lookout_cloud: LocalCloud) -> None:
    create(lookout_cloud.client("lookoutequipment", ACCOUNT), "private-1")
    other = lookout_cloud.client("lookoutequipment", "444444444444").list_datasets()
    assert other["DatasetSummaries"] == []


def test_an_unknown_access_key_is_turned_away(lookout_cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="security token included in the request is invalid"):
        equipment(lookout_cloud, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x").list_datasets()


def test_a_wrong_signature_is_turned_away(lookout_cloud: LocalCloud) -> None:
    iam = lookout_cloud.client("iam", ACCOUNT)
    iam.create_user(UserName="forger")
    key = iam.create_access_key(UserName="forger")["AccessKey"]["AccessKeyId"]
    with pytest.raises(ClientError, match=r"signature"):
        equipment(lookout_cloud, aws_access_key_id=key, aws_secret_access_key="guessed").list_datasets()


@pytest.mark.parametrize(
    ("trusted", "statements", "reason"),
    [
        ("lambda.amazonaws.com", [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}], "cannot be assumed"),
        ("lookoutequipment.amazonaws.com", [], "is not authorized to perform: s3:ListBucket"),
        ("lookoutequipment.amazonaws.com", [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}], ""),
    ],
    ids=["untrusting", "without-grant", "good"],
)
def test_data_is_read_with_the_rights_of_the_role_that_was_passed(
    lookout_cloud: LocalCloud,
    make_role: Callable[..., str],
    request: pytest.FixtureRequest,
    trusted: str,
    statements: list[dict[str, Any]],
    reason: str,
) -> None:
    name = f"data-{request.node.callspec.id}"
    s3, service = (lookout_cloud.client(service, ACCOUNT) for service in ("s3", "lookoutequipment"))
    s3.create_bucket(Bucket=name)
    rows = "".join(f"2024-01-{day:02}T00:00:00,{day}\n" for day in range(1, 29))
    s3.put_object(Bucket=name, Key="in/pump/1.csv", Body=f"t,a\n{rows}".encode())
    create(service, name)
    job = service.start_data_ingestion_job(
        DatasetName=name,
        ClientToken=name,
        RoleArn=make_role(*statements, trusted={"Service": trusted}),
        IngestionInputConfiguration={"S3InputConfiguration": {"Bucket": name, "Prefix": "in/"}},
    )["JobId"]
    ended = next(
        job_now
        for job_now in iter(lambda: service.describe_data_ingestion_job(JobId=job), None)
        if job_now["Status"] != "IN_PROGRESS"
    )
    assert ended["Status"] == ("FAILED" if reason else "SUCCESS")
    assert reason in ended.get("FailedReason", "")
