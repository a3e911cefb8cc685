"""Roles that others have made, and boundaries that others set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from cdk_lookout import LookoutProvider, equipment, vision
from docs.everything import Everything
from tests.constructs.support import INLINE_POLICY, MANAGED_POLICY, Json, of_type, provider_policies, resources

ENVIRONMENT = cdk.Environment(account="222222222222", region="us-east-1")
ROLE = "AWS::IAM::Role"


def everything(stack: cdk.Stack) -> None:
    """Everything for which this library makes roles."""
    LookoutProvider(stack, tracing=lambda_.Tracing.ACTIVE, vpc=ec2.Vpc(stack, "Net"))
    every = Everything(stack)
    equipment.Monitoring(stack, "Monitoring", schedulers=[every.scheduler])
    hosted = stack.node.find_child("HostedModel")
    assert isinstance(hosted, vision.HostedModel)
    vision.HostingHours(stack, "Hours", hosted_model=hosted, start="06:00", stop="22:00")


def roles(stack: cdk.Stack) -> Json:
    return of_type(resources(stack), ROLE)


# -- roles that somebody has made already -------------------------------------------------------------------


class Precreated:
    """A stack whose roles others make, and the report of what they need."""

    def __init__(self, outdir: Path) -> None:
        model = cdk.Stack(cdk.App(), "Plant", env=ENVIRONMENT)
        everything(model)
        #: Path of the construct -> the role's name.
        self.names = {
            one.node.path: f"precreated-{number}"
            for number, one in enumerate(one for one in model.node.find_all() if isinstance(one, iam.Role))
        }
        self.made = {path: _statements(model, path) for path in self.names}
        app = cdk.App(outdir=str(outdir))
        self.stack = cdk.Stack(app, "Plant", env=ENVIRONMENT)
        iam.Role.customize_roles(self.stack, prevent_synthesis=True, use_precreated_roles=self._below())
        everything(self.stack)
        app.synth()
        self.template = json.loads((outdir / "Plant.template.json").read_text(encoding="utf-8"))["Resources"]
        report = json.loads((outdir / "iam-policy-report.json").read_text(encoding="utf-8"))["roles"]
        self.reported = {one["roleConstructPath"]: one for one in report}

    def _below(self) -> dict[str, str]:
        return {path.removeprefix("Plant/"): name for path, name in self.names.items()}


def _statements(stack: cdk.Stack, path: str) -> set[str]:
    """The actions that the role at *path* gets when this library makes it."""
    found = resources(stack)
    role = stack.node.find_child(path.removeprefix("Plant/").split("/")[0])
    for part in path.removeprefix("Plant/").split("/")[1:]:
        role = role.node.find_child(part)
    child = role.node.default_child
    assert isinstance(child, cdk.CfnResource)
    name = stack.resolve(child.logical_id)
    documents = [policy["PolicyDocument"] for policy in found[name]["Properties"].get("Policies", [])]
    for kind in (INLINE_POLICY, MANAGED_POLICY):
        for policy in of_type(found, kind).values():
            if {"Ref": name} in policy["Properties"].get("Roles", []):
                documents.append(policy["Properties"]["PolicyDocument"])
    return {action for document in documents for one in document["Statement"] for action in _list(one["Action"])}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def precreated(tmp_path_factory: pytest.TempPathFactory) -> Precreated:
    return Precreated(tmp_path_factory.mktemp("cdk.out"))


def test_roles_that_others_make_are_left_alone(precreated: Precreated) -> None:
    made = [one["Type"] for one in precreated.template.values() if one["Type"].startswith("AWS::IAM::")]
    assert made == []


def test_they_are_used(precreated: Precreated) -> None:
    name = precreated.names["Plant/LookoutProvider/Role"]
    [machine] = of_type(precreated.template, "AWS::StepFunctions::StateMachine").values()
    functions = of_type(precreated.template, "AWS::Lambda::Function").values()
    assert f"role/{name}" in str(machine["Properties"]["RoleArn"])
    assert any(f"role/{name}" in str(function["Properties"]["Role"]) for function in functions)


def test_nothing_depends_on_what_is_not_made(precreated: Precreated) -> None:
    depended = {name for one in precreated.template.values() for name in one.get("DependsOn", [])}
    assert depended <= set(precreated.template)


def test_the_report_says_of_each_role_all_that_it_needs(precreated: Precreated) -> None:
    assert set(precreated.reported) == set(precreated.names)
    for path, actions in precreated.made.items():
        found = precreated.reported[path]
        assert not found["missing"]
        statements = [*found["identityPolicyStatements"], *found["managedPolicyStatements"]]
        assert {action for one in statements for action in _list(one["Action"])} == actions, path


def test_the_report_says_who_assumes_them(precreated: Precreated) -> None:
    found = precreated.reported["Plant/LookoutProvider/Role"]["assumeRolePolicy"]
    assert {one["Principal"]["Service"] for one in found} == {"lambda.amazonaws.com", "states.amazonaws.com"}


def test_the_report_names_the_stack(precreated: Precreated) -> None:
    """Whoever makes the role has no pseudo parameters, and no tokens of this app."""
    found = json.dumps(precreated.reported["Plant/LookoutProvider/Role"])
    assert "Plant/*" in found
    assert "Token[AWS.StackName" not in found


# -- roles that must not be changed -------------------------------------------------------------------------


def test_a_role_that_must_not_be_changed_gets_nothing(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_arn(stack, "Theirs", "arn:aws:iam::222222222222:role/theirs", mutable=False)
    files = s3.Bucket.from_bucket_name(stack, "Files", "factory-files")
    pumps = equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.detected())
    pumps.add_ingestion("March", bucket=files, key_pattern=equipment.KeyPattern.FOLDER, role=role)
    model = equipment.Model(
        stack,
        "Wear",
        source=equipment.ModelSource.trained(pumps, labels=equipment.LabelsInput.from_bucket(files, "labels/")),
        role=role,
    )
    equipment.InferenceScheduler(
        stack,
        "Inference",
        model=model,
        data_upload_frequency=cdk.Duration.minutes(5),
        input_bucket=files,
        input_prefix="now/",
        output_bucket=files,
        output_prefix="results/",
        role=role,
    )
    found = resources(stack)
    policies = of_type(found, INLINE_POLICY).keys() | of_type(found, MANAGED_POLICY).keys()
    assert policies == provider_policies(stack).keys()
    for kind in ("DataIngestion", "Model", "InferenceScheduler"):
        [one] = of_type(found, f"Custom::LookoutEquipment{kind}").values()
        assert one["Properties"]["RoleArn"] == role.role_arn
    assert list(roles(stack)) == ["LookoutProviderRole464119FC"]


# -- boundaries ---------------------------------------------------------------------------------------------


def test_a_boundary_that_an_aspect_sets_reaches_every_role(app: cdk.App, stack: cdk.Stack) -> None:
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "developers")
    everything(stack)
    iam.PermissionsBoundary.of(app).apply(boundary)
    found = {name: role["Properties"].get("PermissionsBoundary") for name, role in roles(stack).items()}
    assert len(found) >= 5
    assert set(map(str, found.values())) == {str(stack.resolve(boundary.managed_policy_arn))}


def test_one_that_was_set_before_the_provider_was_made_does_so_too(app: cdk.App, stack: cdk.Stack) -> None:
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "developers")
    iam.PermissionsBoundary.of(stack).apply(boundary)
    everything(stack)
    assert all("PermissionsBoundary" in role["Properties"] for role in roles(stack).values())


def test_a_boundary_in_the_context_reaches_every_role() -> None:
    app = cdk.App(context={"@aws-cdk/core:permissionsBoundary": {"name": "developers"}})
    stack = cdk.Stack(app, "Plant")
    everything(stack)
    assert all(":policy/developers" in str(role["Properties"]["PermissionsBoundary"]) for role in roles(stack).values())


def test_a_boundary_of_a_stage_reaches_the_roles_of_nested_stacks(app: cdk.App) -> None:
    stage = cdk.Stage(app, "Prod", permissions_boundary=cdk.PermissionsBoundary.from_name("developers"))
    nested = cdk.NestedStack(cdk.Stack(stage, "Plant"), "Nested")
    everything(nested)
    assert all("PermissionsBoundary" in role["Properties"] for role in roles(nested).values())
