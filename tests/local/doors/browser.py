"""Debian's chromium, without a window, and a page of another origin for it to open."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
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


def command(profile: Path, *options: str) -> list[str]:
    """The browser with a profile of its own; as root it runs without its sandbox."""
    root = ["--no-sandbox"] if os.getuid() == 0 else []
    return [require(), *_FLAGS, *root, f"--user-data-dir={profile}", *options]


def shows(profile: Path, url: str, *options: str) -> str:
    """What the browser shows of a page that its user opens, once its scripts are done."""
    opened = command(profile, "--dump-dom", "--virtual-time-budget=10000", *options, url)
    return subprocess.run(opened, capture_output=True, text=True, timeout=120, check=True).stdout


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


@contextmanager
def visiting(profile: Path, url: str, *options: str) -> Iterator[None]:
    """Somebody who stays on a page."""
    browser = subprocess.Popen(
        command(profile, *options, url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(browser.pid, signal.SIGKILL)  # its own session, so its own processes
        browser.wait()
