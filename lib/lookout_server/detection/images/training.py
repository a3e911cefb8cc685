"""Learning from normal pictures, and from anomalous ones where there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lookout_server.detection.images.backbone import Backbone, built_in
from lookout_server.detection.images.evidence import Evidence
from lookout_server.detection.images.examples import Example, gather_anomalous, gather_normal
from lookout_server.detection.images.features import Cache, Extractor
from lookout_server.detection.images.labels import Labels
from lookout_server.detection.images.memory import Memory, Scaling
from lookout_server.detection.images.model import Model
from lookout_server.detection.images.pictures import BadPicture, Picture, Preprocessing
from lookout_server.detection.images.settings import Settings
from lookout_server.detection.images.threshold import choose
from lookout_server.detection.images.validation import fit_head, held_out, ways


def fit(
    normal: Sequence[Picture],
    anomalous: Sequence[Example] = (),
    settings: Settings | None = None,
    *,
    preprocessing: Preprocessing | None = None,
    backbone: Backbone | None = None,
    cache: Cache | None = None,
) -> Model:
    """Learn from pictures.

    Both sequences are read one picture at a time, and once, so they may load what they hold when asked for it. Without
    anomalous pictures the threshold rests on normal ones alone, which `Model.threshold.method` says.

    backbone: left out, the one that comes with the package. cache: features that were computed before are taken from
    it, so that a further training costs only the pictures that are new.

    Errors: `BadPicture`, with the number of the picture, when one cannot be read, or when a mask has another size than
    its picture; also when there is no normal picture.
    """
    settings, preprocessing = settings or Settings(), preprocessing or Preprocessing()
    backbone = backbone or built_in()
    settings = replace(settings, layers=settings.layers or backbone.usual)
    if not len(normal):
        raise BadPicture("training: got no normal picture, expected at least one")
    extractor = Extractor(backbone, preprocessing, settings.layers, cache)
    usual = gather_normal(normal, extractor, settings)
    scaling = Scaling.fit(usual.patches.features)
    memory = Memory.fit(scaling(usual.patches.features), settings.remembered)
    unusual = gather_anomalous(anomalous, extractor, scaling, settings)
    found = held_out(usual, unusual, scaling, settings)
    way = found.best(ways(unusual, settings), settings)
    head = fit_head(unusual, usual, scaling, memory, settings) if way.weight else None
    return Model(
        settings,
        preprocessing,
        backbone,
        Evidence(scaling, memory, head, way),
        choose(*found.scores(way, settings), *found.cells(way, settings), settings),
        Labels.fit(unusual.regions) if unusual.regions else None,
    )
