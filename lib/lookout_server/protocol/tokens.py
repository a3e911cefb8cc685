"""Client tokens: a request that comes again is answered as it was the first time, and nothing is done twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lookout_server.protocol.errors import ServiceError
from lookout_server.settings import Settings

TOKEN = "ClientToken"


@dataclass(frozen=True)
class _Answered:
    #: Digests of the parameters, by name: a parameter may be large.
    parameters: Mapping[str, str]

    answer: Mapping[str, Any]
    when: datetime


class ClientTokens:
    """The tokens that one account used in one Region: the latest, as many as the settings' limits say."""

    def __init__(self) -> None:
        self._answered: dict[tuple[str, str], _Answered] = {}

    def earlier_answer(
        self, operation: str, parameters: Mapping[str, Any], now: datetime, settings: Settings
    ) -> Mapping[str, Any] | None:
        """The answer to an earlier call with the same token and parameters, or None.

        Raises the error that `Settings.client_token_mismatch` names when the parameters differ.
        """
        answered = self._answered.get((operation, parameters[TOKEN]))
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
        return answered.answer

    def remember(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        answer: Mapping[str, Any],
        now: datetime,
        settings: Settings,
    ) -> None:
        """Keep the answer of a call that succeeded, and forget the oldest ones when there are too many."""
        key = (operation, parameters[TOKEN])
        self._answered.pop(key, None)  # so that the order is that of the times
        self._answered[key] = _Answered(_digests(parameters), dict(answer), now)
        while self._answered and (
            len(self._answered) > settings.limits.client_tokens or self._oldest_is_over(now, settings)
        ):
            del self._answered[next(iter(self._answered))]

    def _oldest_is_over(self, now: datetime, settings: Settings) -> bool:
        oldest = next(iter(self._answered.values()))
        return now - oldest.when >= settings.client_token_lifetime


def _digests(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: _digest(value) for name, value in parameters.items()}


def _digest(value: Any) -> str:
    """A digest that is the same for equal values."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else str(value)
