"""Hosting: a trained model is started and stopped.

Sources: API reference (StartModel, StopModel), developer guide ("Running your trained model"). The API text of 2020 has
other statuses (RUNNING, STARTING, STOPPED, FAILED); those here are the final model's.
"""

from __future__ import annotations

from collections.abc import Callable

from lookout_server.protocol.errors import validation
from lookout_server.service import Answer, World
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.errors import quota_exceeded
from lookout_server.vision.inspection import Inspection
from lookout_server.vision.state import Model

#: The work that has a model loaded.
HOST = "host"
# Not documented: that a model whose hosting failed can be started or stopped. Otherwise it could only be deleted.
_STARTABLE = ("TRAINED", "HOSTING_FAILED")
_STOPPABLE = ("HOSTED", "HOSTING_FAILED")
# SYSTEM_UPDATING, in which the service maintains a hosted model, does not come about here.
_RUNNING = ("STARTING_HOSTING", "HOSTED", "STOPPING_HOSTING")


def start_model(call: VisionCall) -> Answer:
    """StartModel: with time; hosted models cannot be given other units (developer guide: stop and start them)."""
    call.authorize_model()
    call.once()
    model = call.model()
    _refuse_unless(call, model, _STARTABLE, "started")
    least, most = call.parameters["MinInferenceUnits"], call.get("MaxInferenceUnits")
    if most is not None and most < least:
        raise validation(f"MaxInferenceUnits: got {most}, expected MinInferenceUnits ({least}) or more")
    units, quota = most or least, call.quotas.inference_units_per_model
    if units > quota:
        raise quota_exceeded("Inference units per started model", "L-84E8C9F8", units, quota, "MODEL", _identity(model))
    count, quota = (
        sum(1 for each in call.own.models.values() if each.status in _RUNNING) + 1,
        call.quotas.running_models,
    )
    if count > quota:
        raise quota_exceeded("Running models", "L-82DA2ABD", count, quota, "MODEL", _identity(model))
    failure = call.invocation.failure()
    model.units = {"MinInferenceUnits": least, "MaxInferenceUnits": most}
    if failure is None:
        call.begin(model, HOST, "STARTING_HOSTING")
    else:
        call.change(model, "STARTING_HOSTING", to="HOSTING_FAILED", message=failure)
    return {"Status": model.status}


def host_model(model: Model, world: World, inspection: Inspection) -> Callable[[], str | None] | str:
    """What is to be done for a start: the model is loaded in as many places as it has units."""
    if model.learned is None:
        return "The model was never trained"
    inspector, units = model.learned.inspector, model.units["MinInferenceUnits"]
    return lambda: inspection.host(world.keeper, inspector, units)


def stop_model(call: VisionCall) -> Answer:
    """StopModel: with time, after which the model is TRAINED again (API text)."""
    call.authorize_model()
    call.once()
    model = call.model()
    _refuse_unless(call, model, _STOPPABLE, "stopped")
    call.change(model, "STOPPING_HOSTING", to="TRAINED")
    return {"Status": model.status}


def _refuse_unless(call: VisionCall, model: Model, allowed: tuple[str, ...], doing: str) -> None:
    call.refuse_unless(model, allowed, doing, f"Model {_identity(model)}", "MODEL", _identity(model))


def _identity(model: Model) -> str:
    """Project and version."""
    return model.arn.split("/", 1)[1]


OPERATIONS: dict[str, Operation] = {
    "StartModel": start_model,
    "StopModel": stop_model,
}
