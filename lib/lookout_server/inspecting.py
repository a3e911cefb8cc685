"""A process in which hosted models look at images: questions on standard input, answers on standard output."""

from __future__ import annotations

import json
import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

_LOG = logging.getLogger(__name__)


def answer(question: list[bytes], own: Path | None = None) -> list[bytes]:
    """Answer one question; see `vision.inspection`. own: `vision_backbone`."""
    from lookout_server.vision import judging
    from lookout_server.vision.errors import Invalid
    from lookout_server.vision.inspection import FAILED, HOST, INVALID

    asked = json.loads(question[0])
    size, colors = tuple(asked["size"]), asked["colors"]
    found: dict[str, Any] = {}
    try:
        try:
            model = judging.load(asked["model"], Path(asked["path"]).read_bytes, own)
        except Invalid as error:
            return [json.dumps({FAILED: str(error)}).encode()]
        if asked["do"] == HOST:
            judging.try_out(model, size, colors)
        else:
            found = judging.look(model, colors, question[1])
    except Invalid as error:
        found = {INVALID: str(error)}
    except MemoryError:
        shown = f"{size[0]} x {size[1]} pixels"
        found = {FAILED: f"An image of {shown} needs more memory than a process may take (inspector_bytes)"}
    except Exception as error:
        _LOG.exception("a model fails")
        found = {FAILED: f"The model cannot be used: {type(error).__name__}; the log of the server has more"}
    mask = found.pop("AnomalyMask", None)
    return [json.dumps(found).encode(), *([mask] if mask else [])]


def main() -> None:
    """Answer until standard input ends."""
    from lookout_server.config.loading import load
    from lookout_server.monitoring import logs
    from lookout_server.monitoring.release import must_be_that_of
    from lookout_server.work.answerers import answer_all

    must_be_that_of(sys.argv[1:])
    configuration = load(None, os.environ, {}).configuration
    logs.configure(configuration.log_level)
    answer_all(partial(answer, own=configuration.services.vision_backbone), most_bytes=configuration.inspector_bytes)


if __name__ == "__main__":
    main()
