"""The Lookout services themselves, without a network: protocol, validation, state rules, faults.

backend = Backend(storage=...)
connect(boto3.client("lookoutequipment", ...), backend, account="111111111111")
"""

from lookout_server.backend import Backend
from lookout_server.calls import Call, CallLog
from lookout_server.clock import Clock, ManualClock, SystemClock
from lookout_server.faults import Fault, Faults, PlannedFault
from lookout_server.files.storage import Storage, StoredObject
from lookout_server.identity.authorization import AllowEverything, Authorizer
from lookout_server.inprocess import connect
from lookout_server.protocol.errors import AccessDenied, StorageError
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.settings import Limits, Progress, Quotas, Settings, VisionQuotas

__all__ = [
    "AccessDenied",
    "AllowEverything",
    "Authorizer",
    "Backend",
    "Call",
    "CallLog",
    "Clock",
    "Fault",
    "Faults",
    "HttpRequest",
    "HttpResponse",
    "Limits",
    "ManualClock",
    "PlannedFault",
    "Progress",
    "Quotas",
    "Settings",
    "Storage",
    "StorageError",
    "StoredObject",
    "SystemClock",
    "VisionQuotas",
    "connect",
]
