"""What the services would refuse is refused here, before anything is deployed.

A value that is only known at deployment (a token) passes: only the service can judge it.
"""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
from constructs import IValidation

from cdk_lookout.sections import SECTIONS
from lookout_files.sections import section

_LONGEST_QUOTE = 160


class InvalidProperty(ValueError):
    """A property that the service would refuse: the text says what, where, what it got and what it expects.

    A note below it says where the documentation has more about it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        if named := section(message, SECTIONS):
            self.add_note(f"see {named}")


def invalid(what: str, where: object, got: object, expected: str) -> InvalidProperty:
    """The error for the property *what* of the construct or factory *where*."""
    quote = got if isinstance(got, Quoted) else repr(got)
    if len(quote) > _LONGEST_QUOTE:
        quote = f"{quote[:_LONGEST_QUOTE]}... ({len(quote)} characters)"
    return InvalidProperty(f"{what} of {path_of(where)}: got {quote}, expected {expected}")


def refused(where: object, error: ValueError) -> InvalidProperty:
    """The error for a file of *where*; the text of *error* is `line 2, end: got …, expected …`."""
    got, _, expected = str(error).partition(", expected ")
    what, _, got = got.partition(": got ")
    return invalid(what, where, Quoted(got), expected)


class Quoted(str):
    """A description of what was got, to be shown as it is."""


def a(noun: str) -> str:
    """*noun* with its article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def path_of(where: object) -> str:
    """Where a reader finds *where*: the path of a construct, or the name of a factory."""
    return str(where.node.path) if isinstance(where, cdk.Resource | cdk.Stack) else str(where)


def check_pattern(what: str, where: object, value: str, pattern: str, expected: str) -> str:
    """*value*, if the whole of it matches *pattern* or is a token; raises InvalidProperty otherwise."""
    if not isinstance(value, str):
        raise invalid(what, where, value, expected)
    if not re.fullmatch(pattern, value) and not cdk.Token.is_unresolved(value):
        raise invalid(what, where, value, expected)
    return value


def check_kind(what: str, where: object, value: Any, member: str, expected: str) -> None:
    """Raise InvalidProperty unless *value* is a thing that has *member*, and not, for instance, its name or ARN."""
    # First without asking: the ARN of what is known by name only is an error of its own. The CDK's proxies only answer.
    if inspect.getattr_static(value, member, None) is None and not hasattr(value, member):
        got = value if isinstance(value, str) else Quoted(a(type(value).__name__))
        raise invalid(what, where, got, expected)


def check_optional(what: str, where: object, value: Any, member: str, expected: str) -> None:
    """`check_kind`, where nothing is given as often as not."""
    if value is not None:
        check_kind(what, where, value, member, expected)


def check_choice(what: str, where: object, value: Any, choices: type[enum.Enum]) -> None:
    """Raise InvalidProperty unless *value* is one of *choices*, and not, for instance, the text it stands for."""
    if not isinstance(value, choices):
        raise invalid(what, where, value, f"one of {', '.join(map(str, choices))}")


@jsii.implements(IValidation)
class AtSynthesis:
    """What can be checked only when all of the app is known: one validation for all constructs of a stack."""

    def __init__(self) -> None:
        self._checks: list[tuple[cdk.Resource, Callable[[], list[str]]]] = []

    def add(self, construct: cdk.Resource, problems: Callable[[], list[str]]) -> None:
        """Ask *problems* what is wrong with *construct*."""
        self._checks.append((construct, problems))

    def validate(self) -> list[str]:
        """What is wrong, and where."""
        return [f"{path_of(where)}: {problem}" for where, problems in self._checks for problem in problems()]
