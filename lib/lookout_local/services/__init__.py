"""The Lookout services themselves, without a network: protocol, validation, state rules, faults.

backend = Backend(storage=...)
connect(boto3.client("lookoutequipment", ...), backend, account="111111111111")
"""

from lookout_local.services.authorization import AllowEverything, Authorizer
from lookout_local.services.backend import Backend
from lookout_local.services.calls import Call, CallLog
from lookout_local.services.clock import Clock, ManualClock, SystemClock
from lookout_local.services.errors import AccessDenied, StorageError
from lookout_local.services.faults import Fault, Faults, PlannedFault
from lookout_local.services.http import HttpRequest, HttpResponse
from lookout_local.services.inprocess import connect
from lookout_local.services.settings import Limits, Progress, Quotas, Settings, VisionQuotas
from lookout_local.services.storage import Storage, StoredObject

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
