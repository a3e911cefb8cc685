"""Which cases a test is about, by their traits."""

from __future__ import annotations

import pytest

#: What the stack holds, not an action or a look at what others own.
owned = pytest.mark.where(lambda case: case.owns)
#: What can be made anew beside the old one, or is shared with it, while its construct gets another id.
renamable = pytest.mark.where(lambda case: case.owns and not case.traits.one_per_parent)
#: What has a name, which may be explicit.
named = pytest.mark.where(lambda case: case.name_member)
#: What has a name, and cannot change completely under it.
pinned = pytest.mark.where(lambda case: case.name_member and case.replaced)
#: What is made by work that takes time.
working = pytest.mark.where(lambda case: case.work)
#: What another desired state replaces.
replaceable = pytest.mark.where(lambda case: case.replaced)
