"""Model packaging jobs: a model as a component for AWS IoT Greengrass.

Sources: API reference (the operations' own pages), developer guide ("Packaging your model", "Package settings").
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lookout_server.identity.authorization import partition_of
from lookout_server.service import Answer, Task
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.component import artefact, recipe_of
from lookout_server.vision.errors import Invalid, conflict, not_found, quota_exceeded
from lookout_server.vision.forward import key_below
from lookout_server.vision.state import Model, PackagingJob
from lookout_server.vision.targets import check_target
from lookout_server.vision.transitions import Transition

_PACKAGEABLE = ("TRAINED", "STARTING_HOSTING", "HOSTED", "HOSTING_FAILED", "STOPPING_HOSTING")


def start_model_packaging_job(call: VisionCall) -> Answer:
    """StartModelPackagingJob: with time; at its end the component is in the S3 location."""
    call.authorize_model()
    call.once()
    project, model = call.project(), call.model()
    greengrass = call.parameters["Configuration"]["Greengrass"]
    check_target(greengrass)
    identity = f"{project.name}/{model.version}"
    named = f"Version {model.version} of project {project.name}"
    call.refuse_unless(model, _PACKAGEABLE, "packaged", named, "MODEL", identity)
    name = call.get("JobName") or str(uuid.uuid4())
    if name in project.jobs:
        message = f"Project {project.name} already has a model packaging job {name}"
        raise conflict(message, "MODEL_PACKAGE_JOB", f"{project.name}/{name}")
    jobs = [job for each in call.own.projects.values() for job in each.jobs.values()]
    count, quota = sum(1 for job in jobs if job.transition) + 1, call.quotas.concurrent_packaging_jobs
    if count > quota:
        raise quota_exceeded("Concurrent model packaging jobs", "L-A2F581AB", count, quota, "MODEL", identity)
    # API text: without a ComponentVersion it is "Model Version.0.0".
    component = (greengrass["ComponentName"], greengrass.get("ComponentVersion") or f"{model.version}.0.0")
    location = _location(call, greengrass, component)
    _ask_greengrass(call, greengrass, component)
    job = PackagingJob(
        "CREATED",
        None,
        None,
        number=call.own.next_number(),
        name=name,
        version=model.version,
        configuration=call.parameters["Configuration"],
        description=call.get("Description"),
        created_at=call.now,
        updated_at=call.now,
    )
    failure = call.invocation.failure()
    job.transition = Transition(
        ["CREATED", "RUNNING"], call.now, lambda ended: _end(call, job, model, component, location, failure, ended)
    )
    project.jobs[name] = job
    return {"JobName": name}


def _location(call: VisionCall, greengrass: Mapping[str, Any], component: tuple[str, str]) -> tuple[str, str]:
    """Bucket and key of the component's artefact, which the caller must be allowed to write."""
    given = greengrass["S3OutputLocation"]
    call.s3.check_bucket(given["Bucket"], "Configuration.Greengrass.S3OutputLocation.Bucket")
    key = key_below(given.get("Prefix"), f"{component[0]}-{component[1]}.zip")
    call.s3.may_write(given["Bucket"], key)
    return given["Bucket"], key


def _ask_greengrass(call: VisionCall, greengrass: Mapping[str, Any], component: tuple[str, str]) -> None:
    """The rights that the caller needs at AWS IoT Greengrass (API text)."""
    partition, region, account = partition_of(call.own.region), call.own.region, call.own.account
    arn = f"arn:{partition}:greengrass:{region}:{account}:components:{component[0]}"
    call.invocation.forward("greengrass:CreateComponentVersion", arn)
    call.invocation.forward("greengrass:DescribeComponent", f"{arn}:versions:{component[1]}")
    if greengrass.get("Tags"):
        call.invocation.forward("greengrass:TagResource", f"{arn}:versions:{component[1]}")


def _end(
    call: VisionCall,
    job: PackagingJob,
    model: Model,
    component: tuple[str, str],
    location: tuple[str, str],
    failure: str | None,
    ended: datetime,
) -> Task[bytes] | None:
    """What a job needs to be over: that the artefact is written, if the component can be made."""
    job.updated_at = ended
    profile = model.profile
    if failure is None and component in call.own.components:
        # Developer guide, "Package settings": name and version must be those of no other component.
        failure = f"The component {component[0]} already has a version {component[1]}"
    if failure is not None or profile is None:
        job.rest("FAILED", failure or "The model was never trained")
        return None
    call.own.components.add(component)

    def write() -> bytes | str:
        body = artefact(profile, model.arn, component, job.configuration["Greengrass"])
        try:
            call.s3.write(*location, body)
        except Invalid as error:
            return str(error)
        return body

    def end(body: bytes | str, _: datetime) -> None:
        if isinstance(body, str):
            call.own.components.discard(component)
            job.rest("FAILED", body)
        else:
            _succeed(call, job, body)

    return Task(write, end)


def _succeed(call: VisionCall, job: PackagingJob, body: bytes) -> None:
    job.rest("SUCCEEDED")
    recipe = recipe_of(body)
    arn = f"arn:{partition_of(call.own.region)}:greengrass:{call.own.region}:aws:components:{recipe['ComponentName']}"
    # ComponentVersionArn of the model: the account is `aws`, and nothing comes after the name.
    job.output = {
        "Greengrass": {
            "ComponentVersionArn": arn,
            "ComponentName": recipe["ComponentName"],
            "ComponentVersion": recipe["ComponentVersion"],
        }
    }


def describe_model_packaging_job(call: VisionCall) -> Answer:
    """DescribeModelPackagingJob; a look at the job."""
    call.authorize_any()
    project, name = call.project(), call.parameters["JobName"]
    job = project.jobs.get(name)
    if job is None:
        message = f"Project {project.name} has no model packaging job {name}"
        raise not_found(message, "MODEL_PACKAGE_JOB", f"{project.name}/{name}")
    call.look(job)
    description = {
        **_metadata(project.name, job),
        "ModelPackagingConfiguration": job.configuration,
        "ModelPackagingOutputDetails": job.output,
    }
    return {"ModelPackagingDescription": description}


def list_model_packaging_jobs(call: VisionCall) -> Answer:
    """ListModelPackagingJobs."""
    call.authorize_any()
    project = call.project()
    return call.page(list(project.jobs.values()), "ModelPackagingJobs", lambda job: _metadata(project.name, job))


def _metadata(project: str, job: PackagingJob) -> Answer:
    message = None if job.transition else job.message
    return {
        "JobName": job.name,
        "ProjectName": project,
        "ModelVersion": job.version,
        "ModelPackagingJobDescription": job.description,
        "ModelPackagingMethod": "Greengrass",
        "Status": job.status,
        "StatusMessage": message or f"The job is in status {job.status}",
        "CreationTimestamp": job.created_at,
        "LastUpdatedTimestamp": job.updated_at,
    }


OPERATIONS: dict[str, Operation] = {
    "StartModelPackagingJob": start_model_packaging_job,
    "DescribeModelPackagingJob": describe_model_packaging_job,
    "ListModelPackagingJobs": list_model_packaging_jobs,
}
