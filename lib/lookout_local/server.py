"""The server process of a local cloud: `python -m lookout_local.server --port 4566 --state-dir DIR`.

MiniStack reads its configuration from the environment while it is imported, so this process sets the environment first
and imports afterwards. It listens on 127.0.0.1 only, and needs neither Docker nor any other host.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from lookout_local.functions import sdk

HOST = "127.0.0.1"
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")
# Lambda retries an asynchronous invocation after one minute, then after two.
_RETRY_SECONDS = 60.0


def environment(port: int, state_dir: Path, time_scale: float, outer: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the server. Lambda functions inherit it, so it holds nothing of the user's."""
    kept = {name: outer[name] for name in _KEPT if name in outer}
    scripts = str(Path(sys.executable).parent)
    return {
        **kept,
        # Lambda functions in Node run the `node` of the wheel, which is installed next to python.
        "PATH": os.pathsep.join([scripts, kept.get("PATH", os.defpath)]),
        "HOME": str(state_dir / "home"),
        "TMPDIR": str(state_dir / "tmp"),
        "NO_PROXY": f"{HOST},localhost",
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "BIND_HOST": HOST,
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "S3_DATA_DIR": str(state_dir / "s3"),
        "STATE_DIR": str(state_dir / "ministack"),
        "MINISTACK_AUTOCREATE_AWS_MANAGED": "1",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(_RETRY_SECONDS * time_scale),
        "LAMBDA_ASYNC_RETRY_MAX_SECONDS": str(2 * _RETRY_SECONDS * time_scale),
        "SFN_WAIT_SCALE": str(time_scale),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": f"unix://{state_dir}/no-docker.sock",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "LOG_LEVEL": outer.get("LOOKOUT_LOCAL_LOG_LEVEL", "INFO"),
    }


def main(argv: list[str] | None = None) -> None:
    """Serve until SIGTERM, SIGINT or, with --lifeline, the end of standard input."""
    parser = argparse.ArgumentParser(prog="python -m lookout_local.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--ready-fd", type=int, help="descriptor that gets one line of JSON once requests are served")
    parser.add_argument("--lifeline", action="store_true", help="stop when standard input ends")
    parser.add_argument("--discard", action="store_true", help="remove the state directory at the end")
    options = parser.parse_args(argv)

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, options.port))
    except OSError as error:
        _fail(f"port {options.port} on {HOST} cannot be used: {error.strerror}")
    listener.listen(128)
    port = int(listener.getsockname()[1])

    state_dir: Path = options.state_dir.resolve()
    for name in ("home", "tmp"):
        (state_dir / name).mkdir(parents=True, exist_ok=True)
    outer = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment(port, state_dir, options.time_scale, outer))
    sdk.configure(state_dir / "sdk", outer)

    def announce() -> None:
        if options.ready_fd is not None:
            with os.fdopen(options.ready_fd, "w") as ready:
                ready.write(json.dumps({"port": port, "pid": os.getpid()}) + "\n")

    async def serve_and_leave() -> NoReturn:
        await _serve(listener, options.time_scale, announce, options.lifeline)
        if options.discard:
            shutil.rmtree(state_dir, ignore_errors=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # without waiting for threads, which may wait for the answers of functions

    asyncio.run(serve_and_leave())


async def _serve(listener: socket.socket, time_scale: float, announce: Callable[[], None], lifeline: bool) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from lookout_local.gateway import Gateway

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lifeline:
        threading.Thread(target=_wait_for_end_of_input, args=(loop, stop), daemon=True).start()

    endpoint = f"http://{HOST}:{listener.getsockname()[1]}"
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    config.shutdown_timeout = 5
    gateway = Gateway(endpoint, time_scale=time_scale, on_ready=announce)
    await serve(gateway, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while sys.stdin.buffer.read(1):
        pass
    loop.call_soon_threadsafe(stop.set)


def _fail(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(3)


if __name__ == "__main__":
    main()
