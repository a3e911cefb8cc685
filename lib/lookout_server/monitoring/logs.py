"""Logs: one JSON object on a line, on standard error. No secrets, bodies or signatures."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

#: What a line may have besides: the attribute of a record that holds it.
FIELDS = "fields"
_LONGEST = 1_000
_LONGEST_TRACE = 20_000


class Lines(logging.Formatter):
    """A record as a line of JSON, with the names of its own fields beside time, level, logger and message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _cut(record.getMessage(), _LONGEST),
        }
        fields: Mapping[str, Any] = getattr(record, FIELDS, {})
        line |= {name: _cut(value, _LONGEST) if isinstance(value, str) else value for name, value in fields.items()}
        if record.exc_info:
            line["exception"] = _cut(self.formatException(record.exc_info), _LONGEST_TRACE)
        return json.dumps(line, ensure_ascii=True, default=str)


def configure(level: str) -> None:
    """Have everything that this process logs written in this way."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.raiseExceptions = False  # a full disk behind standard error is no reason to write about it there
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("asyncio", "botocore", "hypercorn", "urllib3"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}..."
