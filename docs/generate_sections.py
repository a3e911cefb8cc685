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
    _ROOT / "lib/lookout_local/sections.py": ("local-cloud", "local-stacks", "local-requests", "settings"),
    _ROOT / "lib/lookout_server/sections.py": ("server", "settings", "store"),
}

_MODULE = '''\
"""Where the documentation has a message of this package. This module is generated: `make docs` writes it."""

from __future__ import annotations

#: The messages of every section; `…` stands for what differs from case to case.
SECTIONS: dict[str, list[str]] = {{
{entries}
}}
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
