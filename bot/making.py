"""Rooms that we make, and whom we ask into them. Guarantee: a room is a row before it is made, and is made once, at an
address that tells nothing; its name travels in clear, and says nothing of what happens there."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from markupsafe import Markup

from bot.commands.scene import Scene
from bot.domain.effects import OpenRoom
from bot.render import alias_link, room_link
from bot.store import outbox, rooms
from bot.store.db import Session
from bot.store.outbox import Outgoing
from bot.store.rooms import Room


def make(
    session: Session,
    room: Room,
    name: str,
    now: datetime,
    *,
    making: str,
    once: str,
    priority: int = 1,
    not_before: datetime | None = None,
    **more: Any,
) -> None:
    """Put the making of a room into the outbox. `making`: what its address comes from, the same for the same act;
    `once`: under which key; `more`: what else the payload says."""
    rooms.put(session, room)
    payload = {
        "name": name,
        "topic": "",
        "alias_local": _alias(session, making),
        "purpose": room.kind,
        "admins": [],
        "invite": [],
        "is_direct": False,
        **more,
    }
    outbox.enqueue(session, Outgoing(room.key, "create", payload, once, priority=priority, not_before=not_before), now)


def open_direct(session: Session, user: str, now: datetime, not_before: datetime | None, priority: int = 2) -> None:
    """Make the direct room of somebody, once; it is reused for ever."""
    key = f"dm:{user}"
    if rooms.by_key(session, key) is None:
        making = next(each for n in count(1) if outbox.by_key(session, each := f"create:{key}:{n}") is None)
        make(
            session, Room(key, None, "dm", None, user, encrypted=True, left=False), "Tocsin", now, making=making,
            once=making, priority=priority, not_before=not_before, invite=[user], is_direct=True,
        )  # fmt: skip


def open_room(session: Session, scene: Scene, effect: OpenRoom) -> None:
    """Make the room that a command asks for."""
    # The same command makes the same room, also where it was taken up late: by another event, a yes.
    typed_at = scene.sent_at or scene.now
    typed = f"create:{effect.key}:{scene.sender}:{typed_at.isoformat()}:{scene.typed}"
    room = Room(effect.key, None, effect.kind, effect.incident or None, None, encrypted=True, left=False)
    make(
        session, room, effect.name, scene.now, making=typed, once=f"create:{effect.key}", priority=0,
        topic=effect.topic, admins=list(effect.admins), first=list(effect.first),
    )  # fmt: skip


def call_in(session: Session, room_key: str, user: str, now: datetime, *, turn: str, priority: int = 1) -> None:
    """Invite somebody into one of our rooms. `turn`: what it follows from."""
    out = Outgoing(room_key, "invite", {"user": user}, f"invite:{room_key}:{user}:{turn}", priority=priority)
    outbox.enqueue(session, out, now)


def way_to(session: Session, room_key: str, server: str, name: str) -> Markup | None:
    """A link to one of our rooms: by its id, or while it is still to be made by the address that it will have; None
    where neither is known."""
    room = rooms.by_key(session, room_key)
    if room is not None and room.room_id is not None:
        return room_link(room.room_id, server, name)
    create = outbox.by_key(session, f"create:{room_key}")
    return alias_link(f"#{create.payload['alias_local']}:{server}", name) if create is not None else None


def _alias(session: Session, making: str) -> str:
    """A room's local alias, which tells nothing; after a restore it finds the room that was made after the copy."""
    return f"tocsin-{outbox.derived(session, f'alias:{making}')[:16]}"
