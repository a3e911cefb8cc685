"""Writes `sections.py` of each package out of docs/errors/: in which section of the documentation a message stands.

`make docs` runs it; a test fails when a module is not what it would write.
"""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).with_name("errors")
_ROOT = PAGES.parents[1]
#: The modules, and the pages on which the messages of their packages stand.
MODULES = {
    _ROOT / "lib/cdk_lookout/sections.py": ("synthesis", "equipment", "vision", "files"),
    _ROOT / "lambda/lookout_provider/sections.py": ("deployment", "files"),
    _ROOT / "lib/lookout_local/sections.py": ("local-cloud", "local-stacks", "local-requests"),
}

_MODULE = '''\
"""Where the documentation has a message of this package. This module is generated: `make docs` writes it."""

from __future__ import annotations

#: What differs from case to case in a message.
_GAP = "…"
#: The messages of every section.
_SECTIONS: dict[str, list[str]] = {{
{entries}
}}


def section(message: str) -> str | None:
    """The page and section that quotes *message*; of several, the one that quotes most of it."""
    found = [
        (len(quoted), place) for place, messages in _SECTIONS.items() for quoted in messages if _fits(quoted, message)
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


def _fits(quoted: str, message: str) -> bool:
    """Whether *message* is what is *quoted*, with anything in its gaps: in one pass, however long it is."""
    beginning, *pieces = quoted.split(_GAP)
    if not pieces:
        return message == quoted
    end, at = len(message) - len(pieces[-1]), len(beginning)
    if not message.startswith(beginning) or not message.endswith(pieces.pop()):
        return False
    for piece in pieces:
        if (found := message.find(piece, at)) < 0:
            return False
        at = found + len(piece)
    return at <= end
'''


def quoted(page: str) -> dict[str, list[str]]:
    """The messages that each section of a page is about."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    sections = [section.partition("\n") for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]]
    return {name: re.findall(r"^- `(.+)`$", body, re.MULTILINE) for name, _, body in sections}


def module(pages: tuple[str, ...]) -> str:
    """The whole module for the messages on *pages*."""
    entries = []
    for page in pages:
        for name, messages in quoted(page).items():
            texts = "\n".join(f"        {_literal(message)}," for message in messages)
            entries.append(f'    "docs/errors/{page}.md#{name}": [\n{texts}\n    ],')
    return _MODULE.format(entries="\n".join(entries))


def _literal(text: str) -> str:
    mark = "'" if '"' in text and "'" not in text else '"'
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def main() -> None:
    for file, pages in MODULES.items():
        file.write_text(module(pages), encoding="utf-8")


if __name__ == "__main__":
    main()
