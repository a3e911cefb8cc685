"""Writes docs/server/settings.md: every setting of the server, as the code declares it. `make docs` runs it."""

from __future__ import annotations

from pathlib import Path

from lookout_server.config.reference import page

PAGE = Path(__file__).with_name("server") / "settings.md"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
