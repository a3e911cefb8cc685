"""The command that a component runs."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from lookout_server.edge.description import SOCKET
from lookout_server.edge.errors import AgentError
from lookout_server.edge.serving import serve

#: The directory of the component that these modules are in.
_OWN = Path(__file__).parents[2]


def main() -> None:
    """Run the agent; what went wrong goes to standard error."""
    parser = argparse.ArgumentParser(
        "edge-agent", description="Answers for models of Amazon Lookout for Vision, out of model components."
    )
    parser.add_argument(
        "components", nargs="*", type=Path, metavar="DIRECTORY", help="unpacked components; left out, the own one"
    )
    parser.add_argument(
        "--socket", type=Path, default=Path(SOCKET), help="path of the Unix socket (default: %(default)s)"
    )
    given = parser.parse_args()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        serve(given.components or [_OWN], given.socket)
    except AgentError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
