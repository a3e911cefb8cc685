"""Reading templates, and what the tests refer to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import assertions

from cdk_lookout import equipment
from cdk_lookout.equipment.policy_document import flat

TRAINING = "111111111111"
INFERENCE = "222222222222"
DATASET_ARN = f"arn:aws:lookoutequipment:us-east-1:{TRAINING}:dataset/pumps/0a1b"
MODEL_ARN = f"arn:aws:lookoutequipment:us-east-1:{TRAINING}:model/wear/2c3d"
VERSION_ARN = f"{MODEL_ARN}/model-version/1"

Json = dict[str, Any]


def template(stack: cdk.Stack) -> Json:
    return cast(Json, assertions.Template.from_stack(stack).to_json())


def resources(stack: cdk.Stack) -> Json:
    return cast(Json, template(stack)["Resources"])


def of_type(found: Mapping[str, Any], kind: str) -> Json:
    """The resources of a type, by logical id."""
    return {name: resource for name, resource in found.items() if resource["Type"] == kind}


def only(stack: cdk.Stack, kind: str) -> Json:
    """The one resource of a type; `Custom::LookoutEquipment` goes without saying."""
    full = kind if "::" in kind else f"Custom::LookoutEquipment{kind}"
    [found] = of_type(resources(stack), full).values()
    return cast(Json, found)


def properties(stack: cdk.Stack, kind: str) -> Json:
    """The properties of the one resource of a type, without what the provider's front end needs."""
    found = dict(only(stack, kind)["Properties"])
    del found["ServiceToken"], found["ServiceTimeout"]
    return found


def options(stack: cdk.Stack, kind: str) -> Json:
    return cast(Json, properties(stack, kind)["Options"])


def resource_policy(stack: cdk.Stack) -> Json:
    """The document of the one resource policy, as text that CloudFormation has put together."""
    return cast(Json, json.loads(flat(properties(stack, "ResourcePolicy")["ResourcePolicy"])))


def provider_policies(stack: cdk.Stack) -> dict[str, str]:
    """The texts of the provider's policies, by logical id."""
    return {
        name: json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":"))
        for name, policy in of_type(resources(stack), "AWS::IAM::Policy").items()
        if name.startswith("LookoutProvider")
    }


def errors(app: cdk.App) -> str:
    """What the synthesis complains of; empty when it succeeds."""
    try:
        app.synth()
    except RuntimeError as error:
        return str(error)
    return ""


def warnings(stack: cdk.Stack) -> list[str]:
    """The warnings of a synthesis."""
    app = cast(cdk.App, stack.node.root)
    return [
        str(message.entry.data)
        for artifact in app.synth().stacks
        if artifact.id == stack.artifact_id
        for message in artifact.messages
        if message.level.name == "WARNING"
    ]


def every_type(stack: cdk.Stack, count: int = 1) -> None:
    """*count* constructs of each of the five types."""
    source = equipment.Dataset.from_dataset_arn(stack, "TrainingPumps", DATASET_ARN)
    version = equipment.ModelVersion.from_model_version_arn(stack, "TrainingWear", VERSION_ARN)
    for number in range(count):
        dataset = equipment.Dataset(stack, f"Pumps{number}", source=equipment.DatasetSource.imported(source))
        model_source = equipment.ModelSource.imported(version, dataset=dataset)
        model = equipment.Model(stack, f"Wear{number}", source=model_source)
        added = equipment.ModelVersion(stack, f"Weekly{number}", model=model, source=version)
        equipment.ActiveModelVersion(stack, f"Active{number}", model_version=added)
        dataset.add_to_resource_policy(importing("lookoutequipment:ImportDataset"))


def importing(action: str, **arguments: Any) -> Any:
    """A statement that lets the other account import."""
    from aws_cdk import aws_iam as iam

    return iam.PolicyStatement(actions=[action], principals=[iam.AccountPrincipal(INFERENCE)], **arguments)
