"""A custom resource, and which of its attributes it has been told to know.

CloudFormation takes an attribute from the resource's last answer. When a release of this library adds one, resources
that were deployed before have to answer again: a number among the options, `Attributes`, makes an Update when it rises.
An upgrade alone must not make any, because one fails where the service is gone, and so does its rollback. So the number
rises on a resource whose new attribute the app refers to, and on no other one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import aws_cdk as cdk
import jsii
from constructs import Construct

from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import Quoted, invalid

#: The number that every resource has which the app refers to in no newer way.
_KNOWN = 2
#: Where an app says that a release from before has deployed it, whose number was lower.
_CONTEXT = "cdk-lookout:attributes"
#: Whether resources carry the paths of their constructs, and where: the CDK CLI shows them while it deploys.
_SHOWS_PATHS, _PATH = "aws:cdk:enable-path-metadata", "aws:cdk:path"
_IN_TEXT = re.compile(r"\$\{(\w+)\.([\w.]+)\}")


class References:
    """Which attributes of its own resources a stack's template refers to, whichever way the app came by them."""

    def __init__(self, stack: cdk.Stack) -> None:
        self._stack = stack
        self._found: dict[str, set[str]] | None = None
        self._looking = False

    def forget(self) -> None:
        """The app goes on; look again when asked next."""
        self._found = None

    def to(self, resource: cdk.CfnResource) -> set[str]:
        """The attributes of *resource* that something in the template refers to."""
        if self._looking:  # at the very options that ask
            return set()
        if self._found is None:
            self._looking = True
            try:
                self._found = self._look()
            finally:
                self._looking = False
        return self._found.get(str(self._stack.resolve(resource.logical_id)), set())

    def _look(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for element in self._stack.node.find_all():
            if isinstance(element, cdk.CfnResource | cdk.CfnOutput) and element.stack is self._stack:
                content = element.value if isinstance(element, cdk.CfnOutput) else element._cfn_properties
                for name, attribute in _attributes_in(self._stack.resolve(content)):
                    found.setdefault(name, set()).add(attribute)
        return found


class CustomResource(cdk.CfnResource):
    """A custom resource of the provider's.

    The CDK's own construct of that name would be one more around this, and each call to the CDK takes its time.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        resource_type: ResourceType,
        *,
        cloudformation_name: str,
        known: int,
        properties: Mapping[str, Any],
        references: References,
    ) -> None:
        """Make it; its `Options` get the number.

        :param known: what `known` says of its stack.
        """
        self._attributes: dict[str, str] = {}
        number = _Number(known, resource_type, self._attributes, references)
        options = {"Attributes": number.rendered, **properties["Options"]}
        super().__init__(scope, id, type=cloudformation_name, properties={**properties, "Options": options})
        number.resource = self

    @functools.cached_property
    def physical_id(self) -> str:
        """The physical id, as Ref gives it."""
        return self.ref

    def attribute(self, name: str) -> str:
        """The attribute *name*, as Fn::GetAtt gives it."""
        if name not in self._attributes:
            self._attributes[name] = self.get_att(name).to_string()
        return self._attributes[name]

    def show_as(self, path: str) -> None:
        """Let the CDK CLI show it as *path* while it deploys, in place of its construct's, if it shows any."""
        if self.node.try_get_context(_SHOWS_PATHS):
            self.add_metadata(_PATH, path)


@jsii.implements(cdk.IStringProducer)
class _Number:
    """The number as it is at synthesis: what an app refers to is known only then."""

    resource: Any

    def __init__(
        self, known: int, resource_type: ResourceType, asked_for: Collection[str], references: References
    ) -> None:
        self._known = known
        self._newer = {name: number for name, number in resource_type.newer.items() if number > known}
        self._asked_for = asked_for
        self._references = references

    @property
    def rendered(self) -> str:
        return cdk.Lazy.uncached_string(self) if self._newer else str(self._known)

    def produce(self, context: cdk.IResolveContext) -> str:
        if context.preparing:
            # What refers to what between stacks is still to come.
            self._references.forget()
            return str(self._known)
        used = {*self._asked_for, *self._references.to(self.resource)}
        return str(max([self._known, *(number for name, number in self._newer.items() if name in used)]))


def known(scope: Construct) -> int:
    """The number that the resources have which the app refers to in no newer way.

    Raises InvalidProperty, naming *scope*, for a number in the app's context that no release has had.
    """
    given = scope.node.try_get_context(_CONTEXT)
    if given is None:
        return _KNOWN
    numbers = [str(number) for number in range(1, _KNOWN + 1)]
    if str(given) not in numbers:
        raise invalid(f"context {_CONTEXT}", scope.node.path, Quoted(repr(given)), f"one of {', '.join(numbers)}")
    return int(given)


def _attributes_in(value: Any) -> Iterator[tuple[str, str]]:
    """Logical ids and attributes that *value* refers to."""
    match value:
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            yield name, attribute
        case {"Fn::GetAtt": str(path)}:
            name, _, attribute = path.partition(".")
            yield name, attribute
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            yield from _IN_TEXT.findall(text)
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _attributes_in(part)
