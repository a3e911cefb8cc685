"""One odd request: whatever it is, a client can read the answer, and nothing failed inside."""

from __future__ import annotations

from botocore.model import OperationModel

from tests.server.fuzz.plant import Plant, parsed, text_of
from tests.server.fuzz.requests import Odd


def attempt(plant: Plant, model: OperationModel, request: Odd) -> str:
    """Send a request; the code of the error that it is answered with, or 'success'."""
    response = plant.send(request)
    shown = f"{request.operation} with {request.oddities}: {text_of(request.body)} -> {text_of(response.body)}"
    assert plant.failures == [], f"{shown}: {plant.failures}"
    assert response.status < 500, shown
    try:
        answer = parsed(model, response)
    except Exception as error:
        raise AssertionError(f"{shown}: {type(error).__name__}: {error}") from error
    assert (response.status >= 300) == ("Error" in answer), shown
    code = answer.get("Error", {}).get("Code", "success")
    assert code, shown
    return str(code)
