"""What the pages in examples/ tell to type is what the apps and the commands take."""

from __future__ import annotations

import re

import pytest
import typer.main

from lookout_local.clients import client
from lookout_local.commands import app
from tests.docs import pages

INDEX = "examples/README.md"
EXAMPLES = sorted(path.parent.name for path in (pages.ROOT / "examples").glob("*/app.py"))
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def typed(example: str) -> str:
    """The commands on the page of an example, and on the page of all of them."""
    return "\n".join(_CONSOLE.findall(pages.text(f"examples/{example}/README.md") + pages.text(INDEX)))


def test_every_example_has_a_page_that_is_in_the_index() -> None:
    linked = {link for link in pages.links(pages.ROOT / INDEX) if link.endswith("/README.md")}
    assert linked == {f"{name}/README.md" for name in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_page_gives_its_app_no_context_but_what_it_reads(example: str) -> None:
    page = pages.text(f"examples/{example}/README.md")
    given = set(re.findall(r"-c (\w+)=", page))
    read = set(re.findall(r"""(?:try_get_context|given)\("(\w+)"\)""", pages.text(f"examples/{example}/app.py")))
    assert given
    assert given <= read


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_stacks_and_files_that_a_page_names_exist(example: str) -> None:
    source = pages.text(f"examples/{example}/app.py")
    for stack in re.findall(r"cdk (?:--account \d+ )?(?:deploy|destroy) (\w+)", typed(example)):
        assert f'{stack}(app, "{stack}"' in source
    for directory in re.findall(r"^cd (\S+)$", typed(example), re.MULTILINE):
        assert (pages.ROOT / directory / "cdk.json").is_file()
    for output in re.findall(r"<([A-Z]\w+)>", typed(example)):
        assert any(f'"{output}"' in pages.text(f"examples/{name}/app.py") for name in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_commands_on_a_page_exist(example: str) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"^lookout-local (\w+)", typed(example), re.MULTILINE)) <= set(commands)
    equipment = client("lookoutequipment", endpoint_url="http://127.0.0.1:9", aws_secret_access_key="never checked")
    for operation in re.findall(r"aws lookoutequipment ([a-z-]+)", typed(example)):
        assert hasattr(equipment, operation.replace("-", "_"))
