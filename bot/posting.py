"""What a command has posted besides words: files, drawings, texts in their form. Guarantee: it is put in the outbox, or
asked of who makes it, in the transaction of the decision; nothing that is hidden is in it."""

from __future__ import annotations

from bot import pictures, prints, sending
from bot.commands.scene import Scene
from bot.domain.cell import Cell
from bot.domain.effects import Attach, DrawBoard, PrintText, SendCalendar, SendText
from bot.domain.paper import Form
from bot.export import calendar
from bot.making import open_direct
from bot.spots import Spot, at_hand
from bot.store import blobs, outbox, veil
from bot.store.db import Session
from bot.store.outbox import Outgoing
from bot.tools import Tools


def send(
    session: Session,
    tools: Tools,
    scene: Scene,
    spot: Spot,
    effect: Attach | SendCalendar | DrawBoard | PrintText | SendText,
    cell: Cell | None,
) -> None:
    """Book the file, the drawing or the text that a command asks for."""
    if isinstance(effect, Attach):
        _attach(session, tools, scene, spot, effect, cell)
    elif cell is not None and isinstance(effect, SendCalendar):
        _send_calendar(session, tools, scene, spot, effect, cell)
    elif cell is not None and isinstance(effect, SendText):
        sending.book(session, tools, cell, scene, effect)
    elif cell is not None and isinstance(effect, PrintText):
        text = veil.shown(session, cell).drafts[effect.draft]
        version = text.version(effect.version)
        assert version is not None
        prints.ask(session, tools, cell, spot, text, version, Form(effect.form), scene.now)
    elif cell is not None:
        pictures.ask(session, tools, cell, spot, scene.now, dark=isinstance(effect, DrawBoard) and effect.dark)


def _send_calendar(session: Session, tools: Tools, scene: Scene, spot: Spot, effect: SendCalendar, cell: Cell) -> None:
    open_direct(session, effect.user, scene.now, None, priority=1)
    language = tools.language_of(session, effect.user)
    said = tools.voice.catalogue.render("clocks.calendar", language, {"cell": cell})
    payload = {
        "blob": blobs.put(session, calendar.to_ics(veil.shown(session, cell), scene.now)),
        "filename": f"{cell.incident.id}-{calendar.NAME}",
        "mimetype": "text/calendar",
        "body": said.body,
    }
    outbox.enqueue(session, Outgoing(f"dm:{effect.user}", "file", payload, f"calendar:{spot.event_id}"), scene.now)


def _attach(session: Session, tools: Tools, scene: Scene, spot: Spot, effect: Attach, cell: Cell | None) -> None:
    """Post a file under what was typed, encrypted as everything is."""
    values = veil.over(session, cell, {**at_hand(tools, cell), **effect.values}, spot.language)
    said = tools.voice.catalogue.document(effect.template, spot.language, values)
    # The mark at the beginning tells every reader of text files that this is UTF-8.
    payload = {
        "blob": blobs.put(session, said.encode("utf-8-sig")),
        "filename": effect.name,
        "mimetype": "text/plain",
        "relates_to": spot.relates_to,
    }
    outbox.enqueue(session, Outgoing(spot.room_key, "file", payload, f"file:{spot.event_id}"), scene.now)
