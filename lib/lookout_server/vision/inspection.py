"""Where models look at images: in this process, or in others that have loaded them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from lookout_server.entities.blob import Keeper
from lookout_server.protocol.errors import ServiceError, internal
from lookout_server.settings import Settings
from lookout_server.vision.errors import Invalid
from lookout_server.vision.state import Inspector
from lookout_server.work.answerers import Answerers, Busy
from lookout_server.work.processes import Stopping, Waiting, WorkerDied

if TYPE_CHECKING:
    from lookout_server.detection.images import Model

#: What a process is asked, and what it answers.
HOST, LOOK = "host", "look"
INVALID, FAILED = "invalid", "failed"


class Inspection(Protocol):
    """Looks at images; a model is loaded in as many places as it has units, as far as there are so many."""

    def host(self, keeper: Keeper, inspector: Inspector, units: int) -> str | None:
        """Have a model loaded; why that cannot be, or None."""

    def look(self, keeper: Keeper, inspector: Inspector, units: int, picture: bytes) -> Mapping[str, Any]:
        """Members of DetectAnomalyResult. Raises Invalid when it is the image that cannot be used, and ServiceError."""


class Here:
    """In the process that asks: it is loaded when it is needed first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def host(self, keeper: Keeper, inspector: Inspector, units: int) -> str | None:
        try:
            self._load(inspector)
        except Invalid as error:
            return str(error)
        return None

    def look(self, keeper: Keeper, inspector: Inspector, units: int, picture: bytes) -> Mapping[str, Any]:
        from lookout_server.vision import judging

        try:
            model = self._load(inspector)
        except Invalid as error:
            raise internal(str(error)) from error
        return judging.look(model, inspector.colors, picture)

    def _load(self, inspector: Inspector) -> Model:
        from lookout_server.vision import judging  # who only answers other requests does not load it

        return judging.load(inspector.model.digest or "", inspector.model.read, self._settings.vision_backbone)


class Elsewhere:
    """In processes, which may die of an image without harm to others."""

    def __init__(self, answerers: Answerers) -> None:
        self._answerers = answerers

    def host(self, keeper: Keeper, inspector: Inspector, units: int) -> str | None:
        try:
            found = self._ask(keeper, inspector, units, HOST)
        except WorkerDied as death:
            return f"The process that was to look at images has died: {death}"
        reason = found.get(INVALID) or found.get(FAILED)
        return str(reason) if reason else None

    def look(self, keeper: Keeper, inspector: Inspector, units: int, picture: bytes) -> Mapping[str, Any]:
        try:
            found = self._ask(keeper, inspector, units, LOOK, picture)
        except WorkerDied as death:
            raise internal(f"The process that looked at the image has died: {death}") from death
        except Busy:
            message = "Too many images wait: detect fewer at a time, or start the model with more inference units"
            raise ServiceError("ThrottlingException", message) from None
        except Stopping:
            raise internal("The server stops") from None
        except Waiting as reason:
            raise internal(f"No process can look at the image: {reason}") from None
        if INVALID in found:
            raise Invalid(found[INVALID])
        if FAILED in found:
            raise internal(found[FAILED])
        return found

    def _ask(self, keeper: Keeper, inspector: Inspector, units: int, what: str, *picture: bytes) -> dict[str, Any]:
        digest = inspector.model.digest or ""
        with keeper.local(digest) as path:
            header = {
                "do": what,
                "model": digest,
                "path": str(path),
                "size": inspector.size,
                "colors": inspector.colors,
            }
            question = [json.dumps(header).encode(), *picture]
            if what == HOST:
                answer = self._answerers.load(digest, units, question, lambda answer: not json.loads(answer[0]))
            else:
                answer = self._answerers.ask(
                    digest, units, question, lambda answer: FAILED not in json.loads(answer[0])
                )
        found: dict[str, Any] = json.loads(answer[0]) if answer else {}
        return found | ({"AnomalyMask": answer[1]} if answer[1:] else {})
