"""Texts that the bot sends, from the decision to what became of them. Guarantee: what is sent is the approved version,
word for word, while it stands; each attempt has its entry in the log; the cell is told once of all of them."""

from __future__ import annotations

from datetime import datetime

from bot import boards, chronicle
from bot.commands import daily
from bot.commands.drafts import exact
from bot.commands.fulfilling import by_version, fulfilled, waiting
from bot.commands.scene import Scene
from bot.domain import drafts as texts
from bot.domain.approval import stopped, unfounded
from bot.domain.cell import Cell
from bot.domain.drafts import TextStanding, digest
from bot.domain.effects import SendText
from bot.domain.incident import IncidentStatus
from bot.domain.outcome import Record
from bot.domain.outlets import ROOM_KEY, STAFF_ROOM, Result, SendState, Sent, channel_of
from bot.domain.paper import plain
from bot.render import Rendered
from bot.speech import content
from bot.store import cells, outbox, sends, veil
from bot.store.db import Session
from bot.tools import Tools

IN_ROOM = "staff:"
"""The beginning of the keys of what is said in the staff's room: the incident, the text, and what asked for it."""


def book(session: Session, tools: Tools, cell: Cell, scene: Scene, effect: SendText) -> None:
    """Keep what is to be sent; what is for the staff's room goes into the outbox."""
    version = cell.drafts[effect.draft].version(effect.version)
    assert version is not None
    sent = Sent(
        incident=cell.incident.id,
        draft=effect.draft,
        version=effect.version,
        sha256=version.sha256,
        outlet=effect.outlet,
        mark="",
        turn=scene.event_id,
        by=scene.sender,
        state=SendState.WAITING,
        created_at=scene.now,
        trial=effect.trial,
    )
    sends.book(session, sent, effect.to)
    if effect.outlet != STAFF_ROOM:
        return
    text = still_so(session, cell, sent, scene.now)
    if text is None:
        _settled_in_room(session, tools, sent.turn, SendState.DROPPED, scene.now)
        return
    html = str(exact(text))
    message = {**content(Rendered(text, html)), "msgtype": "m.text"}
    tools.voice.put(session, scene.now, ROOM_KEY, message, _key(sent), priority=0)


def recall(session: Session, tools: Tools, cell: Cell, now: datetime) -> None:
    """What waits to be said in the staff's room and is not to be any more is not said: the homeserver may have been
    away for hours. Of what was handed to it already nobody knows, and it stands."""
    for sent in sends.waiting_in_room(session, cell.incident.id):
        row = outbox.by_key(session, _key(sent))
        if row is not None and row.state == "waiting" and still_so(session, cell, sent, now) is None:
            outbox.dead(session, row.id, "the text was taken back")
            _settled_in_room(session, tools, sent.turn, SendState.DROPPED, now)


def still_so(session: Session, cell: Cell | None, sent: Sent, now: datetime) -> str | None:
    """The words to send; None where they are not to be any more: changed, taken down, no longer founded, hidden."""
    draft = cell.drafts.get(sent.draft) if cell is not None else None
    if cell is None or draft is None or cell.incident.drill or cell.incident.status is IncidentStatus.ARCHIVED:
        return None
    shown = veil.shown(session, cell).drafts[sent.draft].last
    if draft.last.number != sent.version or digest(shown.text) != sent.sha256:
        return None
    if unfounded(cell, draft) or stopped(cell, draft):
        return None
    release = draft.released()
    if release is None and not (sent.trial and draft.standing(cell.incident.severity, now) is TextStanding.APPROVED):
        return None
    return plain(shown.text) if release is None or release.withdrawn_at is None else None


def log(session: Session, sent: Sent, now: datetime) -> None:
    """What became of one attempt."""
    after = {
        "version": sent.version, "sha256": sent.sha256, "channel": sent.outlet, "attempt": sent.id, "to": sent.mark,
        "state": sent.state.value, "trial": sent.trial,
    }  # fmt: skip
    record = Record("draft", "sent", f"C{sent.draft}", None, after)
    chronicle.record(session, sent.incident, record, sender=None, cause=None, now=now)


def settled(session: Session, tools: Tools, sent: Sent, now: datetime) -> None:
    """What became of one attempt is logged; the first that arrives closes what the text meets, and no other does."""
    log(session, sent, now)
    cell = cells.load(session, sent.incident) if sent.state is SendState.SENT and not sent.trial else None
    if cell is None:
        return
    before = cell.drafts[sent.draft]
    after = texts.arrive(before, sent.version, channel_of(sent.outlet, cell.incident.language), now)
    version = after.version(sent.version)
    if after is before or version is None:
        return
    arrived, records = cell.with_draft(after), ()  # type: tuple[Cell, tuple[Record, ...]]
    release = after.release_of(version)
    if release is not None and release.stands:
        arrived, records, _ = fulfilled(arrived, after, version, sent.by, now)
    cells.save(session, cell, arrived)
    for record in records:
        chronicle.record(session, sent.incident, record, sender=None, cause=None, now=now)
    refreshed = boards.refresh(
        session, tools.voice, arrived, lambda user: tools.name_of(arrived, user), now, f"arrived:{sent.id}"
    )
    cells.save(session, arrived, refreshed)


def tell(session: Session, tools: Tools, sent: Sent, now: datetime) -> None:
    """Say in the cell's room, once nothing of it is under way any more, what became of it all."""
    cell = None if sends.left(session, sent.turn) else cells.load(session, sent.incident)
    if cell is None:
        return
    draft = cell.drafts[sent.draft]
    version, release = draft.version(sent.version), draft.released()
    values = {
        "draft": draft,
        "outlet": sent.outlet,
        "room": sent.outlet == STAFF_ROOM,
        "trial": sent,
        "result": Result.of(sends.of_turn(session, sent.turn)),
        "at": now,
        "clocks": by_version(cell, draft, version) if version is not None else (),
        "waiting": waiting(cell, draft) if release is None or not release.arrived else (),
        "daily": daily.next_of(cell, draft.template),
    }
    template, key = ("sending.tried" if sent.trial else "sending.result"), f"sent:{sent.incident}:{sent.turn}"
    tools.voice.say(session, now, cell.incident.room_key, template, cell.incident.language, values, key, cell=cell)


def shown(session: Session, tools: Tools, key: str, now: datetime) -> None:
    """Our own message was seen in the staff's room."""
    _settled_in_room(session, tools, _turn(key), SendState.SENT, now)


def undelivered(session: Session, tools: Tools, key: str, now: datetime) -> None:
    """The staff's room did not take it, and never will."""
    _settled_in_room(session, tools, _turn(key), SendState.FAILED, now)


def _settled_in_room(session: Session, tools: Tools, turn: str, state: SendState, now: datetime) -> None:
    sent = sends.in_room(session, turn, state, now)
    if sent is not None:
        settled(session, tools, sent, now)
        tell(session, tools, sent, now)


def _key(sent: Sent) -> str:
    return f"{IN_ROOM}{sent.incident}:{sent.draft}:{sent.turn}"


def _turn(key: str) -> str:
    return key.split(":", 3)[3]
