"""A request as it arrived, read in the same way for the check of its signature and for everything that follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qs, quote

from lookout_server.http.asgi import Scope


@dataclass(frozen=True)
class Arrival:
    """Everything of a request but its body. `path` is decoded, `raw_path` as it was sent."""

    method: str
    path: str
    raw_path: str
    query_string: str
    raw_headers: list[tuple[bytes, bytes]]
    client: str

    @classmethod
    def of(cls, scope: Scope) -> Arrival:
        """What an ASGI scope says of a request, or of a websocket's handshake, which is a GET."""
        return cls(
            method=scope.get("method", "GET"),
            path=scope["path"],
            raw_path=(scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1"),
            query_string=scope.get("query_string", b"").decode("utf-8", "replace"),
            raw_headers=list(scope["headers"]),
            client=(scope.get("client") or ("127.0.0.1",))[0],
        )

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The parameters of the query, each with its values in order."""
        return parse_qs(self.query_string, keep_blank_values=True)

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers by their names in lower case. A signature joins the values of a repeated one with a comma."""
        return {name: ",".join(values) for name, values in self._lines.items()}

    def repeated(self, name: str) -> bool:
        """Whether a header stands on several lines."""
        return len(self._lines.get(name, ())) > 1

    @property
    def host(self) -> str:
        """The address that was asked for."""
        return self.headers.get("host", "")

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        lines: dict[str, list[str]] = {}
        for name, value in self.raw_headers:
            lines.setdefault(name.decode("latin-1").lower(), []).append(_text(value))
        return lines


def _text(value: bytes) -> str:
    """The value of a header, as both ends of a signature read it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
