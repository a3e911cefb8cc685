"""The interpreter of the server: what it imports from, and what not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lookout_local import isolation

HERE = str(Path(isolation.__file__).parents[1])


def import_path(outer: dict[str, str], *, cwd: Path, python: str = sys.executable) -> list[str]:
    """Where the module that is started looks for others: `-m site` prints it."""
    command = [python, *isolation.command("site")[1:]]
    environment = isolation.environment({"PATH": os.environ["PATH"], **outer})
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    return [line.strip(" ',") for line in lines[1 : lines.index("]")]]


def test_neither_the_current_directory_nor_a_variable_is_imported_from(tmp_path: Path) -> None:
    found = import_path({"PYTHONPATH": f".:{tmp_path}", "PYTHONUSERBASE": str(tmp_path)}, cwd=tmp_path)
    assert HERE in found
    assert [entry for entry in found if entry in ("", ".") or entry.startswith(str(tmp_path))] == []


def test_the_package_is_found_where_it_is_and_after_the_standard_library(tmp_path: Path) -> None:
    found = import_path({}, cwd=tmp_path, python=sys._base_executable)  # type: ignore[attr-defined]
    assert found.index(HERE) > found.index(os.path.dirname(os.__file__))


def test_an_installation_in_an_unusual_place_is_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "target" / "ministack-1.dist-info").mkdir(parents=True)
    (tmp_path / "project").mkdir()
    monkeypatch.setattr(isolation.site, "getsitepackages", lambda: [str(tmp_path / "site-packages")])
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "project"), str(tmp_path / "target"), str(tmp_path / "none")])
    handed = isolation.environment({"PYTHONPATH": "of the user"})["PYTHONPATH"].split(os.pathsep)
    assert handed == [HERE, str(tmp_path / "target")]


def test_no_variable_that_python_reads_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    outer = {"HOME": "/home/me", "PYTHONSTARTUP": "x.py", "PYTHONWARNINGS": "error::x.Y", "PYTHONHOME": "/elsewhere"}
    inner = isolation.environment(outer)
    assert inner["HOME"] == "/home/me"
    assert {name for name in inner if name.startswith("PYTHON")} <= {"PYTHONNOUSERSITE", "PYTHONPATH"}


@pytest.mark.parametrize("without", [True, False])
def test_bytecode_is_written_as_the_user_has_it(without: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", without)
    assert ("-B" in isolation.command("site")) == without
    assert ("PYTHONDONTWRITEBYTECODE" in isolation.environment({})) == without


@pytest.mark.parametrize("spelt", ["", ".", "{here}", "{here}/", "{here}/../{name}"])
def test_the_command_leaves_the_current_directory(spelt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [spelt.format(here=tmp_path, name=tmp_path.name), "/usr/lib/python3"])
    isolation.leave_current_directory()
    assert sys.path == ["/usr/lib/python3"]


def test_the_command_stays_in_a_current_directory_in_which_packages_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "typer-1.dist-info").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    isolation.leave_current_directory()
    assert sys.path == [str(tmp_path)]


def test_a_current_directory_that_is_gone_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "path", ["/usr/lib/python3"])
    isolation.leave_current_directory()
    assert sys.path == ["/usr/lib/python3"]
