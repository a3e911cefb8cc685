"""The locks: everything pinned, everything with a hash, no address."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hatch_build import ROOT

PYTHON_LOCKS = ("build", "dev", "peers", "runtime/oldest", "runtime/newest")
NODE_PROJECTS = (".", "lib/lookout_local/functions/sdk")
NODE_LOCKS = [f"{project}/package-lock.json" for project in NODE_PROJECTS]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WANTED = {
    "build": PROJECT["build-system"]["requires"],
    "dev": [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["local"],
        *PROJECT["project"]["optional-dependencies"]["server"],
        *PROJECT["project"]["optional-dependencies"]["edge"],
        *PROJECT["project"]["optional-dependencies"]["dev"],
    ],
}


def entries(name: str) -> list[str]:
    """The lines of a Python lock, one per package, comments left out."""
    text = (ROOT / f"requirements/{name}.txt").read_text("utf-8")
    lines = [line for line in text.replace("\\\n", "").splitlines() if not line.lstrip().startswith("#")]
    return [line for line in lines if line.strip()]


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_python_package_is_pinned_and_has_hashes(name: str) -> None:
    pinned = re.compile(r"[a-z0-9.-]+==[^\s;]+(\s*;[^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [line for line in entries(name) if not pinned.fullmatch(line)] == []


def test_who_installs_the_local_cloud_has_what_the_server_in_it_needs() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert set(extras["server"]) <= set(extras["local"])


@pytest.mark.parametrize(
    "file", ["requirements/build.txt", "requirements/dev.txt", "requirements/peers.txt", *NODE_LOCKS]
)
def test_no_lock_names_an_address(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    text = re.sub(r'"url": "https://[^"]*"', "", text)  # where npm tells whom one could pay
    assert not re.search(r"https?:|file:/|--index-url|--extra-index-url|--find-links|--trusted-host", text)
    assert '"resolved"' not in text


@pytest.mark.parametrize("name", WANTED)
def test_the_lock_satisfies_the_project(name: str) -> None:
    pins = dict(line.split()[0].split("==") for line in entries(name))
    for wanted in map(Requirement, WANTED[name]):
        version = pins.get(canonicalize_name(wanted.name))
        assert version, f"run `make lock`: {name}.txt lacks {wanted}"
        assert wanted.specifier.contains(version), f"run `make lock`: {name}.txt has {version}, wanted {wanted}"


@pytest.mark.parametrize("project", NODE_PROJECTS)
def test_every_node_package_is_pinned_and_has_a_hash(project: str) -> None:
    manifest = json.loads((ROOT / project / "package.json").read_text("utf-8"))
    packages = json.loads((ROOT / project / "package-lock.json").read_text("utf-8"))["packages"]
    root = packages.pop("")
    for kind in ("dependencies", "devDependencies"):
        assert root.get(kind) == manifest.get(kind)
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())


def test_the_cdk_cli_is_pinned_where_it_is_wanted() -> None:
    manifest = json.loads((ROOT / "package.json").read_text("utf-8"))
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    for name, version in manifest["devDependencies"].items():
        assert packages[f"node_modules/{name}"]["version"] == version
