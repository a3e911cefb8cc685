"""The apps in examples/, deployed, updated and destroyed by the real CDK CLI on a local cloud with IAM enforcement."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from demo import __main__ as demo
from demo.stage import Stage
from demo.stories import STORIES
from lookout_local import LocalCloud, process

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/app.py"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


def play(name: str, cloud: LocalCloud) -> str:
    """Play a story; what was said, which is also how it fails."""
    running = process.find(cloud.state_dir)
    assert running is not None
    said = io.StringIO()
    try:
        STORIES[name](Stage(running, Console(file=said, width=120, soft_wrap=True))).play()
    except SystemExit as end:
        pytest.fail(f"{end}\n{said.getvalue()}", pytrace=False)
    return said.getvalue()


def test_every_example_has_a_story() -> None:
    assert sorted(set(STORIES) - {"reference"}) == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_deployed_updated_and_destroyed_and_leaves_nothing(name: str, cloud: LocalCloud) -> None:
    said = play(name, cloud)
    assert said.count("$ cdk deploy") >= 2
    assert "$ cdk destroy" in said
    assert "ok nothing is left" in said


@dataclass
class Told:
    """A story that is told at once."""

    title: str
    told: list[str]

    def __call__(self, stage: Stage) -> Told:
        return self

    def play(self) -> None:
        self.told.append(self.title)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the stories that were played, none of which takes any time."""
    told: list[str] = []
    for name in STORIES:
        monkeypatch.setitem(STORIES, name, Told(name, told))
    return told


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", *arguments])
    before = signal.getsignal(signal.SIGTERM)
    try:
        demo.main()
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [([], ["reference"]), (["--only", "labels"], ["labels"]), (["--all"], list(STORIES))],
)
def test_the_demo_plays_what_it_is_told_to(
    arguments: list[str], names: list[str], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, *arguments)
    assert told == names


def test_after_all_stories_there_is_a_summary(
    told: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--all")
    summary = capsys.readouterr().out.partition("every story ended as it should")[2]
    assert [line.split()[0] for line in summary.splitlines()[2 : 2 + len(STORIES)]] == list(STORIES)


def test_a_story_that_nobody_knows_is_refused_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "--only", "lables")
    refused = capsys.readouterr().err
    assert all(name in refused for name in STORIES)
