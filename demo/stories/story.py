"""A story: acts that follow one another on a stage."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from demo.stage import Stage


class Story(ABC):
    """Each act does something to stacks, checks what came of it, and says so."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @property
    @abstractmethod
    def acts(self) -> list[Callable[[], None]]:
        """What happens, in order."""

    def play(self) -> None:
        """Play all acts; raises SystemExit when something is not as expected."""
        for number, act in enumerate(self.acts, 1):
            self.stage.title(f"{number}/{len(self.acts)}  {act.__name__.replace('_', ' ')}")
            started = time.monotonic()
            act()
            self.stage.say(f"[dim]{time.monotonic() - started:.0f} seconds[/]")
            self.after_act()

    def after_act(self) -> None:  # noqa: B027
        """What is shown after every act: nothing, unless a story has something to show."""
