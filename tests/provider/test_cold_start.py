"""What a new process of the function loads: the SDK costs most of a cold start, and only calls to AWS need it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from lookout_shared.properties import SERVICES, loader
from tests.provider.support import STACK, event

LAMBDA = Path(__file__).parents[2] / "lambda"


def loaded_by(code: str) -> set[str]:
    """The modules of the SDK and of what it needs that a new process has loaded after *code*."""
    report = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = {"PYTHONPATH": str(LAMBDA), "STACK_ID": STACK}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], env=environment, capture_output=True, text=True, check=True
    )
    return {"botocore", "urllib3"} & set(done.stdout.splitlines()[-1].split())


def test_a_refused_event_needs_no_sdk() -> None:
    forged = json.dumps(event(StackId=STACK.replace("factory", "elsewhere")))
    call = f"handler.handle(json.loads({forged!r}), None)"
    assert loaded_by(f"import json; from lookout_provider import handler; assert {call} == {{}}") == set()


@pytest.mark.parametrize(
    "module", ["provider.lifecycle", "provider.machine", "provider.resources", "shared.properties", "shared.aws"]
)
def test_no_module_loads_the_sdk_before_something_is_called(module: str) -> None:
    assert loaded_by(f"import lookout_{module}") == set()


def test_what_loads_the_sdk_is_seen() -> None:
    assert loaded_by("from lookout_shared import aws; aws.client('s3', 'us-east-1')") == {"botocore", "urllib3"}


def test_every_service_that_is_called_can_be_found() -> None:
    """The others are not looked for."""
    called = {
        argument.value
        for file in LAMBDA.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "Service" and call.args
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant)
    }
    assert "stepfunctions" in called
    assert called | {"lookoutvision"} <= set(SERVICES)
    for service in SERVICES:
        assert loader().load_service_model(service, "service-2")["operations"]
