"""Messages to an address of the user's own, signed so that who receives them knows whose they are.

Form and signature are those of Standard Webhooks (https://www.standardwebhooks.com): libraries of many languages check
them. A message has an id, under which it may come more than once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
import time
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

#: Seconds that the receiver may take, and between two looks at who takes longer.
_PATIENCE, _LOOK = 10.0, 1.0
_PREFIX = "whsec_"
#: What the specification asks for.
_LEAST, _MOST = 24, 64
_OTHERS = 0o077
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class WebhookError(Exception):
    """A message cannot be sent, or was not accepted; the message says why."""


class _NoRedirects(HTTPRedirectHandler):
    """What is signed for one address goes to no other one."""

    def redirect_request(self, *_: object) -> None:
        return None


class _Watched:
    """The connections of a message, broken off when the receiver's time is over.

    A timeout of sockets begins anew with each byte, and with each address that a name has.
    """

    def __init__(self) -> None:
        self._made: list[HTTPConnection] = []
        self._done = threading.Event()
        self.is_late = False

    def __enter__(self) -> _Watched:
        threading.Thread(target=self._watch, name="webhook", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def connection(self, kind: Any, *arguments: Any, **more: Any) -> HTTPConnection:
        """One that is watched."""
        made: HTTPConnection = kind(*arguments, **more)
        self._made.append(made)
        return made

    def _watch(self) -> None:
        pause = _PATIENCE
        while not self._done.wait(pause):
            self.is_late, pause = True, _LOOK
            for sock in [one.sock for one in self._made if one.sock]:
                with suppress(OSError):  # such as before it is connected
                    socket.shutdown(sock, SHUT_RDWR)  # and no farewell of TLS, which the other thread is in


class _Http(HTTPSHandler, HTTPHandler):
    def __init__(self, watched: _Watched) -> None:
        super().__init__()
        self._watched = watched

    def do_open(self, http_class: Any, req: Request, **more: Any) -> Any:
        return super().do_open(partial(self._watched.connection, http_class), req, **more)


def _opener(url: str, watched: _Watched) -> OpenerDirector:
    # What is meant for this machine does not leave it, whatever proxy there is for other addresses.
    near = urlsplit(url).hostname in _LOOPBACK
    return build_opener(_NoRedirects, _Http(watched), *([ProxyHandler({})] if near else []))


def is_private(url: str) -> bool:
    """Whether nobody on the way to an address can read what is sent there."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def shown(url: str) -> str:
    """An address as a message may have it: without user, password and what follows the host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}"


def secret(file: Path) -> bytes:
    """The secret in a file, which is base64, after `whsec_` or not. Raises WebhookError."""
    try:
        if file.stat().st_mode & _OTHERS:
            raise WebhookError(f"{file}: others than its owner may read it; chmod 600 {file}")
        text = file.read_text("ascii").strip()
        found = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, UnicodeDecodeError):
        found = b""
    except OSError as error:
        raise WebhookError(f"{file}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    if not _LEAST <= len(found) <= _MOST:
        raise WebhookError(f"{file}: holds no secret, expected {_LEAST} to {_MOST} bytes as base64")
    return found


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    """What the header `webhook-signature` says."""
    digest = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def send(url: str, file: Path, id: str, body: bytes) -> None:
    """Send a message, signed with the secret in the file. Raises WebhookError unless the answer is a success."""
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "lookout-server",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret(file), id, timestamp, body),
    }
    with _Watched() as watched:
        try:
            with _opener(url, watched).open(Request(url, body, headers), timeout=_PATIENCE):
                return
        except HTTPError as error:
            error.close()
            raise WebhookError(f"the answer was {error.code} {error.reason}") from None
        except (URLError, OSError, ValueError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            late = f"there was no answer in {_PATIENCE:.0f} seconds"
            raise WebhookError(late if watched.is_late else f"it could not be reached: {reason}") from None
