"""The operations of the edge agent.

Source: Lookout for Vision, developer guide, "Edge Agent API reference".
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import grpc

from lookout_server.detection.images import BadPicture, Judgement
from lookout_server.detection.images.model import Score
from lookout_server.detection.images.painting import Painting
from lookout_server.edge import edge_agent_pb2 as messages
from lookout_server.edge.bitmaps import bitmap_of, check_room, pixels_of
from lookout_server.edge.errors import InvalidArgument, NotFound, Refused, ResourceExhausted
from lookout_server.edge.models import HostedModel

_log = logging.getLogger(__name__)
_SERVICE = messages.DESCRIPTOR.services_by_name["EdgeAgent"]
#: Pictures at a time, those that wait for a core included.
AT_ONCE = 16


class Agent:
    """Answers for the models of components, which it knows by the names of these."""

    def __init__(self, models: Mapping[str, HostedModel]) -> None:
        self._models = dict(models)
        # So that memory does not grow with the callers.
        self._cores, self._places = (threading.BoundedSemaphore(count) for count in (os.cpu_count() or 1, AT_ONCE))
        self._operations: dict[str, Callable[[Any], Any]] = {
            "ListModels": self._list_models,
            "DescribeModel": self._describe_model,
            "StartModel": self._start_model,
            "StopModel": self._stop_model,
            "DetectAnomalies": self._detect_anomalies,
        }

    @property
    def handler(self) -> grpc.GenericRpcHandler:
        """What a gRPC server calls."""
        methods = {
            method.name: grpc.unary_unary_rpc_method_handler(
                _answering(partial(self.answer, method.name)),
                request_deserializer=getattr(messages, method.input_type.name).FromString,
                response_serializer=getattr(messages, method.output_type.name).SerializeToString,
            )
            for method in _SERVICE.methods
        }
        return grpc.method_handlers_generic_handler(_SERVICE.full_name, methods)

    def answer(self, operation: str, request: Any) -> Any:
        """The response to the request of an operation; raises Refused."""
        return self._operations[operation](request)

    def _list_models(self, _: messages.ListModelsRequest) -> messages.ListModelsResponse:
        found = [messages.ModelMetadata(**_described(model)) for _, model in sorted(self._models.items())]
        return messages.ListModelsResponse(models=found)

    def _describe_model(self, request: messages.DescribeModelRequest) -> messages.DescribeModelResponse:
        description = messages.ModelDescription(**_described(self._model(request.model_component)))
        return messages.DescribeModelResponse(model_description=description)

    def _start_model(self, request: messages.StartModelRequest) -> messages.StartModelResponse:
        self._model(request.model_component).start()
        return messages.StartModelResponse(status=messages.STARTING)

    def _stop_model(self, request: messages.StopModelRequest) -> messages.StopModelResponse:
        self._model(request.model_component).stop()
        return messages.StopModelResponse(status=messages.STOPPED)

    def _detect_anomalies(self, request: messages.DetectAnomaliesRequest) -> messages.DetectAnomaliesResponse:
        hosted = self._model(request.model_component)
        with self._place(), hosted.running() as model, self._cores:
            pixels = pixels_of(request.bitmap, hosted.about.size)
            params = request.anomaly_mask_params
            handle = params.shared_memory_handle if params.HasField("shared_memory_handle") else None
            if handle is not None and hosted.about.colors:
                check_room(handle, request.bitmap.width, request.bitmap.height)
            try:
                found: Score = model.judge(pixels) if hosted.about.colors else model.score(pixels)
            except BadPicture as error:
                raise InvalidArgument(str(error)) from error
        result = messages.DetectAnomalyResult(is_anomalous=found.anomalous, confidence=found.confidence)
        if isinstance(found, Judgement):
            painting = Painting.of(found, hosted.about.colors)
            result.anomaly_mask.CopyFrom(bitmap_of(painting.mask, handle))
            for part in painting.parts:
                seen = messages.PixelAnomaly(total_percentage_area=part.share, hex_color=part.color)
                result.anomalies.append(messages.Anomaly(name=part.name, pixel_anomaly=seen))
        return messages.DetectAnomaliesResponse(detect_anomaly_result=result)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise ResourceExhausted(f"the agent has {AT_ONCE} pictures to look at: come again when some are done")
        try:
            yield
        finally:
            self._places.release()

    def _model(self, name: str) -> HostedModel:
        if not name:
            raise InvalidArgument("model_component: got nothing, expected the name of a model component")
        found = self._models.get(name)
        if found is None:
            raise NotFound(f"model_component: got {name}, expected {' or '.join(sorted(self._models))}")
        return found


def _described(model: HostedModel) -> dict[str, Any]:
    """Members that ListModels and DescribeModel have in common."""
    status, message = model.state
    return {
        "model_component": model.about.component,
        "lookout_vision_model_arn": model.about.model_arn,
        "status": status,
        "status_message": message,
    }


def _answering(do: Callable[[Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    def behaviour(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return do(request)
        except Refused as error:
            refusal = error
        except MemoryError:
            refusal = ResourceExhausted("there is not enough memory to look at the picture")
        except Exception:  # whatever it is, the caller gets an answer, and the log the rest
            _log.exception("a call failed")
            return context.abort(grpc.StatusCode.INTERNAL, "internal error; the log of the component says more")
        return context.abort(refusal.code, str(refusal))

    return behaviour
