"""A function's process that cannot begin: what is said of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import SimpleNamespace

from lookout_local.corrections import initialisations


def test_what_was_printed_before_a_beginning_failed_is_waited_for() -> None:
    printed: list[str] = []
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:

        def read() -> None:
            process.wait()
            printed.append("before it failed")

        worker = SimpleNamespace(
            _proc=process, _stderr_thread=threading.Thread(target=read), _drain_stderr=lambda: "\n".join(printed)
        )
        worker._stderr_thread.start()
        try:
            said = initialisations._reason(worker, "Worker init failed: No module named 'nothing'")
        finally:
            process.kill()
            worker._stderr_thread.join()
    assert said == "No module named 'nothing'\nbefore it failed"
