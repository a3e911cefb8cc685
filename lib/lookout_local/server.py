"""The server process of a local cloud, as `process.start` starts it, in an isolated interpreter.

MiniStack reads its configuration from the environment while it is imported, so this process sets the environment first
and imports afterwards. It listens on 127.0.0.1 only, and needs neither Docker nor any other host. It answers with one
line of JSON on its standard output, when it serves or when it cannot; from then on its output goes to its log.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from lookout_local.errors import LocalCloudError
from lookout_local.functions import sdk
from lookout_local.secret import ROOT_SECRET
from lookout_local.state_directory import StateDirectory
from lookout_server.http.listening import CannotListen, listen

HOST = "127.0.0.1"
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE")
# Lambda retries an asynchronous invocation after one minute, then after two.
_RETRY_SECONDS = 60.0
_KEEP_SECONDS = 0.5
_REFUSED = 3


def environment(port: int, state_dir: Path, time_scale: float, outer: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the server. Functions inherit it, so it holds nothing of the user's, and no secret."""
    kept = {name: outer[name] for name in _KEPT if name in outer}
    scripts = str(Path(sys.executable).parent)
    return {
        **kept,
        # Lambda functions in Node run the `node` of the wheel, which is installed next to python.
        "PATH": os.pathsep.join([scripts, *_absolute(kept.get("PATH", os.defpath))]),
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
    """Serve until SIGTERM, SIGINT, the end of the state directory or, with --lifeline, the end of standard input."""
    parser = argparse.ArgumentParser(prog="lookout_local.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument(
        "--real-clock", action="store_true", help="run the services' clock as the machine's all the same"
    )
    parser.add_argument("--settings", default="null", help="the first Settings of the services, as wire.py has them")
    parser.add_argument("--lifeline", action="store_true", help="stop when standard input ends")
    parser.add_argument("--discard", action="store_true", help="remove the state directory at the end")
    options = parser.parse_args(argv)

    answers = os.dup(sys.stdout.fileno())
    try:
        directory = StateDirectory(options.state_dir)
        try:
            if not directory.take():
                _answer(answers, {"taken": True})
                raise SystemExit(_REFUSED)
            log = directory.open_log()
            listener = _listen(options.port)
        except LocalCloudError:
            directory.clear()
            raise
    except LocalCloudError as error:
        _answer(answers, {"refused": str(error)})
        raise SystemExit(_REFUSED) from None
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())

    port = int(listener.getsockname()[1])
    outer = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment(port, directory.path, options.time_scale, outer))
    sdk.configure(directory.path / "sdk", outer)

    async def serve_and_leave() -> NoReturn:
        speed = 1.0 if options.real_clock else 1 / options.time_scale
        await _serve(
            directory, listener, answers, clock_speed=speed, settings=options.settings, lifeline=options.lifeline
        )
        if options.discard:
            shutil.rmtree(directory.path, ignore_errors=True)
        else:
            directory.clear()
        with contextlib.suppress(OSError):  # a full disk
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(0)  # without waiting for threads, which may wait for the answers of functions

    asyncio.run(serve_and_leave())


async def _serve(
    directory: StateDirectory,
    listener: socket.socket,
    answers: int,
    *,
    clock_speed: float,
    settings: str,
    lifeline: bool,
) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from lookout_local.authority import Authority
    from lookout_local.bounds import bounded
    from lookout_local.gateway import Gateway
    from lookout_local.proxy import Proxy
    from lookout_local.wire import decode
    from lookout_server.http import connections
    from lookout_server.http.door import Address, Door

    ready, stop = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lifeline:
        threading.Thread(target=_wait_for_end_of_input, args=(loop, stop), daemon=True).start()

    port = int(listener.getsockname()[1])
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    # Also how long the head of a request may take to arrive; `Bounds` says it for bodies.
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    config.shutdown_timeout = 5
    gateway = Gateway(
        f"http://{HOST}:{port}",
        clock_speed=clock_speed,
        settings=decode(json.loads(settings)),
        on_ready=ready.set,
    )
    record = {"pid": os.getpid(), "port": port, "secret": ROOT_SECRET}
    keeping = asyncio.create_task(_keep(directory, record, answers, ready, stop))
    admit = connections.limit(lambda: gateway.backend.settings.limits.connections)

    opening = threading.Lock()

    @cache
    def opened() -> dict[str, Any]:
        authority = Authority()
        proxy = Proxy(bounded(gateway, gateway.services), authority, config, admit)
        certificate = directory.write_authority(authority.certificate)
        port = asyncio.run_coroutine_threadsafe(proxy.listen(), loop).result()
        return {"port": port, "certificate": str(certificate)}

    def open_proxy() -> dict[str, Any]:
        """Where the proxy is and whom to trust, for who asks; it is opened for the first one."""
        with opening:
            return opened()

    gateway.admin.offer("POST", "proxy", open_proxy)
    await serve(Door(bounded(gateway), Address(port).objection), config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
    keeping.cancel()


async def _keep(
    directory: StateDirectory, record: Mapping[str, Any], answers: int, ready: asyncio.Event, stop: asyncio.Event
) -> None:
    """Say where requests are served as soon as they are, and keep that right; stop when the directory is gone."""
    await ready.wait()
    try:
        directory.write(record)
        answer = record
    except LocalCloudError as error:
        answer = {"refused": str(error)}
    # Who started it may have been interrupted meanwhile, and then nobody knows of it.
    if _answer(answers, answer) and answer is record:
        while directory.keep():
            await asyncio.sleep(_KEEP_SECONDS)
    stop.set()


def _answer(descriptor: int, answer: Mapping[str, Any]) -> bool:
    """Answer who started the process; whether that was still there."""
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps(answer) + "\n")
    except BrokenPipeError:
        return False
    return True


def _listen(port: int) -> socket.socket:
    """A socket that listens on loopback; raises LocalCloudError."""
    try:
        return listen(HOST, port)
    except CannotListen as error:
        raise LocalCloudError(str(error)) from error


def _absolute(path: str) -> list[str]:
    """The directories of a PATH that mean the same wherever a program is run."""
    return [entry for entry in path.split(os.pathsep) if os.path.isabs(entry)]


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while sys.stdin.buffer.read(1):
        pass
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    main()
