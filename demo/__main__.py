"""`python -m demo`: take the reference app through a stack's whole life.

`--all` plays the story of every example after it, `--only NAME` one story; `--keep` leaves the cloud running.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.table import Table

from demo.stage import PLANT, Stage
from demo.stories import STORIES
from lookout_local import process
from lookout_local.errors import LocalCloudError
from lookout_local.process import Running

#: A minute of the services takes 0.6 seconds: they still take their time, and are still waited for.
_TIME_SCALE = 0.01
_KEPT = Path(".lookout-local")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="play every story, and sum up how long each took")
    which.add_argument("--only", choices=STORIES, default="reference", metavar="NAME", help=", ".join(STORIES))
    parser.add_argument("--keep", action="store_true", help="leave the local cloud running, and say how to use it")
    arguments = parser.parse_args()
    keep: bool = arguments.keep
    names = list(STORIES) if arguments.all else [arguments.only]
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 120)
    signal.signal(signal.SIGTERM, _interrupt)
    state_dir = _KEPT if keep else Path(tempfile.mkdtemp(prefix="lookout-demo-"))
    started = time.monotonic()
    try:
        running, child = process.start(state_dir, time_scale=_TIME_SCALE, dies_with_us=not keep)
        kept = False
        try:
            console.print(f"the local cloud serves at {running.endpoint_url}, with IAM enforcement")
            _play(names, Stage(running, console), console)
            kept = keep
        finally:
            if not kept:
                process.stop(running, child)
    except KeyboardInterrupt:
        raise SystemExit("demo: interrupted; the local cloud was stopped") from None
    except LocalCloudError as error:
        raise SystemExit(f"demo: {error}") from None
    finally:
        if not keep:
            shutil.rmtree(state_dir, ignore_errors=True)
    console.print(f"done in {time.monotonic() - started:.0f} seconds")
    if keep:
        _explain(running, console)


def _play(names: Sequence[str], stage: Stage, console: Console) -> None:
    """Play the stories on one cloud: each leaves it as it found it. The first that fails ends the demo."""
    summary = Table("story", "seconds", box=None, padding=(0, 2, 0, 2), header_style="dim")
    for name in names:
        if len(names) > 1:
            console.rule(f"[bold]{name}[/]", characters="=", align="left")
        began = time.monotonic()
        STORIES[name](stage).play()
        summary.add_row(name, f"{time.monotonic() - began:.0f}")
    if len(names) > 1:
        console.rule("every story ended as it should", align="left")
        console.print(summary)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _explain(running: Running, console: Console) -> None:
    command = shlex.quote(str(Path(sys.executable).parent / "lookout-local"))
    where = f"--state-dir {shlex.quote(running.state_dir)}"
    console.print(
        f"""
The local cloud still runs, and its state is in {running.state_dir}.

  endpoint      {running.endpoint_url}
  credentials   an account number as access key id (it is that account's root), and the secret of this cloud
  AWS CLI       {command} aws {where} --account {PLANT} lookoutequipment list-models
  your own app  {command} cdk {where} deploy     (in its directory)
  this shell    eval "$({command} env {where} --account {PLANT})"
  boto3         in this shell then: boto3.client("lookoutequipment")
  its clock     100 times as fast as yours: {command} status {where}
  stop it       {command} down {where}
""",
        highlight=False,
        markup=False,
    )


if __name__ == "__main__":
    main()
