"""Where settings come from: a file, the environment, the command line; the later one holds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from lookout_server.config import written
from lookout_server.config.configuration import Configuration, contradictions
from lookout_server.config.declared import OF_TESTS, declared
from lookout_server.errors import ServerError

PREFIX = "LOOKOUT_SERVER_"
#: The variable that names the file, as `--config` does.
FILE_VARIABLE = "LOOKOUT_SERVER_CONFIG"
DEFAULT = "default"
#: What Kubernetes puts into the environment for a service that is named as we are.
_OF_OTHERS = re.compile(r"(?:PORT_[0-9]+_|SERVICE_(?:HOST|PORT)).*")


@dataclass(frozen=True)
class Given:
    """What a setting is to be, as it is written, and who says so."""

    text: str
    #: In words, as a message and `lookout-server config` have them.
    origin: str


@dataclass(frozen=True)
class Loaded:
    """A configuration that holds together, and where each value of it is from."""

    configuration: Configuration
    origins: Mapping[str, str]

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Every setting: name, value, and where it is from."""
        for name, text in values(self.configuration).items():
            groups = [name.rsplit(".", count)[0] for count in range(name.count(".") + 1)]
            yield name, text, next((self.origins[each] for each in groups if each in self.origins), DEFAULT)


def values(configuration: Configuration) -> dict[str, str]:
    """Every setting by its name, as it is written; those of the services are beside those of the server."""
    every = written.shown(configuration)
    named = {name.removeprefix("services."): text for name, text in every.items()}
    return {name: text for name, text in named.items() if name not in OF_TESTS}


@cache
def defaults() -> dict[str, str]:
    """Every setting, as it is unless somebody says otherwise."""
    return values(Configuration())


@cache
def variables() -> dict[str, str]:
    """The names of settings by the environment variables that set them."""
    return {f"{PREFIX}{each.name.replace('.', '_').upper()}": each.name for each in declared()}


def load(file: Path | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Loaded:
    """The configuration out of a file (or none), the environment, and options of a command line by names of settings.

    Raises ServerError.
    """
    if file is None and environment.get(FILE_VARIABLE):
        file = Path(environment[FILE_VARIABLE])
    given = {**(_of_file(file) if file else {}), **_of_environment(environment)}
    given |= {name: Given(text, "command line") for name, text in options.items()}
    configuration = Configuration()
    for name, each in given.items():
        configuration = _with(configuration, name, each)
    for problem in contradictions(configuration):
        raise ServerError(problem)
    return Loaded(configuration, {name: each.origin for name, each in given.items()})


def _with(configuration: Configuration, name: str, given: Given) -> Configuration:
    try:
        if name.partition(".")[0] in ("services", *OF_TESTS):
            raise written.UnknownSetting(name)
        if name.partition(".")[0] in vars(configuration):
            return written.changed(configuration, name, given.text)
        return replace(configuration, services=written.changed(configuration.services, name, given.text))
    except written.UnknownSetting:
        meant = written.close(name, defaults())
        raise ServerError(
            f"setting ({given.origin}): got '{name}', expected a name as {meant}; `lookout-server config` shows all"
        ) from None
    except ValueError as error:
        raise ServerError(f"setting {name} ({given.origin}): {error}") from None


def _of_environment(environment: Mapping[str, str]) -> dict[str, Given]:
    found = {}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable == FILE_VARIABLE:
            continue
        name = variables().get(variable)
        if name is not None:
            found[name] = Given(environment[variable], f"environment, {variable}")
        elif not _OF_OTHERS.fullmatch(variable.removeprefix(PREFIX)):
            meant = written.close(variable, variables())
            raise ServerError(f"environment: got {variable}, expected a name as {meant}")
    return found


def _of_file(file: Path) -> dict[str, Given]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ServerError(f"file of settings {file}: cannot be read: {reason}; name another one (--config)") from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise ServerError(f"file of settings {file}: is not TOML: {error}") from None
    return {name: Given(_text(name, value, file), f"file {file}") for name, value in _flat(content, "")}


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _text(name: str, value: Any, file: Path) -> str:
    """A value of TOML as it is written elsewhere. A path in a file begins where the file is."""
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    if isinstance(value, str) and name in _paths():
        return str(file.absolute().parent / value)
    return str(value)


@cache
def _paths() -> frozenset[str]:
    return frozenset(each.name for each in declared() if each.is_path)
