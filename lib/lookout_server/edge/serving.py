"""The agent at its socket, until it is told to end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import grpc

from lookout_server.edge.agent import AT_ONCE, Agent
from lookout_server.edge.bitmaps import LARGEST
from lookout_server.edge.errors import AgentError
from lookout_server.edge.models import HostedModel

_log = logging.getLogger(__name__)
#: Calls at a time: some are always left for those that are not about pictures.
_THREADS = AT_ONCE + 8
#: Seconds that calls have to end when the agent is told to; after 15, Greengrass kills it.
_GRACE = 10
_LONGEST_PATH = 107  # sockaddr_un
_OPTIONS = (("grpc.max_receive_message_length", 3 * LARGEST**2 + 65_536), ("grpc.max_send_message_length", -1))


def models_of(directories: Sequence[Path]) -> dict[str, HostedModel]:
    """The models of components by their names; raises AgentError."""
    found: dict[str, HostedModel] = {}
    for directory in directories:
        model = HostedModel(directory)
        if model.about.component in found:
            raise AgentError(f"{directory}: got a second component {model.about.component}, expected one of each name")
        found[model.about.component] = model
    return found


def serve(directories: Sequence[Path], path: Path) -> None:
    """Answer at the socket of that path until SIGTERM or SIGINT, and then end what was begun; raises AgentError."""
    models = models_of(directories)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with _place(path):
        server = grpc.server(ThreadPoolExecutor(_THREADS, "call"), options=_OPTIONS)
        server.add_generic_rpc_handlers((Agent(models).handler,))
        # Users of the component's group may call it, others not.
        before = os.umask(0o007)
        try:
            server.add_insecure_port(f"unix:{path}")
            server.start()
        except RuntimeError as error:
            raise AgentError(f"{path}: the agent cannot listen there: {error}") from error
        finally:
            os.umask(before)
        _log.info("listening at unix:%s, for %s", path, ", ".join(sorted(models)))
        ended.wait()
        _log.info("ending")
        server.stop(_GRACE).wait()
    _log.info("ended")


@contextmanager
def _place(path: Path) -> Iterator[None]:
    """The path for a socket, for this agent alone; what an agent that died has left there is removed.

    gRPC takes the socket of another one away without a word. A lock in a file would stay behind; a name that the kernel
    keeps goes with its process.
    """
    if not path.is_absolute() or len(os.fsencode(path)) > _LONGEST_PATH:
        raise AgentError(f"socket: got {path}, expected an absolute path of at most {_LONGEST_PATH} bytes")
    with socket.socket(socket.AF_UNIX) as own, socket.socket(socket.AF_UNIX) as other:
        try:
            own.bind(f"\0lookout edge {sha256(os.fsencode(path)).hexdigest()}")
        except OSError as error:
            raise _taken(path) from error
        other.setblocking(False)  # who listens may have no time for another caller
        try:
            other.connect(os.fspath(path))
        except FileNotFoundError:
            pass
        except ConnectionRefusedError as error:
            if not path.is_socket():
                raise AgentError(f"{path}: got a file that is no socket, expected a free path") from error
            _remove(path)
        except BlockingIOError as error:
            raise _taken(path) from error
        except OSError as error:
            raise _unusable(path, error) from error
        else:
            raise _taken(path)
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> AgentError:
    return AgentError(f"{path}: the agent cannot listen there: {error.strerror}")


def _taken(path: Path) -> AgentError:
    return AgentError(
        f"{path}: another agent listens there: give this one another socket, or serve both components with one agent"
    )
