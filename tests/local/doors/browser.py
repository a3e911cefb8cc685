"""Debian's chromium, without a window, and a page of another origin for it to open."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
MISSING = "chromium is not installed: `make browser` does it, as root on Debian"
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def require() -> str:
    """The browser; without it the test is skipped, and fails where everything is to be tested."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return CHROMIUM


@contextmanager
def _started(*options: str) -> Iterator[subprocess.Popen[str]]:
    """A browser with a home of its own, which is gone afterwards; as root it runs without its sandbox."""
    root = ["--no-sandbox"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as home:
        browser = subprocess.Popen(
            [require(), *_FLAGS, *root, f"--user-data-dir={home}/profile", *options],
            env={**os.environ, "HOME": home, "TMPDIR": home},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            yield browser
        finally:
            browser.terminate()  # so that it removes what it has in /tmp
            with suppress(subprocess.TimeoutExpired):
                browser.communicate(timeout=30)
            with suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)  # its own session, so its own processes
            browser.communicate()


def shows(url: str, *options: str) -> str:
    """What the browser shows of a page that its user opens, once its scripts are done."""
    with _started("--dump-dom", "--virtual-time-budget=10000", *options, url) as browser:
        return browser.communicate(timeout=120)[0]


@contextmanager
def visiting(url: str) -> Iterator[None]:
    """Somebody who stays on a page."""
    with _started(url):
        yield


class Site:
    """A web server of somebody else: it serves one page, and keeps what it is told.

    It answers every request as a careless server does: with success, for every origin.
    """

    def __init__(self, page: str = "") -> None:
        site = self
        self.page = page
        self.received: list[str] = []
        self.told: Any = None
        self._done = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == "/told":
                    site.told = json.loads(body)
                    site._done.set()
                elif self.path != "/page":
                    site.received.append(f"{self.command} {self.path}")
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                for name in ("Origin", "Methods", "Headers"):
                    self.send_header(f"Access-Control-Allow-{name}", "*")
                self.end_headers()
                self.wfile.write(site.page.encode())

            do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def wait(self, seconds: float = 120) -> Any:
        """What the page tells when it is done."""
        assert self._done.wait(seconds), f"the page did not come to its end; it asked for {self.received}"
        return self.told

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def site(page: str = "") -> Iterator[Site]:
    made = Site(page)
    yield made
    made.close()
