"""The JSON Lines of a dataset: listed, added and replaced.

Source: API reference, ListDatasetEntries and UpdateDatasetEntries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from lookout_server.service import Answer, Task
from lookout_server.vision import manifest
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.datasets import SETTLED, room
from lookout_server.vision.errors import Invalid
from lookout_server.vision.manifest import Line, Room
from lookout_server.vision.state import Dataset, Entry
from lookout_server.vision.transitions import Transition


def list_dataset_entries(call: VisionCall) -> Answer:
    """ListDatasetEntries: the lines that pass every filter that is given, in the order in which they were added."""
    call.authorize_any()
    entries = [entry for entry in call.dataset().entries.values() if _passes(call, entry)]
    return call.page(entries, "DatasetEntries", lambda entry: entry.line.text)


def _passes(call: VisionCall, entry: Entry) -> bool:
    labeled, before, after = call.get("Labeled"), call.get("BeforeCreationDate"), call.get("AfterCreationDate")
    date = entry.added_at
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
    transition = dataset.transition = Transition(["UPDATE_IN_PROGRESS"], call.now)
    before = {name: entry.line for name, entry in dataset.entries.items()}
    space = room(call, dataset)

    def end(outcome: list[Line] | str, now: datetime) -> None:
        states = ["UPDATE_FAILED_ROLLBACK_IN_PROGRESS"] if isinstance(outcome, str) else []
        transition.done(now, lambda ended: _updated(call, dataset, outcome, ended), *states)

    failure = call.invocation.failure()
    if failure is None:
        call.invocation.begin(Task(partial(_read, call.parameters["Changes"], before, space), end))
    else:
        end(failure, call.now)
    return {"Status": dataset.status}


def _read(changes: bytes, before: Mapping[str, Line], space: Room) -> list[Line] | str:
    """The lines to add or replace, or why that fails."""
    try:
        lines = manifest.parse(changes, space)
        changed = {**before, **{line.source_ref: line for line in lines}}
        space.check(len(changed))
        # API reference: images must be in the bucket of those that the dataset has.
        findings = manifest.one_bucket(list(changed.values()))
        if findings:
            raise Invalid(findings[0])
    except Invalid as error:
        return f"The changes are not valid: {error}"
    return lines


def _updated(call: VisionCall, dataset: Dataset, outcome: Sequence[Line] | str, ended: datetime) -> None:
    if isinstance(outcome, str):
        dataset.rest("UPDATE_FAILED_ROLLBACK_COMPLETE", outcome)
        return
    dataset.rest("UPDATE_COMPLETE")
    dataset.updated_at = ended
    for line in outcome:
        # A line that comes again replaces the one of its image, whose place and date it keeps.
        known = dataset.entries.get(line.source_ref)
        number, added_at = (known.number, known.added_at) if known else (call.own.next_number(), ended)
        dataset.entries[line.source_ref] = Entry(number, line, added_at)


OPERATIONS: dict[str, Operation] = {
    "ListDatasetEntries": list_dataset_entries,
    "UpdateDatasetEntries": update_dataset_entries,
}
