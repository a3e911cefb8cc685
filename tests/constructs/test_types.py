"""What a strict type checker says of a user's module."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cdk_lookout

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def mypy(file: Path) -> subprocess.CompletedProcess[str]:
    """Reads the cache of the project's own check: the types of the whole CDK take a minute without it."""
    library = Path(cdk_lookout.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(file)],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_user_may_pass_every_class_where_its_protocol_is_expected() -> None:
    run = mypy(HERE / "typed_user.py")
    assert run.stdout.startswith("Success"), run.stdout + run.stderr


def test_a_user_is_told_of_a_name_where_a_construct_is_expected(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(
        "from cdk_lookout import equipment\n"
        "source = equipment.DatasetSource.imported('arn')\n"
        "target: equipment.IPolicyTarget = equipment.DatasetSource.detected()\n"
    )
    assert mypy(file).stdout.count("error:") == 2
