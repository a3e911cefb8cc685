"""Anomalies of machines in the readings of their sensors.

    model = fit(training, Settings(), labels=[(first, last)])
    judgement = model.judge(frame, history)
    judgement.scores          # 0.5 is the alarm
    judgement.explain(row)    # which sensors, by how much, what was expected

`docs/detection.md` says how it works, and what it is good and bad at.
"""

from lookout_server.detection.sensors.frame import Frame
from lookout_server.detection.sensors.judgement import Judgement, Reason
from lookout_server.detection.sensors.long import Long
from lookout_server.detection.sensors.model import Model
from lookout_server.detection.sensors.settings import Settings
from lookout_server.detection.sensors.store import contents, load, save
from lookout_server.detection.sensors.threshold import Threshold
from lookout_server.detection.sensors.training import Learnt, fit, learn

__all__ = [
    "Frame",
    "Judgement",
    "Learnt",
    "Long",
    "Model",
    "Reason",
    "Settings",
    "Threshold",
    "contents",
    "fit",
    "learn",
    "load",
    "save",
]
