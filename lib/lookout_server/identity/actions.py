"""The actions that a policy can name of the services, so that a slip of the pen is no silent denial."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from lookout_server.protocol.model import Model

# Of the console alone (service authorization reference): policies that were written for AWS may have them.
_PERMISSION_ONLY = {"lookoutvision": {"DescribeTrialDetection", "ListTrialDetections", "StartTrialDetection"}}


@cache
def known() -> Mapping[str, frozenset[str]]:
    """The services by their names in IAM, with all their actions."""
    services = ("lookoutequipment", "lookoutvision")
    return {name: Model(name).operations | _PERMISSION_ONLY.get(name, set()) for name in services}
