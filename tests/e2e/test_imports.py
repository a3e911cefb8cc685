"""A project has modules of any name; none of them runs in the local cloud, nor does what lies in the user's site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

import lookout_local
from tests.e2e.shell import Shell

ROOT = Path(__file__).parents[2]
OURS = ("lookout_local", "cdk_lookout", "ministack", "boto3", "botocore", "hypercorn", "PIL", "typer", "rich", "docker")
HOSTILE = """
import sys
with open({journal!r}, "a") as journal:
    print({name!r}, sys.orig_argv, file=journal)
raise ImportError("not to be imported")
"""
CLOUD = """
from lookout_local import LocalCloud
with LocalCloud() as cloud:
    assert cloud.client("s3").list_buckets()["Buckets"] == []
"""
TEST = """
def test_there_is_a_cloud(lookout_cloud):
    assert lookout_cloud.client("s3").list_buckets()["Buckets"] == []
"""
PROGRAM = """
import io, json, zipfile
from lookout_local import LocalCloud

TRUST = {{"Effect": "Allow", "Principal": {{"Service": "lambda.amazonaws.com"}}, "Action": "sts:AssumeRole"}}
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive:
    archive.writestr("index.py", {function!r})
with LocalCloud() as cloud:
    role = cloud.client("iam").create_role(
        RoleName="function", AssumeRolePolicyDocument=json.dumps({{"Version": "2012-10-17", "Statement": [TRUST]}})
    )
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="where",
        Runtime="python3.13",
        Handler="index.handle",
        Role=role["Role"]["Arn"],
        Code={{"ZipFile": code.getvalue()}},
    )
    with open("answer", "wb") as answer:
        answer.write(functions.invoke(FunctionName="where")["Payload"].read())
"""
FUNCTION = """
import os, site, sys
import botocore

def handle(event, context):
    return [site.ENABLE_USER_SITE, sys.path, os.getcwd()]
"""


@dataclass(frozen=True)
class Project:
    """A directory, and a user's site, with a module of every name that Python itself or a package of ours has."""

    directory: Path
    site: Path
    journal: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONUSERBASE": str(self.site)}

    @property
    def imported(self) -> str:
        """What was imported of it, and by which command."""
        return self.journal.read_text() if self.journal.exists() else ""

    def run(self, *command: str, **environment: str) -> None:
        done = subprocess.run(
            command, cwd=self.directory, env={**self.environment, **environment}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project", tmp_path / "user", tmp_path / "journal")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for directory in (made.directory, made.site / "lib" / version / "site-packages"):
        directory.mkdir(parents=True)
        for name in {*sys.stdlib_module_names, *OURS, "sitecustomize", "usercustomize"}:
            (directory / f"{name}.py").write_text(HOSTILE.format(journal=str(made.journal), name=name))
    return made


def test_the_command_imports_nothing_of_the_project(project: Project) -> None:
    shell = Shell(project.directory, environment=project.environment)
    shell("up")
    for command in ("status", "env", "reset", "down"):
        shell(command)
    assert project.imported == ""


def test_what_makes_an_account_ready_for_an_app_imports_nothing_of_the_project(project: Project) -> None:
    (project.directory / "node_modules").symlink_to(ROOT / "node_modules")
    (project.directory / "app.sh").write_text("""echo '{"version": "36.0.0"}' > "$CDK_OUTDIR"/manifest.json""")
    shell = Shell(project.directory, environment=project.environment)
    shell("up")
    try:
        assert "no stacks" in shell("cdk", "deploy", "--app", "sh app.sh", status=1)
    finally:
        shell("down")
    assert project.imported == ""


def test_the_server_of_a_program_imports_nothing_of_the_project(project: Project, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(CLOUD)
    project.run(sys.executable, str(tmp_path / "program.py"))
    assert project.imported == ""


def test_the_server_of_a_test_run_imports_nothing_of_the_project(project: Project, tmp_path: Path) -> None:
    (tmp_path / "test_cloud.py").write_text(TEST)
    project.run(
        str(Path(sys.executable).with_name("pytest")), "-p", "no:cacheprovider", str(tmp_path / "test_cloud.py")
    )
    assert project.imported == ""


@pytest.mark.parametrize("variable", ["", ".", ":"])
def test_the_server_does_not_import_from_where_the_program_does(variable: str, project: Project) -> None:
    for path in project.directory.glob("*.py"):
        if path.stem not in (*OURS[2:], "asyncio", "sitecustomize", "usercustomize"):
            path.unlink()  # the program would import it, which has the current directory on its path
    (project.directory / "boto3.py").unlink()
    (project.directory / "botocore.py").unlink()
    project.run(sys.executable, "-c", CLOUD, PYTHONPATH=variable)
    assert [line for line in project.imported.splitlines() if CLOUD.splitlines()[1] not in line] == []


def test_an_installation_in_an_unusual_place_serves_and_runs_functions(project: Project, tmp_path: Path) -> None:
    """Python itself, whose user's site counts, finds the packages by PYTHONPATH only."""
    (tmp_path / "program.py").write_text(PROGRAM.format(function=FUNCTION))
    for path in (project.site / "lib").rglob("*.py"):
        if path.stem != "usercustomize":
            path.unlink()  # the program itself takes what it finds there
    packages = [str(Path(lookout_local.__file__).parents[1]), sysconfig.get_path("purelib")]
    program = [sys._base_executable, str(tmp_path / "program.py")]  # type: ignore[attr-defined]
    project.run(*program, PYTHONPATH=os.pathsep.join(packages))
    assert [line for line in project.imported.splitlines() if "program.py" not in line] == []
    user_site, path, directory = json.loads((project.directory / "answer").read_text())
    assert not user_site
    assert [entry for entry in path if entry.startswith((str(project.directory), str(project.site)))] == []
    assert not directory.startswith(str(project.directory))
