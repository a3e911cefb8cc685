"""Change sets that change no resource."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from lookout_local.cloud import LocalCloud
from lookout_local.deployment import Deployer

from .conftest import ENVIRONMENT, PATIENT

pytestmark = pytest.mark.e2e

RESOURCES = {"Own": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}}
PARAMETERS = {"Text": {"Type": "String", "Default": "a"}}


def template(**outputs: Any) -> str:
    made = {key: {"Value": value} for key, value in outputs.items()}
    return json.dumps({"Resources": RESOURCES, "Parameters": PARAMETERS, "Outputs": made})


def change(cloud: LocalCloud, body: str, **parameters: str) -> dict[str, str]:
    """Update the stack by a change set; its outputs."""
    cloudformation = cloud.client("cloudformation")
    named = {"StackName": "OutputsOnly", "ChangeSetName": f"change-{secrets.token_hex(4)}"}
    values = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    cloudformation.create_change_set(**named, TemplateBody=body, Parameters=values)
    cloudformation.get_waiter("change_set_create_complete").wait(**named, WaiterConfig=PATIENT)
    cloudformation.execute_change_set(**named)
    cloudformation.get_waiter("stack_update_complete").wait(StackName="OutputsOnly", WaiterConfig=PATIENT)
    outputs = cloudformation.describe_stacks(StackName="OutputsOnly")["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def test_outputs_and_parameters_alone_are_a_change(lookout_cloud: LocalCloud) -> None:
    deployer = Deployer(lambda service, *, account, region: lookout_cloud.client(service, account, region))
    deployer.put("OutputsOnly", template(), ENVIRONMENT)
    assert change(lookout_cloud, template(Text={"Ref": "Text"})) == {"Text": "a"}
    assert change(lookout_cloud, template(Text={"Ref": "Text"}), Text="b") == {"Text": "b"}
    assert change(lookout_cloud, template()) == {}
    with pytest.raises(WaiterError, match="FAILED"):
        change(lookout_cloud, template())
    deployer.destroy("OutputsOnly", ENVIRONMENT)
