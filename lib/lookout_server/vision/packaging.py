"""Model packaging jobs: a model as a component for AWS IoT Greengrass.

Sources: API reference (the operations' own pages), developer guide ("Packaging your model", "Package settings").
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from lookout_server.edge.description import Description
from lookout_server.identity.authorization import partition_of
from lookout_server.service import Answer, World
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.errors import Invalid, conflict, not_found, quota_exceeded
from lookout_server.vision.forward import ErrandsS3, key_below
from lookout_server.vision.state import PackagingJob
from lookout_server.vision.targets import check_target

#: The work that makes the component.
PACKAGE = "package"

_PACKAGEABLE = ("TRAINED", "STARTING_HOSTING", "HOSTED", "HOSTING_FAILED", "STOPPING_HOSTING")


def start_model_packaging_job(call: VisionCall) -> Answer:
    """StartModelPackagingJob: with time; the component is written to the S3 location meanwhile."""
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
    count, quota = sum(1 for job in call.own.jobs.values() if job.transition) + 1, call.quotas.concurrent_packaging_jobs
    if count > quota:
        raise quota_exceeded("Concurrent model packaging jobs", "L-A2F581AB", count, quota, "MODEL", identity)
    job = PackagingJob(
        project.place("job", name),
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
    location = greengrass["S3OutputLocation"]
    call.s3.check_bucket(location["Bucket"], "Configuration.Greengrass.S3OutputLocation.Bucket")
    call.s3.may_write(*_file(job))
    _ask_greengrass(call, greengrass, job.component)
    project.jobs[name] = job
    failure = call.invocation.failure()
    if failure is None:
        call.begin(job, PACKAGE, "CREATED", "RUNNING")
    else:
        call.change(job, "CREATED", "RUNNING", to="FAILED", message=failure)
    return {"JobName": name}


def _file(job: PackagingJob) -> tuple[str, str]:
    """Bucket and key of the component's artefact."""
    location = job.configuration["Greengrass"]["S3OutputLocation"]
    return location["Bucket"], key_below(location.get("Prefix"), f"{'-'.join(job.component)}.zip")


def _ask_greengrass(call: VisionCall, greengrass: Mapping[str, Any], component: tuple[str, str]) -> None:
    """The rights that the caller needs at AWS IoT Greengrass (API text)."""
    partition, region, account = partition_of(call.own.region), call.own.region, call.own.account
    arn = f"arn:{partition}:greengrass:{region}:{account}:components:{component[0]}"
    call.invocation.forward("greengrass:CreateComponentVersion", arn)
    call.invocation.forward("greengrass:DescribeComponent", f"{arn}:versions:{component[1]}")
    if greengrass.get("Tags"):
        call.invocation.forward("greengrass:TagResource", f"{arn}:versions:{component[1]}")


def package(job: PackagingJob, s3: ErrandsS3, world: World) -> Callable[[], Answer | str] | str:
    """What is to be done for a packaging job, or why that cannot be; its component is its own from now on."""
    model, component = job.model, job.component
    if model is None or model.learned is None:
        return "The model was never trained"
    if not job.take_component():
        # Developer guide, "Package settings": name and version must be those of no other component.
        return f"The component {component[0]} already has a version {component[1]}"
    inspector, settings = model.learned.inspector, job.configuration["Greengrass"]
    about = Description(*component, model.arn, inspector.size, inspector.colors)
    (bucket, key), region = _file(job), job.home.region

    def write() -> Answer | str:
        # Who only answers requests does not load what computes.
        from lookout_server.detection.artifact import BadModel
        from lookout_server.vision import engines, greengrass

        try:
            learned = engines.unpacked(inspector.model.read(), world.settings.vision_backbone)
            s3.write(bucket, key, greengrass.component(learned, about, settings, f"s3://{bucket}/{key}"))
        except BadModel as error:
            return f"The model cannot be used: {error}"
        except Invalid as error:
            return str(error)
        return _details(component, region)

    return write


def _details(component: tuple[str, str], region: str) -> Answer:
    """What a job has made, as ModelPackagingOutputDetails."""
    # ComponentVersionArn of the model: the account is `aws`, and nothing comes after the name.
    arn = f"arn:{partition_of(region)}:greengrass:{region}:aws:components:{component[0]}"
    return {
        "Greengrass": {
            "ComponentVersionArn": arn,
            "ComponentName": component[0],
            "ComponentVersion": component[1],
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
    return call.page(project.jobs.since, "ModelPackagingJobs", lambda job: _metadata(project.name, job))


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
