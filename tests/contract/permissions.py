"""The provider's policies as the constructs write them, evaluated as IAM does, without a cloud."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from docs.everything import Everything
from lookout_server.identity.authorization import AllowEverything
from lookout_server.protocol.errors import AccessDenied
from lookout_server.protocol.http import HttpRequest

PROVIDER_KEY = "PROVIDER"
_PSEUDO = {
    "AWS::AccountId": "222222222222",
    "AWS::Region": "us-east-1",
    "AWS::Partition": "aws",
    "AWS::StackName": "plant",
}
Statement = dict[str, Any]
TARGET_KEY = "arn:aws:kms:us-east-1:222222222222:key/66666666-7777-8888-9999-000000000000"
#: Every bucket is encrypted with a key: what S3 does with it for whoever reads a file, or writes one in parts.
_KEY_OF_FILES = {
    "s3:GetObject": ("Decrypt",),
    "s3:GetObjectVersion": ("Decrypt",),
    "s3:PutObject": ("GenerateDataKey", "Decrypt"),
}


class Permissions(AllowEverything):
    """Everybody may do everything, but the provider only what *statements* say, once there are any."""

    def __init__(self) -> None:
        self.statements: list[Statement] | None = None
        self.denied: set[str] = set()
        #: Whether the services are of one's own, and do not say for whom they ask.
        self.own_server = False

    def authorize(
        self, request: HttpRequest, action: str, resources: Sequence[str], context: Mapping[str, str | list[str]]
    ) -> None:
        if request.access_key != PROVIDER_KEY or self.statements is None:
            return
        if self.own_server and context.get("aws:ViaAWSService") == "true":
            context = {key: value for key, value in context.items() if key != "aws:ViaAWSService"}
        for resource in resources:
            self._ask(request.region, action, resource, context)
            for use in _KEY_OF_FILES.get(action, ()):
                self._ask(
                    request.region, f"kms:{use}", TARGET_KEY, {"kms:ViaService": f"s3.{request.region}.amazonaws.com"}
                )

    def _ask(self, region: str, action: str, resource: str, context: Mapping[str, str | list[str]]) -> None:
        policy = parse_policy_document({"Version": "2012-10-17", "Statement": self.statements})
        asked = EvalContext(
            principal_arn="arn:aws:sts::222222222222:assumed-role/provider/function",
            principal_type="AssumedRole",
            principal_account="222222222222",
            action=action,
            resource_arn=resource,
            region=region,
            service_context={key.lower(): value for key, value in context.items()},
        )
        if evaluate(asked, [policy]).decision != "Allow":
            self.denied.add(action)
            raise AccessDenied(f"not authorized to perform {action} on {resource}")


@functools.cache
def policies(nested_as: str | None = None) -> dict[str, list[Statement]]:
    """The statements for each resource type, from the template of a stack that uses them all.

    :param nested_as: CloudFormation's name of the stack, where that is nested in `plant` under the id `Hall`.
    """
    stack = cdk.Stack(cdk.App(), "plant")
    pseudo = _PSEUDO
    if nested_as is not None:
        stack = cdk.NestedStack(stack, "Hall")
        pseudo = {**_PSEUDO, "AWS::StackName": nested_as, "LookoutRootStack": "plant"}
    Everything(stack)
    template = assertions.Template.from_stack(stack)
    return {
        logical_id: [_resolve(statement, pseudo) for statement in policy["Properties"]["PolicyDocument"]["Statement"]]
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for logical_id, policy in template.find_resources(kind).items()
    }


def without(statements: Sequence[Statement], index: int, action: str) -> list[Statement]:
    """The same *statements*, but *action* out of the one at *index*."""
    kept = [dict(statement) for statement in statements]
    kept[index]["Action"] = [item for item in _actions(kept[index]) if item != action]
    return [statement for statement in kept if statement["Action"]]


def granted(statements: Sequence[Statement]) -> Iterator[tuple[int, str]]:
    """Every action of every statement."""
    for index, statement in enumerate(statements):
        for action in _actions(statement):
            yield index, action


def _actions(statement: Statement) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def _resolve(value: Any, pseudo: Mapping[str, str]) -> Any:
    """What CloudFormation makes of the intrinsic functions in a policy."""
    if isinstance(value, list):
        return [_resolve(item, pseudo) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return pseudo.get(value["Ref"], value["Ref"])
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(_resolve(part, pseudo) for part in parts)
    if "Fn::Sub" in value:
        text = str(value["Fn::Sub"])
        for name, resolved in pseudo.items():
            text = text.replace("${" + name + "}", resolved)
        return text
    if "Fn::GetAtt" in value:
        return ".".join(value["Fn::GetAtt"])
    return {key: _resolve(item, pseudo) for key, item in value.items()}
