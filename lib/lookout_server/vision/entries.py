"""The JSON Lines of a dataset: listed, added and replaced.

Source: API reference, ListDatasetEntries and UpdateDatasetEntries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from lookout_server.service import Answer, World
from lookout_server.vision import manifest
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.datasets import SETTLED, room
from lookout_server.vision.errors import Invalid
from lookout_server.vision.state import Dataset, Entry, Images

#: The work that reads the changes to a dataset.
CHANGE = "change"


def list_dataset_entries(call: VisionCall) -> Answer:
    """ListDatasetEntries: the lines that pass every filter that is given, in the order in which they were added."""
    call.authorize_any()
    dataset = call.dataset()

    def since(number: int) -> Iterator[Entry]:
        return (entry for entry in dataset.images.since(number) if _passes(call, dataset, entry))

    return call.page(since, "DatasetEntries", lambda entry: entry.line.text)


def _passes(call: VisionCall, dataset: Dataset, entry: Entry) -> bool:
    labeled, before, after = call.get("Labeled"), call.get("BeforeCreationDate"), call.get("AfterCreationDate")
    date = entry.added_at or dataset.updated_at
    if call.settings.vision_entry_date == "labeled":
        date = entry.line.labeled_at or date
    return (
        (labeled is None or labeled == (entry.line.label is not None))
        and call.get("AnomalyClass") in (None, entry.line.label)
        and (before is None or date < before)
        and (after is None or date > after)
        and (call.get("SourceRefContains") or "") in entry.line.source_ref
    )


def update_dataset_entries(call: VisionCall) -> Answer:
    """UpdateDatasetEntries: with time. When a line is wrong, none counts: the update fails and is rolled back."""
    call.authorize_any()
    call.once()
    project, dataset = call.project(), call.dataset()
    named, identity = f"The {dataset.type} dataset of project {project.name}", f"{project.name}/{dataset.type}"
    call.refuse_unless(dataset, SETTLED, "updated", named, "DATASET", identity)
    failure = call.invocation.failure()
    if failure is None:
        dataset.changes = call.own.session.keeper.keep(call.parameters["Changes"])
        call.begin(dataset, CHANGE, "UPDATE_IN_PROGRESS")
    else:
        states = ("UPDATE_IN_PROGRESS", "UPDATE_FAILED_ROLLBACK_IN_PROGRESS")
        call.change(dataset, *states, to="UPDATE_FAILED_ROLLBACK_COMPLETE", message=failure)
    return {"Status": dataset.status}


def read_changes(dataset: Dataset, world: World) -> Callable[[], Images | str]:
    """What is to be done for the update of a dataset."""
    changes, images, updated_at = dataset.changes, dataset.images, dataset.updated_at
    space = room(dataset, world.settings.vision_quotas)

    def read() -> Images | str:
        before = [replace(entry, added_at=entry.added_at or updated_at) for entry in images.since()]
        entries = {entry.line.source_ref: entry for entry in before}
        try:
            for line in manifest.parse(changes.read() if changes else b"", space):
                # A line that comes again replaces the one of its image, whose place and date it keeps.
                known = entries.get(line.source_ref)
                number, added_at = (known.number, known.added_at) if known else (len(entries) + 1, None)
                entries[line.source_ref] = Entry(number, line, added_at)
            space.check(len(entries))
            # API reference: images must be in the bucket of those that the dataset has.
            findings = manifest.one_bucket([entry.line for entry in entries.values()])
            if findings:
                raise Invalid(findings[0])
        except Invalid as error:
            return f"The changes are not valid: {error}"
        return Images.of(world.keeper, list(entries.values()))

    return read


OPERATIONS: dict[str, Operation] = {
    "ListDatasetEntries": list_dataset_entries,
    "UpdateDatasetEntries": update_dataset_entries,
}
