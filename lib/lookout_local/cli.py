"""The command `lookout-local`."""

from __future__ import annotations

import io
import os
import sys

from lookout_local.errors import LocalCloudError, told
from lookout_local.isolation import leave_current_directory


def main() -> None:
    """Run the command line; what went wrong goes to standard error, with exit status 1."""
    leave_current_directory()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # the name of a directory may be any bytes
    try:
        from lookout_local.process import require_extra

        require_extra()
        from lookout_local.commands import app

        app()
    except LocalCloudError as error:
        print(told(error), file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        # What could not be written, to a full disk for instance, would be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
