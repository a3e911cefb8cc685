"""Projects: made, described, listed and deleted.

Source: API reference (the operations' own pages).
"""

from __future__ import annotations

from lookout_server.service import Answer
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.datasets import metadata
from lookout_server.vision.errors import conflict, quota_exceeded
from lookout_server.vision.state import Project
from lookout_server.work.clearing import clear


def create_project(call: VisionCall) -> Answer:
    """CreateProject: an empty project."""
    name = call.parameters["ProjectName"]
    arn = call.authorize_project()
    call.once()
    if name in call.own.projects:
        raise conflict(f"Project {name} already exists", "PROJECT", name)
    count, quota = len(call.own.projects) + 1, call.quotas.projects
    if count > quota:
        raise quota_exceeded("Projects", "L-64685F61", count, quota, "PROJECT", name)
    project = Project(number=call.own.next_number(), name=name, arn=arn, created_at=call.now)
    call.own.projects[name] = project
    return {"ProjectMetadata": _summary(project)}


def describe_project(call: VisionCall) -> Answer:
    """DescribeProject; a look at its datasets, whose status it shows."""
    call.authorize_project()
    project = call.project()
    for dataset in project.datasets.values():
        call.look(dataset)
    datasets = [metadata(dataset) for _, dataset in sorted(project.datasets.items(), reverse=True)]
    return {"ProjectDescription": {**_summary(project), "Datasets": datasets}}


def list_projects(call: VisionCall) -> Answer:
    """ListProjects. The service's own list is eventually consistent, this one is not."""
    call.authorize_any()
    return call.page(call.own.projects.since, "Projects", _summary)


def delete_project(call: VisionCall) -> Answer:
    """DeleteProject: only without models and datasets; its packaging jobs go with it."""
    call.authorize_project()
    call.once()
    project = call.project()
    for thing in project.moving():
        call.look(thing)
    # API reference, DeleteProject: "you must first delete each version of the model".
    if project.models:
        versions = ", ".join(sorted(project.models, key=int))
        raise conflict(f"Project {project.name} has models: delete version {versions} first", "PROJECT", project.name)
    # "You also have to delete the dataset(s)"; not so in the API text of 2020 (Settings).
    if project.datasets and not call.settings.vision_projects_deleted_with_datasets:
        kinds = ", ".join(sorted(project.datasets))
        raise conflict(f"Project {project.name} has datasets: delete {kinds} first", "PROJECT", project.name)
    del call.own.projects[project.name]
    for kind in ("dataset", "features", "job"):
        clear(call.own, kind, project.guid, call.now)
    return {"ProjectArn": project.arn}


def _summary(project: Project) -> Answer:
    return {"ProjectArn": project.arn, "ProjectName": project.name, "CreationTimestamp": project.created_at}


OPERATIONS: dict[str, Operation] = {
    "CreateProject": create_project,
    "DescribeProject": describe_project,
    "ListProjects": list_projects,
    "DeleteProject": delete_project,
}
