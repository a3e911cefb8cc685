"""Labels as the service describes them, and the mark by which those of the stack are known.

A label takes no tags. Of its texts only the notes are free, so the notes of what is made here end with a mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from lookout_files.label_rows import Row
from lookout_provider.ownership import PREFIX
from lookout_shared.aws import Service

#: The most labels that one page of ListLabels has.
_PAGE = 500


class Group:
    """A label group, as one construct makes and removes labels in it: its *digits* mark them.

    Those that have a mark of *earlier* digits are its own, too.
    """

    def __init__(self, service: Service, name: str, digits: str, *earlier: str) -> None:
        self.name = name
        self._service = service
        self._mark, *others = (f"[{PREFIX}{found}]" for found in (digits, *earlier))
        self._marks = (self._mark, *others)

    def describe(self) -> dict[str, Any]:
        return self._service.call("DescribeLabelGroup", LabelGroupName=self.name)

    def summaries(self) -> Iterator[dict[str, Any]]:
        """Every label, whoever made it, without its notes."""
        return self._service.pages("ListLabels", "LabelSummaries", LabelGroupName=self.name, MaxResults=_PAGE)

    def label(self, label_id: str) -> dict[str, Any] | None:
        return self._service.attempt("DescribeLabel", LabelGroupName=self.name, LabelId=label_id)

    def own(self, label_id: str) -> dict[str, Any] | None:
        """The label of that id if it is there and has the mark."""
        found = self.label(label_id)
        return found if found is not None and str(found.get("Notes") or "").endswith(self._marks) else None

    def row(self, label: Mapping[str, Any]) -> Row:
        """What a description or a summary says, without the mark."""
        return Row(
            _moment(label["StartTime"]),
            _moment(label["EndTime"]),
            label["Rating"],
            label.get("FaultCode") or "",
            label.get("Equipment") or "",
            self._without_mark(str(label.get("Notes") or "")),
        )

    def _without_mark(self, notes: str) -> str:
        for mark in self._marks:
            notes = notes.removesuffix(mark)
        return notes.removesuffix(" ")

    def create(self, row: Row, token: str) -> str:
        """Make the label; returns its id, the same one for the same token."""
        optional = {"FaultCode": row.fault_code, "Equipment": row.equipment}
        answer = self._service.call(
            "CreateLabel",
            LabelGroupName=self.name,
            StartTime=row.start,
            EndTime=row.end,
            Rating=row.rating,
            Notes=f"{row.notes} {self._mark}" if row.notes else self._mark,
            ClientToken=token,
            **{name: value for name, value in optional.items() if value},
        )
        return str(answer["LabelId"])

    def delete(self, label_id: str) -> None:
        self._service.attempt("DeleteLabel", LabelGroupName=self.name, LabelId=label_id)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()
