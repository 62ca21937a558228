"""An entry of the log as a line to read: who, what, about what, in which words. Pure; the sentences are templates'."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from bot.domain.cell import Cell
from bot.domain.language import Language
from bot.domain.log import Entry
from bot.domain.moments import FILED, MOMENTS, Moment
from bot.domain.purge import Mode, in_words
from bot.domain.roles import Role, Track

NameOf = Callable[[str | None], str]
_AS_IT_IS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Line:
    """`at`: the time of the fact where one was given, else that of the entry, as the log writes it. `who` did it;
    `typist` is who typed it, where that is another. `what` names the act: the kind, and its action. `about` is what it
    was done to. `text` is in people's own words. `erased`: its content is gone. `corrected` and `undone`: the numbers
    of the later entries that do so."""

    seq: int
    at: str
    who: str
    typist: str | None
    what: str
    about: str | None
    text: str
    erased: bool
    corrected: tuple[int, ...] = ()
    undone: tuple[int, ...] = ()


def line_of(entry: Entry, name_of: NameOf, language: Language, called: Mapping[str, str] = _AS_IT_IS) -> Line:
    """The line of one entry; `name_of` names a person by Matrix id, and the bot by None; `called`: the words for ids
    that say nothing to people, such as those of `words_for`."""
    content = entry.content or {}
    author = content.get("by")
    author = author if isinstance(author, str) and author else entry.sender
    # Of a coming or going: whose it is, which is not always who brought it about.
    about = content.get("state_key") if entry.kind == "membership" else content.get("id")
    return Line(
        seq=entry.seq,
        at=entry.occurred_at or entry.logged_at,
        who=name_of(author),
        typist=name_of(entry.sender) if entry.sender and author != entry.sender else None,
        what=_what(entry.kind, content),
        about=called.get(about) or _about(entry.kind, about, name_of, language) if isinstance(about, str) else None,
        text=_reason(content, language) if _takes_out(entry.kind, content) else words(content),
        erased=entry.content is None,
    )


def words_for(cell: Cell, language: Language) -> dict[str, str]:
    """What people call the deadlines of an incident, their filings and its questions, by the ids that the log keeps."""
    clocks = {clock.id: clock.typed(language) for clock in cell.clocks.values()}
    filing = "dépôt de" if language == "fr" else "filing of"
    filed = {f"{FILED}{clock.id}": f"{filing} {clock.typed(language)}" for clock in cell.clocks.values()}
    return clocks | filed | {question.id: question.name.get(language) for question in cell.questions}


def _what(kind: str, content: Mapping[str, Any]) -> str:
    if kind == "purge" and content.get("mode") == Mode.MASK:
        return "purge.mask"
    if kind == "file" and "type" not in content:  # what became of a file whose own entry stands before
        return "file.came"
    return f"{kind}.{content['action']}" if "action" in content else kind


def _takes_out(kind: str, content: Mapping[str, Any]) -> bool:
    return kind == "purge" or (kind == "incident" and content.get("action") == "hide")


def _reason(content: Mapping[str, Any], language: Language) -> str:
    """Why something was purged or hidden."""
    after = content.get("after")
    return in_words((after if isinstance(after, dict) else content).get("reason"), language)


def with_corrections(lines: Iterable[Line], corrections: Iterable[Entry]) -> list[Line]:
    """The lines, each with what corrects or undoes it; a correction that was itself undone counts no more."""
    said = [(entry.seq, entry.content or {}) for entry in corrections]
    undone: dict[object, list[int]] = {}
    corrected: dict[object, list[int]] = {}
    for seq, content in said:
        if content.get("action") == "undo":
            undone.setdefault(content.get("target"), []).append(seq)
    for seq, content in said:
        if content.get("action") != "undo" and seq not in undone:
            corrected.setdefault(content.get("target"), []).append(seq)
    return [
        replace(line, corrected=tuple(corrected.get(line.seq, ())), undone=tuple(undone.get(line.seq, ())))
        for line in lines
    ]


_TRACKS = frozenset(track.value for track in Track)
_ROLES = frozenset(role.value for role in Role)


def _about(kind: str, about: str, name_of: NameOf, language: Language) -> str:
    """What a change was made to, in people's words: the name of somebody, a moment, a track, a role; else the id."""
    if kind == "moment" and about in MOMENTS:
        return MOMENTS[Moment(about)].word.get(language)
    if kind in ("note", "incident") and about in _TRACKS:
        return Track(about).label(language)
    if kind == "role" and about in _ROLES:
        label = Role(about).label(language)
        return label if label[:2].isupper() else label[:1].lower() + label[1:]
    if kind == "handover":
        about = f"@{about.rpartition(':@')[2].removeprefix('@')}"  # who asked, and whom: who asked is named already
    return name_of(about) if about.startswith("@") else about


_WARNED = frozenset({"warned", "unwarned"})


def _partner(said: Mapping[str, Any]) -> str:
    """Which partner was warned, and how."""
    who, how = said.get("who"), said.get("how")
    return f"{who} ({how})" if who and how else str(who or "")


def words(content: Mapping[str, Any]) -> str:
    """What somebody wrote, or why they did it; the name of a file; a membership's own word; else nothing."""
    inner = content.get("content")
    if isinstance(inner, dict):
        new = inner.get("m.new_content")
        body = (new if isinstance(new, dict) else inner).get("body")
        # What the log itself says of a poll, a place or a coming is more than what its content shows.
        texts = (content.get("text"), content.get("change"), body, inner.get("membership"))
        return next((each for each in texts if isinstance(each, str)), "")
    after = content.get("after")
    said = after if isinstance(after, dict) else {}
    if content.get("action") in _WARNED:
        partner = said or content.get("before")
        return _partner(partner) if isinstance(partner, dict) else ""
    file = content.get("file") or content.get("described")
    name = file.get("name") if isinstance(file, dict) else None
    whys = (content.get("text"), content.get("reason"), said.get("reason"), said.get("note"), name)
    return next((each for each in whys if isinstance(each, str) and each not in MOMENTS), "")
