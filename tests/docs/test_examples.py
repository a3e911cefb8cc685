"""The examples run as they stand in the documentation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("CDK_VALIDATION", "false")

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from lookout_local import LocalCloud
from lookout_server.settings import Settings
from tests.docs import pages

ACCOUNT = "333333333333"
DATASET_ARN = "arn:aws:lookoutequipment:us-east-1:111111111111:dataset/pumps/0a1b"
MODEL_ARN = "arn:aws:lookoutequipment:us-east-1:111111111111:model/wear/2c3d"
#: The pages about constructs that have examples.
CONSTRUCTS = [
    pages.name(page) for page in pages.PAGES if page.parent.name == "constructs" and "```python" in page.read_text()
]
APP, DEPLOYED, SNAPSHOT = pages.python("README.md")


def run(*blocks: str) -> dict[str, Any]:
    """What *blocks* define, one after the other in one module."""
    module = ModuleType("example")
    for block in blocks:
        exec(compile(block, "<example>", "exec"), module.__dict__)
    return module.__dict__


def run_pytest(directory: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, "."]
    # As a reader runs it, not as a worker of this run.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The README's app.py, for examples to import from."""
    monkeypatch.chdir(tmp_path)
    module = ModuleType("app")
    exec(compile(APP, "app.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "app", module)
    return module


@pytest.fixture
def cloud(lookout_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The session's cloud; what an example leaves is removed."""
    yield lookout_cloud
    lookout_cloud.faults.clear()
    lookout_cloud.settings.put(Settings())
    lookout_cloud.destroy(cdk.Stack(cdk.App(), "Plant"))
    equipment = lookout_cloud.client("lookoutequipment")
    for item in equipment.list_datasets(DatasetNameBeginsWith="Plant-")["DatasetSummaries"]:
        equipment.delete_dataset(DatasetName=item["DatasetName"])


def test_the_first_example_is_an_app(app: ModuleType) -> None:
    assert assertions.Template.from_stack(app.Plant(cdk.App(), "Plant")).find_resources(
        "Custom::LookoutEquipmentDataset"
    )


@pytest.mark.e2e
def test_the_first_example_deploys_and_its_test_passes(app: ModuleType, cloud: LocalCloud) -> None:
    run(DEPLOYED)["test_the_dataset_is_shared"](cloud)


@pytest.mark.e2e
def test_what_the_readme_says_of_the_first_example_holds(app: ModuleType, cloud: LocalCloud) -> None:
    arn = cloud.deploy(app.Plant(cdk.App(), "Plant"))["PumpsArn"]
    assert ":dataset/Plant-Pumps-" in arn
    cloud.calls.clear()
    cloud.deploy(app.Plant(cdk.App(), "Plant"))
    assert cloud.calls.all() == []
    cloud.destroy(app.Plant(cdk.App(), "Plant"))
    assert cloud.deploy(app.Plant(cdk.App(), "Plant"))["PumpsArn"] == arn


def test_the_snapshot_examples_run(tmp_path: Path) -> None:
    conftest, test = pages.python("docs/testing.md")[:2]
    (tmp_path / "suite").mkdir()
    for name, content in {
        "app.py": APP,
        "test_readme.py": SNAPSHOT,
        "suite/conftest.py": conftest,
        "suite/test_plant.py": test,
    }.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert "2 snapshots generated" in run_pytest(tmp_path, "--snapshot-update")
    assert "2 snapshots passed" in run_pytest(tmp_path)


@pytest.mark.e2e
@pytest.mark.parametrize(
    "name",
    [
        "test_the_dataset_exists",
        "test_throttling_does_not_fail_a_deployment",
        "test_a_full_account_fails_a_deployment",
        "test_a_project_of_vision_can_be_made",
    ],
)
def test_a_test_in_the_documentation_passes(name: str, cloud: LocalCloud) -> None:
    test: Callable[[LocalCloud], None] = run(*pages.python("docs/testing.md")[1:])[name]
    test(cloud)


@pytest.mark.parametrize(
    "page",
    [
        *CONSTRUCTS,
        "docs/vision.md",
        "docs/end-of-service.md",
        "docs/monitoring.md",
        "docs/server/constructs.md",
        "examples/README.md",
    ],
)
def test_the_examples_of_a_page_synthesise(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Some write the file that they use.
    monkeypatch.chdir(tmp_path)
    defined = run(*pages.python(page))
    stacks = [value for value in defined.values() if isinstance(value, cdk.Stack)]
    assert stacks
    for stack in stacks:
        assertions.Template.from_stack(stack)


@pytest.mark.parametrize("name", ["FromContext", "FromParameter", "FromSsm"])
def test_an_arn_crosses_accounts_in_each_way_of_the_documentation(name: str) -> None:
    stack = run(*pages.python("docs/cross-account.md"))[name](
        cdk.App(context={"dataset_arn": DATASET_ARN}), "Plant", env=cdk.Environment(account=ACCOUNT, region="us-east-1")
    )
    assertions.Template.from_stack(stack).has_resource_properties(
        "Custom::LookoutEquipmentDataset", {"SourceDatasetArn": assertions.Match.any_value()}
    )


def test_a_dataset_alone_is_shared_as_in_the_documentation() -> None:
    environment = cdk.Environment(account="111111111111", region="us-east-1")
    define = run(*pages.python("docs/cross-account.md"))["ShareDataset"]
    stack = define(cdk.App(), "Share", dataset_arn=DATASET_ARN, env=environment)
    assertions.Template.from_stack(stack).resource_count_is("Custom::LookoutEquipmentResourcePolicy", 1)


@pytest.mark.parametrize("name", ["Share", "Plant"])
def test_both_sides_of_sharing_synthesise(name: str) -> None:
    account = "111111111111" if name == "Share" else ACCOUNT
    stack = run(*pages.python("docs/cross-account.md"))[name](
        cdk.App(),
        name,
        dataset_arn=DATASET_ARN,
        model_arn=MODEL_ARN,
        env=cdk.Environment(account=account, region="us-east-1"),
    )
    assertions.Template.from_stack(stack)
