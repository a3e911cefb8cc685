"""Single labels. The API changes none: a changed label is made anew, then the old one is deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lookout_files.label_rows import Row
from lookout_provider import ownership
from lookout_provider.holding import Noted
from lookout_provider.labelling import Group
from lookout_provider.protocol import digest
from lookout_provider.resources.base import Live, Resource
from lookout_shared.properties import InvalidProperty

_PHYSICAL_ID = re.compile(r"(?P<group>[^/]+)/label/(?P<digits>[0-9a-f]{12})")
#: The members of the create request in the order of a row's.
_ROW = ("StartTime", "EndTime", "Rating", "FaultCode", "Equipment", "Notes")
_NOTE = re.compile(r"(?P<stack>\S+) labels=(?P<label>[0-9A-Fa-f]*)( making=(?P<making>[0-9a-f]{8}))?")


@dataclass(frozen=True)
class _Note:
    """What a tag on the group remembers of a label: whose it is, its id, and what is being made in its place."""

    stack: str
    label: str = ""
    #: 8 digits of the label that an event set out to make. As long as they stand here, it may exist.
    making: str = ""

    @classmethod
    def parse(cls, value: str | None) -> _Note | None:
        matched = _NOTE.fullmatch(value or "")
        return cls(matched["stack"], matched["label"], matched["making"] or "") if matched else None

    def __str__(self) -> str:
        return f"{self.stack} labels={self.label}" + (f" making={self.making}" if self.making else "")


class Label(Resource):
    """`Custom::LookoutEquipmentLabel`.

    A tag on the group notes its id, under a key that is made of the owner: two constructs never mean the same label.
    """

    noun = "label"
    create_only = ("LabelGroupName",)
    updatable = ("StartTime", "EndTime", "Rating", "FaultCode", "Notes", "Equipment")
    attributes = ("LabelId", "LabelGroupName", "LabelGroupArn", "CreatedAt")
    taggable = False
    holding = Noted
    made_by_update = True

    def operation(self, members: Mapping[str, Any]) -> str:
        return "CreateLabel"

    def accept(self, given: Mapping[str, Any]) -> None:
        super().accept(given)
        start, end = self.desired.get("StartTime", ""), self.desired.get("EndTime", "")
        if end <= start:
            raise InvalidProperty(f"EndTime: got {end!r}, expected a time after StartTime {start!r}")

    @property
    def _wanted(self) -> Row:
        return Row(*(self.desired.get(name, "") for name in _ROW))

    @cached_property
    def _digits(self) -> str:
        """12 hex digits of the owner: in the physical id, the key of the tag, and the label's mark.

        What has those of an earlier form keeps them: they are all that leads to it.
        """
        today, *earlier = (digest(owner)[:12] for owner in self.request.owners)
        known = _PHYSICAL_ID.fullmatch(self.request.physical_id or "")
        return known["digits"] if known is not None and known["digits"] in earlier else today

    @property
    def _tag(self) -> str:
        return f"{ownership.PREFIX}label/{self._digits}"

    def _group(self, name: str) -> Group:
        return Group(self.service, name, self._digits)

    def physical_id(self) -> str | None:
        return f"{self.desired['LabelGroupName']}/label/{self._digits}"

    def find(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        if matched is None or matched["digits"] != self._digits:
            return None
        found = self.service.attempt("DescribeLabelGroup", LabelGroupName=matched["group"])
        if found is None:
            return None
        live = self._live(found)
        note = self._note(live)
        if note is None:
            return None
        labels = self._labels(self._group(matched["group"]), note)
        live.description = {**live.description, **(labels[0] if labels else {}), "Labels": labels}
        return live

    def _live(self, group: Mapping[str, Any]) -> Live:
        described = {name: group[name] for name in ("LabelGroupName", "LabelGroupArn")}
        physical_id = f"{group['LabelGroupName']}/label/{self._digits}"
        return Live(physical_id, group["LabelGroupArn"], {**described, "Labels": []})

    def _note(self, live: Live) -> _Note | None:
        return _Note.parse(self.read_tags(live).get(self._tag))

    def _labels(self, group: Group, note: _Note) -> list[dict[str, Any]]:
        """The labels that exist for this construct: one, or two when a change of it was interrupted."""
        ids = [note.label] if note.label else []
        if note.making:
            ids += [
                label["LabelId"]
                for label in group.summaries()
                if group.row(label).key.startswith(note.making) and label["LabelId"] not in ids
            ]
        return [label for label in map(group.own, ids) if label is not None]

    def owner(self, live: Live) -> str | None:
        note = self._note(live)
        if note is None:
            return None
        return self.request.owner if note.stack in self.request.stack_owners else note.stack

    def differences(self, live: Live) -> Sequence[str]:
        return [] if self.issued(live.physical_id) else list(self.create_only)

    def outdated(self, live: Live) -> Sequence[str]:
        group, labels = self._group(live.description["LabelGroupName"]), live.description["Labels"]
        note = self._note(live)
        done = note is not None and not note.making and [group.row(label) for label in labels] == [self._wanted]
        return () if done else self.updatable

    def create(self) -> Live:
        """Find the group: to make a label is to change it from nothing."""
        return self._live(self._group(self.desired["LabelGroupName"]).describe())

    def update(self, live: Live, members: Sequence[str]) -> bool:
        """Make the label before the old one is deleted, so that it is never missing.

        What is being made is noted first: whatever dies then leaves a label that the next event finds.
        """
        group, labels = self._group(self.desired["LabelGroupName"]), live.description["Labels"]
        made = next((label["LabelId"] for label in labels if group.row(label) == self._wanted), None)
        old = [label["LabelId"] for label in labels if label["LabelId"] != made]
        if made is None:
            for label_id in old[1:]:
                group.delete(label_id)
            self._write(live, label="".join(old[:1]), making=self._wanted.key[:8])
            made = group.create(self._wanted, self.request.token("CreateLabel"))
            old = old[:1]
        for label_id in old:
            group.delete(label_id)
        self._write(live, label=made)
        return True

    def _write(self, live: Live, **note: str) -> None:
        tag = {self._tag: str(_Note(self.request.stack_owner, **note))}
        self.service.call("TagResource", ResourceArn=live.arn, Tags=ownership.write(tag))
        live.tags = self.read_tags(live) | tag

    def delete(self, live: Live) -> None:
        group = self._group(live.description["LabelGroupName"])
        for label in live.description["Labels"]:
            group.delete(label["LabelId"])
        self.service.attempt("UntagResource", ResourceArn=live.arn, TagKeys=[self._tag])

    def gone(self, live: Live) -> bool:
        return True
