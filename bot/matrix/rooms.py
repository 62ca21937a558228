"""How our rooms are made, joined and followed.

Guarantee: every room that we make is private, unfederated, encrypted from its first event on, of a version
that nio reads rightly, and keeps for the bot and the directors the power to change any of this; the alert
room is used only if it is encrypted; an upgrade is followed only to an encrypted room that its maker had
the right to name.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.domain.language import Both
from bot.matrix.client import Client, path
from bot.matrix.errors import MatrixRefused, Unreachable
from bot.matrix.signatures import Json, dig
from bot.spoken import Told
from bot.store import outbox, rooms
from bot.store.db import Database, Session
from bot.store.outbox import Outgoing
from bot.store.rooms import Room

# nio 0.26 misreads power levels and ids of version 12 (matrix-nio#546).
VERSION = "11"
MEGOLM = "m.megolm.v1.aes-sha2"
ALERT = "alert"
ADMIN, OURS = 100, 101
"""The power of an admin in a room of ours, and the bot's own."""

# Synapse by default lets an account make ten rooms at once, then one a minute. Half of the ten are kept
# for the alarm, whose own room must never wait.
BURST = 5
PACE = timedelta(seconds=65)


class AlertRoomUnusable(Told):
    """The configured alert room cannot be used; the message says why and what to do (exit 2)."""


def creation_content(payload: Mapping[str, Any], bot: str) -> Json:
    """Return the body of `POST /createRoom` for a `create` row's payload."""
    purpose = payload.get("purpose")
    # A guest reads what is said from their coming on, and nothing from before.
    history = "joined" if purpose == "guests" else "shared"
    content: Json = {
        "room_version": VERSION,
        "preset": "private_chat",
        "visibility": "private",
        "creation_content": {"m.federate": False} | ({"type": "m.space"} if purpose == "space" else {}),
        "initial_state": [
            _state("m.room.encryption", {"algorithm": MEGOLM}),
            _state("m.room.history_visibility", {"history_visibility": history}),
            # The preset would let guests in.
            _state("m.room.guest_access", {"guest_access": "forbidden"}),
            _state("m.room.join_rules", {"join_rule": "invite"}),
        ],
        "power_level_content_override": power_levels(bot, payload.get("admins", ())),
    }
    content |= {key: payload[key] for key in ("name", "topic", "invite") if payload.get(key)}
    if payload.get("alias_local"):
        content["room_alias_name"] = payload["alias_local"]
    if payload.get("is_direct"):
        content["is_direct"] = True
    return content


def power_levels(bot: str, admins: Sequence[str]) -> Json:
    """Return the power levels of our rooms: all may speak, the admins alone change the room.

    Who holds a room's power as we do could not be put out of it (authorization rules of `m.room.member`), and an
    admin's account may be in other hands: ours is greater.
    """
    guarded = (
        "m.room.tombstone",
        "m.room.encryption",
        "m.room.power_levels",
        "m.room.history_visibility",
        "m.room.guest_access",
        "m.room.join_rules",
        "m.room.server_acl",
        "m.room.canonical_alias",
    )
    return {
        "users": {**dict.fromkeys(admins, ADMIN), bot: OURS},
        "users_default": 0,
        "events_default": 0,
        "state_default": ADMIN,
        "invite": 50,
        "kick": 50,
        "ban": 50,
        "redact": 50,
        "notifications": {"room": 50},
        "events": dict.fromkeys(guarded, ADMIN)
        | dict.fromkeys(("m.room.name", "m.room.topic", "m.room.avatar", "m.room.pinned_events"), 50)
        | {"m.reaction": 0, "m.room.redaction": 0},
    }


def _state(kind: str, content: Json) -> Json:
    return {"type": kind, "state_key": "", "content": content}


def direct_room_times(count: int, start: datetime) -> list[datetime]:
    """Return when each of `count` direct rooms may be made in peacetime."""
    return [start + PACE * max(0, place - BURST + 1) for place in range(count)]


def alias_in(local: str, server_of: str) -> str:
    """Return the full alias of `local` on the homeserver of the user id `server_of`."""
    return f"#{local}:{server_of.split(':', 1)[1]}"


async def resolve(client: Client, alias: str) -> str | None:
    """Return the id of the room that `alias` names, or None if it names none."""
    try:
        answer = (await client.raw("GET", path("directory", "room", alias))).body
    except MatrixRefused as refusal:
        if refusal.status == 404:
            return None
        raise
    return str(answer["room_id"])


@dataclass(frozen=True)
class Facts:
    """What a room's state says, for whoever has just joined it."""

    encrypted: bool
    members: tuple[str, ...]
    invited: tuple[str, ...]
    creator: str | None
    version: str
    is_direct: bool
    predecessor: str | None

    def payload(self, room_id: str) -> Json:
        """Return the notice `joined`."""
        return {
            "room_id": room_id,
            "encrypted": self.encrypted,
            "members": list(self.members),
            "invited": list(self.invited),
            "creator": self.creator,
            "version": self.version,
            "is_direct": self.is_direct,
            "predecessor": self.predecessor,
        }


async def read_state(client: Client, room_id: str) -> list[Json]:
    """Return the room's current state events, those that are objects."""
    _, data, _ = await client.fetch("GET", path("rooms", room_id, "state"))
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"the state is not JSON: {error}") from error
    return [event for event in answer if isinstance(event, dict)] if isinstance(answer, list) else []


def state_of(state: Sequence[Json], kind: str, key: str = "") -> Json | None:
    """Return the state event of that type and key, or None."""
    for event in state:
        if event.get("type") == kind and event.get("state_key") == key:
            return event
    return None


def is_encrypted(state: Sequence[Json]) -> bool:
    """Tell whether the room's state says that it is encrypted, in the one way that we speak."""
    return dig(state_of(state, "m.room.encryption"), "content", "algorithm") == MEGOLM


def facts(state: Sequence[Json], own: str) -> Facts:
    """Read the facts about a room from its state; we ourselves are not among its members."""
    members: dict[str, list[str]] = {"join": [], "invite": []}
    for event in state:
        who, membership = event.get("state_key"), dig(event, "content", "membership")
        if event.get("type") == "m.room.member" and isinstance(who, str) and membership in members:
            members[str(membership)].append(who)
    created, me = state_of(state, "m.room.create"), state_of(state, "m.room.member", own)
    creator, version = dig(created, "sender"), dig(created, "content", "room_version")
    before = dig(created, "content", "predecessor", "room_id")
    invitation = dig(me, "unsigned", "prev_content", "is_direct")
    return Facts(
        encrypted=is_encrypted(state),
        members=tuple(sorted(set(members["join"]) - {own})),
        invited=tuple(sorted(members["invite"])),
        creator=creator if isinstance(creator, str) else None,
        version=version if isinstance(version, str) else "1",
        is_direct=invitation is True or dig(me, "content", "is_direct") is True,
        predecessor=before if isinstance(before, str) else None,
    )


def level_of(state: Sequence[Json], user: str) -> int:
    """Return a user's power in a room of version 11 or earlier."""
    levels = dig(state_of(state, "m.room.power_levels"), "content")
    own = dig(levels, "users", user)
    if not isinstance(own, int):
        own = dig(levels, "users_default")
    return own if isinstance(own, int) else 0


def upgrade_refused(old: Sequence[Json], old_id: str, new: Sequence[Json]) -> str | None:
    """Return why the successor named by the old room's tombstone is not to be followed, or None if it is.

    The tombstone's sender must have had the power to send it, must have made the new room, and the new room
    must name the old one as its predecessor and be encrypted.
    """
    tombstone = state_of(old, "m.room.tombstone")
    sender = dig(tombstone, "sender")
    if not isinstance(sender, str):
        return "no_tombstone"
    needed = dig(state_of(old, "m.room.power_levels"), "content", "events", "m.room.tombstone")
    if level_of(old, sender) < (needed if isinstance(needed, int) else 50):
        return "no_right"
    create = state_of(new, "m.room.create")
    if dig(create, "content", "predecessor", "room_id") != old_id:
        return "other_predecessor"
    if dig(create, "sender") != sender:
        return "other_creator"
    return None if is_encrypted(new) else "not_encrypted"


def follow(room: Room, tombstone: Mapping[str, Any]) -> Outgoing | None:
    """Return the row that tries to follow our room's upgrade; None if the tombstone names no other room."""
    successor = dig(dict(tombstone), "content", "replacement_room")
    if not isinstance(successor, str) or not successor.startswith("!") or successor == room.room_id:
        return None
    payload = {"room_id": successor, "follows": room.room_id, "key": room.key}
    return Outgoing(f"room:{successor}", "join", payload, f"upgrade:{room.room_id}:{successor}", priority=0)


@dataclass(frozen=True)
class AlertRoom:
    """How the alert room is to be: its alias, its neutral name and topic, who has power, who is invited.

    `people` come in the order in which they are invited: vital roles first.
    """

    alias: str
    name: str
    topic: str
    admins: tuple[str, ...]
    people: tuple[str, ...]


async def ensure_alert_room(client: Client, db: Database, clock: Clock, wanted: AlertRoom) -> str | None:
    """Join the alert room, or put its making into the outbox; return its id, or None while it is made.

    Raises AlertRoomUnusable if it exists and we may not enter it, if it is not encrypted, or if it would
    have to be made on another homeserver; network trouble comes out as the client raises it.
    """
    local, _, server = wanted.alias.removeprefix("#").partition(":")
    room_id = await resolve(client, wanted.alias)
    if room_id is None:
        own = client.user_id.partition(":")[2]
        if server != own:
            raise AlertRoomUnusable(
                Both(
                    f"Le salon d’alerte {wanted.alias} n’existe pas, et le bot ne peut pas le créer sur {server} : "
                    f'dans [matrix], écrivez alert_room = "#{local}:{own}", ou un salon qui existe, ou rien ("").',
                    f"The alert room {wanted.alias} does not exist, and the bot cannot make it on {server}: "
                    f'under [matrix], write alert_room = "#{local}:{own}", or a room that exists, or nothing ("").',
                )
            )
        await db.call(_make_alert_room, local, wanted, client.user_id, clock.now())
        return None
    try:
        await client.raw("POST", path("join", room_id), {})
        state = await read_state(client, room_id)
    except MatrixRefused as refusal:
        raise AlertRoomUnusable(
            Both(
                f"Le salon d’alerte {wanted.alias} existe, et le bot n’a pas le droit d’y entrer : depuis ce salon, "
                f"invitez {client.user_id}, puis relancez-le ({refusal}).",
                f"The alert room {wanted.alias} exists, and the bot may not enter it: from that room, "
                f"invite {client.user_id}, then start it again ({refusal}).",
            )
        ) from refusal
    if not is_encrypted(state):
        raise AlertRoomUnusable(
            Both(
                f"Le salon d’alerte {wanted.alias} n’est pas chiffré : activez-y le chiffrement (paramètres du salon, "
                "sécurité), ou nommez-en un autre par « alert_room », sous [matrix] ; puis relancez le bot.",
                f"The alert room {wanted.alias} is not encrypted: turn encryption on (room settings, security), or "
                "name another with “alert_room”, under [matrix]; then start the bot again.",
            )
        )
    await db.call(_found_alert_room, room_id, wanted, client.user_id, clock.now())
    return room_id


def _make_alert_room(session: Session, local: str, wanted: AlertRoom, bot: str, now: datetime) -> None:
    if rooms.by_key(session, ALERT) is None:
        rooms.put(session, Room(ALERT, None, "alert", None, None, True, False))
    payload = {
        "name": wanted.name,
        "topic": wanted.topic,
        "alias_local": local,
        "purpose": "alert",
        "admins": list(wanted.admins),
    }
    outbox.enqueue(session, Outgoing(ALERT, "create", payload, f"create:{ALERT}:{wanted.alias}"), now)
    _invite(session, wanted, bot, now)


def _found_alert_room(session: Session, room_id: str, wanted: AlertRoom, bot: str, now: datetime) -> None:
    if rooms.by_key(session, ALERT) is None:
        rooms.put(session, Room(ALERT, room_id, "alert", None, None, True, False))
    rooms.mapped(session, ALERT, room_id, True)
    ask_in_again(session, wanted, bot, now)


def ask_in_again(session: Session, wanted: AlertRoom, bot: str, now: datetime) -> None:
    """Into the alert room, where it is ours, whoever came into the roster since, or had no account the last time."""
    if outbox.by_key(session, f"create:{ALERT}:{wanted.alias}") is not None:
        _invite(session, wanted, bot, now)


def _invite(session: Session, wanted: AlertRoom, bot: str, now: datetime) -> None:
    for user in wanted.people:
        if user != bot:
            payload = {"user": user, "reason": ""}
            key = _fresh(session, f"invite:{ALERT}:{wanted.alias}:{user}")
            outbox.enqueue(session, Outgoing(ALERT, "invite", payload, key, priority=1), now)


def _fresh(session: Session, key: str) -> str:
    """Return the key under which this is tried: whoever had no account at the last start may have one now."""
    for number in itertools.count(2):
        last = outbox.by_key(session, key)
        if last is None or last.state != "dead":
            break
        key = f"{key.removesuffix(f'#{number - 1}')}#{number}"
    return key
