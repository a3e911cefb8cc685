"""Works do not wait for others that they have nothing to do with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lookout_server import assembly
from lookout_server.equipment.alarms import TELL
from lookout_server.equipment.plans import RUN, TRAIN
from lookout_server.vision.datasets import READ
from lookout_server.vision.hosting import HOST
from lookout_server.work.lanes import Lanes
from lookout_server.work.tasks import END
from tests.server.services.gates import PATIENCE

HELD_UP = 200


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


@pytest.fixture
def lanes(gate: threading.Event) -> Iterator[Lanes[ThreadPoolExecutor]]:
    """Those of a server."""
    made = assembly.supervising()
    yield made
    gate.set()
    for pool in made:
        pool.shutdown()


def test_a_work_has_the_one_of_its_own_or_that_of_all_others() -> None:
    lanes = Lanes({"run": 1}, 2)
    assert [lanes.of(id) for id in ("run/watch", "train/wear/1", "runs/a")] == [1, 2, 2]
    assert list(lanes) == [1, 2]


@pytest.mark.parametrize("work", [RUN, END, HOST])
@pytest.mark.parametrize("other", [TELL, TRAIN, READ])
def test_a_run_and_what_takes_a_moment_go_on_however_many_others_are_held_up(
    work: str, other: str, lanes: Lanes[ThreadPoolExecutor], gate: threading.Event
) -> None:
    for number in range(HELD_UP):
        id = f"{other}/{number}"
        lanes.of(id).submit(gate.wait, PATIENCE)
    assert lanes.of(f"{work}/watch").submit(lambda: "done").result(PATIENCE) == "done"


def test_trainings_go_on_however_many_receivers_of_alarms_do_not_answer(
    lanes: Lanes[ThreadPoolExecutor], gate: threading.Event
) -> None:
    for number in range(HELD_UP):
        id = f"{TELL}/{number}"
        lanes.of(id).submit(gate.wait, PATIENCE)
    assert lanes.of(f"{TRAIN}/wear/1").submit(lambda: "trained").result(PATIENCE) == "trained"
