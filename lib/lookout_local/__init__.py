"""A local AWS with Amazon Lookout for Equipment and for Vision in it: `pip install 'cdk-lookout[local]'`.

    from lookout_local import LocalCloud

    with LocalCloud() as cloud:
        outputs = cloud.deploy(stack)

On the command line it is `lookout-local up`; in pytest it is the fixture `lookout_cloud`. `client` makes boto3 clients
for it, also of `lookoutvision`, which boto3 does not know any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lookout_local.clients import client
    from lookout_local.cloud import LocalCloud
    from lookout_local.deployment import DeploymentFailed, StackEvent
    from lookout_local.errors import LocalCloudError, MissingExtra

__all__ = ["DeploymentFailed", "LocalCloud", "LocalCloudError", "MissingExtra", "StackEvent", "client"]

_HOMES = {
    "DeploymentFailed": "deployment",
    "LocalCloud": "cloud",
    "LocalCloudError": "errors",
    "MissingExtra": "errors",
    "StackEvent": "deployment",
    "client": "clients",
}


def __getattr__(name: str) -> Any:
    """Import on first use: the pytest plugin is loaded in every test run, also where no cloud is used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
