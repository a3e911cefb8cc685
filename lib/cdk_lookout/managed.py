"""What all resources of this library have in common: the custom resource, and the options that are ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

import aws_cdk as cdk
import jsii

from cdk_lookout.names import construct_name
from cdk_lookout.provider import LookoutProvider
from cdk_lookout.resource_type import ResourceType
from cdk_lookout.validation import Quoted, check_optional, invalid
from cdk_lookout.wait import Wait
from cdk_lookout.warnings import warn_about_name

#: Half a day is enough for most datasets. A training takes half an hour at least, and cannot be cancelled.
_TRAINING = cdk.Duration.hours(12)


def until_trained(construct: cdk.Resource) -> Wait:
    """What a deployment waits for where a training is not told otherwise.

    At an endpoint of one's own trainings take minutes, and a relay of hours would be resources for nothing.
    """
    elsewhere = LookoutProvider.of(construct).endpoint_url is not None
    return Wait.until_ready() if elsewhere else Wait.until_ready(timeout=_TRAINING)


@jsii.implements(cdk.IStableStringProducer)
class _RemovalPolicy:
    """The removal policy as it is at synthesis: `apply_removal_policy` and aspects come after the constructor."""

    resource: cdk.CfnResource

    def produce(self) -> str:
        kept = (cdk.CfnDeletionPolicy.RETAIN, cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE)
        return "retain" if self.resource.cfn_options.deletion_policy in kept else "destroy"


class Managed:
    """The custom resource behind a construct."""

    def __init__(
        self,
        construct: cdk.Resource,
        resource_type: ResourceType,
        properties: Mapping[str, Any],
        *,
        wait: Wait | None = None,
        adopt_existing: bool = False,
        stateful: bool = False,
        removal_policy: cdk.RemovalPolicy | None = None,
        later: Collection[str] = (),
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Make it.

        :param properties: the API's create request; what is None is left out.
        :param wait: for types that take time.
        :param stateful: whether it outlives its stack unless told otherwise.
        :param later: the attributes that exist only when the work is done.
        :param options: further options of the type.
        """
        check_optional("wait", construct, wait, "until_ready", "Wait.until_ready() or Wait.started()")
        if not isinstance(adopt_existing, bool):
            raise invalid("adopt_existing", construct, adopt_existing, "True or False")
        self._construct = construct
        self._later = later
        #: Whether a deployment waits until it can be used.
        self.awaited = wait is None or wait.seconds > 0
        removal = _RemovalPolicy()
        ours: dict[str, Any] = {
            "RemovalPolicy": cdk.Lazy.string(removal),
            **(options or {}),
        }
        given = properties.get(resource_type.name_member or "")
        if given is not None:
            warn_about_name(construct, resource_type, given)
        elif resource_type.name_member is not None:
            # The provider makes the name, and needs the construct's part of it.
            ours["Name"] = construct_name(construct)
        shares = wait.shares if wait is not None else []
        if wait is not None:
            # In a relay the resource itself only starts the work.
            ours["WaitSeconds"] = str(0 if shares else wait.seconds)
        if adopt_existing:
            ours["AdoptExisting"] = "true"
        present = {name: value for name, value in properties.items() if value is not None}
        provider = LookoutProvider.of(construct)
        self.resource = provider.custom_resource(construct, resource_type, {**present, "Options": ours})
        finished = {"Gate": ours["Gate"]} if "Gate" in ours else {}
        #: The last link of the relay, if it is one: it has the attributes, once the work is done.
        self._last = provider.relay(construct, self.resource, resource_type, shares, finished) if shares else None
        removal.resource = cast(cdk.CfnResource, self.resource.node.default_child)
        construct.node.default_child = removal.resource
        _set_removal_policy(construct, removal.resource, removal_policy, stateful=stateful)

    @property
    def ref(self) -> str:
        """The physical id, known when the work is done."""
        return self.resource.ref if self._last is None else self._last.get_att_string("PhysicalId")

    def attribute(self, name: str) -> str:
        """The attribute *name*, as Fn::GetAtt gives it.

        Raises InvalidProperty for what exists only when the work is done, and nothing waits for that.
        """
        if not self.awaited and name in self._later:
            raise invalid(
                f"attribute {name}",
                self._construct,
                Quoted("Wait.started()"),
                "Wait.until_ready(): it exists only when the service is done",
            )
        return (self._last or self.resource).get_att_string(name)


def _set_removal_policy(
    construct: cdk.Resource, cfn: cdk.CfnResource, policy: cdk.RemovalPolicy | None, *, stateful: bool
) -> None:
    if policy is cdk.RemovalPolicy.SNAPSHOT:
        raise invalid("removal_policy", construct, Quoted("SNAPSHOT"), "RETAIN, RETAIN_ON_UPDATE_OR_DELETE or DESTROY")
    if policy is None and stateful:
        cfn.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        # What an update replaced would eat a quota of 15, and be found again with old contents.
        cfn.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.DELETE
    else:
        cfn.apply_removal_policy(policy or cdk.RemovalPolicy.DESTROY)
