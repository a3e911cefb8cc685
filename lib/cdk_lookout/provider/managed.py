"""What all resources of this library have in common: the custom resource, and the options that are ours."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
import jsii
from constructs import IDependable

from cdk_lookout.construct import LookoutResource
from cdk_lookout.provider.names import construct_name
from cdk_lookout.provider.provider import LookoutProvider
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.provider.tags import ServiceTags
from cdk_lookout.validation import Quoted, check_optional, invalid
from cdk_lookout.wait import Wait
from cdk_lookout.warnings import warn_about_name

#: Half a day is enough for most datasets. A training takes half an hour at least, and cannot be cancelled.
_TRAINING = cdk.Duration.hours(12)


def until_trained(construct: LookoutResource) -> Wait:
    """What a deployment waits for where a training is not told otherwise.

    At an endpoint of one's own trainings take minutes, and a relay of hours would be resources for nothing.
    """
    elsewhere = LookoutProvider.of(construct._stack).endpoint_url is not None
    return Wait.until_ready() if elsewhere else Wait.until_ready(timeout=_TRAINING)


@jsii.implements(cdk.IStableStringProducer)
class _RemovalPolicy:
    """The removal policy as it is at synthesis: `apply_removal_policy` and aspects come after the constructor."""

    construct: LookoutResource
    resource: cdk.CfnResource
    #: Of no use, but all that resolves has it.
    creation_stack: Sequence[str] = ()

    @functools.cached_property
    def _as_option(self) -> str:
        # As a whole, since each member of it takes two calls to the CDK.
        set_on_it = self.construct._stack.resolve(self.resource.cfn_options)
        return "retain" if set_on_it.get("deletionPolicy") in ("Retain", "RetainExceptOnCreate") else "destroy"

    def produce(self) -> str:
        return self._as_option


class Managed:
    """The custom resource behind a construct."""

    def __init__(
        self,
        construct: LookoutResource,
        resource_type: ResourceType,
        properties: Mapping[str, Any],
        *,
        wait: Wait | None = None,
        tags: ServiceTags | None = None,
        after: Sequence[IDependable] = (),
        problems: Callable[[], list[str]] | None = None,
        adopt_existing: bool = False,
        stateful: bool = False,
        removal_policy: cdk.RemovalPolicy | None = None,
        later: Collection[str] = (),
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Make it.

        :param properties: the API's create request; what is None is left out.
        :param wait: for types that take time.
        :param tags: for types that take tags.
        :param after: what it comes after.
        :param problems: what the synthesis has against it.
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
        provider = LookoutProvider.of(construct._stack)
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
        self.resource = provider.custom_resource(construct, resource_type, {**present, "Options": ours}, after)
        finished = {"Gate": ours["Gate"]} if "Gate" in ours else {}
        #: The last link of the relay, if it is one: it has the attributes, once the work is done.
        self._last = provider.relay(construct, self.resource, resource_type, shares, finished) if shares else None
        removal.construct, removal.resource = construct, self.resource
        _set_removal_policy(construct, self.resource, removal_policy, stateful=stateful)
        if tags is not None:
            tags.resource = self.resource
            provider.check(construct, tags.problems)
        if problems is not None:
            provider.check(construct, problems)

    @property
    def ref(self) -> str:
        """The physical id, known when the work is done."""
        return self.resource.physical_id if self._last is None else self._last.attribute("PhysicalId")

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
        return (self._last or self.resource).attribute(name)


def _set_removal_policy(
    construct: cdk.Resource, cfn: cdk.CfnResource, policy: cdk.RemovalPolicy | None, *, stateful: bool
) -> None:
    if policy is cdk.RemovalPolicy.SNAPSHOT:
        raise invalid("removal_policy", construct, Quoted("SNAPSHOT"), "RETAIN, RETAIN_ON_UPDATE_OR_DELETE or DESTROY")
    if policy is None and stateful:
        # What an update replaced would eat a quota of 15, and be found again with old contents.
        cfn.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        cfn.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, apply_to_update_replace_policy=False)
    else:
        cfn.apply_removal_policy(policy or cdk.RemovalPolicy.DESTROY)
