"""Models: a version is trained, described, listed and deleted.

Sources: API reference (the operations' own pages), developer guide ("Training your model", "Deleting a model").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lookout_server.kms import kms_key_arn
from lookout_server.service import Answer, World
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.datasets import SETTLED
from lookout_server.vision.errors import Invalid, conflict, quota_exceeded
from lookout_server.vision.features import KeptFeatures
from lookout_server.vision.forward import ErrandsS3, key_below
from lookout_server.vision.state import Dataset, Inspector, Learned, Model, Outcome, Project
from lookout_server.vision.tagging import add_tags
from lookout_server.vision.transitions import GONE

#: The work that trains a model.
TRAIN = "train"

_DELETABLE = ("TRAINED", "TRAINING_FAILED", "HOSTING_FAILED")


def create_model(call: VisionCall) -> Answer:
    """CreateModel: trains the next version; the images are read from now on, and the files written.

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
    _check_files(call, project, number)
    _check_quotas(call, project)
    datasets = [_dataset(call, project, "train")]
    if "test" in project.datasets:
        datasets.append(_dataset(call, project, "test"))
    key = kms_key_arn(call.invocation, call.get("KmsKeyId"), "KmsKeyId")
    add_tags(call, arn, tags, f"{project.name}/{number}")
    details = {"Description": call.get("Description"), "OutputConfig": call.parameters["OutputConfig"], "KmsKeyId": key}
    place, samples = project.place("model", str(number)), [dataset.images for dataset in datasets]
    model = Model(
        place,
        "TRAINING",
        None,
        None,
        number=number,
        arn=arn,
        created_at=call.now,
        details=details,
        samples=samples,
    )
    project.versions_made = number
    project.models[model.version] = model
    failure = call.invocation.failure()
    if failure is None:
        call.begin(model, TRAIN, "TRAINING")
    else:
        call.change(model, "TRAINING", to="TRAINING_FAILED", message=failure)
    return {"ModelMetadata": _metadata(model)}


def _check_files(call: VisionCall, project: Project, number: int) -> None:
    """The caller must be allowed to write the results (developer guide, "Viewing ... metrics")."""
    output = call.parameters["OutputConfig"]
    call.s3.check_bucket(output["S3Location"]["Bucket"], "OutputConfig.S3Location.Bucket")
    for file in _files(output, f"{project.name}-{number}").values():
        call.s3.may_write(file["Bucket"], file["Key"])


def _files(output: Mapping[str, Any], name: str) -> dict[str, dict[str, str]]:
    """Where the results go, as DescribeModel shows it."""
    bucket, prefix = output["S3Location"]["Bucket"], output["S3Location"].get("Prefix")
    return {
        file: {"Bucket": bucket, "Key": key_below(prefix, f"{file}-{name}.json")}
        for file in ("EvaluationManifest", "EvaluationResult")
    }


def _check_quotas(call: VisionCall, project: Project) -> None:
    count, quota = len(project.models) + 1, call.quotas.models_per_project
    if count > quota:
        raise quota_exceeded("Models per project", "L-1B1011CA", count, quota, "PROJECT", project.name)
    training = [model for model in call.own.models.values() if model.status == "TRAINING"]
    count, quota = len(training) + 1, call.quotas.concurrent_trainings
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


def train_model(model: Model, s3: ErrandsS3, world: World) -> Callable[[], Outcome | str]:
    """What is to be done for a training, with the images that the datasets had when it was wanted."""
    arn, samples, settings = model.arn, model.samples, world.settings
    files = _files(model.details["OutputConfig"], "-".join(arn.rsplit("/", 2)[1:]))
    kept = model.project.features.get("train")

    def work() -> Outcome | str:
        # Who only answers requests does not load what computes.
        from lookout_server.vision import engines, evaluation, training

        lines, *tests = ([entry.line for entry in images.since()] for images in samples)
        try:
            for bucket in sorted({line.bucket for some in (lines, *tests) for line in some}):
                s3.check_images(bucket)
            engine = engines.engine(settings.vision_inspection, settings.vision_backbone)
            found = training.Files(s3.read, settings.vision_quotas)
            with KeptFeatures(world.keeper, kept.packs if kept else [], settings.vision_kept_features) as cache:
                test = tests[0] if tests else None
                trained = training.train(lines, test, found, settings.vision_quotas, engine, cache)
                tested = evaluation.evaluate(trained, found, cache)
            ended = world.now()
            bodies = {
                "EvaluationManifest": evaluation.manifest_file(tested, arn, ended),
                "EvaluationResult": evaluation.result_file(tested, arn, ended),
            }
            for name, body in bodies.items():
                s3.write(files[name]["Bucket"], files[name]["Key"], body)
        except Invalid as error:
            return str(error)
        results = {**files, "Performance": tested.performance or None, "EvaluationEndTimestamp": ended}
        inspector = Inspector(world.keeper.keep(engines.packed(trained.model)), trained.size, trained.colors)
        learned = Learned(inspector, results, [*engine.remarks, *tested.remarks])
        return Outcome(learned, cache.added, cache.useless)

    return work


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
    for model in project.models.values():
        if model.status == "DELETING":
            call.look(model)
    return call.page(project.models.since, "Models", _metadata)


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
    call.change(model, "DELETING", to=GONE)
    return {"ModelArn": model.arn}


def _metadata(model: Model) -> dict[str, Any]:
    message = None if model.transition else model.message
    remarks = model.learned.remarks if model.learned and model.status != "TRAINING" else []
    said = ". ".join([f"The model is in status {model.status}", *([" ".join(remarks)] if remarks else [])])
    return {
        "ModelVersion": model.version,
        "ModelArn": model.arn,
        "CreationTimestamp": model.created_at,
        "Description": model.details["Description"],
        "Status": model.status,
        "StatusMessage": message or said,
        "Performance": model.results.get("Performance"),
    }


OPERATIONS: dict[str, Operation] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "DeleteModel": delete_model,
}
