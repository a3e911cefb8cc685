"""The reference names everything that there is: attributes, properties, commands and make targets."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import typer.main

from cdk_lookout import LookoutProvider, equipment, vision
from lookout_local import LocalCloud
from lookout_local.commands import app
from lookout_provider import resources
from tests.docs import pages

CONSTRUCTS = [
    equipment.Dataset,
    equipment.DataIngestion,
    equipment.Model,
    equipment.ModelVersion,
    equipment.LatestModelVersion,
    equipment.ActiveModelVersion,
    equipment.ResourcePolicy,
    equipment.InferenceScheduler,
    equipment.RetrainingScheduler,
    equipment.LabelGroup,
    equipment.Label,
    equipment.LabelSet,
    equipment.ModelShare,
    equipment.ModelImport,
    equipment.Monitoring,
    vision.Project,
    vision.Dataset,
    vision.Model,
    vision.HostedModel,
    vision.HostingHours,
    vision.ModelPackagingJob,
    vision.Monitoring,
    LookoutProvider,
]
VISION = "docs/vision.md"
#: Constructs with a page of their own.
ELSEWHERE: dict[type[Any], str] = {
    equipment.ModelShare: "docs/cross-account.md",
    equipment.ModelImport: "docs/cross-account.md",
    equipment.Monitoring: "docs/monitoring.md",
}


def section(page: str, heading: str) -> str:
    """What a page says under a heading of the second level."""
    return re.split(r"^## ", pages.text(page).partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def section_of(construct: type[Any]) -> str:
    of_service = VISION if construct.__module__.startswith(vision.__name__) else None
    page = ELSEWHERE.get(construct, of_service) or page_of(construct.__name__)
    return section(page, construct.__name__)


def page_of(construct: str) -> str:
    """The one page of docs/constructs/ with a section of that name."""
    found = [pages.name(page) for page in pages.PAGES if page.parent.name == "constructs"]
    return next((page for page in found if section(page, construct)), "")


def missing(names: list[str], text: str) -> list[str]:
    return [name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", text)]


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda construct: construct.__name__)
def test_every_property_of_a_construct_is_documented(construct: type[Any]) -> None:
    given = list(inspect.signature(construct.__init__).parameters)
    names = [name for name in given if name not in ("self", "scope", "id", "stack")]
    assert missing(names, section_of(construct)) == []


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda construct: construct.__name__)
def test_every_attribute_of_a_construct_is_documented(construct: type[Any]) -> None:
    names = [name for name, member in vars(construct).items() if isinstance(member, property)]
    assert missing([name for name in names if name != "cdk_tag_manager"], section_of(construct)) == []


def test_every_metric_is_documented() -> None:
    names = [name for name in vars(equipment.Monitoring) if name.startswith("metric_")]
    names += [figure.name for figure in equipment.DataQuality]
    assert missing(names, section("docs/monitoring.md", "Metrics")) == []


@pytest.mark.parametrize("name", [name for name in resources.TYPES if resources.type_of(name).attributes])
def test_no_attribute_is_documented_that_does_not_exist(name: str) -> None:
    traits = resources.type_of(name)
    page = VISION if traits.service_name == "lookoutvision" else page_of(traits.__name__)
    table = section(page, traits.__name__).partition("`Fn::GetAtt`")[2].partition("\n\n")[0]
    cells = [row.split("|")[2] for row in table.splitlines() if row.startswith("| `")]
    documented = {found for cell in cells for found in re.findall(r"`(\w+)`", cell)} - {"Ref"}
    assert documented
    assert documented <= set(traits.attributes)


def test_every_member_of_a_local_cloud_is_documented() -> None:
    members = [name for name in vars(LocalCloud) if not name.startswith("_") and name not in ("start", "stop")]
    assert missing(members, pages.text("docs/testing.md")) == []


def test_every_command_of_lookout_local_is_in_the_documentation() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    text = pages.text("docs/testing.md")
    assert [name for name in commands if f"lookout-local {name}" not in text] == []


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/iam.md", "docs/errors/synthesis.md", "examples/README.md"]
)
def test_the_make_targets_in_a_page_exist(page: str) -> None:
    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", pages.text(page), re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", pages.text("Makefile"), re.MULTILINE))
    assert {one or other for one, other in named} <= targets
