"""Client tokens: a request that comes again is answered as it was the first time, and nothing is done twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from lookout_server.entities.session import NAMES, Collection, Entity, Home
from lookout_server.protocol.errors import ServiceError
from lookout_server.settings import Settings

TOKEN = "ClientToken"
#: How many that are over are forgotten when a new one comes.
_FORGOTTEN_AT_ONCE = 10


@dataclass
class Answered(Entity):
    """A call that succeeded."""

    #: Digests of the parameters, by name: a parameter may be large.
    parameters: dict[str, str]
    answer: Any
    when: datetime
    #: When the token means nothing any more.
    due: datetime


class ClientTokens:
    """The tokens that one account used in one Region: the latest, as many as the settings' limits say."""

    def __init__(self, home: Home) -> None:
        self._answered = Collection(home, "token", Answered, NAMES, counted=True)

    def earlier_answer(
        self, operation: str, parameters: Mapping[str, Any], now: datetime, settings: Settings
    ) -> Mapping[str, Any] | None:
        """The answer to an earlier call with the same token and parameters, or None.

        Raises the error that `Settings.client_token_mismatch` names when the parameters differ.
        """
        answered = self._answered.get(_id(operation, parameters[TOKEN]))
        if answered is None or now - answered.when >= settings.client_token_lifetime:
            return None
        digests = _digests(parameters)
        differing = sorted(
            name
            for name in answered.parameters.keys() | digests.keys()
            if answered.parameters.get(name) != digests.get(name)
        )
        if differing:
            raise ServiceError(
                settings.client_token_mismatch,
                f"The ClientToken '{parameters[TOKEN]}' was used before with other parameters: {', '.join(differing)}",
            )
        found: Mapping[str, Any] = answered.answer
        return found

    def remember(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        answer: Mapping[str, Any],
        now: datetime,
        settings: Settings,
    ) -> None:
        """Keep the answer of a call that succeeded, and forget some that are over, or the oldest of too many."""
        key = _id(operation, parameters[TOKEN])
        self._answered.pop(key)
        over = now + settings.client_token_lifetime
        for other, _ in self._answered.due(now, limit=_FORGOTTEN_AT_ONCE):
            self._answered.pop(other)
        excess = len(self._answered) + 1 - settings.limits.client_tokens
        if excess > 0:
            for other, _ in self._answered.due(over, limit=min(excess, _FORGOTTEN_AT_ONCE)):
                self._answered.pop(other)
        if settings.limits.client_tokens:
            self._answered[key] = Answered(_digests(parameters), dict(answer), now, over)


def _id(operation: str, token: str) -> str:
    return f"{operation}/{quote(token, safe='')}"  # a token may have a NUL, which no document's name has


def _digests(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: _digest(value) for name, value in parameters.items()}


def _digest(value: Any) -> str:
    """A digest that is the same for equal values."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else str(value)
