"""Exports that other stacks import: what may not happen to them, in every kind of operation."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from lookout_local.cloud import LocalCloud
from lookout_local.deployment import Deployer, DeploymentFailed

from .conftest import ENVIRONMENT, PATIENT

pytestmark = pytest.mark.e2e


class Stacks:
    """Stacks of one test, with its name in theirs and in those of their exports."""

    def __init__(self, cloud: LocalCloud, name: str) -> None:
        self._cloud = cloud
        self._name = name
        self._deployer = Deployer(lambda service, *, account, region: cloud.client(service, account, region))
        self.cloudformation = cloud.client("cloudformation")

    def name(self, stack: str) -> str:
        return f"{self._name}-{stack}"

    def template(
        self,
        *,
        exports: dict[str, str] | None = None,
        imports: list[str] | None = None,
        nested: dict[str, dict[str, Any]] | None = None,
        **extra: Any,
    ) -> dict[str, Any]:
        """A template that exports values, puts what it imports into parameters, and has nested stacks."""
        parameters = {
            f"Import{index}": {"Fn::ImportValue": self.name(name)} for index, name in enumerate(imports or [])
        }
        resources: dict[str, Any] = {
            key: {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}
            for key, value in {"Own": "x", **parameters}.items()
        }
        for key, template in (nested or {}).items():
            resources[key] = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": self.url(template)}}
        outputs = {
            f"Output{index}": {"Value": value, "Export": {"Name": self.name(key)}}
            for index, (key, value) in enumerate((exports or {}).items())
        }
        return {"Resources": {**resources, **extra.pop("resources", {})}, "Outputs": outputs, **extra}

    def url(self, template: dict[str, Any]) -> str:
        """Where a template is, for a nested stack."""
        s3 = self._cloud.client("s3")
        s3.create_bucket(Bucket="nested-templates")
        body = json.dumps(template).encode()
        key = f"{self._name}-{hash(body)}.json"
        s3.put_object(Bucket="nested-templates", Key=key, Body=body)
        return f"{self._cloud.endpoint_url}/nested-templates/{key}"

    def deploy(self, stack: str, **definition: Any) -> dict[str, str]:
        return self._deployer.put(self.name(stack), json.dumps(self.template(**definition)), ENVIRONMENT)

    def fails(self, stack: str, **definition: Any) -> DeploymentFailed:
        with pytest.raises(DeploymentFailed) as failure:
            self.deploy(stack, **definition)
        return failure.value

    def change(self, stack: str, **definition: Any) -> None:
        """Update by a change set, as the CDK CLI does; waits until it is over, however it ends."""
        named = {"StackName": self.name(stack), "ChangeSetName": f"change-{secrets.token_hex(4)}"}
        self.cloudformation.create_change_set(**named, TemplateBody=json.dumps(self.template(**definition)))
        self.cloudformation.get_waiter("change_set_create_complete").wait(**named, WaiterConfig=PATIENT)
        self.cloudformation.execute_change_set(**named)
        while self.status(stack).endswith("_IN_PROGRESS"):
            pass

    def destroy(self, stack: str) -> None:
        self._deployer.destroy(self.name(stack), ENVIRONMENT)

    def status(self, stack: str) -> str:
        described = self.cloudformation.describe_stacks(StackName=self.name(stack))["Stacks"][0]
        return str(described["StackStatus"])

    def told(self, stack: str) -> list[tuple[str, str]]:
        """State and reason of the events of a stack."""
        events = self._deployer.events(self.name(stack), ENVIRONMENT)
        return [(event.status, event.reason) for event in events]

    def exported(self) -> dict[str, str]:
        """What the stacks of this test export."""
        pages = self.cloudformation.get_paginator("list_exports").paginate()
        exports = [export for page in pages for export in page["Exports"]]
        prefix = f"{self._name}-"
        return {
            export["Name"].removeprefix(prefix): export["Value"]
            for export in exports
            if export["Name"].startswith(prefix)
        }


@pytest.fixture
def stacks(lookout_cloud: LocalCloud, request: pytest.FixtureRequest) -> Stacks:
    return Stacks(lookout_cloud, request.node.name.replace("_", "-").split("[")[0])


def test_an_export_in_use_is_not_changed(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", imports=["x"])
    failure = stacks.fails("A", exports={"x": "2"})
    reason = f"Export {stacks.name('x')} cannot be updated as it is in use by {stacks.name('B')}"
    assert (failure.status, reason in str(failure)) == ("UPDATE_ROLLBACK_COMPLETE", True)
    assert stacks.exported() == {"x": "1"}
    assert ("UPDATE_ROLLBACK_IN_PROGRESS", reason) in stacks.told("A")


def test_an_export_in_use_is_not_removed(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", imports=["x"])
    stacks.deploy("C", imports=["x"])
    failure = stacks.fails("A")
    users = f"{stacks.name('B')} and {stacks.name('C')}"
    assert f"Export {stacks.name('x')} cannot be deleted as it is in use by {users}" in str(failure)
    assert stacks.exported() == {"x": "1"}


def test_an_export_in_use_may_stay_while_others_change(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1", "y": "1", "z": "1"})
    stacks.deploy("B", imports=["x"])
    stacks.deploy("A", exports={"x": "1", "y": "2"})
    assert stacks.exported() == {"x": "1", "y": "2"}


def test_an_export_that_nobody_imports_any_more_changes_and_goes(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", imports=["x"])
    stacks.deploy("B")
    stacks.deploy("A", exports={"x": "2"})
    assert stacks.exported() == {"x": "2"}
    stacks.deploy("A")
    assert stacks.exported() == {}


def test_a_change_set_cannot_change_an_export_in_use_either(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", imports=["x"])
    stacks.change("A", exports={"x": "2"})
    assert (stacks.status("A"), stacks.exported()) == ("UPDATE_ROLLBACK_COMPLETE", {"x": "1"})
    stacks.change("A")
    assert (stacks.status("A"), stacks.exported()) == ("UPDATE_ROLLBACK_COMPLETE", {"x": "1"})


def test_a_stack_whose_exports_are_in_use_is_not_deleted(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", imports=["x"])
    reason = f"Export {stacks.name('x')} cannot be deleted as it is in use by {stacks.name('B')}"
    with pytest.raises(DeploymentFailed, match=reason):
        stacks.destroy("A")
    assert (stacks.status("A"), stacks.exported()) == ("CREATE_COMPLETE", {"x": "1"})
    stacks.destroy("B")
    stacks.destroy("A")
    assert stacks.exported() == {}


def test_an_update_that_fails_leaves_the_exports_as_they_were(stacks: Stacks) -> None:
    broken = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "nobody's"}}}
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", imports=["x"])
    stacks.fails("A", exports={"x": "1", "y": "1"}, resources={"Broken": broken})
    assert stacks.exported() == {"x": "1"}


def test_an_importer_whose_update_is_rolled_back_still_imports(stacks: Stacks) -> None:
    broken = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "nobody's"}}}
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", imports=["x"])
    stacks.fails("B", resources={"Broken": broken})
    assert "in use by" in str(stacks.fails("A"))


def test_an_importer_that_was_rolled_back_imports_nothing(stacks: Stacks) -> None:
    broken = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "nobody's"}}}
    stacks.deploy("A", exports={"x": "1"})
    stacks.fails("B", imports=["x"], resources={"Broken": broken})
    stacks.deploy("A", exports={"x": "2"})
    assert stacks.exported() == {"x": "2"}


def test_a_failed_update_without_rollback_keeps_the_exports(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", imports=["x"])
    named = {"StackName": stacks.name("A")}
    stacks.cloudformation.update_stack(
        **named, TemplateBody=json.dumps(stacks.template(exports={"x": "2"})), DisableRollback=True
    )
    while stacks.status("A").endswith("_IN_PROGRESS"):
        pass
    assert (stacks.status("A"), stacks.exported()) == ("UPDATE_FAILED", {"x": "1"})
    stacks.cloudformation.rollback_stack(**named)
    while stacks.status("A").endswith("_IN_PROGRESS"):
        pass
    assert (stacks.status("A"), stacks.exported()) == ("UPDATE_ROLLBACK_COMPLETE", {"x": "1"})


@pytest.mark.parametrize("used", [True, False])
def test_only_what_a_condition_leaves_in_is_imported(stacks: Stacks, used: bool) -> None:
    stacks.deploy("A", exports={"x": "1"})
    value = {"Fn::If": ["Used", {"Fn::ImportValue": {"Fn::Sub": "${Prefix}-x"}}, "nothing"]}
    stacks.deploy(
        "B",
        Parameters={"Prefix": {"Type": "String", "Default": stacks.name("x").removesuffix("-x")}},
        Conditions={"Used": {"Fn::Equals": [str(used), "True"]}},
        resources={"If": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}},
    )
    if used:
        assert "in use by" in str(stacks.fails("A"))
    else:
        stacks.deploy("A")
    stacks.destroy("B")
    stacks.destroy("A")


@pytest.mark.parametrize("others", [{}, {"y": "1"}], ids=["created", "updated"])
def test_a_name_is_exported_once(stacks: Stacks, others: dict[str, str]) -> None:
    stacks.deploy("A", exports={"x": "1"})
    if others:
        stacks.deploy("B", exports=others)
    failure = stacks.fails("B", exports={**others, "x": "2"})
    assert f"Export with name {stacks.name('x')} is already exported by stack {stacks.name('A')}" in str(failure)
    assert stacks.exported() == {"x": "1", **others}
    stacks.destroy("B")
    stacks.destroy("A")


def test_an_export_moves_to_another_stack_when_it_is_gone_from_the_first(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("A")
    stacks.deploy("B", exports={"x": "2"})
    assert stacks.exported() == {"x": "2"}


def test_nested_stacks_export_for_other_stacks(stacks: Stacks) -> None:
    inner = stacks.template(exports={"x": "1"})
    stacks.deploy("A", nested={"Inner": inner})
    assert stacks.exported() == {"x": "1"}
    stacks.deploy("B", imports=["x"])
    failure = stacks.fails("A", nested={"Inner": stacks.template(exports={"x": "2"})})
    assert f"Export {stacks.name('x')} cannot be updated as it is in use by {stacks.name('B')}" in str(failure)
    failure = stacks.fails("A", nested={"Inner": stacks.template()})
    assert f"Export {stacks.name('x')} cannot be deleted as it is in use by {stacks.name('B')}" in str(failure)
    assert stacks.exported() == {"x": "1"}
    with pytest.raises(DeploymentFailed, match="cannot be deleted as it is in use by"):
        stacks.destroy("A")
    assert (stacks.status("A"), stacks.exported()) == ("DELETE_FAILED", {"x": "1"})
    stacks.destroy("B")
    stacks.destroy("A")
    assert stacks.exported() == {}


def test_a_nested_stack_that_leaves_its_parent_keeps_exports_in_use(stacks: Stacks) -> None:
    stacks.deploy("A", nested={"Inner": stacks.template(exports={"x": "1"})})
    stacks.deploy("B", imports=["x"])
    stacks.deploy("A")
    assert stacks.exported() == {"x": "1"}
    stacks.destroy("B")
    stacks.destroy("A")
    assert stacks.exported() == {}


def test_nested_stacks_import_as_others_do(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    stacks.deploy("B", nested={"Inner": stacks.template(imports=["x"])})
    assert f"in use by {stacks.name('B')}-Inner-" in str(stacks.fails("A", exports={"x": "2"}))
    stacks.destroy("B")
    stacks.deploy("A", exports={"x": "2"})


def test_a_nested_stack_cannot_export_what_is_exported(stacks: Stacks) -> None:
    stacks.deploy("A", exports={"x": "1"})
    failure = stacks.fails("B", nested={"Inner": stacks.template(exports={"x": "2"})})
    assert f"is already exported by stack {stacks.name('A')}" in str(failure)
    assert stacks.exported() == {"x": "1"}
