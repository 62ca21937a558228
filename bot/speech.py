"""From a rendered message to the Matrix content that says it. Guarantee: nobody is rung but those who are named, and
nothing that was quoted or typed can ring anybody (`m.mentions` is always explicit)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.cell import Cell
from bot.domain.language import Language
from bot.render import Catalogue, Rendered
from bot.store import outbox, veil
from bot.store.db import Session
from bot.store.outbox import Outgoing

Content = dict[str, Any]
OURS = "outbox"

DRILL: Mapping[Language, str] = {"fr": "EXERCICE", "en": "DRILL"}
STOPPED: Mapping[Language, str] = {"fr": "EXERCICE ARRÊTÉ", "en": "DRILL STOPPED"}
_STOPS = "halting.done"
"""What says that a drill is no more: it must not be taken for a part of the play."""
_LINE_BEGINS = re.compile(r"<(?:p|li|blockquote)>(?!\s*<(?:p|ul|ol|li|blockquote)>)|<br\s*/?>")
"""Where a line of a message begins, in the few elements that the catalogue uses."""
_TEXT_BEGINS = re.compile(r"^[ ]*(?:(?:[->]|\d+\.)[ ]+)*(?=\S)", re.MULTILINE)
"""The same in plain text, after what marks an item or a quotation."""
_BLOCK = re.compile(r"\s*<(?:p|ul|ol|blockquote)>")


def ours(key: str) -> dict[str, str]:
    """A place for the event id of one of our own messages, filled in when it has been sent."""
    return {OURS: key}


def marked(rendered: Rendered, lang: Language, drill: bool, words: Mapping[Language, str] = DRILL) -> Rendered:
    """The same message, saying before every line that this is only a drill: a picture of half a screen must say it."""
    if not drill:
        return rendered
    word = words[lang]
    body = _TEXT_BEGINS.sub(lambda begins: f"{begins[0]}{word} · ", rendered.body)
    sign = f"<strong>{word}</strong> · "
    html = _LINE_BEGINS.sub(lambda begins: f"{begins[0]}{sign}", rendered.html)
    return Rendered(body, html if _BLOCK.match(html) else f"{sign}{html}")


def content(
    rendered: Rendered,
    *,
    ring: Sequence[str] = (),
    reply_to: str | None = None,
    thread: str | None = None,
) -> Content:
    """`m.text` where it rings somebody, else `m.notice`, which never does (Matrix specification, 11.2.1.3)."""
    made: Content = {
        "msgtype": "m.text" if ring else "m.notice",
        "body": rendered.body,
        "format": "org.matrix.custom.html",
        "formatted_body": rendered.html,
        "m.mentions": {"user_ids": list(ring)} if ring else {},
    }
    relation: Content = {}
    if thread is not None:
        relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": reply_to is None}
    if reply_to is not None or thread is not None:
        relation["m.in_reply_to"] = {"event_id": reply_to or thread}
        made["m.relates_to"] = relation
    return made


def edited(rendered: Rendered, key: str) -> Content:
    """The replacement of one of our own messages (Matrix specification, 11.36).

    What clients show that know no edits is the first line alone: the text twice would outgrow an event.
    """
    return {
        "msgtype": "m.notice",
        "body": f"* {rendered.body.partition(chr(10))[0]}",
        "m.mentions": {},
        "m.new_content": content(rendered),
        "m.relates_to": {"rel_type": "m.replace", "event_id": ours(key)},
    }


@dataclass(frozen=True)
class Late:
    """What is said instead, of the same values, where a message could not leave by that time: it would be untrue."""

    after: datetime
    template: str


class Voice:
    """Says things: renders, and puts the frozen words in the outbox, in the transaction of the decision."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def say(
        self,
        session: Session,
        now: datetime,
        room_key: str,
        template: str,
        language: Language,
        values: Mapping[str, Any],
        key: str,
        *,
        cell: Cell | None = None,
        ring: Sequence[str] = (),
        reply_to: str | None = None,
        thread: str | None = None,
        priority: int = 1,
        late: Late | None = None,
    ) -> str:
        """Say one message, once: a key that was used says nothing more. Returns the transaction id."""
        shown = veil.over(session, cell, values, language)

        def put_in_words(name: str) -> Content:
            drill = bool(cell and cell.incident.drill)
            words = STOPPED if name == _STOPS else DRILL
            rendered = marked(self.catalogue.render(name, language, shown), language, drill, words)
            return content(rendered, ring=ring, reply_to=reply_to, thread=thread)

        instead = {"after": late.after.isoformat(), "content": put_in_words(late.template)} if late else None
        return self.put(session, now, room_key, put_in_words(template), key, priority=priority, late=instead)

    def put(
        self,
        session: Session,
        now: datetime,
        room_key: str,
        message: Content,
        key: str,
        *,
        priority: int = 1,
        coalesce: str | None = None,
        late: Content | None = None,
    ) -> str:
        """Put one message's content in the outbox."""
        payload: Content = {"type": "m.room.message", "content": message}
        if late is not None:
            payload["late"] = late
        return outbox.enqueue(
            session, Outgoing(room_key, "message", payload, key, priority=priority, coalesce=coalesce), now
        )
