"""The AWS SDK for JavaScript, which Lambda has in its Node runtimes: fetched when a function first needs a part of it.

The versions and their digests are those of the lock beside this file; npm fetches them into the state directory, and
nothing is written elsewhere. A function asks by a POST to a URL that only the functions of this cloud know
(`surroundings.cjs` does it), so that npm runs here, with the user's own settings for it: registry, proxy, certificates.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from lookout_local.errors import LocalCloudError
from lookout_local.node import npm

PATH = "/_functions/sdk/"
_LOCK = Path(__file__).parent / "package-lock.json"
_SECONDS = 300
# Two more tries within seconds: whoever is offline gets to know it while the deployment is young.
_RETRIES = ("--fetch-retries=2", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000")
_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", *_RETRIES)
_REFUSAL = """#!/bin/sh
echo "the local cloud installs no other AWS SDK than the one that functions find: see 'CDK's own custom resources'" >&2
exit 1
"""


class SdkUnavailable(RuntimeError):
    """A part of the SDK cannot be had; the message says why."""


@dataclass
class Sdk:
    """The SDK of one cloud. `directory` is where it is fetched to, `environment` what npm runs in."""

    directory: Path
    environment: Mapping[str, str]
    token: str = field(default_factory=lambda: secrets.token_hex(20))
    #: Why a function did not get what it asked for last, by its ARN: code of CDK's hides it.
    failures: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def programs(self) -> Path:
        """The directory that comes first on the PATH of functions in Node: its `npm` refuses.

        CDK's custom resources install the newest SDK with npm below /tmp when they are told to, and go on with the one
        they find when that fails.
        """
        directory = self.directory / "bin"
        if not directory.exists():
            directory.mkdir(parents=True)
            (directory / "npm").write_text(_REFUSAL)
            (directory / "npm").chmod(0o755)
        return directory

    def fetch(self, package: str) -> None:
        """Have a package, such as `@aws-sdk/client-s3`, below the directory; raises SdkUnavailable."""
        if not _version(package):
            raise SdkUnavailable(f"{package} is not among the parts of the AWS SDK that a local cloud has, see {_LOCK}")
        with self._lock:
            here = self._installed()
            if package not in here:
                self._install({*here, package}, package)

    def _installed(self) -> set[str]:
        """The packages of the lock that are here in its version, by what npm notes when it is done."""
        try:
            noted = json.loads((self.directory / "node_modules/.package-lock.json").read_text())["packages"]
        except (OSError, ValueError):
            return set()
        here = {path.removeprefix("node_modules/"): package["version"] for path, package in noted.items()}
        at_the_top = {name: version for name, version in here.items() if "/node_modules/" not in name}
        return {name for name, version in at_the_top.items() if _version(name) == version}

    def _install(self, packages: set[str], wanted: str) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        cache_directory = self.directory / "cache"
        # npm keeps to the lock, and leaves out what nothing asks for.
        shutil.copyfile(_LOCK, self.directory / _LOCK.name)
        dependencies = {name: _version(name) for name in sorted(packages)}
        (self.directory / "package.json").write_text(json.dumps({"private": True, "dependencies": dependencies}))
        print(f"fetching {wanted} for functions in Node", file=sys.stderr, flush=True)
        try:
            command = [*npm(), "install", *_OPTIONS, "--cache", str(cache_directory)]
            done = subprocess.run(
                command,
                cwd=self.directory,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except (LocalCloudError, OSError, subprocess.TimeoutExpired) as error:
            raise _unavailable(wanted, str(error)) from error
        finally:
            shutil.rmtree(cache_directory, ignore_errors=True)
        if done.returncode:
            raise _unavailable(wanted, done.stderr)


def _unavailable(package: str, reason: str) -> SdkUnavailable:
    lines = [line.removeprefix("npm error").strip() for line in reason.splitlines()]
    told = "; ".join(line for line in lines if line and "A complete log" not in line)
    return SdkUnavailable(
        f"{package} is a part of the AWS SDK that Lambda has in its Node runtimes; a local cloud fetches it with npm "
        f"when a function first needs it, which failed: {told or 'npm gave no reason'}"
    )


@cache
def _locked() -> dict[str, Any]:
    packages: dict[str, Any] = json.loads(_LOCK.read_text())["packages"]
    return packages


def _version(package: str) -> str:
    """The version of a package at the top of the lock; '' when it has none."""
    return str(_locked().get(f"node_modules/{package}", {}).get("version", ""))


_sdk: Sdk | None = None


def configure(directory: Path, environment: Mapping[str, str]) -> None:
    """Say where the SDK of this process's cloud is, and what npm runs in."""
    global _sdk
    _sdk = Sdk(directory, {name: value for name, value in environment.items() if not name.startswith("AWS_")})


def of_this_cloud() -> Sdk:
    """The SDK of this process's cloud."""
    assert _sdk is not None, "configure comes first"
    return _sdk


def busy() -> bool:
    """Whether something is being fetched, so that functions may be waiting for it."""
    return _sdk is not None and _sdk._lock.locked()


def failure_of(function: str) -> str:
    """Why a function, by its ARN, did not get a part that it needs; '' when it has all that it asked for."""
    return _sdk.failures.get(function, "") if _sdk else ""


def is_ours(path: str) -> bool:
    """Whether a path, `<PATH><token>/<ARN>/<package>`, has the token that only the functions of this cloud know."""
    if _sdk is None or not path.startswith(PATH):
        return False
    token = path.removeprefix(PATH).partition("/")[0]
    return secrets.compare_digest(token.encode(), _sdk.token.encode())


def receive(path: str) -> tuple[int, bytes]:
    """Answer the POST of a function to a path of ours: 200 when the package is here, 503 with the reason if not."""
    _, function, package = (*path.removeprefix(PATH).split("/", 2), "", "")[:3]
    sdk = of_this_cloud()
    try:
        sdk.fetch(package)
    except SdkUnavailable as error:
        sdk.failures[function] = str(error)
        return 503, str(error).encode()
    sdk.failures.pop(function, None)
    return 200, b""
