"""What an event that is no text says, in words. Guarantee: whoever reads the log later needs no Matrix client to know
what was asked in a poll, what was chosen, which place was shown.

Nothing here raises: the content is anybody's. Polls are read under the names of the Matrix specification's proposal
3381, stable and unstable, texts under those of proposal 1767.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.log import ijson_fault

_POLLS = ("m.poll", "m.poll.start", "org.matrix.msc3381.poll.start")
_RESPONSES = ("m.poll.response", "org.matrix.msc3381.poll.response")
_ENDS = ("m.poll.end", "org.matrix.msc3381.poll.end")
_LOCATIONS = ("m.location", "org.matrix.msc3488.location")
_TEXTS = ("m.text", "org.matrix.msc1767.text", "body")
_CALLS = ("m.call.", "org.matrix.call.", "m.rtc.", "org.matrix.msc4075.", "org.matrix.msc3401.call.")

ABOUT_POLLS = frozenset({*_RESPONSES, *_ENDS})
"""The types of events that belong to a poll, which their relation names."""


def is_call(type_: str) -> bool:
    """Whether the event is part of a call made within the room (Matrix specification, 11.5, "Voice over IP")."""
    return type_.startswith(_CALLS)


def in_words(type_: str, content: Mapping[str, Any], poll: Mapping[str, Any] | None = None) -> str | None:
    """What the event says, or None where its own text says it already, or nothing does. `poll`: the content of the poll
    that the event answers."""
    if type_ in _POLLS:
        found = _poll(content)
    elif type_ in _RESPONSES:
        found = _choice(type_, content, poll or {})
    elif content.get("msgtype") == "m.location" or any(name in content for name in _LOCATIONS):
        found = _place(content)
    elif type_ in ("m.room.message", "m.reaction"):
        return None
    else:
        found = _text(content)
    return found if found and ijson_fault(found) is None else None


def _poll(content: Mapping[str, Any]) -> str | None:
    inner = _first(content, _POLLS)
    question = _text(_mapping(inner.get("question")))
    answers = [each for _, each in _answers(inner)]
    if question is None:
        return _text(content)
    return " ".join([question, *(f"({number}) {each}" for number, each in enumerate(answers, 1))])


def _choice(type_: str, content: Mapping[str, Any], poll: Mapping[str, Any]) -> str:
    chosen = content.get("m.selections")
    if not isinstance(chosen, list):
        chosen = _mapping(content.get(type_)).get("answers")
    known = dict(_answers(_first(poll, _POLLS)))
    picked = [each for each in chosen if isinstance(each, str)] if isinstance(chosen, list) else []
    return ", ".join(known.get(each, each) for each in picked) or "—"


def _answers(poll: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The answers that a poll offers: id and text."""
    listed = poll.get("answers")
    offered = [_mapping(each) for each in listed] if isinstance(listed, list) else []
    return [(str(each.get("m.id", each.get("id", ""))), _text(each) or "?") for each in offered]


def _place(content: Mapping[str, Any]) -> str | None:
    inner = _first(content, _LOCATIONS)
    uri = content.get("geo_uri") if isinstance(content.get("geo_uri"), str) else inner.get("uri")
    described = inner.get("description")
    told = described if isinstance(described, str) else _text(content)
    if not isinstance(uri, str):
        return told
    return told if told and uri in told else " — ".join(each for each in (told, uri) if each)


def _text(content: Mapping[str, Any]) -> str | None:
    for name in _TEXTS:
        held = content.get(name)
        if isinstance(held, list):
            plain = [_mapping(each) for each in held]
            held = next((e.get("body") for e in plain if e.get("mimetype", "text/plain") == "text/plain"), None)
        if isinstance(held, str):
            return held
    return None


def _first(content: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    return next((_mapping(content[name]) for name in names if name in content), {})


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
