"""The owner of a key that may do little: does not come to do more by the way in which a request is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from lookout_local import LocalCloud
from lookout_local.clients import client

from .functions import document, make_function, zipped
from .support import ACCOUNT, REGION, Answer, ask, signed

pytestmark = pytest.mark.e2e

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}
FUNCTIONS = "/2015-03-31/functions"
TABLE = {
    "TableName": "intruder",
    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


class Key:
    """A key of a user who may take these actions, and no other."""

    def __init__(self, cloud: LocalCloud, *actions: str, more: tuple[dict[str, Any], ...] = ()) -> None:
        self._cloud = cloud
        iam, name = cloud.client("iam"), f"user-{uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": [*actions] or ["sts:TagSession"], "Resource": "*"}
        iam.put_user_policy(UserName=name, PolicyName="Few", PolicyDocument=document(allowed, *more))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        self._id, self._secret = made["AccessKeyId"], made["SecretAccessKey"]

    def client(self, service: str) -> Any:
        return client(
            service,
            endpoint_url=self._cloud.endpoint_url,
            aws_access_key_id=self._id,
            aws_secret_access_key=self._secret,
        )

    def asks(
        self, service: str, method: str, target: str, headers: dict[str, str] | None = None, body: str | bytes = b""
    ) -> Answer:
        content = body if isinstance(body, bytes) else body.encode()
        lines = signed(self._cloud, service, method, target, headers, content, key=self._id, secret=self._secret)
        return ask(self._cloud, method, target, lines, content)


@pytest.fixture(scope="module")
def victim(lookout_cloud: LocalCloud) -> str:
    """A function that may do anything in IAM, which is its role's name as well."""
    make_function(lookout_cloud, "of-somebody-else", "def handle(event, context):\n    return 'ran'\n")
    return "of-somebody-else"


@pytest.fixture(scope="module")
def passing(lookout_cloud: LocalCloud, victim: str) -> str:
    """The ARN of a role that Lambda and Step Functions may assume."""
    trusted = {"Service": ["lambda.amazonaws.com", "states.amazonaws.com", "cloudformation.amazonaws.com"]}
    trust = document({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
    iam = lookout_cloud.client("iam")
    return str(iam.create_role(RoleName="passed", AssumeRolePolicyDocument=trust)["Role"]["Arn"])


@pytest.mark.parametrize(
    ("allowed", "service", "method", "target", "headers", "body"),
    [
        ("iam:ListUsers", "iam", "POST", "/?Action=ListUsers", FORM, "Action=CreateUser&UserName=intruder"),
        ("iam:ListUsers", "iam", "POST", "/?Action=CreateUser&UserName=intruder", FORM, "Action=ListUsers"),
        ("iam:ListUsers", "iam", "POST", "/?Action=ListUsers", {}, "Action=CreateUser&UserName=intruder"),
        ("iam:ListUsers", "iam", "POST", "/?Action=ListUsers&Action=CreateUser&UserName=intruder", {}, ""),
        ("iam:ListUsers", "iam", "POST", "/", FORM, "Action=ListUsers&Action=CreateUser&UserName=intruder"),
        ("iam:ListUsers", "iam", "GET", "/?Action=ListUsers", FORM, "Action=CreateUser&UserName=intruder"),
        (
            *("iam:ListUsers", "iam", "POST", "/"),
            {**FORM, "X-Amz-Target": "IAMService.ListUsers"},
            "Action=CreateUser&UserName=intruder",
        ),
        (
            *("iam:ListUsers", "iam", "POST", "/"),
            {**JSON, "X-Amz-Target": "IAMService.ListUsers"},
            json.dumps({"Action": "CreateUser", "UserName": "intruder"}),
        ),
        (
            *("iam:ListUsers", "sts", "POST", "/"),
            {**JSON, "X-Amz-Target": "AWSSecurityTokenServiceV20110615.GetCallerIdentity"},
            json.dumps({"Action": "GetFederationToken", "Name": "intruder"}),
        ),
        (
            *("dynamodb:ListTables", "dynamodb", "POST", "/?Action=ListTables"),
            {**JSON, "X-Amz-Target": "DynamoDB_20120810.CreateTable"},
            json.dumps(TABLE),
        ),
        (
            *("sqs:ListQueues", "sqs", "POST", "/"),
            {**FORM, "X-Amz-Target": "Any.ListQueues"},
            "Action=CreateQueue&QueueName=intruder",
        ),
        ("s3:ListAllMyBuckets", "s3", "PUT", "/intruder?Action=ListAllMyBuckets", {}, ""),
        ("s3:ListAllMyBuckets", "s3", "PUT", "/intruder", {"X-Amz-Target": "Any.ListAllMyBuckets"}, ""),
        ("lambda:ListFunctions", "lambda", "DELETE", f"{FUNCTIONS}/of-somebody-else?Action=ListFunctions", {}, ""),
    ],
)
def test_an_operation_is_the_one_that_iam_was_asked_about(
    lookout_cloud: LocalCloud,
    victim: str,
    allowed: str,
    service: str,
    method: str,
    target: str,
    headers: dict[str, str],
    body: str,
) -> None:
    answer = Key(lookout_cloud, allowed).asks(service, method, target, headers, body)
    assert answer.status in (400, 403), answer
    assert b"AccessDenied" in answer.body
    users = [user["UserName"] for user in lookout_cloud.client("iam").list_users()["Users"]]
    buckets = [bucket["Name"] for bucket in lookout_cloud.client("s3").list_buckets()["Buckets"]]
    tables = lookout_cloud.client("dynamodb").list_tables()["TableNames"]
    queues = lookout_cloud.client("sqs").list_queues().get("QueueUrls", [])
    assert "intruder" not in [*users, *buckets, *tables, *(url.rpartition("/")[2] for url in queues)]
    lookout_cloud.client("lambda").get_function(FunctionName=victim)


@pytest.mark.parametrize(
    ("allowed", "target", "headers"),
    [
        ("lambda:ListFunctions", f"{FUNCTIONS}/of-somebody-else/invocations?Action=ListFunctions", {}),
        ("lambda:ListFunctions", f"{FUNCTIONS}/of-somebody-else/invocations", {"X-Amz-Target": "Any.ListFunctions"}),
        ("lambda:ListFunctions", "/2021-11-15/functions/of-somebody-else/response-streaming-invocations", {}),
        ("lambda:ListFunctions", "/2014-11-13/functions/of-somebody-else/invoke-async", {}),
        ("lambda:ListFunctions", f"{FUNCTIONS}//of-somebody-else/invocations", {}),
        ("lambda:ListFunctions", "/any/functions/of-somebody-else/response-streaming-invocations", {}),
        ("lambda:PublishVersion", f"{FUNCTIONS}/of-somebody-else/invocations/versions", {}),
        ("lambda:PublishVersion", f"{FUNCTIONS}/of-somebody-else%2Finvocations/versions", {}),
        ("lambda:PublishVersion", f"{FUNCTIONS}/of-somebody-else%252Finvocations/versions", {}),
    ],
)
def test_no_path_runs_a_function_without_the_right_to(
    lookout_cloud: LocalCloud, victim: str, allowed: str, target: str, headers: dict[str, str]
) -> None:
    answer = Key(lookout_cloud, allowed).asks("lambda", "POST", target, headers, "{}")
    assert answer.status in (403, 404), answer
    assert b"ran" not in answer.body


def test_who_may_run_a_function_may_have_its_answer_streamed(lookout_cloud: LocalCloud, victim: str) -> None:
    events = (
        Key(lookout_cloud, "lambda:InvokeFunction")
        .client("lambda")
        .invoke_with_response_stream(FunctionName=victim)["EventStream"]
    )
    assert b"ran" in b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)


def test_an_operation_without_an_action_is_for_root(lookout_cloud: LocalCloud) -> None:
    key = Key(lookout_cloud, "lambda:*", "account:*")
    for service, call in (("lambda-microvms", "list_microvms"), ("account", "get_contact_information")):
        with pytest.raises(ClientError, match="is not told in one way, or has no action in IAM"):
            getattr(key.client(service), call)()
        getattr(lookout_cloud.client(service), call)()


def test_a_request_to_s3_is_about_one_subresource(lookout_cloud: LocalCloud) -> None:
    lookout_cloud.client("s3").create_bucket(Bucket="two-subresources")
    key = Key(lookout_cloud, "s3:PutBucketWebsite", "s3:GetBucketTagging")
    for method, target in (("PUT", "?website&policy"), ("PUT", "?policy&website"), ("GET", "?tagging&acl")):
        answer = key.asks("s3", method, f"/two-subresources{target}", {}, "{}" if method == "PUT" else "")
        assert (answer.status, b"AccessDenied" in answer.body) == (403, True)


def uses(key: Key, role: str) -> dict[str, Callable[[], Any]]:
    """What somebody makes to act with a role."""
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    code = {"ZipFile": zipped("index.py", "def handle(event, context):\n    return 1\n")}
    name = f"made-{uuid4().hex[:8]}"
    function = {"FunctionName": name, "Runtime": "python3.13", "Handler": "index.handle", "Code": code}
    template = json.dumps({"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
    return {
        "lambda": lambda: key.client("lambda").create_function(**function, Role=role),
        "states": lambda: key.client("stepfunctions").create_state_machine(
            name=name, definition=definition, roleArn=role
        ),
        "cloudformation": lambda: key.client("cloudformation").create_stack(
            StackName=name, TemplateBody=template, RoleARN=role
        ),
    }


@pytest.mark.parametrize("service", ["lambda", "states", "cloudformation"])
def test_a_role_is_passed_by_who_may_pass_it_to_this_service(
    lookout_cloud: LocalCloud, passing: str, service: str
) -> None:
    condition = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    elsewhere = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    granted = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": passing}
    for more in ((), ({**granted, "Condition": elsewhere},), ({**granted, "Resource": f"{passing}-of-another"},)):
        with pytest.raises(ClientError, match="is not authorized to perform: iam:PassRole on resource: "):
            uses(Key(lookout_cloud, f"{service}:*", more=more), passing)[service]()
    uses(Key(lookout_cloud, f"{service}:*", more=({**granted, "Condition": condition},)), passing)[service]()


def test_a_function_does_not_get_another_role_later(lookout_cloud: LocalCloud, victim: str, passing: str) -> None:
    key = Key(lookout_cloud, "lambda:*")
    body = json.dumps({"Role": passing})
    for content in (body, f" {body}", body.encode("utf-16").decode("latin-1")):
        target = f"{FUNCTIONS}/{victim}/configuration"
        answer = key.asks("lambda", "PUT", target, {}, content.encode("latin-1"))
        assert (answer.status, b"iam:PassRole" in answer.body) == (403, True), answer
    key.client("lambda").update_function_configuration(FunctionName=victim, Timeout=5)


def ran(cloud: LocalCloud, state: dict[str, Any], role: str) -> dict[str, Any]:
    """How a machine of one state has ended."""
    states, definition = cloud.client("stepfunctions"), json.dumps({"StartAt": "A", "States": {"A": state}})
    machine = states.create_state_machine(name=f"m-{uuid4().hex[:8]}", definition=definition, roleArn=role)
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    described = iter(lambda: states.describe_execution(executionArn=execution), None)
    return next(found for found in described if found["status"] != "RUNNING")


def try_out(cloud: LocalCloud, state: dict[str, Any], **role: str) -> dict[str, Any]:
    """What TestState says of a state; botocore asks another host for it."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions.TestState"}
    body = json.dumps({"definition": json.dumps(state), "input": "{}", **role}).encode()
    lines = signed(cloud, "states", "POST", "/", headers, body)
    found: dict[str, Any] = json.loads(ask(cloud, "POST", "/", lines, body).body)
    return found


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::aws-sdk:iam:createUser",
        "arn:aws:states:::aws-sdk:IAM:createUser",
        "arn:aws:states:us-east-1::aws-sdk:iam:createUser",
        "arn:aws:states:::aws-sdk:iam.sync:createUser",
        "arn:aws:states:::aws-sdk:iam:createUser.waitForTaskToken",
    ],
)
@pytest.mark.parametrize("options", [{}, {"TimeoutSeconds": 20}], ids=["", "timeout"])
def test_a_task_does_what_the_role_of_its_machine_may(
    lookout_cloud: LocalCloud, passing: str, resource: str, options: dict[str, Any]
) -> None:
    task = {"Type": "Task", "Resource": resource, "Parameters": {"UserName": "intruder"}, "End": True, **options}
    assert try_out(lookout_cloud, task, roleArn=passing)["status"] == "FAILED"
    assert try_out(lookout_cloud, task)["status"] == "FAILED"
    ended = ran(lookout_cloud, task, passing)
    assert (ended["status"], "AccessDenied" in ended["error"]) == ("FAILED", True), ended
    assert "intruder" not in [user["UserName"] for user in lookout_cloud.client("iam").list_users()["Users"]]


@pytest.mark.parametrize(
    ("resource", "parameters", "action"),
    [("getObject", {"Key": "items"}, "s3:GetObject"), ("listObjectsV2", {}, "s3:ListBucket")],
)
def test_a_map_reads_what_the_role_of_its_machine_may(
    lookout_cloud: LocalCloud, passing: str, resource: str, parameters: dict[str, str], action: str
) -> None:
    s3 = lookout_cloud.client("s3")
    s3.create_bucket(Bucket="of-a-map")
    s3.put_object(Bucket="of-a-map", Key="items", Body=b"[1]")
    reader = {
        "Resource": f"arn:aws:states:::s3:{resource}",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "of-a-map", **parameters},
    }
    inner = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
    inner["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": inner, "End": True}
    assert f"is not authorized to perform: {action} on resource: " in ran(lookout_cloud, state, passing)["cause"]


def test_a_task_is_carried_out_if_the_role_of_its_machine_may(lookout_cloud: LocalCloud, passing: str) -> None:
    queue = lookout_cloud.client("sqs").create_queue(QueueName="of-a-task")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:of-a-task"
    granted = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    lookout_cloud.client("iam").put_role_policy(RoleName="passed", PolicyName="Send", PolicyDocument=document(granted))
    resource, parameters = "arn:aws:states:::sqs:sendMessage", {"QueueUrl": queue, "MessageBody": "x"}
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    assert try_out(lookout_cloud, task, roleArn=passing)["status"] == "SUCCEEDED"
    assert ran(lookout_cloud, task, passing)["status"] == "SUCCEEDED"
