"""Anomalies in pictures, learnt from a few normal ones.

    model = fit(normal, [Example(picture, masks={"scratch": mask})])
    judgement = model.judge(picture)
    judgement.score           # 0.5 is the alarm
    judgement.map             # the same for every place of the picture
    judgement.areas           # per cent of the picture, by label

`docs/detection-images.md` says how it works, and what it is good and bad at.
"""

from lookout_server.detection.images.backbone import Backbone, BadBackbone, ByHand, Network, built_in, from_file
from lookout_server.detection.images.examples import Example
from lookout_server.detection.images.features import Cache
from lookout_server.detection.images.model import Judgement, Model
from lookout_server.detection.images.pictures import BadPicture, Picture, Preprocessing
from lookout_server.detection.images.settings import Settings
from lookout_server.detection.images.store import OtherBackbone, contents, load, save
from lookout_server.detection.images.threshold import Threshold
from lookout_server.detection.images.training import fit

__all__ = [
    "Backbone",
    "BadBackbone",
    "BadPicture",
    "ByHand",
    "Cache",
    "Example",
    "Judgement",
    "Model",
    "Network",
    "OtherBackbone",
    "Picture",
    "Preprocessing",
    "Settings",
    "Threshold",
    "built_in",
    "contents",
    "fit",
    "from_file",
    "load",
    "save",
]
