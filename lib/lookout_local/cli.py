"""The command `lookout-local`."""

from __future__ import annotations

import sys

from lookout_local.process import LocalCloudError, require_extra


def main() -> None:
    """Run the command line; what went wrong goes to standard error, with exit status 1."""
    try:
        require_extra()
        from lookout_local.commands import app

        app()
    except LocalCloudError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
