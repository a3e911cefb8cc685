"""The zip as Lambda runs it: its own files, and whatever botocore the runtime happens to bring.

The local cloud runs functions with this environment's interpreter, so what differs there is proven here: the contract
suite runs with the unpacked zip in the place of the sources, and with the oldest and the newest botocore that the
provider supports. That nothing else is imported is the subject of test_modules.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cdk_lookout.provider.asset import provider_zip
from hatch_build import ROOT

pytestmark = pytest.mark.e2e
RUNTIMES = ROOT / "requirements/runtime"
#: What is not about calls and their answers, so that another botocore changes nothing: when events are interrupted, in
#: which form CloudFormation has sent them, in which stack they are, and what the policies allow.
ELSEWHERE = ("test_interruptions", "test_corpus", "test_nested", "test_permissions")


def botocore(runtime: str) -> Path:
    """The packages of a runtime, installed once from its lock."""
    lock = RUNTIMES / f"{runtime}.txt"
    target = ROOT / "build/runtime" / f"{runtime}-{lock.stat().st_mtime_ns}"
    if not target.exists():
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]
        unfinished = target.with_suffix(f".{os.getpid()}")
        options = ["--only-binary=:all:", "--require-hashes", "--requirement", str(lock), "--target", str(unfinished)]
        subprocess.run([*pip, *options], check=True)
        unfinished.rename(target)
    return target


@pytest.mark.parametrize("runtime", ["oldest", "newest"])
def test_the_contract_holds_for_the_zip_with_another_botocore(runtime: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(provider_zip()) as archive:
        archive.extractall(tmp_path)
    packages = botocore(runtime)
    check = "import botocore, lookout_provider as p; print(botocore.__version__, p.__file__)"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, packages))),
    }
    python = [sys.executable, "-c", check]
    found = subprocess.run(python, env=environment, capture_output=True, text=True, check=True).stdout.split()
    [pinned] = [line.split("==")[1].split()[0] for line in lock_lines(runtime) if line.startswith("botocore==")]
    assert found == [pinned, str(tmp_path / "lookout_provider/__init__.py")]
    suite = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", f"pythonpath={tmp_path} {packages} ."]
    done = subprocess.run(
        [sys.executable, *suite, "-k", " and not ".join(("at-once", *ELSEWHERE)), "tests/contract"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


def lock_lines(runtime: str) -> list[str]:
    return (RUNTIMES / f"{runtime}.txt").read_text("utf-8").splitlines()
