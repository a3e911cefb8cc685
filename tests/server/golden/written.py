"""Writes what a server of this release remembers, for later ones to read: `python -m tests.server.golden.written`.

One file for each form that documents ever had in a release, never changed once that is out: the documents of a plant
and of a studio in which everything has happened once, with the contents of their blobs.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from lookout_server.store import Put
from lookout_server.store.directory import DirectoryBlobs
from lookout_server.store.sqlite import SqliteDocuments
from tests.server.services.vision import test_crashes as studio
from tests.server.work import test_crashes as plant
from tests.server.work.crashing import Points

HERE = Path(__file__).parent
#: The form of the release that is being made.
RELEASE = "documents-2"


def lived() -> tuple[Any, Any]:
    """A plant and a studio in which everything has happened once."""
    factory = plant.Machine(Points())
    steps = [plant.imported, plant.imported_version, plant.retraining, plant.a_month_on, plant.tick, plant.watching]
    for step in (*plant.MODEL, *steps, plant.five_minutes_on, plant.tick, plant.five_minutes_on, plant.tick, _more):
        factory.do(step)
    return factory, studio.play("hosting", None)


def _more(cloud: Any) -> None:
    cloud.source.create_label_group(LabelGroupName="faults", FaultCodes=["WEAR"], ClientToken="group")
    cloud.source.create_label(
        LabelGroupName="faults",
        StartTime="2023-01-02T00:00:00Z",
        EndTime="2023-01-03T00:00:00Z",
        Rating="ANOMALY",
        FaultCode="WEAR",
        ClientToken="label",
    )
    arn = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    cloud.source.tag_resource(ResourceArn=arn, Tags=[{"Key": "site", "Value": "north"}])
    cloud.share(arn, action="ImportDataset")


def dumped(documents: SqliteDocuments, blobs: DirectoryBlobs) -> dict[str, Any]:
    """Everything that a store holds."""
    every = [one for kind in documents.kinds() for one in documents.by_id(kind)]
    return {
        "documents": [
            {
                "kind": one.kind,
                "id": one.id,
                "body": one.body,
                "number": one.number,
                "due": one.due and one.due.isoformat(),
                "blobs": one.blobs,
            }
            for one in every
        ],
        "blobs": {digest: base64.b64encode(blobs.open(digest).read()).decode() for digest in sorted(documents.blobs())},
    }


def load(dump: dict[str, Any], documents: SqliteDocuments, blobs: DirectoryBlobs) -> None:
    """Put what was dumped into a store."""
    from datetime import datetime

    for content in dump["blobs"].values():
        blobs.put(base64.b64decode(content))
    for one in dump["documents"]:
        due = one["due"] and datetime.fromisoformat(one["due"])
        documents.commit([Put(one["kind"], one["id"], one["body"], None, one["number"], due, tuple(one["blobs"]))])


def main() -> None:
    factory, shop = lived()
    dump = {"plant": dumped(factory.documents, factory.blobs), "studio": dumped(shop.documents, shop.blobs)}
    (HERE / f"{RELEASE}.json").write_text(json.dumps(dump, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
