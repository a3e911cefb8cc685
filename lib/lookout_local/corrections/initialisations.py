"""How the process of a function begins, and how it ends.

AWS: has ten seconds for the initialisation, and tries again within the time of the invocation; the log has what the
code printed meanwhile; a process that ends is told with its exit status. A runtime that it does not have is refused.
MiniStack: waits for the initialisation without end, drops what was printed, and says that the worker died. It answers
for a runtime that it cannot run, as if the function had succeeded.
"""

from __future__ import annotations

import threading
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from lookout_local.functions import sdk

_SECONDS = 10.0
# What MiniStack says of a process that is gone when it is read from or written to.
_DEATHS = ("Worker process died", "[Errno 32]")
_spawn = lambda_runtime.Worker._spawn
_invoke = lambda_runtime.Worker.invoke
_execute_warm = lambda_svc._execute_function_warm
_execute_dispatch = lambda_svc._execute_function_dispatch


class InitError(RuntimeError):
    """A function's code could not be made ready: another try of the same code would end in the same way."""


def install() -> None:
    """Replace what begins a process and what invokes it."""
    lambda_runtime.Worker._spawn = spawn
    lambda_runtime.Worker.invoke = invoke
    lambda_svc._execute_function_warm = execute_warm
    lambda_svc._execute_function_dispatch = execute_dispatch


def failed_at_init(result: dict[str, Any]) -> bool:
    """Whether the result of an invocation says that the function's code could not be made ready."""
    body = result.get("body")
    return bool(result.get("error")) and isinstance(body, dict) and body.get("errorType") == InitError.__name__


def spawn(worker: Any) -> None:
    """Begin a process; raises InitError with what the code said."""
    worker._proc = None
    seconds = _SECONDS + float(worker.config.get("Timeout", 3))
    watch = _Watch(worker, seconds)
    try:
        _spawn(worker)
    except Exception as error:
        message = f"Task timed out after {seconds:.2f} seconds" if watch.struck else _reason(worker, str(error))
        raise InitError(message) from error
    finally:
        watch.cancel()
    worker.process = worker._proc


def invoke(worker: Any, event: Any, request_id: str, **options: Any) -> dict[str, Any]:
    """Invoke a process, and say how it ended if it did."""
    result: dict[str, Any] = _invoke(worker, event, request_id, **options)
    if str(result.get("error")).startswith(_DEATHS):
        status = worker.process.poll()
        how = f"exit status {status}" if status is not None and status >= 0 else f"signal {-(status or 0)}"
        result["error"] = f"RequestId: {request_id} Error: Runtime exited with error: {how}"
    return result


def execute_warm(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run a function in a process of the pool; what it said while it failed to begin goes into its log."""
    result: dict[str, Any] = _execute_warm(function, event, request_id)
    if failed_at_init(result):
        result["log"] = result["body"]["errorMessage"]
    return result


def execute_dispatch(
    function: dict[str, Any], config: dict[str, Any], event: Any, request_id: str, started: float
) -> dict[str, Any]:
    """Run a function, or say why it cannot be run here."""
    if problem := _unrunnable(function, config):
        return {"body": {"errorMessage": problem, "errorType": InitError.__name__}, "error": True, "log": problem}
    result: dict[str, Any] = _execute_dispatch(function, config, event, request_id, started)
    return result


def _unrunnable(function: dict[str, Any], config: dict[str, Any]) -> str:
    runtime = config.get("Runtime") or "container image"
    if config.get("PackageType") == "Image" or not runtime.startswith(("python", "nodejs", "provided")):
        return f"the local cloud runs functions in Python, in Node and with a runtime of their own: got {runtime}"
    return "" if function.get("code_zip") else "the function has no code"


def _reason(worker: Any, message: str) -> str:
    """What is known of a failed beginning: MiniStack's words, the exit status, what was printed."""
    message = message.removeprefix("Worker init failed: ")
    process = worker._proc
    if process is not None:
        if message.startswith("Worker process exited"):
            message = f"Runtime exited with error: exit status {process.wait()}"
        process.kill()  # one that has said why it cannot begin
        if worker._stderr_thread is not None:
            worker._stderr_thread.join(1)  # what it printed may be on its way
    printed = worker._drain_stderr()
    return f"{message}\n{printed}" if printed else message


class _Watch:
    """Ends a process that takes longer to begin than its seconds. Time in which the SDK is fetched is free."""

    def __init__(self, worker: Any, seconds: float) -> None:
        self.struck = False
        self._worker = worker
        self._seconds = seconds
        self._over = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def cancel(self) -> None:
        """Stop watching."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            process = self._worker._proc
            if process is not None and not sdk.busy():
                self.struck = True
                process.kill()
                return
