"""AWS CDK constructs for Amazon Lookout for Equipment and Amazon Lookout for Vision.

`from cdk_lookout import equipment, vision` has the resources; this module has what they share: the provider that
carries them out, and what to wait for.
"""

from cdk_lookout import _node

_node.ensure()

from cdk_lookout import equipment, vision  # noqa: E402 - the CDK can only be imported when Node.js has been found
from cdk_lookout.provider.asset import AssetNotBuilt  # noqa: E402
from cdk_lookout.provider.provider import LookoutProvider  # noqa: E402
from cdk_lookout.validation import InvalidProperty  # noqa: E402
from cdk_lookout.wait import Wait  # noqa: E402

__all__ = ["AssetNotBuilt", "InvalidProperty", "LookoutProvider", "Wait", "equipment", "vision"]
