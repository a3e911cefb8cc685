"""The command `lookout-server`."""

from __future__ import annotations

import importlib.util
import os
import sys

from lookout_server.errors import ServerError, told
from lookout_server.identity.errors import IdentityError
from lookout_server.store.errors import StoreError

#: What the packages of the extra `server` are imported as.
MODULES = (
    "PIL",
    "botocore",
    "cryptography",
    "hypercorn",
    "numpy",
    "onnxruntime",
    "prometheus_client",
    "pyarrow",
    "rich",
    "typer",
)
_INTERRUPTED = 130


def main() -> None:
    """Run the command line; what went wrong goes to standard error."""
    try:
        require_extra()
        from lookout_server.commands import app

        app()
    except ServerError as error:
        print(told(error), file=sys.stderr)
        raise SystemExit(error.status) from None
    except (IdentityError, StoreError) as error:
        print(told(ServerError(str(error))), file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        # What could not be written, to a full disk for instance, would be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None


def require_extra() -> None:
    """Raise ServerError unless everything that a server needs is installed."""
    missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise ServerError(
            f"the server needs packages that are not installed ({', '.join(missing)}): "
            "pip install 'cdk-lookout[server]'"
        )


if __name__ == "__main__":
    main()
