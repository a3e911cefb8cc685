"""The rules that a botocore service model states: checked for every input, and for every answer of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, StructureShape

from lookout_server.api_models import MODELS
from lookout_server.protocol.checker import Checker
from lookout_server.protocol.errors import WrongAnswer, validation


@dataclass(frozen=True)
class Http:
    """How an operation travels over HTTP: method, path with `{labels}`, and status of a success."""

    method: str
    path: str
    status: int


class Model:
    """The model of one service, in botocore's form; those of the two services come with this package."""

    def __init__(self, service: str, loader: Loader | None = None) -> None:
        loader = loader or Loader(extra_search_paths=[str(MODELS)], include_default_search_paths=False)
        try:
            data = loader.load_service_model(service, "service-2")
        except DataNotFoundError as error:
            raise RuntimeError(f"no model of {service} in {MODELS}: expected the build to put it there") from error
        self._model = ServiceModel(data, service)
        self._statuses = {name: _status(shape) for name, shape in data["shapes"].items() if shape.get("exception")}

    @property
    def target_prefix(self) -> str:
        """What comes before the operation's name in the header X-Amz-Target."""
        return str(self._model.metadata["targetPrefix"])

    @property
    def operations(self) -> frozenset[str]:
        """The names of all operations."""
        return frozenset(self._model.operation_names)

    def http(self, operation: str) -> Http:
        """How an operation travels."""
        http = self._operation(operation).http
        return Http(str(http["method"]), str(http["requestUri"]), int(http.get("responseCode", 200)))

    def input_shape(self, operation: str) -> StructureShape | None:
        """The shape of an operation's parameters, None when it has none."""
        shape = self._operation(operation).input_shape
        return shape if isinstance(shape, StructureShape) else None

    def error_shape(self, code: str) -> StructureShape | None:
        """The shape of an exception, None for one that the model does not have."""
        shapes = [shape for shape in self._model.error_shapes if isinstance(shape, StructureShape)]
        return next((shape for shape in shapes if shape.name == code), None)

    def error_status(self, code: str) -> int | None:
        """The HTTP status of an exception, None for one that the model does not have."""
        return self._statuses.get(code)

    def read(self, operation: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a call, checked and coerced (timestamps become datetimes).

        Raises a ValidationException that lists everything wrong with them.
        """
        shape = self._operation(operation).input_shape
        if shape is None:
            return {}
        checker = Checker(incoming=True)
        value = checker.convert(shape, raw, "")
        if checker.count:
            errors = "error" if checker.count == 1 else "errors"
            raise validation(f"{checker.count} validation {errors} detected: {checker.findings}")
        parameters: dict[str, Any] = value
        return parameters

    def write(self, operation: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The answer as JSON values (datetimes become epoch seconds); raises WrongAnswer when it breaks the model.

        Members that are None are left out.
        """
        shape = self._operation(operation).output_shape
        if shape is None:
            if answer:
                raise WrongAnswer(f"answer of {operation}: got {sorted(answer)}, expected nothing")
            return {}
        checker = Checker(incoming=False)
        value = checker.convert(shape, answer, "")
        if checker.count:
            raise WrongAnswer(f"answer of {operation}: {checker.findings}")
        body: dict[str, Any] = value
        return body

    def allows_error(self, operation: str, code: str) -> bool:
        """Whether the model lists an exception among the errors of an operation."""
        return any(shape.name == code for shape in self._operation(operation).error_shapes)

    def matches(self, shape_name: str, value: object) -> bool:
        """Whether a value satisfies a named shape of the model."""
        checker = Checker(incoming=True)
        checker.convert(self._model.shape_for(shape_name), value, "")
        return not checker.count

    def _operation(self, operation: str) -> OperationModel:
        return self._model.operation_model(operation)


def _status(exception: Mapping[str, Any]) -> int:
    """The one that an exception names, or that of a failure of the service, or of its caller."""
    return int(exception.get("error", {}).get("httpStatusCode") or (500 if exception.get("fault") else 400))
