"""Warnings about a service that is not, or no longer, where a stack is going to be deployed."""

from __future__ import annotations

import aws_cdk as cdk

from cdk_lookout.resource_type import LookoutService


def warn_about_service(stack: cdk.Stack, service: LookoutService) -> None:
    """Warn that AWS ended *service*, and, where the stack's Region is known, that it never was there.

    Acknowledge with `Annotations.of(stack).acknowledge_warning(id)`; the id stands in the warning.
    """
    annotations = cdk.Annotations.of(stack)
    annotations.add_warning_v2(
        f"cdk-lookout:{service.slug}-ended",
        f"AWS ended {service.title} on {service.ended}: its endpoint no longer answers. "
        "Set another one with LookoutProvider(stack, endpoint_url=...), or acknowledge this warning",
    )
    if not cdk.Token.is_unresolved(stack.region) and stack.region not in service.regions:
        annotations.add_warning_v2(
            f"cdk-lookout:{service.slug}-region",
            f"Region of {stack.node.path}: got {stack.region}, expected one where {service.title} has been: "
            f"{', '.join(service.regions)}",
        )
