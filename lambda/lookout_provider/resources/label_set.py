"""Many labels out of one file, changed by difference: what is there stays, what is not in the file goes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from lookout_files import label_rows
from lookout_files.label_rows import InvalidRows, Row
from lookout_provider import ownership
from lookout_provider.files import Files
from lookout_provider.holding import Refused
from lookout_provider.labelling import Group
from lookout_provider.ownership import Lease
from lookout_provider.protocol import digest
from lookout_provider.resources.base import Attached, Live
from lookout_shared.aws import ServiceError
from lookout_shared.properties import InvalidProperty

_PHYSICAL_ID = re.compile(r"(?P<group>[^/]+)/label-set")
#: What one invocation does at most; the next poll goes on.
_CALLS, _SECONDS = 1_000, 100
#: The cursor before the first key.
_FIRST = "0"
#: In the place of the digits of the notes: labels may have those of one content or of another one.
_MIXED = "0" * 8


def _content(lease: Lease) -> str:
    return digest(lease.digits or "")[:6]


class _Portion:
    """The work of one invocation."""

    def __init__(self) -> None:
        self._until = time.monotonic() + _SECONDS
        self.calls = 0
        self.deleted = 0

    @property
    def over(self) -> bool:
        return self.calls >= _CALLS or time.monotonic() > self._until


class LabelSet(Attached):
    """`Custom::LookoutEquipmentLabelSet`.

    `Options.Source` says where the file is. The labels of the set are known by their mark, which is the stack's. The
    lease on the group has the digits of the rows and of their notes, which no list of labels tells.
    """

    noun = "label set"
    create_only = ("LabelGroupName",)
    updatable = ("Labels",)
    owner_tag = ownership.PREFIX + "label-set"
    attributes = ("LabelGroupName", "LabelGroupArn")
    looks_outside = True

    _removed = False

    def operation(self, members: Mapping[str, Any]) -> str:
        return "DescribeLabelGroup"

    def accept(self, given: Mapping[str, Any]) -> None:
        super().accept(given)
        source = self.request.options.get("Source")
        if not isinstance(source, Mapping) or not {"Bucket", "Key"} <= set(source):
            raise InvalidProperty("Options.Source: got no Bucket and Key, expected those of the file of labels")

    @cached_property
    def _rows(self) -> Sequence[Row]:
        """The labels to be; none for a Delete, which needs no file. Raises Refused for a file that is wrong."""
        if self.removing:
            return ()
        source = self.request.options["Source"]
        location = {name: source[name] for name in ("Bucket", "Key", "VersionId") if source.get(name)}
        content = Files(self.request).read(location)
        try:
            return label_rows.parse(content)
        except InvalidRows as error:
            raise Refused(f"labels in s3://{source['Bucket']}/{source['Key']}: {error}") from None

    def physical_id(self) -> str | None:
        return f"{self.desired['LabelGroupName']}/label-set"

    def find(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        found = self.service.attempt("DescribeLabelGroup", LabelGroupName=matched["group"]) if matched else None
        if found is None:
            return None
        live = Live(physical_id, found["LabelGroupArn"], found)
        return live if self.lease(live) else None

    def create(self) -> Live:
        group = self._group(self.desired["LabelGroupName"]).describe()
        live = Live(f"{group['LabelGroupName']}/label-set", group["LabelGroupArn"], group)
        self._check_codes(live)
        self.holding(self).take(live)
        return live

    def _group(self, name: str) -> Group:
        """The group, with the mark of the set: the stack's, because a renamed construct has the same labels."""
        return Group(self.service, name, *(digest("label-set", stack)[:12] for stack in self.request.stack_owners))

    def _check_codes(self, live: Live) -> None:
        try:
            label_rows.check_codes(self._rows, live.description.get("FaultCodes") or [])
        except InvalidRows as error:
            raise Refused(f"labels for {live.description['LabelGroupName']}: {error}") from None

    @cached_property
    def _digits(self) -> str:
        """8 digits of the rows."""
        return label_rows.digest(sorted([row.key, row.notes] for row in self._rows))[:8]

    @cached_property
    def _notes(self) -> str:
        """8 digits of the notes alone."""
        return label_rows.digest(sorted([row.key, row.notes] for row in self._rows if row.notes))[:8]

    def brought_about(self, live: Live, *, former: bool) -> str | None:
        """The digits of the rows and of their notes, and how many labels there are at least."""
        lease = self.lease(live)
        if lease is None or lease.digits is None or lease.after is not None:
            return None
        count = len(self._summaries(live) if former else self._rows)
        return f"{_content(lease)}{count:04x}"

    def _summaries(self, live: Live) -> list[dict[str, Any]]:
        return list(self._group(live.description["LabelGroupName"]).summaries())

    def _is_as_before(self, live: Live) -> bool:
        """Whether what the properties in force brought about is still there, as far as that can be seen."""
        lease = self.lease(live)
        if lease is None or lease.of is None or lease.after is not None:
            return False
        content, count = lease.of[-10:-4], int(lease.of[-4:], 16)
        return _content(lease) == content and len(self._summaries(live)) >= count

    def outdated(self, live: Live) -> Sequence[str]:
        if self.in_force and self._is_as_before(live):
            return ()
        # What was in force is not there any more.
        self.in_force = False
        self._check_codes(live)
        lease = self.lease(live)
        if lease is None or lease.after is not None or lease.digits != self._digits + self._notes:
            return self.updatable
        group = self._group(live.description["LabelGroupName"])
        present = {group.row(label).key for label in group.summaries()}
        return () if present >= {row.key for row in self._rows} else self.updatable

    def update(self, live: Live, members: Sequence[str]) -> bool:
        if not self._bring(live):
            return False
        self._write(live, digits=self._digits + self._notes, after=None)
        return True

    def delete(self, live: Live) -> None:
        self._removed = self._bring(live)
        if self._removed:
            self.drop_lease(live)

    def gone(self, live: Live) -> bool:
        return self._removed

    def _bring(self, live: Live) -> bool:
        """One portion of the way to the rows: make what is missing, then remove what is too many; whether all is done.

        What a label list does not tell is looked at label by label, in the order of the keys; how far that got is in
        the lease.
        """
        lease = self.lease(live) or self.new_lease(live)
        noted = (lease.digits or "")[8:]
        started = lease.after is not None and (lease.digits or "")[:8] == self._digits
        after = (lease.after if started else None) or _FIRST
        if lease.digits and not started and self._rows:
            # From here on the set is neither the old one nor the new one, and its labels have the notes of either.
            noted = noted if noted == self._notes else _MIXED
            self._write(live, digits=self._digits + noted, after=after)
        group, portion = self._group(live.description["LabelGroupName"]), _Portion()
        present: dict[str, list[str]] = {}
        for label in group.summaries():
            present.setdefault(group.row(label).key, []).append(label["LabelId"])
        wanted = {row.key: row for row in self._rows}
        refused = None
        for key, row in wanted.items():
            if key in present:
                continue
            if portion.over:
                return False
            try:
                self._create(group, row, portion)
            except ServiceError as error:
                if "ServiceQuotaExceeded" not in str(error):
                    raise
                # The group is full: there is room once what is too many is gone.
                refused = error
                break
        look_at_notes = bool(noted and self._rows) and noted != self._notes
        for key in sorted(present):
            if key <= after or (key in wanted and len(present[key]) == 1 and not look_at_notes):
                continue
            if portion.over:
                self._write(live, digits=self._digits + noted, after=after)
                return False
            self._tidy(group, present[key], wanted.get(key), portion)
            after = key
        if refused is None:
            return True
        if not portion.deleted:
            raise refused
        self._write(live, digits=self._digits + noted, after=after)
        return False

    def _create(self, group: Group, row: Row, portion: _Portion) -> None:
        portion.calls += 1
        group.create(row, self.request.token(f"CreateLabel {row.key}"))

    def _tidy(self, group: Group, ids: Sequence[str], row: Row | None, portion: _Portion) -> None:
        """Leave of the labels *ids*, which differ in their notes at most, the one that *row* is; foreign ones stay."""
        portion.calls += len(ids)
        ours = {label["LabelId"]: group.row(label).notes for label in map(group.own, ids) if label is not None}
        kept = None
        if row is not None and ours:
            kept = next((label_id for label_id, notes in ours.items() if notes == row.notes), None)
            if kept is None:
                self._create(group, row, portion)
        for label_id in ours:
            if label_id != kept:
                portion.calls += 1
                portion.deleted += 1
                group.delete(label_id)

    def _write(self, live: Live, *, digits: str, after: str | None) -> None:
        lease = self.lease(live) or self.new_lease(live)
        # Half-way it is not as anything in force wanted it, and a tag has no room for both.
        of = lease.of if after is None else None
        self.write_lease(live, replace(lease, digits=digits, after=after, of=of))
