"""Where the documentation has a message of this package. This module is generated: `make docs` writes it."""

from __future__ import annotations

#: The messages of every section; `…` stands for what differs from case to case.
SECTIONS: dict[str, list[str]] = {
    "docs/errors/settings.md#value": [
        "… of …: got …, expected …",
    ],
    "docs/errors/settings.md#form": [
        "…: got '…', expected describes=<count>, seconds=<seconds>, or both with a comma between them",
        "…: got '…', expected a number with s, m, h or d behind it, such as 90s or 14d",
        "…: got '…', expected the name of one of them: …",
    ],
    "docs/errors/settings.md#empty-progress": [
        "Progress: got neither looks nor seconds, expected one of them or both: by_describes or by_seconds",
    ],
}
