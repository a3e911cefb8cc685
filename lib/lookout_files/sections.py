"""In which section of the documentation a message stands: looked up in what the sections quote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: What differs from case to case in a message.
_GAP = "…"


def section(message: str, sections: Mapping[str, Sequence[str]]) -> str | None:
    """The page and section that quotes *message*; of several, the one that quotes most of it."""
    found = [(len(quoted), place) for place, texts in sections.items() for quoted in texts if fits(quoted, message)]
    return max(found, key=lambda one: one[0])[1] if found else None


def fits(quoted: str, message: str) -> bool:
    """Whether *message* is what is *quoted*, with anything in its gaps: in one pass, however long it is."""
    beginning, *pieces = quoted.split(_GAP)
    if not pieces:
        return message == quoted
    end, at = len(message) - len(pieces[-1]), len(beginning)
    if not message.startswith(beginning) or not message.endswith(pieces.pop()):
        return False
    for piece in pieces:
        if (found := message.find(piece, at)) < 0:
            return False
        at = found + len(piece)
    return at <= end
