"""The pages of the documentation, as far as tests look into them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])

_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def python(page: str) -> list[str]:
    """The Python examples of a page."""
    return _PYTHON.findall(text(page))


def links(page: Path) -> list[str]:
    """The targets of a page's links to other pages and to itself."""
    return [link for link in _LINK.findall(_CODE.sub("", text(name(page)))) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as a Markdown renderer makes them."""
    headings = _HEADING.findall(_CODE.sub("", text(name(page))))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(page: str, first: str) -> list[list[str]]:
    """The cells of every table row of a page whose first cell matches the pattern *first*."""
    found = []
    for line in text(page).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.fullmatch(first, cells[0]):
            found.append(cells)
    return found
