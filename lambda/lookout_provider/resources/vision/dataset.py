"""Datasets: the images that a model learns from, and those that it is tested with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from lookout_provider import manifest
from lookout_provider.files import Files
from lookout_provider.holding import Refused
from lookout_provider.manifest import InvalidManifest, Lines, Remembered
from lookout_provider.resources.base import Live, State
from lookout_provider.resources.issued import Issued
from lookout_provider.resources.vision.service import VisionResource
from lookout_shared.aws import Kind, ServiceError
from lookout_shared.properties import InvalidProperty

_PHYSICAL_ID = re.compile(r"(?P<project>[^/]+)/(?P<type>train|test)")
_FIGURES = ("Total", "Labeled", "Normal", "Anomaly")
_PAGE = 100
#: What a dataset is called that this event has deleted, to make it anew.
_ABSENT = "ABSENT"
#: What is noted for the next step: the old content was kept; the dataset was deleted to be made anew; it was made
#: anew; why that failed; the old content is being put back; what was sent last; it is being deleted for good.
_KEPT, _REMADE, _MADE, _FAILED, _PUT_BACK, _SENT = "Kept", "Remade", "Made", "Failed", "PutBack", "Sent"
_DELETED = "Deleted"
#: The buckets in which is remembered what is in force, and what was so before the update.
_BUCKET, _BUCKET_BEFORE = "Bucket", "BucketBefore"
#: Which dataset it was remembered of.
_KNOWN = "Known"
#: The ends of the names of the provider's own files: of the manifest that it makes, of what was in it before a change,
#: and of what is in force.
_OWN, _BEFORE, _IN_FORCE = "", "-before", "-in-force"


class Dataset(VisionResource, Issued):
    """`Custom::LookoutVisionDataset`.

    `Options.Images` says where images are whose folder tells their class: their manifest is then the provider's own.
    Without that and without a source, whatever is in it is as desired.
    """

    noun = "dataset"
    create_only = ("ProjectName", "DatasetType")
    updatable = ("DatasetSource",)
    attributes = (
        "ProjectName",
        "DatasetType",
        "Status",
        "CreationTimestamp",
        "LastUpdatedTimestamp",
        *(f"ImageStats{name}" for name in _FIGURES),
        "ContentDigest",
    )
    one_per_parent = True

    def operation(self, members: Mapping[str, Any]) -> str:
        return "CreateDataset"

    def accept(self, given: Mapping[str, Any]) -> None:
        super().accept(given)
        images = self.request.options.get("Images")
        if images is not None and not (isinstance(images, Mapping) and {"Bucket", "Normal", "Anomaly"} <= set(images)):
            raise InvalidProperty(f"Options.Images: got {images!r}, expected Bucket, Normal and Anomaly")
        for name, properties in ((_BUCKET, given), (_BUCKET_BEFORE, self.request.properties_before)):
            if bucket := _bucket(properties):
                self.memo[name] = bucket

    def bare_id(self) -> str:
        return f"{self.desired['ProjectName']}/{self.desired['DatasetType']}"

    # -- content ------------------------------------------------------------------------------------------

    @cached_property
    def _files(self) -> Files:
        return Files(self.request)

    @cached_property
    def _lines(self) -> Lines | None:
        """What is to be in it; None when that is left open."""
        if self._is_back:
            return self._remembered.lines
        images, location = self.request.options.get("Images"), self._location
        try:
            if images:
                keys = {
                    name: self._files.keys(images["Bucket"], images[member])
                    for name, member in (("normal", "Normal"), ("anomaly", "Anomaly"))
                }
                return manifest.of_images(images["Bucket"], keys)
            return manifest.parse(self._files.read(location)) if location else None
        except InvalidManifest as error:
            what = f"images in s3://{images['Bucket']}" if images else f"s3://{location['Bucket']}/{location['Key']}"
            raise Refused(f"{self.called(self.bare_id())}: {what}: {error}") from None

    @property
    def _location(self) -> Mapping[str, str]:
        """Where the user's manifest is; empty without one."""
        source = self.desired.get("DatasetSource") or {}
        found: Mapping[str, str] = (source.get("GroundTruthManifest") or {}).get("S3Object") or {}
        return found

    def _place(self, physical_id: str, end: str = _OWN, bucket: str = "") -> dict[str, str] | None:
        """Where the provider's own file is whose name has that *end*."""
        bucket = bucket or self.memo.get(_BUCKET, "")
        return {"Bucket": bucket, "Key": self._key_of(physical_id, end)} if bucket else None

    def _key_of(self, physical_id: str, end: str) -> str:
        return f"cdk-lookout/{self.thing(physical_id)}{end}.manifest"

    # -- what is in force ---------------------------------------------------------------------------------

    @property
    def looks_outside(self) -> bool:
        return _BUCKET in self.memo or bool(_bucket(self.request.properties))

    @cached_property
    def _remembered(self) -> Remembered:
        known, bucket = self.memo.get(_KNOWN), self.memo.get(_BUCKET) or self.memo.get(_BUCKET_BEFORE, "")
        place = self._place(known, _IN_FORCE, bucket) if known else None
        return manifest.remembered(self._files.read_any(place)) if place else Remembered()

    @property
    def _is_back(self) -> bool:
        """Whether what is to be in it is remembered, and no file is read for it."""
        return self.in_force and bool(self._remembered.lines)

    def recall(self, live: Live | None) -> str | None:
        known = self.thing(live.physical_id if live is not None else self.request.physical_id or "")
        if self.memo.get(_KNOWN) != known:
            self.memo[_KNOWN] = known
            vars(self).pop("_remembered", None)
        return self._remembered.digits or None

    def remember(self, live: Live, digits: str, *, former: bool = False) -> None:
        """Write down what is in it, where a rollback looks; and forget what was in force elsewhere."""
        now, before = (self.memo.get(name, "") for name in (_BUCKET, _BUCKET_BEFORE))
        if (bucket := before if former else now) and live.state is State.READY:
            self._remembered = Remembered(digits, self._present)
            self._files.keep(bucket, self._key_of(live.physical_id, _IN_FORCE), manifest.to_remember(self._remembered))
        if before not in (bucket, ""):
            self._files.remove(before, self._key_of(live.physical_id, _IN_FORCE))

    @cached_property
    def _present(self) -> Lines:
        """What is in it."""
        entries = self.service.pages("ListDatasetEntries", "DatasetEntries", **self._key, MaxResults=_PAGE)
        text = manifest.content(map(str, entries))
        return manifest.parse(text) if text else {}

    def forget(self, live: Live) -> None:
        self._remove_own(live, _OWN, _BEFORE, _IN_FORCE)

    # -- live state ---------------------------------------------------------------------------------------

    def find(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(self.thing(physical_id))
        self._key = {"ProjectName": matched["project"], "DatasetType": matched["type"]} if matched else {}
        found = self.service.attempt("DescribeDataset", **self._key) if matched else None
        if found is None:
            absent = Live(physical_id, "", {**self._key, "Status": _ABSENT}, tags={})
            return absent if matched and _REMADE in self.memo else None
        description = found["DatasetDescription"]
        figures = {f"ImageStats{name}": (description.get("ImageStats") or {}).get(name) for name in _FIGURES}
        live = Live(physical_id, "", {**description, **figures}, tags={})
        if description["Status"].endswith("_IN_PROGRESS"):
            live.state = State.WORKING
        elif description["Status"] == "CREATE_FAILED":
            live.state, live.reason = State.FAILED, _message(description)
        return live

    def owner(self, live: Live) -> str | None:
        foreign = live.physical_id != self.request.physical_id and not self.removing
        if foreign and live.description["Status"] == "DELETE_IN_PROGRESS":
            raise ServiceError("DescribeDataset", Kind.CONFLICT, "DELETE_IN_PROGRESS", "it is being deleted")
        return super().owner(live)

    def differences(self, live: Live) -> Sequence[str]:
        return [] if self.issued(live.physical_id) else list(self.create_only)

    def outdated(self, live: Live) -> Sequence[str]:
        if live.state is State.FAILED and self.request.request_type != "Update":
            return ()
        under_way = live.state is not State.READY or live.description["Status"] == _ABSENT or _KEPT in self.memo
        if under_way or (self._lines is not None and self._lines != self._present):
            return self.updatable
        return ()

    def data(self, live: Live) -> dict[str, str]:
        known = live.state is State.READY
        digest = manifest.digest(self._present.values()) if known else ""
        return super().data(live) | {"ContentDigest": digest}

    # -- mutations ----------------------------------------------------------------------------------------

    def create(self) -> Live:
        self._write_manifest()
        return self._create("CreateDataset", self._source)

    def claim(self) -> None:
        self._create("CreateDataset", self._source)

    @property
    def _source(self) -> Mapping[str, str] | None:
        own = self._is_back or self.request.options.get("Images")
        return self._place(self.bare_id()) if own else self._location or None

    def _write_manifest(self) -> None:
        """Look at what is to be in it; raises Refused for what the service would not take."""
        lines, place = self._lines, self._place(self.bare_id())
        if (self._is_back or self.request.options.get("Images")) and lines is not None and place is not None:
            self._files.write(place["Bucket"], place["Key"], manifest.content(lines.values()))

    def _create(self, step: str, source: Mapping[str, str] | None) -> Live:
        members = {name: self.desired[name] for name in self.create_only}
        answer = self.service.call(
            "CreateDataset",
            **members,
            **{"DatasetSource": {"GroundTruthManifest": {"S3Object": dict(source)}}} if source else {},
            ClientToken=self.request.token(step),
        )
        made = answer["DatasetMetadata"]
        state = State.WORKING if made["Status"].endswith("_IN_PROGRESS") else State.READY
        self._key = members
        return Live(self.physical_id(), "", {**members, **made}, state, tags={})

    def update(self, live: Live, members: Sequence[str]) -> bool:
        """One step: send what is missing; or, because nothing can be taken out, delete it and make it anew.

        What was in it is kept meanwhile, and is put back when the service does not take the new content.
        """
        status = live.description["Status"]
        if live.state is State.WORKING:
            return False
        if _MADE in self.memo and live.state is State.FAILED:
            self.memo.setdefault(_FAILED, live.reason)
        if _FAILED in self.memo:
            self._put_back(live)
        elif status == _ABSENT:
            self._write_manifest()
            self._create("CreateDataset anew", self._source)
            self.memo[_MADE] = "true"
        elif live.state is State.FAILED:
            self._remake(live)
        elif status == "DELETE_FAILED" and _REMADE in self.memo:
            raise Refused(f"{self.called(live.physical_id)} was not deleted: {_message(live.description)}")
        elif status == "UPDATE_FAILED_ROLLBACK_COMPLETE" and _SENT in self.memo:
            raise Refused(f"{self.called(live.physical_id)} failed: {_message(live.description)}")
        else:
            return self._approach(live)
        return False

    def _approach(self, live: Live) -> bool:
        lines, present = self._lines or {}, self._present
        if set(present) - set(lines) and _MADE not in self.memo:
            place = self._place(live.physical_id, _BEFORE)
            assert place is not None, "without a source there is nothing to be brought about"
            self._files.write(place["Bucket"], place["Key"], manifest.content(present.values()))
            self.memo[_KEPT] = "true"
            self._remake(live)
            return False
        changes = manifest.portion(line for image, line in lines.items() if present.get(image) != line)
        digest = manifest.digest([changes.decode()])
        if not changes or self.memo.get(_SENT) == digest or _MADE in self.memo:
            # It is there, even if the service spells it otherwise.
            self._forget(live)
            return True
        self.service.call(
            "UpdateDatasetEntries", **self._key, Changes=changes, ClientToken=self.request.token(f"Update {digest}")
        )
        self.memo[_SENT] = digest
        return False

    def _remake(self, live: Live) -> None:
        self.memo[_REMADE] = "true"
        self._delete(live)

    def _put_back(self, live: Live) -> None:
        """One step back to what was there before. Raises Refused when that is done, or cannot be done."""
        place = self._place(live.physical_id, _BEFORE)
        failed = f"{self.called(live.physical_id)} failed: {self.memo[_FAILED]}"
        if _KEPT not in self.memo or place is None:
            raise Refused(failed)
        if live.description["Status"] == _ABSENT:
            self._create("CreateDataset as before", place)
            self.memo[_PUT_BACK] = "true"
        elif live.state is State.READY:
            self._forget(live)
            raise Refused(f"{failed}; what was in it before was put back")
        elif _PUT_BACK in self.memo:
            where = f"s3://{place['Bucket']}/{place['Key']}"
            raise Refused(f"{failed}; what was in it before could not be put back, it is in {where}: {live.reason}")
        else:
            self._delete(live)

    def _forget(self, live: Live) -> None:
        """Remove what was kept."""
        place = self._place(live.physical_id, _BEFORE)
        if self.memo.pop(_KEPT, None) and place is not None:
            self._files.remove(place["Bucket"], place["Key"])
        if self._is_back and _MADE in self.memo and not self.request.options.get("Images"):
            self._remove_own(live, _OWN)

    def _remove_own(self, live: Live, *ends: str) -> None:
        for place in (self._place(live.physical_id, end) for end in ends):
            if place is not None:
                self._files.remove(place["Bucket"], place["Key"])

    def delete(self, live: Live) -> None:
        if live.description["Status"] == "DELETE_FAILED" and _DELETED in self.memo:
            raise Refused(f"{self.called(live.physical_id)} was not deleted: {_message(live.description)}")
        if self.removing:
            self.forget(live)
        self.memo[_DELETED] = "true"
        self._delete(live)

    def _delete(self, live: Live) -> None:
        made = live.description.get("CreationTimestamp")
        self.service.attempt("DeleteDataset", **self._key, ClientToken=self.request.token(f"DeleteDataset {made}"))


def _bucket(properties: Mapping[str, Any]) -> str:
    """The bucket that *properties* name, in which the provider's own files are."""
    return _at(properties, "Options", "Images", "Bucket") or _at(
        properties, "DatasetSource", "GroundTruthManifest", "S3Object", "Bucket"
    )


def _at(found: Any, *path: str) -> str:
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return str(found or "")


def _message(description: Mapping[str, Any]) -> str:
    """Why it is as it is, in the service's words."""
    return str(description.get("StatusMessage") or description["Status"])
