"""What all services have in common: one call, from its operation and parameters to its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from lookout_server.clock import Clock
from lookout_server.entities.blob import Keeper
from lookout_server.entities.session import Home, Session
from lookout_server.faults import Faults
from lookout_server.files.storage import Storage
from lookout_server.identity.authorization import Authorizer
from lookout_server.protocol.errors import AccessDenied, access_denied
from lookout_server.protocol.http import HttpRequest
from lookout_server.protocol.model import Model
from lookout_server.protocol.times import within
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.protocol.wire import WireProtocol
from lookout_server.settings import Progress, Settings
from lookout_server.tags import TagList, as_dict
from lookout_server.work.progress import Work
from lookout_server.work.tasks import Errand, Task

Parameters = Mapping[str, Any]
Answer = dict[str, Any]
#: What makes an answer without holding other requests up; what it needs of the service's state it has.
LaterAnswer = Callable[[], Answer]

T = TypeVar("T")
#: The context of what a service does elsewhere with the rights of its caller (`Invocation.forward`).
FORWARDED: Mapping[str, str | list[str]] = {"aws:ViaAWSService": "true"}


class First(Exception):
    """Something must be done or waited for first that would hold others up; then the call is made again."""

    def __init__(self, do: Callable[[], None]) -> None:
        super().__init__("made again")
        self.do = do


class Replay(Exception):
    """The call was answered before, under the same client token."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__("answered before")
        self.answer = dict(answer)


@dataclass(frozen=True)
class World:
    """What a service works with."""

    storage: Storage
    clock: Clock
    authorizer: Authorizer
    settings: Settings
    faults: Faults
    #: What to do on behalf of an account in a Region, and not of the caller, is done in this context.
    on_behalf_of: Callable[[str, str], AbstractContextManager[None]]
    keeper: Keeper
    #: Waits a moment for work to be done.
    wait: Callable[[], None]

    def now(self) -> datetime:
        """The time, as far as the services can tell it."""
        return within(self.clock.now())


class Invocation:
    """One call of an operation by one caller. It is the same one when the call is made again (`First`)."""

    def __init__(
        self, world: World, iam_service: str, request: HttpRequest, operation: str, parameters: Parameters
    ) -> None:
        self.request = request
        self.operation = operation
        self.parameters = parameters
        self.storage = world.storage
        self.settings = world.settings
        self.now = world.now()
        self._world = world
        self._iam_service = iam_service
        self._allowed: set[tuple[str, ...]] = set()
        self._reached: set[Hashable] = set()
        self._known: dict[Hashable, Any] = {}
        self._failures: list[str | None] = []

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.request.account

    @property
    def region(self) -> str:
        """The Region that was called."""
        return self.request.region

    @property
    def principal(self) -> str:
        """The ARN of the caller."""
        return self._world.authorizer.principal_arn(self.request)

    def authorize(
        self,
        *arns: str,
        action: str = "",
        resource_tags: Mapping[str, str] | None = None,
        request_tags: TagList = (),
        tag_keys: list[str] | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """Raise an AccessDeniedException unless the caller may call the operation (or take `action`) on the ARNs.

        `resource_tags` are those that the resource has, `request_tags` and `tag_keys` what the request names.
        """
        context: dict[str, str | list[str]] = dict(keys or {})
        named = as_dict(request_tags)
        context |= {f"aws:RequestTag/{key}": value for key, value in named.items()}
        context |= {f"aws:ResourceTag/{key}": value for key, value in (resource_tags or {}).items()}
        if named or tag_keys:
            context["aws:TagKeys"] = tag_keys or list(named)
        self._ask(f"{self._iam_service}:{action or self.operation}", list(arns), context)

    def use_key(self, key_arn: str | None, *actions: str, keys: Mapping[str, str] | None = None) -> None:
        """Raise an AccessDeniedException unless the caller may do this with a KMS key; nothing when there is none."""
        via = {"kms:ViaService": f"{self._iam_service}.{self.region}.amazonaws.com", **(keys or {})}
        for action in actions if key_arn else ():
            self._ask(f"kms:{action}", [str(key_arn)], via)

    def forward(self, action: str, *arns: str) -> None:
        """Raise an AccessDeniedException unless the caller may do this at another AWS service through this one.

        That is how a service without a role works: with the caller's own rights, in a forward access session. IAM's
        documentation has `aws:ViaAWSService` for every service, and `aws:CalledVia` for four others only.
        """
        self._ask(action, list(arns), FORWARDED)

    def pass_role(self, role_arn: str | None) -> None:
        """Raise an AccessDeniedException unless the caller may pass the role; nothing when there is none."""
        if role_arn is None:
            return
        if role_arn.split(":")[4] != self.account:
            raise access_denied(f"Cross-account pass role is not allowed: {role_arn}")
        self._ask("iam:PassRole", [role_arn], {"iam:PassedToService": f"{self._iam_service}.amazonaws.com"})

    def once(self, tokens: ClientTokens) -> None:
        """End the call with the earlier answer when its client token was used before."""
        earlier = tokens.earlier_answer(self.operation, self.parameters, self.now, self.settings)
        if earlier is not None:
            raise Replay(earlier)

    def comes_first_to(self, what: Hashable) -> bool:
        """Whether the call comes to something for the first time, however often it is made again."""
        new = what not in self._reached
        self._reached.add(what)
        return new

    def await_end(self, what: Hashable, work: Work | None, progress: Progress) -> None:
        """Wait a moment when work is late; then the call is made again, whether it is over or not."""
        if work and work.is_late(progress, self.now) and self.comes_first_to(("end", what)):
            raise First(self._world.wait)

    def look_up(self, what: Hashable, look: Callable[[], T | str]) -> T | str:
        """What a look outside of the service finds, or why it does not, which may take long.

        The call is made again when it is known."""
        if what not in self._known:
            raise First(lambda: self._known.update({what: look()}))
        found: T | str = self._known[what]
        return found

    def failure(self) -> str | None:
        """The reason why the long operation that this call starts will fail, when a fault says so."""
        if not self._failures:
            self._failures.append(self._world.faults.take_failure(self.operation))
        return self._failures[0]

    def _ask(self, action: str, arns: list[str], context: Mapping[str, str | list[str]]) -> None:
        question = (action, *arns, repr(sorted(context.items())))
        if question in self._allowed:
            return
        try:
            self._world.authorizer.authorize(self.request, action, arns, context)
        except AccessDenied as error:
            raise access_denied(str(error)) from error
        self._allowed.add(question)


class Service(ABC):
    """One service: its model, its protocol and its operations."""

    name: str
    model: Model
    protocol: WireProtocol
    #: The works of tasks that read files or compute.
    long_works: frozenset[str]

    @abstractmethod
    def home(self, session: Session, account: str, region: str) -> Home:
        """What an account has in a Region."""

    @abstractmethod
    def tokens(self, home: Home) -> ClientTokens:
        """The client tokens of an account in a Region."""

    @abstractmethod
    def handler(self, operation: str) -> Callable[[Invocation, Home], Answer | LaterAnswer]:
        """What carries out an operation of the model, for the caller whose home it is."""

    @abstractmethod
    def errand(self, home: Home, task: Task, world: World, now: datetime) -> Errand[Any] | None:
        """What a task means that is due; None when it was dealt with, or there is nothing to do any more."""
