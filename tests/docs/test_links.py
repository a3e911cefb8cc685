"""Links lead somewhere, and lines can be read in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import pages


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_the_links_of_a_page_lead_to_files_and_headings_that_exist(page: Path) -> None:
    broken = []
    for link in pages.links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in pages.anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_no_line_of_a_page_that_could_be_broken_is_longer_than_120_characters(page: Path) -> None:
    """The row of a table cannot be."""
    lines = page.read_text(encoding="utf-8").splitlines()
    long = [number for number, line in enumerate(lines, 1) if len(line) > 120 and not line.startswith("|")]
    assert long == []


@pytest.mark.parametrize("index", ["README.md", "docs/constructs.md", "docs/errors.md"])
def test_an_index_leads_to_every_page_below_it(index: str) -> None:
    page = pages.ROOT / index
    below = pages.ROOT / ("docs" if index == "README.md" else index.removesuffix(".md"))
    linked = {(page.parent / link.partition("#")[0]).resolve() for link in pages.links(page)}
    assert {one for one in pages.PAGES if one.parent == below} <= linked
