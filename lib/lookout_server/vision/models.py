"""Models: a version is trained, described, listed and deleted.

Sources: API reference (the operations' own pages), developer guide ("Training your model", "Deleting a model").
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lookout_server.kms import kms_key_arn
from lookout_server.service import Answer, Task
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.datasets import SETTLED
from lookout_server.vision.errors import Invalid, conflict, quota_exceeded
from lookout_server.vision.evaluation import Evaluation, evaluate, manifest_file, result_file
from lookout_server.vision.forward import key_below
from lookout_server.vision.state import Dataset, Model, Project
from lookout_server.vision.tagging import add_tags
from lookout_server.vision.training import train
from lookout_server.vision.transitions import Transition

_DELETABLE = ("TRAINED", "TRAINING_FAILED", "HOSTING_FAILED")


def create_model(call: VisionCall) -> Answer:
    """CreateModel: trains the next version; the images are read from now on, the files written at the end.

    What is wrong with the images and their labels shows as TRAINING_FAILED.
    """
    found = call.own.projects.get(call.parameters["ProjectName"])
    number = found.versions_made + 1 if found else 1
    arn = call.own.arn(f"model/{call.parameters['ProjectName']}/{number}")
    tags = call.get("Tags") or []
    call.invocation.authorize(arn, request_tags=tags)
    if tags:
        call.invocation.authorize(arn, action="TagResource", request_tags=tags)
    call.once()
    project = call.project()
    files = _files(call, project, number)
    _check_quotas(call, project)
    datasets = [_dataset(call, project, "train")]
    if "test" in project.datasets:
        datasets.append(_dataset(call, project, "test"))
    key = kms_key_arn(call.invocation, call.get("KmsKeyId"), "KmsKeyId")
    add_tags(call, arn, tags, f"{project.name}/{number}")
    details = {"Description": call.get("Description"), "OutputConfig": call.parameters["OutputConfig"], "KmsKeyId": key}
    model = Model("TRAINING", None, None, number=number, arn=arn, created_at=call.now, details=details)
    model.transition = _training(call, model, datasets, files)
    project.versions_made = number
    project.models[model.version] = model
    return {"ModelMetadata": _metadata(model)}


def _files(call: VisionCall, project: Project, number: int) -> dict[str, dict[str, str]]:
    """Where the results go, which the caller must be allowed to write (developer guide, "Viewing ... metrics")."""
    location = call.parameters["OutputConfig"]["S3Location"]
    call.s3.check_bucket(location["Bucket"], "OutputConfig.S3Location.Bucket")
    files = {}
    for name in ("EvaluationManifest", "EvaluationResult"):
        key = key_below(location.get("Prefix"), f"{name}-{project.name}-{number}.json")
        call.s3.may_write(location["Bucket"], key)
        files[name] = {"Bucket": location["Bucket"], "Key": key}
    return files


def _check_quotas(call: VisionCall, project: Project) -> None:
    count, quota = len(project.models) + 1, call.quotas.models_per_project
    if count > quota:
        raise quota_exceeded("Models per project", "L-1B1011CA", count, quota, "PROJECT", project.name)
    models = [model for each in call.own.projects.values() for model in each.models.values()]
    count, quota = sum(1 for model in models if model.status == "TRAINING") + 1, call.quotas.concurrent_trainings
    if count > quota:
        raise quota_exceeded("Concurrent training jobs", "L-2489F742", count, quota, "PROJECT", project.name)


def _dataset(call: VisionCall, project: Project, kind: str) -> Dataset:
    """A dataset that can be trained with."""
    identity = f"{project.name}/{kind}"
    found = project.datasets.get(kind)
    if found is None:
        # API reference, DeleteDataset: a training dataset must exist before a model can be created.
        raise conflict(f"Project {project.name} has no {kind} dataset: create one first", "DATASET", identity)
    call.refuse_unless(found, SETTLED, "used", f"The {kind} dataset of project {project.name}", "DATASET", identity)
    return found


def _training(call: VisionCall, model: Model, datasets: list[Dataset], files: dict[str, dict[str, str]]) -> Transition:
    """The training of a model with the images that the datasets have now."""
    failure = call.invocation.failure()
    if failure is not None:
        return Transition(["TRAINING"], call.now, lambda _: model.rest("TRAINING_FAILED", failure))
    transition = Transition(["TRAINING"], call.now)
    training, *tests = ([entry.line for entry in dataset.entries.values()] for dataset in datasets)

    def work() -> Evaluation | str:
        try:
            for bucket in sorted({line.bucket for lines in (training, *tests) for line in lines}):
                call.s3.check_images(bucket)
            return evaluate(train(training, tests[0] if tests else None, call.s3.read, call.quotas))
        except Invalid as error:
            return str(error)

    def end(outcome: Evaluation | str, now: datetime) -> None:
        transition.done(now, lambda ended: _ended(call, model, outcome, files, ended))

    call.invocation.begin(Task(work, end))
    return transition


def _ended(
    call: VisionCall, model: Model, outcome: Evaluation | str, files: dict[str, dict[str, str]], ended: datetime
) -> Task[Evaluation] | None:
    """A training that has failed is over; of another one the results are written first."""
    if isinstance(outcome, str):
        model.rest("TRAINING_FAILED", outcome)
        return None

    def write() -> Evaluation | str:
        bodies = {
            "EvaluationManifest": manifest_file(outcome, model.arn, ended),
            "EvaluationResult": result_file(outcome, model.arn, ended),
        }
        try:
            for name, body in bodies.items():
                call.s3.write(files[name]["Bucket"], files[name]["Key"], body)
        except Invalid as error:
            return str(error)
        return outcome

    def end(written: Evaluation | str, _: datetime) -> None:
        if isinstance(written, str):
            model.rest("TRAINING_FAILED", written)
            return
        model.rest("TRAINED")
        model.profile = written.trained.profile
        model.results = {**files, "Performance": written.performance, "EvaluationEndTimestamp": ended}

    return Task(write, end)


def describe_model(call: VisionCall) -> Answer:
    """DescribeModel; a look at what goes on with it."""
    call.authorize_model()
    call.look(call.model())
    model = call.model()  # the look may have been the last one at a model that is deleted
    description = {**_metadata(model), **model.details, **model.results, **model.units}
    return {"ModelDescription": description}


def list_models(call: VisionCall) -> Answer:
    """ListModels; a look at the versions that are being deleted, because callers wait for their end here (API text).

    The service's own list is eventually consistent, this one is not.
    """
    call.authorize_any()
    project = call.project()
    for model in list(project.models.values()):
        if model.status == "DELETING":
            call.look(model)
    return call.page(list(project.models.values()), "Models", _metadata)


def delete_model(call: VisionCall) -> Answer:
    """DeleteModel: with time, after which it does not exist; not while it is trained, hosted or packaged."""
    call.authorize_model()
    call.once()
    project, model = call.project(), call.model()
    named, identity = f"Version {model.version} of project {project.name}", f"{project.name}/{model.version}"
    call.refuse_unless(model, _DELETABLE, "deleted", named, "MODEL", identity)
    for job in project.jobs.values():
        if job.version == model.version and job.transition:
            call.look(job)
            if job.transition:
                raise conflict(f"{named} cannot be deleted: job {job.name} is packaging it", "MODEL", identity)

    def finish(_: datetime) -> None:
        del project.models[model.version]
        call.own.tags.drop(model.arn)

    model.transition = Transition(["DELETING"], call.now, finish)
    return {"ModelArn": model.arn}


def _metadata(model: Model) -> dict[str, Any]:
    message = None if model.transition else model.message
    return {
        "ModelVersion": model.version,
        "ModelArn": model.arn,
        "CreationTimestamp": model.created_at,
        "Description": model.details["Description"],
        "Status": model.status,
        "StatusMessage": message or f"The model is in status {model.status}",
        "Performance": model.results.get("Performance"),
    }


OPERATIONS: dict[str, Operation] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "DeleteModel": delete_model,
}
