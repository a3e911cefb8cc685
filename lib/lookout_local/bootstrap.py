"""What a stack with CDK's default synthesizer finds in a bootstrapped account, for deployments without the CDK CLI."""

from __future__ import annotations

import json
from typing import Any

from lookout_local.deployment import Deployer, Environment

DEFAULT_QUALIFIER = "hnb659fds"
# The oldest version that the default synthesizer accepts, so that a later `cdk bootstrap` is an upgrade.
_VERSION = "6"
_PARAMETER = "/cdk-bootstrap/{}/version"


def qualifier_of(template: str) -> str | None:
    """The bootstrap qualifier that a template asks for; None when it needs no bootstrapping."""
    default: str = json.loads(template).get("Parameters", {}).get("BootstrapVersion", {}).get("Default", "")
    parts = default.split("/")
    return parts[2] if len(parts) == 4 and parts[1] == "cdk-bootstrap" else None


def ensure(deployer: Deployer, ssm: Any, qualifier: str, environment: Environment) -> None:
    """Make the asset bucket and the version parameter, unless the account and Region are bootstrapped.

    They are a stack with the name and the logical ids of the real one, so that `cdk bootstrap` updates it.
    """
    parameter = _PARAMETER.format(qualifier)
    if ssm.get_parameters(Names=[parameter])["Parameters"]:
        return
    stack_name = "CDKToolkit" if qualifier == DEFAULT_QUALIFIER else f"CDKToolkit-{qualifier}"
    deployer.put(stack_name, json.dumps(_template(qualifier, parameter, environment)), environment)


def has_roles(iam: Any, environment: Environment, qualifier: str = DEFAULT_QUALIFIER) -> bool:
    """Whether `cdk bootstrap` was run: the CDK CLI deploys with the roles that it makes."""
    name = f"cdk-{qualifier}-deploy-role-{environment.account}-{environment.region}"
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def _template(qualifier: str, parameter: str, environment: Environment) -> dict[str, Any]:
    bucket = f"cdk-{qualifier}-assets-{environment.account}-{environment.region}"
    return {
        "Resources": {
            "StagingBucket": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {"BucketName": bucket},
            },
            "CdkBootstrapVersion": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Name": parameter, "Value": _VERSION},
            },
        },
        "Outputs": {"BucketName": {"Value": bucket}, "BootstrapVersion": {"Value": _VERSION}},
    }
