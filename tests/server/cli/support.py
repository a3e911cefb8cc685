"""The command in this process."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

from lookout_server.cli import main

POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    status: int
    out: str
    err: str


def run(*arguments: object, stdin: str = "") -> Ran:
    """Run `lookout-server` with arguments."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["lookout-server", *map(str, arguments)]
    status = 0
    with redirect_stdout(out), redirect_stderr(err), mock.patch.multiple(sys, argv=argv, stdin=io.StringIO(stdin)):
        try:
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Ran(status, out.getvalue(), err.getvalue())
