"""Warnings about what a deployment of the app is going to meet.

Acknowledge one with `Annotations.of(scope).acknowledge_warning(id)`; the id stands in the warning.
"""

from __future__ import annotations

import functools
import os
import re
from typing import Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk
import jsii
from constructs import IConstruct, IValidation

from cdk_lookout.construct import LookoutResource
from cdk_lookout.provider.resource_type import LookoutService, ResourceType

#: What CloudFormation takes in one stack, and what the CDK finds close to it.
_MOST_RESOURCES, _MANY_RESOURCES = 500, 400
#: The links of a relay.
LINK = "Custom::LookoutWait"
#: Who has a name, for each app.
_NAMED: WeakKeyDictionary[IConstruct, dict[tuple[str, ...], IConstruct]] = WeakKeyDictionary()


def warn_about_service(stack: cdk.Stack, service: LookoutService) -> None:
    """Warn that AWS ended *service*, and, where the stack's Region is known, that it never was there.

    A stack without a Region is deployed to the one that the CDK's CLI tells the app. An app that is told of another
    endpoint than AWS's is not deployed to AWS.
    """
    if os.environ.get("AWS_ENDPOINT_URL"):
        return
    annotations = cdk.Annotations.of(stack)
    annotations.add_warning_v2(
        f"cdk-lookout:{service.slug}-ended",
        f"AWS ended {service.title} on {service.ended}: its endpoint no longer answers. "
        "Set another one with LookoutProvider(stack, endpoint_url=...), or acknowledge this warning",
    )
    region = os.environ.get("CDK_DEFAULT_REGION") if cdk.Token.is_unresolved(stack.region) else stack.region
    if region and region not in service.regions:
        annotations.add_warning_v2(
            f"cdk-lookout:{service.slug}-region",
            f"Region of {stack.node.path}: got {region}, expected one where {service.title} has been: "
            f"{', '.join(service.regions)}",
        )


def warn_about_name(construct: LookoutResource, resource_type: ResourceType, name: Any) -> None:
    """Warn that another construct of the app asks for the same *name* in the same account and Region.

    The one that is deployed later finds what is not its own. A name that is known at deployment only is let pass.
    """
    if cdk.Token.is_unresolved(name):
        return
    root, *place = _place(construct._stack)
    known = _NAMED.setdefault(root, {})
    first = known.setdefault((resource_type.name, *place, name), construct)
    if first is not construct:
        member = re.sub(r"(?<!^)(?=[A-Z])", "_", resource_type.name_member or "").lower()
        cdk.Annotations.of(construct).add_warning_v2(
            "cdk-lookout:same-name",
            f"{member} of {construct.node.path}: got {name!r}, the name of {first.node.path}, "
            "expected a name of its own in the account and Region, or none",
        )


@functools.cache
def _place(stack: cdk.Stack) -> tuple[IConstruct, str, str]:
    """The app of *stack*, and its account and Region; where they are not known, those of its stage are the same."""
    environment = stack.environment
    stage = cdk.Stage.of(stack) if "unknown-" in environment else None
    return stack.node.root, environment, stage.node.path if stage is not None else ""


@jsii.implements(IValidation)
class Size:
    """Warns, at synthesis, that a stack comes near the number of resources that CloudFormation takes."""

    def __init__(self, stack: cdk.Stack) -> None:
        self._stack = stack

    def validate(self) -> list[str]:
        """Nothing is wrong yet."""
        found = [one for one in self._stack.node.find_all() if isinstance(one, cdk.CfnResource)]
        # Whose they are takes a call to the CDK for each.
        resources = [one for one in found if one.stack is self._stack] if len(found) >= _MANY_RESOURCES else []
        if len(resources) >= _MANY_RESOURCES:
            links = sum(one.cfn_resource_type == LINK for one in resources)
            cdk.Annotations.of(self._stack).add_warning_v2(
                "cdk-lookout:many-resources",
                f"resources of {self._stack.node.path}: got {len(resources)}, {links} of them the links of waits, "
                f"expected at most {_MOST_RESOURCES}: wait for up to 55 minutes, or make more stacks",
            )
        return []
