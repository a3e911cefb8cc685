"""Client tokens: a request that comes again is answered as it was the first time, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lookout_local.services.errors import ServiceError
from lookout_local.services.settings import Settings

TOKEN = "ClientToken"


@dataclass(frozen=True)
class _Answered:
    parameters: Mapping[str, Any]
    answer: Mapping[str, Any]
    when: datetime


class ClientTokens:
    """The tokens that one account used in one Region."""

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
        if answered.parameters != parameters:
            differing = sorted(
                name
                for name in answered.parameters.keys() | parameters.keys()
                if answered.parameters.get(name) != parameters.get(name)
            )
            raise ServiceError(
                settings.client_token_mismatch,
                f"The ClientToken '{parameters[TOKEN]}' was used before with other parameters: {', '.join(differing)}",
            )
        return answered.answer

    def remember(self, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any], now: datetime) -> None:
        """Keep the answer of a call that succeeded."""
        self._answered[(operation, parameters[TOKEN])] = _Answered(dict(parameters), dict(answer), now)
