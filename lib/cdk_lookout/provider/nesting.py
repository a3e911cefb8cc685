"""What a nested stack is called where it matters who owns a thing.

CloudFormation gives a nested stack another name each time that it makes it. What stays the same is the name of the
stack at the root and the path from there; no pseudo parameter has that name, so it comes as a parameter.
"""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk

from cdk_lookout.provider.names import name_of_path

#: The parameter by which a nested stack knows its root.
_PARAMETER = "LookoutRootStack"
#: As much of a path as a tag's 256 characters have room for, in the longest lease of the longest stack name.
_LONGEST = 20


def lineage(stack: cdk.Stack) -> str | None:
    """`<name of the root>.<path of the nested stack in it>`; None for a stack that is not nested.

    No stack's name has a dot, so no other stack can be called that.
    """
    return None if stack.nested_stack_parent is None else f"{_name_of_root(stack)}.{_path(stack)}"


def owner_names(stack: cdk.Stack, *, spelled_out: bool = False) -> list[str]:
    """The names that *stack* has in owners and leases: today's, and the one that what earlier releases made still has.

    That one is CloudFormation's own, and the only one of a stack that is not nested.

    :param spelled_out: without tokens of CloudFormation's, as far as that is possible.
    """
    own = stack.stack_name if spelled_out else cdk.Aws.STACK_NAME
    nested = f"{_root(stack).stack_name}.{_path(stack)}" if spelled_out else lineage(stack)
    return [own] if nested is None or stack.nested_stack_parent is None else [nested, own]


def _root(stack: cdk.Stack) -> cdk.Stack:
    parent = stack.nested_stack_parent
    return stack if parent is None else _root(parent)


def _path(stack: cdk.Stack) -> str:
    below = stack.node.scopes[len(_root(stack).node.scopes) :]
    return name_of_path([scope.node.id for scope in below], _LONGEST)


def _name_of_root(stack: cdk.Stack) -> str:
    """The name of the stack at the root of *stack*, handed down from parent to child."""
    parent = stack.nested_stack_parent
    if parent is None:
        return cdk.Aws.STACK_NAME
    known = stack.node.try_find_child(_PARAMETER)
    if known is None:
        known = cdk.CfnParameter(
            stack, _PARAMETER, description="The name of the stack that this one is nested in, at the root"
        )
        cast(cdk.NestedStack, stack).set_parameter(_PARAMETER, _name_of_root(parent))
    return cast(cdk.CfnParameter, known).value_as_string
