"""The models of components, and their states."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lookout_server.detection.images import Model, load
from lookout_server.edge import description
from lookout_server.edge.description import Description
from lookout_server.edge.edge_agent_pb2 import ModelStatus
from lookout_server.edge.errors import AgentError, FailedPrecondition

_log = logging.getLogger(__name__)
_STARTABLE = (ModelStatus.STOPPED, ModelStatus.FAILED)
_MESSAGES = {
    ModelStatus.STOPPED: "The model is stopped",
    ModelStatus.STARTING: "The model is being loaded",
    ModelStatus.RUNNING: "The model is running",
    ModelStatus.STOPPING: "The model stops after the pictures that it is looking at",
}


class HostedModel:
    """The model of one component: on disk, and in memory while it runs."""

    def __init__(self, directory: Path) -> None:
        """Raises AgentError when there is no component."""
        file = directory / description.FILE
        try:
            self.about = Description.decoded(file.read_bytes())
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise AgentError(f"{file}: got {error}, expected the description of a model component") from error
        self._directory = directory / description.MODEL
        self._changed = threading.Condition()
        self._status, self._message = ModelStatus.STOPPED, _MESSAGES[ModelStatus.STOPPED]
        self._model: Model | None = None
        self._looking = 0

    @property
    def state(self) -> tuple[ModelStatus, str]:
        """Its status, and what that means."""
        with self._changed:
            return self._status, self._message

    def start(self) -> None:
        """Begin to load it; raises FailedPrecondition unless it is STOPPED or FAILED."""
        with self._changed:
            self._refuse_unless(_STARTABLE, "started")
            self._become(ModelStatus.STARTING)
        # Threads of a server of gRPC are daemons. This is none: its network would abort a process that ends meanwhile.
        threading.Thread(target=self._load, name=f"load {self.about.component}", daemon=False).start()

    def _load(self) -> None:
        try:
            model = load(self._directory)
        except Exception as error:  # whatever it is, who asks for the state is told
            _log.exception("%s cannot be loaded", self.about.component)
            with self._changed:
                self._become(ModelStatus.FAILED, f"The model cannot be loaded: {str(error) or type(error).__name__}")
            return
        with self._changed:
            self._model = model
            self._become(ModelStatus.RUNNING)

    def stop(self) -> None:
        """Wait for the pictures that it looks at, and forget it; raises FailedPrecondition unless it is RUNNING."""
        with self._changed:
            self._refuse_unless((ModelStatus.RUNNING,), "stopped")
            self._become(ModelStatus.STOPPING)
            self._changed.wait_for(lambda: not self._looking)
            self._model = None
            self._become(ModelStatus.STOPPED)

    @contextmanager
    def running(self) -> Iterator[Model]:
        """The model, which is not stopped meanwhile; raises FailedPrecondition unless it is RUNNING."""
        with self._changed:
            self._refuse_unless((ModelStatus.RUNNING,), "used")
            assert self._model is not None
            model = self._model
            self._looking += 1
        try:
            yield model
        finally:
            with self._changed:
                self._looking -= 1
                self._changed.notify_all()

    def _become(self, status: ModelStatus, message: str | None = None) -> None:
        self._status, self._message = status, message or _MESSAGES[status]
        _log.info("%s: %s", self.about.component, self._message)

    def _refuse_unless(self, allowed: tuple[ModelStatus, ...], doing: str) -> None:
        if self._status not in allowed:
            expected = " or ".join(map(ModelStatus.Name, allowed))
            raise FailedPrecondition(
                f"{self.about.component} cannot be {doing}: its status is {ModelStatus.Name(self._status)}, "
                f"expected {expected}"
            )
