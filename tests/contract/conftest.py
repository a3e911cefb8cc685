"""A world and a player for every test, with the provider wired to them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

import pytest

from lookout_provider import machine
from lookout_server.backend import Backend
from lookout_server.clock import ManualClock
from lookout_server.settings import Progress
from lookout_shared import aws
from tests.contract.cases import CASES, Case
from tests.contract.permissions import Permissions
from tests.contract.player import MACHINE, Player, Resource
from tests.contract.world import MemoryStorage, World
from tests.server.services.vision.memory import remembered
from tests.sleep import instead_of_sleep


@pytest.fixture(params=[0, 2], ids=["at-once", "slowly"])
def progress(request: pytest.FixtureRequest) -> Progress:
    """How the service's work goes on: finished at the first look, or at the third."""
    return Progress.by_describes(request.param)


@pytest.fixture(scope="session")
def permissions() -> Permissions:
    return Permissions()


@pytest.fixture(autouse=True, scope="session")
def pictures_are_remembered() -> Iterator[None]:
    """What is seen in a picture is seen once."""
    with remembered():
        yield


@pytest.fixture(scope="session")
def services(permissions: Permissions) -> tuple[Backend, ManualClock, MemoryStorage]:
    """One backend for all tests, because making clients takes longer than a test does."""
    clock, storage = ManualClock(), MemoryStorage()
    return Backend(storage=storage, clock=clock, authorizer=permissions), clock, storage


@pytest.fixture
def world(services: tuple[Backend, ManualClock, MemoryStorage], permissions: Permissions, progress: Progress) -> World:
    permissions.statements = None
    world = World(*services)
    # Thousands of tests would move the clock to the end of all time, where nothing falls due any more.
    world.clock.set(world.began)
    world.backend.settings.progress = progress
    return world


@pytest.fixture
def player(world: World, monkeypatch: pytest.MonkeyPatch) -> Player:
    return wire(Player(world.backend, world.clock), monkeypatch)


@pytest.fixture(autouse=True)
def _nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    instead_of_sleep(monkeypatch, lambda seconds: None)
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)
    monkeypatch.setenv("LOG_LEVEL", "ERROR")


@pytest.fixture(autouse=True)
def _it_is_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """For two hours after midnight, the line of yesterday is looked into as well: what is asked would be more."""

    class Noon(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Noon:
            return cls(2024, 1, 1, 12, tzinfo=tz)

    monkeypatch.setattr(machine, "datetime", Noon)


@pytest.fixture(autouse=True)
def _the_service_never_fails_by_itself(world: World) -> Iterator[None]:
    yield
    assert world.backend.internal_failures == []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that asks for a case gets those whose traits it is about: all, unless it is marked with `where`."""
    if "case" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("where")
        cases = [case for case in CASES if mark is None or mark.args[0](case)]
        metafunc.parametrize("case", cases, ids=str)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which contract test applies to which type, when asked for with -v."""
    if terminalreporter.verbosity < 1:
        return
    applied: dict[str, set[str]] = {}
    for report in terminalreporter.getreports("passed"):
        test, _, parameters = report.nodeid.rpartition("::")[2].partition("[")
        for case in CASES:
            if "contract" in report.nodeid and str(case) in re.split(r"[-\]]", parameters):
                applied.setdefault(test, set()).add(str(case))
    terminalreporter.section("which contract test applies to which type")
    for test, names in sorted(applied.items()):
        marks = " ".join(("x" if str(case) in names else ".") for case in CASES)
        terminalreporter.write_line(f"{marks}  {test}")
    terminalreporter.write_line("columns: " + ", ".join(str(case) for case in CASES))


@pytest.fixture
def resource(case: Case, world: World) -> Resource:
    """The construct of the case, not created yet."""
    desired = copy.deepcopy(case.desired(world))
    world.backend.calls.clear()
    return Resource(case.type, "Pumps1A2B3C4D", desired)


def wire(player: Player, monkeypatch: pytest.MonkeyPatch) -> Player:
    """Let the provider talk to *player* and its services instead of AWS."""

    def client(service: str, region: str) -> Any:
        return player.client(service, region)

    monkeypatch.setattr(aws, "client", client)
    monkeypatch.setattr("urllib.request.urlopen", player.receive)
    assert machine.Machine
    return player
