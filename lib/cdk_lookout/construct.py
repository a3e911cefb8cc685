"""Where a construct is, as far as that is known without asking the CDK: each question is a call to Node.js."""

from __future__ import annotations

import functools

import aws_cdk as cdk
from constructs import Construct


class LookoutResource(cdk.Resource):
    """A resource of one of the services, of this stack or from elsewhere."""

    def __init__(self, scope: Construct, id: str, *, environment_from_arn: str | None = None) -> None:
        super().__init__(scope, id, environment_from_arn=environment_from_arn)
        self._scope = scope
        self._id = id

    @functools.cached_property
    def _stack(self) -> cdk.Stack:
        """The stack that it is in."""
        if isinstance(self._scope, cdk.Stack):
            return self._scope
        return self._scope._stack if isinstance(self._scope, LookoutResource) else cdk.Stack.of(self._scope)

    @functools.cached_property
    def _path(self) -> list[str]:
        """The ids that lead to it from its stack."""
        id = self._id.replace("/", "--")  # as the CDK does
        if isinstance(self._scope, cdk.Stack):
            return [id]
        if isinstance(self._scope, LookoutResource):
            return [*self._scope._path, id]
        return str(self.node.path).removeprefix(f"{_path_of_stack(self._stack)}/").split("/")


@functools.cache
def _path_of_stack(stack: cdk.Stack) -> str:
    return stack.node.path
